# Money that gateways took back, and what of it came again (R22, B&S 3, 4.1).
package BillingModel::Oracle::TakeBacks;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first sum0);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Earning;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Payments;
use BillingModel::Oracle::Plans;

our @EXPORT = qw(add_take_back standing_take_backs taken_of);

sub add_take_back
{
	my ($account, $payment, %take_back) = @_;
	my $take_back = { payment => $payment, id => @{ $account->{take_backs} } + 1, amount => 0, back => 0, %take_back };
	push @{ $account->{take_backs} }, $take_back;
	return $take_back;
}

# Those of a payment that have not been undone.
sub standing_take_backs
{
	my ($account, $payment) = @_;
	return grep { $_->{payment} == $payment && !$_->{undone} && $_->{kind} ne 'undone' } @{ $account->{take_backs} };
}

# What was taken of a payment and has not come again to where it was taken from.
sub taken_of
{
	my ($account, $payment) = @_;
	return sum0(map { $_->{amount} - $_->{back} } grep { $_->{payment} == $payment } @{ $account->{take_backs} });
}

sub subscription_of
{
	my ($account, $order) = @_;
	return first { $_->{order} == $order } @{ $account->{subscriptions} };
}

sub cause_of
{
	my ($take_back, $at) = @_;
	my $payment = $take_back->{payment};
	return { source => 'take_back', source_id => $take_back->{id}, gateway => $payment->{gateway}, occurred_at => $at,
		at => $at, order => $payment->{order} };
}

# ---- taken back -----------------------------------------------------------------------------------

