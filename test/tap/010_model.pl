# Thousands of random operations, each compared with an independent oracle (lib/BillingModel.pm):
# what the call returned or refused, the account, its lots and its new ledger entries; now and then
# every statement, balances of the past, all usage, and verify(). The clock only moves forward.
#
# BILLING_SEED repeats a run's choices, BILLING_OPERATIONS sets how many.
use strict;
use warnings;

use List::Util qw(max min);
use POSIX qw(floor strftime);
use Test::More;
use Time::HiRes;

use BillingModel;
use BillingTest;

my $seed = $ENV{BILLING_SEED} // time % 1_000_000;
my $operations = $ENV{BILLING_OPERATIONS} // 4000;
my $accounts_max = 14;
my $huge_account = 99;
my $audit_every = 200;
srand($seed);
note("BILLING_SEED=$seed BILLING_OPERATIONS=$operations");

my $node = billing_node('model', conf => [ 'fsync = off', 'autovacuum = off', 'log_statement = none' ]);
my $dbh = connect_dbi($node);
$dbh->do("SET timezone = 'UTC'");

my $model = BillingModel->new;
my $offset_s = 0;
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
	return undef if !defined $us;
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
	my $size = abs $nano;
	return sprintf('%s%d.%09d', $nano < 0 ? '-' : '', int($size / 1_000_000_000), $size % 1_000_000_000);
}

