# A backup of the database is a backup of the books (design 1.5): after each way of docs/backup.md the
# restored database has the same rows, rights and guards, verify() is empty, numbers go on without a
# clash, and what was booked before is not booked again; what was metered and not settled yet is settled
# there, once. DROP EXTENSION does not take the books along.
use strict;
use warnings;

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use BillingTest;

my $node = billing_node('dump', preload => 'billing', install => 0, conf => [ 'max_connections = 40', 'log_statement = none' ]);
my $directory = $node->basedir;
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

sub sql { my ($database, $text) = @_; return $node->safe_psql($database, $text) }

# A command line as docs/backup.md has it.
sub bash_ok
{
	my ($command, $name) = @_;
	open my $script, '>', "$directory/command.sh" or die $!;
	print $script "set -eu -o pipefail\n$command\n";
	close $script;
	my $output = `bash $directory/command.sh 2>&1`;
	is($?, 0, $name) or diag("$command\n$output");
	return;
}

# ---- the books ------------------------------------------------------------------------------------

# Installed 130 days ago, so that this month's usage lies in the default partition and other months
# have partitions that a fresh install has not.
my $books = <<'S';
SET billing.clock_offset = '-100d';
SELECT billing.create_account(NULL, 'cn', 'a@example.com', external_ref => 'first'), billing.create_account(NULL, 'global'), billing.create_account(77, 'cn');
SELECT billing.create_api_key(a, 'key', 'payg', 'make key') FROM unnest(ARRAY[1, 2, 77]) AS a;
SELECT billing.create_api_key(1, 'plan', 'plan'), billing.create_api_key(1, 'gone');
SELECT billing.set_price('m', c, 1.25, 3.5, effective_from => now() - interval '120 days') FROM unnest('{CNY,USD}'::text[]) AS c;
SELECT billing.set_price('m', 'CNY', 2, 7, 0.5, prompt_tokens_over => 100000, effective_from => now() - interval '120 days');
SELECT billing.record_offline_payment(1, 25.00, 'pay 1', 'bank 1');
SELECT billing.charge(1, 1, 'old request', 'm', 1434, 153, 700);
SELECT billing.grant_bonus(1, 3, 'gift', now() - interval '99 days');
SET billing.clock_offset = '-60d';
SELECT billing.charge(1, 1, 'middle', 'm', 150000, 1000);
SELECT billing.charge(1, 3, 'of a key that goes', 'm', 10, 10);
SELECT billing.delete_api_key(1, 3);
SELECT billing.lock_account(77, 'dispute', 'somebody', 'a dispute');
SELECT billing.charge(77, 1, 'rejected', 'm', 1, 1);
SET billing.clock_offset = 0;
SELECT billing.charge(2, 1, 'arrears', 'm', 3000000, 100000);
SELECT billing.charge(2, 1, 'reversed', 'm', 1000, 1000), billing.reverse_charge(2, 'reversed', 'undo');
SELECT billing.charge(1, 1, 'new request', 'm', 5000, 500);
SELECT billing.charge(1, 1, 'unpriced', 'no price yet', 5000, 500);
SELECT billing.record_offline_payment(77, 1.00, 'pay 77', 'bank 77', paid_at => now() - interval '90 days');
SELECT billing.reverse_offline_payment(77, 1, 'unpay 77');
SELECT billing.adjust(2, -0.000000001, 'one nano'), billing.write_off(2, 0.5, 'some');
SELECT billing.set_policy('block_at_zero', 'on');
INSERT INTO billing_books.usage_inbox VALUES (1, 1, 'in a batch', 'm', 1000, 10), (1, 1, 'in it, too', 'm', 150000, 10), (2, 1, 'in a batch', 'm', 1000, 10), (4711, 1, 'no account', 'm', 1, 1), (NULL, NULL, NULL, NULL, NULL, NULL);
SELECT billing.settle();
SELECT billing.meter(1, 1, 'waits', 'm', 1000, 10), billing.meter(2, 1, 'waits', 'm', 1000, 10), billing.meter(1, 1, 'new request', 'm', 5000, 500);
INSERT INTO billing_books.usage_inbox VALUES (1, 1, 'new request', 'm', 1, 1);
S

