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

# False where the gateway takes no orders: it failed five times in a row, and its probes are 10 to 60 s apart. A customer comes again;
# what else was to go wrong there is let go, or it would be waited for.
sub is_ordered
{
	my ($account, $gateway) = @_;
	return 1 if eval { $dbh->do('SELECT billing.create_topup($1, $2, $3, \'topup\', payer => \'{"email": "a@b.example", "terminal": "WEB", "uid": "u1"}\')', undef, $account, 10 + $account % 7, $gateway) };
	die $@ if $dbh->state ne 'LB513';
	$sim->control(no_faults => { gateway => $gateway });
	sleep 1;
	return 0;
}

# Orders, with calls that are lost, answered badly, doubled.
my @faults = qw(lost drop error_500 unsigned wrong_signature truncated slow delay);
for my $account (1 .. $orders)
{
	my $gateway = $gateways[ $account % 4 ];
	$sim->control(fault => { gateway => $gateway, operation => '*', kind => one_of(@faults), ms => 50, count => 1 }) if rand() < 0.3 && $gateway ne 'xiaomi';
	wait_until(90, sub { is_ordered($account, $gateway) }) or die "$gateway takes no orders\n";
}
ok(wait_until(240, sub { !value('SELECT EXISTS (SELECT FROM billing_books.payment_order WHERE pay_url IS NULL AND state NOT IN (\'closed\', \'paid\'))') }), 'orders are placed, whatever gateways answer')
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

# Refunds that these books ask for: of an order, or of all that an account has; answers are lost, unsigned, errors.
$dbh->do('SELECT billing.set_policy(\'refund_settle_wait\', \'0\')');
my ($items, $asked) = (0, 0);
for my $payment (all('SELECT p.account_id, p.order_id, p.gateway FROM billing_books.payment AS p WHERE p.state = \'credited\' ORDER BY p.account_id'))
{
	my ($account, $gateway) = @$payment{qw(account_id gateway)};
	my $what = rand;
	next if $what > 0.35;
	$sim->control(fault => { gateway => $gateway, operation => one_of(qw(refund refund_query)), kind => one_of(qw(lost unsigned wrong_signature error_500)), count => 1 }) if rand() < 0.4 && $gateway ne 'xiaomi';
	$asked++;
	if ($what < 0.08)
	{
		$dbh->do('SELECT billing.request_refund($1, \'we leave\', \'leave\')', undef, $account);
		$dbh->do('SELECT billing.approve_refund($1, 1, \'approve\')', undef, $account);
	}
	else
	{
		$dbh->do('SELECT billing.refund_order($1, $2, $3, \'refund\')', undef, $account, $payment->{order_id}, 1 + int rand 5);
	}
}
my $open_items = 'SELECT count(*) FROM billing_books.refund_item WHERE state NOT IN (\'paid\', \'manual\')';
ok(wait_until(120, sub { $sim->deliver($dbh); !value($open_items) }), "$asked refunds of ours are paid, whatever gateways answer, but for those without a way back")
  or diag(explain([ all('SELECT i.gateway, i.state, i.reason, c.state AS call, c.result, c.code, c.due_at FROM billing_books.refund_item AS i LEFT JOIN billing_books.gateway_call AS c USING (account_id, item_id) WHERE i.state <> \'paid\'') ]));
$sim->control(no_faults => { gateway => $_ }) for @gateways;
for my $item (all('SELECT account_id, item_id FROM billing_books.refund_item WHERE state = \'manual\''))
{
	my @item = @$item{qw(account_id item_id)};
	rand() < 0.5 ? $dbh->do('SELECT billing.settle_refund_item_offline($1, $2, $3, \'by hand\')', undef, @item, "transfer $item[0]") : $dbh->do('SELECT billing.release_refund_item($1, $2, \'not at all\')', undef, @item);
}
verify_empty($node, 'after refunds of ours');

# What an order of the simulators' can still give back.
sub left_fen { my ($order) = @_; my $left = $order->{paid_fen}; $left -= $_->{amount_fen} for @{ $order->{refunds} }; return $left }

