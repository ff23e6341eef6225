# Token Plans (R3, B&S 4.8): the catalog, and where the periods of an account stand.
package BillingModel::Oracle::Plans;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Calendar;
use BillingModel::Oracle::Earning;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Payments;

our @EXPORT = qw(is_pack is_over runs running packs_of subscription_numbered line_up end_now resume close_plans);

# ---- the catalog ----------------------------------------------------------------------------------

# The newest version of a plan.
sub plan_named
{
	my ($self, $name) = @_;
	my ($newest) = sort { $b->{version} <=> $a->{version} } grep { $_->{plan} eq $name } @{ $self->{plans} };
	return $newest;
}

sub is_pack { my ($subscription) = @_; return defined $subscription->{pack_of} ? 1 : 0 }

sub subscription_numbered { my ($account, $no) = @_; return first { $_->{no} == $no } @{ $account->{subscriptions} } }

# ---- periods --------------------------------------------------------------------------------------

sub is_over { my ($subscription, $at) = @_; return defined $subscription->{ends} && $subscription->{ends} <= $at }

sub runs
{
	my ($subscription, $at) = @_;
	return $subscription->{state} eq 'paid' && defined $subscription->{starts}
	  && $subscription->{starts} <= $at && $at < $subscription->{ends};
}

sub running { my ($account, $at) = @_; return first { !is_pack($_) && runs($_, $at) } @{ $account->{subscriptions} } }

sub packs_of
{
	my ($account, $period) = @_;
	return grep { is_pack($_) && $_->{pack_of} == $period->{no} } @{ $account->{subscriptions} };
}

# Those that have not begun, in their order.
sub waiting
{
	my ($account, $at) = @_;
	return sort { $a->{queued} <=> $b->{queued} }
	  grep { !is_pack($_) && $_->{state} eq 'paid' && (!defined $_->{starts} || $_->{starts} > $at) }
	  @{ $account->{subscriptions} };
}

# Parts of time one behind the other: pairs of a length, in months of the chain or in microseconds, and a quota.
sub lay_parts
{
	my ($account, $subscription, $start, $previous) = @_;
	my ($terms, $rest) = @$subscription{qw(terms rest)};
	if ($rest)
	{
		my @parts;
		for my $piece (@$rest)
		{
			push @parts, rest_part($piece->{part}, $start, $start + $piece->{length});
			$start += $piece->{length};
		}
		return @parts;
	}
	return new_part($start, add_days($start, $terms->{days}), $terms->{quota}) if !$terms->{months};

	my $follows = $previous && $previous->{chain} && $previous->{ends} == $start && !$previous->{cut};
	my ($anchor, $before) = $follows ? @{ $previous->{chain} } : ($start, 0);
	my $zone = $account->{zone};
	$subscription->{chain} = [ $anchor, $before + $terms->{months} ];
	my $step = $terms->{monthly_quota} ? 1 : $terms->{months};
	return map { new_part(add_months($anchor, $before + ($_ - 1) * $step, $zone),
		add_months($anchor, $before + $_ * $step, $zone), $terms->{quota}) } 1 .. $terms->{months} / $step;
}

sub new_part
{
	my ($starts, $ends, $amount) = @_;
	return { starts => $starts, ends => $ends, planned => $ends, amount => $amount, given => 0, used => 0 };
}

# What a part that was cut has left: what was used of that, before and late, is gone.
sub rest_part
{
	my ($cut, $starts, $ends) = @_;
	my %rest = (%$cut, starts => $starts, ends => $ends, planned => $ends);
	delete @rest{qw(past continued)};
	# One that was cut at its very begin is there as it was.
	return \%rest if $cut->{starts} == $cut->{ends};
	$cut->{continued} = 1;
	return { %rest, used => 0, continues => $cut };
}

# Gives a period its place, and its packs. Parts that an earlier place of it used up stay where they are.
sub put_at
{
	my ($account, $subscription, $start, $previous) = @_;
	delete $subscription->{chain};
	my @new = lay_parts($account, $subscription, $start, $previous);
	$subscription->{parts} = [ (grep { $_->{past} } @{ $subscription->{parts} }), @new ];
	$_->{windows_from} = $start for @new;
	@$subscription{qw(starts ends)} = ($start, $new[-1]{ends});
	start_earning($subscription);
	put_beside($account, $_, $start) for grep { $_->{state} eq 'paid' } packs_of($account, $subscription);
	return;
}

