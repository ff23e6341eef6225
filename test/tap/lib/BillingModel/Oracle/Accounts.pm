# Accounts, their keys, and the gate.
package BillingModel::Oracle::Accounts;

use strict;
use warnings;

use List::Util qw(first);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Payments;
use BillingModel::Oracle::Plans;
use BillingModel::Oracle::Refunds;

sub add_account
{
	my ($self, $id, $region, $zone, $at) = @_;
	return $self->{accounts}{$id} = {
		id => $id, region => $region, zone => $zone, currency => $region eq 'cn' ? 'CNY' : 'USD',
		created_at => $at, booked_at => $at, arrears => 0,
		keys => [], lots => [], entries => [], events => [], locks => [],
		orders => [], payments => [], subscriptions => [], refunds => [], refund_items => [],
		debts => [], arrears_payments => [], calls => {}, reversals => 0, take_backs => [],
	};
}

# B&S 3 "account closed".
sub close_account
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB205')
	  if (grep { !defined $_->{to} } @{ $account->{locks} })
	  || $account->{arrears} > 0
	  || held($account, 'cash') >= CENT
	  || open_orders($account) || held_payments($account) || open_refund($account)
	  || (grep { $_->{status} eq 'unpriced' } @{ $account->{events} })
	  || grep { defined $_->{account_id} && $_->{account_id} == $account->{id} } @{ $self->{inbox} };

	expire($account, $at);
	close_plans($account, $at);
	my $id = @{ $account->{entries} } + 1;
	my $cause = { source => 'closing', source_id => $id, occurred_at => $at, at => $at };
	transfer($account, $_->{kind}, 'breakage', $_->{remaining}, $_, $cause) for lots_in_order($account);
	set_lock($account, 'closed', $at);
	finish($account, $cause);
	return booked($account, $id);
}

# ---- keys -----------------------------------------------------------------------------------------

sub create_api_key
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB204') if open_lock($account, 'closed');
	return refused('LB104') if defined $arg{expires_at} && $arg{expires_at} <= $at;
	push @{ $account->{keys} }, { key_id => @{ $account->{keys} } + 1, kind => $arg{kind}, created_at => $at,
		versions => [ { set_at => $at, name => $arg{name}, project => $arg{project} // '', expires_at => $arg{expires_at} } ] };
	$account->{booked_at} = $at;
	return { row => { key_id => scalar @{ $account->{keys} } } };
}

# R10: what is set counts from then on; an expiry that has passed is now. %arg has what is to change; an
# expiry of undef is none.
sub update_api_key
{
	my ($self, $account, $at, %arg) = @_;
	my $key = first { $_->{key_id} == $arg{key_id} } @{ $account->{keys} };
	my @faults = (!$key ? 'LB206' : defined $key->{deleted_at} ? 'LB213' : (), open_lock($account, 'closed') ? 'LB204' : ());
	return refused(@faults) if @faults;
	my $old = $key->{versions}[-1];
	my %new = (%$old, set_at => $at, map { $_ => $arg{$_} } grep { exists $arg{$_} } qw(name project expires_at));
	$new{expires_at} = defined $old->{expires_at} && $old->{expires_at} <= $at ? $old->{expires_at} : $at
	  if exists $arg{expires_at} && defined $arg{expires_at} && $arg{expires_at} <= $at;
	return { row => { result => 0 }, unmoved => 1 }
	  if !grep { ($new{$_} // '-') ne ($old->{$_} // '-') } qw(name project expires_at);
	push @{ $key->{versions} }, \%new;
	$account->{booked_at} = $at;
	return { row => { result => 1 } };
}

sub delete_api_key
{
	my ($self, $account, $at, %arg) = @_;
	my $key = first { $_->{key_id} == $arg{key_id} } @{ $account->{keys} };
	return refused('LB206') if !$key;
	return { row => { result => 0 }, unmoved => 1 } if defined $key->{deleted_at};
	$key->{deleted_at} = $account->{booked_at} = $at;
	return { row => { result => 1 } };
}

# ---- the gate -------------------------------------------------------------------------------------

# When the expiry that a key has was set, where it was set later than the key was made.
sub expiry_set_at
{
	my ($key) = @_;
	my @versions = @{ $key->{versions} };
	pop @versions while @versions > 1 && ($versions[-2]{expires_at} // '-') eq ($versions[-1]{expires_at} // '-');
	return @versions > 1 ? $versions[-1]{set_at} : 0;
}

# The gate for a key of that kind at an instant (R9, design 5): reason or undef. An expiry that was set by books ahead of the clock counts at once.
sub gate
{
	my ($self, $account, $key, $at) = @_;
	return 'key_deleted' if $key && defined $key->{deleted_at};
	return 'key_expired' if $key && defined $key->{versions}[-1]{expires_at} && $key->{versions}[-1]{expires_at} <= max($at, expiry_set_at($key));
	my $reason = lock_refusal(grep { !defined $_->{to} } @{ $account->{locks} });
	return $reason if $reason;
	return $self->plan_gate($account, $at) if $key && $key->{kind} eq 'plan';
	return undef if defined $self->{go_live_at} && $at < $self->{go_live_at};
	my $balance = balance($account, $at);
	return 'negative_balance' if $balance < 0;
	return 'zero_balance' if $balance == 0 && $self->{block_at_zero};
	return undef;
}

# The least top-up in whole 0.01 after which the balance lets a key call.
sub shortfall
{
	my ($self, $account, $reason, $at) = @_;
	return 0 if ($reason // '') !~ /_balance$/;
	my $balance = balance($account, $at);
	my $topup = 0;
	$topup = -floor_to_cent($balance) if $balance < 0;
	$topup += CENT if $balance + $topup == 0 && $self->{block_at_zero};
	return $topup;
}

1;
