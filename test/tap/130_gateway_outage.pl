# Six hours without gateways, with many open orders, some of them paid, and returns on their way: all end by themselves.
# ORDERS=5000 RETURNS=200 is the real size; by default it is small enough for every day.
use strict;
use warnings;

use DBD::Pg;
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(time);

use BillingTest;
use Simulators;

my $orders = $ENV{ORDERS} // 300;
my $returns = $ENV{RETURNS} // 20;
my $sim = Simulators->new(http => 1);
my $node = billing_node('outage', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'", 'fsync = off', 'log_statement = none' ]);
my $dbh = connect_dbi($node);
my $patience = 120 + $orders / 10;

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub hang { my ($on) = @_; $sim->control(hang => { gateway => $_, on => $on ? \1 : \0 }) for qw(wechat alipay); return }

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	"SELECT billing.create_account(a, 'cn') FROM generate_series(1, $orders + $returns) AS a", q(SELECT billing.arm()));

# Open orders, half of them at each gateway; and some that were cancelled, all at WeChat Pay.
$dbh->do("SELECT billing.create_topup(a, 10, CASE WHEN a % 2 = 0 OR a > $orders THEN 'wechat' ELSE 'alipay' END, 'topup') FROM generate_series(1, $orders + $returns) AS a");
ok(wait_until($patience, sub { !value('SELECT EXISTS (SELECT FROM billing_books.payment_order WHERE pay_url IS NULL)') }), 'all orders can be paid');
$dbh->do("SELECT billing.cancel_order(a, 1) FROM generate_series($orders + 1, $orders + $returns) AS a");
ok(wait_until($patience, sub { value("SELECT count(*) FROM billing_books.payment_order WHERE state = 'closed'") == $returns }), 'some are cancelled');

# The last minutes before: every tenth open order is paid, and no notice comes.
my @paid = @{ $dbh->selectcol_arrayref("SELECT gateway || ' ' || gateway_number FROM billing_books.payment_order WHERE account_id % 10 = 0 AND state = 'pending'") };
$sim->control(settings => { notices => 'off' });
for (@paid)
{
	my ($gateway, $number) = split / /;
	$sim->control(pay => { gateway => $gateway, number => $number });
}
$sim->control(settings => { notices => 'on' });
hang(1);
sleep 2;
$sim->control(pay => { gateway => 'wechat', number => $_, force => \1 }) for @{ $dbh->selectcol_arrayref('SELECT gateway_number FROM billing_books.payment_order WHERE state = \'closed\'') };
is(scalar(grep { $_ == 200 } $sim->deliver($dbh)), $returns, 'the cancelled ones are paid all the same');
is(value('SELECT count(*) FROM billing_books.payment WHERE state = \'returning\''), $returns, 'and are to go back');

# Six hours later.
$dbh->do('ALTER SYSTEM SET billing.clock_offset = \'6h\'');
$dbh->do('SELECT pg_reload_conf()');
$sim->control(settings => { clock_offset_s => 6 * 3600 });
ok(wait_until(40, sub { value('SELECT count(*) FROM billing_books.gateway WHERE unavailable_since IS NOT NULL') == 2 }), 'both gateways are shown as unavailable');
eval { $dbh->do('SELECT billing.create_topup(1, 10, \'wechat\', \'another\')') };
is($dbh->state, 'LB513', 'no new order is placed there');
hang(0);
my $began = time;
ok(wait_until($patience, sub { !value('SELECT EXISTS (SELECT FROM billing_books.payment_order WHERE state NOT IN (\'closed\', \'paid\')) OR EXISTS (SELECT FROM billing_books.payment WHERE state = \'returning\')') }), 'all end by themselves')
  or diag(explain($dbh->selectall_arrayref('SELECT o.gateway, o.state, c.kind, c.state AS call, c.result, c.code, count(*) FROM billing_books.payment_order AS o JOIN billing_books.gateway_call AS c USING (account_id, order_id) GROUP BY 1, 2, 3, 4, 5, 6', { Slice => {} })));
note(sprintf '%d orders and %d returns ended within %.0f s', $orders, $returns, time - $began);
is(value('SELECT count(*) FROM billing_books.payment_order WHERE state = \'paid\''), scalar @paid, 'what was paid in time is credited');
is(value('SELECT count(*) FROM billing_books.payment WHERE state = \'returned\''), $returns, 'what came too late has gone back');
is(value('SELECT count(*) FROM billing_books.gateway WHERE unavailable_since IS NOT NULL'), 0, 'the gateways are available');
my $books = $sim->control('books');
my ($there, $back) = (0, 0);
for my $order (map { @{ $books->{$_}{orders} } } qw(wechat alipay))
{
	$there += $order->{paid_fen} // 0;
	$back += $_->{amount_fen} for grep { $_->{state} eq 'SUCCESS' } @{ $order->{refunds} };
}
is($there - $back, value('SELECT (100 * sum(amount))::bigint FROM billing_books.payment WHERE state = \'credited\''), 'their books and ours agree');
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
