# Money that gateways took back, and what of it came again: by two persons, each with a login of his own (R22).
package BillingModel::Operations::TakeBacks;

use strict;
use warnings;

use BillingModel::Call;
use BillingModel::Operations::Payments;
use BillingModel::Oracle::Plans;
use BillingModel::Oracle::TakeBacks;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 4.5, \&record_take_back ],
		[ 4, \&undo_take_back ],
	);
}

sub outcomes
{
	return (
		(map { "record_take_back: $_" } qw(booked LB524 LB526)), (map { "undo_take_back: $_" } qw(booked LB525)),
		'revoked: ended', 'restored: a period', 'restored: nothing',
	);
}

# One that may be taken back: mostly of a gateway, and such as there is something left of.
sub some_payment
{
	my ($account) = @_;
	my @payments = @{ $account->{payments} } or return;
	my @gateway = grep { $_->{gateway} ne 'offline' } @payments;
	my @live = grep { $_->{order} && $_->{order}{kind} eq 'plan' || $_->{state} eq 'held' || !standing_take_backs($account, $_) } @gateway;
	return @live && chance(0.85) ? $live[ -1 - int rand(@live < 4 ? @live : 4) ] : @gateway && chance(0.8) ? pick(@gateway) : pick(@payments);
}

# On a closed account what came again is a payment of its own, and yet as much can be taken of the first one once more:
# more than there is (B&S 4.1). Such payments are not taken back again here.
sub came_elsewhere
{
	my ($account, $payment) = @_;
	return grep { $_->{payment} == $payment && $_->{undone} && !$_->{from_suspense} && $_->{back} < $_->{amount} }
	  @{ $account->{take_backs} };
}

sub record_take_back
{
	my @paying = grep { grep { $_->{gateway} ne 'offline' } @{ $_->{payments} } } $model->accounts;
	my $account = @paying ? pick(@paying) : return;
	my $payment = some_payment($account);
	return if came_elsewhere($account, $payment);
	return if $payment->{order} && $payment->{order}{kind} eq 'plan' && waits_ahead($account);
	my $left = $payment->{amount} - taken_of($account, $payment);
	my $amount = chance(0.5) ? $left : chance(0.9) ? int($left / 10_000_000 * rand) * 10_000_000 : $payment->{amount} + 10_000_000;
	my @known = grep { defined } map { $_->{refund_id} } grep { $_->{payment} == $payment } @{ $account->{take_backs} };
	my %arg = (payment_id => chance(0.97) ? $payment->{payment_id} : @{ $account->{payments} } + 1,
		amount => $amount || 10_000_000, kind => pick('refund', 'dispute'), refund_id => 'refund ' . ++$serial);
	$arg{refund_id} = pick(@known) if @known && chance(0.4);
	my $key = new_key();
	return booking_by_two($account, 'record_take_back', 'record_take_back(?, ?, ?, ?, ?, ?)', $key,
		[ $arg{payment_id}, amount_text($arg{amount}), @arg{qw(kind refund_id)}, $key ], %arg);
}

sub undo_take_back
{
	my @taken = grep { @{ $_->{take_backs} } } $model->accounts;
	my $account = @taken ? pick(@taken) : return;
	my @standing = grep { $_->{kind} =~ /refund|dispute/ && !$_->{undone} } @{ $account->{take_backs} };
	my $take_back = @standing && chance(0.85) ? pick(@standing) : undef;
	my %standing = map { $_->{id} => 1 } @standing;
	my $id = $take_back ? $take_back->{id} : pick(grep { !$standing{$_} } 1 .. @{ $account->{take_backs} } + 1);
	my $key = new_key();
	return booking_by_two($account, 'undo_take_back', 'undo_take_back(?, ?, ?)', $key, [ $id, $key ], take_back_id => $id);
}

1;
