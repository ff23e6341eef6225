# Refunds under whatever a gateway does (R5, R14): at random, with a seed that is printed, answers are lost, late, unsigned or errors, refunds
# stay PROCESSING, are closed or get stuck, the portal gives money back unasked, workers are ended between claim and record, operators retry,
# give up, release and settle. At the end each gateway has given back what these books say, and no more than was paid.
use strict;
use warnings;

use DBD::Pg;
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep time);

use BillingTest;
use Simulators;

my $accounts = $ENV{ACCOUNTS} // 24;
my $rounds = $ENV{ROUNDS} // 40;
my $seed = $ENV{SEED} // time % 1_000_000;
srand $seed;
note "SEED=$seed ACCOUNTS=$accounts ROUNDS=$rounds";

my $sim = Simulators->new;
my $node = billing_node('refund_money', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
$node->safe_psql('postgres', 'CREATE ROLE second LOGIN SUPERUSER');
my $second = connect_dbi($node);
$second->do('SET SESSION AUTHORIZATION second');
my @gateways = qw(wechat alipay);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub pick { return $_[ rand @_ ] }
my $key = 0;

# What an operator or a customer tries; what is refused is refused.
my %refused;
sub attempt
{
	my ($handle, $sql, @values) = @_;
	local $handle->{PrintError} = 0;
	return eval { $handle->do($sql, undef, @values); 1 } || do { $refused{ $handle->state }++; 0 };
}

$dbh->do($_) for (
	(map { ("SELECT billing.set_gateway('$_', '$_', 'cn', 'API credit')", "SELECT billing.set_payment_method('$_', '$_', '" . ($_ eq 'wechat' ? 'native' : 'qr') . "')") } @gateways),
	q(SELECT billing.create_promotion('bonus', 'cn', 50, gift => 7, orders_max => 100)), q(SELECT billing.set_policy('refund_settle_wait', '0')), q(SELECT billing.set_policy('lock_on_take_back', 'off')),
	q(SELECT billing.set_price('refund', 'CNY', 1000000, 0, effective_from => now() - interval '1 day')),
	"SELECT billing.create_account(a, 'cn') FROM generate_series(1, $accounts) AS a", "SELECT billing.create_api_key(a, 'prod') FROM generate_series(1, $accounts) AS a", q(SELECT billing.arm()));

# Two orders each, paid; some used in part, in fractions of a cent.
for my $account (1 .. $accounts)
{
	$dbh->do('SELECT billing.create_topup($1, $2, $3, $4, $5)', undef, $account, 50 + int rand 50, $_, "$_ $account", pick('bonus', undef)) for @gateways;
}
ok(wait_until(60, sub { value('SELECT count(*) FROM billing_books.payment_order WHERE pay_url IS NOT NULL') == 2 * $accounts }), 'all orders can be paid');
$sim->control(pay => { gateway => $_->[0], number => $_->[1], rand() < 0.3 ? (payer_fen => $_->[2] * 100 - 300) : () }) for @{ $dbh->selectall_arrayref('SELECT gateway, gateway_number, pay_amount::int FROM billing_books.payment_order') };
$sim->deliver($dbh);
is(value('SELECT count(*) FROM billing_books.payment WHERE state = \'credited\''), 2 * $accounts, 'and are');
$dbh->do('SELECT billing.charge($1, 1, \'use\', \'refund\', $2, 0), billing.adjust($1, -0.004, \'fraction\')', undef, $_, int rand 90) for 1 .. $accounts;

my @faults = ([ 'lost' ], [ 'drop' ], [ 'error_500' ], [ 'wrong_signature' ], [ 'unsigned' ], [ 'busy_429' ], [ 'truncated' ], [ 'delay', ms => 1500 ]);
sub fault
{
	my ($kind, @more) = @{ pick(@faults) };
	$sim->control(fault => { gateway => pick(@gateways), operation => pick(qw(refund refund refund_query)), kind => $kind, count => 1 + int rand 3, @more });
	return $sim->control(fault => { gateway => pick(@gateways), operation => 'notice', kind => pick(qw(lost unsigned wrong_signature)), count => 1 });
}
sub refunds_there { my ($gateway) = @_; return map { my $order = $_; map { { %$_, order => $order->{number}, gateway => $gateway } } @{ $order->{refunds} } } @{ $sim->control('books')->{$gateway}{orders} } }
sub settle_some
{
	my ($chance, @states) = @_;
	for my $refund (grep { $_->{state} =~ /^(?:PROCESSING|ABNORMAL)$/ && rand() < $chance } refunds_there('wechat'))
	{
		$sim->control(refund => { gateway => 'wechat', number => $refund->{order}, refund => $refund->{number}, state => pick(@states) });
	}
	return;
}
sub some_item { return $dbh->selectrow_array('SELECT account_id, item_id FROM billing_books.refund_item WHERE state = ANY ($1) ORDER BY random() LIMIT 1', undef, [@_]) }

my @acts = (
	(sub { my $a = 1 + int rand $accounts; attempt($dbh, 'SELECT billing.request_refund($1, \'leave\', $2)', $a, 'request ' . ++$key) }) x 3,
	(sub { my ($a, $r) = $dbh->selectrow_array('SELECT account_id, refund_id FROM billing_books.refund WHERE state = \'accepted\' ORDER BY random() LIMIT 1'); attempt($dbh, 'SELECT billing.approve_refund($1, $2, $3)', $a, $r, 'approve ' . ++$key) if $a }) x 5,
	sub { my ($a, $r) = $dbh->selectrow_array('SELECT account_id, refund_id FROM billing_books.refund WHERE state = \'accepted\' ORDER BY random() LIMIT 1'); attempt($dbh, 'SELECT billing.reject_refund($1, $2, \'no\')', $a, $r) if $a },
	(sub { my $a = 1 + int rand $accounts; attempt($dbh, 'SELECT billing.refund_order($1, $2, $3, $4)', $a, 1 + int rand 2, 1 + int rand 60, 'order ' . ++$key) }) x 5,
	(\&fault) x 6,
	(sub { settle_some(0.5, qw(SUCCESS SUCCESS SUCCESS CLOSED ABNORMAL)) }) x 3,
	(sub { $sim->deliver($dbh) }) x 4,
	(sub { my ($a, $i) = some_item(qw(failed abnormal)); attempt($dbh, 'SELECT billing.retry_refund_item($1, $2)', $a, $i) if $a }) x 2,
	sub { my ($a, $i) = some_item(qw(failed)); attempt($dbh, 'SELECT billing.release_refund_item($1, $2, $3)', $a, $i, 'release ' . ++$key) if $a },
	sub { my ($a, $i) = some_item(qw(failed abnormal)); attempt($dbh, 'SELECT billing.settle_refund_item_offline($1, $2, $3, $4)', $a, $i, 'transfer ' . ++$key, "settle $key") if $a },
	sub { my ($a, $i) = some_item(qw(queued processing)); my $k = 'give up ' . ++$key; $a && attempt($_, 'SELECT billing.give_up_refund_item($1, $2, $3, actor => $4)', $a, $i, $k, $_ == $dbh ? 'one' : 'two') for $dbh, $second },
	sub { my ($gateway, $number) = $dbh->selectrow_array('SELECT gateway, gateway_number FROM billing_books.payment_order ORDER BY random() LIMIT 1'); eval { $sim->control(portal_refund => { gateway => $gateway, number => $number, amount_fen => 1 + int rand 900 }) } },
	sub { my $a = 1 + int rand $accounts; attempt($dbh, 'SELECT billing.reopen_account($1)', $a) },
	sub { my $a = 1 + int rand $accounts; attempt($dbh, 'SELECT billing.charge($1, 1, $2, \'refund\', 3, 0)', $a, 'late ' . ++$key) },
	sub { $dbh->do(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'billing gateway')) },
);
$sim->control(settings => { gateway => 'wechat', refunds => 'held' });
my $discrepancies = 0;
for my $round (1 .. $rounds)
{
	pick(@acts)->() for 1 .. 4;
	$discrepancies += value('SELECT count(*) FROM billing.verify()') if $round % 10 == 0;
	sleep 0.1;
}
is($discrepancies, 0, 'verify() found nothing on the way') or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing.verify()', { Slice => {} })));

