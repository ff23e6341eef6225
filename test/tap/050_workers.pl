# The life of the settler (design 6, src/worker/README.md): metered usage is settled within a second of
# its commit, whoever holds an account and whatever rows come; and the workers stand in nobody's way:
# not in that of DROP DATABASE, ALTER EXTENSION, a shutdown. A server killed under load: 020_crash.pl.
use strict;
use warnings;

use POSIX ();
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Time::HiRes qw(sleep time);

use BillingTest;

my $node = billing_node('workers', install => 0, start => 0,
	conf => [ 'max_connections = 40', 'max_prepared_transactions = 5', 'log_statement = none', 'autovacuum_naptime = 5s',
		'max_logical_replication_workers = 0' ]);
my $go_on = $node->basedir . '/go_on';
my %handles;

# ---- what the tests say ---------------------------------------------------------------------------

sub db { my ($database) = @_; return $handles{$database} //= connect_dbi($node, $database) }
sub leave { delete($handles{$_})->disconnect for grep { $handles{$_} } @_; return }
sub run { my ($database, $text) = @_; return db($database)->do($text) }
sub value { my ($database, $text) = @_; return scalar db($database)->selectrow_array($text) }

sub rows
{
	my ($database, $text) = @_;
	return join "\n", map { join '|', map { $_ // '' } @$_ } @{ db($database)->selectall_arrayref($text) };
}

# Copies of the books; the reload has the supervisor look for them before its next turn.
sub make_database
{
	run('postgres', "CREATE DATABASE $_ TEMPLATE books") for @_;
	run('postgres', 'SELECT pg_reload_conf()');
	return;
}

sub runs_in
{
	my ($database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok(wait_until(20, sub { return settler(db($database))->{status} eq 'running' }), $name // "a settler runs in $database");
}

# Appends so many requests of the accounts, named after what is tested.
sub append
{
	my ($database, $what, $accounts, $requests) = @_;
	run($database, <<"S");
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens)
SELECT a, 1, '$what ' || n, 'm', 1000, 1 FROM unnest('{$accounts}'::bigint[]) AS a, generate_series(1, $requests) AS n
S
	return;
}

sub times_recorded
{
	my ($database, $what) = @_;
	return value($database, "SELECT count(*) FROM billing_books.usage_event WHERE status = 'charged' AND starts_with(request_id, '$what ')");
}

# How long something takes. A busy machine may delay it somewhat, but not each time.
sub best_seconds
{
	my ($limit, $code, $tries) = @_;
	my @seconds;
	for my $try (1 .. $tries // 8)
	{
		my $start = time;
		$code->($try);
		push @seconds, time - $start;
		last if $seconds[-1] < $limit || $seconds[-1] > 5 * $limit;
	}
	note(join ' ', 'seconds:', map { sprintf '%.3f', $_ } @seconds);
	return (sort { $a <=> $b } @seconds)[0];
}

# Waits until the inbox holds nothing that the condition names.
sub wait_for_none
{
	my ($database, $condition) = @_;
	return wait_until(10, sub { return !value($database, "SELECT EXISTS (SELECT FROM billing_books.usage_inbox WHERE $condition)") });
}

# Waits until the settler has looked for rows since the instant and sleeps again.
sub wait_for_look
{
	my ($database, $since) = @_;
	return wait_until(15, sub {
		return value($database, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'billing settler' AND datname = current_database() AND state = 'idle' AND query_start > '$since'");
	});
}

# Waits until the settler has nothing to do and sleeps for long.
sub wait_for_sleep
{
	my ($database) = @_;
	return wait_until(15, sub {
		return value($database, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'billing settler' AND datname = current_database() AND state = 'idle' AND query_start < clock_timestamp() - interval '0.5 s'");
	});
}

# Makes every settler look at once; a reload wakes it as anything does.
sub look_now
{
	my ($database) = @_;
	my $since = value($database, 'SELECT clock_timestamp()');
	run('postgres', 'SELECT pg_reload_conf()');
	return wait_for_look($database, $since);
}

sub log_size { return -s $node->logfile }

sub log_lines
{
	my ($since, $pattern) = @_;
	return grep { /$pattern/ } split /\n/, slurp_file($node->logfile, $since);
}

# Processes that do the same again and again until end_clients().
my @clients;
sub start_clients
{
	my ($count, $database, $code) = @_;
	open my $flag, '>', $go_on or die $!;
	close $flag;
	for my $number (1 .. $count)
	{
		my $pid = fork // die "fork: $!";
		if (!$pid)
		{
			eval {
				my $dbh = connect_dbi($node, $database);
				for (my $i = 1; -e $go_on; $i++) { $code->($dbh, $number, $i) }
			};
			print STDERR $@ if $@;
			POSIX::_exit($@ ? 1 : 0);
		}
		push @clients, $pid;
	}
	return;
}

sub end_clients
{
	my $failed = 0;
	unlink $go_on;
	for my $pid (splice @clients)
	{
		waitpid $pid, 0;
		$failed++ if $?;
	}
	return $failed;
}

# ---- without workers ------------------------------------------------------------------------------

$node->start;
run('postgres', 'CREATE DATABASE books');
run('books', <<'S');
CREATE EXTENSION billing;
SELECT billing.install();
SELECT billing.set_price('m', c, 1, 2, effective_from => now() - interval '200 days') FROM unnest('{CNY,USD}'::text[]) AS c;
SELECT billing.create_account(n, CASE WHEN n % 2 = 0 THEN 'cn' ELSE 'global' END), billing.create_api_key(n, 'key') FROM generate_series(1, 20) AS n;
SET billing.clock_offset = '-100d';
SELECT billing.create_account(21, 'cn'), billing.create_api_key(21, 'key');
CREATE ROLE app;
SELECT billing.grant_access('app', 'app');
S
leave('books');
make_database('main');

is(settler(db('main'))->{status}, 'not preloaded', 'not preloaded: settler() says so');
is(value('main', "SELECT billing.meter(1, 1, 'by hand 1', 'm', 1000, 1)"), 'accepted', 'not preloaded: meter() works');
append('main', 'by hand, too', '1,2', 5);
is(value('main', 'SELECT billing.settle()'), 11, 'not preloaded: settle() by hand settles all');
is(rows('main', 'SELECT status, count(*), sum(charge) FROM billing_books.usage_event GROUP BY 1'), 'charged|11|0.011022000', 'not preloaded: each of them once');
is(value('main', 'SELECT unsettled_rows FROM billing.settler_lag'), 0, 'not preloaded: settler_lag is there');
is(rows('main', q(SELECT value, detail FROM billing.status() WHERE name = 'usage without occurred_at')), '10|in the last hour; repeated late it would count again: 5 of key 1 of account 1, 5 of key 1 of account 2', 'not preloaded: status() says what came without a stamp');
ok(!eval { value('main', "SELECT billing.pause_workers('1 s')"); 1 } && db('main')->state eq 'LB609', 'not preloaded: there is nothing to pause');
verify_empty($node, 'not preloaded: verify() is empty', 'main');
append('main', 'before workers', '1,2', 5);

# One process for all: it is the supervisor's.
leave('main', 'postgres');
$node->stop;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'billing'\nbilling.databases = 'main'\nmax_worker_processes = 1");
$node->start;
ok(wait_until(10, sub { return log_lines(0, 'WARNING:  no process is free for the billing settler of main') }), 'no worker process is free: a warning says so');
is(rows('main', "SELECT backend_type FROM pg_stat_activity WHERE backend_type LIKE 'billing%'"), 'billing supervisor', 'no worker process is free: the supervisor lives on');
is(settler(db('main'))->{status}, 'not running', 'no worker process is free: settler() says so');
is(value('main', "SELECT billing.meter(1, 1, 'before workers 6', 'm', 1000, 1)"), 'accepted', 'no worker process is free: meter() works');
is(value('main', 'SELECT billing.settle(1)'), 1, 'no worker process is free: settle() by hand, too');
is(scalar log_lines(0, 'no process is free'), 2, 'no worker process is free: said once of each kind');

# ---- settles within a second ----------------------------------------------------------------------

leave('main');
$node->stop;
my $log_start = log_size();
$node->adjust_conf('postgresql.conf', 'max_worker_processes', '40');
$node->adjust_conf('postgresql.conf', 'billing.databases', qq('main, prepared, missing, "evil\\nLOG:  forged"'));
$node->start;
runs_in('main', 'with a process it runs');
all_settled(db('main'), 'what was in the inbox before is settled');
is(times_recorded('main', 'before workers'), 11, 'each of them once');

# Whoever names a database writes no lines of the log.
ok(wait_until(10, sub { return log_lines($log_start, 'LOG:  database "evil LOG:  forged" of billing.databases does not exist') }), 'a name with a line break is one line of the log');

# A row of each way, by the role of an application.
my $app = connect_dbi($node, 'main');
$app->do('SET ROLE app');
my %ways = (
	'meter()' => sub { my ($id) = @_; $app->selectrow_array('SELECT billing.meter(2, 1, ?, ?, 1000, 1)', undef, $id, 'm') },
	'INSERT' => sub { my ($id) = @_; $app->do("INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (2, 1, ?, 'm', 1000, 1)", undef, $id) },
	'COPY' => sub {
		my ($id) = @_;
		$app->do('COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at) FROM STDIN');
		$app->pg_putcopydata(join("\t", 2, 1, $id, 'm', 1000, 1, 0, 0, '\N') . "\n");
		$app->pg_putcopyend;
	},
);
for my $way (sort keys %ways)
{
	my $lag;
	wait_for_sleep('main');
	my $seconds = best_seconds(1, sub {
		my ($try) = @_;
		my $since = settler(db('main'))->{settled_at};
		$ways{$way}->("$way $try");
		wait_until(15, sub { my $state = settler(db('main')); $lag = $state->{lag}; return $state->{settled_at} ne $since });
	});
	cmp_ok($seconds, '<', 1, "$way: settled within a second");
	cmp_ok($lag, '<', 1, "$way: settler() reports a lag below a second");
	is(value('main', "SELECT charge FROM billing_books.usage_event WHERE request_id = '$way 1'"), '0.001002000', "$way: charged by its price");
}
run('main', "BEGIN; SELECT billing.meter(2, 1, 'never 1', 'm', 1, 1); SAVEPOINT s; INSERT INTO billing_books.usage_inbox VALUES (2, 1, 'never 2', 'm', 1, 1); ROLLBACK TO s; ROLLBACK");
append('main', 'page', '2,3,4', 400);
all_settled(db('main'), 'many at once');
is(times_recorded('main', 'page'), 1200, 'each once');
append('main', 'batch', '3', 10);
all_settled(db('main'), 'a few at once');
is(value('main', "SELECT count(DISTINCT first_entry_no) FROM billing_books.usage_event WHERE starts_with(request_id, 'batch ')"), 1, 'in one batch');
wait_for_sleep('main');
is(rows('main', 'SELECT status, unsettled_rows, first_occurred_at, waiting, rows_left, paused_until FROM billing.settler_lag'), 'running|0|||0|', 'settler_lag: nothing waits');
is(times_recorded('main', 'never'), 0, 'what was rolled back is not there');

# A transaction that commits when the rows behind its own are settled, and everything that moves rows about.
my $late = connect_dbi($node, 'main');
$late->begin_work;
$late->do("SELECT billing.meter(5, 1, 'late 1', 'm', 1000, 1)");
append('main', 'early', '5,6,7', 3000);
ok(wait_for_none('main', 'true'), 'an earlier transaction is in progress: later ones are settled');
is(times_recorded('main', 'early'), 9000, 'each once');
cmp_ok(best_seconds(1, sub {
	$late->commit;
	wait_for_none('main', 'true');
	return if times_recorded('main', 'late') == 1;
	$late->begin_work;
}), '<', 1, 'committed at last, its row is settled within a second');
is(times_recorded('main', 'late'), 1, 'once');
run('main', 'VACUUM billing_books.usage_inbox');
append('main', 'vacuumed', '5,6', 10);
all_settled(db('main'), 'rows that stand in front again are settled');
$late->begin_work;
$late->do('SELECT billing.charge(5, 1, ?, ?, 1, 1)', undef, 'hold', 'm');
append('main', 'moved', '5,6', 500);
ok(wait_for_none('main', 'account_id = 6'), 'an account is held');
run('main', 'VACUUM FULL billing_books.usage_inbox');
$late->commit;
all_settled(db('main'), 'rows that VACUUM FULL moved are settled');
is(times_recorded('main', 'moved'), 1000, 'each once');

# By hand at the same time.
append('main', 'both', '1,2,3,4,5,6,7,8', 1000);
value('main', 'SELECT billing.settle(500)') for 1 .. 5;
all_settled(db('main'), 'settle() by hand beside the settler');
is(times_recorded('main', 'both'), 8000, 'each once');
verify_empty($node, 'verify() is empty', 'main');

# ---- accounts that somebody holds -----------------------------------------------------------------

my $holder = connect_dbi($node, 'main');
sub hold { $holder->begin_work; $holder->do("SELECT billing.charge(1, 1, ?, 'm', 1, 1)", undef, shift); return }

hold('holding');
append('main', 'held', '1', 100);
cmp_ok(best_seconds(1, sub { append('main', "free $_[0]", '2,3,4,5,6,7,8,9,10,11,12,13,14,15', 20); wait_for_none('main', 'account_id > 1') }), '<', 1,
	'an account is held by an idle transaction: all others are settled within a second');
cmp_ok(settler(db('main'))->{lag}, '<', 1, 'and settler() says so');
ok(wait_until(10, sub { return settler(db('main'))->{rows_left} == 100 }), 'it tells what it left');
is(value('main', 'SELECT unsettled_rows FROM billing.settler_lag'), 100, 'so does settler_lag');
cmp_ok(best_seconds(1, sub { append('main', "free again $_[0]", '2,3', 1); wait_for_none('main', 'account_id > 1') }), '<', 1, 'others are settled as long as it lasts');
my $first = 1;
cmp_ok(best_seconds(1, sub {
	if (!$first) { hold("holding $_[0]"); append('main', "held $_[0]", '1', 100) }
	$first = 0;
	$holder->commit;
	wait_for_none('main', 'true');
}), '<', 1, 'released, its rows are settled within a second');
is(times_recorded('main', 'held') % 100, 0, 'each once');

# More rows of it than the settler lists at once; most of them come again and again.
hold('holding many');
run('main', "INSERT INTO billing_books.usage_inbox SELECT 1, 1, 'many ' || n % 1000, 'm', 1000, 1 FROM generate_series(1, 100100) AS n");
cmp_ok(best_seconds(1, sub { append('main', "beside $_[0]", '2,3,4', 20); wait_for_none('main', 'account_id > 1') }), '<', 1,
	'an account with more than 100,000 rows is held: all others are settled within a second');
$holder->commit;
all_settled(db('main'), 'released, they are settled');
is(times_recorded('main', 'many'), 1000, 'each once');

# An account that is always in use; several wait for it at any time.
start_clients(8, 'main', sub {
	my ($dbh, $number, $i) = @_;
	$dbh->begin_work;
	$dbh->do("SELECT billing.charge(1, 1, ?, 'm', 1, 1)", undef, "busy $number $i");
	sleep 0.02;
	$dbh->commit;
});
wait_until(10, sub { return times_recorded('main', 'busy') > 20 });
for my $try (1 .. 4)
{
	append('main', "busy meter $try", '1,2', 50);
	ok(wait_for_none('main', 'account_id = 2'), "an account is busy, $try: others are settled");
	ok(wait_for_none('main', 'true'), "an account is busy, $try: and its own rows");
}
is(end_clients(), 0, 'whoever uses it goes on');
is(times_recorded('main', 'busy meter'), 400, 'each once');
verify_empty($node, 'accounts that are held: verify() is empty', 'main');

# ---- prepared transactions; how it comes out is looked at later ------------------------------------

make_database('prepared');
runs_in('prepared');
run('prepared', "BEGIN; SELECT billing.meter(1, 1, 'prepared 1', 'm', 1000, 1); INSERT INTO billing_books.usage_inbox VALUES (1, 1, 'prepared 2', 'm', 1000, 1); PREPARE TRANSACTION 'yes'");
run('prepared', "BEGIN; SELECT billing.meter(1, 1, 'never 1', 'm', 1000, 1); PREPARE TRANSACTION 'no'");
ok(look_now('prepared'), 'prepared transactions: the settler looks');
is(value('prepared', 'SELECT count(*) FROM billing_books.usage_event'), 0, 'and finds nothing');
my $committed_at = value('prepared', "SELECT clock_timestamp()");
run('prepared', "COMMIT PREPARED 'yes'");
run('prepared', "ROLLBACK PREPARED 'no'");

# ---- rows that cannot be usage --------------------------------------------------------------------

sub row { my %row = (account => 2, key => 1, id => 'x', model => 'm', in => 1, out => 1, read => 0, write => 0, at => '\N', @_); return join("\t", @row{qw(account key id model in out read write at)}) . "\n" }

run('main', "SELECT billing.charge(2, 1, 'recorded', 'm', 7, 7)");
my $log_before = log_size();
my $pid_before = settler(db('main'))->{pid};
my @bad = (
	row(account => '\N'), row(key => '\N'), row(id => '\N'), row(model => '\N'), row(in => '\N'), row(out => '\N'), row(read => '\N'), row(write => '\N'),
	join("\t", ('\N') x 9) . "\n",
	row(id => ''), row(model => '  '), row(id => 'x' x 201), row(model => "\x{c3}\x{a4}" x 101), row(id => 'y' x 100_000),
	row(in => -1), row(out => 200_000_001), row(read => '9223372036854775807'), row(write => '-9223372036854775808'),
	row(at => 'infinity'), row(at => '-infinity'),
	row(account => 4711), row(account => 0), row(account => -1), row(account => '-9223372036854775808'), row(account => '9223372036854775807'),
	row(key => 99), row(key => 0), row(key => '-9223372036854775808'),
	row(id => 'ahead', at => '2100-01-01 00:00+00'), row(id => 'before', at => '2020-01-01 00:00+00'), row(account => 21, id => 'old', at => POSIX::strftime('%F %T+00', gmtime time - 86400 * 50)),
	row(id => 'recorded', in => 8), row(id => 'twice', in => 5, at => POSIX::strftime('%F %T+00', gmtime time + 60)),
);
my @good = (map({ row(id => "good $_", account => $_) } 1 .. 20), row(id => "good \\\\ \\t \\n \x{e4}\x{b8}\x{ad}"), row(id => 'recorded', in => 7, out => 7), row(id => 'twice', in => 4), row(id => 'twice', in => 4));
my $copy = connect_dbi($node, 'main');
$copy->begin_work;
$copy->do('COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at) FROM STDIN');
$copy->pg_putcopydata($_) for map { ($bad[$_], $good[$_] // ()) } 0 .. $#bad;
$copy->pg_putcopyend;
$copy->do('CREATE TEMP TABLE came AS SELECT * FROM billing_books.usage_inbox');
$copy->commit;
all_settled(db('main'), 'rows of all kinds: none stays');
is(rows('main', "SELECT sqlstate, reason, detail FROM billing_books.usage_set_aside ORDER BY sqlstate, detail COLLATE \"C\""), join("\n", map { s/^\t*//r } split /\n/, <<'S'), 'rows that cannot be usage are set aside with their reason');
	LB101|null_argument|account_id must not be null
	LB101|null_argument|account_id must not be null
	LB101|null_argument|cache_read_tokens must not be null
	LB101|null_argument|cache_write_tokens must not be null
	LB101|null_argument|input_tokens must not be null
	LB101|null_argument|key_id must not be null
	LB101|null_argument|model must not be null
	LB101|null_argument|output_tokens must not be null
	LB101|null_argument|request_id must not be null
	LB102|text_empty|model must not be empty
	LB102|text_empty|request_id must not be empty
	LB103|text_too_long|model is longer than 200 bytes
	LB103|text_too_long|request_id is longer than 200 bytes
	LB103|text_too_long|request_id is longer than 200 bytes
	LB104|out_of_range|cache_read_tokens must be 0 to 200,000,000, is 9,223,372,036,854,775,807
	LB104|out_of_range|cache_write_tokens must be 0 to 200,000,000, is -9,223,372,036,854,775,808
	LB104|out_of_range|input_tokens must be 0 to 200,000,000, is -1
	LB104|out_of_range|output_tokens must be 0 to 200,000,000, is 200,000,001
	LB105|not_finite|occurred_at must be a finite value
	LB105|not_finite|occurred_at must be a finite value
	LB201|account_unknown|account -1 does not exist
	LB201|account_unknown|account -9223372036854775808 does not exist
	LB201|account_unknown|account 0 does not exist
	LB201|account_unknown|account 4711 does not exist
	LB201|account_unknown|account 9223372036854775807 does not exist
	LB206|key_unknown|account 2 has no API key -9223372036854775808
	LB206|key_unknown|account 2 has no API key 0
	LB206|key_unknown|account 2 has no API key 99
	LB301|usage_in_future|request "ahead" of account 2 is stamped in the future
	LB302|usage_before_account|request "before" is stamped before account 2 was created
	LB303|usage_too_old|request "old" of account 21 is older than the dedupe window
	LB304|request_conflict|request "recorded" of account 2 was recorded with another payload: key 1, model "m", 7 input + 7 output + 0 cache read + 0 cache write tokens, now key 1, model "m", 8 input + 1 output + 0 cache read + 0 cache write tokens
	LB304|request_conflict|request "twice" of account 2 was recorded with another payload: key 1, model "m", 4 input + 1 output + 0 cache read + 0 cache write tokens, now key 1, model "m", 5 input + 1 output + 0 cache read + 0 cache write tokens
S
my $columns = 'account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at';
is($copy->selectrow_array("SELECT count(*) FROM (SELECT $columns FROM billing_books.usage_set_aside EXCEPT ALL SELECT " . $columns =~ s/(request_id|model)/left($1, 1000)/gr . ' FROM came) AS x'), 0, 'as they came, texts cut to 1,000 characters');
is($copy->selectrow_array('SELECT count(*) FROM came'), @bad + @good, 'all of them came at once');
is(times_recorded('main', 'good'), 21, 'the good ones of the batch count');
is(rows('main', "SELECT status, input_tokens, count(*) FROM billing_books.usage_event WHERE request_id = 'twice' GROUP BY 1, 2"), 'charged|4|1', 'one that came twice counts once, the earlier one');
is(settler(db('main'))->{pid}, $pid_before, 'the settler went on');
is_deeply([ log_lines($log_before, '(WARNING|ERROR|FATAL):.*') ], [], 'and had nothing to log');
ok(!eval { run('main', 'DELETE FROM billing_books.usage_set_aside'); 1 }, 'what is set aside stays');
verify_empty($node, 'rows that cannot be usage: verify() is empty', 'main');

append('main', 'nobody', '4711,4712', 2);
all_settled(db('main'), 'rows of nobody alone: none stays');
is(value('main', "SELECT count(*) FROM billing_books.usage_set_aside WHERE starts_with(request_id, 'nobody ')"), 4, 'rows of nobody alone are set aside');

# Rows that the tables refuse: by a trigger, by a constraint.
run('main', <<'S');
CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.request_id = 'poison 1' THEN RAISE EXCEPTION E'this is\npoison'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_poison BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION refuse_poison();
ALTER TABLE billing_books.usage_event ADD CONSTRAINT no_poison CHECK (request_id <> 'poison 2') NOT VALID;
S
run('main', <<'S');
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens)
SELECT 1 + n % 20, 1, CASE n WHEN 333 THEN 'poison 1' WHEN 777 THEN 'poison 2' ELSE 'healthy ' || n END, 'm', 1000, 1 FROM generate_series(1, 1000) AS n
S
all_settled(db('main'), 'poison: none stays');
is(times_recorded('main', 'healthy'), 998, 'poison: all others count');
is(rows('main', "SELECT request_id, sqlstate, reason, detail FROM billing_books.usage_set_aside WHERE request_id LIKE 'poison%' ORDER BY 1"),
	"poison 1|LB699|internal|P0001: this is\npoison\npoison 2|LB699|internal|23514: new row for relation \"" . value('main', "SELECT tableoid::regclass FROM billing_books.usage_event WHERE request_id = 'healthy 1'") =~ s/.*\.//r . "\" violates check constraint \"no_poison\"",
	'poison: set aside with what went wrong');
is(settler(db('main'))->{pid}, $pid_before, 'poison: the settler went on');
is(scalar log_lines($log_before, 'WARNING:  1 row of usage_inbox was set aside: (this is poison|new row)'), 1, 'poison: a line of the log, and no other for a minute');

# One that cannot be set aside either stays where it is, and in nobody's way.
run('main', 'CREATE TRIGGER refuse_poison BEFORE INSERT ON billing_books.usage_set_aside FOR EACH ROW EXECUTE FUNCTION refuse_poison()');
run('main', "INSERT INTO billing_books.usage_inbox VALUES (3, 1, 'poison 1', 'm', 3, 3)");
append('main', 'beside poison', '2,3,4', 10);
ok(wait_for_none('main', "request_id <> 'poison 1'"), 'poison that cannot be set aside: all others are settled');
is(times_recorded('main', 'beside poison'), 30, 'poison that cannot be set aside: each once');
is(value('main', 'SELECT request_id FROM billing_books.usage_inbox'), 'poison 1', 'poison that cannot be set aside: it stays');
is(settler(db('main'))->{pid}, $pid_before, 'poison that cannot be set aside: the settler goes on');
is(scalar log_lines($log_before, 'WARNING:  1 row of usage_inbox stays there, since its booking fails: this is poison'), 1, 'poison that cannot be set aside: said once');
run('main', 'DROP TRIGGER refuse_poison ON billing_books.usage_set_aside');
all_settled(db('main'), 'poison that cannot be set aside: later it is');

run('main', 'DROP TRIGGER refuse_poison ON billing_books.usage_event; ALTER TABLE billing_books.usage_event DROP CONSTRAINT no_poison');
run('main', "SELECT billing.retry_set_aside(array_agg(set_aside_no), 'put right') FROM billing_books.usage_set_aside WHERE request_id LIKE 'poison%' AND input_tokens = 1000");
all_settled(db('main'), 'poison: put right and metered again');
is(times_recorded('main', 'poison'), 2, 'poison: it counts');
verify_empty($node, 'poison: verify() is empty', 'main');

# Where rows of many accounts fail alike, it is not theirs: after 20 they stay, in nobody's way, and are tried again.
run('main', "ALTER TABLE billing_books.usage_event ADD CONSTRAINT no_everybody CHECK (request_id NOT LIKE 'everybody %') NOT VALID");
append('main', 'everybody', '1,2,3,4,5,6', 500);
append('main', 'beside everybody', '1,2,3,4,5,6', 50);
ok(wait_for_none('main', "request_id LIKE 'beside %'"), 'everybody: all others are settled');
is(times_recorded('main', 'beside everybody'), 300, 'everybody: each once');
is(value('main', "SELECT count(*) FROM billing_books.usage_set_aside WHERE request_id LIKE 'everybody%'"), 20, 'everybody: 20 rows are set aside');
is(value('main', "SELECT count(*) FROM billing_books.usage_inbox WHERE request_id LIKE 'everybody%'"), 2980, 'everybody: the others stay');
ok(wait_until(10, sub { value('main', 'SELECT rows_failed FROM billing.settler()') == 2980 }), 'everybody: settler() counts them');
ok(wait_until(10, sub { !eval { run('main', "SELECT billing.check_health('1 s')"); 1 } && $@ =~ /the booking of 2980 rows of usage fails since/ }), 'everybody: check_health() complains');
is(settler(db('main'))->{pid}, $pid_before, 'everybody: the settler goes on');
run('main', 'ALTER TABLE billing_books.usage_event DROP CONSTRAINT no_everybody');
all_settled(db('main'), 'everybody: mended, all are settled without more ado');
run('main', "SELECT billing.retry_set_aside(array_agg(set_aside_no), 'mended') FROM billing_books.usage_set_aside WHERE request_id LIKE 'everybody%'");
all_settled(db('main'), 'everybody: those that were set aside, too');
is(times_recorded('main', 'everybody'), 3000, 'everybody: each once');
is(value('main', 'SELECT rows_failed FROM billing.settler()'), 0, 'everybody: nothing fails any more');
verify_empty($node, 'everybody: verify() is empty', 'main');

# Nothing is wrong with the rows where all of them fail: they wait.
run('main', 'ALTER TABLE billing_books.usage_event RENAME TO usage_event_elsewhere');
append('main', 'waits for its table', '3,4', 10);
ok(wait_until(10, sub { return log_lines($log_before, '(ERROR|WARNING):.*usage_event" does not exist|set aside: relation') }), 'a table is missing: it shows');
run('main', 'ALTER TABLE billing_books.usage_event_elsewhere RENAME TO usage_event');
all_settled(db('main'), 'a table is missing: later all is settled');
is(times_recorded('main', 'waits for its table'), 20, 'a table is missing: each row counts');

# ---- settings of the database are no obstacle -----------------------------------------------------

make_database('settings');
run('postgres', <<'S');
ALTER DATABASE settings SET default_transaction_isolation = 'serializable';
ALTER DATABASE settings SET lock_timeout = '1ms';
ALTER DATABASE settings SET search_path = 'pg_temp, nowhere';
ALTER DATABASE settings SET synchronous_commit = 'off';
ALTER DATABASE settings SET DateStyle = 'German';
ALTER DATABASE settings SET row_security = 'off';
S
list_databases($node, qw(main prepared missing settings));
my $hostile = connect_dbi($node, 'settings');
$hostile->do('SET lock_timeout = 0');
$hostile->do("SET default_transaction_isolation = 'read committed'");
$handles{settings} = $hostile;
runs_in('settings', 'a reload adds a database: a settler starts');
my $settings_pid = settler($hostile)->{pid};
start_clients(2, 'settings', sub {
	my ($dbh, $number, $i) = @_;
	$dbh->do("SET lock_timeout = 0; SET default_transaction_isolation = 'read committed'") if $i == 1;
	$dbh->do("SELECT billing.charge(?, 1, ?, 'm', 1, 1)", undef, 1 + $i % 3, "strict $number $i");
	$dbh->do("SELECT billing.meter(?, 1, ?, 'm', 1, 1)", undef, 1 + $i % 3, "metered $number $i");
});
# The settler waits for an account that is changed meanwhile, time and again.
for my $i (1 .. 8)
{
	$hostile->begin_work;
	$hostile->do('SELECT billing.charge(1, 1, ?, ?, 1, 1)', undef, "strictly held $i", 'm');
	sleep 0.1;
	$hostile->commit;
}
is(end_clients(), 0, 'serializable by default, search_path elsewhere: the load is not disturbed');
all_settled($hostile, 'and all is settled');
is(settler($hostile)->{pid}, $settings_pid, 'by the same settler');
verify_empty($node, 'settings: verify() is empty', 'settings');

# ---- the list -------------------------------------------------------------------------------------

list_databases($node, qw(main prepared missing));
ok(wait_until(10, sub { return settler($hostile)->{status} eq 'not running' }), 'a reload removes a database: its settler ends');
append('settings', 'unlisted', '1', 3);
is(value('settings', 'SELECT unsettled_rows FROM billing.settler_lag'), 3, 'what is metered waits');
list_databases($node, qw(main prepared missing settings bare dropped_1 dropped_2 dropped_3 source copy renamed other));
all_settled($hostile, 'a reload adds it again: it is settled');
is(times_recorded('settings', 'unlisted'), 3, 'once');

$pid_before = settler(db('main'))->{pid};
run('main', "SELECT pg_terminate_backend($pid_before)");
append('main', 'terminated', '1,2', 10);
all_settled(db('main'), 'pg_terminate_backend(): it comes back and settles');
isnt(settler(db('main'))->{pid}, $pid_before, 'as another process');
is(times_recorded('main', 'terminated'), 20, 'each once');

# By order is no failure: it does not come back later each time.
sub seconds_to_come_back
{
	my ($database) = @_;
	my $pid = settler(db($database))->{pid};
	my $start = time;
	run('postgres', "SELECT pg_terminate_backend($pid)");
	wait_until(20, sub { my $new = settler(db($database))->{pid}; return $new && $new != $pid });
	note(sprintf '%s: came back after %.1f s', $database, time - $start);
	return time - $start;
}
cmp_ok((map { seconds_to_come_back('main') } 1 .. 5)[-1], '<', 5, 'pg_terminate_backend(), again and again: it comes back as soon as the first time');

is(scalar log_lines($log_start, 'database "missing" of billing.databases does not exist'), 1, 'a listed database does not exist: one line of the log');

# Another supervisor knows the settlers that are there: it hears of their end, not at its next turn.
my @after_another;
for (1 .. 3)
{
	my $supervisor = value('main', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'billing supervisor'");
	run('main', "SELECT pg_terminate_backend($supervisor)");
	wait_until(20, sub { return value('main', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'billing supervisor' AND pid <> $supervisor AND state = 'idle'") });
	push @after_another, seconds_to_come_back('main');
	last if $after_another[-1] < 4;
}
cmp_ok((sort { $a <=> $b } @after_another)[0], '<', 4, 'another supervisor: a settler that ends is started again soon');

# DROP DATABASE was interrupted: nobody can connect, and it is said once.
make_database('invalid');
run('postgres', "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'invalid'");
my $log_invalid = log_size();
list_databases($node, qw(main prepared missing settings bare dropped_1 dropped_2 dropped_3 source copy renamed other invalid));
ok(wait_until(10, sub { return log_lines($log_invalid, '"invalid" of billing.databases does not exist or does not allow connections') }), 'an invalid database is told of');
sleep 2.5;
is(scalar log_lines($log_invalid, '"invalid" of billing|FATAL: .*invalid'), 1, 'an invalid database: nobody tries to connect to it') or diag(join "\n", log_lines($log_invalid, 'invalid'));
run('postgres', "UPDATE pg_database SET datconnlimit = -1 WHERE datname = 'invalid'");
run('postgres', 'SELECT pg_reload_conf()');
runs_in('invalid', 'a database that is valid again has a settler');
leave('invalid');
run('postgres', 'DROP DATABASE invalid WITH (FORCE)');

# Dropped below a settler at work. What the log says of it afterwards is looked at later.
my @dropped = map { "dropped_$_" } 1 .. 3;
make_database(@dropped);
for my $database (@dropped)
{
	runs_in($database);
	append($database, 'backlog', '1,2,3,4', 3000);
	leave($database);
}
my $log_dropped = log_size();
cmp_ok(best_seconds(1, sub { run('postgres', "DROP DATABASE $dropped[$_[0] - 1] WITH (FORCE)") }, 3), '<', 1, 'DROP DATABASE ... WITH (FORCE) of a settler at work takes less than a second');
run('postgres', "DROP DATABASE IF EXISTS $_ WITH (FORCE)") for @dropped;

run('postgres', 'CREATE DATABASE missing TEMPLATE books');
append('missing', 'created', '1', 5);

# A database without the extension, then without tables.
run('postgres', 'CREATE DATABASE bare');
run('postgres', 'SELECT pg_reload_conf()');
my $appeared = wait_until(20, sub { return value('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'billing settler' AND datname = 'bare'") });
ok($appeared, 'a database without the extension has a settler');
my $log_bare = log_size();
ok(look_now('bare'), 'it sleeps');
run('bare', 'CREATE EXTENSION billing');
ok(look_now('bare'), 'the extension without tables: it sleeps');
run('bare', "SELECT billing.install(), billing.create_account(1, 'cn'), billing.create_api_key(1, 'key')");
run('bare', "SELECT billing.set_price('m', 'CNY', 1, 2, effective_from => now() - interval '1 day')");
cmp_ok(best_seconds(1, sub { append('bare', "installed $_[0]", '1', 3); wait_for_none('bare', 'true') }), '<', 1, 'with tables it settles within a second');
is(times_recorded('bare', 'installed 1'), 3, 'each once');
verify_empty($node, 'bare: verify() is empty', 'bare');
is_deeply([ log_lines($log_bare, '\[\d+\] (?!main|settings)\S* ?(ERROR|FATAL|WARNING)') ], [], 'without a word in the log');

# ---- another version of the tables ----------------------------------------------------------------

make_database('other');
runs_in('other');
my $log_other = log_size();
my $pid_other = settler(db('other'))->{pid};
run('other', "INSERT INTO billing_books.schema_version (version, installed_at) VALUES (999, clock_timestamp() + interval '1 hour')");
append('other', 'version', '1,2', 5);
ok(look_now('other'), 'another version of the tables: the settler looks');
is(rows('other', 'SELECT (SELECT count(*) FROM billing_books.usage_inbox), (SELECT count(*) FROM billing_books.usage_event)'), '10|0', 'and leaves all as it is');
run('other', 'DELETE FROM billing_books.schema_version WHERE version = 999');
append('other', 'version mended', '1,2', 5);
all_settled(db('other'), 'with its own version it goes on');
is(times_recorded('other', 'version'), 20, 'each once');

# DDL of the extension beside a settler at work.
run('other', "SET lock_timeout = '5s'");
start_clients(2, 'other', sub { my ($dbh, $number, $i) = @_; $dbh->do("SELECT billing.meter(?, 1, ?, 'm', 1, 1)", undef, 1 + $i % 5, "altered $number $i") });
append('other', 'altered', '6,7,8,9', 2000);
run('other', 'ALTER EXTENSION billing UPDATE');
run('other', 'CREATE TABLE member (); ALTER EXTENSION billing ADD TABLE member; ALTER EXTENSION billing DROP TABLE member; DROP TABLE member');
run('other', 'SELECT billing.install(), billing.migrate()');
is(end_clients(), 0, 'ALTER EXTENSION UPDATE, ADD, DROP and install() beside a settler at work: nobody is disturbed');
all_settled(db('other'), 'all is settled');

append('other', 'left', '1,2,3,4,5,6,7,8', 2000);
run('other', 'DROP EXTENSION billing CASCADE');
append('other', 'without', '1,2', 5);
ok(look_now('other'), 'DROP EXTENSION CASCADE: the settler sleeps');
cmp_ok(value('other', 'SELECT count(*) FROM billing_books.usage_inbox'), '>=', 10, 'rows wait');
run('other', 'CREATE EXTENSION billing; SELECT billing.install(), billing.migrate()');
append('other', 'again', '1', 1);
all_settled(db('other'), 'CREATE EXTENSION and install(): it goes on');
is(times_recorded('other', 'left') . ' ' . times_recorded('other', 'without'), '16000 10', 'each once');
is(value('other', 'SELECT count(*) FROM billing_books.usage_set_aside'), 0, 'nothing was set aside');
is(settler(db('other'))->{pid}, $pid_other, 'it was the same settler all the time');
is_deeply([ log_lines($log_other, 'ERROR|FATAL') ], [], 'and the log has no word of it');
verify_empty($node, 'DROP EXTENSION: verify() is empty', 'other');

# ---- databases that go ----------------------------------------------------------------------------

make_database('source');
runs_in('source');
append('source', 'copied', '1', 3);
all_settled(db('source'), 'a database to copy');
my $until = value('source', "SELECT billing.pause_workers('1 hour')");
my $paused = settler(db('source'));
is("$paused->{status} " . ($paused->{pid} // 'no process') . " $paused->{paused_until}", "paused no process $until", 'pause_workers(): it has ended, and settler() says until when it pauses');
append('source', 'copied', '2', 4);
is(value('source', 'SELECT unsettled_rows FROM billing.settler_lag'), 4, 'what is metered meanwhile waits');
look_now('main') for 1 .. 2;
is(settler(db('source'))->{status}, 'paused', 'it still pauses when the supervisor has looked');
leave('source');
ok(eval { run('postgres', 'CREATE DATABASE copy TEMPLATE source'); 1 }, 'CREATE DATABASE ... TEMPLATE of a paused database') or diag($@);
run('postgres', 'SELECT pg_reload_conf()');
all_settled(db('copy'), 'the copy settles by itself what was left');
is(times_recorded('copy', 'copied'), 7, 'each once');
verify_empty($node, 'the copy: verify() is empty', 'copy');
ok(!defined value('source', "SELECT billing.pause_workers('0')"), 'a pause of 0 ends it');
all_settled(db('source'), 'the original goes on, too');
is(times_recorded('source', 'copied'), 7, 'each once there as well');
value('source', "SELECT billing.pause_workers('1 hour')");
leave('source');
ok(eval { run('postgres', 'ALTER DATABASE source RENAME TO renamed'); 1 }, 'RENAME of a paused database') or diag($@);
run('postgres', 'SELECT pg_reload_conf()');
append('renamed', 'renamed', '1', 3);
runs_in('renamed', 'under its new name it has a settler');
all_settled(db('renamed'), 'which settles');
verify_empty($node, 'renamed: verify() is empty', 'renamed');
value('renamed', "SELECT billing.pause_workers('1 hour')");
leave('renamed');
ok(eval { run('postgres', 'DROP DATABASE renamed'); 1 }, 'plain DROP DATABASE of a paused database') or diag($@);
value('copy', "SELECT billing.pause_workers('500 ms')");
append('copy', 'after the pause', '1', 3);
all_settled(db('copy'), 'a pause ends by itself');

# ---- what was left for later ----------------------------------------------------------------------

all_settled(db('missing'), 'a listed database that was created later has a settler, which settles');
is(times_recorded('missing', 'created'), 5, 'each once');
all_settled(db('prepared'), 'COMMIT PREPARED: settled');
is(times_recorded('prepared', 'prepared') . ' ' . times_recorded('prepared', 'never'), '2 0', 'each once, and nothing of ROLLBACK PREPARED');
note('COMMIT PREPARED, settled after ' . value('prepared', "SELECT settled_at - '$committed_at' FROM billing.settler()"));
verify_empty($node, 'prepared transactions: verify() is empty', 'prepared');
# A listed database that does not exist: a line of each; a settler that was being started then: one more.
my @said = log_lines($log_dropped, '"dropped_\d"|FATAL:  database');
cmp_ok(scalar @said, '<=', 6, 'dropped databases leave no loop in the log') or diag(join "\n", @said);

# ---- shutdown -------------------------------------------------------------------------------------

my $settled = times_recorded('main', 'shutdown');
start_clients(2, 'main', sub { my ($dbh, $number, $i) = @_; eval { $dbh->do("SELECT billing.meter(?, 1, ?, 'm', 1, 1)", undef, 1 + $i % 5, "client $number $i"); 1 } or unlink $go_on });
append('main', 'shutdown', '1,2,3,4,5,6,7,8,9,10', 4000);
wait_until(10, sub { return times_recorded('main', 'shutdown') > 0 });
leave(keys %handles);
$_->disconnect for $app, $late, $holder, $copy;
my $start = time;
$node->stop('fast');
cmp_ok(time - $start, '<', 2, 'a fast shutdown under load takes less than 2 s');
end_clients();
$node->start;
cmp_ok(value('main', "SELECT unsettled_rows FROM billing.settler_lag"), '>=', 0, 'started again');
all_settled(db('main'), 'what was left is settled');
is(times_recorded('main', 'shutdown'), 40_000, 'each once');
verify_empty($node, 'after the shutdown: verify() is empty', 'main');
leave(keys %handles);
$start = time;
$node->stop('fast');
cmp_ok(time - $start, '<', 2, 'a fast shutdown of idle workers takes less than 2 s');

done_testing();