my %seals;    # what an auditor keeps, by database

sub seal_finds
{
	my ($database, $seal) = @_;
	return sql($database, "SELECT check_name, detail FROM billing.verify_seal(\$s\$$seal\$s\$)");
}

sub make_books
{
	my ($database) = @_;
	sql('postgres', "CREATE DATABASE $database");
	sql($database, "LOAD 'billing'; CREATE EXTENSION billing");
	return;
}

sub fill_books
{
	my ($database) = @_;
	sql($database, "SELECT billing.grant_access('${_}_role', '$_')") for qw(app operator auditor);
	sql($database, $books);
	sql($database, 'SELECT billing.seal_books()');
	push @{ $seals{$database} }, sql($database, 'SELECT billing.export_seal()');
	verify_empty($node, "$database: verify() of the books to be saved", $database);
	return;
}

# A digest per table; rows of partitions count as their parent's.
sub checksums
{
	my ($database) = @_;
	my %sums;
	for my $table (split /\n/, sql($database, "SELECT relname FROM pg_class WHERE relnamespace = 'billing_books'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"))
	{
		$sums{$table} = sql($database, "SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text COLLATE \"C\"), '')) FROM billing_books.$table AS t");
	}
	return \%sums;
}

# Who may do what, owners included; partitions are reached through their parent.
sub rights
{
	my ($database) = @_;
	return [ split /\n/, sql($database, <<'S') ];
SELECT what || ': ' || owner::regrole || ': ' || coalesce((SELECT string_agg(x, ' ' ORDER BY x) FROM unnest(acl::text[]) AS x WHERE x NOT LIKE owner::regrole || '=%'), '') FROM (
  SELECT 'schema ' || nspname, nspowner, nspacl FROM pg_namespace WHERE nspname ~ '^billing'
  UNION ALL SELECT p.oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc AS p WHERE pronamespace = 'billing'::regnamespace
  UNION ALL SELECT relname, relowner, relacl FROM pg_class WHERE relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND relkind IN ('r', 'p', 'v', 'S') AND NOT relispartition
  UNION ALL SELECT relname || '.' || attname, relowner, attacl FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid WHERE relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND attacl IS NOT NULL
  ) AS x (what, owner, acl) ORDER BY 1
S
}

sub same_rights
{
	my ($database, $expected, $name) = @_;
	my @got = @{ rights($database) };
	my %expected = map { $_ => 1 } @$expected;
	my %got = map { $_ => 1 } @got;
	is(join("\n", (map { "- $_" } grep { !$got{$_} } @$expected), (map { "+ $_" } grep { !$expected{$_} } @got)), '', $name);
	return;
}

# The restored books are the saved ones, and one can go on with them.
sub check_restored
{
	my ($database, $how, $sums, $rights) = @_;
	my $got = checksums($database);
	delete $got->{schema_version};
	is_deeply($got, { map { $_ => $sums->{$_} } grep { $_ ne 'schema_version' } keys %$sums }, "$how: the same rows in every table") if $sums;
	same_rights($database, $rights, "$how: the same owners and rights") if $rights;
	verify_empty($node, "$how: verify() is empty, guards included", $database);
	my ($seal) = @{ $seals{ $database =~ /^owned/ ? 'owned' : 'books' } };
	is(seal_finds($database, $seal), '', "$how: the seal holds");
	check_refusals($database, $how);
	check_going_on($database, $how, $seal);
	return;
}

sub state_of
{
	my ($database, $text) = @_;
	my ($code, $out, $err) = $node->psql($database, "\\set VERBOSITY sqlstate\n$text", on_error_stop => 1);
	return $err =~ /ERROR:\s+(\w{5})/ ? $1 : "status $code";
}

