# pg_upgrade into a new server: the same rows, seals that hold and go on, usage that waits settled there, once. The new server is of the same major
# version here, which pg_upgrade takes as it takes another; docs/operating.md says what else was tried.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use BillingTest;

my $bindir = `$ENV{PG_CONFIG} --bindir` =~ s/\n//r or die 'no pg_config';
my $secrets = PostgreSQL::Test::Utils::tempdir;
chmod 0700, $secrets or die "$secrets: $!";
my @conf = ("billing.secrets_dir = '$secrets'", 'fsync = off');

my $old = billing_node('old', preload => 'billing', install => 0, conf => \@conf);
my $new = billing_node('new', preload => 'billing', install => 0, conf => \@conf, start => 0);

sub sql { my ($node, $text) = @_; return $node->safe_psql('books', $text) }

# Seals the books, so many days ago, and returns what an auditor keeps of it.
sub seal { my ($node, $days) = @_; sql($node, sprintf 'SET billing.clock_offset = \'-%dd\'; SELECT billing.seal_books()', $days // 0); return sql($node, 'SELECT billing.export_seal()') }

sub seals_hold
{
	my ($node, $name, @seals) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(sql($node, "SELECT * FROM billing.verify_seal(\$s\$$_\$s\$)"), '', "$name: " . (/^(seal \d+)$/m)[0] . ' holds') for @seals;
	return;
}

# The rows of all tables, and how far the sequences are.
sub content
{
	my ($node) = @_;
	return [ split /\n/, sql($node, <<'S') ];
SELECT format(CASE relkind WHEN 'S' THEN 'SELECT %L, last_value, is_called FROM billing_books.%I'
    ELSE 'SELECT %L, count(*), md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text COLLATE "C"), '''')) FROM billing_books.%I AS t' END, relname, relname)
FROM pg_class WHERE relnamespace = 'billing_books'::regnamespace AND relkind IN ('r', 'p', 'S') ORDER BY relname \gexec
S
}

# ---- the books: a month is closed and its table dropped, another's stays; usage waits -----------------------

$old->safe_psql('postgres', $_) for 'CREATE ROLE books_owner LOGIN', 'CREATE ROLE auditor LOGIN', 'CREATE DATABASE books';
sql($old, <<'S');
CREATE EXTENSION billing;
CREATE SCHEMA billing_books AUTHORIZATION books_owner;
GRANT USAGE ON SCHEMA billing TO books_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA billing TO books_owner;
SET billing.clock_offset = '-130d';
SET ROLE books_owner;
SELECT billing.install();
RESET ROLE;
SELECT billing.grant_access('auditor', 'auditor');
SELECT billing.create_account(n, 'cn'), billing.create_api_key(n, 'key') FROM generate_series(1, 3) AS n;
SELECT billing.set_price('m', 'CNY', 1000, 1000, effective_from => now() - interval '1 year');
SELECT billing.record_offline_payment(n, 500, 'pay', 'bank ' || n), billing.grant_bonus(n, 5, 'gift', now() - interval '110 days') FROM generate_series(1, 3) AS n;
SELECT billing.charge(n, 1, 'first', 'm', 1000, 100) FROM generate_series(1, 3) AS n;
S
my @seals = seal($old, 120);
sql($old, <<'S');
SET billing.clock_offset = '-95d';
SELECT billing.meter(n, 1, 'second ' || i, 'm', 10, i, occurred_at => now() - interval '95 days') FROM generate_series(1, 3) AS n, generate_series(1, 100) AS i;
SELECT billing.settle();
SELECT billing.charge(1, 1, 'undone', 'm', 1, 1), billing.reverse_charge(1, 'undone', 'undo');
RESET billing.clock_offset;
SELECT billing.set_policy('usage_retention', '60 days'), billing.make_partitions();
SELECT billing.close_partitions();
S
my @months = split /\n/, sql($old, 'SELECT partition_name FROM billing_books.closed_month WHERE events > 0 ORDER BY month');
is(@months, 2, 'two months are closed');
sql($old, "DROP TABLE billing_books.$months[0]");
push @seals, seal($old);
sql($old, <<'S');
SELECT billing.charge(2, 1, 'third', 'm', 100, 10), billing.arm();
SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0, address => '1 Example Street', series => 'INV'), billing.create_account(4, 'global');
SELECT billing.record_offline_payment(4, 10, 'pay', 'bank 4');
SELECT billing.meter(n, 1, 'waits', 'm', 10, 10) FROM generate_series(1, 3) AS n;
S
is(sql($old, 'SELECT billing.number_invoices()'), 1, 'they are armed, and give a number');
verify_empty($old, 'before', 'books');
my $content = content($old);
$old->stop;

# ---- upgraded; both servers would have workers, of which none may work meanwhile ---------------------------

$_->append_conf('postgresql.conf', "billing.databases = 'books, postgres'") for $old, $new;
chdir $new->basedir or die $!; # pg_upgrade leaves files where it is
command_ok([ 'pg_upgrade', '-b', $bindir, '-B', $bindir, '-d', $old->data_dir, '-D', $new->data_dir, '-s', $new->host, '--no-sync' ], 'pg_upgrade');
$new->append_conf('postgresql.conf', "billing.databases = ''");
$new->start;
is_deeply(content($new), $content, 'upgraded: the same rows and sequences');
verify_empty($new, 'upgraded: verify() is empty, guards included', 'books');
seals_hold($new, 'upgraded', @seals);
is(sql($new, "SELECT value FROM billing.status() WHERE name = 'clock check'"), 'believed', 'the clock is believed');
is(sql($new, "SELECT status FROM billing.charge(2, 1, 'third', 'm', 100, 10)"), 'duplicate', 'a request of before is a duplicate');
list_databases($new, 'books');
all_settled(connect_dbi($new, 'books'), 'usage that waited is settled');
is(sql($new, "SELECT count(*) FROM billing_books.usage_event WHERE request_id = 'waits' AND status = 'charged'"), 3, 'each once');
is(sql($new, "SELECT status FROM billing.charge(1, 1, 'after', 'm', 100, 10)"), 'charged', 'a charge is booked');
is(sql($new, "SELECT status FROM billing.record_offline_payment(4, 10, 'pay after', 'bank 4 after'); SELECT billing.number_invoices()"), "booked\n0", 'they are not armed here, and give no number');

my ($before) = $seals[-1] =~ /^root (.*)$/m;
push @seals, seal($new);
like($seals[-1], qr/^seal 3\n.*^after $before$/ms, 'the next seal goes on from the last one');
seals_hold($new, 'gone on', @seals);
verify_empty($new, 'gone on: verify() is empty', 'books');
is(sql($new, 'SET ROLE auditor; SELECT count(*) FROM billing.verify()'), 0, 'an auditor verifies');

# Somebody changes an entry of before, its chain and all behind it, and the seals in the database.
sql($new, <<'S');
CREATE AGGREGATE chain_of(bigint, bigint, timestamptz, timestamptz, bigint, bigint, bigint, bigint, numeric, text, text, text, text, text, bytea) (SFUNC = billing.entry_chain, STYPE = bytea);
SET billing.allow_history_change = on; SET session_replication_role = replica;
UPDATE billing_books.ledger_entry SET actor = 'other' WHERE account_id = 3 AND entry_no = 1;
UPDATE billing_books.ledger_entry AS e SET chain = c.chain FROM (
    SELECT entry_no, chain_of(account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, subscription_no, undoes_entry_no, amount, debit, credit, source_type, gateway, actor, usage_digest) OVER (ORDER BY entry_no) AS chain
    FROM billing_books.ledger_entry WHERE account_id = 3) AS c WHERE account_id = 3 AND e.entry_no = c.entry_no;
UPDATE billing_books.account AS a SET chain = e.chain FROM billing_books.ledger_entry AS e WHERE a.account_id = 3 AND e.account_id = 3 AND e.entry_no = a.last_entry_no;
UPDATE billing_books.seal_account AS s SET chain = e.chain FROM billing_books.ledger_entry AS e WHERE s.account_id = 3 AND e.account_id = 3 AND e.entry_no = s.entry_no;
S
like(sql($new, "SELECT * FROM billing.verify_seal(\$s\$$seals[0]\$s\$)"), qr/^sealed_entry\|3\|/m, 'a seal of before the upgrade finds an entry that is changed behind it');

done_testing();
