# Booked charges that are given the prices as they are corrected (R20): what would move, and moving it.
package BillingModel::Oracle::Rerating;

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter 'import';
use List::Util qw(sum0);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Corrections;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Prices;
use BillingModel::Oracle::Reversals;
use BillingModel::Values qw(model_of);

our @EXPORT = qw(price_now booked_of);

# ---- what a charge is now -------------------------------------------------------------------------

sub price_now { my ($event) = @_; return $event->{revisions} ? $event->{revisions}[-1]{price} : $event->{price} }
sub charge_now { my ($event) = @_; return $event->{revisions} ? $event->{revisions}[-1]{charge} : $event->{charge} }

# What is booked of it, whatever it costs: what was written off stays.
sub booked_of
{
	my ($event) = @_;
	return $event->{charge} + sum0(map { $_->{amount} } @{ $event->{revisions} // [] });
}

# ---- which charges --------------------------------------------------------------------------------

# Two of some of the same charges, as far as they say themselves.
sub overlap
{
	my ($one, $other) = @_;
	return (!defined $one->{account_id} || !defined $other->{account_id} || $one->{account_id} == $other->{account_id})
	  && (!defined $one->{model} || !defined $other->{model} || $one->{model} eq $other->{model})
	  && $one->{from} < $other->{to} && $other->{from} < $one->{to};
}

# Another one that is not finished (with the account, where this one is of one), or has begun since this one was asked for.
sub rerate_conflicts
{
	my ($self, $rerate) = @_;
	return grep { $_ != $rerate && $_->{begun} && overlap($_, $rerate) && (is_open_for($_, $rerate) || ($rerate->{outdated} // 0) == $_) } @{ $self->{rerates} };
}

sub is_open_for
{
	my ($other, $rerate) = @_;
	return grep { !$_->{finished} && (!defined $rerate->{account_id} || $_->{account}{id} == $rerate->{account_id}) } @{ $other->{plans} };
}

sub usage_of_rerate
{
	my ($account, $rerate) = @_;
	return grep { $_->{occurred_at} >= $rerate->{from} && $_->{occurred_at} < $rerate->{to}
		  && (!defined $rerate->{model} || model_of($_->{model}) eq $rerate->{model}) } @{ $account->{events} };
}

sub recorded_usage { my ($account, $rerate) = @_; return grep { $_->{recorded_at} <= $rerate->{prices_at} } usage_of_rerate($account, $rerate) }

# By the hash of the request, as the cursor goes.
sub place { my ($event) = @_; utf8::encode(my $id = $event->{request_id}); return $event->{hash} //= unpack 'q>', sha256($id) }

# Charges whose price was corrected since, in the order in which they are looked at.
sub corrected_usage
{
	my ($account, $rerate) = @_;
	return sort { place($a) <=> place($b) || $a->{recorded_at} <=> $b->{recorded_at} }
	  grep { $_->{status} eq 'charged' && as_corrected($_->{price}, $rerate->{prices_at}) != price_now($_) }
	  usage_of_rerate($account, $rerate);
}

sub new_price { my ($event, $rerate) = @_; return as_corrected($event->{price}, $rerate->{prices_at}) }

# Why it keeps the price that it has, or undef: the corrected one does not say what it costs.
sub unrated
{
	my ($event, $rerate) = @_;
	my $price = new_price($event, $rerate);
	return 'meter_unlisted' if !covers($price, $event->{tokens});
	return rate($price, $event->{tokens}) > MAX_NANO ? 'charge_too_large' : undef;
}

# ---- what would move ------------------------------------------------------------------------------

# Of an account, as it is written down when it is asked for; undef where it has no usage of that kind.
sub plan_of
{
	my ($account, $rerate) = @_;
	my @usage = recorded_usage($account, $rerate) or return undef;
	my %plan = (account => $account, events => 0, less => 0, more => 0, moved => 0, passed_over => 0, given_back => 0, charged => 0, skipped => {}, undone => {},
		charges => [ corrected_usage($account, $rerate) ]);
	$plan{skipped}{ $_->{status} }++ for grep { $_->{status} ne 'charged' } @usage;
	for my $event (@{ $plan{charges} })
	{
		if (my $reason = unrated($event, $rerate))
		{
			$plan{skipped}{$reason}++;
			next;
		}
		if ($event->{reversed})
		{
			$plan{skipped}{reversed}++;
			$plan{undone}{$event} = 1;
			next;
		}
		if (open_lock($account, 'closed'))
		{
			$plan{skipped}{account_closed}++;
			next;
		}
		my $difference = rate(new_price($event, $rerate), $event->{tokens}) - booked_of($event);
		$plan{events}++;
		$plan{ $difference < 0 ? 'less' : 'more' } += abs $difference;
	}
	$plan{$_} = min(MAX_NANO, $plan{$_}) for qw(less more);
	$plan{finished} = 1 if !$plan{events};
	return \%plan;
}

sub plan_rerate
{
	my ($self, $rerate) = @_;
	$rerate->{plans} = [ grep { $_ } map { plan_of($_, $rerate) } grep { !defined $rerate->{account_id} || $_->{id} == $rerate->{account_id} } $self->accounts ];
	push @{ $self->{rerates} }, $rerate;
	return;
}

# More than an amount can be is as much as one can be.
sub sum_of { my ($self, $rerate, $what) = @_; return min(MAX_NANO, sum0(map { $_->{$what} } @{ $rerate->{plans} })) }

sub begin_rerate
{
	my ($self, $rerate) = @_;
	$rerate->{begun} = 1;
	$_->{outdated} //= $rerate for grep { $_ != $rerate && !$_->{begun} && overlap($_, $rerate) } @{ $self->{rerates} };
	return finish_rerate($rerate);
}

sub finish_rerate { my ($rerate) = @_; $rerate->{finished} = 1 if !grep { !$_->{finished} } @{ $rerate->{plans} }; return; }
sub open_plans { my ($self, $rerate) = @_; return grep { !$_->{finished} } @{ $rerate->{plans} } }

# ---- moving it ------------------------------------------------------------------------------------

# Looks at up to that many charges of an account, and books the differences; returns how many it looked at.
sub continue_account
{
	my ($self, $rerate, $plan, $at, $max) = @_;
	my $account = $plan->{account};
	my @left = grep { !defined $plan->{after} || place($_) > place($plan->{after}) || (place($_) == place($plan->{after}) && $_->{recorded_at} > $plan->{after}{recorded_at}) }
	  @{ $plan->{charges} };
	if (open_lock($account, 'closed'))
	{
		my $rest = $plan->{events} - $plan->{moved} - $plan->{passed_over};
		$plan->{skipped}{account_closed} += $rest if $rest;
		$plan->{finished} = 1;
		$self->meet('re-rated: closed meanwhile');
		finish_rerate($rerate);
		return 0;
	}
	my @now = @left[ 0 .. min($max, scalar @left) - 1 ];
	expire($account, $at);
	$self->rerate_event($rerate, $plan, $_, $at) for @now;
	$plan->{after} = $now[-1] if @now;
	$plan->{finished} = 1 if @now == @left;
	$account->{booked_at} = $at;
	finish_rerate($rerate);
	return scalar @now;
}

sub rerate_event
{
	my ($self, $rerate, $plan, $event, $at) = @_;
	return $self->meet('re-rated: not priced any more') if unrated($event, $rerate);
	if ($event->{reversed})
	{
		pass_over($plan, 'reversed') if !$plan->{undone}{$event};
		return;
	}
	my $price = new_price($event, $rerate);
	my %revision = (rerate_no => $rerate->{rerate_no}, no => 1 + @{ $event->{revisions} // [] }, old_price => price_now($event), price => $price,
		old_charge => charge_now($event), charge => rate($price, $event->{tokens}), recorded_at => $at, written_off => 0, entry_count => 0);
	my $reason = book_difference($plan->{account}, $event, \%revision) or return $self->note_revision($plan, $event, \%revision);
	$self->meet("re-rated: $reason");
	pass_over($plan, $reason);
	return;
}

sub pass_over { my ($plan, $reason) = @_; $plan->{skipped}{$reason}++; $plan->{passed_over}++; return }

# The reason why not, or undef.
sub book_difference
{
	my ($account, $event, $revision) = @_;
	my $at = $revision->{recorded_at};
	my $cause = { source => 'rerate', source_id => $revision->{rerate_no}, occurred_at => $at, at => $at };
	my $more = $revision->{charge} - booked_of($event);
	my $reason = $more < 0 ? give_back($account, $event, -$more, $cause, $revision) : charge_more($account, $event, $more, $cause, $revision);
	finish($account, $cause) if !$reason;
	return $reason;
}

sub note_revision
{
	my ($self, $plan, $event, $revision) = @_;
	my $amount = $revision->{amount};
	push @{ $event->{revisions} }, $revision;
	$plan->{moved}++;
	$plan->{ $amount < 0 ? 'given_back' : 'charged' } += abs $amount;
	$self->meet('re-rated: ' . ($revision->{no} > 1 ? 'again, ' : '') . ($amount < 0 ? 'less' : $amount ? 'more' : 'the same'));
	$self->meet('re-rated: written off') if $revision->{written_off};
	return;
}

# Less, as R23 gives back; the reason why not, or undef.
sub give_back
{
	my ($account, $event, $less, $cause, $revision) = @_;
	my $first = @{ $account->{entries} } + 1;
	my @steps = undo_steps($account, $event, $less);
	return 'written_off' if gives_back_forgiven($account, @steps);
	$revision->{written_off} = undo($account, $event, $less, $cause, @steps);
	$revision->{moves} = [ map { { entry_no => $_->{entry_no}, amount => -$_->{amount} } } @{ $account->{entries} }[ $first - 1 .. $#{ $account->{entries} } ] ];
	$revision->{amount} = sum0(map { $_->{amount} } @{ $revision->{moves} });
	note_entries($revision);
	expire($account, $cause->{at});
	return undef;
}

# More, like usage of now.
sub charge_more
{
	my ($account, $event, $more, $cause, $revision) = @_;
	return 'arrears_limit' if take_overflows($account, $more, $cause->{at});
	my $taken = { charge => $more };
	take_charges($account, [$taken], $cause);
	push @{ stack_of($event) }, map { { %$_ } } @{ $taken->{slices} };
	$revision->{moves} = $taken->{slices};
	$revision->{amount} = $more;
	note_entries($revision);
	return undef;
}

sub note_entries
{
	my ($revision) = @_;
	$revision->{entry_count} = @{ $revision->{moves} };
	$revision->{first_entry_no} = $revision->{moves}[0]{entry_no} if @{ $revision->{moves} };
	return;
}

1;
