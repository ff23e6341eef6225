# Charges that are undone.
package BillingModel::Oracle::Reversals;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first sum0);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Locks;

our @EXPORT = qw(stack_of undo_steps gives_back_forgiven undo);

# What is booked of an event, in the order in which it was charged: its slices, and what re-rating put on top of
# them, less what it gave back.
sub stack_of { my ($event) = @_; return $event->{stack} //= [ map { { %$_ } } @{ $event->{slices} } ] }

# Of the end of a debt: how much of it was written off, which stays. Parts of a debt are cleared from its
# beginning, and what is still owed is its end.
sub forgiven_of_end
{
	my ($debt, $amount) = @_;
	my $left = $amount - min($amount, $debt->{open});
	my $forgiven = 0;
	for my $part (reverse @{ $debt->{cleared} })
	{
		my $share = min($left, $part->{amount});
		$left -= $share;
		$forgiven += $share if $part->{forgiven};
	}
	return $forgiven;
}

# What undoing so much of an event comes to, slices latest first: what is owed, what was paid since, what the lots
# gave. Each step names the entry that it undoes, and who gets the amount: a lot, or where there is none the
# arrears; payment: the one that is given back.
sub undo_steps
{
	my ($account, $event, $amount) = @_;
	my $arrears = $account->{arrears};
	my (@steps, %returned);
	for my $slice (reverse @{ stack_of($event) })
	{
		my $share = min($amount, $slice->{amount});
		my $entry_no = $slice->{entry_no};
		my $lot_no = $account->{entries}[ $entry_no - 1 ]{lot_no};
		$amount -= $share;
		if (defined $lot_no)
		{
			my $lot = first { $_->{lot_no} == $lot_no } @{ $account->{lots} };
			push @steps, { lot => $lot, amount => $share, entry_no => $entry_no };
			next;
		}
		my $left = $share - forgiven_of_end($slice->{debt}, $share);
		my $owed = min($left, $arrears);
		push @steps, { amount => $owed, paid_since => $left - $owed, entry_no => $entry_no, debt => $slice->{debt} };
		$arrears -= $owed;
		$left -= $owed;
		# Payments of this debt that went to others by an earlier undo may stand before it.
		for my $payment (reverse @{ $account->{arrears_payments} })
		{
			my $paid = min($left, $payment->{left} - ($returned{$payment} // 0));
			$returned{$payment} += $paid;
			$left -= $paid;
			push @steps,
			  { lot => $payment->{lot}, amount => $paid, entry_no => $payment->{entry_no}, payment => $payment };
		}
		die "a debt was neither owed nor forgiven nor paid" if $left;
	}
	die "more is to be undone than is booked" if $amount;
	return grep { $_->{amount} || $_->{debt} } @steps;
}

# Takes the end off what is booked of an event; what was written off stays. Returns how much of that was met for
# the first time.
sub take_off
{
	my ($event, $amount) = @_;
	my $met = 0;
	for my $slice (reverse @{ stack_of($event) })
	{
		my $share = min($amount, $slice->{amount});
		$amount -= $share;
		$slice->{amount} -= $share;
		my $debt = $slice->{debt} or next;
		$share -= min($share, $debt->{open});
		for my $part (reverse @{ $debt->{cleared} })
		{
			my $some = min($share, $part->{amount});
			$share -= $some;
			if (!$part->{forgiven})
			{
				$part->{amount} -= $some;
				next;
			}
			$slice->{amount} += $some;
			$met += max(0, $some - $part->{met});
			$part->{met} = max($part->{met}, $some);
		}
	}
	return $met;
}

# Undoes so much of an event; returns what of it a write-off keeps that nothing was undone of before.
sub undo
{
	my ($account, $event, $amount, $cause, @steps) = @_;
	my $met = take_off($event, $amount);
	for my $step (@steps)
	{
		my $lot = $step->{lot};
		$step->{payment}{left} -= $step->{amount} if $step->{payment};
		transfer($account, 'revenue', $lot ? $lot->{kind} : 'arrears', $step->{amount}, $lot, { %$cause, undone => $step->{debt} }, $step->{entry_no});
	}
	return $met;
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
	$self->meet("undone $shared: written off") if $step->{debt}{forgiven};
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
	my $booked = sum0(map { $_->{amount} } @{ stack_of($event) });
	my @steps = undo_steps($account, $event, $booked);
	return refused('LB510') if gives_back_forgiven($account, @steps);
	return refused('LB204') if open_lock($account, 'closed') && leaves_credit($account, $at, @steps);

	expire($account, $at);
	@$event{qw(reversed reversed_at)} = (++$account->{reversals}, $at);
	my $cause = { source => 'reversal', source_id => $event->{reversed}, occurred_at => $at, at => $at };
	meet_step($self, $event, $_) for @steps;
	undo($account, $event, $booked, $cause, @steps);
	$event->{undone} = sum0(map { $_->{amount} } @steps);
	expire($account, $at);
	finish($account, $cause);
	return booked($account, $cause->{source_id});
}

1;