sub check_refusals
{
	my ($database, $how) = @_;
	is(state_of($database, "UPDATE billing_books.ledger_entry SET amount = amount"), 'LB601', "$how: history cannot be changed");
	is(state_of($database, "SET session_replication_role = replica; DELETE FROM billing_books.usage_event"), 'LB601', "$how: nor as a replica");
	is(state_of($database, "SET ROLE auditor_role; SELECT billing.charge(1, 1, 'x', 'm', 1, 1)"), '42501', "$how: an auditor cannot charge");
	is(state_of($database, "SET ROLE app_role; SELECT * FROM billing_books.ledger_entry"), '42501', "$how: an application cannot read the ledger");
	is(state_of($database, "SET ROLE app_role; SELECT * FROM billing_books.usage_inbox"), '42501', "$how: nor the inbox");
	is(state_of($database, "DELETE FROM billing_books.usage_set_aside"), 'LB601', "$how: what was set aside stays");
	is(state_of($database, "SELECT billing.charge(1, 1, 'new request', 'm', 5000, 501)"), 'LB304', "$how: a request_id with another payload");
	is(state_of($database, "SELECT billing.grant_bonus(1, 4, 'gift')"), 'LB109', "$how: an idempotency key with another request");
	return;
}

my @calls_by_role = (
	[ app_role => "SELECT status FROM billing.charge(1, 1, 'new request', 'm', 5000, 500)", qr/^duplicate$/, 'a request is a duplicate' ],
	[ app_role => "SELECT status FROM billing.charge(1, 1, 'unpriced', 'no price yet', 5000, 500)", qr/^duplicate$/, 'an unpriced one, too' ],
	[ app_role => "SELECT key_id || coalesce(api_key, ' hidden') FROM billing.create_api_key(1, 'key', 'payg', 'make key')", qr/^1 hidden$/, 'a key is made once' ],
	[ operator_role => "SELECT status || ' ' || id || ' ' || balance FROM billing.record_offline_payment(1, 25.00, 'pay 1', 'bank 1')", qr/^booked 1 25\.000000000$/, 'a payment counts once' ],
	[ app_role => "SELECT billing.create_account(NULL, 'cn', 'a\@example.com', external_ref => 'first')", qr/^1$/, 'an account is made once' ],
	[ app_role => "SELECT billing.create_account(NULL, 'cn')", qr/^([3-9]|\d\d)$/, 'a new account gets a free number' ],
	[ app_role => "SELECT status FROM billing.charge(1, 1, 'after the restore', 'm', 100, 100)", qr/^charged$/, 'a charge is booked' ],
	[ operator_role => "SELECT billing.set_price('no price yet', 'CNY', 1, 1, effective_from => now() - interval '1 day') > 3", qr/^t$/, 'a price gets a new number' ],
	[ operator_role => "SELECT billing.settle()", qr/^5$/, 'what waited for it is charged, what stood in the inbox is settled' ],
	[ operator_role => "SELECT string_agg(account_id || ' ' || status, ', ' ORDER BY account_id) FROM billing_books.usage_event WHERE request_id = 'waits'", qr/^1 charged, 2 charged$/, 'each once' ],
	[ operator_role => "SELECT string_agg(reason, ' ' ORDER BY reason) FROM billing_books.usage_set_aside", qr/^account_unknown null_argument request_conflict$/, 'another payload is set aside' ],
	[ app_role => "SELECT status FROM billing.charge(1, 1, 'in a batch', 'm', 1000, 10)", qr/^duplicate$/, 'a request that was metered is a duplicate' ],
	[ app_role => "INSERT INTO billing_books.usage_inbox VALUES (1, 1, 'waits', 'm', 1000, 10)", qr/^$/, 'an application meters' ],
	[ operator_role => "SELECT billing.settle() || ' ' || (SELECT count(*) FROM billing_books.usage_event WHERE request_id = 'waits')", qr/^1 2$/, 'what was metered before counts once' ],
	[ operator_role => "SELECT id || ' ' || lot_no FROM billing.record_offline_payment(1, 5, 'pay after', 'bank after')", qr/^2 3$/, 'a payment gets the next numbers' ],
	[ operator_role => "SELECT status FROM billing.reverse_charge(1, 'after the restore', 'undo after')", qr/^booked$/, 'a charge is undone' ],
	[ operator_role => "SELECT billing.unlock_account(77, 'dispute')", qr/^t$/, 'a lock is lifted' ],
	[ operator_role => "SELECT billing.set_policy('block_at_zero', NULL)", qr/^$/, 'a policy is set' ],
	[ auditor_role => "SELECT count(*) > 5 FROM billing_books.audit_log", qr/^t$/, 'an auditor reads the log' ],
	[ auditor_role => "SELECT count(*) FROM billing.verify()", qr/^0$/, 'an auditor verifies' ],
);