# Money taken back: in portals and by disputes, told of or not, in parts, of held money, too; usage goes on.
my $taken = 0;
for my $payment (all('SELECT p.account_id, p.gateway, coalesce(o.gateway_number, \'\') AS number FROM billing_books.payment AS p JOIN billing_books.payment_order AS o USING (account_id, order_id) WHERE p.state IN (\'credited\', \'held\') AND p.gateway <> \'xiaomi\' ORDER BY p.account_id'))
{
	next if rand() > 0.3;
	my ($gateway, $number) = @$payment{qw(gateway number)};
	my $left = left_fen($sim->order($gateway, $number));
	next if $left < 1;
	my $fen = rand() < 0.5 ? $left : 1 + int rand($left < 500 ? $left : 500);
	$sim->control(settings => { notices => rand() < 0.6 ? 'on' : 'off' });
	$gateway eq 'waffo' && rand() < 0.6 ? $sim->control(dispute => { gateway => 'waffo', number => $number, source => one_of(qw(RDR ETHOCA)), amount_fen => $fen + 0 })
	  : $sim->control(portal_refund => { gateway => $gateway, number => $number, amount_fen => $fen + 0 });
	$taken++;
	my @came = $sim->notices;
	Simulators::hand_over($dbh, $_) for @came, rand() < 0.3 ? @came : ();
	$dbh->do('SELECT billing.charge($1, 1, \'after\', \'m\', 2, 0)', undef, $payment->{account_id}) if rand() < 0.3;
}
$sim->control(settings => { notices => 'on' });
ok(wait_until(30, sub { !value('SELECT EXISTS (SELECT FROM billing_books.gateway_call WHERE kind = \'take_back\' AND state NOT IN (\'done\', \'dropped\'))') }), 'what is told by a sum is asked for');
verify_empty($node, 'before the bills');

# What the bills of the day would say without what is planted in them, by the simulators' own books, in fen: one row for each payment
# and for each refund that succeeded, and by which number these books know a refund.
my $books = $sim->control('books');
my %rows;
for my $gateway (@gateways)
{
	for my $order (grep { $_->{paid_fen} } @{ $books->{$gateway}{orders} })
	{
		push @{ $rows{$gateway} }, { kind => 'payment', number => $order->{number}, transaction => $order->{transaction_id}, refund => '', id => '', fen => $order->{paid_fen}, fee => $order->{fee_fen} };
		push @{ $rows{$gateway} }, map { { kind => 'refund', number => $order->{number}, transaction => $order->{transaction_id}, refund => $_->{number}, id => $gateway eq 'alipay' ? $_->{number} : $_->{id}, fen => $_->{amount_fen}, fee => -$_->{fee_fen} } } grep { $_->{state} eq 'SUCCESS' } @{ $order->{refunds} };
	}
}

# What is planted: differences by class, subject, transaction, refund and state, as they have to be found. What was never told of is one.
my (%planted, %faults);
sub difference { my ($class, $row, $state) = @_; return join ' ', $class, $row->{kind}, $row->{transaction}, $row->{id} || '-', $state }
sub plant { my ($gateway, $kind, $row, %with) = @_; push @{ $faults{$gateway} }, { kind => $kind, row => $row, %with }; return }
for my $gateway (@gateways)
{
	my %known = map { ("$_->{t} $_->{r}" => 1) } all('SELECT transaction_id AS t, \'\' AS r FROM billing_books.payment WHERE gateway = $1 UNION ALL SELECT transaction_id, refund_id FROM billing_books.refund_claim WHERE gateway = $1', $gateway);
	my (@payments, @refunds);
	for my $row (@{ $rows{$gateway} })
	{
		if (!$known{"$row->{transaction} $row->{id}"}) { push @{ $planted{$gateway} }, difference('missing_here', $row, 'resolved') }
		else { push @{ $row->{kind} eq 'payment' ? \@payments : \@refunds }, $row }
	}
	my ($missing, $amount, $fee, $double) = @payments;
	plant($gateway, missing_row => $missing);
	plant($gateway, wrong_amount => $amount, fen => 99900);
	plant($gateway, wrong_fee => $fee, fee => 77);
	plant($gateway, duplicate_row => $double);
	push @{ $planted{$gateway} }, difference('missing_there', $missing, 'carried'), difference('amount', $amount, 'open'), difference('fee', $amount, 'open'), difference('fee', $fee, 'open'), difference('amount', $double, 'open');
	my $forged = { kind => 'payment', number => "FORGED$gateway", transaction => "99$gateway", refund => '', id => '', fen => 5000, fee => 30 };
	my $id = $gateway eq 'alipay' ? "RF$gateway" : "9RF$gateway";
	my $unasked = { kind => 'refund', number => $double->{number}, transaction => $double->{transaction}, refund => "RF$gateway", id => $id, fen => 100, fee => 0 };
	for my $row ($forged, $unasked)
	{
		plant($gateway, extra_row => $row);
		push @{ $planted{$gateway} }, difference('state', $row, 'open');
	}
	next if $gateway eq 'xiaomi'; # it gives nothing back
	my ($missing_refund, $amount_refund, $fee_refund) = @refunds;
	plant($gateway, missing_row => $missing_refund);
	plant($gateway, wrong_amount => $amount_refund, fen => 88800);
	plant($gateway, wrong_fee => $fee_refund, fee => -55);
	push @{ $planted{$gateway} }, difference('missing_there', $missing_refund, 'carried'), difference('amount', $amount_refund, 'open'), difference('fee', $amount_refund, 'open'), difference('fee', $fee_refund, 'open');
}

