# Charges that are undone (R23), alone and of a batch.
package BillingModel::Operations::Reversals;

use strict;
use warnings;

use List::Util qw(min shuffle);

use BillingModel::Call;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 9, \&reverse_charge ],
		[ 3.5, \&reverse_some_of_batch ],
	);
}

sub outcomes
{
	return (
		'reverse_charge: booked',
		(map { "undone of a batch: $_" } 'bonus', 'cash', 'owed', 'paid since', 'written off'),
	);
}

sub reverse_charge
{
	my $account = some_account();
	my $key = new_key();
	my @events = grep { $_->{status} eq 'charged' || chance(0.1) } @{ $account->{events} };
	my $event = { request_id => 'none', occurred_at => now_us() };
	$event = chance(0.6) ? $events[ -1 - int rand min(12, scalar @events) ] : pick(@events) if @events;
	my %arg = (request_id => chance(0.98) ? $event->{request_id} : 'none',
		occurred_at => chance(0.3) ? $event->{occurred_at} : undef);
	return booking($account, 'reverse_charge', 'reverse_charge(?, ?, ?, NULL, NULL, ?)', $key,
		[ $arg{request_id}, $key, instant_text($arg{occurred_at}) ], %arg);
}

# Some events of one batch, in any order: what one gives back is not what another has.
sub reverse_some_of_batch
{
	my $account = some_account();
	my @batched = grep { defined $_->{batch_offset} && !$_->{reversed} } @{ $account->{events} } or return;
	my $one = chance(0.7) ? $batched[ -1 - int rand min(20, scalar @batched) ] : pick(@batched);
	my @batch = shuffle(grep { $_->{first_entry_no} == $one->{first_entry_no} } @batched);
	for my $event (@batch[ 0 .. min($#batch, int rand 4) ])
	{
		my $key = new_key();
		booking($account, 'reverse_charge', 'reverse_charge(?, ?, ?, NULL, NULL, ?)', $key,
			[ $event->{request_id}, $key, instant_text($event->{occurred_at}) ],
			request_id => $event->{request_id}, occurred_at => $event->{occurred_at});
	}
	return;
}

1;
