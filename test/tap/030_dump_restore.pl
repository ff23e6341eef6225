# A backup of the database is a backup of the books (design 1.5): after each way of docs/backup.md the
# restored database has the same rows, rights and guards, verify() is empty, numbers go on without a
# clash, and what was booked before is not booked again. DROP EXTENSION does not take the books along.
use strict;
use warnings;

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use BillingTest;

my $node = billing_node('dump', install => 0, conf => [ 'max_connections = 40', 'log_statement = none' ]);
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
S

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
	verify_empty($node, "$database: verify() of the books to be saved", $database);
	return;
}

# A digest per table; rows of partitions count as their parent's.
sub checksums
{
	my ($database) = @_;
	my %sums;
	for my $table (split /\n/, sql($database, "SELECT relname FROM pg_class WHERE relnamespace = 'billing'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"))
	{
		$sums{$table} = sql($database, "SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text COLLATE \"C\"), '')) FROM billing.$table AS t");
	}
	return \%sums;
}

# Who may do what, owners included; partitions are reached through their parent.
sub rights
{
	my ($database) = @_;
	return [ split /\n/, sql($database, <<'S') ];
SELECT what || ': ' || owner::regrole || ': ' || coalesce((SELECT string_agg(x, ' ' ORDER BY x) FROM unnest(acl::text[]) AS x WHERE x NOT LIKE owner::regrole || '=%'), '') FROM (
  SELECT 'schema billing', nspowner, nspacl FROM pg_namespace WHERE nspname = 'billing'
  UNION ALL SELECT p.oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc AS p WHERE pronamespace = 'billing'::regnamespace
  UNION ALL SELECT relname, relowner, relacl FROM pg_class WHERE relnamespace = 'billing'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND NOT relispartition
  UNION ALL SELECT relname || '.' || attname, relowner, attacl FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid WHERE relnamespace = 'billing'::regnamespace AND attacl IS NOT NULL
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
	check_refusals($database, $how);
	check_going_on($database, $how);
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
	is(state_of($database, "UPDATE billing.ledger_entry SET amount = amount"), 'LB601', "$how: history cannot be changed");
	is(state_of($database, "SET session_replication_role = replica; DELETE FROM billing.usage_event"), 'LB601', "$how: nor as a replica");
	is(state_of($database, "SET ROLE auditor_role; SELECT billing.charge(1, 1, 'x', 'm', 1, 1)"), '42501', "$how: an auditor cannot charge");
	is(state_of($database, "SET ROLE app_role; SELECT * FROM billing.ledger_entry"), '42501', "$how: an application cannot read the ledger");
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
	[ operator_role => "SELECT billing.settle()", qr/^1$/, 'what waited for it is charged' ],
	[ operator_role => "SELECT id || ' ' || lot_no FROM billing.record_offline_payment(1, 5, 'pay after', 'bank after')", qr/^2 3$/, 'a payment gets the next numbers' ],
	[ operator_role => "SELECT status FROM billing.reverse_charge(1, 'after the restore', 'undo after')", qr/^booked$/, 'a charge is undone' ],
	[ operator_role => "SELECT billing.unlock_account(77, 'dispute')", qr/^t$/, 'a lock is lifted' ],
	[ operator_role => "SELECT billing.set_policy('block_at_zero', NULL)", qr/^$/, 'a policy is set' ],
	[ auditor_role => "SELECT count(*) > 5 FROM billing.audit_log", qr/^t$/, 'an auditor reads the log' ],
	[ auditor_role => "SELECT count(*) FROM billing.verify()", qr/^0$/, 'an auditor verifies' ],
);

sub check_going_on
{
	my ($database, $how) = @_;
	for my $call (@calls_by_role)
	{
		my ($role, $text, $expected, $name) = @$call;
		like(sql($database, "SET ROLE $role; $text"), $expected, "$how: $name");
	}
	is(sql($database, 'SELECT count(DISTINCT audit_no) = count(*) FROM billing.audit_log'), 't', "$how: no number twice in the log");
	verify_empty($node, "$how: verify() is empty after going on", $database);
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
like($sums->{usage_event}, qr/^8 /, 'usage of all kinds');
is(sql('books', 'SELECT count(*) > 0 FROM billing.usage_event_default'), 't', 'some of it in the default partition');

fresh_database('by_psql');
bash_ok('pg_dump books | psql -X -q -v ON_ERROR_STOP=1 by_psql', 'pg_dump | psql');
check_restored('by_psql', 'pg_dump | psql', $sums, $rights);

fresh_database('by_restore');
bash_ok("pg_dump -Fc -f $directory/books.dump books && pg_restore -1 -d by_restore $directory/books.dump", 'pg_restore -1');
check_restored('by_restore', 'pg_restore -1', $sums, $rights);

# ---- data into a fresh install --------------------------------------------------------------------

make_books('by_data');
sql('by_data', 'SELECT billing.install()');
bash_ok('pg_dump --data-only --load-via-partition-root --schema=billing --exclude-table=billing.schema_version books'
	  . ' | PGOPTIONS="-c session_replication_role=replica" psql -X -q -1 -v ON_ERROR_STOP=1 by_data', 'data only');
verify_empty($node, 'data only: verify() is empty before anything else', 'by_data');
sql('by_data', 'SELECT billing.migrate()');
check_restored('by_data', 'data only', $sums, $rights);
is(sql('by_data', 'SELECT count(*) FROM billing.schema_version'), '1', 'data only: the tables have one version');

# Refused where there are books already: nothing of two books is mixed.
bash_ok('! pg_dump --data-only --load-via-partition-root --schema=billing --exclude-table=billing.schema_version books'
	  . ' | PGOPTIONS="-c session_replication_role=replica" psql -X -q -1 -v ON_ERROR_STOP=1 by_psql', 'data only: not into other books');
verify_empty($node, 'data only: which stay as they were', 'by_psql');

# A restore that switches triggers off and on leaves the guards weak: verify() says so, install() mends it.
sql('by_data', 'ALTER TABLE billing.ledger_entry DISABLE TRIGGER ALL; ALTER TABLE billing.ledger_entry ENABLE TRIGGER ALL;');
is(sql('by_data', 'SELECT count(*) > 0 AND bool_and(check_name = \'guard\') FROM billing.verify()'), 't', '--disable-triggers: verify() reports guards that do not fire always');
sql('by_data', 'SELECT billing.install()');
verify_empty($node, '--disable-triggers: install() puts them back', 'by_data');

# ---- a dump taken under load ----------------------------------------------------------------------

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
				$dbh->do("SELECT billing.charge(?, 1, ?, 'm', 900000, 1000)", undef, 1 + $i % 2, "load $number $i");
				$dbh->do('SELECT billing.grant_bonus(?, 0.7, ?)', undef, 1 + $i % 2, "load $number $i") if $i % 3 == 0;
				$dbh->do('SELECT billing.record_offline_payment(?, 0.03, ?, ?)', undef, 1 + $i % 2, "pay $number $i", "load $number $i") if $i % 4 == 0;
			}
		};
		POSIX::_exit($@ ? 1 : 0);
	}
	push @clients, $pid;
}
sleep 1;
bash_ok("pg_dump -Fd -j 2 -f $directory/load.dump books", 'a dump under load');
sleep 0.3;
unlink $go_on;
for my $pid (@clients)
{
	waitpid $pid, 0;
	is($?, 0, 'a client was not disturbed');
}
fresh_database('by_load');
bash_ok("pg_restore -j 2 -d by_load $directory/load.dump", 'restored');
cmp_ok(sql('by_load', 'SELECT count(*) FROM billing.usage_event'), '>', 20, 'dump under load: with what the load had booked');
cmp_ok(sql('by_load', 'SELECT count(*) FROM billing.usage_event'), '<', sql('books', 'SELECT count(*) FROM billing.usage_event'), 'dump under load: and not what came later');
same_rights('by_load', $rights, 'dump under load: the same owners and rights');
verify_empty($node, 'dump under load: verify() is empty', 'by_load');
check_refusals('by_load', 'dump under load');
like(sql('by_load', "SELECT status FROM billing.charge(1, 1, 'new request', 'm', 5000, 500)"), qr/^duplicate$/, 'dump under load: a request is a duplicate');
is(sql('by_load', "SELECT status FROM billing.charge(1, 1, 'after the restore', 'm', 5000, 500)"), 'charged', 'dump under load: a charge is booked');
verify_empty($node, 'dump under load: verify() is empty after it', 'by_load');