# The bills of the two that make them, with faults and a settlement that never was.
sub bill_fault
{
	my ($gateway, $fault) = @_;
	my $row = $fault->{row};
	my %row = (number => $row->{number}, $row->{refund} ? (refund => $row->{refund}) : ());
	return $fault->{kind} eq 'extra_row' ? (%row, row => $row->{kind}, transaction_id => $row->{transaction}, amount_fen => $row->{fen}, fee_fen => $row->{fee})
	  : (%row, defined $fault->{fen} ? (amount_fen => $fault->{fen}) : (), defined $fault->{fee} ? (fee_fen => $fault->{fee}) : ());
}
for my $gateway (qw(wechat alipay))
{
	$sim->control(settlement => { gateway => $gateway, amount_fen => 4200, number => "S$gateway" });
	$sim->control(funding => { gateway => $gateway, amount_fen => 700, number => "F$gateway" });
	$sim->control(settings => { gateway => $gateway, bills => 'at_once' });
	$sim->control(bill_fault => { gateway => $gateway, kind => $_->{kind}, bill_fault($gateway, $_) }) for @{ $faults{$gateway} };
	$sim->control(bill_fault => { gateway => $gateway, kind => 'extra_row', type => 'fund', row => 'settlement', number => "X$gateway", amount_fen => 900 });
}