sub record_take_back
{
	my ($self, $account, $at, %arg) = @_;
	my $payment = payment_numbered($account, $arg{payment_id});
	return refused('LB518') if !$payment || $payment->{gateway} eq 'offline';
	my @errors;
	push @errors, 'LB524' if grep { $_->{payment} == $payment && ($_->{refund_id} // '') eq $arg{refund_id} } @{ $account->{take_backs} };
	push @errors, 'LB526' if $payment->{state} !~ /^(held|credited)$/ || taken_of($account, $payment) + $arg{amount} > $payment->{amount};
	return refused(@errors) if @errors;
	my $lot = $payment->{state} eq 'credited' && $payment->{order}{kind} eq 'topup' ? lot_of($account, $payment->{order}) : undef;
	return refused('LB502') if $lot && $account->{arrears} + $arg{amount} - min($arg{amount}, $lot->{remaining}) > MAX_NANO;

	expire($account, $at);
	my $take_back = add_take_back($account, $payment, kind => $arg{kind}, amount => $arg{amount}, refund_id => $arg{refund_id},
		from_suspense => $payment->{state} eq 'held');
	my $cause = cause_of($take_back, $at);
	if ($take_back->{from_suspense}) { take_from_suspense($account, $payment, $arg{amount}, $cause); }
	else
	{
		$lot ? take_from_lot($account, $lot, $arg{amount}, $cause) : $self->revoke($account, $payment->{order}, $arg{amount}, $cause);
		set_lock($account, 'dispute', $at) if !grep { open_lock($account, $_) } qw(dispute closed);
	}
	finish($account, $cause);
	return booked($account, $take_back->{id});
}

# Held money is nobody's debt.
sub take_from_suspense
{
	my ($account, $payment, $amount, $cause) = @_;
	transfer($account, 'suspense', 'gateway', $amount, undef, $cause);
	$payment->{taken} += $amount;
	$payment->{state} = 'returned' if $payment->{taken} == $payment->{amount};
	return;
}

sub lot_of
{
	my ($account, $order) = @_;
	return first { $_->{lot_no} == $order->{lot_no} } @{ $account->{lots} };
}

# What the lot still has, the rest is owed.
sub take_from_lot
{
	my ($account, $lot, $amount, $cause) = @_;
	my $from_lot = min($lot->{remaining}, $amount);
	transfer($account, 'cash', 'gateway', $from_lot, $lot, $cause);
	transfer($account, 'arrears', 'gateway', $amount - $from_lot, undef, $cause);
	return;
}

# Of a plan: what was not earned, then revenue; it ends, and what waits behind it moves up.
sub revoke
{
	my ($self, $account, $order, $amount, $cause) = @_;
	my $at = $cause->{at};
	my $subscription = subscription_of($account, $order);
	earn_days($account, $subscription, $at);
	my $unearned = min($amount, $subscription->{deferred});
	plan_transfer($account, 'plan_deferred', 'gateway', $unearned, $subscription, $cause);
	plan_transfer($account, 'revenue', 'gateway', $amount - $unearned, $subscription, $cause);
	return if $subscription->{state} eq 'revoked';

	$self->meet('revoked: ' . $self->state_shown($account, $subscription, $at));
	$subscription->{state} = 'revoked';
	end_now($account, $subscription, $at, 1);
	line_up($account, $at);
	return;
}

# ---- undone ---------------------------------------------------------------------------------------

# What came again and has no use here is a payment of its own: held.
sub hold_again
{
	my ($account, $payment, $amount, $cause) = @_;
	return if !$amount;
	my $own = add_payment($account, order => $payment->{order}, gateway => $payment->{gateway}, amount => $amount, state => 'held',
		paid_at => $cause->{at});
	transfer($account, 'gateway', 'suspense', $amount, undef, { %$cause, source => 'payment', source_id => $own->{payment_id} });
	return;
}

sub undo_take_back
{
	my ($self, $account, $at, %arg) = @_;
	my $undone = first { $_->{id} == $arg{take_back_id} } @{ $account->{take_backs} };
	return refused('LB525') if !$undone || $undone->{undone} || $undone->{kind} !~ /^(refund|dispute)$/;

	expire($account, $at);
	my $payment = $undone->{payment};
	$undone->{undone} = add_take_back($account, $payment, kind => 'undone');
	my $cause = cause_of($undone->{undone}, $at);
	my $is_topup = $payment->{order} && $payment->{order}{kind} eq 'topup';
	if ($undone->{from_suspense}) { hold_again($account, $payment, $undone->{amount}, $cause); }
	elsif ($is_topup) { $undone->{back} = $self->give_to_lot($account, $payment, $undone->{amount}, $cause); }
	elsif (open_lock($account, 'closed')) { hold_again($account, $payment, $undone->{amount}, $cause); }
	else
	{
		$undone->{back} = $undone->{amount};
		$self->restore($account, $payment, $undone->{amount}, $cause);
	}
	finish($account, $cause);
	return booked($account, $undone->{undone}{id});
}

# Into its lot, which pays arrears; a closed account has use for no more than it owes. Returns what came there.
sub give_to_lot
{
	my ($self, $account, $payment, $amount, $cause) = @_;
	my $lot = lot_of($account, $payment->{order});
	my $used = open_lock($account, 'closed') ? min($amount, $account->{arrears}) : $amount;
	$self->meet('undone: ' . ($used < $amount ? 'on a closed account' : $account->{arrears} ? 'in arrears' : 'into its lot'));
	$lot->{undone} = ($lot->{undone} // 0) + $used;
	transfer($account, 'gateway', 'cash', $used, $lot, $cause);
	finish($account, $cause);
	hold_again($account, $payment, $amount - $used, $cause);
	return $used;
}

# A plan joins the end of the queue with what was left of it; a pack is there again if its period still runs.
sub restore
{
	my ($self, $account, $payment, $amount, $cause) = @_;
	my $at = $cause->{at};
	my $subscription = subscription_of($account, $payment->{order});
	plan_transfer($account, 'gateway', 'plan_deferred', $amount, $subscription, $cause);
	my $stands = standing_take_backs($account, $payment);
	$subscription->{state} = 'paid' if !$stands;
	my $goes_on = !$stands && resume($account, $subscription, $at);
	$self->meet('restored: ' . (!$goes_on ? 'nothing' : is_pack($subscription) ? 'a pack' : 'a period'));
	earn_rest($account, $subscription, $at) if !$goes_on;
	return;
}

1;
