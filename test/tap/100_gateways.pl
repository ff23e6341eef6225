# Top-ups through WeChat Pay and Alipay, against simulators that speak their protocols over TLS: the whole way of an order,
# by notice, by asking, and late; what is refused; what goes back.
use strict;
use warnings;

use DBD::Pg;
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new;
my $node = billing_node('gateways', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub order { my ($account, $order) = @_; return row('SELECT o.*, g.gateway_number FROM billing.order_status($1, $2) AS o, billing_books.payment_order AS g WHERE g.account_id = $1 AND g.order_id = $2', $account, $order) }
sub balance { my ($account) = @_; return value('SELECT balance FROM billing.balance($1)', $account) }

# Places an order; returns its number within the account.
my $key = 0;
sub topup
{
	my ($account, $amount, $method, @more) = @_;
	return value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4, payer => $5)', $account, $amount, $method, 'key ' . ++$key, '{"client_ip": "192.0.2.7"}');
}

# The order once it is in a state.
sub order_that_is
{
	my ($account, $order, $state, $seconds) = @_;
	my $found = wait_until($seconds // 10, sub { my $is = order($account, $order); return $is->{state} eq $state && $is });
	diag(explain([ order($account, $order), $dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = ? AND order_id = ?', { Slice => {} }, $account, $order) ])) unless $found;
	return $found;
}

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')),
	q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat_code', 'wechat', 'native')),
	q(SELECT billing.set_payment_method('wechat_h5', 'wechat', 'h5')),
	q(SELECT billing.set_payment_method('alipay_code', 'alipay', 'qr')),
	q(SELECT billing.set_payment_method('alipay_page', 'alipay', 'page')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 20) AS a));

# Nothing leaves before arm().
my $order = topup(1, 100, 'wechat_code');
sleep 1;
is(order(1, $order)->{state}, 'created', 'nothing is sent before arm()');
is_deeply($sim->control('books')->{wechat}{log}, [], 'no request came');
$dbh->do('SELECT billing.arm()');

# WeChat Pay, native: URL, payment, notice, credit.
my $placed = order_that_is(1, $order, 'pending');
like($placed->{pay_url}, qr/^weixin:/, 'a code is there');
is(length $placed->{gateway_number}, 32, 'the number has 32 characters');
$sim->control(pay => { gateway => 'wechat', number => $placed->{gateway_number} });
is_deeply([ $sim->deliver($dbh) ], [200], 'the notice is accepted');
is(order(1, $order)->{state}, 'paid', 'the order is paid at once');
is(balance(1), '100.000000000', 'and credited');
$sim->control(notice => { gateway => 'wechat', number => $placed->{gateway_number} });
is_deeply([ $sim->deliver($dbh) ], [200], 'the same notice again is accepted');
is(balance(1), '100.000000000', 'and credits nothing');
is(value('SELECT string_agg(state, \',\' ORDER BY notice_id) FROM billing_books.gateway_notice'), 'applied,duplicate', 'both are kept');

# Each method once.
for my $method (qw(wechat_h5 alipay_code alipay_page))
{
	my $gateway = $method =~ s/_.*//r;
	my $order = topup(2, 10, $method);
	my $placed = order_that_is(2, $order, 'pending') or next;
	ok($placed->{pay_url}, "$method: what is paid with is there");
	$sim->control(visit => { url => $placed->{pay_url} }) if $method eq 'alipay_page';
	$sim->control(pay => { gateway => $gateway, number => $placed->{gateway_number} });
	is_deeply([ $sim->deliver($dbh) ], [200], "$method: the notice is accepted");
	is(order(2, $order)->{state}, 'paid', "$method: paid");
}
is(balance(2), '30.000000000', 'all are credited');

# A notice that is lost: the gateway is asked.
$order = topup(3, 10, 'wechat_code');
$placed = order_that_is(3, $order, 'pending');
$sim->control(pay => { gateway => 'wechat', number => $placed->{gateway_number} });
$sim->notices;
$dbh->do('SELECT billing.refresh_order(3, $1)', undef, $order);
ok(order_that_is(3, $order, 'paid', 3), 'refresh_order() finds a payment whose notice was lost');
$order = topup(3, 10, 'alipay_code');
$placed = order_that_is(3, $order, 'pending');
$sim->control(pay => { gateway => 'alipay', number => $placed->{gateway_number} });
$sim->notices;
ok(order_that_is(3, $order, 'paid', 20), 'and so does asking after 15 s');

# Cancelled: closed at the gateway, then here.
$order = topup(4, 10, 'wechat_code');
$placed = order_that_is(4, $order, 'pending');
is(value('SELECT state FROM billing.cancel_order(4, $1)', $order), 'closing', 'a cancelled order closes');
is(order_that_is(4, $order, 'closed')->{reason}, 'cancelled', 'and is closed once the gateway has closed it');
is($sim->order('wechat', $placed->{gateway_number})->{state}, 'closed', 'there, too');

# Paid and cancelled at once: what was paid before counts.
$order = topup(4, 10, 'wechat_code');
$placed = order_that_is(4, $order, 'pending');
$sim->control(pay => { gateway => 'wechat', number => $placed->{gateway_number} });
$sim->notices;
$dbh->do('SELECT billing.cancel_order(4, $1)', undef, $order);
ok(order_that_is(4, $order, 'paid'), 'one that was paid before is paid');

# Money that comes too late goes back by itself.
$order = topup(5, 10, 'wechat_code');
$placed = order_that_is(5, $order, 'pending');
$dbh->do('SELECT billing.cancel_order(5, $1)', undef, $order);
order_that_is(5, $order, 'closed');
sleep 2; # gateways tell whole seconds
$sim->control(pay => { gateway => 'wechat', number => $placed->{gateway_number}, force => \1 });
is_deeply([ $sim->deliver($dbh) ], [200], 'its notice is accepted');
ok(wait_until(10, sub { value('SELECT state FROM billing_books.payment WHERE account_id = 5') eq 'returned' }), 'a late payment goes back')
  or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = 5', { Slice => {} })));
is(balance(5), '0.000000000', 'and is not credited');

# Forged, stale, of another gateway.
$order = topup(6, 10, 'wechat_code');
$placed = order_that_is(6, $order, 'pending');
$sim->control(settings => { notices => 'off' });
$sim->control(pay => { gateway => 'wechat', number => $placed->{gateway_number} });
$sim->control(settings => { notices => 'on' });
$sim->notices;
for my $how (qw(forge stale probe))
{
	$sim->control(notice => { gateway => 'wechat', number => $placed->{gateway_number}, $how => \1 });
	my ($notice) = $sim->notices;
	isnt((Simulators::hand_over($dbh, $notice))[0], 200, "$how: it is not accepted");
}
$sim->control(notice => { gateway => 'wechat', number => $placed->{gateway_number} });
my ($notice) = $sim->notices;
isnt((Simulators::hand_over($dbh, $notice, gateway => 'alipay'))[0], 200, 'at another address it is not accepted');
is(balance(6), '0.000000000', 'none is credited');
is((Simulators::hand_over($dbh, $notice))[0], 200, 'as it came it is');
is(balance(6), '10.000000000', 'and credited');

verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
