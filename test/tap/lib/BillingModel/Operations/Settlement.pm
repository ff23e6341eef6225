# The inbox is settled: of its beginning, beside a held account, within a transaction, at the edges.
package BillingModel::Operations::Settlement;

use strict;
use warnings;

use POSIX qw(floor);
use Time::HiRes;
use Time::Local qw(timegm);

use BillingModel::Call;
use BillingModel::Compare;
use BillingModel::Operations::Metering;
use BillingModel::Operations::System;
use BillingModel::Operations::Usage;
use BillingModel::Oracle::Books;
use BillingModel::Oracle::Corrections;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Prices;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 5, \&settle ],
		[ 0.5, \&settle_at_once ],
		[ 0.5, \&settle_at_edges ],
		[ 0.12, \&settle_at_month_edge ],
		[ 0.5, \&settle_to_the_end_of_a_lot ],
	);
}

sub outcomes
{
	return (
		'settle: done', 'settle: beside a held account',
		(map { "settled: $_" } 'charged', 'duplicate', 'duplicate in its batch',
			'key_deleted', 'key_expired', 'no_price', 'meter_unlisted',
			'before_go_live', 'several events over several entries'),
		(map { "set aside: LB$_" } 101 .. 105, 201, 206, 301 .. 304, 313),
	);
}

my %error_names = (
	LB101 => 'null_argument', LB102 => 'text_empty', LB103 => 'text_too_long', LB104 => 'out_of_range',
	LB105 => 'not_finite', LB201 => 'account_unknown', LB206 => 'key_unknown', LB301 => 'usage_in_future',
	LB302 => 'usage_before_account', LB303 => 'usage_too_old', LB304 => 'request_conflict',
	LB309 => 'usage_before_key', LB313 => 'usage_meters', LB315 => 'charge_too_large');

# An account with rows in the inbox, behind another one's, that settle() need not wait for.
sub account_to_hold
{
	my (@rows) = @_;
	my %of = map { $_->{account_id} => 1 } grep { defined $_->{account_id} && $model->account($_->{account_id}) } @rows;
	my (undef, @behind) = sort { $a <=> $b } keys %of;
	my @free = grep { my @events = $model->settleable($_); !@events } map { $model->account($_) } @behind;
	return @free ? pick(@free) : undef;
}

# ---- what is set aside ----------------------------------------------------------------------------

my $aside_sql = "$inbox_select, sqlstate, reason, detail, ctid::text AS place, " . us('set_aside_at') . ' AS set_aside_at
	FROM billing_books.usage_set_aside WHERE set_aside_at >= ?';
my %aside_seen;     # by place

# Finds for each row that the oracle sets aside the one that the database did.
sub compare_new_aside
{
	my ($got, @expected) = @_;
	my %of;
	push @{ $of{ inbox_text(@$_{@inbox_columns}) } }, $_ for @$got;
	for my $aside (@expected)
	{
		my $text = inbox_text(row_values($aside->{row}));
		my $rows = $of{$text} // [];
		my $fits = sub
		{
			my ($row) = @_;
			return grep { $row->{sqlstate} eq $_->[0] && index($row->{detail}, $_->[1]) >= 0 } @{ $aside->{faults} };
		};
		my ($match) = grep { $fits->($_) } @$rows;
		mismatch('set aside', join("\n", map { row_text($_) } @$rows ? @$rows : @$got),
			"$text with one of " . join(', ', map { "@$_" } @{ $aside->{faults} })) if !$match;
		mismatch('set_aside_at', $match->{set_aside_at}, $aside->{at})
		  if defined $aside->{at} && $match->{set_aside_at} != $aside->{at};
		@$rows = grep { $_ != $match } @$rows;
		$aside->{sqlstate} = $match->{sqlstate};
		same('reason', $match->{reason}, $error_names{ $match->{sqlstate} });
		$count{"set aside: $match->{sqlstate}"}++;
	}
	return same('set aside', join("\n", map { map { row_text($_) } @$_ } values %of), '');
}

# All that was ever set aside; what is new was found to be right when it was.
sub audit
{
	return same('usage_set_aside',
		join("\n", sort map { inbox_text(@$_{ @inbox_columns, 'sqlstate' }) }
			  rows("$inbox_select, sqlstate FROM billing_books.usage_set_aside")),
		join("\n", sort map { inbox_text(row_values($_->{row}), $_->{sqlstate}) } @{ $model->{set_aside} }));
}

# ---- settling -------------------------------------------------------------------------------------

my $recorded_sql = 'SELECT account_id, ' . us('max(recorded_at)') . ' AS recorded_at
	FROM billing_books.usage_event WHERE recorded_at >= ? GROUP BY account_id';

