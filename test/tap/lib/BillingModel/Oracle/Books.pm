# What an account holds, and the one way to book.
package BillingModel::Oracle::Books;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first sum0);

our @EXPORT = qw(CENT MAX_NANO DAY min max refused
  lots_in_order held balance next_expiry floor_to_cent
  transfer expire finish take take_charges take_overflows leaves_bounds add_lot booked);

use constant {
	CENT => 10_000_000,
	MAX_NANO => 999_999_999_999_999_999,
	BALANCE_MAX => 500_000_000_000_000_000,
	DAY => 86_400_000_000,
};

# Not List::Util's, which compare as doubles: two amounts near the end of the range seem equal to them.
sub min { my ($one, $other) = @_; return $one < $other ? $one : $other; }
sub max { my ($one, $other) = @_; return $one > $other ? $one : $other; }

sub refused { return { errors => [@_] } }

# ---- what an account holds ------------------------------------------------------------------------

# R7: bonus before cash, soonest expiry first (none is last), then oldest first.
sub lots_in_order
{
	my ($account) = @_;
	return sort {
		($a->{kind} cmp $b->{kind})
		  || (($a->{expires_at} // 9e18) <=> ($b->{expires_at} // 9e18))
		  || ($a->{lot_no} <=> $b->{lot_no})
	} @{ $account->{lots} };
}

# What a book holds; with an instant, without what has expired by then (R19).
sub held
{
	my ($account, $kind, $at) = @_;
	return sum0(map { $_->{remaining} }
		  grep { $_->{kind} eq $kind && !(defined $at && defined $_->{expires_at} && $_->{expires_at} <= $at) }
		  @{ $account->{lots} });
}

sub balance
{
	my ($account, $at) = @_;
	return held($account, 'cash', $at) + held($account, 'bonus', $at) - $account->{arrears};
}

# The earliest expiry of a lot that holds something.
sub next_expiry
{
	my ($account) = @_;
	my @at = sort { $a <=> $b }
	  map { $_->{expires_at} } grep { $_->{remaining} > 0 && defined $_->{expires_at} } @{ $account->{lots} };
	return $at[0];
}

sub floor_to_cent
{
	my ($nano) = @_;
	my $fraction = $nano % CENT;    # never negative in Perl
	return $nano - $fraction;
}

# ---- the one way to book (B&S 2, 3) ---------------------------------------------------------------

# $cause: source, source_id, occurred_at, at; gateway where it is not the bank; undoes where an earlier
# entry is given back.
sub transfer
{
	my ($account, $debit, $credit, $amount, $lot, $cause, $undoes) = @_;
	return if $amount == 0;
	die "negative transfer $debit/$credit $amount" if $amount < 0;

	for my $side ([ $debit, -1 ], [ $credit, +1 ])
	{
		my ($book, $sign) = @$side;
		$account->{arrears} -= $sign * $amount if $book eq 'arrears';
		next if $book ne 'cash' && $book ne 'bonus';
		die "lot of the wrong kind" if $lot->{kind} ne $book;
		$lot->{remaining} += $sign * $amount;
		die "lot out of its bounds" if $lot->{remaining} < 0 || $lot->{remaining} > $lot->{amount} + ($lot->{undone} // 0);
	}
	die "negative arrears" if $account->{arrears} < 0;

	my $entry = {
		entry_no => @{ $account->{entries} } + 1, debit => $debit, credit => $credit, amount => $amount,
		lot_no => $lot ? $lot->{lot_no} : undef,
		source => $cause->{source}, source_id => $cause->{source_id},
		occurred_at => $cause->{occurred_at}, recorded_at => $cause->{at},
		gateway => ($debit eq 'gateway' || $credit eq 'gateway') ? $cause->{gateway} // 'offline' : undef,
		request_id => $cause->{request_id}, undoes => $undoes, subscription_no => $cause->{subscription_no},
	};
	push @{ $account->{entries} }, $entry;
	follow_arrears($account, $entry, $lot, $cause);
	return $entry->{entry_no};
}

# Whose debt a transfer makes or clears: each event of a batch has its own. Debts are cleared oldest
# first, but undoing a charge clears its own debt before others'. What a write-off cleared of a debt
# is remembered as forgiven (R23).
sub follow_arrears
{
	my ($account, $entry, $lot, $cause) = @_;
	my $debts = $account->{debts};

	if ($entry->{debit} eq 'arrears')
	{
		for my $share (@{ $cause->{shares} // [ [ undef, $entry->{amount} ] ] })
		{
			my ($event, $amount) = @$share;
			my $debt = { open => $amount, forgiven => 0, cleared => [] };
			push @$debts, $debt;
			$event->{debt} = $debt if $event;
			push @{ $cause->{order}{debts} }, $debt if $cause->{order};
		}
		return;
	}
	return if $entry->{credit} ne 'arrears';

	push @{ $account->{arrears_payments} }, { lot => $lot, left => $entry->{amount}, entry_no => $entry->{entry_no} }
	  if $lot;
	my $left = $entry->{amount};
	for my $debt ($cause->{undone} // (), @$debts)
	{
		my $share = min($left, $debt->{open});
		$debt->{open} -= $share;
		$left -= $share;
		next if !$share || ($cause->{undone} && $cause->{undone} == $debt);
		my $is_forgiven = $entry->{debit} eq 'write_off' ? 1 : 0;
		push @{ $debt->{cleared} }, { amount => $share, forgiven => $is_forgiven, met => 0 };
		$debt->{forgiven} += $share if $is_forgiven;
	}
	die "arrears cleared that nobody owes" if $left;
	shift @$debts while @$debts && !$debts->[0]{open};
	return;
}

# B&S 1.3, first rule.
sub expire
{
	my ($account, $at) = @_;
	for my $lot (lots_in_order($account))
	{
		next if !defined $lot->{expires_at} || $lot->{expires_at} > $at;
		transfer($account, 'bonus', 'breakage', $lot->{remaining}, $lot,
			{ source => 'lot', source_id => $lot->{lot_no}, occurred_at => $lot->{expires_at}, at => $at });
	}
	return;
}

# B&S 1.3, second rule, and the end of every booking.
sub finish
{
	my ($account, $cause) = @_;
	for my $lot (lots_in_order($account))
	{
		transfer($account, $lot->{kind}, 'arrears', min($lot->{remaining}, $account->{arrears}), $lot, $cause);
	}
	$account->{booked_at} = $cause->{at};
	return;
}

# R7 and R8: from the lots in order, the rest becomes arrears.
sub take
{
	my ($account, $amount, $book, $cause) = @_;
	my $left = $amount;

	for my $lot (lots_in_order($account))
	{
		my $share = min($left, $lot->{remaining});
		transfer($account, $lot->{kind}, $book, $share, $lot, $cause);
		$left -= $share;
	}
	transfer($account, 'arrears', $book, $left, undef, $cause);
	return;
}

# The same for charges that are booked together: each takes what those before it left, in the order
# of R7, and what they took of one lot, or left as arrears, is one entry. An event's slices are its
# shares of these entries.
sub take_charges
{
	my ($account, $events, $cause) = @_;
	my @lots = lots_in_order($account);
	my %left = map { $_->{lot_no} => $_->{remaining} } @lots;
	my %shares;

	for my $event (@$events)
	{
		my $missing = $event->{charge};
		$event->{slices} = [];
		for my $lot (@lots)
		{
			my $share = min($missing, $left{ $lot->{lot_no} });
			next if !$share;
			push @{ $shares{ $lot->{lot_no} } }, [ $event, $share ];
			$left{ $lot->{lot_no} } -= $share;
			$missing -= $share;
		}
		push @{ $shares{none} }, [ $event, $missing ] if $missing;
	}
	for my $lot (@lots, undef)
	{
		my $shares = $shares{ $lot ? $lot->{lot_no} : 'none' } or next;
		my $sum = sum0(map { $_->[1] } @$shares);
		my $entry_no = transfer($account, $lot ? $lot->{kind} : 'arrears', 'revenue', $sum, $lot,
			{ %$cause, shares => $shares });
		push @{ $_->[0]{slices} }, { entry_no => $entry_no, amount => $_->[1], debt => $lot ? undef : $_->[0]{debt} } for @$shares;
	}
	return;
}

# Whether taking that much would leave the range of the books; in a batch after what it took so far,
# which is an amount, too: the event's offset.
sub take_overflows
{
	my ($account, $amount, $at, $taken) = @_;
	$taken //= 0;
	return $amount > MAX_NANO || $taken > MAX_NANO
	  || $account->{arrears} + $taken + $amount - held($account, 'cash') - held($account, 'bonus', $at) > MAX_NANO;
}

# Whether credit would raise the balance, or an operator's debit lower it, further than the books let them.
sub leaves_bounds
{
	my ($account, $amount, $at) = @_;
	my $balance = held($account, 'cash') + held($account, 'bonus', $at) - $account->{arrears};
	return $amount > 0 ? $balance > BALANCE_MAX - $amount : $balance + $amount < -(BALANCE_MAX);
}

sub add_lot
{
	my ($account, $kind, $amount, $expires_at, $debit, $cause, $order_id) = @_;
	my $lot = {
		lot_no => @{ $account->{lots} } + 1, kind => $kind, amount => $amount, remaining => 0,
		expires_at => $expires_at, order_id => $order_id, source => $cause->{source},
	};
	push @{ $account->{lots} }, $lot;
	$cause->{source_id} //= $lot->{lot_no};
	transfer($account, $debit, $kind, $amount, $lot, $cause);
	return $lot->{lot_no};
}

# The row that an operator's booking returns.
sub booked
{
	my ($account, $id, $lot_no) = @_;
	return {
		row => {
			status => 'booked', id => $id, lot_no => $lot_no,
			entry_no => scalar @{ $account->{entries} }, balance => balance($account),
		}
	};
}

1;