# All that wait stand one behind the other. While lock refund is in force none begins that has no place yet.
sub line_up
{
	my ($account, $at) = @_;
	my $previous = running($account, $at);
	my $start = $previous ? $previous->{ends} : $at;
	for my $subscription (waiting($account, $at))
	{
		next if !defined $subscription->{starts} && open_lock($account, 'refund');
		put_at($account, $subscription, $start, $previous);
		($previous, $start) = ($subscription, $subscription->{ends});
	}
	return;
}

# A period, or a pack, ends at this instant. Its rest keeps its length; what ends for good has none.
sub cut
{
	my ($subscription, $at, $keeps_rest) = @_;
	return if is_over($subscription, $at);
	my @open = grep { !$_->{past} && $_->{ends} > $at } @{ $subscription->{parts} };
	my $has_begun = defined $subscription->{starts} && $subscription->{starts} <= $at;
	$_->{ends} = max($_->{starts}, $at) for @open;
	my @rest = map { { part => $_, length => $_->{planned} - $_->{ends} } } @open;
	$subscription->{rest} = $keeps_rest ? \@rest : undef if @open;
	if (!$keeps_rest) { $_->{planned} = $_->{ends} for @open; }
	$_->{past} = 1 for @{ $subscription->{parts} };
	cut_windows($subscription, $at);
	@$subscription{qw(starts ends cut)} = ($has_begun ? $subscription->{starts} : $at, $at, 1);
	return;
}

# Those in which nothing was drawn are not there.
sub cut_windows
{
	my ($subscription, $at) = @_;
	my $windows = $subscription->{windows};
	delete @$windows{ grep { !$windows->{$_}{drawn} } keys %$windows };
	for my $window (values %$windows)
	{
		$window->{ends} = max($window->{starts}, $at) if $window->{ends} > $at;
	}
	return;
}

# One that was cut goes on, where something is left of it: a pack beside its period, a period at the end of the queue.
sub resume
{
	my ($account, $subscription, $at) = @_;
	return resume_pack($account, $subscription, $at) if is_pack($subscription);
	return 0 if !$subscription->{cut} || (!$subscription->{rest} && @{ $subscription->{parts} });
	delete $subscription->{cut};
	cut_windows($subscription, $at);
	@$subscription{qw(starts ends queued)} = (undef, undef, 1 + max_queued($account));
	line_up($account, $at);
	return 1;
}

# Where its period waits for its place, it waits with it.
sub resume_pack
{
	my ($account, $pack, $at) = @_;
	my $period = subscription_numbered($account, $pack->{pack_of});
	return 0 if $period->{state} ne 'paid' || is_over($period, $at);
	return put_beside($account, $pack, $at) if defined $period->{starts};
	@$pack{qw(starts ends)} = (undef, undef);
	return 1;
}

sub max_queued { my ($account) = @_; return (sort { $b <=> $a } 0, map { $_->{queued} } @{ $account->{subscriptions} })[0] }

# Ends a period (or a pack) and its packs before it, and earns what is left of their money.
sub end_now
{
	my ($account, $period, $at, $keeps_rest) = @_;
	for my $subscription ((grep { $_->{state} eq 'paid' } packs_of($account, $period)), $period)
	{
		earn_all($account, $subscription, $at);
		cut($subscription, $at, $keeps_rest);
	}
	return;
}

# ---- buying ---------------------------------------------------------------------------------------

sub subscribe
{
	my ($self, $account, $at, %arg) = @_;
	my $terms = $self->plan_named($arg{plan});
	my $running = running($account, $at);
	my $is_pack = $terms && !$terms->{months} && !$terms->{days};
	my @errors;
	push @errors, 'LB204' if grep { !defined $_->{to} } @{ $account->{locks} };
	push @errors, 'LB540' if !$terms || $terms->{retired} || $terms->{region} ne $account->{region}
	  || ($is_pack && (!$running || defined $arg{replaces}))
	  || (defined $arg{replaces} && (!$running || $running->{no} != $arg{replaces}));
	return refused(@errors) if @errors;

	my $order = add_order($account, kind => 'plan', method => $arg{method}, state => 'open', amount => $terms->{price},
		terms => $terms, replaces => $arg{replaces}, pack_of => $is_pack ? $running->{no} : undef);
	$account->{booked_at} = $at;
	return order_row($account, $order);
}

