# Logical replication of the books: publishing them stops nothing; a subscriber has books that are sound, with all guards on, and
# books nothing while it is fed; then it takes them over (design 4).
use strict;
use warnings;

use Test::More;

use BillingTest;

my $publisher = billing_node('publisher', preload => 'billing', init => { allows_streaming => 'logical' }, conf => [ "billing.databases = 'postgres'", 'fsync = off' ]);
my $subscriber = billing_node('subscriber', preload => 'billing', init => { allows_streaming => 'logical' }, conf => [ "billing.databases = 'postgres'", 'fsync = off' ]);
my $pub = connect_dbi($publisher);
my $sub = connect_dbi($subscriber);
my $connection = $publisher->connstr . ' dbname=postgres';

sub answer { my ($dbh, $sql) = @_; return join '|', map { join ',', map { $_ // '' } @$_ } @{ $dbh->selectall_arrayref($sql) } }

# What a statement is refused with.
sub refusal
{
	my ($dbh, $sql) = @_;
	return 'done' if eval { $dbh->do($sql); 1 };
	return $dbh->state . ' ' . ($dbh->errstr =~ /ERROR:\s+(.*)/)[0];
}

# Waits until the subscriber has applied all that is committed.
sub catch_up { my ($name) = @_; $publisher->wait_for_catchup($name); return }

my $n = 0;
my $digest = q{SELECT (SELECT md5(string_agg(e::text, ';' ORDER BY account_id, entry_no)) FROM billing_books.ledger_entry AS e),
	(SELECT md5(string_agg(u::text, ';' ORDER BY account_id, request_id)) FROM billing_books.usage_event AS u),
	(SELECT md5(string_agg(a::text, ';' ORDER BY account_id)) FROM billing_books.account AS a), (SELECT md5(string_agg(l::text, ';' ORDER BY account_id, lot_no)) FROM billing_books.lot AS l),
	(SELECT md5(string_agg(p::text, ';' ORDER BY price_id)) FROM billing_books.price AS p), (SELECT count(*) FROM billing_books.audit_log)};
# Everything that changes a row rather than adding one.
sub book
{
	my $i = ++$n;
	$pub->do($_) for
	  "SELECT billing.record_offline_payment(1, 10, 'p $i', 'bank $i'), billing.grant_bonus(2, 5, 'g $i')",
	  "SELECT billing.charge(a, 1, 'c $i', 'm', 1000000, 0) FROM generate_series(1, 2) AS a",
	  "SELECT billing.charge(2, 1, 'late $i', 'n$i', 1000000, 0)",
	  "SELECT billing.meter(a, 1, 'm $i', 'm', 1000000, 0), billing.meter(a, 9, 'x $i', 'm', 1, 0) FROM generate_series(1, 2) AS a",
	  "SELECT billing.lock_account(2), billing.unlock_account(2)",
	  "SELECT billing.reverse_charge(1, 'c $i', 'r $i')",
	  "SELECT billing.set_price('n$i', 'CNY', 2, 2, effective_from => now() - interval '1 hour')";
	all_settled($pub, "the publisher settles, $i");
	$pub->do('SELECT billing.settle()');
	return;
}

$pub->do('SELECT billing.create_account(a, \'cn\'), billing.create_api_key(a, \'key\') FROM generate_series(1, 2) AS a');
$pub->do('SELECT billing.set_price(\'m\', \'CNY\', 1, 1, effective_from => now() - interval \'1 hour\')');
$pub->do('SELECT billing.set_balance_alert(1, 3)');
book();

# A publication of all tables stops nothing, though the inbox has no key.
$pub->do('CREATE PUBLICATION everything FOR ALL TABLES');
book();
verify_empty($publisher, 'every table has its replica identity: verify() is empty');

# A subscriber to all of it.
$sub->do("CREATE SUBSCRIPTION books CONNECTION '$connection' PUBLICATION everything");
$subscriber->wait_for_subscription_sync($publisher, 'books');
book();
catch_up('books');
is(answer($sub, $digest), answer($pub, $digest), 'the subscriber has the same books');
verify_empty($subscriber, 'verify() is empty there');
is(answer($sub, 'SELECT status, rows_failed FROM billing.settler()'), answer($pub, 'SELECT status, rows_failed FROM billing.settler()'), 'its settler runs, too');
is(answer($sub, "SELECT count(*) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid WHERE c.relnamespace = 'billing_books'::regnamespace AND NOT t.tgisinternal AND t.tgenabled <> CASE t.tgname WHEN 'lock_guard' THEN 'O' WHEN 'invoice_line_guard' THEN 'O' ELSE 'A' END"), 0, 'all guards are on, and only those that look elsewhere are ordinary ones');

# It books nothing: neither the rows of the inbox that are sent to it, nor a call.
$pub->do("SELECT billing.pause_workers('1 hour')");
$pub->do("SELECT billing.meter(1, 1, 'waits', 'm', 1000000, 0)");
catch_up('books');
$sub->do('SELECT pg_reload_conf()'); # wakes its settler
ok(wait_until(20, sub { $subscriber->log_contains('billing settles nothing while a subscription feeds the books') }), 'the settler of the subscriber sleeps, and says so');
sleep 1;
is(answer($sub, 'SELECT count(*) FROM billing_books.usage_inbox'), 1, 'the inbox that it was sent stays');
my $fed = 'LB003 these books are fed by subscription "books": nothing is booked here';
is(refusal($sub, $_), $fed, $_) for 'SELECT billing.charge(1, 1, \'here\', \'m\', 1, 0)', 'SELECT billing.settle()', 'SELECT billing.meter(1, 1, \'here\', \'m\', 1, 0)',
  'SELECT billing.record_offline_payment(1, 1, \'here\', \'here\')', 'SELECT billing.set_price(\'m\', \'CNY\', 9, 9)', 'SELECT billing.create_account(3, \'cn\')', 'SELECT billing.set_policy(\'block_at_zero\', \'on\')', 'SELECT billing.adopt_books()';
is(answer($sub, 'SELECT balance FROM billing.balance(1)'), answer($pub, 'SELECT balance FROM billing.balance(1)'), 'it can be read');

# What a session of the subscriber remembers follows: prices and policies.
is(answer($sub, "SELECT max(amount) FROM billing.quote(1, 'm', 1000000, 0)"), '1.000000000', 'a price');
$pub->do("SELECT billing.set_price('m', 'CNY', 3, 3), billing.set_policy('block_at_zero', 'on')");
catch_up('books');
is(answer($sub, "SELECT max(amount) FROM billing.quote(1, 'm', 1000000, 0)"), '3.000000000', 'a price changed a moment ago');
is(answer($sub, "SELECT value FROM billing.policy WHERE name = 'block_at_zero'"), 'on', 'a policy changed a moment ago');

# The switch: the publisher stops, the subscription is dropped, the books are adopted.
$pub->do("SELECT billing.pause_workers('0')");
all_settled($pub, 'the publisher settles what waits');
catch_up('books');
$publisher->stop;
$sub->do('ALTER SUBSCRIPTION books DISABLE');
$sub->do('ALTER SUBSCRIPTION books SET (slot_name = NONE)');
is(refusal($sub, 'SELECT billing.settle()'), $fed, 'a subscription that is disabled feeds them still');
$sub->do('DROP SUBSCRIPTION books');
cmp_ok(answer($sub, 'SELECT billing.adopt_books()'), '>=', 3, 'identities were behind');
is(answer($sub, "SELECT (billing.charge(1, 1, 'c 1', 'm', 1000000, 0)).status"), 'duplicate', 'what was booked there counts once');
is(answer($sub, "SELECT (billing.charge(1, 1, 'here', 'm', 1000000, 0)).status"), 'charged', 'it books');
$sub->do("SELECT billing.set_price('m', 'CNY', 4, 4), billing.create_account(NULL, 'cn'), billing.create_api_key(1, 'another'), billing.meter(2, 1, 'here', 'm', 1, 0), billing.meter(2, 9, 'none', 'm', 1, 0)");
all_settled($sub, 'its settler settles');
is(answer($sub, "SELECT string_agg(account_id::text, ' ' ORDER BY account_id) FROM billing_books.account"), '1 2 3', 'a new account has a number of its own');
verify_empty($subscriber, 'verify() is empty after the switch');

# A publication without the inbox, as the docs give it; from there a new subscriber, which never sees metered usage before it is settled.
$sub->do(answer($sub, "SELECT format('CREATE PUBLICATION books FOR TABLE %s', string_agg(t::text, ', ')) FROM billing.replicated_tables() AS t"));
is(answer($sub, "SELECT count(*) FROM pg_publication_tables WHERE pubname = 'books' AND tablename = 'usage_inbox'"), 0, 'the inbox is left out');
my $second = billing_node('second', conf => 'fsync = off');
my $second_dbh = connect_dbi($second);
my $from = $subscriber->connstr . ' dbname=postgres';
$second_dbh->do("CREATE SUBSCRIPTION again CONNECTION '$from' PUBLICATION books");
$second->wait_for_subscription_sync($subscriber, 'again');
$sub->do("SELECT billing.meter(2, 1, 'once more', 'm', 1, 0)");
all_settled($sub, 'the publisher settles');
$subscriber->wait_for_catchup('again');
is(answer($second_dbh, $digest), answer($sub, $digest), 'the new subscriber has the same books');
verify_empty($second, 'verify() is empty there, too');

$_->disconnect for $sub, $second_dbh;
done_testing();