sub check_going_on
{
	my ($database, $how, $seal) = @_;
	for my $call (@calls_by_role)
	{
		my ($role, $text, $expected, $name) = @$call;
		like(sql($database, "SET ROLE $role; $text"), $expected, "$how: $name");
	}
	is(sql($database, 'SELECT count(DISTINCT audit_no) = count(*) FROM billing_books.audit_log'), 't', "$how: no number twice in the log");
	is(sql($database, 'SELECT seal_no FROM billing.seal_books()'), '2', "$how: seals go on");
	verify_empty($node, "$how: verify() is empty after going on", $database);
	is(seal_finds($database, $seal), '', "$how: the seal still holds");
	is(seal_finds($database, sql($database, 'SELECT billing.export_seal()')), '', "$how: so does the next one");
	return;
}

sub fresh_database
{
	my ($database) = @_;
	sql('postgres', "CREATE DATABASE $database");
	return $database;
}

# ---- whole databases ------------------------------------------------------------------------------

sql('postgres', "CREATE ROLE ${_}_role LOGIN") for qw(app operator auditor);
make_books('books');
sql('books', "LOAD 'billing'; SET billing.clock_offset = '-130d'; SELECT billing.install()");
fill_books('books');
my ($sums, $rights) = (checksums('books'), rights('books'));
like($sums->{usage_event}, qr/^11 /, 'usage of all kinds');
is(sql('books', 'SELECT (SELECT count(*) FROM billing_books.usage_inbox), (SELECT count(*) FROM billing_books.usage_set_aside)'), '4|2', 'rows that wait and rows that were set aside');
is(sql('books', 'SELECT count(*) > 0 FROM billing_books.usage_event_default'), 't', 'some of it in the default partition');

fresh_database('by_psql');
bash_ok('pg_dump books | psql -X -q -v ON_ERROR_STOP=1 by_psql', 'pg_dump | psql');
check_restored('by_psql', 'pg_dump | psql', $sums, $rights);

fresh_database('by_restore');
bash_ok("pg_dump -Fc -f $directory/books.dump books && pg_restore -1 -d by_restore $directory/books.dump", 'pg_restore -1');
check_restored('by_restore', 'pg_restore -1', $sums, $rights);

# ---- data into a fresh install --------------------------------------------------------------------

make_books('by_data');
sql('by_data', 'SELECT billing.install()');
bash_ok('pg_dump --data-only --load-via-partition-root --schema=billing_books --exclude-table=billing_books.schema_version books'
	  . ' | PGOPTIONS="-c session_replication_role=replica" psql -X -q -1 -v ON_ERROR_STOP=1 by_data', 'data only');
verify_empty($node, 'data only: verify() is empty before anything else', 'by_data');
sql('by_data', 'SELECT billing.migrate()');
check_restored('by_data', 'data only', $sums, $rights);
is(sql('by_data', 'SELECT count(*) FROM billing_books.schema_version'), '1', 'data only: the tables have one version');

# Refused where there are books already: nothing of two books is mixed.
bash_ok('! pg_dump --data-only --load-via-partition-root --schema=billing_books --exclude-table=billing_books.schema_version books'
	  . ' | PGOPTIONS="-c session_replication_role=replica" psql -X -q -1 -v ON_ERROR_STOP=1 by_psql', 'data only: not into other books');
verify_empty($node, 'data only: which stay as they were', 'by_psql');

# A restore that switches triggers off and on leaves the guards weak: verify() says so, install() mends it.
sql('by_data', 'ALTER TABLE billing_books.ledger_entry DISABLE TRIGGER ALL; ALTER TABLE billing_books.ledger_entry ENABLE TRIGGER ALL;');
is(sql('by_data', 'SELECT count(*) > 0 AND bool_and(check_name = \'guard\') FROM billing.verify()'), 't', '--disable-triggers: verify() reports guards that do not fire always');
sql('by_data', 'SELECT billing.install()');
verify_empty($node, '--disable-triggers: install() puts them back', 'by_data');