# Whether an order is for a pack whose period has ended; one that waits has not.
sub has_ended_period
{
	my ($self, $account, $order, $at) = @_;
	return 0 if $order->{kind} ne 'plan' || !is_pack($order);
	my $period = subscription_numbered($account, $order->{pack_of});
	return $period->{state} ne 'paid' || is_over($period, $at);
}

# A plan order is paid.
sub begin_subscription
{
	my ($self, $account, $order, $cause) = @_;
	my $at = $cause->{at};
	my $subscription = {
		no => @{ $account->{subscriptions} } + 1, order => $order, terms => $order->{terms}, state => 'paid',
		pack_of => $order->{pack_of}, price => $order->{paid}, deferred => 0, parts => [], windows => {},
		queued => 1 + max_queued($account),
	};
	my $replaced = defined $order->{replaces} ? subscription_numbered($account, $order->{replaces}) : undef;
	$replaced = undef if $replaced && !runs($replaced, $at);
	push @{ $account->{subscriptions} }, $subscription;
	plan_transfer($account, 'suspense', 'plan_deferred', $order->{paid}, $subscription, $cause);
	end_now($account, $replaced, $at, 0) if $replaced;
	$self->meet('replaced') if $replaced;
	$self->meet('replaced with packs') if $replaced && packs_of($account, $replaced);
	if (is_pack($subscription)) { put_beside($account, $subscription, $at); }
	else
	{
		put_at($account, $subscription, $at) if $replaced;
		line_up($account, $at);
		$self->meet('queued') if $subscription->{starts} > $at;
	}
	return;
}

# A pack lasts as long as its period. Says whether anything is left of it.
sub put_beside
{
	my ($account, $pack, $at) = @_;
	my $period = subscription_numbered($account, $pack->{pack_of});
	my $parts = $pack->{parts};
	my $last = $parts->[-1];
	my $has_ended = $last && $last->{ends} <= $at && $last->{starts} < $last->{ends};
	return 0 if $has_ended && $last->{planned} == $last->{ends};
	push @$parts, rest_part($last, $at, $at) if $has_ended;
	push @$parts, new_part($at, $at, $pack->{terms}{quota}) if !$last;
	$last->{planned} = $last->{ends} if $has_ended;

	my $part = $parts->[-1];
	$part->{starts} = max($period->{starts}, $at) if $part->{starts} > $at || $part->{ends} <= $at;
	$part->{ends} = $part->{planned} = $period->{ends};
	delete $part->{past};
	@$pack{qw(starts ends)} = @$part{qw(starts ends)};
	start_earning($pack);
	return 1;
}

# Closing earns the rest of every period, in the order in which they stand, then of packs.
sub close_plans
{
	my ($account, $at) = @_;
	for my $subscription (sort { is_pack($a) <=> is_pack($b) || $a->{starts} <=> $b->{starts} || $a->{no} <=> $b->{no} }
		grep { !is_over($_, $at) } @{ $account->{subscriptions} })
	{
		earn_all($account, $subscription, $at);
		cut($subscription, $at, 0);
	}
	# What is over has earned all, whether or not earn_plans() has come by since.
	earn_months($account, $_, $at) for sort { $a->{no} <=> $b->{no} } @{ $account->{subscriptions} };
	return;
}

# ---- compensation ---------------------------------------------------------------------------------

sub give_back_quota
{
	my ($self, $account, $at, %arg) = @_;
	my $subscription = subscription_numbered($account, $arg{no});
	return refused('LB541') if !$subscription;
	return refused('LB542') if !runs($subscription, $at);
	expire($account, $at);
	my $part = first { $_->{starts} <= $at && $at < $_->{ends} } @{ $subscription->{parts} };
	$part->{given} += $arg{credits};
	finish($account, { at => $at });
	return booked($account, $arg{no});
}

# The present window is given whole again; where nothing was drawn in it, there is nothing to give.
sub reset_quota_window
{
	my ($self, $account, $at, %arg) = @_;
	my $subscription = subscription_numbered($account, $arg{no});
	return refused('LB541') if !$subscription;
	my $window = runs($subscription, $at) && $self->window_at($subscription, $at);
	return refused('LB542') if !$window || $window->{used} <= $window->{given};
	expire($account, $at);
	$window->{given} = $window->{used};
	finish($account, { at => $at });
	return booked($account, $arg{no});
}

1;
