# Thousands of random operations, each compared with an independent oracle (lib/BillingModel.pm):
# what the call returned or refused, the account, its lots and its new ledger entries, what is left
# in the inbox and what was set aside; now and then every statement, balances of the past, all usage,
# and verify(). The clock moves forward, but for small steps back.
#
# Whatever fails ends with the command that repeats it: BILLING_SEED repeats a run's choices,
# BILLING_OPERATIONS sets how many, BILLING_START (seconds since 1970) the instant at which its clock
# starts, since a month's end lies where it lies.
use strict;
use warnings;

use List::Util qw(max min);
use POSIX qw(floor strftime);
use Test::More;
use Time::HiRes;
use Time::Local qw(timegm);

use BillingModel;
use BillingTest;

my $seed = $ENV{BILLING_SEED} // time % 1_000_000;
my $operations = $ENV{BILLING_OPERATIONS} // 4000;
my $now = time;
my $start = $ENV{BILLING_START} // $now;
my $offset_s = $start - $now;
my $repeat = "to repeat: BILLING_SEED=$seed BILLING_OPERATIONS=$operations BILLING_START=$start TESTS=tap TAP_FILES=010_model.pl make test";
my $accounts_max = 14;
my $huge_account = 99;
my $audit_every = 200;
srand($seed);
note($repeat);
END { diag($repeat) if $? || !Test::More->builder->is_passing }

my $node = billing_node('model', conf => [ 'fsync = off', 'autovacuum = off', 'log_statement = none', "billing.clock_offset = $offset_s" ]);
my $dbh = connect_dbi($node);
my $other_dbh = connect_dbi($node);    # to hold an account's lock
$dbh->do("SET timezone = 'UTC'");

my $model = BillingModel->new;
my $step = 0;
my $serial = 0;
my $late_model = 1;
my %key_text;       # "account key" -> the key's text
my %count;          # how often each outcome occurred
my @trail;          # the last operations, for the report

# ---- values ---------------------------------------------------------------------------------------

sub pick { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }
sub between { my ($low, $high) = @_; return $low + int rand($high - $low + 1) }
sub spread { my ($high) = @_; return int exp rand log($high + 1) }    # small ones as often as large ones
sub now_us { return int(Time::HiRes::time() * 1_000_000) + $offset_s * 1_000_000 }
sub seconds { return $_[0] * 1_000_000 }

sub instant_text
{
	my ($us) = @_;
	return $us if !defined $us || $us =~ /infinity/;
	my $s = floor($us / 1_000_000);
	return strftime('%Y-%m-%d %H:%M:%S', gmtime $s) . sprintf('.%06d+00', $us - $s * 1_000_000);
}

