# Refunds (R12 to R14, B&S 1.2, 4.4, 4.5): what can be, the review, and parts that are paid back by bank transfer.
package BillingModel::Oracle::Refunds;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first sum0);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Payments;
use BillingModel::Oracle::Plans;
use BillingModel::Oracle::TakeBacks;

our @EXPORT = qw(open_refund refundable quote_lines);

# ---- the quote ------------------------------------------------------------------------------------

sub items_of { my ($account, $order) = @_; return grep { $_->{order} == $order } @{ $account->{refund_items} } }

# Reserved, paid, or taken back.
sub refunded
{
	my ($account, $order) = @_;
	return taken_of($account, $order->{payment}) - $order->{payment}{taken}
	  + sum0(map { $_->{amount} } grep { $_->{state} ne 'released' } items_of($account, $order));
}

sub lot_of { my ($account, $order) = @_; return first { $_->{lot_no} == $order->{lot_no} } @{ $account->{lots} } }

sub refundable
{
	my ($account, $order) = @_;
	return 0 if $order->{kind} ne 'topup' || $order->{state} ne 'paid';
	return max(0, floor_to_cent(min(lot_of($account, $order)->{remaining}, $order->{paid} - refunded($account, $order))));
}

sub refundable_orders { my ($account) = @_; return grep { refundable($account, $_) } @{ $account->{orders} } }

