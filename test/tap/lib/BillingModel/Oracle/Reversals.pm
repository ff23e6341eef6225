# Charges that are undone.
package BillingModel::Oracle::Reversals;

use strict;
use warnings;

use List::Util qw(first sum0);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Locks;

# What undoing an event comes to, slices latest first: what is owed, what was paid since, what the lots gave.
# Each step names the entry that it undoes, and who gets the amount: a lot, or where there is none the arrears;
# payment: the one that is given back.
sub steps
{
	my ($account, $event) = @_;
	my $arrears = $account->{arrears};
	my @steps;
	for my $slice (reverse @{ $event->{slices} })
	{
		my $entry_no = $slice->{entry_no};
		my $lot_no = $account->{entries}[ $entry_no - 1 ]{lot_no};
		if (defined $lot_no)
		{
			my $lot = first { $_->{lot_no} == $lot_no } @{ $account->{lots} };
			push @steps, { lot => $lot, amount => $slice->{amount}, entry_no => $entry_no };
			next;
		}
		my $left = $slice->{amount} - $event->{debt}{forgiven};
		my $owed = min($left, $arrears);
		push @steps, { amount => $owed, paid_since => $left - $owed, entry_no => $entry_no };
		$arrears -= $owed;
		$left -= $owed;
		# Payments of this debt that went to others by an earlier undo may stand before it.
		for my $payment (reverse @{ $account->{arrears_payments} })
		{
			my $share = min($left, $payment->{left});
			$left -= $share;
			push @steps,
			  { lot => $payment->{lot}, amount => $share, entry_no => $payment->{entry_no}, payment => $payment };
		}
		die "a debt was neither owed nor forgiven nor paid" if $left;
	}
	return grep { $_->{amount} || !$_->{payment} } @steps;
}

# A lot whose payment was taken back, and of that debt something was written off, is given nothing.
sub gives_back_forgiven
{
	my ($account, @steps) = @_;
	my %forgiven = map { $_->{lot_no} // 0 => 1 } grep { grep { $_->{forgiven} } @{ $_->{debts} } } @{ $account->{orders} };
	return grep { $_->{lot} && $forgiven{ $_->{lot}{lot_no} } } @steps;
}

# Whether that is more than the account owes; what has expired does not stay.
sub leaves_credit
{
	my ($account, $at, @steps) = @_;
	my @live = grep { $_->{lot} && (!defined $_->{lot}{expires_at} || $_->{lot}{expires_at} > $at) } @steps;
	my $owed = $account->{arrears} - sum0(map { $_->{amount} } grep { !$_->{lot} } @steps);
	return held($account, 'cash') + held($account, 'bonus', $at) + sum0(map { $_->{amount} } @live) > $owed;
}

# What of it is met, for the figures of the run.
sub meet_step
{
	my ($self, $event, $step) = @_;
	my $shared = defined $event->{batch_offset} ? 'of a batch' : 'alone';
	return if $step->{payment};
	return $self->meet("undone $shared: $step->{lot}{kind}") if $step->{lot};
	$self->meet("undone $shared: written off") if $event->{debt}{forgiven};
	$self->meet("undone $shared: owed") if $step->{amount};
	$self->meet("undone $shared: paid since") if $step->{paid_since};
	return;
}

# R23.
sub reverse_charge
{
	my ($self, $account, $at, %arg) = @_;
	my $event = first { $_->{request_id} eq $arg{request_id}
		&& (!defined $arg{occurred_at} || $_->{occurred_at} == $arg{occurred_at}) }
	  reverse @{ $account->{events} };
	return refused('LB305') if !$event;
	return refused('LB306') if $event->{status} ne 'charged';
	return refused('LB307') if $event->{reversed};
	my @steps = steps($account, $event);
	return refused('LB510') if gives_back_forgiven($account, @steps);
	return refused('LB204') if open_lock($account, 'closed') && leaves_credit($account, $at, @steps);

	expire($account, $at);
	$event->{reversed} = ++$account->{reversals};
	my $cause = { source => 'reversal', source_id => $event->{reversed},
		occurred_at => $at, at => $at, undone => $event };
	for my $step (@steps)
	{
		my $lot = $step->{lot};
		meet_step($self, $event, $step);
		$step->{payment}{left} -= $step->{amount} if $step->{payment};
		transfer($account, 'revenue', $lot ? $lot->{kind} : 'arrears', $step->{amount}, $lot, $cause, $step->{entry_no});
	}
	expire($account, $at);
	finish($account, $cause);
	return booked($account, $cause->{source_id});
}

1;