# ---- a dump taken under load ----------------------------------------------------------------------

# Each client meters its requests one by one, so that any moment of the books holds the first of them, each
# once: in the inbox or in the books. Returns how many of them there are.
sub check_metered
{
	my ($database, $how) = @_;
	is(sql($database, <<'S'), '', "$how: of each client's metered requests the first so many, each once");
SELECT client, count(*), count(DISTINCT n), min(n), max(n) FROM (
  SELECT split_part(request_id, ' ', 2) AS client, split_part(request_id, ' ', 3)::int AS n FROM (
    SELECT request_id FROM billing_books.usage_inbox UNION ALL SELECT request_id FROM billing_books.usage_event) AS x WHERE starts_with(request_id, 'metered ')) AS y
GROUP BY 1 HAVING count(*) <> max(n) OR count(DISTINCT n) <> max(n) OR min(n) <> 1
S
	return sql($database, <<'S');
SELECT count(*) FROM (SELECT request_id FROM billing_books.usage_inbox UNION ALL SELECT request_id FROM billing_books.usage_event) AS x WHERE starts_with(request_id, 'metered ')
S
}

list_databases($node, 'books');
my $books_dbh = connect_dbi($node, 'books');
$books_dbh->do("SELECT billing.create_account(50, 'cn'), billing.create_api_key(50, 'key')");
all_settled($books_dbh, 'books with a settler');
# It leaves rows of this account.
my $holder = connect_dbi($node, 'books');
$holder->begin_work;
$holder->do("SELECT billing.charge(50, 1, 'hold', 'm', 1, 1)");

my @clients;
my $go_on = "$directory/load";
open my $flag, '>', $go_on or die $!;
close $flag;
for my $number (1 .. 3)
{
	my $pid = fork // die "fork: $!";
	if (!$pid)
	{
		eval {
			my $dbh = connect_dbi($node, 'books');
			for (my $i = 1; -e $go_on; $i++)
			{
				my $account = (1, 2, 50)[ $i % 3 ];
				$dbh->do("SELECT billing.charge(?, 1, ?, 'm', 900000, 1000)", undef, 1 + $i % 2, "load $number $i");
				$dbh->do('SELECT billing.grant_bonus(?, 0.7, ?)', undef, 1 + $i % 2, "load $number $i") if $i % 3 == 0;
				$dbh->do('SELECT billing.record_offline_payment(?, 0.03, ?, ?)', undef, 1 + $i % 2, "pay $number $i", "load $number $i") if $i % 4 == 0;
				if ($i % 2)
				{
					$dbh->do("SELECT billing.meter(?, 1, ?, 'm', 1000, 10)", undef, $account, "metered $number $i");
				}
				else
				{
					$dbh->do('COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) FROM STDIN');
					$dbh->pg_putcopydata("$account\t1\tmetered $number $i\tm\t1000\t10\n");
					$dbh->pg_putcopyend;
				}
			}
		};
		POSIX::_exit($@ ? 1 : 0);
	}
	push @clients, $pid;
}
wait_until(30, sub { return scalar $books_dbh->selectrow_array("SELECT count(*) > 300 FROM billing_books.usage_event WHERE starts_with(request_id, 'metered ')") });
bash_ok("pg_dump -Fd -j 2 -f $directory/load.dump books", 'a dump under load');
sleep 0.3;
unlink $go_on;
for my $pid (@clients)
{
	waitpid $pid, 0;
	is($?, 0, 'a client was not disturbed');
}
$holder->commit;
all_settled($books_dbh, 'all that the load metered is settled');
my $metered = check_metered('books', 'the books under load');
fresh_database('by_load');
bash_ok("pg_restore -j 2 -d by_load $directory/load.dump", 'restored');
cmp_ok(sql('by_load', 'SELECT count(*) FROM billing_books.usage_event'), '>', 20, 'dump under load: with what the load had booked');
cmp_ok(sql('by_load', 'SELECT count(*) FROM billing_books.usage_event'), '<', sql('books', 'SELECT count(*) FROM billing_books.usage_event'), 'dump under load: and not what came later');
cmp_ok(sql('by_load', 'SELECT count(*) FROM billing_books.usage_inbox'), '>', 20, 'dump under load: and what was not settled');
my $metered_then = check_metered('by_load', 'dump under load');
cmp_ok($metered_then, '<', $metered, 'dump under load: and not what was metered later');
same_rights('by_load', $rights, 'dump under load: the same owners and rights');
verify_empty($node, 'dump under load: verify() is empty', 'by_load');
check_refusals('by_load', 'dump under load');
cmp_ok(sql('by_load', 'SELECT billing.settle()'), '>', 20, 'dump under load: settle()');
is(sql('by_load', 'SELECT count(*) FROM billing_books.usage_inbox'), '0', 'dump under load: settles all that was in the inbox');
is(check_metered('by_load', 'dump under load, settled'), $metered_then, 'dump under load, settled: nothing is lost');
is(sql('by_load', "SELECT count(*) FROM billing_books.usage_set_aside"), sql('books', "SELECT count(*) FROM billing_books.usage_set_aside"), 'dump under load: nothing more is set aside');
like(sql('by_load', "SELECT status FROM billing.charge(1, 1, 'new request', 'm', 5000, 500)"), qr/^duplicate$/, 'dump under load: a request is a duplicate');
is(sql('by_load', "SELECT status FROM billing.charge(1, 1, 'after the restore', 'm', 5000, 500)"), 'charged', 'dump under load: a charge is booked');
verify_empty($node, 'dump under load: verify() is empty after it', 'by_load');

