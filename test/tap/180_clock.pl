# A wrong clock dates money for ever, so while it is not believed nothing is booked (design 4): set while the server
# runs, found wrong when it starts or is promoted. What is no fault of the clock stops nobody: idleness, small steps,
# a restored dump.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use BillingTest;
use FalseClock;

my $node = billing_node('clock', preload => 'billing', conf => 'restart_after_crash = on', start => 0, init => { allows_streaming => 1 });
my $clock = FalseClock->new($node);
my $charges = 0;

sub value { my ($text, $where) = @_; return ($where // $node)->safe_psql('postgres', $text) }

# The answer, or SQLSTATE and message where it is refused.
sub answer
{
	my ($text, $where) = @_;
	my ($code, $out, $err) = ($where // $node)->psql('postgres', "\\set VERBOSITY verbose\n$text", on_error_stop => 1);
	return $code == 0 ? $out : $err =~ /ERROR:  (.*)/ ? $1 : $err;
}

sub charge { my ($account, $where) = @_; $charges++; return answer("SELECT status FROM billing.charge($account, 1, 'request $charges', 'm', 10, 1)", $where) }

sub believed
{
	my ($name, $account, $where) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is(charge($account // 1, $where), 'charged', "$name: a charge is booked");
	is(value("SELECT value FROM billing.status() WHERE name = 'clock check'", $where), 'believed', "$name: status() says so");
	return;
}

# Nothing is booked, for that reason, and everybody who watches hears it.
sub doubted
{
	my ($name, $why, $where) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	like(charge(1, $where), qr/^LB620: the server's clock is not believed: it $why/, "$name: a charge is refused");
	like(value("SELECT value, detail FROM billing.status() WHERE name = 'clock check'", $where), qr/^not believed\|it $why/, "$name: status() says why");
	like(answer("SELECT billing.check_health()", $where), qr/^LB611: .*clock is not believed/, "$name: check_health() complains");
	return;
}

# ---- while the server runs --------------------------------------------------------------------------

$clock->start;
value('CREATE EXTENSION billing; SELECT billing.install()');
value(<<'S');
SELECT billing.create_account(n, 'cn'), billing.set_balance_alert(n, 0.01) FROM generate_series(1, 9) AS n;
SELECT billing.set_price('m', 'CNY', 1.25, 3.5, effective_from => clock_timestamp() - interval '1 day');
SELECT billing.create_api_key(n, 'key'), billing.grant_bonus(n, 100, 'gift') FROM generate_series(1, 9) AS n;
CREATE ROLE plain;
GRANT EXECUTE ON FUNCTION billing.confirm_clock TO plain;
GRANT USAGE ON SCHEMA billing TO plain;
S
believed('at the right time');
is(answer("SELECT billing.confirm_clock('why not')"), 'f', 'nothing is to be confirmed');

$clock->set('+9m');
believed('9 minutes ahead', 2);
$clock->set('-9m');
believed('9 minutes back', 3);
$clock->set('+11m');
doubted('11 minutes ahead', 'was set 11 min 0 s ahead while the server ran');

my @refused = (
	"SELECT billing.set_price('n', 'CNY', 1, 1)", "SELECT billing.end_prices('m', 'CNY')", "SELECT billing.close_partitions()", "SELECT billing.make_partitions()",
	"SELECT billing.book_expired()", "SELECT billing.earn_plans()", "SELECT billing.sum_usage()", "SELECT billing.grant_bonus(1, 1, 'another')",
	"SELECT billing.create_account(10, 'cn')", "SELECT billing.create_api_key(1, 'another')", "SELECT billing.meter(1, 1, 'unstamped', 'm', 1, 1)",
	"SELECT billing.create_plan('p', 'cn', 1, 1, days => 1)", "SELECT billing.create_promotion('p', 'cn', 1, gift => 1, gift_days => 1)", "SELECT billing.record_offline_payment(1, 1, 'p', 'b')");
like(answer($_), qr/^LB620: /, "refused: $_") for @refused;
is(answer("SELECT billing.meter(1, 1, 'stamped', 'm', 10, 1, occurred_at => clock_timestamp() - interval '11 min')"), 'accepted', 'usage with a stamp of its own is taken');
like(answer('SELECT billing.settle()'), qr/^LB620: /, 'and not settled');
is(value('SELECT count(*) FROM billing_books.usage_inbox'), 1, 'it waits');
is(answer("SELECT reason, allowed FROM billing.authorize(1, 1)"), '|t', 'who may call is answered');
$clock->set('-2d');
doubted('2 days back', 'was set 2 days 0 h back while the server ran');
$clock->set('+0');
believed('the clock is right again');
is(value('SELECT billing.settle()'), 1, 'what was metered meanwhile is settled');
is(value('SELECT count(*) FROM billing_books.usage_set_aside'), 0, 'nothing of it was set aside');

is(answer("SET billing.clock_offset = '50d'; SELECT status FROM billing.charge(9, 1, 'of a test', 'm', 10, 1)"), 'charged', 'travelling by billing.clock_offset is none of it');

# Somebody walks it ahead by a minute, and another one: each step alone would pass.
my @walk = map { $clock->set("+${_}m"); charge(4) } 1 .. 12;
is_deeply([ map { /^LB620/ ? 'refused' : $_ } @walk ], [ ('charged') x 10, 'refused', 'refused' ], 'many small steps are a jump');
$clock->set('+0');
believed('and back');

# ---- a superuser says that it is right ------------------------------------------------------------------

$clock->set('+1h');
doubted('an hour ahead', 'was set 1 h 0 min ahead');
like(answer("SET ROLE plain; SELECT billing.confirm_clock('mine')"), qr/^LB608: /, 'confirm_clock() is for a superuser');
like(answer("SELECT billing.confirm_clock(NULL)"), qr/^LB101: /, 'and needs a reason');
is(answer("BEGIN; SELECT billing.confirm_clock('rolled back'); ROLLBACK"), 't', 'one that is rolled back');
like(charge(1), qr/^LB620: /, 'confirms nothing');
is(answer("BEGIN; SAVEPOINT s; SELECT billing.confirm_clock('rolled back, too'); ROLLBACK TO s; COMMIT"), 't', 'nor does one that is rolled back to a savepoint');
like(charge(1), qr/^LB620: /, 'still nothing');
is(answer("SELECT billing.confirm_clock('summer time by hand', 'me')"), 't', 'it is confirmed');
is(value("SELECT string_agg(concat_ws('|', object, old_value, new_value, actor, reason), ',') FROM billing_books.audit_log WHERE action = 'confirm_clock'"),
	"the server's clock|was set 1 h 0 min ahead while the server ran|me|summer time by hand", 'it is in the audit log, once');
believed('confirmed', 5);

$clock->set('+2h');
is(answer("BEGIN; SELECT billing.confirm_clock('kept'); SAVEPOINT s; SELECT billing.confirm_clock('rolled back'); ROLLBACK TO s; COMMIT"), "t\nt", 'one that is kept beside one that is rolled back');
believed('confirms', 8);
$clock->set('+3h');
like(answer("BEGIN; SELECT billing.confirm_clock('prepared'); PREPARE TRANSACTION 'confirms'"), qr/^LB622: /, 'a transaction that confirms is not prepared');
like(charge(1), qr/^LB620: /, 'and confirms nothing');
my $confirming = connect_dbi($node);
$confirming->begin_work;
$confirming->do("SELECT billing.confirm_clock('three hours')");
$clock->set('+60d');
$confirming->commit;
doubted('sixty days ahead at the commit', 'was set 59 days 21 h ahead');
$clock->set('+3h');
believed('what was confirmed is what was judged', 8);
$clock->set('+1h');
is(answer("SELECT billing.confirm_clock('back')"), 't', 'and back');

# A process dies: shared memory is made anew, by the same server.
sub crash
{
	my $dbh = connect_dbi($node);
	kill KILL => $dbh->selectrow_array('SELECT pg_backend_pid()');
	wait_until(20, sub { !eval { $dbh->do('SELECT 1'); 1 } }) or die 'the server goes on';
	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'the server is not back';
	return;
}
crash();
believed('after a crash', 5);
$clock->set('+2h');
crash();
doubted('set, then a crash', 'was set 59 min|was set 1 h 0 min');
$clock->restart;
doubted('and a restart in order', 'was set 1 h 0 min ahead while the server ran');
$clock->restart(mode => 'immediate');
doubted('and one in haste', 'was set 1 h 0 min ahead while the server ran');
$node->kill9;
sleep 1; # until its processes have seen it
# Where nobody has waited for the dead process yet, it seems to be there.
unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
$clock->start;
doubted('and a server that was killed', 'was set 1 h 0 min ahead while the server ran');
$clock->set('+1h');
believed('set right', 5);

# ---- across a restart ---------------------------------------------------------------------------------

$clock->restart(at => '+2d');
doubted('set while it was down', 'was set 1 days 23 h ahead');
$clock->set('+1h');
believed('and set right', 6);
$clock->set('+50d');
charge(1);
$clock->restart(booted => 1);
doubted('set, and the machine started anew', 'is 49 days 23 h ahead of what the server had written|is 50 days 0 h ahead');
$clock->restart(at => '+1h', booted => 1);
believed('and once more by the right time', 6);
$clock->restart(at => '+2d', lost => 1);
believed('another machine, two days later', 6);
$clock->restart(at => '+50d', lost => 1);
doubted('another machine, fifty days later', 'is 48 days 0 h ahead of what the server had written before it started');
$clock->restart;
doubted('fifty days, started again', 'is 48 days 0 h ahead of what the server had written before it started');
$clock->set('+2d');
believed('the first correction after the start needs nobody', 6);
$clock->restart(at => '-1d', lost => 1);
doubted('another machine, three days back', 'is 3 days 0 h behind what the server had written|is 2 days 23 h behind');
is(answer("SELECT billing.confirm_clock('it was ahead before')"), 't', 'confirmed');
$clock->set('+2d');
doubted('back to what was', 'was set 3 days 0 h ahead');
is(answer("SELECT billing.confirm_clock('it was not')"), 't', 'confirmed, too');
believed('as it was', 6);

# What one database's policies would call set right counts for the other databases, too: so the defaults have to say the same.
$clock->restart(at => '+50h', lost => 1);
believed('rested for two hours', 6);
$clock->set('+2910m');
doubted('set back by an hour and a half', 'was set 1 h 30 min back while the server ran');
value("INSERT INTO billing_books.policy_setting (name, currency, value) VALUES ('clock_gap', '', 3600000000)");
doubted('set back, by a policy of one database', 'was set 1 h 30 min back while the server ran');
value("DELETE FROM billing_books.policy_setting WHERE name = 'clock_gap'");
$clock->set('+50h');
believed('forward again', 6);
$clock->restart(at => '+50h', lost => 1); # from now on this is how the server began

# ---- quiet times -----------------------------------------------------------------------------------------

$clock->restart(rested => 1, lost => 1);
believed('both clocks can be moved', 6);
$clock->set('+9d');
believed('a quiet week is no jump', 6);
$node->stop;
$clock->set('+14d');
$clock->start(rested => 1);
believed('five days of rest, while the machine ran', 6);
$clock->restart(rested => 1, lost => 1, at => '+19d');
doubted('five days of rest, and the machine too', 'is 5 days 0 h ahead of what the server had written|is 4 days 23 h ahead');
is(answer("SELECT billing.confirm_clock('moved to the new hall')"), 't', 'confirmed');
believed('rested', 6);
is(value("SELECT DISTINCT check_name, account_id FROM billing.verify()"), 'future|9', 'verify() finds the one that travelled, in the future, and nothing else');
like(value("SELECT value || ' ' || detail FROM billing.status() WHERE name = 'instants in the future'"), qr/^1 usage of account 9 is of /, 'so does status()');
like(answer('SELECT billing.check_health()'), qr/^LB611: billing needs attention: usage of account 9 is of .*, which is in the future: /, 'and check_health()');
is(answer("SET billing.clock_offset = '50d'; SELECT count(*) FROM billing.verify()"), '0', 'where that is not the future nothing is found');

# ---- across a promotion -----------------------------------------------------------------------------------

$clock->restart(lost => 1); # the machine's second clock is real again, its clock stands at +19d
$node->backup('base');
for my $case ([ right => '+19d' ], [ wrong => '+60d' ])
{
	my ($name, $at) = @$case;
	my $standby = PostgreSQL::Test::Cluster->new("standby_$name");
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	my $standby_clock = FalseClock->new($standby);
	$standby_clock->set($at);
	$standby_clock->start;
	if ($name eq 'wrong')
	{
		# What it writes by its own clock does not count once it has replayed others' transactions.
		$standby->safe_psql('postgres', 'CHECKPOINT');
		$standby_clock->restart(lost => 1);
	}
	is(charge(7), 'charged', "$name: the primary books");
	$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
	$standby->promote;
	if ($name eq 'right') { believed('promoted', 7, $standby) }
	else { doubted('promoted with a wrong clock', 'is 4[01] days \d+ h ahead', $standby) }
	$standby->stop('immediate');
}

# ---- an account that a wrong clock has booked, and its repair (B&S 1.4) ---------------------------------------

is(answer("SELECT status FROM billing.grant_bonus(3, 5, 'until soon', clock_timestamp() + interval '30 days')"), 'booked', 'a gift for a month');
my ($before, $balance) = split /\|/, value('SELECT clock_timestamp(), balance FROM billing.balance(3)');
$clock->set('+69d');
is(answer("SELECT billing.confirm_clock('it must be late January')"), 't', 'somebody believes a clock that is 50 days ahead');
believed('fifty days ahead', 3);
is(value("SELECT value FROM billing.status() WHERE name = 'accounts ahead of the clock'"), 0, 'by that clock no account is ahead');
$clock->set('+19d');
like(answer("SELECT billing.repair_clock(3, 'too early')"), qr/^LB620: .* it was set 50 days 0 h back/, 'nothing is repaired by a clock that is not believed');
is(answer("SELECT billing.confirm_clock('it was not')"), 't', 'the clock is right again');
like(charge(3), qr/^LB621: account 3 was booked last at .* (?:50 days 0|49 days 23) h behind/, 'the account is refused');
believed('no other account is', 4);
like(answer("SET ROLE plain; SELECT billing.repair_clock(3, 'mine')"), qr/^(?:42501|LB608): /, 'repair_clock() is for a superuser');
is(answer("SELECT bonus, booked_until - corrected_at > '49 days 23:59' FROM billing.repair_clock(3, 'booked 50 days ahead', 'me')"), '5.000000000|t', 'it is repaired, and the gift is back');
believed('repaired', 3);
is(answer("SELECT allowed FROM billing.authorize(3, 1)"), 't', 'its keys may call');
is(value("SELECT u.requests, b.balance + u.charge = $balance FROM billing.balance_at(3, clock_timestamp()) AS b, billing.usage_report(3, '$before', clock_timestamp(), '{}') AS u"), '2|t',
	'of now are both charges, in balance and report');
like(answer("SELECT billing.repair_clock(3, 'again')"), qr/^LB627: /, 'there is nothing left to repair');
is(value("SELECT DISTINCT check_name, account_id FROM billing.verify()"), "future|\nfuture|9", 'after the repair verify() finds that one, and the confirmation by a clock that was ahead');

# ---- a restored dump, and a server that does not watch ------------------------------------------------------

my $dump = $node->basedir . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('postgres') ], 'dumped');
$node->stop;
$clock->set('+70d');
my $fresh;
$clock->around(sub { $fresh = billing_node('fresh', preload => 'billing', install => 0, start => 0) });
my $fresh_clock = FalseClock->new($fresh);
$fresh_clock->set('+70d');
$fresh_clock->start;
$fresh->safe_psql('postgres', 'DROP SCHEMA IF EXISTS billing CASCADE; CREATE ROLE plain');
$fresh->command_ok([ 'pg_restore', '-d', $fresh->connstr('postgres'), $dump ], 'and restored, fifty days later');
believed('restored', 8, $fresh);
verify_empty($fresh, 'verify() is empty, and knows of the repair');

$fresh->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$fresh_clock->restart(at => '+120d');
is(charge(8, $fresh), 'charged', 'without preload nobody watches the clock');
is($fresh->safe_psql('postgres', "SELECT value FROM billing.status() WHERE name = 'clock check'"), 'not watched', 'and status() says so');
$fresh->stop;

# ---- a settler whose clock is not believed --------------------------------------------------------------------

# The server starts by a clock that is an hour ahead; the settler's is right (FalseClock says why), so to it the clock was set back.
my $metered = billing_node('metered', preload => 'billing', conf => "billing.databases = 'postgres'", start => 0);
my $metered_clock = FalseClock->new($metered);
$metered_clock->start;
$metered->safe_psql('postgres', <<'S');
CREATE EXTENSION billing;
SELECT billing.install();
SELECT billing.create_account(1, 'cn'), billing.create_api_key(1, 'key'), billing.grant_bonus(1, 100, 'gift');
SELECT billing.set_price('m', 'CNY', 1.25, 3.5, effective_from => clock_timestamp() - interval '1 day');
S
$metered_clock->restart(lost => 1, at => '+1h');
my $began = $metered->safe_psql('postgres', "SELECT clock_timestamp() - interval '1 hour'");
$metered->safe_psql('postgres', "SELECT billing.meter(1, 1, 'request ' || n, 'm', 1000, 10, occurred_at => '$began') FROM generate_series(1, 100) AS n");
my $not_believed = qr/the server's clock is not believed: it was set (1 h 0|59) min.* back while the server ran/;
ok($metered->wait_for_log($not_believed), 'the settler says why it settles nothing');
my $log_begin = -s $metered->logfile;
sleep 15;
my @lines = split /\n/, slurp_file($metered->logfile, $log_begin);
cmp_ok(scalar(grep { /$not_believed/ } @lines), '<=', 10, 'it says so a few times in 15 seconds');
cmp_ok(scalar @lines, '<=', 60, 'and little else') or diag(join "\n", @lines);
is($metered->safe_psql('postgres', 'SELECT (SELECT count(*) FROM billing_books.usage_inbox), (SELECT count(*) FROM billing_books.usage_event), (SELECT count(*) FROM billing_books.usage_set_aside)'),
	'100|0|0', 'all rows wait in the inbox');
$metered_clock->set('+0');
is($metered->safe_psql('postgres', "SELECT billing.confirm_clock('was an hour ahead when the server started')"), 't', 'the clock is right, and confirmed');
ok($metered->poll_query_until('postgres', 'SELECT count(*) = 0 FROM billing_books.usage_inbox'), 'then the settler settles what waited');
is($metered->safe_psql('postgres', "SELECT count(*), count(DISTINCT request_id), bool_and(status = 'charged'), bool_and(recorded_at BETWEEN '$began' AND clock_timestamp()) FROM billing_books.usage_event"),
	'100|100|t|t', 'each once, and at the right time');
is($metered->safe_psql('postgres', 'SELECT count(*) FROM billing_books.usage_set_aside'), '0', 'nothing was set aside');
verify_empty($metered, 'a settler: verify() is empty');
$metered->stop;

done_testing();
