# Bonus, adjustments, write-offs, payments.
package BillingModel::Oracle::Money;

use strict;
use warnings;

use List::Util qw(first);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Payments;
use BillingModel::Oracle::TakeBacks;

sub grant_bonus
{
	my ($self, $account, $at, %arg) = @_;
	my @errors;
	push @errors, 'LB104' if defined $arg{expires_at} && $arg{expires_at} <= $at;
	push @errors, 'LB204' if open_lock($account, 'closed');
	push @errors, 'LB502' if leaves_bounds($account, $arg{amount}, $at);
	return refused(@errors) if @errors;

	expire($account, $at);
	my $cause = { source => 'grant', occurred_at => $at, at => $at };
	my $lot_no = add_lot($account, 'bonus', $arg{amount}, $arg{expires_at}, 'promotion', $cause);
	finish($account, $cause);
	return booked($account, $lot_no, $lot_no);
}

# B&S 2.2, pair 9: what is left of a granted lot.
sub withdraw_bonus
{
	my ($self, $account, $at, %arg) = @_;
	my $lot = first { $_->{lot_no} == $arg{lot_no} } @{ $account->{lots} };
	return refused('LB503') if !$lot || $lot->{source} ne 'grant';
	return refused('LB504') if !$lot->{remaining} || (defined $lot->{expires_at} && $lot->{expires_at} <= $at);

	expire($account, $at);
	my $cause = { source => 'grant', source_id => $lot->{lot_no}, occurred_at => $at, at => $at };
	transfer($account, 'bonus', 'promotion', $lot->{remaining}, $lot, $cause);
	finish($account, $cause);
	return booked($account, $lot->{lot_no}, $lot->{lot_no});
}

sub adjust
{
	my ($self, $account, $at, %arg) = @_;
	my $amount = $arg{amount};
	my $lot_no;
	return refused('LB104') if $amount == 0 || (defined $arg{expires_at} && ($amount < 0 || $arg{expires_at} <= $at));
	return refused('LB204') if $amount > 0 && open_lock($account, 'closed');
	return refused('LB502') if leaves_bounds($account, $amount, $at);

	expire($account, $at);
	my $id = @{ $account->{entries} } + 1;
	my $cause = { source => 'adjustment', source_id => $id, occurred_at => $at, at => $at };
	if ($amount < 0)
	{
		take($account, -$amount, 'adjustment', $cause);
	}
	else
	{
		$lot_no = add_lot($account, 'bonus', $amount, $arg{expires_at}, 'adjustment', $cause);
	}
	finish($account, $cause);
	return booked($account, $id, $lot_no);
}

sub write_off
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB505') if $arg{amount} > $account->{arrears};
	expire($account, $at);
	my $id = @{ $account->{entries} } + 1;
	my $cause = { source => 'write_off', source_id => $id, occurred_at => $at, at => $at };
	transfer($account, 'write_off', 'arrears', $arg{amount}, undef, $cause);
	finish($account, $cause);
	return booked($account, $id);
}

# R2, R6; B&S 4.10: nothing is credited that was paid after a lock that is still in force.
sub record_offline_payment
{
	my ($self, $account, $at, %arg) = @_;
	my $paid_at = $arg{paid_at} // $at;
	my @errors;
	push @errors, 'LB501' if defined $arg{currency} && $arg{currency} ne $account->{currency};
	push @errors, 'LB104' if $paid_at > $at + $self->{future_tolerance};
	push @errors, 'LB509' if open_lock($account, 'closed')
	  || grep { open_lock($account, $_->{lock}) } locks_at($account, $paid_at);
	push @errors, 'LB502' if leaves_bounds($account, $arg{amount}, $at);
	push @errors, 'LB508' if grep { ($_->{reference} // '') eq $arg{reference} && !$_->{reversed} } @{ $account->{orders} };
	return refused(@errors) if @errors;

	expire($account, $at);
	my $order = add_order($account, amount => $arg{amount}, paid => $arg{amount}, reference => $arg{reference});
	$order->{payment} = add_payment($account, order => $order, amount => $arg{amount});
	my $cause = { source => 'payment', source_id => $order->{payment}{payment_id}, occurred_at => $paid_at, at => $at };
	$order->{lot_no} = add_lot($account, 'cash', $arg{amount}, undef, 'gateway', $cause, $order->{order_id});
	finish($account, $cause);
	return booked($account, $order->{order_id}, $order->{lot_no});
}

# R22, B&S 3 "take-back": what the lot still has, the rest as arrears, which other credit pays.
sub reverse_offline_payment
{
	my ($self, $account, $at, %arg) = @_;
	my $order = order_numbered($account, $arg{order_id});
	return refused('LB506') if !$order || $order->{method} ne 'offline';
	return refused('LB507') if $order->{reversed};
	my $lot = first { $_->{lot_no} == $order->{lot_no} } @{ $account->{lots} };
	return refused('LB502') if $account->{arrears} + $order->{amount} - $lot->{remaining} > MAX_NANO;

	expire($account, $at);
	my $take_back = add_take_back($account, $order->{payment}, kind => 'offline_reversal', amount => $order->{paid});
	my $cause = { source => 'take_back', source_id => $take_back->{id}, occurred_at => $at, at => $at, order => $order };
	my $from_lot = min($lot->{remaining}, $order->{amount});
	$order->{reversed} = 1;
	transfer($account, 'cash', 'gateway', $from_lot, $lot, $cause);
	transfer($account, 'arrears', 'gateway', $order->{amount} - $from_lot, undef, $cause);
	finish($account, $cause);
	return booked($account, $cause->{source_id}, $lot->{lot_no});
}

1;