# A copy that has a settler from the beginning of its restore: it keeps off until all is there.
fresh_database('by_settler');
list_databases($node, 'by_settler', 'books');
my $copy = connect_dbi($node, 'by_settler');
my $settlers = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'billing settler' AND datname = 'by_settler'";
ok(wait_until(20, sub { return scalar $copy->selectrow_array($settlers) }), 'a settler waits for the restored books');
for my $section (qw(pre-data data post-data))
{
	bash_ok("pg_restore --section=$section -d by_settler $directory/load.dump", "restored with a settler: $section");
	last if $section eq 'post-data';
	my ($since) = $copy->selectrow_array('SELECT clock_timestamp()');
	# A new one, which remembers nothing.
	$copy->do("SELECT pg_terminate_backend(pid) FROM ($settlers) AS s");
	wait_until(15, sub { return scalar $copy->selectrow_array("$settlers AND state = 'idle' AND query_start > ?", undef, $since) });
	is($copy->selectrow_array('SELECT count(*) FROM billing_books.usage_inbox') > 0 ? 'some' : 'none', $section eq 'data' ? 'some' : 'none', "restored with a settler: it settles nothing after $section");
}
sql('postgres', 'SELECT pg_reload_conf()');
all_settled($copy, 'restored with a settler: then it settles');
is(check_metered('by_settler', 'restored with a settler'), $metered_then, 'restored with a settler: nothing is lost');
is(sql('by_settler', "SELECT count(*) FROM billing_books.usage_set_aside"), sql('books', "SELECT count(*) FROM billing_books.usage_set_aside"), 'restored with a settler: nothing more is set aside');
same_rights('by_settler', $rights, 'restored with a settler: the same owners and rights');
verify_empty($node, 'restored with a settler: verify() is empty', 'by_settler');

# A dump that is older than a seal is no damage: the books end before it.
sql('books', 'SELECT billing.seal_books()');
push @{ $seals{books} }, sql('books', 'SELECT billing.export_seal()');
fresh_database('older');
bash_ok("pg_restore -1 -d older $directory/books.dump", 'an older dump, restored');
is(seal_finds('older', $seals{books}[0]), '', 'an older dump: the seal that it has holds');
like(seal_finds('older', $seals{books}[1]), qr/^(seal_ahead\|.*\n?)+$/, 'an older dump: and ends before the newer one');
like(seal_finds('older', $seals{books}[1]), qr/^seal_ahead\|these books end before seal 2: their newest is 1$/m, 'an older dump: which it says');
verify_empty($node, 'an older dump: verify() is empty', 'older');

