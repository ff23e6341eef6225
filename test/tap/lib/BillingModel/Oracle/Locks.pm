# Locks: the reasons why an account may not act (B&S 4.10).
package BillingModel::Oracle::Locks;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first);

use BillingModel::Oracle::Books;

our @EXPORT = qw(locks_at open_lock lock_refusal set_lock);

sub locks_at
{
	my ($account, $at) = @_;
	return grep { $_->{from} <= $at && (!defined $_->{to} || $at < $_->{to}) } @{ $account->{locks} };
}

sub open_lock
{
	my ($account, $lock) = @_;
	return first { $_->{lock} eq $lock && !defined $_->{to} } @{ $account->{locks} };
}

my @lock_order = qw(closed operator dispute refund);
my %lock_reason = (closed => 'account_closed', map { $_ => "locked_$_" } qw(operator dispute refund));

sub lock_refusal
{
	my (@locks) = @_;
	my $lock = first { my $name = $_; grep { $_->{lock} eq $name } @locks } @lock_order;
	return $lock && $lock_reason{$lock};
}

# Orders that nobody can pay for any more end: no gateway has heard of them here.
sub set_lock
{
	my ($account, $lock, $at) = @_;
	push @{ $account->{locks} }, { lock => $lock, from => $at };
	$_->{state} = 'closed' for grep { $_->{state} eq 'open' } @{ $account->{orders} };
	return;
}

sub lock_account
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB207') if $arg{lock} eq 'refund' || $arg{lock} eq 'closed';
	return refused('LB108') if $arg{lock} !~ /^(operator|dispute)$/;
	my $open = open_lock($account, $arg{lock});
	return { row => { result => 0 }, unmoved => 1 } if $arg{sets} ? $open : !$open;
	if ($arg{sets})
	{
		set_lock($account, $arg{lock}, $at);
	}
	else
	{
		$open->{to} = $at;
	}
	$account->{booked_at} = $at;
	return { row => { result => 1 } };
}

1;