sub shown { return join ' ', map { $_ // '-' } @_ }

# ---- comparing ------------------------------------------------------------------------------------

sub mismatch
{
	my ($what, $got, $expected) = @_;
	fail("seed $seed, operation $step: $what");
	diag("database: $got\noracle:   $expected\nthe last operations:\n" . join("\n", @trail));
	diag("BILLING_SEED=$seed BILLING_OPERATIONS=$operations");
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
my $usage_sql = 'SELECT request_id, key_id, status, reason, charge, price_id, ' . us('occurred_at') . ' AS occurred_at, ' . us('recorded_at') . ' AS recorded_at, '
  . us('settled_at') . ' AS settled_at FROM billing.usage_event WHERE account_id = ? ORDER BY recorded_at';

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
			join("\n", map { shown(@$_{qw(request_id key_id status reason)}, nano($_->{charge}), @$_{qw(price_id occurred_at recorded_at settled_at)}) } rows($usage_sql, $account->{id})),
			join("\n", map { shown(@$_{qw(request_id key_id status reason charge)}, $_->{price} ? $_->{price}{price_id} : undef, @$_{qw(occurred_at recorded_at settled_at)}) } @{ $account->{events} }));
	}
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

sub money { return spread(2000) * 10_000_000 }    # whole 0.01
sub fraction { return spread(20_000_000_000) }    # nano-units

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

# When a request began: now, lately, long ago, exactly at something that decides, or where it may not.
sub some_occurred_at
{
	my ($account) = @_;
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
	# Not where the few milliseconds until the booking would decide.
	for my $edge ($now + $model->{future_tolerance}, $now - $model->{dedupe_window})
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

# The same request once more: within the window a duplicate, or a conflict; after it, a new one.
sub charge_again
{
	my $account = some_account();
	my @events = @{ $account->{events} } or return;
	my $event = chance(0.5) ? pick(@events) : $events[ -1 - int rand min(20, scalar @events) ];
	my %again = (%$event{qw(key_id request_id model tokens)}, occurred_at => chance(0.5) ? $event->{occurred_at} : undef);
	return if defined $again{occurred_at} && abs($again{occurred_at} - now_us() + $model->{dedupe_window}) < seconds(10);
	return if abs($event->{recorded_at} - now_us() + $model->{dedupe_window}) < seconds(10);
	if (chance(0.3))
	{
		my $what = pick(qw(model tokens));
		$again{model} .= ' other' if $what eq 'model';
		$again{tokens} = { %{ $event->{tokens} }, output => $event->{tokens}{output} + 1 } if $what eq 'tokens';
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
	my $account = some_account();
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
	my $amount = pick($account->{arrears}, 1 + int rand($account->{arrears}), 1 + int rand($account->{arrears}), $account->{arrears} + 1) || 1;
	return booking($account, 'write_off', 'write_off(?, ?, ?)', $key, [ amount_text($amount), $key ], amount => $amount);
}

sub record_offline_payment
{
	my $account = some_account();
	my $key = new_key();
	my %arg = (amount => money() + 10_000_000, reference => 'transfer ' . ++$serial, currency => undef, paid_at => undef);
	$arg{amount} = max(10_000_000, -BillingModel::floor_to_cent(-$account->{arrears})) if $account->{arrears} && chance(0.3);
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

sub close_account
{
	my @empty = grep { !$_->{arrears} && BillingModel::held($_, 'cash') < 10_000_000 && !BillingModel::open_lock($_, 'closed') } $model->accounts;
	my $account = @empty && chance(0.7) ? pick(@empty) : some_account();
	my $key = new_key();
	if (chance(0.1))
	{
		# One that has nothing but a gift and less than 0.01 of cash.
		my ($gift, $payment, $debit) = map { new_key() } 1 .. 3;
		$account = make_account(1000 + $serial, pick('cn', 'global'));
		booking($account, 'record_offline_payment', 'record_offline_payment(?, ?, ?, ?)', $payment, [ '5.00', $payment, $payment ], amount => 5_000_000_000, reference => $payment);
		booking($account, 'adjust', 'adjust(?, ?, ?)', $debit, [ '-4.991', $debit ], amount => -4_991_000_000);
		booking($account, 'grant_bonus', 'grant_bonus(?, ?, ?)', $gift, [ '1.5', $gift ], amount => 1_500_000_000);
	}
	# The first three stay, so that there is always somebody to charge.
	return if $account->{id} <= 3;
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

sub settle
{
	my $max = chance(0.3) ? between(1, 5) : undef;
	my $left = $max // 1_000_000;
	my @touched = grep { my @events = $model->settleable($_); @events > 0 } $model->accounts;
	my %seen = map { $_->{id} => scalar @{ $_->{entries} } } @touched;
	my $settled = 0;
	my $row = plain('settle', 'SELECT settle AS result FROM billing.settle(?)', [$max]);
	for my $account (@touched)
	{
		last if $left == 0;
		my ($booked) = rows('SELECT ' . us('last_booked_at') . ' AS at FROM billing.account WHERE account_id = ?', $account->{id});
		my $count = $model->settle_account($account, $booked->{at}, $left);
		$settled += $count;
		$left -= $count;
	}
	same('settle', $row->{result}, $settled);
	compare_account($_, $seen{ $_->{id} }) for @touched;
	$late_model++ if chance(0.3);
	return;
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

# Each charge's slices can be shown, with the lots that paid.
sub explain_charge
{
	my $account = some_account();
	my @events = grep { $_->{status} eq 'charged' } @{ $account->{events} } or return;
	my $event = pick(@events);
	my @same_id = grep { $_->{request_id} eq $event->{request_id} } @{ $account->{events} };
	return if @same_id > 1;
	my @lines = rows("SELECT entry_no, amount, lot_no, order_id FROM billing.explain_charge(?, ?) WHERE entry_no IS NOT NULL AND item NOT LIKE 'given back%'", $account->{id}, $event->{request_id});
	return same("explain_charge of $event->{request_id}",
		join("\n", map { shown($_->{entry_no}, nano($_->{amount}), @$_{qw(lot_no order_id)}) } @lines),
		join("\n", map { my $entry = $account->{entries}[ $_ - 1 ]; my $lot = $entry->{lot_no} && $account->{lots}[ $entry->{lot_no} - 1 ];
			  shown(@$entry{qw(entry_no amount lot_no)}, $lot ? $lot->{order_id} : undef) } @{ $event->{slices} }));
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
	my $name = pick(qw(block_at_zero go_live_at go_live_at future_tolerance));
	my $value;
	if ($name eq 'block_at_zero')
	{
		$model->{$name} = between(0, 1);
		$value = $model->{$name} ? 'on' : 'off';
	}
	elsif ($name eq 'go_live_at')
	{
		$model->{$name} = pick(undef, now_us() - between(0, 86_400_000_000), now_us() + between(0, seconds(600)));
		$value = instant_text($model->{$name});
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
	plain('travel', "SELECT set_config('billing.clock_offset', ?, false)", [$offset_s]);
	return;
}

my @operations = (
	[ 42, \&charge ], [ 4, \&charge_again ], [ 0.5, \&charge_huge ], [ 6, \&grant_bonus ], [ 2, \&withdraw_bonus ], [ 5, \&adjust ], [ 3, \&write_off ],
	[ 7, \&record_offline_payment ], [ 2, \&reverse_offline_payment ], [ 9, \&reverse_charge ], [ 1, \&close_account ], [ 3, \&lock_or_unlock ],
	[ 2.5, \&create_api_key ], [ 0.7, \&delete_api_key ], [ 1, \&create_account ], [ 0.5, \&unknown_account ], [ 3, \&set_price ], [ 2.5, \&settle ],
	[ 4, \&authorize ], [ 1, \&quote ], [ 1.5, \&explain_charge ], [ 4, \&repeat_call ], [ 1, \&set_policy ], [ 4, \&travel ],
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
		some_operation()->();
	}
	$step = $last;
	audit();
	pass("operations up to $last");
}
note(join("\n", map { sprintf('%6d %s', $count{$_}, $_) } sort keys %count));

# A run that never met these would prove little.
if ($operations >= 2000)
{
	my @met = ('charge: charged', 'charge: duplicate', 'charge: rejected', 'charge: unpriced', 'charge: free', 'charge: LB304', 'reverse_charge: booked',
		'write_off: booked', 'reverse_offline_payment: booked', 'withdraw_bonus: booked', 'close_account: booked', 'set_price: LB401', 'settle: done',
		'authorize: negative_balance', 'authorize: allowed');
	is(join(', ', grep { !$count{$_} } @met), '', 'every kind of outcome was met');
}
verify_empty($node, 'verify() is empty at the end');
done_testing();
