# The oracle of the model-based test: what the books must hold, worked out a second time.
#
# Written from rules.md and books-and-states.md alone, not from the C code, and kept naive: every
# list is searched from end to end. Amounts are whole nano-units (10^-9 of the currency), instants
# whole microseconds since 1970; products of tokens and prices are Math::BigInt.
#
# A call here is given the booking instant that the database used (at), checks what may be refused
# first and then books. It returns { errors => [...] } with every SQLSTATE that may be raised, or
# what the database must return.
package BillingModel;

use strict;
use warnings;

use List::Util qw(first sum0);
use Math::BigInt;

use constant {
	NANO => 1_000_000_000,
	CENT => 10_000_000,
	MAX_NANO => 999_999_999_999_999_999,
	DAY => 86_400_000_000,
	TOKENS_MAX => 200_000_000,
	IDENTIFIER_BYTES_MAX => 200,
	MODEL_BYTES_MAX => 200,
};

sub new
{
	my ($class) = @_;
	return bless {
		accounts => {},
		prices => [],
		block_at_zero => 0,
		go_live_at => undef,
		future_tolerance => 5 * 60 * 1_000_000,
		dedupe_window => 35 * DAY,
		inbox => [],
		set_aside => [],
		met => {},
	}, $class;
}

# Not List::Util's, which compare as doubles: two amounts near the end of the range seem equal to them.
sub min { my ($one, $other) = @_; return $one < $other ? $one : $other; }
sub max { my ($one, $other) = @_; return $one > $other ? $one : $other; }

sub account { return $_[0]{accounts}{ $_[1] } }
sub accounts { return map { $_[0]{accounts}{$_} } sort { $a <=> $b } keys %{ $_[0]{accounts} } }
sub refused { return { errors => [@_] } }
sub meet { my ($self, $what) = @_; $self->{met}{$what}++; return; }    # for the test to see what a run met

sub add_account
{
	my ($self, $id, $region, $at) = @_;
	return $self->{accounts}{$id} = {
		id => $id, region => $region, currency => $region eq 'cn' ? 'CNY' : 'USD',
		created_at => $at, booked_at => $at, arrears => 0,
		keys => [], lots => [], entries => [], events => [], orders => [], locks => [],
		debts => [], arrears_payments => [], calls => {}, reversals => 0, take_backs => 0,
	};
}

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

sub cumulative_topup
{
	my ($account) = @_;
	return sum0(map { $_->{amount} } grep { !$_->{reversed} } @{ $account->{orders} });
}

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

# The earliest expiry of a lot that holds something.
sub next_expiry
{
	my ($account) = @_;
	my @at = sort { $a <=> $b }
	  map { $_->{expires_at} } grep { $_->{remaining} > 0 && defined $_->{expires_at} } @{ $account->{lots} };
	return $at[0];
}

# ---- the one way to book (B&S 2, 3) ---------------------------------------------------------------

