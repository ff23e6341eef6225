# Usage (B&S 4.11): what becomes of an event, and one charge on its own.
package BillingModel::Oracle::Usage;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Corrections;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Plans;
use BillingModel::Oracle::Prices;
use BillingModel::Values qw(meters_of);

our @EXPORT = qw(same_payload set_charged);

sub same_payload
{
	my ($one, $other) = @_;
	return $one->{key_id} == $other->{key_id} && $one->{model} eq $other->{model}
	  && (meters_of($one->{tokens}) // '') eq (meters_of($other->{tokens}) // '')
	  && !grep { $one->{tokens}{$_} != $other->{tokens}{$_} } qw(input output cache_read cache_write);
}

# The row that a request_id counts as, by receipt or, where it was stamped ahead, by its stamp.
sub recorded
{
	my ($self, $account, $request_id, $at) = @_;
	my $since = $at - $self->{dedupe_window};
	return first { $_->{request_id} eq $request_id && max($_->{recorded_at}, $_->{occurred_at}) >= $since }
	  reverse @{ $account->{events} };
}

# By the expiry that was set when a call started; one that is stamped before its key was made has the first.
sub is_expired
{
	my ($key, $at) = @_;
	my $version = (first { $_->{set_at} <= $at } reverse @{ $key->{versions} }) // $key->{versions}[0];
	return defined $version->{expires_at} && $version->{expires_at} <= $at;
}

sub rejection
{
	my ($account, $key, $occurred_at) = @_;
	return 'key_deleted' if defined $key->{deleted_at} && $key->{deleted_at} <= $occurred_at;
	return 'key_expired' if is_expired($key, $occurred_at);
	return lock_refusal(locks_at($account, $occurred_at));
}

# Why an event cannot be recorded: its key, its stamp.
sub event_faults
{
	my ($self, $account, $at, $event) = @_;
	my @faults;
	my ($key) = grep { $_->{key_id} == $event->{key_id} } @{ $account->{keys} };
	push @faults, 'LB206' if !$key;
	push @faults, 'LB309' if $key && $event->{occurred_at} < $key->{created_at} - $self->{future_tolerance};
	push @faults, 'LB301' if $event->{occurred_at} > $at + $self->{future_tolerance};
	push @faults, 'LB302' if $event->{occurred_at} < $account->{created_at};
	push @faults, 'LB303' if $event->{occurred_at} < $at - $self->{dedupe_window};
	return @faults;
}

# As it is corrected for what is booked at an instant.
sub price_of
{
	my ($self, $account, $event, $at) = @_;
	return as_corrected(find_price($self->{prices}, $account->{currency}, @$event{qw(model tokens occurred_at)},
		lists_at($account, $event->{occurred_at})), $at);
}

# Whether an event that is to be charged now costs more than money can be.
sub is_too_large
{
	my ($self, $account, $at, $event) = @_;
	my $key = first { $_->{key_id} == $event->{key_id} } @{ $account->{keys} };
	return 0 if !ref $event->{tokens}{meters} || $key->{kind} eq 'plan' || rejection($account, $key, $event->{occurred_at})
	  || (defined $self->{go_live_at} && $event->{occurred_at} < $self->{go_live_at});
	my $price = $self->price_of($account, $event, $at);
	return $price && covers($price, $event->{tokens}) && rate($price, $event->{tokens}) > MAX_NANO;
}

# What becomes of an event that can be recorded, given what its batch took already; its price, where
# it is to be charged.
sub decide
{
	my ($self, $account, $at, $event, $taken) = @_;
	my $key = first { $_->{key_id} == $event->{key_id} } @{ $account->{keys} };
	my $reason = rejection($account, $key, $event->{occurred_at});
	my $price = $self->price_of($account, $event, $at);

	if ($reason) { @$event{qw(status reason settled_at)} = ('rejected', $reason, $at); }
	elsif ($key->{kind} eq 'plan') { $self->decide_on_plan($account, $at, $event); }
	elsif (defined $self->{go_live_at} && $event->{occurred_at} < $self->{go_live_at})
	{
		@$event{qw(status reason charge settled_at)} = ('free', 'before_go_live', 0, $at);
	}
	elsif (!$price) { @$event{qw(status reason)} = ('unpriced', 'no_price'); }
	elsif (!covers($price, $event->{tokens})) { @$event{qw(status reason)} = ('unpriced', 'meter_unlisted'); }
	elsif (take_overflows($account, rate($price, $event->{tokens}), $at, $taken))
	{
		@$event{qw(status reason)} = ('unpriced', 'arrears_limit');
	}
	else { return $price; }
	return undef;
}

sub set_charged
{
	my ($event, $price, $at) = @_;
	my $charge = rate($price, $event->{tokens});
	@$event{qw(status reason price charge settled_at)} = ('charged', undef, $price, $charge, $at);
	return;
}

# One charge on its own.
sub book_charge
{
	my ($account, $event, $price, $at) = @_;
	set_charged($event, $price, $at);
	my $first = @{ $account->{entries} } + 1;
	take_charges($account, [$event], usage_cause($event, $at));
	$event->{entry_count} = @{ $account->{entries} } + 1 - $first;
	$event->{first_entry_no} = $first if $event->{entry_count};
	return;
}

sub usage_cause
{
	my ($event, $at) = @_;
	return { source => 'charge', request_id => $event->{request_id}, occurred_at => $event->{occurred_at}, at => $at };
}

sub charge_row
{
	my ($event, $status, $balance) = @_;
	return { status => $status, balance => $balance, map { $_ => $event->{$_} } qw(charge reason credits) };
}

sub charge
{
	my ($self, $account, $at, %arg) = @_;
	my $event = { %arg, occurred_at => $arg{occurred_at} // $at, recorded_at => $at, entry_count => 0 };
	my $stored = $self->recorded($account, $arg{request_id}, $at);
	if ($stored)
	{
		return refused('LB304') if !same_payload($stored, $event);
		return { row => charge_row($stored, 'duplicate', balance($account, $at)), unmoved => 1 };
	}
	my @errors = $self->event_faults($account, $at, $event);
	return refused(@errors) if @errors;
	return refused('LB315') if $self->is_too_large($account, $at, $event);

	expire($account, $at);
	my $price = $self->decide($account, $at, $event);
	book_charge($account, $event, $price, $at) if $price;
	push @{ $account->{events} }, $event;
	finish($account, usage_cause($event, $at));
	return { row => charge_row($event, $event->{status}, balance($account)) };
}

# ---- usage that waited for a price ----------------------------------------------------------------

# What an event that waits would be charged or counted by: a price, or a weight of the plan it is on.
sub price_for_waiting
{
	my ($self, $account, $event, $at) = @_;
	my $price = defined $event->{subscription_no} ? $self->weight_of(subscription_numbered($account, $event->{subscription_no}), $event)
	  : $self->price_of($account, $event, $at);
	return $price && covers($price, $event->{tokens}) ? $price : undef;
}

# What settle() would charge or count of an account's unpriced usage, in the order of R7.
sub settleable
{
	my ($self, $account) = @_;
	return sort { $a->{occurred_at} <=> $b->{occurred_at} || $a->{request_id} cmp $b->{request_id} }
	  grep { $_->{status} eq 'unpriced' && $self->price_for_waiting($account, $_) }
	  @{ $account->{events} };
}

# Books the first $max of them that the account can owe; returns how many it booked.
sub settle_account
{
	my ($self, $account, $at, $max) = @_;
	my $booked = 0;

	expire($account, $at);
	for my $event ($self->settleable($account))
	{
		last if $booked == $max;
		my $price = $self->price_for_waiting($account, $event, $at) or next;
		if (defined $event->{subscription_no})
		{
			$self->meet('counted later');
			$self->count_on_plan($account, $event, $price, $at);
		}
		elsif (rate($price, $event->{tokens}) > MAX_NANO)
		{
			$self->meet('rejected later: charge_too_large');
			@$event{qw(status reason settled_at)} = ('rejected', 'charge_too_large', $at);
		}
		elsif (take_overflows($account, rate($price, $event->{tokens}), $at)) { next; }
		else { book_charge($account, $event, $price, $at); }
		$booked++;
	}
	$account->{booked_at} = $at;
	return $booked;
}

1;