# ---- DROP EXTENSION -------------------------------------------------------------------------------

($sums, $rights) = (checksums('books'), rights('books'));
is(state_of('books', 'DROP EXTENSION billing'), '2BP01', 'DROP EXTENSION is refused while there are books');
sql('books', 'SET client_min_messages = warning; DROP EXTENSION billing CASCADE');
is_deeply(checksums('books'), $sums, 'DROP EXTENSION CASCADE leaves every row');
sql('books', 'CREATE EXTENSION billing; SELECT billing.install(), billing.migrate()');
is_deeply(checksums('books'), $sums, 'made again: the same rows');
same_rights('books', $rights, 'made again: the same owners and rights');
verify_empty($node, 'made again: verify() is empty, guards included', 'books');
is(seal_finds('books', $_), '', 'made again: the seals hold') for @{ $seals{books} };
check_refusals('books', 'made again');
is(sql('books', "SELECT status FROM billing.charge(1, 1, 'new request', 'm', 5000, 500)"), 'duplicate', 'made again: a request is a duplicate');

# ---- books of a plain role ------------------------------------------------------------------------

sql('postgres', 'CREATE ROLE books_owner LOGIN');
make_books('owned');
sql('owned', <<'S');
CREATE SCHEMA billing_books AUTHORIZATION books_owner;
GRANT USAGE ON SCHEMA billing TO books_owner;
GRANT EXECUTE ON FUNCTION billing.install(), billing.transfer_allowed, billing.price_choice, billing.is_price_hours, billing.are_price_items, billing.are_meters, billing.entry_chain, billing.counts_at, billing.hash_lines, billing.hash_lines_add, billing.hash_lines_end, billing.usage_event_digest, billing.sum_meters, billing.sum_meters_add, billing.sum_meters_end, billing.history_guard(), billing.lifecycle_guard(), billing.lock_guard(), billing.invoice_line_guard(), billing.day_start(date, text), billing.known_time_zone, billing.forget_cached(), billing.judge_transfer(), billing.wake_settler(), billing.settler() TO books_owner;
S
sql('owned', "LOAD 'billing'; SET billing.clock_offset = '-130d'; SET ROLE books_owner; SELECT billing.install()");
is(sql('owned', "SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relnamespace = 'billing_books'::regnamespace AND relkind IN ('r', 'p', 'S')"), 'books_owner',
	'a plain role owns all tables and sequences');
fill_books('owned');
($sums, $rights) = (checksums('owned'), rights('owned'));

fresh_database('owned_by_psql');
bash_ok('pg_dump owned | psql -X -q -v ON_ERROR_STOP=1 owned_by_psql', 'a plain role\'s books: pg_dump | psql');
check_restored('owned_by_psql', 'a plain role\'s books: pg_dump | psql', $sums, $rights);

fresh_database('owned_by_restore');
bash_ok("pg_dump -Fc -f $directory/owned.dump owned && pg_restore -1 -d owned_by_restore $directory/owned.dump", 'a plain role\'s books: pg_restore -1');
check_restored('owned_by_restore', 'a plain role\'s books: pg_restore -1', $sums, $rights);

# By the owner himself, into a database where a superuser made the extension beforehand.
fresh_database('owned_by_owner');
sql('owned_by_owner', <<'S');
CREATE EXTENSION billing;
GRANT CREATE ON DATABASE owned_by_owner TO books_owner;
GRANT USAGE ON SCHEMA billing TO books_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA billing TO books_owner;
S
bash_ok('pg_dump -U books_owner --schema=billing_books owned | psql -X -q -v ON_ERROR_STOP=1 -U books_owner owned_by_owner', 'a plain role dumps and restores his books');
is(sql('owned_by_owner', "SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relnamespace = 'billing_books'::regnamespace AND relkind IN ('r', 'p', 'S')"), 'books_owner',
	'restored by a plain role: he owns all tables and sequences');
sql('owned_by_owner', 'SELECT billing.migrate()');
check_restored('owned_by_owner', 'restored by a plain role', $sums, undef);

done_testing();