# $cause: source, source_id, occurred_at, at; undoes where an earlier entry is given back.
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
		die "lot out of its bounds" if $lot->{remaining} < 0 || $lot->{remaining} > $lot->{amount};
	}
	die "negative arrears" if $account->{arrears} < 0;

	my $entry = {
		entry_no => @{ $account->{entries} } + 1, debit => $debit, credit => $credit, amount => $amount,
		lot_no => $lot ? $lot->{lot_no} : undef,
		source => $cause->{source}, source_id => $cause->{source_id},
		occurred_at => $cause->{occurred_at}, recorded_at => $cause->{at},
		gateway => ($debit eq 'gateway' || $credit eq 'gateway') ? 'offline' : undef,
		request_id => $cause->{request_id}, undoes => $undoes,
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
			my $debt = { open => $amount, forgiven => 0 };
			push @$debts, $debt;
			$event->{debt} = $debt if $event;
		}
		return;
	}
	return if $entry->{credit} ne 'arrears';

	push @{ $account->{arrears_payments} }, { lot => $lot, left => $entry->{amount}, entry_no => $entry->{entry_no} }
	  if $lot;
	my $left = $entry->{amount};
	for my $debt (defined $entry->{undoes} ? $cause->{undone}{debt} : (), @$debts)
	{
		my $share = min($left, $debt->{open});
		$debt->{open} -= $share;
		$debt->{forgiven} += $share if $entry->{debit} eq 'write_off';
		$left -= $share;
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
		my $entry_no = transfer($account, $lot ? $lot->{kind} : 'arrears', 'revenue', sum0(map { $_->[1] } @$shares), $lot, { %$cause, shares => $shares });
		push @{ $_->[0]{slices} }, { entry_no => $entry_no, amount => $_->[1] } for @$shares;
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

# ---- operators' calls -----------------------------------------------------------------------------

sub grant_bonus
{
	my ($self, $account, $at, %arg) = @_;
	my @errors;
	push @errors, 'LB104' if defined $arg{expires_at} && $arg{expires_at} <= $at;
	push @errors, 'LB204' if open_lock($account, 'closed');
	push @errors, 'LB502' if held($account, 'bonus', $at) + $arg{amount} > MAX_NANO;
	return refused(@errors) if @errors;

	expire($account, $at);
	my $cause = { source => 'grant', occurred_at => $at, at => $at };
	my $lot_no = add_lot($account, 'bonus', $arg{amount}, $arg{expires_at}, 'promotion', $cause);
	finish($account, $cause);
	return booked($account, $lot_no, $lot_no);
}

# B&S 2.2, pair 9: what is left of a granted lot.
sub withdraw_bonus
{
	my ($self, $account, $at, %arg) = @_;
	my $lot = first { $_->{lot_no} == $arg{lot_no} } @{ $account->{lots} };
	return refused('LB503') if !$lot || $lot->{source} ne 'grant';
	return refused('LB504') if !$lot->{remaining} || (defined $lot->{expires_at} && $lot->{expires_at} <= $at);

	expire($account, $at);
	my $cause = { source => 'grant', source_id => $lot->{lot_no}, occurred_at => $at, at => $at };
	transfer($account, 'bonus', 'promotion', $lot->{remaining}, $lot, $cause);
	finish($account, $cause);
	return booked($account, $lot->{lot_no}, $lot->{lot_no});
}

sub adjust
{
	my ($self, $account, $at, %arg) = @_;
	my $amount = $arg{amount};
	my $lot_no;
	return refused('LB104') if $amount == 0 || (defined $arg{expires_at} && ($amount < 0 || $arg{expires_at} <= $at));
	return refused('LB204') if $amount > 0 && open_lock($account, 'closed');
	return refused('LB502') if $amount < 0 && take_overflows($account, -$amount, $at);

	expire($account, $at);
	my $id = @{ $account->{entries} } + 1;
	my $cause = { source => 'adjustment', source_id => $id, occurred_at => $at, at => $at };
	if ($amount < 0)
	{
		take($account, -$amount, 'adjustment', $cause);
	}
	else
	{
		$lot_no = add_lot($account, 'bonus', $amount, $arg{expires_at}, 'adjustment', $cause);
	}
	finish($account, $cause);
	return booked($account, $id, $lot_no);
}

sub write_off
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB505') if $arg{amount} > $account->{arrears};
	expire($account, $at);
	my $id = @{ $account->{entries} } + 1;
	my $cause = { source => 'write_off', source_id => $id, occurred_at => $at, at => $at };
	transfer($account, 'write_off', 'arrears', $arg{amount}, undef, $cause);
	finish($account, $cause);
	return booked($account, $id);
}

