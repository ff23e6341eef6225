# Usage of plan keys (R3, B&S 4.8, 4.11): what it costs in credits, what it draws on, and the gate.
package BillingModel::Oracle::PlanUsage;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first);
use POSIX qw(floor);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Plans;
use BillingModel::Oracle::Prices;

our @EXPORT = qw(quota_rows);

# ---- weights: chosen as prices are, by plan instead of currency ------------------------------------

sub weight_at_key
{
	my ($self, $new) = @_;
	return first { $_->{currency} eq $new->{currency} && $_->{model} eq $new->{model}
		&& $_->{over} == $new->{over} && $_->{from} == $new->{from} }
	  @{ $self->{weights} };
}

sub weight_of
{
	my ($self, $period, $event) = @_;
	return find_price($self->{weights}, $period->{terms}{plan}, @$event{qw(model tokens occurred_at)});
}

sub counted_events
{
	my ($self, $plan, $model) = @_;
	return grep { $_->{status} eq 'plan' && $_->{model} eq $model && $_->{weight}{currency} eq $plan }
	  map { @{ $_->{events} } } $self->accounts;
}

# Contradicts decisions.md, "one that would have weighed what was counted is refused": set_plan_weight() also
# refuses one that would not have, of another tier or older than the row that did, and the same row again.
sub is_weight_backdated
{
	my ($self, $new) = @_;
	return grep { $_->{occurred_at} >= $new->{from} } $self->counted_events(@$new{qw(currency model)});
}

# ---- what usage draws on --------------------------------------------------------------------------

sub part_at
{
	my ($subscription, $at) = @_;
	return first { $_->{starts} <= $at && $at < $_->{ends} } @{ $subscription->{parts} };
}

# The period in which an instant lies; of one that was revoked since, what was before counts.
sub period_at
{
	my ($account, $at) = @_;
	return first { !is_pack($_) && part_at($_, $at) } @{ $account->{subscriptions} };
}

# The window in which an instant lies; undef where the plan has none.
sub window_at
{
	my ($self, $subscription, $at) = @_;
	my $hours = $subscription->{terms}{window_hours} or return undef;
	my $length = $hours * 3_600_000_000;
	my $part = part_at($subscription, $at);
	my $from = $part->{windows_from};
	my $starts = $from + floor(($at - $from) / $length) * $length;
	my $ends = $starts + $length;
	$ends = min($ends, $part->{ends}) if $part->{continued};
	return $subscription->{windows}{$starts} //=
	  { starts => $starts, ends => $ends, amount => $subscription->{terms}{window_quota}, given => 0, used => 0 };
}

# What was used of the part whose rest it is, and of that one's.
sub carried
{
	my ($quota) = @_;
	my $cut = $quota->{continues} or return 0;
	return $cut->{used} + carried($cut);
}

# The window that stands in the books.
sub drawn_window
{
	my ($subscription, $at) = @_;
	return first { $_->{drawn} && $_->{starts} <= $at && $at < $_->{ends} } values %{ $subscription->{windows} };
}

sub left { my ($quota) = @_; return max(0, $quota->{amount} + $quota->{given} - $quota->{used} - carried($quota)) }

sub period_has_left
{
	my ($self, $period, $at) = @_;
	my $window = $self->window_at($period, $at);
	return left(part_at($period, $at)) > 0 && (!$window || left($window) > 0);
}

# The oldest pack beside a period that has something left.
sub pack_with_left
{
	my ($account, $period, $at) = @_;
	return first { my $part = part_at($_, $at); $part && left($part) > 0 } packs_of($account, $period);
}

# Counts an event on its period or a pack; the one that crosses the end is counted whole.
sub count_on_plan
{
	my ($self, $account, $event, $weight, $at) = @_;
	my $t = $event->{occurred_at};
	my $period = period_at($account, $t);
	my $credits = rate($weight, $event->{tokens});
	my $has_left = $self->period_has_left($period, $t);
	my $pack = $has_left ? undef : pack_with_left($account, $period, $t);
	my $on = $pack // $period;
	my $window = $pack ? undef : $self->window_at($period, $t);

	$_->{used} += $credits for part_at($on, $t), $window // ();
	$window->{drawn} = 1 if $window;
	@$event{qw(status reason settled_at)} = ('plan', undef, $at);
	@$event{qw(credits weight subscription_no)} = ($credits, $weight, $on->{no});
	$self->meet('counted with meters') if ref $event->{tokens}{meters} && $weight->{items};
	$self->meet('plan: ' . ($pack ? 'on a pack' : $has_left ? 'on its period' : 'on a period that is used up'));
	return;
}