# ---- DROP EXTENSION -------------------------------------------------------------------------------

($sums, $rights) = (checksums('books'), rights('books'));
is(state_of('books', 'DROP EXTENSION billing'), '2BP01', 'DROP EXTENSION is refused while there are books');
sql('books', 'SET client_min_messages = warning; DROP EXTENSION billing CASCADE');
is_deeply(checksums('books'), $sums, 'DROP EXTENSION CASCADE leaves every row');
sql('books', 'CREATE EXTENSION billing; SELECT billing.install(), billing.migrate()');
is_deeply(checksums('books'), $sums, 'made again: the same rows');
same_rights('books', $rights, 'made again: the same owners and rights');
verify_empty($node, 'made again: verify() is empty, guards included', 'books');
check_refusals('books', 'made again');
is(sql('books', "SELECT status FROM billing.charge(1, 1, 'new request', 'm', 5000, 500)"), 'duplicate', 'made again: a request is a duplicate');

# ---- books of a plain role ------------------------------------------------------------------------

sql('postgres', 'CREATE ROLE books_owner LOGIN');
make_books('owned');
sql('owned', <<'S');
GRANT CREATE, USAGE ON SCHEMA billing TO books_owner;
GRANT EXECUTE ON FUNCTION billing.install(), billing.transfer_allowed, billing.history_guard(), billing.forget_cached(), billing.judge_transfer() TO books_owner;
S
sql('owned', "LOAD 'billing'; SET billing.clock_offset = '-130d'; SET ROLE books_owner; SELECT billing.install()");
is(sql('owned', "SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE relnamespace = 'billing'::regnamespace AND relkind IN ('r', 'p', 'v')"), 'books_owner',
	'a plain role owns all tables and views');
fill_books('owned');
($sums, $rights) = (checksums('owned'), rights('owned'));

fresh_database('owned_by_psql');
bash_ok('pg_dump owned | psql -X -q -v ON_ERROR_STOP=1 owned_by_psql', 'a plain role\'s books: pg_dump | psql');
check_restored('owned_by_psql', 'a plain role\'s books: pg_dump | psql', $sums, $rights);

fresh_database('owned_by_restore');
bash_ok("pg_dump -Fc -f $directory/owned.dump owned && pg_restore -1 -d owned_by_restore $directory/owned.dump", 'a plain role\'s books: pg_restore -1');
check_restored('owned_by_restore', 'a plain role\'s books: pg_restore -1', $sums, $rights);

done_testing();