# R2, R6; B&S 4.10: nothing is credited that was paid after a lock that is still in force.
sub record_offline_payment
{
	my ($self, $account, $at, %arg) = @_;
	my $paid_at = $arg{paid_at} // $at;
	my @errors;
	push @errors, 'LB501' if defined $arg{currency} && $arg{currency} ne $account->{currency};
	push @errors, 'LB104' if $paid_at > $at + $self->{future_tolerance};
	push @errors, 'LB509' if open_lock($account, 'closed')
	  || grep { open_lock($account, $_->{lock}) } locks_at($account, $paid_at);
	push @errors, 'LB508' if grep { $_->{reference} eq $arg{reference} && !$_->{reversed} } @{ $account->{orders} };
	return refused(@errors) if @errors;

	expire($account, $at);
	my $order = { order_id => @{ $account->{orders} } + 1, amount => $arg{amount}, reference => $arg{reference} };
	push @{ $account->{orders} }, $order;
	my $cause = { source => 'payment', source_id => $order->{order_id}, occurred_at => $paid_at, at => $at };
	$order->{lot_no} = add_lot($account, 'cash', $arg{amount}, undef, 'gateway', $cause, $order->{order_id});
	finish($account, $cause);
	return booked($account, $order->{order_id}, $order->{lot_no});
}

# R22, B&S 3 "take-back": what the lot still has, the rest as arrears, which other credit pays.
sub reverse_offline_payment
{
	my ($self, $account, $at, %arg) = @_;
	my $order = first { $_->{order_id} == $arg{order_id} } @{ $account->{orders} };
	return refused('LB506') if !$order;
	return refused('LB507') if $order->{reversed};
	my $lot = first { $_->{lot_no} == $order->{lot_no} } @{ $account->{lots} };
	return refused('LB502') if $account->{arrears} + $order->{amount} - $lot->{remaining} > MAX_NANO;

	expire($account, $at);
	my $cause = { source => 'take_back', source_id => ++$account->{take_backs}, occurred_at => $at, at => $at };
	my $from_lot = min($lot->{remaining}, $order->{amount});
	$order->{reversed} = 1;
	transfer($account, 'cash', 'gateway', $from_lot, $lot, $cause);
	transfer($account, 'arrears', 'gateway', $order->{amount} - $from_lot, undef, $cause);
	finish($account, $cause);
	return booked($account, $cause->{source_id}, $lot->{lot_no});
}

# B&S 3 "account closed".
sub close_account
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB205')
	  if (grep { !defined $_->{to} } @{ $account->{locks} })
	  || $account->{arrears} > 0
	  || held($account, 'cash') >= CENT
	  || (grep { $_->{status} eq 'unpriced' } @{ $account->{events} })
	  || grep { defined $_->{account_id} && $_->{account_id} == $account->{id} } @{ $self->{inbox} };

	expire($account, $at);
	my $id = @{ $account->{entries} } + 1;
	my $cause = { source => 'closing', source_id => $id, occurred_at => $at, at => $at };
	transfer($account, $_->{kind}, 'breakage', $_->{remaining}, $_, $cause) for lots_in_order($account);
	push @{ $account->{locks} }, { lock => 'closed', from => $at };
	finish($account, $cause);
	return booked($account, $id);
}

# R23: slices latest first; what is owed, what was paid since, what the lots gave.
sub reverse_charge
{
	my ($self, $account, $at, %arg) = @_;
	my $event = first { $_->{request_id} eq $arg{request_id} && (!defined $arg{occurred_at} || $_->{occurred_at} == $arg{occurred_at}) }
	  reverse @{ $account->{events} };
	return refused('LB305') if !$event;
	return refused('LB306') if $event->{status} ne 'charged';
	return refused('LB307') if $event->{reversed};

	expire($account, $at);
	$event->{reversed} = ++$account->{reversals};
	my $cause = { source => 'reversal', source_id => $event->{reversed}, occurred_at => $at, at => $at, undone => $event };
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

sub lock_account
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB207') if $arg{lock} eq 'refund' || $arg{lock} eq 'closed';
	return refused('LB108') if $arg{lock} !~ /^(operator|dispute)$/;
	my $open = open_lock($account, $arg{lock});
	return { row => { result => 0 }, unmoved => 1 } if $arg{sets} ? $open : !$open;
	if ($arg{sets})
	{
		push @{ $account->{locks} }, { lock => $arg{lock}, from => $at };
	}
	else
	{
		$open->{to} = $at;
	}
	$account->{booked_at} = $at;
	return { row => { result => 1 } };
}

