# Charges that are undone.
package BillingModel::Oracle::Reversals;

use strict;
use warnings;

use List::Util qw(first sum0);

use BillingModel::Oracle::Accounts;
use BillingModel::Oracle::Books;

# What the event's slices give back: to which lots, beside what they lower of arrears.
sub returns
{
	my ($account, $event) = @_;
	my @returns;
	my $arrears = $account->{arrears};
	for my $slice (reverse @{ $event->{slices} })
	{
		my $lot_no = $account->{entries}[ $slice->{entry_no} - 1 ]{lot_no};
		push @returns, [ $lot_no, $slice->{amount} ] if defined $lot_no;
		next if defined $lot_no;
		my $left = $slice->{amount} - $event->{debt}{forgiven};
		my $owed = min($left, $arrears);
		$arrears -= $owed;
		$left -= $owed;
		for my $payment (reverse @{ $account->{arrears_payments} })
		{
			my $share = min($left, $payment->{left});
			$left -= $share;
			push @returns, [ $payment->{lot}{lot_no}, $share ] if $share;
		}
	}
	return ($arrears, @returns);
}

# A lot whose payment was taken back, and of that debt something was written off, is given nothing.
sub gives_back_forgiven
{
	my ($account, $event) = @_;
	my (undef, @returns) = returns($account, $event);
	my %forgiven = map { $_->{lot_no} => 1 } grep { $_->{debt} && $_->{debt}{forgiven} } @{ $account->{orders} };
	return grep { $forgiven{ $_->[0] } } @returns;
}

# Whether that is more than the account owes; what has expired does not stay.
sub leaves_credit
{
	my ($account, $event, $at) = @_;
	my ($arrears, @returns) = returns($account, $event);
	my %lot = map { $_->{lot_no} => $_ } @{ $account->{lots} };
	my @live = grep { !defined $lot{ $_->[0] }{expires_at} || $lot{ $_->[0] }{expires_at} > $at } @returns;
	return held($account, 'cash') + held($account, 'bonus', $at) + sum0(map { $_->[1] } @live) > $arrears;
}

# R23: slices latest first; what is owed, what was paid since, what the lots gave.
sub reverse_charge
{
	my ($self, $account, $at, %arg) = @_;
	my $event = first { $_->{request_id} eq $arg{request_id}
		&& (!defined $arg{occurred_at} || $_->{occurred_at} == $arg{occurred_at}) }
	  reverse @{ $account->{events} };
	return refused('LB305') if !$event;
	return refused('LB306') if $event->{status} ne 'charged';
	return refused('LB307') if $event->{reversed};

	return refused('LB510') if gives_back_forgiven($account, $event);
	return refused('LB204') if open_lock($account, 'closed') && leaves_credit($account, $event, $at);

	expire($account, $at);
	$event->{reversed} = ++$account->{reversals};
	my $cause = { source => 'reversal', source_id => $event->{reversed},
		occurred_at => $at, at => $at, undone => $event };
	my $shared = defined $event->{batch_offset} ? 'of a batch' : 'alone';
	for my $slice (reverse @{ $event->{slices} })
	{
		my $entry_no = $slice->{entry_no};
		my $lot_no = $account->{entries}[ $entry_no - 1 ]{lot_no};
		if (defined $lot_no)
		{
			my $lot = first { $_->{lot_no} == $lot_no } @{ $account->{lots} };
			transfer($account, 'revenue', $lot->{kind}, $slice->{amount}, $lot, $cause, $entry_no);
			$self->meet("undone $shared: $lot->{kind}");
			next;
		}
		my $left = $slice->{amount} - $event->{debt}{forgiven};
		my $owed = min($left, $account->{arrears});
		$self->meet("undone $shared: written off") if $event->{debt}{forgiven};
		$self->meet("undone $shared: owed") if $owed;
		$self->meet("undone $shared: paid since") if $left > $owed;
		transfer($account, 'revenue', 'arrears', $owed, undef, $cause, $entry_no);
		$left -= $owed;
		# Payments of this debt that went to others by an earlier undo may stand before it.
		for my $payment (reverse @{ $account->{arrears_payments} })
		{
			my $share = min($left, $payment->{left});
			$payment->{left} -= $share;
			$left -= $share;
			transfer($account, 'revenue', $payment->{lot}{kind}, $share, $payment->{lot}, $cause, $payment->{entry_no});
		}
		die "a debt was neither owed nor forgiven nor paid" if $left;
	}
	expire($account, $at);
	finish($account, $cause);
	return booked($account, $cause->{source_id});
}

1;
