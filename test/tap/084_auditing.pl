# docs/auditing.md as a stranger follows it: each command of the page as it is printed, by a role of level auditor, on sound books and on damaged ones.
use strict;
use warnings;

use FindBin;
use Test::More;

use BillingTest;

my $node = billing_node('auditing', preload => 'billing', install => 0, conf => [ "billing.databases = ''", 'fsync = off' ]);
my $directory = $node->basedir;
@ENV{qw(PGHOST PGPORT)} = ($node->host, $node->port);

sub write_file { my ($name, $text) = @_; open my $file, '>', "$directory/$name" or die "$name: $!"; print $file $text; close $file; return }
sub read_file { my ($name) = @_; open my $file, '<', $name or die "$name: $!"; local $/; return scalar <$file> }
sub sql { my ($text) = @_; return $node->safe_psql('books', $text) }

# ---- the page's blocks: a language, and what is to be typed

my @blocks = map { /^(sh|sql)\n(.*)/s ? [ $1, $2 ] : () } read_file("$FindBin::Bin/../../docs/auditing.md") =~ /^```(\w+\n.*?)^```$/msg;
my ($export, $settings, $is_whole, $verify, $look, $chain, $accounts, $rows) = @blocks;
is(join(' ', map { $_->[0] } @blocks), 'sh sh sh sql sql sql sh sh', 'the page has these blocks');

# What a block says, or 'failed' and why.
sub says
{
	my ($block, $role) = @_;
	my ($language, $text) = @$block;
	write_file('block.sql', $text);
	write_file('block.sh', "set -eu -o pipefail\n$settings->[1]" . ($language eq 'sh' ? $text : 'psql -XAtq -v ON_ERROR_STOP=1 -d books -f block.sql'));
	local $ENV{PGUSER} = $role // 'auditor';
	my $said = `cd $directory && bash block.sh 2>&1`;
	return $? == 0 ? $said : "failed: $said";
}

# The digest of the seal and that of the rows, of a kind of rows.
sub digests_of
{
	my ($name, $role) = @_;
	my $text = $rows->[1] =~ s/^name='payment'$/name='$name'/mr;
	my $said = says([ 'sh', $text ], $role);
	return $said =~ /^rows \d+ (\w+) \Q$name\E\n(\w+)  -\n$/ ? ($1, $2) : ($said, '');
}

# ---- books, and two seals of them

$node->safe_psql('postgres', 'CREATE DATABASE books; CREATE ROLE auditor LOGIN; CREATE ROLE owner LOGIN; GRANT CREATE ON DATABASE books TO owner');
sql($_) for split /;;\n/, <<'S';
CREATE EXTENSION billing; CREATE SCHEMA billing_books AUTHORIZATION owner; GRANT USAGE ON SCHEMA billing TO owner; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA billing TO owner;;
SET ROLE owner; SELECT billing.install();;
SELECT billing.grant_access('auditor', 'auditor');;
SELECT billing.create_account(42, 'cn'); SELECT billing.create_api_key(42, 'prod', idempotency_key => 'key');;
SELECT billing.set_price('m', 'CNY', 1, 2, effective_from => '2025-01-01');;
SELECT billing.record_offline_payment(42, 100, 'first', 'bank 1');;
SELECT billing.set_policy('clock_jump', '1 min');;
SET billing.clock_offset = '2 min'; SELECT billing.seal_books();;
SELECT billing.create_api_key(42, 'another'), billing.record_offline_payment(42, 50, 'second', E'bank\n2'), billing.charge(42, 1, 'request', 'm', 1434, 153), billing.charge(42, 1, 'free', 'm', 0, 0);;
SELECT billing.set_policy('block_at_zero', 'on', reason => E'two\nlines, 张三');;
SET billing.clock_offset = '2 min'; SELECT billing.seal_books();;
SELECT billing.set_policy('clock_jump', NULL)
S
write_file('seal-before.txt', sql('SELECT billing.export_seal(1)'));
is(says($export), '', 'a seal is fetched');
rename glob("$directory/seal-2*.txt"), "$directory/seal.txt" or die $!;

# ---- sound books

my ($root, $sum) = says($is_whole) =~ /^root (\w+)\n(\w+)  -\n$/;
is($sum, $root, 'the file is whole');
is(says($_->[0]), '', "sound books: $_->[1]") for [ $verify, 'verify' ], [ $look, 'no code of others' ], [ $chain, 'the chain' ], [ $accounts, 'the accounts' ];
my @names = read_file("$directory/seal.txt") =~ /^rows \d+ \w+ (.*)$/mg;
for my $name (@names) {
	my $is_hidden = $name =~ /^(api_key_version|idempotent_call)$/;
	my ($sealed, $found) = digests_of($name, $is_hidden ? 'owner' : 'auditor');
	is($found, $sealed, "$name: its rows are those that were sealed");
	like((digests_of($name))[0], qr/permission denied for table $name$/m, "$name: an auditor asks the owner") if $is_hidden;
}
like("@names", qr/api_key_version.*idempotent_call.*payment.*usage_event \d{4}-\d\d$/, 'among them what an auditor cannot read, and usage by its month');