# What went out of an order's lot to be used, less what came back. Contradicts B&S 1.2: there the remainder below 0.01,
# gone at closing, does not count.
sub consumed
{
	my ($account, $order) = @_;
	my @moves = grep { ($_->{lot_no} // 0) == $order->{lot_no} } @{ $account->{entries} };
	return sum0(map { $_->{amount} } grep { $_->{debit} eq 'cash' && $_->{credit} =~ /^(revenue|arrears|adjustment|breakage)$/ } @moves)
	  - sum0(map { $_->{amount} } grep { $_->{debit} eq 'revenue' } @moves);
}

# Of each paid order of a top-up, and the total.
sub quote_lines
{
	my ($account) = @_;
	my @orders = grep { $_->{kind} eq 'topup' && $_->{state} eq 'paid' } @{ $account->{orders} };
	return ((map { [ 'order', $_->{order_id}, $_->{paid}, consumed($account, $_), refunded($account, $_),
		lot_of($account, $_)->{remaining}, refundable($account, $_) ] } @orders),
		[ 'total', (undef) x 4, sum0(map { lot_of($account, $_)->{remaining} } @orders), sum0(map { refundable($account, $_) } @orders) ]);
}

# ---- the request and its review -------------------------------------------------------------------

sub open_refund { my ($account) = @_; return first { $_->{state} =~ /^(accepted|paying)$/ } @{ $account->{refunds} } }
sub refund_numbered { my ($account, $no) = @_; return first { $_->{id} == $no } @{ $account->{refunds} } }

sub add_refund
{
	my ($account, %refund) = @_;
	my $refund = { id => @{ $account->{refunds} } + 1, %refund };
	push @{ $account->{refunds} }, $refund;
	return $refund;
}

# R13: whatever is locked asks for nothing.
sub request_refund
{
	my ($self, $account, $at, %arg) = @_;
	my @errors;
	my $total = sum0(map { refundable($account, $_) } @{ $account->{orders} });
	push @errors, 'LB204' if grep { !defined $_->{to} } @{ $account->{locks} };
	push @errors, 'LB532' if open_refund($account);
	push @errors, 'LB531' if $total < CENT;
	return refused(@errors) if @errors;

	my $refund = add_refund($account, state => 'accepted');
	set_lock($account, 'refund', $at);
	$account->{booked_at} = $at;
	return { row => { refund_id => $refund->{id}, state => 'accepted', amount => $total } };
}

# Metered usage, and what waits for a price or a weight.
sub is_unsettled
{
	my ($self, $account) = @_;
	return 1 if grep { $_->{status} eq 'unpriced' } @{ $account->{events} };
	return grep { ($_->{account_id} // 0) == $account->{id} } @{ $self->{inbox} };
}

sub approve_refund
{
	my ($self, $account, $at, %arg) = @_;
	my $refund = refund_numbered($account, $arg{refund_id});
	return refused('LB533') if !$refund;
	return refused('LB534') if $refund->{state} ne 'accepted';
	my @errors;
	push @errors, 'LB535' if $self->is_unsettled($account);
	push @errors, 'LB531' if !refundable_orders($account);
	return refused(@errors) if @errors;

	expire($account, $at);
	reserve($account, $refund, $_, refundable($account, $_), $at) for refundable_orders($account);
	$refund->{state} = 'paying';
	finish($account, { at => $at });
	return booked($account, $refund->{id});
}

# Bank transfers have no way back of their own: their parts wait for an operator.
sub reserve
{
	my ($account, $refund, $order, $amount, $at) = @_;
	my $item = { id => @{ $account->{refund_items} } + 1, refund => $refund, order => $order, amount => $amount, state => 'manual' };
	push @{ $account->{refund_items} }, $item;
	transfer($account, 'cash', 'refund_payable', $amount, lot_of($account, $order), cause_of($item, $at));
	return;
}

sub cause_of { my ($item, $at) = @_; return { source => 'refund_item', source_id => $item->{id}, occurred_at => $at, at => $at } }

# Ends lock refund, and what waited for that begins.
sub lift_lock
{
	my ($account, $at) = @_;
	expire($account, $at);
	open_lock($account, 'refund')->{to} = $at;
	line_up($account, $at);
	return finish($account, { at => $at });
}

sub reject_refund
{
	my ($self, $account, $at, %arg) = @_;
	my $refund = refund_numbered($account, $arg{refund_id});
	return refused('LB533') if !$refund;
	return refused('LB534') if $refund->{state} ne 'accepted';
	$refund->{state} = 'rejected';
	lift_lock($account, $at);
	return { row => {} };
}

sub reopen_account
{
	my ($self, $account, $at) = @_;
	return { row => { result => 0 }, unmoved => 1 } if !open_lock($account, 'refund');
	return refused('LB532') if open_refund($account);
	lift_lock($account, $at);
	return { row => { result => 1 } };
}

# One order, at once and without a lock.
sub refund_order
{
	my ($self, $account, $at, %arg) = @_;
	my $order = order_numbered($account, $arg{order_id});
	my @errors;
	push @errors, 'LB532' if open_refund($account);
	push @errors, 'LB506' if !$order || $order->{state} ne 'paid' || $order->{kind} ne 'topup';
	push @errors, 'LB204' if open_lock($account, 'closed');
	push @errors, 'LB538' if $order && $arg{amount} > refundable($account, $order);
	return refused(@errors) if @errors;

	expire($account, $at);
	my $refund = add_refund($account, state => 'paying');
	reserve($account, $refund, $order, $arg{amount}, $at);
	finish($account, { at => $at });
	return booked($account, $refund->{id});
}

# ---- parts ----------------------------------------------------------------------------------------

sub waiting_item
{
	my ($account, $no) = @_;
	my $item = first { $_->{id} == $no } @{ $account->{refund_items} };
	return (undef, refused('LB536')) if !$item;
	return (undef, refused('LB537')) if $item->{state} ne 'manual';
	return $item;
}

# The refund is completed with its last part.
sub end_item
{
	my ($account, $item, $state, $at) = @_;
	$item->{state} = $state;
	my $refund = $item->{refund};
	$refund->{state} = 'completed' if !grep { $_->{refund} == $refund && $_->{state} eq 'manual' } @{ $account->{refund_items} };
	finish($account, cause_of($item, $at));
	return booked($account, $item->{id});
}

sub settle_refund_item_offline
{
	my ($self, $account, $at, %arg) = @_;
	my ($item, $refusal) = waiting_item($account, $arg{item_id});
	return $refusal if $refusal;
	expire($account, $at);
	transfer($account, 'refund_payable', 'gateway', $item->{amount}, undef, cause_of($item, $at));
	return end_item($account, $item, 'paid_offline', $at);
}

# Back into its lot, where it pays arrears first.
sub release_refund_item
{
	my ($self, $account, $at, %arg) = @_;
	my ($item, $refusal) = waiting_item($account, $arg{item_id});
	return $refusal if $refusal;
	expire($account, $at);
	$self->meet('released in arrears') if $account->{arrears};
	transfer($account, 'refund_payable', 'cash', $item->{amount}, lot_of($account, $item->{order}), cause_of($item, $at));
	return end_item($account, $item, 'released', $at);
}

1;
