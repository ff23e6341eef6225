# What goes over all usage needs no more memory for more of it: verify(), of all accounts and of one, the look that begins a re-rating, settling
# what comes twice, and a statement of very many lines. A backend that grew with the rows was ended for it, and the server with it: verify() of 60,000,000 requests had 23 GB.
use strict;
use warnings;

use Test::More;

use BillingTest;

use constant { EVENTS => 400_000, ACCOUNTS => 100, MB_MAX => 80, LINES => 150_000, LINES_MB_MAX => 30 };

my $node = billing_node('memory', conf => ['shared_buffers = 64MB', 'fsync = off', 'max_wal_size = 4GB']);
my $dbh = connect_dbi($node);

# The most that the backend ever had, in MB: what it shares with others is in it from the beginning.
sub peak
{
	my ($handle) = @_;
	return $handle->selectrow_array(q{SELECT substring(pg_read_file('/proc/self/status', 0, 10000, true) FROM 'VmPeak:\s*(\d+)')::int / 1024});
}

# The rows of a statement in a session of its own, and by how many MB it grew.
sub grown
{
	my ($sql) = @_;
	my $handle = connect_dbi($node);
	my $before = peak($handle);
	my $rows = $handle->selectall_arrayref($sql);
	my $grown = peak($handle) - $before;
	$handle->disconnect;
	return ($rows, $grown);
}

sub is_flat
{
	my ($sql, $expected, $name, $mb_max) = @_;
	my ($rows, $grown) = grown($sql);
	is_deeply($rows, $expected, $name);
	cmp_ok($grown, '<', $mb_max // MB_MAX, "$name: $grown MB");
}

my $append = sprintf "INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens)
	SELECT 1 + n %% %d, 1, 'request ' || n, 'm', 1000 + n %% 100, 10 FROM generate_series(1, %d) AS n", ACCOUNTS, EVENTS;

$dbh->do('SELECT billing.create_account(a, \'cn\') FROM generate_series(1, ' . ACCOUNTS . ') AS a');
$dbh->do('SELECT billing.create_api_key(a, \'key\') FROM generate_series(1, ' . ACCOUNTS . ') AS a');
$dbh->do('SELECT billing.record_offline_payment(a, 1000, \'pay\', \'bank \' || a) FROM generate_series(1, ' . ACCOUNTS . ') AS a');
my ($price) = $dbh->selectrow_array(q{SELECT billing.set_price('m', 'CNY', 1, 1, effective_from => now() - interval '1 day')});
$dbh->do($append);
sub settle_all { my $sum = 0; while (my ($n) = $dbh->selectrow_array('SELECT nullif(billing.settle(), 0)')) { last unless $n; $sum += $n } return $sum }
is(settle_all(), EVENTS, 'usage is settled');

is_flat('SELECT * FROM billing.verify()', [], 'all is proved');
is_flat('SELECT * FROM billing.verify(7)', [], 'one account is');
$dbh->do("SELECT billing.correct_price($price, 0.5, NULL, NULL, 1, 'correction')");
is_flat(q{SELECT events FROM billing.begin_rerate(NULL, now() - interval '1 day', now() + interval '1 hour', NULL, 'rerate')}, [[EVENTS]], 'a re-rating is looked at');

$dbh->do($append);
my $before = peak($dbh);
is(settle_all(), EVENTS, 'what came twice is settled');
my $grown = peak($dbh) - $before;
cmp_ok($grown, '<', MB_MAX, "in $grown MB");
is($dbh->selectrow_array('SELECT count(*) FROM billing_books.usage_event'), EVENTS, 'and counted once');

$dbh->do(q{SELECT billing.create_account(1000, 'cn'), billing.create_api_key(1000, 'key')});
$dbh->do(q{SELECT billing.record_offline_payment(1000, 1000, 'pay', 'bank 1000')});
$dbh->do(q{CREATE PROCEDURE charge_often(n int) LANGUAGE plpgsql AS $$ BEGIN
	FOR i IN 1..n LOOP PERFORM billing.charge(1000, 1, 'r' || i, 'm', 1, 1); IF i % 50 = 0 THEN COMMIT; END IF; END LOOP; END $$});
$dbh->do('CALL charge_often(' . LINES . ')');
is_flat('SELECT count(*) FROM billing.statement(1000)', [[LINES + 1]], 'a statement is made', LINES_MB_MAX);
is_deeply($dbh->selectall_arrayref('SELECT * FROM billing.verify()'), [], 'the books are sound');
$dbh->disconnect;
$node->stop;
done_testing();
