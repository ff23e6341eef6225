# What an attack on the money tried and got: money that had gone back and was credited, one transaction under two names,
# payments behind a lock, a refund refused when it was sent again, calls without end. Each ends as it should.
use strict;
use warnings;

use DBD::Pg;
use File::Copy qw(copy);
use Test::More;
use Time::HiRes qw(sleep time);

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1);
my $node = billing_node('money', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub balance { my ($account) = @_; return value('SELECT balance FROM billing.balance($1)', $account) }
sub payment { my ($account) = @_; return value('SELECT state FROM billing_books.payment WHERE account_id = $1', $account) // '' }
sub order { my ($account) = @_; return value('SELECT state FROM billing.order_status($1, 1)', $account) }
sub call { my ($account, $kind) = @_; return value('SELECT state FROM billing_books.gateway_call WHERE account_id = $1 AND kind = $2', $account, $kind) }
sub refresh { my ($account) = @_; $dbh->do('SELECT billing.refresh_order($1, 1)', undef, $account); return }
sub fault { my ($operation, %more) = @_; $sim->control(fault => { gateway => 'wechat', operation => $operation, count => 1, %more }); return }

# The one order of an account, which can be paid; its number at the gateway.
sub place
{
	my ($account, $method) = @_;
	$dbh->do('SELECT billing.create_topup($1, 10, $2, \'topup\', payer => \'{"client_ip": "192.0.2.1"}\')', undef, $account, $method // 'wechat');
	return wait_until(10, sub { value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND pay_url IS NOT NULL', $account) });
}
sub cancel
{
	my ($account) = @_;
	$dbh->do('SELECT billing.cancel_order($1, 1)', undef, $account);
	ok(wait_until(60, sub { order($account) eq 'closed' }), "account $account: cancelled");
	sleep 2;    # gateways tell whole seconds
	return;
}
sub pay { my ($number, %more) = @_; $sim->control(pay => { gateway => 'wechat', number => $number, force => \1, %more }); return }

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 20) AS a), q(SELECT billing.arm()));

# A worker ends while it asks for an order that is paid meanwhile: its call ends, too, when the lease is over.
my $number = place(1);
fault(query => kind => 'hang');
refresh(1);
ok(wait_until(5, sub { call(1, 'follow') eq 'sending' }), 'an order is being asked for');
my $claimed_at = time;
$dbh->do(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'billing gateway'));
pay($number);
$sim->deliver($dbh);
is(order(1), 'paid', 'and paid meanwhile');

# What went back at the merchant's portal before we heard of it.
for my $gateway (qw(wechat alipay))
{
	my $account = $gateway eq 'wechat' ? 2 : 3;
	my $number = place($account, $gateway);
	$sim->control(pay => { gateway => $gateway, number => $number });
	$sim->notices;
	$sim->control(portal_refund => { gateway => $gateway, number => $number });
	$sim->notices;
	refresh($account);
	ok(wait_until(20, sub { payment($account) eq 'held' }), "$gateway: money that has gone back is held") or diag(explain($dbh->selectall_arrayref("SELECT * FROM billing_books.gateway_call WHERE account_id = $account", { Slice => {} }), payment($account)));
	is(balance($account), '0.000000000', "$gateway: and not credited");
}

# One merchant account under two names.
copy($sim->secrets_dir . '/wechat.conf', $sim->secrets_dir . '/second.conf');
chmod 0600, $sim->secrets_dir . '/second.conf';
$dbh->do(q(SELECT billing.set_gateway('second', 'wechat', 'cn', 'API credit')));
$number = place(4);
pay($number);
is((map { (Simulators::hand_over($dbh, $_, gateway => 'second'))[0] } $sim->notices)[0], 200, 'a notice at the second name');
is(order(4), 'paid', 'is of the order');
refresh(4);
sleep 1;
is(value('SELECT count(*) FROM billing_books.payment WHERE transaction_id = (SELECT transaction_id FROM billing_books.payment WHERE account_id = 4)'), 1, 'one transaction is one payment');

# Paid behind a lock: closed before, and closing before; also where late money is credited.
$dbh->do(q(SELECT billing.set_policy('late_payment', 'credit')));
$number = place(5);
cancel(5);
$dbh->do('SELECT billing.lock_account(5)');
sleep 2;
pay($number);
$sim->deliver($dbh);
is(balance(5), '0.000000000', 'paid behind a lock, and late: not credited');
$number = place(6);
$sim->control(hang => { gateway => 'wechat', on => \1 });
$dbh->do('SELECT billing.cancel_order(6, 1)');
$dbh->do('SELECT billing.lock_account(6)');
sleep 2;
pay($number);
$sim->deliver($dbh);
$sim->control(hang => { gateway => 'wechat', on => \0 });
is(balance(6), '0.000000000', 'paid behind a lock, while the order closes: not credited');
$dbh->do(q(SELECT billing.set_policy('late_payment', NULL)));
ok(wait_until(90, sub { payment(5) eq 'returned' && payment(6) eq 'returned' }), 'both go back');

# A refund that was accepted, and is refused when it is sent again: it is asked for, not given up.
$number = place(7);
cancel(7);
$sim->control(settings => { gateway => 'wechat', refunds => 'held' });
fault(refund => kind => 'lost');
fault(refund_query => kind => 'error', code => 'RESOURCE_NOT_EXISTS', status => 404);
fault(refund => kind => 'error', code => 'TRADE_ERROR', status => 403);
pay($number);
$sim->deliver($dbh);
sleep 12;
is(payment(7), 'returning', 'a refund that was accepted once is not given up');
$sim->control(no_faults => { gateway => 'wechat' });
$sim->control(settings => { gateway => 'wechat', refunds => 'at_once' });
$sim->control(refund => { gateway => 'wechat', number => $number, refund => $sim->order('wechat', $number)->{refunds}[0]{number}, state => 'SUCCESS' });
ok(wait_until(60, sub { payment(7) eq 'returned' }), 'and ends when the gateway says so');

# Given back at the portal while our own return waits for funds: somebody decides.
$number = place(8);
cancel(8);
$sim->control(settings => { gateway => 'wechat', balance_fen => 0 });
pay($number);
$sim->deliver($dbh);
ok(wait_until(10, sub { value('SELECT count(*) FROM billing.attention WHERE account_id = 8 AND what = \'refund waits\'') }), 'a return waits for funds');
$sim->control(settings => { gateway => 'wechat', balance_fen => undef });
$sim->control(portal_refund => { gateway => 'wechat', number => $number });
$sim->notices;
ok(wait_until(120, sub { payment(8) eq 'held' }), 'one that was given back meanwhile is held');
is(value('SELECT status FROM billing.resolve_payment(8, 1, \'dismiss\', \'gone back\')'), 'booked', 'and dismissed');

# A close that is refused is repeated less and less.
$number = place(9);
my $closes = $sim->control('books')->{wechat}{requests}{close} // 0;
fault(close => kind => 'error', code => 'PARAM_ERROR', count => 10000);
$dbh->do('SELECT billing.cancel_order(9, 1)');
sleep 12;
cmp_ok($sim->control('books')->{wechat}{requests}{close} - $closes, '<=', 5, 'a close that is refused is repeated less and less');
$sim->control(no_faults => { gateway => 'wechat' });

# A held payment whose return failed is credited as it came.
$number = place(10);
pay($number, amount_fen => 900);
$sim->deliver($dbh);
fault(refund => kind => 'error', code => 'TRADE_ERROR', status => 403);
$dbh->do('SELECT billing.resolve_payment(10, 1, \'return\', \'return\')');
ok(wait_until(10, sub { payment(10) eq 'held' }), 'a return that is refused is held again');
$dbh->do('SELECT billing.resolve_payment(10, 1, \'credit\', \'credit\')');
is(balance(10), '9.000000000', 'and credited as it came');

# Answers that nobody knows make no gateway unavailable.
place(11);
fault(query => kind => 'error', code => 'SOMETHING_NEW', status => 403, count => 8);
for (1 .. 4)
{
	refresh(11);
	sleep 5.1;
}
is(value(q(SELECT unavailable_since FROM billing_books.gateway WHERE gateway = 'wechat')), undef, 'a gateway that answers something new is available');
$sim->control(no_faults => { gateway => 'wechat' });

sleep 0.5 while time - $claimed_at < 63;
ok(wait_until(15, sub { call(1, 'follow') eq 'dropped' }), 'the call whose worker ended has ended') or diag(call(1, 'follow'));
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
