# Orders and payments: those of bank transfers, and those of gateways that are held until an operator
# credits them (B&S 4.1, 4.2).
package BillingModel::Oracle::Payments;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first sum0);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Locks;

our @EXPORT = qw(add_order order_row add_payment order_numbered payment_numbered open_orders held_payments cumulative_topup);

# Those that customers place are open until they are paid.
sub add_order
{
	my ($account, %order) = @_;
	my $order = { kind => 'topup', method => 'offline', state => 'paid', paid => 0, debts => [], taken => 0,
		%order, order_id => @{ $account->{orders} } + 1 };
	push @{ $account->{orders} }, $order;
	return $order;
}

sub add_payment
{
	my ($account, %payment) = @_;
	my $payment = { gateway => 'offline', state => 'credited', taken => 0, take_backs => [], %payment,
		payment_id => @{ $account->{payments} } + 1 };
	push @{ $account->{payments} }, $payment;
	return $payment;
}

sub order_numbered { my ($account, $no) = @_; return first { $_->{order_id} == $no } @{ $account->{orders} } }
sub payment_numbered { my ($account, $no) = @_; return first { $_->{payment_id} == $no } @{ $account->{payments} } }
sub open_orders { my ($account) = @_; return grep { $_->{state} eq 'open' } @{ $account->{orders} } }
sub held_payments { my ($account) = @_; return grep { $_->{state} eq 'held' } @{ $account->{payments} } }

# R2: gross; plans never count, nor does what was a mistake.
sub cumulative_topup
{
	my ($account) = @_;
	return sum0(map { $_->{paid} } grep { $_->{kind} eq 'topup' && !$_->{reversed} } @{ $account->{orders} });
}

sub order_row
{
	my ($account, $order) = @_;
	my %row = (%$order{qw(order_id method)}, state => 'created', currency => $account->{currency}, reason => undef,
		amount => $order->{amount}, pay_amount => $order->{amount}, discount => 0, gift => 0);
	return { row => \%row };
}

# B&S 4.10: under any lock nothing can be bought.
sub create_topup
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB204') if grep { !defined $_->{to} } @{ $account->{locks} };
	my $order = add_order($account, method => $arg{method}, state => 'open', amount => $arg{amount});
	$account->{booked_at} = $at;
	return order_row($account, $order);
}

# Money came, and is held; pair 3.
sub hold_payment
{
	my ($self, $account, $at, %arg) = @_;
	my $payment = add_payment($account, %arg, state => 'held');
	transfer($account, 'gateway', 'suspense', $arg{amount}, undef,
		{ source => 'payment', source_id => $payment->{payment_id}, gateway => $arg{gateway}, occurred_at => $at, at => $at });
	$payment->{paid_at} = $account->{booked_at} = $at;
	return { row => { result => $payment->{payment_id} } };
}

# What a held payment can be credited to: its own order if that is unpaid, and no pack whose period has
# ended; else one that is born paid for it (B&S 4.1).
sub order_to_credit
{
	my ($self, $account, $payment, $at) = @_;
	my $order = $payment->{order};
	return $order if $order && $order->{state} ne 'paid' && !$self->has_ended_period($account, $order, $at);
	$self->meet('credited to an order of its own');
	return add_order($account, method => 'resolved', amount => $payment->{amount} - $payment->{taken});
}

# What is credited is what came, whatever was asked for.
sub credit_order
{
	my ($self, $account, $order, $amount, $cause) = @_;
	@$order{qw(state paid)} = ('paid', $amount);
	return $self->begin_subscription($account, $order, $cause) if $order->{kind} eq 'plan';
	$order->{lot_no} = add_lot($account, 'cash', $amount, undef, 'suspense', $cause, $order->{order_id});
	# Where what came is what the order was for, arrears are paid by the order, else by the payment.
	return if $order->{payment}{taken} || $amount != $order->{amount};
	return finish($account, { source => 'payment_order', source_id => $order->{order_id}, occurred_at => $cause->{at}, at => $cause->{at} });
}

sub resolve_payment
{
	my ($self, $account, $at, %arg) = @_;
	my $payment = payment_numbered($account, $arg{payment_id});
	my $credits = $arg{action} eq 'credit';
	return refused('LB518') if !$payment;
	return refused('LB519') if $payment->{state} ne 'held';
	my $left = $payment->{amount} - $payment->{taken};
	return refused('LB204') if $credits && grep { open_lock($account, $_) } qw(refund closed);

	expire($account, $at);
	my $cause = { source => 'payment', source_id => $payment->{payment_id}, gateway => $payment->{gateway},
		occurred_at => $payment->{paid_at}, at => $at };
	if ($credits)
	{
		my $order = $payment->{order} = $self->order_to_credit($account, $payment, $at);
		$order->{payment} = $payment;
		$self->credit_order($account, $order, $left, $cause);
	}
	else
	{
		transfer($account, 'suspense', 'gateway', $left, undef, { %$cause, occurred_at => $at });
	}
	$payment->{state} = $credits ? 'credited' : 'dismissed';
	finish($account, $cause);
	return booked($account, $payment->{payment_id});
}

1;