sub create_api_key
{
	my ($self, $account, $at, %arg) = @_;
	return refused('LB204') if open_lock($account, 'closed');
	push @{ $account->{keys} }, { key_id => @{ $account->{keys} } + 1, kind => $arg{kind}, name => $arg{name} };
	$account->{booked_at} = $at;
	return { row => { key_id => scalar @{ $account->{keys} } } };
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

# ---- prices (R20) ---------------------------------------------------------------------------------

sub find_price
{
	my ($prices, $currency, $model, $tokens, $occurred_at) = @_;
	my $prompt = $tokens->{input} + $tokens->{cache_read} + $tokens->{cache_write};
	my @found = sort { $b->{over} <=> $a->{over} || $b->{from} <=> $a->{from} }
	  grep {
		     $_->{currency} eq $currency
		  && $_->{model} eq $model
		  && ($_->{over} == 0 || $prompt > $_->{over})
		  && $_->{from} <= $occurred_at
	  } @$prices;
	return $found[0];
}

# Exact, rounded once, half up, to nano-units.
sub rate
{
	my ($price, $tokens) = @_;
	my $sum = Math::BigInt->bzero;
	$sum += Math::BigInt->new($tokens->{$_}) * Math::BigInt->new($price->{$_}) for qw(input output cache_read cache_write);
	return ($sum + 500_000)->bdiv(1_000_000)->numify;
}

sub same_price
{
	my ($one, $other) = @_;
	return !grep { $one->{$_} != $other->{$_} } qw(input output cache_read cache_write);
}

# The row that stands there already, or undef.
sub price_at_key
{
	my ($self, $new) = @_;
	return first { $_->{currency} eq $new->{currency} && $_->{model} eq $new->{model} && $_->{over} == $new->{over} && $_->{from} == $new->{from} }
	  @{ $self->{prices} };
}

# Whether a booked charge would have had another price with that row.
sub is_backdated
{
	my ($self, $new) = @_;
	for my $account ($self->accounts)
	{
		next if $account->{currency} ne $new->{currency};
		for my $event (@{ $account->{events} })
		{
			next if $event->{status} ne 'charged' || $event->{model} ne $new->{model} || $event->{occurred_at} < $new->{from};
			my $price = find_price([ $event->{price}, $new ], $new->{currency}, $event->{model}, $event->{tokens}, $event->{occurred_at});
			return 1 if $price == $new;
		}
	}
	return 0;
}

sub newest_charge
{
	my ($self, $currency) = @_;
	my @at = sort { $b <=> $a }
	  map { map { $_->{occurred_at} } grep { $_->{status} eq 'charged' } @{ $_->{events} } }
	  grep { $_->{currency} eq $currency } $self->accounts;
	return $at[0] // 0;
}

# ---- usage (B&S 4.11) -----------------------------------------------------------------------------

sub same_payload
{
	my ($one, $other) = @_;
	return $one->{key_id} == $other->{key_id} && $one->{model} eq $other->{model}
	  && !grep { $one->{tokens}{$_} != $other->{tokens}{$_} } qw(input output cache_read cache_write);
}

# The row that a request_id counts as, by receipt or, where it was stamped ahead, by its stamp.
sub recorded
{
	my ($self, $account, $request_id, $at) = @_;
	return first { $_->{request_id} eq $request_id && max($_->{recorded_at}, $_->{occurred_at}) >= $at - $self->{dedupe_window} }
	  reverse @{ $account->{events} };
}

my @lock_order = qw(closed operator dispute refund);
my %lock_reason = (closed => 'account_closed', map { $_ => "locked_$_" } qw(operator dispute refund));

sub lock_refusal
{
	my (@locks) = @_;
	my $lock = first { my $name = $_; grep { $_->{lock} eq $name } @locks } @lock_order;
	return $lock && $lock_reason{$lock};
}

sub rejection
{
	my ($account, $key, $occurred_at) = @_;
	return 'key_deleted' if defined $key->{deleted_at} && $key->{deleted_at} <= $occurred_at;
	return lock_refusal(locks_at($account, $occurred_at)) // ($key->{kind} eq 'plan' ? 'no_plan' : undef);
}

# Why an event cannot be recorded: its key, its stamp.
sub event_faults
{
	my ($self, $account, $at, $event) = @_;
	my @faults;
	push @faults, 'LB206' if !grep { $_->{key_id} == $event->{key_id} } @{ $account->{keys} };
	push @faults, 'LB301' if $event->{occurred_at} > $at + $self->{future_tolerance};
	push @faults, 'LB302' if $event->{occurred_at} < $account->{created_at};
	push @faults, 'LB303' if $event->{occurred_at} < $at - $self->{dedupe_window};
	return @faults;
}

# What becomes of an event that can be recorded, given what its batch took already; its price, where
# it is to be charged.
sub decide
{
	my ($self, $account, $at, $event, $taken) = @_;
	my $key = first { $_->{key_id} == $event->{key_id} } @{ $account->{keys} };
	my $reason = rejection($account, $key, $event->{occurred_at});
	my $price = find_price($self->{prices}, $account->{currency}, $event->{model}, $event->{tokens}, $event->{occurred_at});

	if ($reason) { @$event{qw(status reason settled_at)} = ('rejected', $reason, $at); }
	elsif (defined $self->{go_live_at} && $event->{occurred_at} < $self->{go_live_at}) { @$event{qw(status reason charge settled_at)} = ('free', 'before_go_live', 0, $at); }
	elsif (!$price) { @$event{qw(status reason)} = ('unpriced', 'no_price'); }
	elsif (take_overflows($account, rate($price, $event->{tokens}), $at, $taken)) { @$event{qw(status reason)} = ('unpriced', 'arrears_limit'); }
	else { return $price; }
	return undef;
}

sub set_charged
{
	my ($event, $price, $at) = @_;
	@$event{qw(status reason price charge settled_at)} = ('charged', undef, $price, rate($price, $event->{tokens}), $at);
	return;
}

# One charge on its own.
sub book_charge
{
	my ($account, $event, $price, $at) = @_;
	set_charged($event, $price, $at);
	my $first = @{ $account->{entries} } + 1;
	take_charges($account, [$event], usage_cause($event, $at));
	$event->{entry_count} = @{ $account->{entries} } + 1 - $first;
	$event->{first_entry_no} = $first if $event->{entry_count};
	return;
}

sub usage_cause
{
	my ($event, $at) = @_;
	return { source => 'charge', request_id => $event->{request_id}, occurred_at => $event->{occurred_at}, at => $at };
}

sub charge_row
{
	my ($event, $status, $balance) = @_;
	return { status => $status, charge => $event->{charge}, reason => $event->{reason}, balance => $balance };
}

sub charge
{
	my ($self, $account, $at, %arg) = @_;
	my $event = { %arg, occurred_at => $arg{occurred_at} // $at, recorded_at => $at, entry_count => 0 };
	my $stored = $self->recorded($account, $arg{request_id}, $at);
	if ($stored)
	{
		return refused('LB304') if !same_payload($stored, $event);
		return { row => charge_row($stored, 'duplicate', balance($account, $at)), unmoved => 1 };
	}
	my @errors = $self->event_faults($account, $at, $event);
	return refused(@errors) if @errors;

	expire($account, $at);
	my $price = $self->decide($account, $at, $event);
	book_charge($account, $event, $price, $at) if $price;
	push @{ $account->{events} }, $event;
	finish($account, usage_cause($event, $at));
	return { row => charge_row($event, $event->{status}, balance($account)) };
}

# What settle() would charge of an account's unpriced usage, in the order of R7.
sub settleable
{
	my ($self, $account) = @_;
	return sort { $a->{occurred_at} <=> $b->{occurred_at} || $a->{request_id} cmp $b->{request_id} }
	  grep { $_->{status} eq 'unpriced' && find_price($self->{prices}, $account->{currency}, $_->{model}, $_->{tokens}, $_->{occurred_at}) }
	  @{ $account->{events} };
}

# Books the first $max of them that the account can owe; returns how many it booked.
sub settle_account
{
	my ($self, $account, $at, $max) = @_;
	my $booked = 0;

	expire($account, $at);
	for my $event ($self->settleable($account))
	{
		last if $booked == $max;
		my $price = find_price($self->{prices}, $account->{currency}, $event->{model}, $event->{tokens}, $event->{occurred_at});
		next if take_overflows($account, rate($price, $event->{tokens}), $at);
		book_charge($account, $event, $price, $at);
		$booked++;
	}
	$account->{booked_at} = $at;
	return $booked;
}

# ---- metered usage --------------------------------------------------------------------------------

# What is wrong with a row whoever's it is: pairs of a SQLSTATE and what its message must name. Any
# of them may be given as the reason.
sub shape_faults
{
	my ($row) = @_;
	my @faults = map { [ 'LB101', $_ ] } grep { !defined $row->{$_} } qw(account_id key_id request_id model);
	my %longest = (request_id => IDENTIFIER_BYTES_MAX, model => MODEL_BYTES_MAX);

	for my $column (grep { defined $row->{$_} } qw(request_id model))
	{
		utf8::encode(my $bytes = $row->{$column});
		push @faults, [ 'LB102', $column ] if $bytes !~ /[^ \t\r\n]/;
		push @faults, [ 'LB103', $column ] if length $bytes > $longest{$column};
	}
	for my $class (qw(input output cache_read cache_write))
	{
		my $tokens = $row->{tokens}{$class};
		push @faults, [ 'LB101', "${class}_tokens" ] if !defined $tokens;
		push @faults, [ 'LB104', "${class}_tokens" ] if defined $tokens && ($tokens < 0 || $tokens > TOKENS_MAX);
	}
	push @faults, [ 'LB105', 'occurred_at' ] if ($row->{occurred_at} // '') =~ /infinity/;
	return @faults;
}

# What a message about an event must name.
sub named
{
	my ($row, @faults) = @_;
	return map { [ $_, $_ eq 'LB206' ? $row->{key_id} : $row->{request_id} ] } @faults;
}

# Takes rows, as they stand in the inbox, and makes of them what they are. $instants has the booking
# instant of each account with rows among them. Returns those that are set aside, with their faults.
sub settle_rows
{
	my ($self, $rows, $instants) = @_;
	my (@aside, %of);

	for my $row (@$rows)
	{
		my @faults = shape_faults($row);
		my $account = defined $row->{account_id} ? $self->account($row->{account_id}) : undef;
		push @faults, [ 'LB201', $row->{account_id} ] if !$account && defined $row->{account_id};
		if (@faults) { push @aside, { row => $row, faults => \@faults }; }
		else { push @{ $of{ $account->{id} } }, $row; }
	}
	push @aside, $self->settle_batch($self->account($_), $instants->{$_}, $of{$_}) for sort { $a <=> $b } keys %of;
	push @{ $self->{set_aside} }, @aside;
	return @aside;
}

# Of the events of one account, in their order, those that count; the others are pushed to @$aside.
sub recordable
{
	my ($self, $account, $at, $events, $aside) = @_;
	my @new;

	for my $event (@$events)
	{
		my $in_batch = first { $_->{request_id} eq $event->{request_id} } @new;
		my $known = $in_batch // $self->recorded($account, $event->{request_id}, $at);
		if ($known && same_payload($known, $event))
		{
			$self->meet($in_batch ? 'settled: duplicate in its batch' : 'settled: duplicate');
			next;
		}
		my @faults = $known ? 'LB304' : $self->event_faults($account, $at, $event);
		if (@faults) { push @$aside, { row => $event->{row}, faults => [ named($event->{row}, @faults) ], at => $at }; }
		else { push @new, $event; }
	}
	return @new;
}

# What one settle() books of one account: all charges as one sum (design 8, B&S 1.3).
sub settle_batch
{
	my ($self, $account, $at, $rows) = @_;
	my (@aside, @charged);
	my $sum = 0;
	my $place = 0;
	# R7; of two alike the one that stood first in the inbox.
	my @events = sort { $a->{occurred_at} <=> $b->{occurred_at} || $a->{request_id} cmp $b->{request_id} || $a->{place} <=> $b->{place} }
	  map { { key_id => $_->{key_id}, request_id => $_->{request_id}, model => $_->{model}, tokens => $_->{tokens},
			occurred_at => $_->{occurred_at} // $at, recorded_at => $at, entry_count => 0, row => $_, place => $place++ } } @$rows;
	my @new = $self->recordable($account, $at, \@events, \@aside);
	return @aside if !@new;

	expire($account, $at);
	push @{ $account->{events} }, @new;
	for my $event (@new)
	{
		my $price = $self->decide($account, $at, $event, $sum);
		if ($price)
		{
			set_charged($event, $price, $at);
			push @charged, $event if $event->{charge};
			$event->{batch_offset} = $sum if $event->{charge};
			$sum += $event->{charge};
		}
		$event->{slices} = [];
		$self->meet('settled: ' . ($event->{reason} // $event->{status}));
	}
	my $first = @{ $account->{entries} } + 1;
	my $cause = { source => 'settlement', source_id => $first, occurred_at => @charged ? $charged[-1]{occurred_at} : $at, at => $at };
	take_charges($account, \@charged, $cause);
	@$_{qw(first_entry_no entry_count)} = ($first, @{ $account->{entries} } + 1 - $first) for @charged;
	$self->meet('settled: several events over several entries') if @charged > 2 && @{ $account->{entries} } > $first;
	finish($account, $cause);
	return @aside;
}

# ---- readers --------------------------------------------------------------------------------------

sub floor_to_cent
{
	my ($nano) = @_;
	my $fraction = $nano % CENT;    # never negative in Perl
	return $nano - $fraction;
}

# The gate for a key of that kind at an instant (R9, design 5): reason or undef.
sub gate
{
	my ($self, $account, $key, $at) = @_;
	return 'key_deleted' if $key && defined $key->{deleted_at};
	my $reason = lock_refusal(grep { !defined $_->{to} } @{ $account->{locks} });
	return $reason if $reason;
	return 'no_plan' if $key && $key->{kind} eq 'plan';
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

# What an account held at an instant, from its entries alone.
sub held_at
{
	my ($account, $at) = @_;
	my %held = (cash => 0, bonus => 0, arrears => 0);
	for my $entry (grep { $_->{recorded_at} <= $at } @{ $account->{entries} })
	{
		my $lot = defined $entry->{lot_no} ? $account->{lots}[ $entry->{lot_no} - 1 ] : undef;
		my $expired = $lot && defined $lot->{expires_at} && $lot->{expires_at} <= $at;
		$held{cash} += $entry->{amount} if $entry->{credit} eq 'cash';
		$held{cash} -= $entry->{amount} if $entry->{debit} eq 'cash';
		$held{bonus} += $entry->{amount} if $entry->{credit} eq 'bonus' && !$expired;
		$held{bonus} -= $entry->{amount} if $entry->{debit} eq 'bonus' && !$expired;
		$held{arrears} += $entry->{amount} if $entry->{debit} eq 'arrears';
		$held{arrears} -= $entry->{amount} if $entry->{credit} eq 'arrears';
	}
	return \%held;
}

# The lines of a statement, with running sums.
sub statement
{
	my ($account, $from, $to) = @_;
	my %held = (cash => 0, bonus => 0, arrears => 0);
	my @lines;
	for my $entry (@{ $account->{entries} })
	{
		my $before = $held{cash} + $held{bonus} - $held{arrears};
		for my $book (qw(cash bonus))
		{
			$held{$book} += $entry->{amount} if $entry->{credit} eq $book;
			$held{$book} -= $entry->{amount} if $entry->{debit} eq $book;
		}
		$held{arrears} += $entry->{amount} if $entry->{debit} eq 'arrears';
		$held{arrears} -= $entry->{amount} if $entry->{credit} eq 'arrears';
		next if (defined $from && $entry->{recorded_at} < $from) || (defined $to && $entry->{recorded_at} >= $to);
		push @lines, { %$entry, %held, before => $before, after => $held{cash} + $held{bonus} - $held{arrears} };
	}
	return @lines;
}

1;