# It ends: gateways are well again and do what they were asked for, and somebody sends what failed again.
$sim->control(no_faults => { gateway => $_ }) for @gateways;
$sim->control(settings => { gateway => 'wechat', refunds => 'at_once' });
$dbh->do('UPDATE billing_books.gateway_call SET first_sent_at = first_sent_at - interval \'2 minutes\' WHERE kind = \'refund\' AND first_sent_at IS NOT NULL');
my %retries;
my $ended = wait_until(120, sub {
	$sim->deliver($dbh);
	settle_some(1, 'SUCCESS');
	$dbh->do('UPDATE billing_books.gateway_call SET due_at = clock_timestamp() WHERE kind IN (\'refund\', \'take_back\') AND state IN (\'queued\', \'unknown\') AND due_at > clock_timestamp() + interval \'2 s\'');
	$retries{"@$_"}++ < 2 && attempt($dbh, 'SELECT billing.retry_refund_item($1, $2)', @$_) for @{ $dbh->selectall_arrayref('SELECT account_id, item_id FROM billing_books.refund_item WHERE state IN (\'failed\', \'abnormal\')') };
	attempt($dbh, 'SELECT billing.release_refund_item($1, $2, $3)', @$_, 'last ' . ++$key) for @{ $dbh->selectall_arrayref('SELECT account_id, item_id FROM billing_books.refund_item WHERE state = \'failed\'') };
	attempt($dbh, 'SELECT billing.retry_gateway_calls($1)', $_) for @gateways;
	sleep 0.5;
	!value('SELECT count(*) FROM billing_books.refund_item WHERE state NOT IN (\'paid\', \'paid_offline\', \'released\')') && !value('SELECT count(*) FROM billing_books.gateway_call WHERE kind IN (\'refund\', \'take_back\') AND state IN (\'queued\', \'sending\', \'unknown\')');
});
ok($ended, 'every refund ends') or diag(explain($dbh->selectall_arrayref('SELECT i.account_id, i.item_id, i.state AS item, i.reason, i.amount, c.state, c.result, c.code, c.asked, c.due_at - clock_timestamp() AS due FROM billing_books.refund_item AS i LEFT JOIN billing_books.gateway_call AS c USING (account_id, item_id) WHERE i.state NOT IN (\'paid\', \'paid_offline\', \'released\')', { Slice => {} })));
# What the portal gave back and was never told, a gateway's bill would show (140_reconciliation.pl): here it is told again.
for my $refund (grep { $_->{state} eq 'SUCCESS' } map { refunds_there($_) } @gateways) { $sim->control(notice => { gateway => $refund->{gateway}, number => $refund->{order}, refund => $refund->{number} }) }
$sim->deliver($dbh);
wait_until(30, sub { !value('SELECT count(*) FROM billing_books.gateway_call WHERE kind = \'take_back\' AND state IN (\'queued\', \'sending\')') });
verify_empty($node, 'at the end');
my %states = map { @$_ } @{ $dbh->selectall_arrayref('SELECT state, count(*) FROM billing_books.refund_item GROUP BY 1') };
note join ', ', map { "$_ $states{$_}" } sort keys %states;
note join ', ', map { "$_ $refused{$_}" } sort keys %refused;
ok($states{paid}, 'some were paid');

