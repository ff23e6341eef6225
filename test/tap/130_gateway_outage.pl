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

# One that falls silent while orders are open, which are paid then: nobody has anything to ask it any more, and it takes orders again
# all the same; the worker may be another one by then.
my $open = 'account_id > $1 AND state <> \'paid\'';
my $before = $orders + $returns;
sub top_up { my ($account) = @_; return $dbh->do('SELECT billing.create_account($1, \'cn\'), billing.create_topup($1, 10, \'wechat\', \'silent\')', undef, $account) }
sub are_placed { return !value("SELECT EXISTS (SELECT FROM billing_books.payment_order WHERE $open AND pay_url IS NULL)", $before) }
sub is_silent { return value('SELECT unavailable_since FROM billing_books.gateway WHERE gateway = \'wechat\'') }
sub all_paid
{
	$sim->control(pay => { gateway => 'wechat', number => $_ }) for @{ $dbh->selectcol_arrayref("SELECT gateway_number FROM billing_books.payment_order WHERE $open", undef, $before) };
	$sim->deliver($dbh);
	return !value("SELECT EXISTS (SELECT FROM billing_books.payment_order WHERE $open)", $before);
}
sub is_nothing_asked { return !value('SELECT EXISTS (SELECT FROM billing_books.gateway_call WHERE gateway = \'wechat\' AND state NOT IN (\'done\', \'dropped\'))') }
my $account = $before;
for my $name ('the same worker', 'another worker')
{
	top_up(++$account) for 1 .. 6;
	ok(wait_until(20, \&are_placed), "$name: orders can be paid");
	$sim->control(fault => { gateway => 'wechat', operation => '*', kind => 'drop', count => 1000 });
	$dbh->do("SELECT billing.refresh_order(account_id, order_id) FROM billing_books.payment_order WHERE $open", undef, $before);
	ok(wait_until(30, \&is_silent), "$name: their gateway falls silent");
	ok(all_paid(), "$name: and tells that they are paid");
	$sim->control(no_faults => { gateway => 'wechat' });
	ok(wait_until(30, \&is_nothing_asked), "$name: nobody has anything to ask it");
	$dbh->do(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'billing gateway')) if $name eq 'another worker';
	ok(is_silent(), "$name: it is not known to answer");
	ok(wait_until(45, sub { !is_silent() }), "$name: it is offered again") or last;
	top_up(++$account);
	ok(wait_until(20, \&are_placed), "$name: and the next order is placed");
	ok(all_paid() && wait_until(20, \&is_nothing_asked), "$name: and paid");
}
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
