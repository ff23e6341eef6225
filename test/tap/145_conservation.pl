# Some hundred orders at all four gateways, with whatever can go wrong on the way, refunds in portals, disputes, and messages that
# are lost, doubled and late; then the day's bills, with differences planted in them. At the end the gateways' own books and ours
# agree, every planted difference is found, and none that was not planted. ORDERS, SEED.
use strict;
use warnings;

use DBD::Pg;
use POSIX qw(strftime);
use Test::More;

use BillingTest;
use Simulators;

my $orders = $ENV{ORDERS} // 160;
my $seed = $ENV{SEED} // 20261129;
srand $seed;
my $sim = Simulators->new(http => 1); # the clock is moved
my $node = billing_node('conservation', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'", 'fsync = off', 'log_statement = none' ]);
my $dbh = connect_dbi($node);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub all { my ($sql, @values) = @_; return @{ $dbh->selectall_arrayref($sql, { Slice => {} }, @values) } }
sub one_of { return $_[ rand @_ ] }

my @gateways = qw(wechat alipay waffo xiaomi);
my %method = (wechat => 'native', alipay => 'qr', waffo => 'credit_card', xiaomi => 'sdk');
my $now = time;
my $noon = (12 * 3600 - ($now + 8 * 3600) % 86400 + 86400) % 86400;
my $day = strftime('%Y-%m-%d', gmtime($now + $noon + 8 * 3600));
$sim->move_clocks($dbh, $noon);
for my $gateway (@gateways)
{
	$dbh->do('SELECT billing.set_gateway($1, $1, $2, \'API credit\')', undef, $gateway, $gateway eq 'waffo' ? 'global' : 'cn');
	$dbh->do('SELECT billing.set_payment_method($1, $1, $2)', undef, $gateway, $method{$gateway});
	$dbh->do('SELECT billing.set_gateway_fee($1, 0.006)', undef, $gateway);
}
$dbh->do('SELECT billing.create_account(a, CASE a % 4 WHEN 2 THEN \'global\' ELSE \'cn\' END) FROM generate_series(1, $1) AS a', undef, $orders);
$dbh->do('SELECT billing.create_api_key(a, \'k\') FROM generate_series(1, $1) AS a', undef, $orders);
$dbh->do('SELECT billing.set_price(\'m\', c, 1000000, 0, effective_from => now() - interval \'1 day\') FROM unnest(\'{CNY,USD}\'::text[]) AS c');
$dbh->do('SELECT billing.arm()');

# Orders, with calls that are lost, answered badly, doubled.
my @faults = qw(lost drop error_500 unsigned wrong_signature truncated slow delay);
for my $account (1 .. $orders)
{
	my $gateway = $gateways[ $account % 4 ];
	$sim->control(fault => { gateway => $gateway, operation => '*', kind => one_of(@faults), ms => 50, count => 1 }) if rand() < 0.3 && $gateway ne 'xiaomi';
	$dbh->do('SELECT billing.create_topup($1, $2, $3, \'topup\', payer => \'{"email": "a@b.example", "terminal": "WEB", "uid": "u1"}\')', undef, $account, 10 + $account % 7, $gateway);
}
ok(wait_until(90, sub { !value('SELECT EXISTS (SELECT FROM billing_books.payment_order WHERE pay_url IS NULL AND state NOT IN (\'closed\', \'paid\'))') }), 'orders are placed, whatever gateways answer')
  or diag(explain([ all('SELECT o.gateway, o.state, c.kind, c.state AS call, c.result, c.code FROM billing_books.payment_order AS o JOIN billing_books.gateway_call AS c USING (account_id, order_id) WHERE o.pay_url IS NULL') ]));
$sim->control(no_faults => { gateway => $_ }) for @gateways;

# Most are paid; some by another amount, some cancelled before; notices are lost, late, doubled and out of order.
my @notices;
for my $order (all('SELECT account_id, order_id, gateway, gateway_number, pay_amount FROM billing_books.payment_order WHERE state = \'pending\' ORDER BY account_id'))
{
	my ($account, $gateway, $number) = @$order{qw(account_id gateway gateway_number)};
	my $what = rand;
	next if $what < 0.05;
	my $fen = sprintf '%.0f', 100 * $order->{pay_amount};
	$fen += 1 if $what > 0.95 && $gateway ne 'xiaomi';
	$dbh->do('SELECT billing.cancel_order($1, $2)', undef, $account, $order->{order_id}) if $what > 0.85 && $what < 0.9;
	$sim->control(pay => { gateway => $gateway, number => $number, amount_fen => $fen + 0, force => \1, $gateway eq 'xiaomi' ? (uid => 'u1') : () });
	my @came = $sim->notices;
	push @notices, @came, rand() < 0.2 ? @came : () unless rand() < 0.2;
	Simulators::hand_over($dbh, splice @notices, rand @notices, 1) while @notices > 5;
	$dbh->do('SELECT billing.charge($1, 1, \'used\', \'m\', 3, 0)', undef, $account) if rand() < 0.5;
}
Simulators::hand_over($dbh, $_) for @notices;
$dbh->do('SELECT billing.refresh_order(account_id, order_id) FROM billing_books.payment_order WHERE state IN (\'pending\', \'closing\')');
ok(wait_until(60, sub { !value('SELECT EXISTS (SELECT FROM billing_books.payment WHERE state = \'returning\')') }), 'what goes back by itself has gone');

# Money taken back: in portals and by disputes, told of or not, in parts, of held money, too; usage goes on.
my ($taken, $untold) = (0, 0);
for my $payment (all('SELECT p.account_id, p.gateway, p.amount, p.state, coalesce(o.gateway_number, \'\') AS number FROM billing_books.payment AS p JOIN billing_books.payment_order AS o USING (account_id, order_id) WHERE p.state IN (\'credited\', \'held\') AND p.gateway <> \'xiaomi\' ORDER BY p.account_id'))
{
	next if rand() > 0.3;
	my $fen = rand() < 0.5 ? sprintf('%.0f', 100 * $payment->{amount}) : 1 + int rand 500;
	my $by_dispute = $payment->{gateway} eq 'waffo' && rand() < 0.5;
	my $is_told = $payment->{gateway} eq 'waffo' || rand() < 0.6; # Waffo has no bill that would tell
	$sim->control(settings => { notices => $is_told ? 'on' : 'off' });
	$by_dispute ? $sim->control(dispute => { gateway => 'waffo', number => $payment->{number}, source => one_of(qw(RDR ETHOCA)), amount_fen => $fen + 0 })
	  : $sim->control(portal_refund => { gateway => $payment->{gateway}, number => $payment->{number}, amount_fen => $fen + 0 });
	$taken++;
	$untold++ unless $is_told;
	my @came = $sim->notices;
	Simulators::hand_over($dbh, $_) for @came, rand() < 0.3 ? @came : ();
	$dbh->do('SELECT billing.charge($1, 1, \'after\', \'m\', 2, 0)', undef, $payment->{account_id}) if rand() < 0.3;
}
$sim->control(settings => { notices => 'on' });
ok(wait_until(30, sub { !value('SELECT EXISTS (SELECT FROM billing_books.gateway_call WHERE kind = \'take_back\' AND state NOT IN (\'done\', \'parked\'))') }), 'what is told by a sum is asked for');
verify_empty($node, 'before the bills');

# The bills of the day, with a row too few, one too many, one of another amount, a fee.
for my $gateway (qw(wechat alipay))
{
	my @credited = map { $_->{number} } all('SELECT o.gateway_number AS number FROM billing_books.payment AS p JOIN billing_books.payment_order AS o USING (account_id, order_id) WHERE p.gateway = $1 AND p.state = \'credited\' ORDER BY account_id', $gateway);
	$sim->control(settlement => { gateway => $gateway, amount_fen => 4200, number => "S$gateway" });
	$sim->control(settings => { gateway => $gateway, bills => 'at_once' });
	$sim->control(bill_fault => { gateway => $gateway, kind => 'missing_row', number => $credited[0] });
	$sim->control(bill_fault => { gateway => $gateway, kind => 'wrong_amount', number => $credited[1], amount_fen => 99900 });
	$sim->control(bill_fault => { gateway => $gateway, kind => 'wrong_fee', number => $credited[2], fee_fen => 77 });
	$sim->control(bill_fault => { gateway => $gateway, kind => 'extra_row', number => "FORGED$gateway", amount_fen => 5000, transaction_id => "99$gateway", fee_fen => 30 });
}
my %silent; # paid there and not here: only the bill tells
for my $gateway (qw(wechat alipay))
{
	my %ours = map { $_->{n} => 1 } all('SELECT transaction_id AS n FROM billing_books.payment WHERE gateway = $1', $gateway);
	$silent{$gateway} = grep { $_->{transaction_id} && !$ours{ $_->{transaction_id} } } @{ $sim->control('books')->{$gateway}{orders} };
}
$sim->move_clocks($dbh, $noon + 13 * 3600);
for my $gateway (qw(wechat alipay))
{
	my $run = value('SELECT run FROM billing.reconcile($1, $2::date)', $gateway, $day);
	ok(wait_until(60, sub { value('SELECT state FROM billing_books.reconciliation WHERE gateway = $1 AND run = $2', $gateway, $run) eq 'done' }), "$gateway is compared")
	  or diag(explain([ all('SELECT * FROM billing_books.bill_row WHERE outcome = \'asking\'') ]));
	my %found = map { $_->{k} => $_->{n} } all('SELECT concat_ws(\' \', class, subject, state) AS k, count(*) AS n FROM billing_books.reconciliation_difference WHERE gateway = $1 GROUP BY 1', $gateway);
	is($found{'amount payment open'}, 1, "$gateway: another amount is found");
	is($found{'state payment open'}, 1, "$gateway: what nobody paid is found, and not booked");
	is($found{'missing_there payment carried'}, 1, "$gateway: what the bill lacks is found");
	is($found{'fee payment open'}, 2, "$gateway: a fee is found, and that of the other amount") or diag(explain(\%found));
	is($found{'missing_here payment resolved'} // 0, $silent{$gateway}, "$gateway: what was paid and not told is booked");
	is(join(' ', sort grep { !/^(?:amount|state|fee|missing_there|missing_here) / } keys %found), '', "$gateway: and nothing else");
}
is(value('SELECT count(*) FROM billing_books.reconciliation_difference WHERE class = \'missing_here\' AND subject = \'refund\''), $untold, "$untold of $taken refunds that nobody told of are booked by their bills");
is(value('SELECT count(*) FROM billing_books.payment WHERE transaction_id LIKE \'99%\''), 0, 'no forged row is booked');
ok(wait_until(30, sub { !value('SELECT EXISTS (SELECT FROM billing_books.payment WHERE state = \'returning\')') }), 'what was found late has gone back');

# To the hundredth, by the gateways' own books.
my $books = $sim->control('books');
for my $gateway (@gateways)
{
	my ($paid, $back) = (0, 0);
	for my $order (@{ $books->{$gateway}{orders} })
	{
		$paid += $order->{paid_fen} // 0;
		$back += $_->{amount_fen} for grep { $_->{state} eq 'SUCCESS' } @{ $order->{refunds} };
	}
	is(value('SELECT coalesce((sum(CASE \'gateway\' WHEN debit THEN amount ELSE -amount END) * 100)::bigint, 0) FROM billing_books.ledger_entry WHERE \'gateway\' IN (debit, credit) AND gateway = $1 AND source_type <> \'reconciliation\'', $gateway), $paid - $back, "$gateway: receipts less what went back, as the gateway has them (seed $seed)")
	  or diag(explain([ all('SELECT * FROM billing.attention WHERE gateway = $1', $gateway) ]));
	is(value('SELECT count(*) FROM (SELECT order_id FROM billing_books.payment WHERE gateway = $1 AND state = \'credited\' GROUP BY account_id, order_id HAVING count(*) > 1) AS t', $gateway), 0, "$gateway: no order is credited twice");
}
for my $gateway (qw(wechat alipay))
{
	is(value('SELECT trim_scale(sum(CASE \'gateway\' WHEN debit THEN amount ELSE -amount END)) FROM billing_books.ledger_entry WHERE \'gateway\' IN (debit, credit) AND gateway = $1', $gateway),
		value('SELECT trim_scale((SELECT sum(CASE \'gateway\' WHEN debit THEN amount ELSE -amount END) FROM billing_books.ledger_entry WHERE \'gateway\' IN (debit, credit) AND gateway = $1 AND source_type <> \'reconciliation\') - fees + fees_returned - settled + funded) FROM billing.reconciled_day WHERE gateway = $1', $gateway),
		"$gateway: receipts - returns - settled - fees = unsettled");
}
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
