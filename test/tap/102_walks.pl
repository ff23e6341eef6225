# Both walks of docs/rules.md with their real gateways, WeChat Pay, Alipay, Xiaomi Pay and for invoices Nuonuo, as simulators; sql/scenario_walk_1.sql and 2 explain
# the numbers. Walk 2 travels in time, gateways and all.
use strict;
use warnings;

use DBD::Pg;
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1);
my $node = billing_node('walks', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
$dbh->do('CREATE ROLE second LOGIN SUPERUSER');

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }

# What the account holds: cash, bonus, arrears, cumulative top-up, whether it may call; and verify() is empty.
sub holds
{
	my ($account, $name, @expected) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @holds = $dbh->selectrow_array('SELECT trim_scale(cash), trim_scale(bonus), trim_scale(arrears), trim_scale(total_topup), CASE WHEN callable THEN \'allowed\' ELSE \'blocked\' END, (SELECT count(*) FROM billing.verify()) FROM billing.balance($1)', undef, $account);
	is_deeply(\@holds, [ @expected, 0 ], $name) or diag("@holds");
	return;
}

# Pays a top-up through a gateway; returns its order.
my $key = 0;
sub topup
{
	my ($account, $amount, $gateway, $promotion) = @_;
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4, $5, payer => \'{"uid": "u1"}\')', $account, $amount, $gateway, 'walk ' . ++$key, $promotion);
	my $number = wait_until(10, sub { value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2 AND pay_url IS NOT NULL', $account, $order) });
	$sim->control(pay => { gateway => $gateway, number => $number, $gateway eq 'xiaomi' ? (uid => 'u1', amount_fen => $amount * 100) : () });
	$sim->deliver($dbh);
	return $number;
}
sub books
{
	my ($account) = @_;
	return join ', ', @{ $dbh->selectcol_arrayref(<<'S', undef, $account) };
SELECT book || ' ' || trim_scale(sum(amount))
FROM (SELECT debit AS book, amount FROM billing_books.ledger_entry WHERE account_id = $1 UNION ALL SELECT credit, -amount FROM billing_books.ledger_entry WHERE account_id = $1) AS e
GROUP BY book HAVING sum(amount) <> 0 ORDER BY book
S
}
sub charge { my ($account, $request, $input, %opts) = @_; return $dbh->do('SELECT billing.charge($1, 1, $2, \'walk\', $3, 0, $4, 0, coalesce($5, clock_timestamp()))', undef, $account, $request, $input, $opts{cached} // 0, $opts{at}) }

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_gateway('xiaomi', 'xiaomi', 'cn', 'API credit')), q(SELECT billing.set_payment_method('xiaomi', 'xiaomi', 'sdk')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	q(SELECT billing.set_policy('refund_settle_wait', '0')), q(SELECT billing.create_promotion('discount', 'cn', 100, discount => 10, gift => 5, gift_days => 1)),
	q(SELECT billing.set_price('walk', 'CNY', 1000, 0, cache_read => 0.01, effective_from => now() - interval '1 day')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 2) AS a), q(SELECT billing.create_api_key(a, 'walk') FROM generate_series(1, 2) AS a),
	q(SELECT billing.set_gateway('nuonuo', 'nuonuo', 'cn', 'Invoices')), q(SELECT billing.set_policy('invoice_wait', '0')),
	q(SELECT billing.set_seller('cn', 'Seller', 'API', 0.06, '339902999999789113', drawer => 'Drawer', goods_code => '3040203000000000000', gateway => 'nuonuo')),
	q(SELECT billing.set_invoice_title(a, 'company', 'enterprise', 'Buyer', '91330106673959654P') FROM generate_series(1, 2) AS a), q(SELECT billing.arm()));
$sim->control(settings => { gateway => 'nuonuo', issuing_ms => 100, sealing_ms => 100 });

# What the quote says of each order: consumed, refundable; and what can be invoiced of it.
sub quote { my ($account) = @_; return value('SELECT string_agg(trim_scale(consumed) || \' \' || trim_scale(refundable), \', \' ORDER BY order_id) FROM billing.refund_quote($1) WHERE subject = \'order\'', $account) }
sub invoiceable { my ($account) = @_; return value('SELECT string_agg(trim_scale(invoiceable)::text, \', \' ORDER BY order_id) FROM billing.invoiceable($1)', $account) }

# Nobody waits here for what is asked later: it is due now.
sub becomes
{
	my ($account, $wanted) = @_;
	return wait_until(20, sub {
		$dbh->do('UPDATE billing_books.gateway_call SET due_at = due_at - interval \'1 hour\' WHERE account_id = $1 AND invoice_id IS NOT NULL AND due_at > clock_timestamp() AND state <> \'sending\'', undef, $account);
		$dbh->do('SELECT billing.retry_gateway_calls(\'nuonuo\')'); # wakes the worker
		value('SELECT concat_ws(\' \', state, (SELECT c.state FROM billing.red_confirmations($1) AS c LIMIT 1)) FROM billing.invoices($1)', $account) eq $wanted;
	});
}
sub invoice
{
	my ($account, $order) = @_;
	my $amount = value('SELECT trim_scale(amount) FROM billing.request_invoice($1, ARRAY[$2]::bigint[], \'company\', \'special\', \'a@b.example\', NULL, \'invoice\')', $account, $order);
	value('SELECT billing.issue_due_invoices()');
	becomes($account, 'issued') or fail("invoice of account $account is issued");
	return $amount;
}

# Recorded by its buyer, who confirms; or not, and then it goes at once.
sub red_stamp
{
	my ($account, %opts) = @_;
	$sim->control(settings => { gateway => 'nuonuo', confirms => $opts{recorded} ? 'buyer' : 'free' });
	value('SELECT confirmation_no FROM billing.reverse_invoice($1, 1, \'02\', \'red\', \'why\')', $account);
	if ($opts{recorded})
	{
		ok(becomes($account, 'reversing waiting_buyer'), 'its buyer has to confirm');
		is(invoiceable($account), $opts{recorded}, 'meanwhile it counts');
		$sim->control(red => { gateway => 'nuonuo', number => value('SELECT gateway_number FROM billing_books.gateway_call WHERE account_id = $1 AND kind = \'red\'', $account), state => '04' });
	}
	return becomes($account, 'reversed red_issued');
}
sub items { my ($account) = @_; return value('SELECT string_agg(order_id || \' \' || state || \' \' || trim_scale(amount), \', \' ORDER BY item_id) FROM billing.refund_items($1)', $account) }

# Walk 1.
topup(1, 100, 'wechat');
$dbh->do('SELECT billing.grant_bonus(1, 10, \'bonus\', now() + interval \'40 days\')');
holds(1, '1. A by WeChat Pay', 100, 10, 0, 100, 'allowed');
charge(1, '2', 25000);
holds(1, '2. usage', 85, 0, 0, 100, 'allowed');
topup(1, 50, 'alipay');
is(invoice(1, 1), '100', '3. A is invoiced, special, 100.00');
holds(1, '3. B by Alipay', 135, 0, 0, 150, 'allowed');
charge(1, '4', 160000);
holds(1, '4. late usage', 0, 0, 25, 150, 'blocked');
topup(1, 20, 'xiaomi');
holds(1, '5. C by Xiaomi Pay', 0, 0, 5, 170, 'blocked');
topup(1, 30, 'alipay');
holds(1, '6. D by Alipay', 25, 0, 0, 200, 'allowed');
my $before_lock = value('SELECT clock_timestamp()');
is(value('SELECT trim_scale(amount) FROM billing.request_refund(1, \'we leave\', \'refund\')'), '25', '7. refund request accepted');
is(quote(1), '100 0, 50 0, 20 0, 5 25', '7. the quote');
eval { topup(1, 5, 'wechat') };
is($dbh->state, 'LB204', '7. recharge is refused');
charge(1, '8', 4000, at => $before_lock);
holds(1, '8. a late report', 21, 0, 0, 200, 'blocked');
is(value('SELECT status FROM billing.approve_refund(1, 1, \'approve\')'), 'booked', '8. approved');
ok(wait_until(15, sub { $sim->deliver($dbh); items(1) eq '4 paid 21' }), '8. D 21.00 back to Alipay') or diag(items(1));
is(value('SELECT state FROM billing.refunds(1)'), 'completed', '8. completed');
holds(1, '8. cash 0', 0, 0, 0, 200, 'blocked');
is(invoiceable(1), '0, 50, 20, 9', '9. invoiceable now');
ok(red_stamp(1, recorded => '0, 50, 20, 9'), '9. A is reversed');
is(invoiceable(1), '100, 50, 20, 9', '9. A is red-stamped: 100.00 again');
is(books(1), 'gateway 179, promotion 10, revenue -189', 'the books of walk 1');

# Walk 2.
topup(2, 100, 'wechat', 'discount');
holds(2, '1. E pays 90 for 100, with a gift of 5', 90, 15, 0, 90, 'allowed');
charge(2, '2', 3000, cached => 75942);
holds(2, '2. usage from the gift', 90, '11.99924058', 0, 90, 'allowed');
my $before_t = value('SELECT clock_timestamp()');
$sim->control(settings => { clock_offset_s => 2 * 86400 }); # before the books': a token that is given meanwhile lives as long as they think
$dbh->do('ALTER SYSTEM SET billing.clock_offset = \'2d\'');
$dbh->do('SELECT pg_reload_conf()');
wait_until(10, sub { value('SELECT setting::int > 0 FROM pg_settings WHERE name = \'billing.clock_offset\'') });
holds(2, '3. T passes', 90, 10, 0, 90, 'allowed');
charge(2, '3', 12000, at => $before_t);
holds(2, '3. usage stamped before T', 88, 0, 0, 90, 'allowed');
is(invoice(2, 1), '90', '4. E is invoiced: 90.00, not 100');
is(quote(2), '2 0', '4. E is invoiced: 90.00, and nothing of it can be refunded');
ok(red_stamp(2), '5. E is red-stamped');
my $f = topup(2, 50, 'alipay');
charge(2, '5', 100004);
holds(2, '5. F by Alipay, and usage', '37.996', 0, 0, 140, 'allowed');
is(value('SELECT trim_scale(amount) FROM billing.request_refund(2, \'we leave\', \'refund\')'), '37.99', '6. refund request');
is(quote(2), '90 0, 12.004 37.99', '6. the quote');
$sim->control(fault => { gateway => 'alipay', operation => 'refund', kind => 'drop', count => 99 });
is(value('SELECT status FROM billing.approve_refund(2, 1, \'approve\')'), 'booked', '6. approved');
holds(2, '6. reserved 37.99', '0.006', 0, 0, 140, 'blocked');
charge(2, '6', 1000, at => $before_t);
holds(2, '6. late usage: the reserve is untouched', 0, 0, '0.994', 140, 'blocked');
my $give_up = 'SELECT status FROM billing.give_up_refund_item(2, 1, \'give up\', actor => $1)';
is(value($give_up, 'first'), 'awaiting_second', '7. the item fails for good');
$dbh->do('SET SESSION AUTHORIZATION second');
is(value($give_up, 'second'), 'booked', '7. an operator and a second one say so');
$dbh->do('RESET SESSION AUTHORIZATION');
is(value('SELECT status FROM billing.release_refund_item(2, 1, \'release\')'), 'booked', '7. released');
$sim->control(no_faults => { gateway => 'alipay' });
holds(2, '7. arrears 0', '36.996', 0, 0, 140, 'blocked');
is(quote(2), '90 0, 13.004 36.99', '7. F consumed 13.004');
is(invoiceable(2), '90, 50', '7. F invoiceable 50.00 again');
is(value('SELECT state FROM billing.refunds(2)'), 'completed', '7. the request is completed');
ok(value('SELECT billing.reopen_account(2)'), '7. reopen_account');
holds(2, '7. reopened', '36.996', 0, 0, 140, 'allowed');
$sim->control(portal_refund => { gateway => 'alipay', number => $f, amount_fen => 5000 });
$sim->deliver($dbh);
ok(wait_until(10, sub { value('SELECT count(*) FROM billing_books.take_back WHERE account_id = 2') }), '8. the portal refunds F');
holds(2, '8. what F had left is gone, the rest is owed', 0, 0, '13.004', 140, 'blocked');
is(invoiceable(2), '90, 0', '8. F invoiceable 0');
ok(value('SELECT billing.unlock_account(2, \'dispute\')'), '8. an operator lifts the lock that this set');
$dbh->do('SELECT billing.reverse_charge(2, \'3\', \'undo\', \'for nothing\')');
holds(2, '9. the charge of 12 is undone', 0, 0, '1.004', 140, 'blocked');
topup(2, 1, 'wechat');
holds(2, '10. G by WeChat Pay', 0, 0, '0.004', 141, 'blocked');
topup(2, 0.01, 'wechat');
holds(2, '10. H by WeChat Pay', '0.006', 0, 0, '141.01', 'allowed');
is(books(2), 'breakage -1.99924058, cash -0.006, gateway 91.01, promotion 15, revenue -104.00475942', 'the books of walk 2');

$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