for my $gateway (@gateways)
{
	my @there = grep { $_->{state} eq 'SUCCESS' } refunds_there($gateway);
	my $here = value('SELECT round(100 * coalesce(sum(amount), 0)) FROM billing_books.ledger_entry WHERE gateway = $1 AND credit = \'gateway\' AND source_type IN (\'refund_item\', \'take_back\')', $gateway);
	is($here, sum0(map { $_->{amount_fen} } @there), "$gateway gave back what is booked");
	my %of;
	$of{ $_->{order} } += $_->{amount_fen} for @there;
	is(value('SELECT count(*) FROM billing_books.payment_order AS o JOIN unnest($2::text[], $3::bigint[]) AS t (number, fen) ON t.number = o.gateway_number WHERE o.gateway = $1 AND t.fen > 100 * o.pay_amount', $gateway, [ keys %of ], [ values %of ]), 0, "$gateway: of no order more than was paid");
}
is(value('SELECT count(*) FROM billing_books.refund WHERE state = \'paying\''), 0, 'no refund is left paying');
is(value('SELECT coalesce(sum(CASE WHEN credit = \'refund_payable\' THEN amount WHEN debit = \'refund_payable\' THEN -amount END), 0)::numeric(9,2) FROM billing_books.ledger_entry'), '0.00', 'nothing is left reserved');

$second->disconnect;
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
