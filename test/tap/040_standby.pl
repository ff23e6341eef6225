# A hot standby answers every question about the books (design 5: readers are usable on a standby) and
# books nothing, nor does a settler run there; once promoted it goes on where the primary stopped.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use Test::More;

use BillingTest;

# Seals the books, and returns what an auditor keeps of it.
sub seal { my ($node) = @_; return $node->safe_psql('postgres', 'SELECT billing.seal_books(); SELECT billing.export_seal()') =~ s/^\(.*\n//r }

sub seals_hold
{
	my ($node, $name, @seals) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($node->safe_psql('postgres', "SELECT * FROM billing.verify_seal(\$s\$$_\$s\$)"), '', "$name: " . (/^(seal \d+)$/m)[0] . ' holds') for @seals;
	return;
}

my $primary = billing_node('primary', preload => 'billing', conf => "billing.databases = 'postgres'", init => { allows_streaming => 1 });
$primary->safe_psql('postgres', <<'S');
SELECT billing.create_account(1, 'cn'), billing.create_account(2, 'global');
SELECT billing.set_price('m', c, 1.25, 3.5, effective_from => now() - interval '1 day') FROM unnest('{CNY,USD}'::text[]) AS c;
SELECT billing.record_offline_payment(1, 25.00, 'pay 1', 'bank 1'), billing.grant_bonus(1, 1, 'gift', now() + interval '2 seconds');
S
my %keys = map { $_ => $primary->safe_psql('postgres', "SELECT api_key FROM billing.create_api_key($_, 'key')") } 1, 2;
$primary->safe_psql('postgres', "SELECT billing.charge(1, 1, 'one', 'm', 1434, 153, 700), billing.charge(2, 1, 'two', 'm', 3000000, 1000)");

my @seals = seal($primary);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
# What is booked after the backup comes by replication; so does what is metered, settled and set aside,
# and what waits to be.
my $on_primary = connect_dbi($primary);
$on_primary->do("SELECT billing.charge(1, 1, 'three', 'm', 100000, 1000), billing.meter(1, 1, 'metered', 'm', 1000, 10), billing.meter(1, 2, 'no such key', 'm', 1, 1)");
all_settled($on_primary, 'the primary settles');
$on_primary->do("SELECT billing.pause_workers('1 hour'); SELECT billing.meter(1, 1, 'waits', 'm', 1000, 10), billing.meter(2, 1, 'waits', 'm', 1000, 10)");
push @seals, seal($primary);
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'a standby');

# The readers, with what must be equal on both sides; the bonus expires in between for both or none.
$primary->poll_query_until('postgres', 'SELECT bonus = 0 FROM billing.balance(1)') or die 'the bonus did not expire';
my %questions = (
	'authorize() of a key that may call' => "SELECT allowed, reason, account_id, balance FROM billing.authorize('$keys{1}')",
	'authorize() of a key in arrears' => "SELECT allowed, reason, shortfall FROM billing.authorize('$keys{2}')",
	'authorize() of a mistyped key' => "SELECT allowed, reason FROM billing.authorize('sk-x')",
	'balance()' => 'SELECT a.account_id, b.* FROM billing_books.account AS a, billing.balance(a.account_id) AS b ORDER BY 1',
	'balance_at()' => "SELECT * FROM billing.balance_at(1, (SELECT max(recorded_at) FROM billing_books.ledger_entry WHERE account_id = 1))",
	'statement()' => 'SELECT a.account_id, s.* FROM billing_books.account AS a, billing.statement(a.account_id) AS s ORDER BY 1, 2',
	'quote()' => "SELECT * FROM billing.quote(1, 'm', 10, 20, 30, 40, now() - interval '1 hour')",
	'explain_charge()' => "SELECT * FROM billing.explain_charge(1, 'three')",
	'explain_charge() of a batch' => "SELECT * FROM billing.explain_charge(1, 'metered')",
	'usage_set_aside' => 'SELECT * FROM billing_books.usage_set_aside',
	'settler_lag' => 'SELECT unsettled_rows, first_occurred_at FROM billing.settler_lag',
	'policy' => 'SELECT * FROM billing.policy',
	'status()' => "SELECT * FROM billing.status() WHERE name <> 'settler'",
	'usage_report()' => "SELECT r.* FROM billing_books.account AS a, billing.usage_report(a.account_id, group_by => '{key,model,hour}') AS r ORDER BY r::text",
	"usage_report(by => 'occurred_at')" => "SELECT * FROM billing.usage_report(1, now() - interval '1 day', NULL, '{day}', 'Asia/Shanghai', 'occurred_at')",
);
for my $name (sort keys %questions)
{
	my $expected = $primary->safe_psql('postgres', $questions{$name});
	isnt($expected, '', "$name has an answer");
	is($standby->safe_psql('postgres', $questions{$name}), $expected, "$name on the standby");
}
is($standby->safe_psql('postgres', "SELECT allowed, coalesce(reason, '-') FROM billing.authorize('$keys{1}')"), 't|-', 'a key may call by the standby');
is($standby->safe_psql('postgres', "SELECT allowed, reason FROM billing.authorize('$keys{2}')"), 'f|negative_balance', 'a key in arrears may not');
is($standby->safe_psql('postgres', "SELECT status, unsettled_rows, events_total FROM billing.settler_lag"), 'not running|2|', 'settler_lag on the standby: nothing settles here');
is($standby->safe_psql('postgres', "SELECT value FROM billing.status() WHERE name = 'settler'"), 'not running', 'status() on the standby says so, too');
is($standby->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'billing%'"), '0', 'no worker runs on the standby');
verify_empty($standby, 'verify() on the standby is empty');
seals_hold($standby, 'on the standby', @seals);

# A writer's error says why, and nothing else goes wrong in the session.
my @writers = (
	"billing.charge(1, 1, 'four', 'm', 1, 1)", "billing.meter(1, 1, 'five', 'm', 1, 1)", 'billing.settle()', "billing.charge(1, 1, 'one', 'm', 1434, 153, 700)", "billing.record_offline_payment(1, 1, 'p', 'b')",
	"billing.grant_bonus(1, 1, 'g')", "billing.create_account(3, 'cn')", "billing.create_account(NULL, 'cn')", "billing.create_api_key(1, 'x')",
	"billing.reverse_charge(1, 'one', 'r')", "billing.lock_account(1)", 'billing.seal_books()', "billing.set_policy('block_at_zero', 'on')",
);
for my $writer (@writers)
{
	my ($code, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\nSELECT $writer", on_error_stop => 1);
	like($err, qr/ERROR:  25006: .*(read-only|recovery)/, "$writer on the standby");
}
my ($code, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\nSELECT billing.set_price('m', 'CNY', 1, 1)", on_error_stop => 1);
like($err, qr/ERROR:  55000: .*(read-only|recovery)/, 'set_price on the standby');
verify_empty($standby, 'verify() on the standby is still empty');

# Promoted, it takes over: nothing is booked twice, numbers go on, what waits is settled.
$on_primary->disconnect;
$primary->stop;
$standby->promote;
my $promoted = connect_dbi($standby);
all_settled($promoted, 'promoted: the settler starts and settles what came');
is_deeply($promoted->selectall_arrayref("SELECT account_id, request_id, status FROM billing_books.usage_event WHERE request_id IN ('metered', 'waits') ORDER BY 2, 1"),
	[ [ 1, 'metered', 'charged' ], [ 1, 'waits', 'charged' ], [ 2, 'waits', 'charged' ] ], 'promoted: each once');
is(settler($promoted)->{status}, 'running', 'promoted: settler() says so');
is($promoted->selectrow_array("SELECT billing.meter(2, 1, 'after', 'm', 1000, 10)"), 'accepted', 'promoted: a request is metered');
all_settled($promoted, 'promoted: and settled');
is($standby->safe_psql('postgres', "SELECT status FROM billing.charge(1, 1, 'three', 'm', 100000, 1000)"), 'duplicate', 'promoted: a request is a duplicate');
is($standby->safe_psql('postgres', "SELECT status FROM billing.charge(1, 1, 'four', 'm', 1, 1)"), 'charged', 'promoted: a charge is booked');
is($standby->safe_psql('postgres', "SELECT status, id FROM billing.record_offline_payment(1, 25.00, 'pay 1', 'bank 1')"), 'booked|1', 'promoted: a payment counts once');
cmp_ok($standby->safe_psql('postgres', "SELECT billing.create_account(NULL, 'cn')"), '>', 2, 'promoted: a new account gets a free number');
is($standby->safe_psql('postgres', "SELECT allowed FROM billing.authorize('$keys{1}')"), 't', 'promoted: a key may call');
push @seals, seal($standby);
is($standby->safe_psql('postgres', 'SELECT string_agg(seal_no::text, \',\' ORDER BY seal_no) FROM billing_books.seal'), '1,2,3', 'promoted: seals go on');
verify_empty($standby, 'promoted: verify() is empty');
seals_hold($standby, 'promoted', @seals);

done_testing();
