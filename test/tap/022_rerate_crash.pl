# kill -9 of a step of continue_rerate(), again and again: what a step has not committed it has not done, and in the end each
# charge has its new price once, and the difference is booked once (R20).
use strict;
use warnings;

use DBD::Pg ();
use Test::More;
use Time::HiRes qw(sleep);

use BillingTest;

my $accounts = 3;
my $charges = 200;

my $node = billing_node('rerate', preload => 'billing', conf => [ 'restart_after_crash = on', 'log_statement = none' ]);
$node->safe_psql('postgres', <<"S");
SELECT billing.create_account(n, 'cn'), billing.create_api_key(n, 'load') FROM generate_series(1, $accounts) AS n;
SELECT billing.set_price('m', 'CNY', 1, 0, effective_from => '2025-01-01 00:00+00');
SELECT billing.grant_bonus(n, 50, 'gift') FROM generate_series(1, $accounts) AS n;
SELECT billing.record_offline_payment(n, 60, 'payment', 'bank ' || n) FROM generate_series(1, $accounts) AS n;
SELECT billing.charge(n, 1, 'r' || i, 'm', 1000000, 0) FROM generate_series(1, $accounts) AS n, generate_series(1, $charges) AS i;
SELECT billing.correct_price(price_id, 0.75, NULL, NULL, 0, 'fix') FROM billing_books.price WHERE model = 'm';
SELECT billing.begin_rerate(NULL, '2025-01-01 00:00+00', now() + interval '1 day', 'm', 'rerate');
S

# A connection, as soon as there is one.
sub connected
{
	for (1 .. 300)
	{
		my $dbh = eval { connect_dbi($node) };
		return $dbh if $dbh;
		sleep 0.1;
	}
	die 'the server does not come back';
}

# What the books say, as soon as they can be asked: who was let in just before the server ended is thrown out.
sub asked
{
	my ($sql) = @_;
	for (1 .. 300)
	{
		my $row = eval { connected()->selectrow_arrayref($sql) };
		return @$row if $row;
		sleep 0.1;
	}
	die 'the server does not answer';
}

my $killed = 0;
my $cut_short = 0;
for my $round (1 .. 8)
{
	my ($before) = asked('SELECT count(*) FROM billing_books.charge_revision');
	my $dbh = connected();
	$dbh->do('SELECT billing.continue_rerate(1, 60)', { pg_async => DBD::Pg::PG_ASYNC() });
	sleep rand 0.05;
	$killed += kill 'KILL', $dbh->{pg_pid};
	eval { $dbh->disconnect };
	my ($moved, $sums) = asked('SELECT count(*), (SELECT sum(moved) FROM billing_books.rerate_account) FROM billing_books.charge_revision');
	is($sums, $moved, "round $round: the accounts say what has moved");
	$cut_short++ if $moved == $before;
	ok($moved == $before || $moved == $before + 60 || $moved % $charges == 0, "round $round: a step is whole or not at all");
}
is($killed, 8, 'all were killed');
cmp_ok($cut_short, '>', 0, 'some of them before they were through');

asked('SELECT 1');
my $dbh = connected();
my ($done, $left, $steps) = (0, 1, 0);
while ($left > 0 && $steps++ < 100)
{
	(undef, $done, $left) = $dbh->selectrow_array('SELECT * FROM billing.continue_rerate(1, 60)');
}
is($left, 0, 'nothing is left');
is(join(' ', $dbh->selectrow_array('SELECT count(*), count(DISTINCT (account_id, request_hash)), sum(amount), min(charge), max(charge) FROM billing_books.charge_revision')),
	join(' ', $accounts * $charges, $accounts * $charges, sprintf('%.9f', -0.25 * $accounts * $charges), '0.750000000', '0.750000000'), 'each charge has its new price, once');
is_deeply($dbh->selectcol_arrayref('SELECT balance FROM billing.balance(1) UNION ALL SELECT balance FROM billing.balance(2)'), [ '-40.000000000', '-40.000000000' ], 'and what is owed is what the new price leaves');
is_deeply($dbh->selectall_arrayref('SELECT check_name, detail FROM billing.verify()'), [], 'verify() finds nothing');

# A month is not closed while something of it has its new price to come; what was asked for before it was closed, and begins after it, says so.
$dbh->do('SELECT billing.set_policy(\'usage_retention\', \'60 days\')');
$dbh->do('SET billing.clock_offset = \'60d\'');
$dbh->do('SELECT billing.make_partitions(), billing.set_policy(\'second_person_above\', \'1\', \'CNY\')');
$dbh->do('SELECT billing.correct_price(max(price_id), 0.5, NULL, NULL, 0, \'fix 2\') FROM billing_books.price');
my $second = connect_dbi($node);
$second->do($_) for 'CREATE ROLE second SUPERUSER', 'SET SESSION AUTHORIZATION second', 'SET billing.clock_offset = \'60d\'', 'SELECT billing.correct_price(max(price_id), 0.5, NULL, NULL, 0, \'fix 2\') FROM billing_books.price';
my $begin = 'SELECT status FROM billing.begin_rerate(%s, \'2025-01-01 00:00+00\', \'2100-01-01 00:00+00\', \'m\', \'%s\')';
is($dbh->selectrow_array(sprintf($begin, 2, 'later')), 'awaiting_second', 'one waits for a second person');
$dbh->do('SELECT billing.set_policy(\'second_person_above\', NULL, \'CNY\')');
is($dbh->selectrow_array(sprintf($begin, 1, 'now')), 'begun', 'one has begun');
is($dbh->selectrow_array('SELECT done FROM billing.continue_rerate((SELECT max(rerate_no) FROM billing_books.rerate), 150)'), 150, 'and goes on');
$dbh->do('SET billing.clock_offset = \'100d\'');
$dbh->do('SELECT billing.make_partitions()');
is($dbh->selectrow_array('SELECT billing.close_partitions()'), 0, 'no month is closed');
is(join(' ', $dbh->selectrow_array('SELECT done, "left" FROM billing.continue_rerate()')), "50 0", 'before it is finished');
cmp_ok($dbh->selectrow_array('SELECT billing.close_partitions()'), '>', 0, 'then it is');
is($second->selectrow_array(sprintf($begin, 2, 'later')), 'begun', 'the one that waited begins');
is(join(' ', $dbh->selectrow_array('SELECT done, "left" FROM billing.continue_rerate()')), '0 0', 'and moves nothing');
is(join(' ', $dbh->selectrow_array('SELECT events, moved, skipped FROM billing.rerate_accounts((SELECT rerate_no FROM billing_books.rerate WHERE idempotency_key = \'later\'))')), "$charges 0 {\"closed_month\": $charges}", 'since all of it is of a closed month');
is_deeply($dbh->selectall_arrayref('SELECT check_name, detail FROM billing.verify()'), [], 'verify() finds nothing');
done_testing();