# ---- damaged ones

sub damage { my (@sql) = @_; return sql(join '; ', 'SET billing.allow_history_change = on', 'SET session_replication_role = replica', @sql) }

damage("UPDATE billing_books.payment SET actor = 'other' WHERE payment_id = 2");
my ($sealed, $found) = digests_of('payment');
like("$sealed $found", qr/^(\w{64}) (?!\1)\w{64}$/, 'a payment of another actor: another digest');
damage("UPDATE billing_books.ledger_entry SET actor = 'other' WHERE entry_no = 2");
is(says($chain), "42|2\n", 'an entry of another actor: the chain');
like(says($verify), qr/^entry_chain\|42\|/m, 'and verify()');
sql(<<'S');
CREATE AGGREGATE chain_of(bigint, bigint, timestamptz, timestamptz, bigint, bigint, bigint, bigint, numeric, text, text, text, text, text, bytea) (SFUNC = billing.entry_chain, STYPE = bytea);
SET billing.allow_history_change = on; SET session_replication_role = replica;
UPDATE billing_books.ledger_entry AS e SET chain = c.chain FROM (
    SELECT entry_no, chain_of(account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, subscription_no, undoes_entry_no, amount, debit, credit, source_type, gateway, actor, usage_digest) OVER (ORDER BY entry_no) AS chain
    FROM billing_books.ledger_entry) AS c WHERE e.entry_no = c.entry_no
S
is(says($chain), '', 'the chain made anew: it is one');
like(says($accounts), qr/^account 42 3 \w{64}\n$/, 'but not the one that was sealed');
like(says($verify), qr/^sealed_entry\|42\|/m, 'as verify_seal() says');

# What the owner may put where PostgreSQL runs it for who reads.
sub owner_puts
{
	my ($what, $expected, @sql) = @_;
	my $said = $node->safe_psql('books', join ';', 'BEGIN', 'SET LOCAL client_min_messages = warning', 'SET LOCAL ROLE owner', @sql, 'SET LOCAL search_path = pg_catalog, pg_temp', $look->[1], 'ROLLBACK');
	return like($said, $expected, $what);
}
my $code = "CREATE SCHEMA trap; CREATE FUNCTION trap.code() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'";
my $b = 'billing_books';
owner_puts('an index', qr/^index $b\.quick\|depends on function trap\.code\(\)$/m, $code, "CREATE INDEX quick ON $b.ledger_entry (account_id) WHERE trap.code()");
owner_puts('an index by his operator', qr/^index $b\.quick\|depends on operator trap\.===/m, $code, 'CREATE OPERATOR trap.=== (PROCEDURE = int8eq, LEFTARG = bigint, RIGHTARG = bigint)', "CREATE INDEX quick ON $b.lot (account_id) WHERE account_id OPERATOR(trap.===) 7");
owner_puts('a CHECK of a partition', qr/^constraint .*\|depends on function trap\.code\(\)$/m, $code, "ALTER TABLE $b.usage_event_default ADD CHECK (trap.code())");
owner_puts('statistics', qr/^statistics object .*\|depends on function trap\.code\(\)$/m, $code, "CREATE STATISTICS $b.code ON (trap.code()), account_id FROM $b.ledger_entry");
owner_puts('a default', qr/^default value .*\|depends on function trap\.code\(\)$/m, $code, "ALTER TABLE $b.ledger_entry ALTER actor SET DEFAULT trap.code()::text");
owner_puts('a type', qr/^column actor of table $b\.ledger_entry\|depends on type trap\.word$/m, $code, 'CREATE DOMAIN trap.word AS text CHECK (trap.code())', "ALTER TABLE $b.ledger_entry ALTER actor TYPE trap.word");
owner_puts('a view', qr/^$b\.refund_claim\|is no table/m, "ALTER TABLE $b.refund_claim RENAME TO away", "CREATE VIEW $b.refund_claim AS SELECT * FROM $b.away");
owner_puts('a policy', qr/^$b\.lot\|is no table, or has rules or policies$/m, $code, "CREATE POLICY p ON $b.lot USING (trap.code())", "ALTER TABLE $b.lot ENABLE ROW LEVEL SECURITY");
owner_puts('a child elsewhere', qr/^trap\.more\|adds its rows to those of $b\.lot$/m, $code, "CREATE TABLE trap.more () INHERITS ($b.lot)");

my $file = read_file("$directory/seal.txt");
write_file('seal.txt', $file =~ s/^account 42 3/account 42 2/mr);
($root, $sum) = says($is_whole) =~ /^root (\w+)\n(\w+)  -\n$/;
isnt($sum, $root, 'a file that was changed is not whole');

done_testing();