# Why no period covers an instant: one is to come, else the last one says it.
sub uncovered_reason
{
	my ($account, $at) = @_;
	my @periods = grep { !is_pack($_) } @{ $account->{subscriptions} };
	return 'no_plan' if !@periods;
	return 'plan_not_started' if grep { $_->{state} eq 'paid' && (!defined $_->{starts} || $_->{starts} > $at) } @periods;
	my ($last) = sort { $b->{ends} <=> $a->{ends} || $b->{no} <=> $a->{no} } @periods;
	return $last->{state} eq 'revoked' ? 'plan_revoked' : 'plan_ended';
}

# What becomes of an event of a plan key that nothing else refuses.
sub decide_on_plan
{
	my ($self, $account, $at, $event) = @_;
	my $period = period_at($account, $event->{occurred_at});
	if (!$period)
	{
		@$event{qw(status reason settled_at)} = ('rejected', uncovered_reason($account, $event->{occurred_at}), $at);
		return;
	}
	my $weight = $self->weight_of($period, $event);
	return $self->count_on_plan($account, $event, $weight, $at) if $weight && covers($weight, $event->{tokens});
	@$event{qw(status reason subscription_no)} = ('unpriced', $weight ? 'meter_unlisted' : 'no_weight', $period->{no});
	return;
}

# ---- the gate -------------------------------------------------------------------------------------

sub plan_gate
{
	my ($self, $account, $at) = @_;
	my $period = period_at($account, $at) // return uncovered_reason($account, $at);
	return undef if $self->period_has_left($period, $at) || pack_with_left($account, $period, $at);
	return 'plan_exhausted';
}

# When quota comes by itself: with a window, a month of the period, or a period that waits.
sub resets_at
{
	my ($self, $account, $reason, $at) = @_;
	return undef if ($reason // '') !~ /^plan_(not_started|exhausted)$/;
	return next_turn($account, $at) if $reason eq 'plan_not_started';
	while (defined($at = next_turn($account, $at)))
	{
		my $period = period_at($account, $at) // next;
		last if $self->period_has_left($period, $at) || pack_with_left($account, $period, $at);
	}
	return $at;
}

# When something may be different: a window ends, or a part begins.
sub next_turn
{
	my ($account, $at) = @_;
	my $period = period_at($account, $at);
	my $window = $period && drawn_window($period, $at);
	my @turns = grep { $_ > $at } map { $_->{starts} } grep { $_->{starts} < $_->{ends} }
	  map { @{ $_->{parts} } } grep { !is_pack($_) } @{ $account->{subscriptions} };
	push @turns, $window->{ends} if $window;
	return (sort { $a <=> $b } @turns)[0];
}

# ---- what is shown --------------------------------------------------------------------------------

sub state_shown
{
	my ($self, $account, $subscription, $at) = @_;
	return 'revoked' if $subscription->{state} eq 'revoked';
	return 'queued' if !defined $subscription->{starts} || $subscription->{starts} > $at;
	return 'ended' if is_over($subscription, $at);
	my $has_left = is_pack($subscription) ? left(part_at($subscription, $at)) > 0
	  : $self->period_has_left($subscription, $at) || pack_with_left($account, $subscription, $at);
	return $has_left ? 'active' : 'exhausted';
}

# What may be used of each: parts of time, and windows in which something was used.
sub quota_rows
{
	my ($account) = @_;
	my @rows;
	for my $subscription (@{ $account->{subscriptions} })
	{
		my @parts = sort { $a->{starts} <=> $b->{starts} } grep { $_->{starts} < $_->{ends} } @{ $subscription->{parts} };
		my @windows = map { $subscription->{windows}{$_} } sort { $a <=> $b } keys %{ $subscription->{windows} };
		push @rows, map { { %$_, no => $subscription->{no}, kind => 'part', carried => carried($_) } } @parts;
		push @rows, map { { %$_, no => $subscription->{no}, kind => 'window', carried => 0 } }
		  grep { $_->{used} && $_->{starts} < $_->{ends} } @windows;
	}
	return @rows;
}

# The rows of plan_status(), the newest first.
sub plan_status
{
	my ($self, $account, $at) = @_;
	my @rows;
	for my $subscription (reverse @{ $account->{subscriptions} })
	{
		my $state = $self->state_shown($account, $subscription, $at);
		my $part = part_at($subscription, $at);
		my $window = $part ? $self->window_at($subscription, $at) : undef;
		my $drawn = drawn_window($subscription, $at);
		push @rows, {
			subscription_no => $subscription->{no}, plan => $subscription->{terms}{plan},
			version => $subscription->{terms}{version}, state => $state, pack_of => $subscription->{pack_of},
			price => $subscription->{price}, starts_at => $subscription->{starts}, ends_at => $subscription->{ends},
			quota => $part && $part->{amount} + $part->{given}, used => $part && $part->{used} + carried($part),
			quota_left => $part && left($part), quota_ends_at => $part && $part->{ends},
			window_quota => $window && $window->{amount},
			window_left => $drawn ? left($drawn) : $window && $window->{amount},
			window_ends_at => $drawn && $drawn->{ends},
			order_id => $subscription->{order}{order_id},
		};
	}
	return @rows;
}

1;
