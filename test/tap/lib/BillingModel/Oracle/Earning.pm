# What Token Plans earn, day by day (B&S 3): booked when months and periods end.
package BillingModel::Oracle::Earning;

use strict;
use warnings;

use Exporter 'import';
use Math::BigInt;

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Calendar;

our @EXPORT = qw(plan_transfer start_earning next_earning earn_months earn_days earn_all earn_rest);

# Days and months are China's for CNY, UTC's for USD, wherever the account is.
sub calendar_of { my ($account) = @_; return $account->{currency} eq 'CNY' ? 'Asia/Shanghai' : 'UTC' }

sub plan_transfer
{
	my ($account, $debit, $credit, $amount, $subscription, $cause) = @_;
	transfer($account, $debit, $credit, $amount, undef, { %$cause, subscription_no => $subscription->{no} });
	$subscription->{deferred} += $amount if $credit eq 'plan_deferred';
	$subscription->{deferred} -= $amount if $debit eq 'plan_deferred';
	die "more plan money earned than there was" if $subscription->{deferred} < 0;
	return;
}

# From its begin on, or where it stands anew, what is not earned yet is spread over its days.
sub start_earning
{
	my ($subscription) = @_;
	@$subscription{qw(to_earn earn_from earned_until earned)} = ($subscription->{deferred}, @$subscription{qw(starts starts)}, 0);
	return;
}

# The instants at which something is to be booked still: the ends of months, and its own.
sub earning_instants
{
	my ($account, $subscription) = @_;
	return () if !defined $subscription->{starts} || !$subscription->{deferred};
	return (months_begun(@$subscription{qw(earned_until ends)}, calendar_of($account)), $subscription->{ends});
}

# What the days before an instant have earned, half up: the day of the begin counts, that of the end does not.
sub earned_by
{
	my ($account, $subscription, $at) = @_;
	return $subscription->{to_earn} if $at >= $subscription->{ends};
	my ($first, $day, $last) = map { day_of($_, calendar_of($account)) } $subscription->{earn_from}, $at, $subscription->{ends};
	return 0 if $day <= $first;
	my ($days, $all) = ($day - $first, $last - $first);
	return Math::BigInt->new($subscription->{to_earn})->bmul(2 * $days)->badd($all)->bdiv(2 * $all)->numify;
}

# One booking: up to an instant, stamped with the last microsecond that it pays for.
sub earn
{
	my ($account, $subscription, $until, $amount, $at) = @_;
	my $cause = { source => 'subscription', source_id => $subscription->{no}, occurred_at => $until - 1, at => $at };
	plan_transfer($account, 'plan_deferred', 'revenue', $amount, $subscription, $cause);
	$subscription->{earned} += $amount;
	$subscription->{earned_until} = $until;
	return;
}

sub earn_until
{
	my ($account, $subscription, $until, $at) = @_;
	return earn($account, $subscription, $until,
		min(earned_by($account, $subscription, $until) - $subscription->{earned}, $subscription->{deferred}), $at);
}

# What months and periods that are over have earned.
sub earn_months
{
	my ($account, $subscription, $at) = @_;
	earn_until($account, $subscription, $_, $at) for grep { $_ <= $at } earning_instants($account, $subscription);
	return;
}

# The same, and what the days over have earned since.
sub earn_days
{
	my ($account, $subscription, $at) = @_;
	earn_months($account, $subscription, $at);
	return if !$subscription->{deferred} || !defined $subscription->{starts} || $subscription->{starts} > $at;
	my $zone = calendar_of($account);
	my $today = day_start(day_of($at, $zone), $zone);
	earn_until($account, $subscription, $today, $at) if $today > $subscription->{earn_from};
	return;
}

# All of it: it ends. Months that are over are booked apart.
sub earn_all
{
	my ($account, $subscription, $at) = @_;
	earn_months($account, $subscription, $at);
	return earn_rest($account, $subscription, $at);
}

sub earn_rest
{
	my ($account, $subscription, $at) = @_;
	return earn($account, $subscription, $at, $subscription->{deferred}, $at);
}

sub next_earning
{
	my ($account) = @_;
	my @at = sort { $a <=> $b } map { my $subscription = $_;
		grep { $subscription->{deferred} && earned_by($account, $subscription, $_) > $subscription->{earned} }
		  earning_instants($account, $subscription) } @{ $account->{subscriptions} };
	return $at[0];
}

# What one account has to book of plans, all of it in one transaction.
sub earn_plans
{
	my ($self, $account, $at) = @_;
	expire($account, $at);
	earn_months($account, $_, $at) for @{ $account->{subscriptions} };
	finish($account, { at => $at });
	return;
}

1;