# The booking instants of a settlement, by account: told by what it recorded or set aside; where it
# did neither, any will do.
sub booking_instants
{
	my ($accounts, $aside, $before, $after) = @_;
	my %at = map { $_->{id} => max($before, $_->{booked_at}) } @$accounts;
	for my $row (grep { $_->{sqlstate} =~ /^LB(206|30|315)/ } @$aside)
	{
		$at{ $row->{account_id} } = $row->{set_aside_at};
	}
	for my $row (rows($recorded_sql, instant_text($before - 1)))
	{
		my $account = $model->account($row->{account_id});
		$at{ $account->{id} } = $row->{recorded_at} if $row->{recorded_at} >= $account->{booked_at};
	}
	for my $account (@$accounts)
	{
		my ($least, $most) = map { max($_, $account->{booked_at}) } $before - 1, $after + 1;
		my $at = $at{ $account->{id} };
		mismatch("booking instant of account $account->{id}", $at, "$least to $most") if $at < $least || $at > $most;
	}
	return \%at;
}

# Calls settle() for at most that many rows; the inbox is taken in the order in which its rows stand.
sub settle_some
{
	my ($max, $hold) = @_;
	my $left = $max // 10_000;
	my @texts = inbox_texts();
	my %waiting;
	compare_inbox(@texts);
	push @{ $waiting{ inbox_text(row_values($_)) } }, $_ for @{ $model->{inbox} };
	my @rows = map { shift @{ $waiting{$_} } } @texts;
	my @first = @rows[ 0 .. min($left, scalar @rows) - 1 ];
	my $held = $hold ? account_to_hold(@first) : undef;
	my $is_held = sub { return $held && ($_[0]{account_id} // 0) == $held->{id} };
	my @taken = grep { !$is_held->($_) } @first;
	my %touched = map { $_->{account_id} => 1 }
	  grep { defined $_->{account_id} && $model->account($_->{account_id}) } @taken;
	my @accounts = map { $model->account($_) } sort { $a <=> $b } keys %touched;
	my %seen = map { $_->{id} => scalar @{ $_->{entries} } } $model->accounts;

	if ($held)
	{
		$other_dbh->begin_work;
		$other_dbh->do('SELECT FROM billing_books.account WHERE account_id = ? FOR UPDATE', undef, $held->{id});
		$count{'settle: beside a held account'}++;
	}
	my $before = now_us();
	my $row = plain('settle', 'SELECT settle AS result FROM billing.settle(?)', [$max]);
	my $after = now_us();
	$other_dbh->rollback if $held;

	my @aside = grep { !$aside_seen{ $_->{place} }++ } rows($aside_sql, instant_text($before - 1));
	my $instants = booking_instants(\@accounts, \@aside, $before, $after);
	my %taken = map { $_ => 1 } @taken;
	$model->{inbox} = [ grep { !$taken{$_} } @{ $model->{inbox} } ];
	compare_new_aside(\@aside, $model->settle_rows(\@taken, $instants));
	compare_inbox(inbox_texts());
	my $settled = @taken + settle_unpriced($left - @taken, \%touched);
	same('settle', $row->{result}, $settled);
	compare_account($model->account($_), $seen{$_}) for sort { $a <=> $b } keys %touched;
	return $settled;
}

# What of one settle() is usage that waited for a price; notes the accounts.
sub settle_unpriced
{
	my ($left, $touched) = @_;
	my $settled = 0;
	for my $account (grep { my @events = $model->settleable($_); @events > 0 } $model->accounts)
	{
		last if $settled >= $left;
		my $booked_at = stored_booked_at($account);
		$settled += $model->settle_account($account, $booked_at, $left - $settled);
		$touched->{ $account->{id} } = 1;
	}
	return $settled;
}

sub settle
{
	settle_some(chance(0.35) ? between(1, 12) : undef, chance(0.2));
	$late_model++ if chance(0.15);
	return;
}

# Metered and settled within one transaction, at any isolation level.
sub settle_at_once
{
	$dbh->begin_work;
	$dbh->do('SET TRANSACTION ISOLATION LEVEL ' . pick('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'));
	insert_rows(some_rows(between(1, 6)));
	settle_some();
	$dbh->commit;
	$count{'settled at once'}++;
	return;
}

sub settle_all
{
	do { settle_some(pick(3, 50, undef)) } while @{ $model->{inbox} };
	return;
}

# A batch whose events end where lots do: what is left of a lot is made what an event costs.
sub settle_to_the_end_of_a_lot
{
	my @callable = grep { grep { key_works($_) && $_->{kind} eq 'payg' } @{ $_->{keys} } } $model->accounts;
	my @open = grep { (grep { $_->{remaining} } @{ $_->{lots} }) > 1 } @callable;
	my $account = @open ? pick(@open) : return;
	settle_all();
	my $at = max(now_us(), $account->{created_at});
	my @rows = map { { %{ metered($account, $at + $_) }, model => 'flat' } } 0 .. between(1, 4);
	my ($lot) = grep { $_->{remaining} && !(defined $_->{expires_at} && $_->{expires_at} < $at + seconds(5)) }
	  lots_in_order($account);
	my $price = as_corrected(find_price($model->{prices}, $account->{currency}, 'flat', $rows[0]{tokens}, $at,
		lists_at($account, $at)), $at);
	return if !$price || !covers($price, $rows[0]{tokens});
	my $spare = $lot ? $lot->{remaining} - rate($price, $rows[0]{tokens}) : 0;
	return if $spare <= 0;
	my $key = new_key();
	booking($account, 'adjust', 'adjust(?, ?, ?)', $key, [ amount_text(-$spare), $key ], amount => -$spare);
	put_rows(@rows);
	settle_some();
	my %metered = map { $_->{request_id} => 1 } @rows;
	my @events = grep { $metered{ $_->{request_id} } && $_->{status} eq 'charged' } @{ $account->{events} };
	$count{'settled to the end of a lot'}++ if @events && @{ $events[0]{slices} } == 1 && !$lot->{remaining};
	compare_explained($account, $_, undef) for @events;
	return;
}

# ---- at the edges ---------------------------------------------------------------------------------

# A request and a window that ends at its receipt, or a microsecond beside it.
sub window_that_ends
{
	my ($account, $at) = @_;
	my %newest = map { $_->{request_id} => $_ } @{ $account->{events} };
	my $age = sub { return $at - max(@{ $_[0] }{qw(recorded_at occurred_at)}) };
	my @old = grep { $age->($_) > seconds(86_400) && $age->($_) < seconds(56 * 86_400) }
	  map { $newest{$_} } sort keys %newest;
	my @ahead = grep { $_->{occurred_at} > $_->{recorded_at} } @old;
	my $old = @ahead && chance(0.5) ? pick(@ahead) : @old ? pick(@old) : return (undef, $model->{dedupe_window});
	return ($old, $age->($old) + pick(-1, 0, 1));
}

# Exactly at the edges, and a microsecond beside them: a clock behind the account's last booking makes
# the booking instant known beforehand.
sub settle_at_edges
{
	my $account = some_account();
	my $key = new_key();
	settle_all();
	booking($account, 'grant_bonus', 'grant_bonus(?, ?, ?)', $key, [ '0.01', $key ], amount => 10_000_000);
	return if open_lock($account, 'closed');
	my $at = $account->{booked_at};
	my $beside = sub { return pick(-1, 0, 1) };
	my ($old, $window) = window_that_ends($account, $at);
	set_window($window);
	$offset_s -= between(3, 30);
	set_clock();
	my @edges = (($at + $model->{future_tolerance}) x 2, ($at - $model->{dedupe_window}) x 2,
		$account->{created_at}, $at, map { grep { defined } @$_{qw(from to)} } @{ $account->{locks} });
	my @rows = map { metered($account, $_) } map { $_ + $beside->() } @edges;
	push @rows, metered($account, undef);
	my $again = $old && { account_id => $account->{id}, %$old{qw(key_id request_id model tokens)}, occurred_at => $at };
	$again->{tokens} = other_output($old->{tokens}) if $old && chance(0.7);
	put_rows(@rows, $old ? $again : ());
	settle_some();
	set_window(seconds(86_400 * pick(35, 35, 20, 56)));
	return if !$old;
	# Where both have been recorded, and are in the window again, the newest row of the id decides.
	$count{'settled at the edge of the window'}++;
	run_operation(charge_operation($account, %$again{qw(key_id request_id model tokens)}, occurred_at => undef));
	put_rows({%$again});
	settle_some();
	return;
}

# The first instant of the month after that one.
sub month_end
{
	my ($us) = @_;
	my (undef, undef, undef, undef, $month, $year) = gmtime floor($us / 1_000_000);
	return seconds(timegm(0, 0, 0, 1, ($month + 1) % 12, 1900 + $year + ($month == 11)));
}

# Settles while a month ends, and with it a partition of usage_event; then the same requests once more.
sub settle_at_month_edge
{
	my $some = sub { my $account = some_account(); return map { metered($account, undef) } 1 .. between(1, 4) };
	my @rows = map { $some->() } 1 .. between(2, 5);
	put_rows(@rows);
	my $ahead = month_end(now_us()) - now_us();
	$offset_s += floor($ahead / 1_000_000);
	# The rest of the second, less what a call takes.
	my $rest = $ahead % 1_000_000 - between(0, 4000);
	Time::HiRes::usleep($rest) if $rest > 0;
	set_clock();
	settle_some(between(1, 6)) while @{ $model->{inbox} };
	put_rows(map { { %$_, tokens => { %{ $_->{tokens} } } } } @rows);
	settle_some();
	$count{'settled at the edge of a month'}++;
	return;
}

1;