# The reports of the two that make none, as an operator exports them.
sub csv
{
	my ($gateway, @faults) = @_;
	my @lines = ('kind,order_number,transaction_id,refund_number,refund_id,amount,fee', 'settlement,,,,,42.00,', 'funding,,,,,7.00,');
	my %of = map { ($_->{row} => $_) } @faults;
	push @lines, 'settlement,,,,,9.00,' if @faults;
	for my $row (@{ $rows{$gateway} }, map { $_->{row} } grep { $_->{kind} eq 'extra_row' } @faults)
	{
		my $fault = $of{$row} // { kind => 'none' };
		next if $fault->{kind} eq 'missing_row';
		my $number = $row->{refund} =~ /^(?:portal|RDR|ETHOCA)/ ? '' : $row->{refund}; # those have Waffo's own number alone
		my $line = sprintf '%s,%s,%s,%s,%s,%.2f,%.2f', $row->{kind}, $row->{number}, $row->{transaction}, $number, $row->{id}, ($fault->{fen} // $row->{fen}) / 100, ($fault->{fee} // $row->{fee}) / 100;
		push @lines, ($line) x ($fault->{kind} eq 'duplicate_row' ? 2 : 1);
	}
	return join '', map { "$_\n" } @lines;
}

# A run of the day, to its end: what it found, difference by difference.
sub reconcile
{
	my ($gateway, @faults) = @_;
	my $run = $gateway =~ /wechat|alipay/ ? value('SELECT run FROM billing.reconcile($1, $2::date)', $gateway, $day)
	  : value('SELECT billing.import_bill($1, $2::date, $3, reason => \'report\')', $gateway, $day, csv($gateway, @faults));
	ok(wait_until(90, sub { $dbh->do('UPDATE billing_books.bill_row SET due_at = now() - interval \'1 day\' WHERE attempts > 0 AND due_at IS NOT NULL'); value('SELECT state FROM billing_books.reconciliation WHERE gateway = $1 AND run = $2', $gateway, $run) eq 'done' }), "$gateway is compared")
	  or diag(explain([ all('SELECT * FROM billing_books.bill_row WHERE outcome = \'asking\'') ]));
	return [ sort map { $_->{d} } all('SELECT concat_ws(\' \', class, subject, transaction_id, coalesce(nullif(refund_id, \'\'), \'-\'), state) AS d FROM billing_books.reconciliation_difference WHERE gateway = $1', $gateway) ];
}
$sim->move_clocks($dbh, $noon + 22 * 3600); # the day is over in China, and by UTC
for my $gateway (@gateways)
{
	is_deeply(reconcile($gateway, @{ $faults{$gateway} }), [ sort @{ $planted{$gateway} } ], "$gateway: each planted difference is found, and none that was not (seed $seed)");
	is(value('SELECT string_agg(DISTINCT account_id::text, \' \') FROM billing_books.reconciliation_line WHERE gateway = $1', $gateway), $gateway eq 'waffo' ? '-2' : '-1', "$gateway: fees are booked on the house of its currency");
}
is(value('SELECT count(*) FROM billing_books.payment WHERE transaction_id LIKE \'99%\''), 0, 'no forged row is booked');
ok(value('SELECT count(*) FROM billing_books.reconciliation_difference WHERE class = \'missing_here\' AND subject = \'refund\' AND gateway = \'waffo\'') > 0, 'disputes and refunds at Waffo that nobody told of are among them');
ok(wait_until(60, sub { $sim->deliver($dbh); !value('SELECT EXISTS (SELECT FROM billing_books.payment WHERE state = \'returning\')') }), 'what was found late has gone back');
verify_empty($node, 'after the bills');

# The same bills without what was planted: they agree, but for what nobody stands by.
for my $gateway (@gateways)
{
	$sim->control(no_faults => { gateway => $gateway });
	is(join(', ', grep { !/ resolved$/ } @{ reconcile($gateway) }), join(', ', sort grep { /^state / } @{ $planted{$gateway} }), "$gateway: by the bills as they are all is settled, but what a forged row said");
}

# To the hundredth, by the gateways' own books: received, given back, kept, settled, and what they still owe.
$books = $sim->control('books');
for my $gateway (@gateways)
{
	my ($paid, $back, $fees) = (0, 0, 0);
	for my $order (grep { $_->{paid_fen} } @{ $books->{$gateway}{orders} })
	{
		$paid += $order->{paid_fen};
		$fees += $order->{fee_fen};
		for my $refund (grep { $_->{state} eq 'SUCCESS' } @{ $order->{refunds} })
		{
			$back += $refund->{amount_fen};
			$fees -= $refund->{fee_fen};
		}
	}
	my ($owes) = all('SELECT (100 * sum(received))::bigint AS received, (100 * sum(given_back))::bigint AS given_back, (100 * sum(fees))::bigint AS fees, (100 * sum(settled))::bigint AS settled, (100 * sum(unsettled))::bigint AS unsettled FROM billing.gateway_balance WHERE gateway = $1', $gateway);
	is_deeply($owes, { received => $paid, given_back => $back, fees => $fees, settled => 3500, unsettled => $paid - $back - $fees - 3500 }, "$gateway: receipts - returns - fees - settled = unsettled, as the gateway has them (seed $seed)")
	  or diag(explain([ all('SELECT * FROM billing.attention WHERE gateway = $1', $gateway) ]));
	is(value('SELECT (sum(CASE \'gateway\' WHEN debit THEN amount ELSE -amount END) * 100)::bigint FROM billing_books.ledger_entry WHERE \'gateway\' IN (debit, credit) AND gateway = $1', $gateway), $owes->{unsettled}, "$gateway: and so has the ledger");
	is(value('SELECT count(*) FROM (SELECT order_id FROM billing_books.payment WHERE gateway = $1 AND state = \'credited\' GROUP BY account_id, order_id HAVING count(*) > 1) AS t', $gateway), 0, "$gateway: no order is credited twice");
}
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