sub nano
{
	my ($text) = @_;
	return undef if !defined $text;
	my ($sign, $whole, $decimals) = $text =~ /^(-?)(\d+)(?:\.(\d+))?$/ or die "no amount: $text";
	my $digits = substr(($decimals // '') . '0' x 9, 0, 9);
	return ($sign ? -1 : 1) * ($whole * 1_000_000_000 + $digits);
}

sub amount_text
{
	my ($nano) = @_;
	return undef if !defined $nano;
	use integer;    # near the end of the range a double rounds up
	my $size = $nano < 0 ? -$nano : $nano;
	return sprintf('%s%d.%09d', $nano < 0 ? '-' : '', $size / 1_000_000_000, $size % 1_000_000_000);
}

sub shown { return join ' ', map { $_ // '-' } @_ }

# ---- comparing ------------------------------------------------------------------------------------

sub mismatch
{
	my ($what, $got, $expected) = @_;
	fail("seed $seed, operation $step: $what");
	my $report = "database: $got\noracle:   $expected\nthe last operations:\n" . join("\n", @trail);
	utf8::encode($report);
	diag($report);
	done_testing();
	exit 1;
}

sub same
{
	my ($what, $got, $expected) = @_;
	return if $got eq $expected;
	my @got = split /\n/, $got;
	my @expected = split /\n/, $expected;
	# Of long lists, only from the first line that differs.
	while (@got && @expected && $got[0] eq $expected[0]) { shift @got; shift @expected; }
	return mismatch($what, join("\n          ", @got[ 0 .. min(9, $#got) ]), join("\n          ", @expected[ 0 .. min(9, $#expected) ]));
}

sub us { my ($column) = @_; return "(extract(epoch FROM $column) * 1000000)::bigint" }

sub rows
{
	my ($sql, @args) = @_;
	return @{ $dbh->selectall_arrayref($dbh->prepare_cached($sql), { Slice => {} }, @args) };
}

my $account_sql = 'SELECT a.last_entry_no, ' . us('a.last_booked_at') . ' AS booked_at, ' . us('a.next_expiry_at') . ' AS next_expiry_at,
	a.cash AS booked_cash, a.bonus AS booked_bonus, a.arrears AS booked_arrears, b.*, ' . us('statement_timestamp()') . ' AS read_at
	FROM billing.account AS a, billing.balance(a.account_id) AS b WHERE a.account_id = ?';
my $lots_sql = 'SELECT lot_no, kind, amount, remaining, ' . us('expires_at') . ' AS expires_at, order_id
	FROM billing.lot WHERE account_id = ? ORDER BY lot_no';
my $entries_sql = 'SELECT entry_no, debit, credit, amount, lot_no, source_type, CASE WHEN source_type <> \'charge\' THEN source_id END AS source_id, '
  . us('occurred_at') . ' AS occurred_at, ' . us('recorded_at') . ' AS recorded_at, gateway, undoes_entry_no
	FROM billing.ledger_entry WHERE account_id = ? AND entry_no > ? ORDER BY entry_no';

sub compare_account
{
	my ($account, $entries_seen) = @_;
	my ($row) = rows($account_sql, $account->{id});
	my $read_at = $row->{read_at} + seconds($offset_s);
	my $balance = BillingModel::balance($account, $read_at);
	my $reason = $model->gate($account, undef, $read_at);

	same("account $account->{id}",
		shown(@$row{qw(last_entry_no booked_at next_expiry_at)}, map { nano($row->{$_}) } qw(booked_cash booked_bonus booked_arrears)),
		shown(scalar @{ $account->{entries} }, $account->{booked_at}, BillingModel::next_expiry($account),
			BillingModel::held($account, 'cash'), BillingModel::held($account, 'bonus'), $account->{arrears}));
	same("balance($account->{id})",
		shown($row->{currency}, (map { nano($row->{$_}) } qw(cash bonus arrears balance balance_shown total_topup)), $row->{callable}, $row->{reason}),
		shown($account->{currency}, BillingModel::held($account, 'cash', $read_at), BillingModel::held($account, 'bonus', $read_at),
			$account->{arrears}, $balance, BillingModel::floor_to_cent($balance), BillingModel::cumulative_topup($account),
			$reason ? 0 : 1, $reason));
	same("lots of account $account->{id}",
		join("\n", map { shown(@$_{qw(lot_no kind)}, nano($_->{amount}), nano($_->{remaining}), @$_{qw(expires_at order_id)}) } rows($lots_sql, $account->{id})),
		join("\n", map { shown(@$_{qw(lot_no kind amount remaining expires_at order_id)}) } @{ $account->{lots} }));
	my @entries = @{ $account->{entries} };
	same("new entries of account $account->{id}",
		join("\n", map { shown(@$_{qw(entry_no debit credit)}, nano($_->{amount}), @$_{qw(lot_no source_type source_id occurred_at recorded_at gateway undoes_entry_no)}) }
			  rows($entries_sql, $account->{id}, $entries_seen)),
		join("\n", map { shown(@$_{qw(entry_no debit credit amount lot_no source source_id occurred_at recorded_at gateway undoes)}) }
			  @entries[ $entries_seen .. $#entries ]));
	return;
}

my $statement_sql = 'SELECT entry_no, debit, credit, amount, lot_no, source_type, source, balance_before, balance_after, cash, bonus, arrears
	FROM billing.statement(?, ?, ?)';
my $usage_sql = 'SELECT request_id, key_id, status, reason, charge, price_id, first_entry_no, entry_count, batch_offset, ' . us('occurred_at') . ' AS occurred_at, ' . us('recorded_at') . ' AS recorded_at, '
  . us('settled_at') . ' AS settled_at FROM billing.usage_event WHERE account_id = ? ORDER BY recorded_at, request_id COLLATE "C"';

sub compare_statement
{
	my ($account, $from, $to) = @_;
	same("statement($account->{id}, " . shown($from, $to) . ')',
		join("\n", map { shown(@$_{qw(entry_no debit credit)}, nano($_->{amount}), @$_{qw(lot_no source_type source)}, map { nano($_) } @$_{qw(balance_before balance_after cash bonus arrears)}) }
			  rows($statement_sql, $account->{id}, instant_text($from), instant_text($to))),
		join("\n", map { shown(@$_{qw(entry_no debit credit amount lot_no source)}, $_->{source} eq 'charge' ? $_->{request_id} : $_->{source_id}, @$_{qw(before after cash bonus arrears)}) }
			  BillingModel::statement($account, $from, $to)));
	return;
}

# Everything of every account, and the database's own judgement.
sub audit
{
	for my $account ($model->accounts)
	{
		my @instants = map { $_->{recorded_at} } @{ $account->{entries} };
		my @expiries = grep { defined && $_ < now_us() } map { $_->{expires_at} } @{ $account->{lots} };
		my $some = sub { return pick(@instants, @expiries, $account->{created_at}) + pick(-1, 0, 1) };

		compare_account($account, 0);
		compare_statement($account);
		compare_statement($account, (sort { $a <=> $b } $some->(), $some->())[ 0, 1 ]);
		for my $at ($some->(), $some->(), $some->(), $account->{created_at} - 1)
		{
			my ($row) = rows('SELECT cash, bonus, arrears, balance FROM billing.balance_at(?, ?)', $account->{id}, instant_text($at));
			my $held = BillingModel::held_at($account, $at);
			same("balance_at($account->{id}, $at)", shown(map { nano($row->{$_}) } qw(cash bonus arrears balance)),
				shown(@$held{qw(cash bonus arrears)}, $held->{cash} + $held->{bonus} - $held->{arrears}));
		}
		same("usage of account $account->{id}",
			join("\n", map { shown(@$_{qw(request_id key_id status reason)}, nano($_->{charge}), @$_{qw(price_id occurred_at recorded_at settled_at first_entry_no entry_count)}, nano($_->{batch_offset})) } rows($usage_sql, $account->{id})),
			join("\n", map { shown(@$_{qw(request_id key_id status reason charge)}, $_->{price} ? $_->{price}{price_id} : undef, @$_{qw(occurred_at recorded_at settled_at first_entry_no entry_count batch_offset)}) }
				  sort { $a->{recorded_at} <=> $b->{recorded_at} || $a->{request_id} cmp $b->{request_id} } @{ $account->{events} }));
	}
	compare_set_aside();
	same('verify()', join("\n", map { shown(@$_{qw(check_name account_id detail)}) } rows('SELECT * FROM billing.verify()')), '');
	return;
}

# ---- running one operation ------------------------------------------------------------------------

my %amounts = map { $_ => 1 } qw(balance charge);

sub row_text
{
	my ($row) = @_;
	return shown(map { "$_=" . ($row->{$_} // '-') } sort keys %$row);
}

# Calls SQL; returns the row, or undef with the SQLSTATE.
sub call
{
	my ($sql, @args) = @_;
	my $row = eval { (rows($sql, @args))[0] };
	return ($row, undef) if $row;
	my $state = $dbh->state;
	# An error that is not ours is a finding, too, and its text says what it is.
	return (undef, $state =~ /^LB/ ? $state : "$state " . ($dbh->errstr // $@));
}

# $op: name, account, sql, args; predict => sub ($at); or replay => the row that was returned before,
# or conflict => the SQLSTATE of a key or request that is taken.
sub run_operation
{
	my ($op) = @_;
	my $account = $op->{account};
	my $entries_seen = @{ $account->{entries} };
	push @trail, sprintf('%d %s %s', $step, $op->{name}, shown($account->{id}, @{ $op->{args} }));
	shift @trail if @trail > 40;

	my $before = now_us();
	my ($row, $state) = call($op->{sql}, @{ $op->{args} });
	my $after = now_us();
	my ($booked) = rows('SELECT ' . us('last_booked_at') . ' AS at FROM billing.account WHERE account_id = ?', $account->{id});
	my $moved = $booked->{at} != $account->{booked_at};
	my $at = $moved ? $booked->{at} : max($after, $account->{booked_at});

	mismatch('booking instant', $at, "$before to $after") if $moved && ($at < $before - 1 || $at > max($after, $account->{booked_at}) + 1);
	my $expected = $op->{replay} ? { stored => $op->{replay} } : $op->{conflict} ? { errors => [ $op->{conflict} ] } : $op->{predict}->($at);
	my $outcome = "$op->{name}: " . ($state // $row->{status} // 'done');
	$trail[-1] .= '  -> ' . ($state // row_text($row));
	$count{$outcome}++;

	if ($expected->{errors})
	{
		mismatch($op->{name}, $state // row_text($row), "refused with @{ $expected->{errors} }")
		  if !$state || !grep { $_ eq $state } @{ $expected->{errors} };
	}
	elsif ($state)
	{
		mismatch($op->{name}, $state, $expected->{stored} ? 'the same row again' : row_text($expected->{row}));
	}
	elsif ($expected->{stored})
	{
		same("$op->{name} again", row_text($row), row_text($expected->{stored}));
	}
	else
	{
		compare_result($op, $account, $row, $expected, $before);
		$account->{calls}{ $op->{key} } = { %$op, row => $row } if defined $op->{key};
	}
	compare_account($account, $entries_seen);
	return $row;
}

sub compare_result
{
	my ($op, $account, $row, $expected, $before) = @_;
	my %got = map { $_ => $amounts{$_} ? nano($row->{$_}) : $row->{$_} } grep { exists $expected->{row}{$_} } keys %$row;

	# A lot may expire between our two looks at the clock.
	$expected->{row}{balance} = $got{balance}
	  if $expected->{unmoved} && defined $got{balance} && $got{balance} == BillingModel::balance($account, $before);
	return same($op->{name}, row_text(\%got), row_text($expected->{row}));
}

# ---- operations -----------------------------------------------------------------------------------

sub some_account { return pick($model->accounts) }
sub new_key { return 'key ' . ++$serial }

sub money { return spread(pick(2000, 20_000)) * 10_000_000 }    # whole 0.01
sub fraction { return spread(20_000_000_000) }    # nano-units

# Some of an amount, which may be more than a double can tell.
sub part_of
{
	my ($nano) = @_;
	my $share = int rand 1_000_000;
	use integer;
	return 1 + ($nano < 1_000_000 ? $nano * $share / 1_000_000 : $nano / 1_000_000 * $share);
}

sub tokens
{
	my %tokens = (input => spread(1_000_000), output => spread(300_000), cache_read => 0, cache_write => 0);
	$tokens{cache_read} = spread(500_000) if chance(0.4);
	$tokens{cache_write} = spread(100_000) if chance(0.2);
	# A prompt exactly at a tier, or one above it (R20: exceeds).
	@tokens{qw(input cache_read cache_write)} = (pick(1000, 50_000, 400_000) + pick(0, 1) - 500, 300, 200) if chance(0.15);
	@tokens{qw(input cache_read cache_write)} = (0, 0, 0) if chance(0.02);
	return \%tokens;
}

# The same but for the output, which stays within its bound.
sub other_output
{
	my ($tokens) = @_;
	return { %$tokens, output => $tokens->{output} ? $tokens->{output} - 1 : 1 };
}

# When a request began: now, lately, long ago, exactly at something that decides, or where it may not.
sub some_occurred_at
{
	my ($account, $is_metered) = @_;
	my $now = now_us();
	my $kind = rand;
	my $at;

	return undef if $kind < 0.35;
	if ($kind < 0.6) { $at = $now - between(0, seconds(3600)); }
	elsif ($kind < 0.72) { $at = $now - int rand(35.5 * 86_400_000_000); }
	elsif ($kind < 0.75) { $at = $now + between(0, seconds(pick(280, 4000))); }
	elsif ($kind < 0.76) { $at = $account->{created_at} - between(0, seconds(10)); }
	else
	{
		my @decisive = grep { defined } $account->{created_at}, $model->{go_live_at},
		  (map { ($_->{from}, $_->{to}) } @{ $account->{locks} }),
		  (map { $_->{deleted_at} } @{ $account->{keys} }),
		  (map { $_->{from} } grep { $_->{from} > $now - 40 * 86_400_000_000 } @{ $model->{prices} });
		# Of what is long past, only some: its usage is too old.
		my @recent = grep { $_ > $now - $model->{dedupe_window} } @decisive;
		$at = (@recent && chance(0.9) ? pick(@recent) : pick(@decisive)) + pick(-1, 0, 0, 1);
	}
	# Not where the few milliseconds until the booking would decide; a settlement tells its instant.
	for my $edge ($is_metered ? () : ($now + $model->{future_tolerance}, $now - $model->{dedupe_window}))
	{
		return undef if abs($at - $edge) < seconds(10);
	}
	return max($at, $account->{created_at}) if $at < $account->{created_at} && chance(0.8);
	return $at;
}

my $charge_sql = 'SELECT * FROM billing.charge(?, ?, ?, ?, ?, ?, ?, ?, ?)';

sub charge_operation
{
	my ($account, %event) = @_;
	return {
		name => 'charge', account => $account, sql => $charge_sql,
		args => [ $account->{id}, @event{qw(key_id request_id model)}, @{ $event{tokens} }{qw(input output cache_read cache_write)}, instant_text($event{occurred_at}) ],
		predict => sub { return $model->charge($account, $_[0], %event) },
	};
}

sub charge
{
	my $account = some_account();
	my @keys = @{ $account->{keys} };
	my %event = (
		key_id => !@keys || chance(0.01) ? 99 : pick(@keys)->{key_id},
		request_id => 'request ' . ++$serial,
		model => pick('flat', 'flat', 'tier', 'tier', map { "late $_" } $late_model, max(1, $late_model - 1)),
		tokens => tokens(), occurred_at => some_occurred_at($account),
	);
	# A key that works, mostly.
	my @alive = grep { !defined $_->{deleted_at} && $_->{kind} eq 'payg' } @keys;
	$event{key_id} = pick(@alive)->{key_id} if @alive && chance(0.9);
	$event{model} = 'nowhere' if $account->{id} == 1 && chance(0.05);
	return run_operation(charge_operation($account, %event));
}

# Something to repeat: any, a late one, or one whose id has been recorded twice.
sub some_event
{
	my (@events) = @_;
	my %rows_of;
	$rows_of{ $_->{request_id} }++ for @events;
	my @twice = grep { $rows_of{ $_->{request_id} } > 1 } @events;
	return pick(@twice) if @twice && chance(0.3);
	return chance(0.5) ? pick(@events) : $events[ -1 - int rand min(20, scalar @events) ];
}

# A request that is recorded or waits in the inbox once more: within the window a duplicate, or a conflict; after it, a new one.
sub charge_again
{
	my $account = some_account();
	my @events = @{ $account->{events} } or return;
	my @waiting = grep { ($_->{account_id} // 0) == $account->{id} && !BillingModel::shape_faults($_) } @{ $model->{inbox} };
	my $event = @waiting && chance(0.3) ? { %{ pick(@waiting) }, recorded_at => 0 } : some_event(@events);
	my %again = (%$event{qw(key_id request_id model tokens)}, occurred_at => chance(0.5) ? $event->{occurred_at} : undef);
	return if defined $again{occurred_at} && abs($again{occurred_at} - now_us() + $model->{dedupe_window}) < seconds(10);
	return if abs(max($event->{recorded_at}, $event->{occurred_at} // 0) - now_us() + $model->{dedupe_window}) < seconds(10);
	if (chance(0.3))
	{
		my $what = pick(qw(model tokens));
		$again{model} = 'another' if $what eq 'model';
		$again{tokens} = other_output($event->{tokens}) if $what eq 'tokens';
	}
	return run_operation(charge_operation($account, %again));
}

# Up to what the books can hold (bounds of design 4): what an account cannot owe stays unpriced.
sub charge_huge
{
	my $account = $model->account($huge_account);
	return run_operation(charge_operation($account, key_id => 1, request_id => 'request ' . ++$serial,
		model => pick('huge', "late $late_model"), tokens => { input => 200_000_000, output => pick(0, 100_000_000), cache_read => 0, cache_write => 0 }, occurred_at => undef));
}

sub some_expiry
{
	return undef if chance(0.3);
	return now_us() + seconds(pick(between(-100, -5), between(5, 60), between(60, 7200), between(86_400, 40 * 86_400), between(5, 60))) + between(0, 999_999);
}

# An operator's booking. %arg is what the oracle gets, @args what follows account_id in SQL.
sub booking
{
	my ($account, $name, $sql, $key, $args, %arg) = @_;
	return run_operation({
		name => $name, account => $account, key => $key,
		sql => "SELECT * FROM billing.$sql", args => [ $account->{id}, @$args ],
		predict => sub { return $model->$name($account, $_[0], %arg) },
	});
}

sub grant_bonus
{
	my $key = new_key();
	my %arg = (amount => chance(0.5) ? money() + 10_000_000 : fraction() + 1, expires_at => some_expiry());
	return booking(some_account(), 'grant_bonus', 'grant_bonus(?, ?, ?, ?)', $key, [ amount_text($arg{amount}), $key, instant_text($arg{expires_at}) ], %arg);
}

sub withdraw_bonus
{
	my @gifted = grep { BillingModel::held($_, 'bonus', now_us()) } $model->accounts;
	my $account = @gifted && chance(0.7) ? pick(@gifted) : some_account();
	my $key = new_key();
	my @lots = map { $_->{lot_no} } grep { $_->{kind} eq 'bonus' && ($_->{remaining} || chance(0.2)) } @{ $account->{lots} };
	my $lot_no = @lots && chance(0.9) ? pick(@lots) : between(1, 50);
	return booking($account, 'withdraw_bonus', 'withdraw_bonus(?, ?, ?)', $key, [ $lot_no, $key ], lot_no => $lot_no);
}

sub adjust
{
	my $key = new_key();
	my %arg = (amount => (fraction() + 1) * pick(1, -1), expires_at => undef);
	$arg{expires_at} = some_expiry() if $arg{amount} > 0 || chance(0.05);
	return booking(some_account(), 'adjust', 'adjust(?, ?, ?, ?)', $key, [ amount_text($arg{amount}), $key, instant_text($arg{expires_at}) ], %arg);
}

sub write_off
{
	my @owing = grep { $_->{arrears} } $model->accounts;
	my $account = @owing && chance(0.9) ? pick(@owing) : some_account();
	my $key = new_key();
	my $amount = pick($account->{arrears}, part_of($account->{arrears}), part_of($account->{arrears}), $account->{arrears} + 1) || 1;
	return booking($account, 'write_off', 'write_off(?, ?, ?)', $key, [ amount_text($amount), $key ], amount => $amount);
}

sub record_offline_payment
{
	my $account = some_account();
	my $key = new_key();
	my %arg = (amount => money() + 10_000_000, reference => 'transfer ' . ++$serial, currency => undef, paid_at => undef);
	# Perl's integers end before the books do.
	$arg{amount} = max(10_000_000, min(999_999_999_990_000_000, -BillingModel::floor_to_cent(-$account->{arrears}))) if $account->{arrears} && chance(0.3) && BillingModel::cumulative_topup($account) < 8_000_000_000_000_000_000;
	$arg{currency} = chance(0.8) ? $account->{currency} : pick('CNY', 'USD') if chance(0.3);
	$arg{reference} = pick(@{ $account->{orders} })->{reference} if @{ $account->{orders} } && chance(0.1);
	if (chance(0.4))
	{
		my @edges = map { ($_->{from}, $_->{from} - 1) } @{ $account->{locks} };
		$arg{paid_at} = now_us() - between(0, seconds(86_400));
		$arg{paid_at} = pick(@edges) if @edges && chance(0.5);
		$arg{paid_at} = now_us() + $model->{future_tolerance} + seconds(between(20, 100)) if chance(0.03);
	}
	return booking($account, 'record_offline_payment', 'record_offline_payment(?, ?, ?, ?, ?, ?)', $key,
		[ amount_text($arg{amount}), $key, $arg{reference}, $arg{currency}, instant_text($arg{paid_at}) ], %arg);
}

sub reverse_offline_payment
{
	my $account = some_account();
	my $key = new_key();
	my $order_id = between(1, @{ $account->{orders} } + 1);
	return booking($account, 'reverse_offline_payment', 'reverse_offline_payment(?, ?, ?)', $key, [ $order_id, $key ], order_id => $order_id);
}

sub reverse_charge
{
	my $account = some_account();
	my $key = new_key();
	my @events = grep { $_->{status} eq 'charged' || chance(0.1) } @{ $account->{events} };
	my $event = @events ? chance(0.6) ? $events[ -1 - int rand min(12, scalar @events) ] : pick(@events) : { request_id => 'none', occurred_at => now_us() };
	my %arg = (request_id => chance(0.98) ? $event->{request_id} : 'none', occurred_at => chance(0.3) ? $event->{occurred_at} : undef);
	return booking($account, 'reverse_charge', 'reverse_charge(?, ?, ?, NULL, NULL, ?)', $key, [ $arg{request_id}, $key, instant_text($arg{occurred_at}) ], %arg);
}

# Some events of one batch, in any order: what one gives back is not what another has.
sub reverse_some_of_batch
{
	my $account = some_account();
	my @batched = grep { defined $_->{batch_offset} && !$_->{reversed} } @{ $account->{events} } or return;
	my $one = chance(0.7) ? $batched[ -1 - int rand min(20, scalar @batched) ] : pick(@batched);
	my @batch = List::Util::shuffle(grep { $_->{first_entry_no} == $one->{first_entry_no} } @batched);
	for my $event (@batch[ 0 .. min($#batch, int rand 4) ])
	{
		my $key = new_key();
		booking($account, 'reverse_charge', 'reverse_charge(?, ?, ?, NULL, NULL, ?)', $key, [ $event->{request_id}, $key, instant_text($event->{occurred_at}) ],
			request_id => $event->{request_id}, occurred_at => $event->{occurred_at});
	}
	return;
}

sub close_account
{
	my @empty = grep { !$_->{arrears} && BillingModel::held($_, 'cash') < 10_000_000 && !BillingModel::open_lock($_, 'closed') } $model->accounts;
	my $account = @empty && chance(0.7) ? pick(@empty) : some_account();
	my $key = new_key();
	if (chance(0.2))
	{
		# One that has nothing but a gift and less than 0.01 of cash.
		my ($gift, $payment, $debit) = map { new_key() } 1 .. 3;
		$account = make_account(1000 + $serial, pick('cn', 'global'));
		booking($account, 'record_offline_payment', 'record_offline_payment(?, ?, ?, ?)', $payment, [ '5.00', $payment, $payment ], amount => 5_000_000_000, reference => $payment);
		booking($account, 'adjust', 'adjust(?, ?, ?)', $debit, [ '-4.991', $debit ], amount => -4_991_000_000);
		booking($account, 'grant_bonus', 'grant_bonus(?, ?, ?)', $gift, [ '1.5', $gift ], amount => 1_500_000_000);
		# What waits in the inbox might become arrears.
		put_rows(metered($account, undef)) if chance(0.4);
	}
	# These stay, so that there is always somebody to charge.
	return if $account->{id} <= 3 || $account->{id} == $huge_account;
	return booking($account, 'close_account', 'close_account(?, ?)', $key, [$key]);
}

sub lock_or_unlock
{
	# Locks do not last long, so that most accounts can call most of the time.
	my @locked = grep { grep { !defined $_->{to} && $_->{lock} ne 'closed' } @{ $_->{locks} } } $model->accounts;
	my $account = @locked && chance(0.7) ? pick(@locked) : some_account();
	my @open = map { $_->{lock} } grep { !defined $_->{to} && $_->{lock} ne 'closed' } @{ $account->{locks} };
	my $sets = !chance(@open ? 0.8 : 0.3);
	my $lock = !$sets && @open ? pick(@open) : pick('operator', 'operator', 'dispute', 'dispute', 'dispute', 'refund', 'closed', 'unknown');
	my $function = $sets ? 'lock_account' : 'unlock_account';
	return run_operation({
		name => $function, account => $account, sql => "SELECT $function AS result FROM billing.$function(?, ?)", args => [ $account->{id}, $lock ],
		predict => sub { return $model->lock_account($account, $_[0], lock => $lock, sets => $sets) },
	});
}

sub create_api_key
{
	my ($account, $kind) = @_;
	$account //= some_account();
	my $key = chance(0.5) ? new_key() : undef;
	my %arg = (name => 'name ' . ++$serial, kind => $kind // (chance(0.25) ? 'plan' : 'payg'));
	my $row = booking($account, 'create_api_key', 'create_api_key(?, ?, ?, ?)', $key, [ @arg{qw(name kind)}, $key ], %arg);
	return if !$row;
	$key_text{"$account->{id} $row->{key_id}"} = $row->{api_key};
	# The key is shown once: what a replay returns has none.
	$account->{calls}{$key}{row}{api_key} = undef if defined $key;
	return;
}

sub delete_api_key
{
	my $account = some_account();
	my $key_id = between(1, @{ $account->{keys} } + (chance(0.1) ? 1 : 0)) or return;
	return run_operation({
		name => 'delete_api_key', account => $account, sql => 'SELECT delete_api_key AS result FROM billing.delete_api_key(?, ?)',
		args => [ $account->{id}, $key_id ], predict => sub { return $model->delete_api_key($account, $_[0], key_id => $key_id) },
	});
}

# ---- metered usage --------------------------------------------------------------------------------

my %error_names = (LB101 => 'null_argument', LB102 => 'text_empty', LB103 => 'text_too_long', LB104 => 'out_of_range', LB105 => 'not_finite', LB201 => 'account_unknown',
	LB206 => 'key_unknown', LB301 => 'usage_in_future', LB302 => 'usage_before_account', LB303 => 'usage_too_old', LB304 => 'request_conflict');
my @inbox_columns = qw(account_id key_id request_id model input_tokens output_tokens cache_read_tokens cache_write_tokens occurred_at);
my $inbox_select = 'SELECT ' . join(', ', @inbox_columns[ 0 .. 7 ], "CASE WHEN isfinite(occurred_at) THEN " . us('occurred_at') . '::text ELSE occurred_at::text END AS occurred_at');

# The values of a row of the inbox, in the order of its columns.
sub row_values
{
	my ($row) = @_;
	return (@$row{qw(account_id key_id request_id model)}, @{ $row->{tokens} }{qw(input output cache_read cache_write)}, $row->{occurred_at});
}

sub inbox_text { return shown(map { defined $_ ? "<$_>" : undef } @_) }

# Rows as the database has them, as texts, in the order in which they stand.
sub inbox_texts { return map { inbox_text(@$_{@inbox_columns}) } rows("$inbox_select FROM billing.usage_inbox ORDER BY ctid") }

sub compare_inbox
{
	my (@texts) = @_;
	return same('usage_inbox', join("\n", sort @texts), join("\n", sort map { inbox_text(row_values($_)) } @{ $model->{inbox} }));
}

# All that was ever set aside; what is new was found to be right when it was.
sub compare_set_aside
{
	return same('usage_set_aside',
		join("\n", sort map { inbox_text(@$_{ @inbox_columns, 'sqlstate' }) } rows("$inbox_select, sqlstate FROM billing.usage_set_aside")),
		join("\n", sort map { inbox_text(row_values($_->{row}), $_->{sqlstate}) } @{ $model->{set_aside} }));
}

# Texts whose order by bytes is not that of a dictionary.
sub new_request { return pick('request ', 'request ', 'Request ', "\x{e9}tude ", 'request-') . ++$serial }

# A request as a caller meters it: sound, mostly.
sub metered
{
	my ($account, $occurred_at) = @_;
	my @alive = grep { !defined $_->{deleted_at} && $_->{kind} eq 'payg' } @{ $account->{keys} };
	my @keys = @alive && chance(0.93) ? @alive : @{ $account->{keys} };
	my %row = (
		account_id => $account->{id}, key_id => @keys && chance(0.985) ? pick(@keys)->{key_id} : 99, request_id => new_request(),
		model => pick('flat', 'flat', 'flat', 'tier', 'tier', 'tier', "late $late_model"), tokens => tokens(), occurred_at => $occurred_at,
	);
	@row{qw(model tokens)} = ('huge', { input => 200_000_000, output => 0, cache_read => 0, cache_write => 0 }) if $account->{id} == $huge_account && chance(0.8);
	return \%row;
}

# One that was metered or charged before: the same, or another under its id.
sub metered_again
{
	my ($account) = @_;
	my @waiting = grep { ($_->{account_id} // 0) == $account->{id} && defined $_->{request_id} && defined $_->{tokens}{output} } @{ $model->{inbox} };
	my @events = @{ $account->{events} };
	my $old = @waiting && chance(0.5) ? pick(@waiting) : @events ? some_event(@events) : return metered($account, undef);
	my %row = (account_id => $account->{id}, %$old{qw(key_id request_id model tokens occurred_at)});
	$row{occurred_at} = some_occurred_at($account, 1) if chance(0.5);
	if (chance(0.4))
	{
		my $what = pick(qw(model tokens key_id));
		$row{model} = 'another' if $what eq 'model';
		$row{tokens} = { %{ $row{tokens} }, output => 7 } if $what eq 'tokens';
		$row{key_id} = pick(@{ $account->{keys} })->{key_id} if $what eq 'key_id' && @{ $account->{keys} };
	}
	return \%row;
}

# One that no caller should send: settlement must set it aside, or at a bound just not.
sub metered_badly
{
	my ($row) = @_;
	my $kind = between(1, 8);
	my $column = pick(qw(account_id key_id request_id model input output cache_read cache_write));
	my $class = pick(qw(input output cache_read cache_write));
	my $text = pick(qw(request_id model));

	$row->{tokens} = { %{ $row->{tokens} } };
	if ($kind == 1) { exists $row->{$column} ? ($row->{$column} = undef) : ($row->{tokens}{$column} = undef); }
	elsif ($kind == 2) { $row->{tokens}{$class} = pick(-1, 200_000_001, '-9223372036854775808', '9223372036854775807', 4_294_967_296, 2_147_483_648); }
	elsif ($kind == 3) { $row->{tokens}{$class} = 200_000_000; $row->{model} = 'flat'; }
	elsif ($kind == 4) { $row->{$text} = pick('', ' ', "\t \r\n"); }
	elsif ($kind == 5) { $row->{$text} = substr(($row->{$text} // '') . "\x{e9}" x 100, 0, 90) . pick('x' x 150, "\x{e9}" x 100); }
	elsif ($kind == 6) { $row->{$text} = ($serial++) . 'x' x (200 - length($serial - 1)); }
	elsif ($kind == 7) { $row->{occurred_at} = pick(qw(infinity -infinity)); }
	else { $row->{account_id} = pick(0, -1, 777, 13, 14, '9223372036854775807'); }
	return $row;
}

# Metered rows of a few accounts; some share an instant, so that ids decide their order.
sub some_rows
{
	my ($count) = @_;
	# Some that hold several lots: what a batch takes is spread over them.
	my @rich = grep { (grep { $_->{remaining} } @{ $_->{lots} }) > 1 } $model->accounts;
	my @accounts = map { @rich && chance(0.5) ? pick(@rich) : some_account() } 1 .. between(1, 3);
	my $shared = now_us() - between(0, seconds(600));
	my @rows;

	push @accounts, $model->account($huge_account) if chance(0.1);
	for (1 .. $count)
	{
		my $account = pick(@accounts);
		my $row = chance(0.15) ? metered_again($account) : metered($account, chance(0.3) ? max($shared, $account->{created_at}) : some_occurred_at($account, 1));
		$row = metered_badly($row) if chance(0.06);
		push @rows, $row;
		push @rows, { %$row, chance(0.2) && defined $row->{tokens}{input} ? (tokens => { %{ $row->{tokens} }, input => 7 }) : () } if chance(0.06);
	}
	return @rows;
}

sub note_rows
{
	my ($name, $state, @rows) = @_;
	push @trail, map { "$step $name " . inbox_text(row_values($_)) } @rows;
	$trail[-1] .= "  -> $state" if $state;
	splice @trail, 0, @trail - 80 if @trail > 80;
	$count{ "$name: " . ($state // 'done') } += @rows;
	return if $state;
	push @{ $model->{inbox} }, @rows;
	return;
}

my $meter_sql = 'SELECT meter FROM billing.meter(?, ?, ?, ?, ?, ?, ?, ?, ?)';

# One request by meter(): it refuses what cannot be usage of anybody's; the rest it accepts.
sub meter
{
	my ($row) = @_;
	my @faults = BillingModel::shape_faults($row);
	my $before = now_us();
	my ($answer, $state) = call($meter_sql, (row_values($row))[ 0 .. 7 ], instant_text($row->{occurred_at}));
	my $after = now_us();

	note_rows('meter', $state, $row);
	return mismatch('meter', $state // 'accepted', "refused with @{[ map { $_->[0] } @faults ]}") if @faults ? !grep { $_->[0] eq ($state // '') } @faults : $state;
	return if $state;
	same('meter', $answer->{meter}, 'accepted');
	return if defined $row->{occurred_at};
	# No stamp: the request begins now.
	my @stored = grep { defined $_->{occurred_at} && $_->{occurred_at} >= $before - 1 && $_->{occurred_at} <= $after + 1 }
	  rows("$inbox_select FROM billing.usage_inbox WHERE account_id = ? AND request_id = ?", @$row{qw(account_id request_id)});
	mismatch('stamp of meter()', join(', ', map { row_text($_) } @stored), "one row from $before to $after") if @stored != 1;
	$row->{occurred_at} = $stored[0]{occurred_at};
	return;
}

sub insert_rows
{
	my (@rows) = @_;
	# Columns that are left out: no cache tokens, stamped when it is settled.
	my $short = chance(0.15);
	my $columns = $short ? 6 : 9;
	for my $row ($short ? @rows : ())
	{
		$row->{tokens} = { %{ $row->{tokens} }, cache_read => 0, cache_write => 0 };
		$row->{occurred_at} = undef;
	}
	my $sql = 'INSERT INTO billing.usage_inbox (' . join(', ', @inbox_columns[ 0 .. $columns - 1 ]) . ') VALUES '
	  . join(', ', ('(' . join(', ', ('?') x $columns) . ')') x @rows);
	$dbh->do($sql, undef, map { ((row_values($_))[ 0 .. 7 ], instant_text($_->{occurred_at}))[ 0 .. $columns - 1 ] } @rows);
	return note_rows('insert', undef, @rows);
}

sub copy_rows
{
	my (@rows) = @_;
	my %escape = ("\t" => '\t', "\n" => '\n', "\r" => '\r', '\\' => '\\\\');
	$dbh->do('COPY billing.usage_inbox FROM STDIN');
	for my $row (@rows)
	{
		my @fields = ((row_values($row))[ 0 .. 7 ], instant_text($row->{occurred_at}));
		$dbh->pg_putcopydata(join("\t", map { defined $_ ? s/([\t\n\r\\])/$escape{$1}/gr : '\N' } @fields) . "\n");
	}
	$dbh->pg_putcopyend;
	return note_rows('copy', undef, @rows);
}

sub put_rows
{
	my (@rows) = @_;
	my $how = rand;
	return map { meter($_) } @rows if $how < 0.35;
	return $how < 0.7 ? insert_rows(@rows) : copy_rows(@rows);
}

sub meter_some
{
	return if @{ $model->{inbox} } > 150;
	return put_rows(some_rows(chance(0.08) ? between(20, 60) : between(1, 8)));
}

# An account with rows in the inbox, behind another one's, that settle() need not wait for.
sub account_to_hold
{
	my (@rows) = @_;
	my %of = map { $_->{account_id} => 1 } grep { defined $_->{account_id} && $model->account($_->{account_id}) } @rows;
	my (undef, @behind) = sort { $a <=> $b } keys %of;
	my @free = grep { my @events = $model->settleable($_); !@events } map { $model->account($_) } @behind;
	return @free ? pick(@free) : undef;
}

my $aside_sql = "$inbox_select, sqlstate, reason, detail, " . us('set_aside_at') . ' AS set_aside_at, ctid::text AS place FROM billing.usage_set_aside WHERE set_aside_at >= ?';
my %aside_seen;     # by place
my $recorded_sql = 'SELECT account_id, ' . us('max(recorded_at)') . ' AS recorded_at FROM billing.usage_event WHERE recorded_at >= ? GROUP BY account_id';

# The booking instants of a settlement, by account: told by what it recorded or set aside; where it
# did neither, any will do.
sub booking_instants
{
	my ($accounts, $aside, $before, $after) = @_;
	my %at = map { $_->{id} => max($before, $_->{booked_at}) } @$accounts;
	for my $row (grep { $_->{sqlstate} =~ /^LB(206|30)/ } @$aside)
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
		mismatch("booking instant of account $account->{id}", $at{ $account->{id} }, "$least to $most") if $at{ $account->{id} } < $least || $at{ $account->{id} } > $most;
	}
	return \%at;
}

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
		my ($match) = grep { my $row = $_; grep { $row->{sqlstate} eq $_->[0] && index($row->{detail}, $_->[1]) >= 0 } @{ $aside->{faults} } } @$rows;
		mismatch('set aside', join("\n", map { row_text($_) } @$rows ? @$rows : @$got), "$text with one of " . join(', ', map { "@$_" } @{ $aside->{faults} })) if !$match;
		mismatch('set_aside_at', $match->{set_aside_at}, $aside->{at}) if defined $aside->{at} && $match->{set_aside_at} != $aside->{at};
		@$rows = grep { $_ != $match } @$rows;
		$aside->{sqlstate} = $match->{sqlstate};
		same('reason', $match->{reason}, $error_names{ $match->{sqlstate} });
		$count{"set aside: $match->{sqlstate}"}++;
	}
	return same('set aside', join("\n", map { map { row_text($_) } @$_ } values %of), '');
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
	my %touched = map { $_->{account_id} => 1 } grep { defined $_->{account_id} && $model->account($_->{account_id}) } @taken;
	my @accounts = map { $model->account($_) } sort { $a <=> $b } keys %touched;
	my %seen = map { $_->{id} => scalar @{ $_->{entries} } } $model->accounts;

	if ($held)
	{
		$other_dbh->begin_work;
		$other_dbh->do('SELECT FROM billing.account WHERE account_id = ? FOR UPDATE', undef, $held->{id});
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
		my ($booked) = rows('SELECT ' . us('last_booked_at') . ' AS at FROM billing.account WHERE account_id = ?', $account->{id});
		$settled += $model->settle_account($account, $booked->{at}, $left - $settled);
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
	my @open = grep { (grep { $_->{remaining} } @{ $_->{lots} }) > 1 && grep { !defined $_->{deleted_at} && $_->{kind} eq 'payg' } @{ $_->{keys} } } $model->accounts;
	my $account = @open ? pick(@open) : return;
	settle_all();
	my $at = max(now_us(), $account->{created_at});
	my @rows = map { { %{ metered($account, $at + $_) }, model => 'flat' } } 0 .. between(1, 4);
	my ($lot) = grep { $_->{remaining} && !(defined $_->{expires_at} && $_->{expires_at} < $at + seconds(5)) } BillingModel::lots_in_order($account);
	my $price = BillingModel::find_price($model->{prices}, $account->{currency}, 'flat', $rows[0]{tokens}, $at);
	my $spare = $lot ? $lot->{remaining} - BillingModel::rate($price, $rows[0]{tokens}) : 0;
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

# A request and a window that ends at its receipt, or a microsecond beside it.
sub window_that_ends
{
	my ($account, $at) = @_;
	my %newest = map { $_->{request_id} => $_ } @{ $account->{events} };
	my $age = sub { return $at - max(@{ $_[0] }{qw(recorded_at occurred_at)}) };
	my @old = grep { $age->($_) > seconds(86_400) && $age->($_) < seconds(56 * 86_400) } map { $newest{$_} } sort keys %newest;
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
	return if BillingModel::open_lock($account, 'closed');
	my $at = $account->{booked_at};
	my $beside = sub { return pick(-1, 0, 1) };
	my ($old, $window) = window_that_ends($account, $at);
	set_window($window);
	$offset_s -= between(3, 30);
	set_clock();
	my @rows = map { metered($account, $_) } map { $_ + $beside->() } ($at + $model->{future_tolerance}) x 2, ($at - $model->{dedupe_window}) x 2, $account->{created_at}, $at, map { grep { defined } @$_{qw(from to)} } @{ $account->{locks} };
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

sub set_window
{
	my ($us) = @_;
	$model->{dedupe_window} = $us;
	plain('set_policy', 'SELECT billing.set_policy(?, ?)::text', [ 'dedupe_window', sprintf('%d s %d us', $us / 1_000_000, $us % 1_000_000) ]);
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
	my @rows = map { my $account = some_account(); map { metered($account, undef) } 1 .. between(1, 4) } 1 .. between(2, 5);
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

# What a job does every day, here not always in time: then usage goes to the default partition.
sub make_partitions
{
	plain('make_partitions', 'SELECT make_partitions AS result FROM billing.make_partitions()', []);
	return;
}

# ---- operations that are nobody's booking ---------------------------------------------------------

# Calls and notes; the oracle's answer decides whether it was right.
sub plain
{
	my ($name, $sql, $args, @errors) = @_;
	push @trail, "$step $name " . shown(@$args);
	shift @trail if @trail > 40;
	my ($row, $state) = call($sql, @$args);
	$count{ "$name: " . ($state // 'done') }++;
	$trail[-1] .= '  -> ' . ($state // row_text($row));
	mismatch($name, $state // row_text($row), @errors ? "refused with @errors" : 'no error')
	  if @errors ? !grep { $_ eq ($state // '') } @errors : $state;
	return $row;
}

sub create_account
{
	my $id = between(1, $accounts_max);
	my $region = pick('cn', 'global');
	my $account = $model->account($id);
	my $sql = 'SELECT create_account AS result FROM billing.create_account(?, ?)';
	if (chance(0.05))
	{
		plain('create_account', $sql, [ pick(0, -1, -5), $region ], 'LB203');
		return;
	}
	my $row = plain('create_account', $sql, [ $id, $region ], $account && $account->{region} ne $region ? 'LB202' : ());
	create_api_key(note_account($id, $region)) if $row && !$account;
	return;
}

sub note_account
{
	my ($id, $region) = @_;
	my ($made) = rows('SELECT ' . us('created_at') . ' AS at FROM billing.account WHERE account_id = ?', $id);
	my $account = $model->add_account($id, $region, $made->{at});
	compare_account($account, 0);
	return $account;
}

sub make_account
{
	my ($id, $region) = @_;
	plain('create_account', 'SELECT create_account AS result FROM billing.create_account(?, ?)', [ $id, $region ]);
	return note_account($id, $region);
}

sub unknown_account
{
	my $sql = pick('SELECT * FROM billing.balance(?)', 'SELECT * FROM billing.statement(?)', "SELECT * FROM billing.charge(?, 1, 'r', 'flat', 1, 1)",
		"SELECT * FROM billing.grant_bonus(?, 1, 'k')", "SELECT * FROM billing.balance_at(?, 'now')");
	plain('unknown account', $sql, [777], 'LB201');
	return;
}

sub some_price { return chance(0.05) ? 0 : chance(0.5) ? between(1, 20_000) * 1_000_000 : between(1, 20_000_000_000) }

my $set_price_sql = 'SELECT set_price AS price_id FROM billing.set_price(?, ?, ?, ?, ?, ?, ?, ?)';

# R20: a new version, a tier, a price for usage that waits, one behind a charge, the same again.
sub set_price
{
	my (%given) = @_;
	my $now = now_us();
	my %price = (currency => pick('CNY', 'USD'), model => pick('flat', 'tier', 'tier', "late $late_model"), over => 0,
		input => some_price(), output => some_price(), cache_read => chance(0.6) ? some_price() : undef, cache_write => chance(0.3) ? some_price() : undef);
	$price{over} = pick(0, 1000, 50_000, 400_000) if $price{model} eq 'tier';
	$price{from} = pick(undef, undef, $now + between(seconds(1), seconds(86_400)), $now - between(0, seconds(100)), $now - between(0, 40 * 86_400_000_000));
	$price{from} = pick($now - 36 * 86_400_000_000, $now - between(0, 36 * 86_400_000_000)) if $price{model} =~ /late/;
	if (@{ $model->{prices} } && chance(0.15))
	{
		my $old = pick(grep { $_->{model} ne 'huge' } @{ $model->{prices} });
		%price = (%$old, chance(0.4) ? (output => $old->{output} + 1) : ());
	}
	%price = (%price, %given);

	my %row = (%price, map { $_ => $price{$_} // $price{input} } qw(cache_read cache_write));
	my @errors;
	my $same;
	if (defined $price{from})
	{
		my $old = $model->price_at_key(\%row);
		$same = $old if $old && BillingModel::same_price($old, \%row);
		push @errors, 'LB402' if $old && !$same;
		push @errors, 'LB401' if !$old && $model->is_backdated(\%row);
	}
	my $result = plain('set_price', $set_price_sql,
		[ @price{qw(model currency)}, (map { amount_text($price{$_}) } qw(input output cache_read cache_write)), $price{over}, instant_text($price{from}) ], @errors);
	return if @errors;
	if ($same)
	{
		same('set_price again', $result->{price_id}, $same->{price_id});
		return;
	}
	return if grep { $_->{price_id} == $result->{price_id} } @{ $model->{prices} };
	my ($stored) = rows('SELECT ' . us('effective_from') . ' AS at FROM billing.price WHERE price_id = ?', $result->{price_id});
	my $newest = $model->newest_charge($row{currency});
	mismatch('set_price from now on', $stored->{at}, "$now to " . now_us() . ", but after the newest charge $newest")
	  if !defined $row{from} && ($stored->{at} < $now - 1 || $stored->{at} > max(now_us(), $newest + 1) + 1 + @{ $model->{prices} });
	@row{qw(from price_id)} = ($row{from} // $stored->{at}, $result->{price_id});
	mismatch('price row', $stored->{at}, $row{from}) if $stored->{at} != $row{from};
	mismatch('set_price behind a charge', 'accepted', 'refused') if $model->is_backdated(\%row);
	push @{ $model->{prices} }, \%row;
	return;
}

# The sweep: breakage of all bonus that has expired, and nothing else.
sub book_expired
{
	my $before = now_us();
	my $row = plain('book_expired', 'SELECT book_expired AS result FROM billing.book_expired()', []);
	my $after = now_us();
	my $swept = 0;
	for my $account ($model->accounts)
	{
		my $seen = @{ $account->{entries} };
		my $expiry = BillingModel::next_expiry($account);
		next if !defined $expiry || $expiry > $after;
		my ($booked) = rows('SELECT ' . us('last_booked_at') . ' AS at FROM billing.account WHERE account_id = ?', $account->{id});
		# One that expires meanwhile may be left.
		next if $expiry > $before && $booked->{at} == $account->{booked_at};
		BillingModel::expire($account, $booked->{at});
		$account->{booked_at} = $booked->{at};
		compare_account($account, $seen);
		$swept++;
	}
	return same('book_expired', $row->{result}, $swept);
}

sub authorize
{
	my $account = some_account();
	my @keys = @{ $account->{keys} } or return;
	my $key = pick(@keys);
	my $text = $key_text{"$account->{id} $key->{key_id}"};
	my $sql = 'SELECT a.*, ' . us('statement_timestamp()') . ' AS read_at FROM billing.authorize(?) AS a';
	if (chance(0.1))
	{
		substr($text, 4 + int rand 50, 1) =~ tr/0-9a-z/1-9a-z0/;
		my $row = plain('authorize', $sql, [$text]);
		return same('authorize of a mistyped key', shown(@$row{qw(allowed reason account_id)}), '0 malformed_key -');
	}
	my $row = plain('authorize', $sql, [$text]);
	my $read_at = $row->{read_at} + seconds($offset_s);
	my $reason = $model->gate($account, $key, $read_at);
	$count{ 'authorize: ' . ($reason // 'allowed') }++;
	return same("authorize of account $account->{id}, key $key->{key_id}",
		shown(@$row{qw(allowed reason account_id key_id)}, nano($row->{balance}), nano($row->{shortfall})),
		shown($reason ? 0 : 1, $reason, $account->{id}, $key->{key_id}, BillingModel::balance($account, $read_at), $model->shortfall($account, $reason, $read_at)));
}

sub quote
{
	my $account = some_account();
	my $tokens = tokens();
	my $name = pick('flat', 'tier', "late $late_model", 'nowhere');
	my $at = now_us() - between(0, 40 * 86_400_000_000);
	my $price = BillingModel::find_price($model->{prices}, $account->{currency}, $name, $tokens, $at);
	my $row = plain('quote', "SELECT amount FROM billing.quote(?, ?, ?, ?, ?, ?, ?) WHERE item = 'charge'",
		[ $account->{id}, $name, @$tokens{qw(input output cache_read cache_write)}, instant_text($at) ], $price ? () : 'LB404');
	same('quote', nano($row->{amount}), BillingModel::rate($price, $tokens)) if $price;
	return;
}

# Each charge's slices can be shown, alone or in a batch, with the lots that paid, and what was given back.
sub explain_charge
{
	my $account = some_account();
	my @events = grep { $_->{status} eq 'charged' } @{ $account->{events} } or return;
	my @spread = grep { defined $_->{batch_offset} && $_->{entry_count} > 1 } @events;
	my $event = @spread && chance(0.7) ? pick(@spread) : pick(@events);
	my $named = chance(0.5) ? $event->{occurred_at} : undef;
	my ($newest) = grep { $_->{request_id} eq $event->{request_id} && (!defined $named || $_->{occurred_at} == $named) } reverse @{ $account->{events} };
	return if $newest->{status} ne 'charged';
	$count{'explain_charge: of a batch'}++ if defined $newest->{batch_offset} && $newest->{entry_count} > 1;
	return compare_explained($account, $newest, $named);
}

sub compare_explained
{
	my ($account, $event, $named) = @_;
	my @lines = rows('SELECT item, entry_no, amount, lot_no, order_id FROM billing.explain_charge(?, ?, ?) WHERE entry_no IS NOT NULL', $account->{id}, $event->{request_id}, instant_text($named));
	my @slices = map { [ $_->{entry_no}, $_->{amount} ] } @{ $event->{slices} };
	push @slices, map { [ $_->{entry_no}, -$_->{amount} ] } grep { $_->{source} eq 'reversal' && $_->{source_id} == $event->{reversed} && $_->{debit} eq 'revenue' } @{ $account->{entries} }
	  if $event->{reversed};
	return same("explain_charge of $event->{request_id}",
		join("\n", map { shown($_->{entry_no}, nano($_->{amount}), @$_{qw(lot_no order_id)}) } @lines),
		join("\n", map { my $lot_no = $account->{entries}[ $_->[0] - 1 ]{lot_no};
			  shown(@$_, $lot_no, $lot_no ? $account->{lots}[ $lot_no - 1 ]{order_id} : undef) } @slices));
}

# design 5: the same request returns the same and does nothing; another one with that key is an error.
sub repeat_call
{
	my $account = some_account();
	my @keys = sort keys %{ $account->{calls} } or return;
	my $call = $account->{calls}{ pick(@keys) };
	my %again = (%$call, name => "$call->{name} again", predict => undef, key => undef);
	if (chance(0.35))
	{
		my $other = chance(0.5) ? [ 'grant_bonus', 'SELECT * FROM billing.grant_bonus(?, ?, ?)', '0.123456789' ] : [ 'adjust', 'SELECT * FROM billing.adjust(?, ?, ?)', '-0.123456789' ];
		@again{qw(name sql args conflict)} = ("$other->[0] with a key in use", $other->[1], [ $account->{id}, $other->[2], $call->{key} ], 'LB109');
	}
	else
	{
		$again{replay} = $call->{row};
	}
	return run_operation(\%again);
}

sub set_policy
{
	my $name = pick(qw(block_at_zero go_live_at go_live_at go_live_at future_tolerance dedupe_window));
	my $value;
	if ($name eq 'block_at_zero')
	{
		$model->{$name} = between(0, 1);
		$value = $model->{$name} ? 'on' : 'off';
	}
	elsif ($name eq 'go_live_at')
	{
		$model->{$name} = pick(undef, undef, now_us() - between(0, 86_400_000_000), now_us() + between(0, seconds(600)), now_us() + between(0, seconds(600)));
		$value = instant_text($model->{$name});
	}
	elsif ($name eq 'dedupe_window')
	{
		my $days = pick(35, 35, 20, 56);
		$model->{$name} = seconds(86_400 * $days);
		$value = "$days days";
	}
	else
	{
		my $minutes = pick(0, 5, 5, 60);
		$model->{$name} = seconds(60 * $minutes);
		$value = "$minutes minutes";
	}
	plain('set_policy', 'SELECT billing.set_policy(?, ?)::text', [ $name, $value ]);
	return;
}

sub travel
{
	my $kind = rand;
	$offset_s += $kind < 0.55 ? between(1, 60) : $kind < 0.8 ? between(60, 7200) : $kind < 0.93 ? between(7200, 3 * 86_400) : $kind < 0.985 ? between(86_400, 40 * 86_400) : between(30 * 86_400, 120 * 86_400);
	set_clock();
	return;
}

sub set_clock
{
	plain('travel', "SELECT set_config('billing.clock_offset', ?, false)", [$offset_s]);
	return;
}

# A clock that is put right steps back: no booking is earlier than the account's last.
sub step_back
{
	$offset_s -= between(1, 90);
	set_clock();
	return;
}

my @operations = (
	[ 34, \&charge ], [ 9, \&meter_some ], [ 5, \&settle ], [ 0.5, \&settle_at_once ], [ 0.5, \&settle_at_edges ], [ 0.12, \&settle_at_month_edge ], [ 0.5, \&settle_to_the_end_of_a_lot ], [ 2, \&reverse_some_of_batch ], [ 4, \&charge_again ], [ 0.5, \&charge_huge ], [ 6, \&grant_bonus ], [ 2, \&withdraw_bonus ], [ 5, \&adjust ], [ 3, \&write_off ],
	[ 7, \&record_offline_payment ], [ 2, \&reverse_offline_payment ], [ 9, \&reverse_charge ], [ 1.5, \&close_account ], [ 3, \&lock_or_unlock ],
	[ 2.5, \&create_api_key ], [ 0.7, \&delete_api_key ], [ 1, \&create_account ], [ 0.5, \&unknown_account ], [ 3, \&set_price ],
	[ 4, \&authorize ], [ 1, \&quote ], [ 3, \&explain_charge ], [ 4, \&repeat_call ], [ 1.5, \&set_policy ], [ 4, \&travel ], [ 0.3, \&step_back ], [ 0.8, \&make_partitions ], [ 0.5, \&book_expired ],
);

sub some_operation
{
	my $at = rand List::Util::sum0(map { $_->[0] } @operations);
	for my $operation (@operations)
	{
		$at -= $operation->[0];
		return $operation->[1] if $at < 0;
	}
	return $operations[0][1];
}

# Whatever dies is shown with what led there.
sub survive
{
	my ($operation) = @_;
	eval { $operation->(); 1 } or mismatch('died', $@, 'no error');
	return;
}

# ---- the run --------------------------------------------------------------------------------------

for my $id (1, 2, 3, $huge_account)
{
	create_api_key(make_account($id, $id == 2 ? 'global' : 'cn'), 'payg');
}
for my $currency (qw(CNY USD))
{
	set_price(currency => $currency, model => $_, over => 0, from => now_us() - 86_400_000_000) for qw(flat tier);
	set_price(currency => $currency, model => 'huge', over => 0, from => now_us() - 86_400_000_000, map { $_ => 1_000_000_000_000_000 } qw(input output cache_read cache_write));
}

for my $first (map { $_ * $audit_every } 0 .. ($operations - 1) / $audit_every)
{
	my $last = min($first + $audit_every, $operations);
	for ($step = $first + 1; $step <= $last; $step++)
	{
		survive(some_operation());
	}
	$step = $last;
	survive(\&audit);
	pass("operations up to $last");
}
survive(\&settle_all);
survive(\&audit);
%count = (%count, %{ $model->{met} });
note(join("\n", map { sprintf('%6d %s', $count{$_}, $_) } sort keys %count));

# A run that never met these would prove little.
if ($operations >= 4000)
{
	my @met = ('charge: charged', 'charge: duplicate', 'charge: rejected', 'charge: unpriced', 'charge: free', 'charge: LB304', 'reverse_charge: booked',
		'write_off: booked', 'reverse_offline_payment: booked', 'withdraw_bonus: booked', 'close_account: booked', 'set_price: LB401', 'settle: done',
		'authorize: negative_balance', 'authorize: allowed', 'settled: charged', 'settled: duplicate', 'settled: duplicate in its batch', 'settled: key_deleted',
		'settled: no_price', 'settled: arrears_limit', 'settled: before_go_live', 'settled: several events over several entries', 'settle: beside a held account', 'explain_charge: of a batch',
		(map { "set aside: $_" } qw(LB101 LB102 LB103 LB104 LB105 LB201 LB206 LB301 LB302 LB303 LB304)), (map { "undone of a batch: $_" } 'bonus', 'cash', 'owed', 'paid since', 'written off'));
	is(join(', ', grep { !$count{$_} } @met), '', 'every kind of outcome was met');
}
verify_empty($node, 'verify() is empty at the end');
done_testing();
