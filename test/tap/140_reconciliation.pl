# A day's bills compared with the books (B&S 4.13): every difference that was planted is found, and none that was not; a lost
# notice is booked by asking, a forged row by nobody; fees and settlements are booked once, and a later bill's difference.
use strict;
use warnings;

use DBD::Pg;
use POSIX qw(strftime);
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1); # the clock is moved
my $node = billing_node('bills', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub balance { my ($account) = @_; return value('SELECT trim_scale(balance) FROM billing.balance($1)', $account) }
sub payment { my ($account, $payment) = @_; return row('SELECT * FROM billing_books.payment WHERE account_id = $1 AND payment_id = $2', $account, $payment // 1) }
sub differences
{
	my ($gateway, $day) = @_;
	return value('SELECT coalesce(string_agg(concat_ws(\' \', class, subject, trim_scale(ours), trim_scale(theirs), state), \', \' ORDER BY class, subject, theirs, ours), \'none\') FROM billing_books.reconciliation_difference WHERE gateway = $1 AND day = $2::date', $gateway, $day);
}
# A run, to its end; its state.
sub reconcile
{
	my ($gateway, $day) = @_;
	my $run = value('SELECT run FROM billing.reconcile($1, $2::date)', $gateway, $day);
	my $state;
	wait_until(60, sub { $state = value('SELECT state FROM billing_books.reconciliation WHERE gateway = $1 AND day = $2::date AND run = $3', $gateway, $day, $run); $state =~ /done|failed/ })
	  or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.reconciliation', { Slice => {} }), $dbh->selectall_arrayref('SELECT * FROM billing_books.bill_row WHERE outcome <> \'matched\'', { Slice => {} })));
	return $state;
}
sub house { my ($book, $gateway) = @_; return value('SELECT trim_scale(coalesce(sum(CASE $1 WHEN debit THEN amount WHEN credit THEN -amount ELSE 0 END), 0)) FROM billing_books.ledger_entry WHERE source_type = \'reconciliation\' AND gateway = $2', $book, $gateway) }

my $key = 0;
sub topup
{
	my ($account, $amount, $gateway, %opts) = @_;
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4)', $account, $amount, $gateway, 'topup ' . ++$key);
	my $number = wait_until(10, sub { value('SELECT g.gateway_number FROM billing.order_status($1, $2) AS o JOIN billing_books.payment_order AS g USING (order_id) WHERE g.account_id = $1 AND o.pay_url IS NOT NULL', $account, $order) });
	$sim->control(pay => { gateway => $gateway, number => $number });
	$opts{lost} ? $sim->notices : $sim->deliver($dbh);
	return $number;
}

# The calendar of China, so that a day's edge is not met by chance: begin at its noon.
my $now = time;
my $noon = (12 * 3600 - ($now + 8 * 3600) % 86400 + 86400) % 86400;
my $day = strftime('%Y-%m-%d', gmtime($now + $noon + 8 * 3600));
my $next_day = strftime('%Y-%m-%d', gmtime($now + $noon + 32 * 3600));
$sim->move_clocks($dbh, $noon);
$dbh->do($_) for (
	(map { "SELECT billing.set_gateway('$_', '$_', 'cn', 'API credit')" } qw(wechat alipay)),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	(map { "SELECT billing.set_gateway_fee('$_', 0.006)" } qw(wechat alipay)),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 30) AS a), q(SELECT billing.arm()));

# A day's trade, on both: paid and told of, paid and not told of, given back in the portal and not told of.
my %number;
for my $gateway (qw(wechat alipay))
{
	my $base = $gateway eq 'wechat' ? 0 : 10;
	$number{$gateway} = [ map { topup($base + $_, 10 * $_, $gateway) } 1 .. 4 ];
	$sim->control(settings => { notices => 'off' });
	$sim->control(portal_refund => { gateway => $gateway, number => $number{$gateway}[2], amount_fen => 1000 });
	$sim->control(settlement => { gateway => $gateway, amount_fen => 5000, number => "S$gateway" });
	$sim->control(funding => { gateway => $gateway, amount_fen => 300, number => "F$gateway" });
	$sim->control(settings => { notices => 'on' });
}
# An order that is closed here, and paid there in time though nobody said so: only the bill shows it.
my $late = value('SELECT order_id FROM billing.create_topup(5, 50, \'wechat\', \'silent\')');
my $silent = wait_until(10, sub { value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = 5 AND pay_url IS NOT NULL') });
$dbh->do('SELECT billing.cancel_order(5, $1)', undef, $late);
ok(wait_until(10, sub { value('SELECT state FROM billing.order_status(5, $1)', $late) eq 'closed' }), 'an order is closed');
sleep 1;
$sim->control(pay => { gateway => 'wechat', number => $silent, force => \1 });
$sim->notices;

eval { value('SELECT run FROM billing.reconcile(\'wechat\', $1::date)', $day) };
is($dbh->state, 'LB104', 'a day that is not over is not compared');
$sim->control(settings => { gateway => $_, bills => 'at_once' }) for qw(wechat alipay);
$sim->move_clocks($dbh, $noon + 13 * 3600);

# First a part of the bill, as it is early in the morning: one row of ours is missing.
$sim->control(bill_fault => { gateway => 'wechat', kind => 'missing_row', number => $number{wechat}[0] });
is(reconcile('wechat', $day), 'done', 'WeChat Pay\'s bills are fetched and compared');
is(differences('wechat', $day), 'missing_here payment 50 resolved, missing_here refund 10 resolved, missing_there payment 10 carried', 'what was planted is found, and nothing else')
  or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.reconciliation_difference', { Slice => {} })));
ok(wait_until(10, sub { my $p = payment(5); $p && $p->{state} =~ /^return/ }), 'the payment that nobody told of goes back: it was late');
is(balance(3), '20', 'the portal\'s refund is booked by asking');
my $fees = house('fee', 'wechat');
is(house('bank', 'wechat'), '47', 'what went to the bank is booked, less what came from it');
$sim->control(no_faults => { gateway => 'wechat' });
is(reconcile('wechat', $day), 'done', 'at noon again');
is(differences('wechat', $day), 'missing_here payment 50 resolved, missing_here refund 10 resolved, missing_there payment 10 resolved', 'the whole bill has it');
is(house('bank', 'wechat'), '47', 'what is booked is not booked again');
is(sprintf('%.2f', house('fee', 'wechat') - $fees), '0.06', 'but the fee of the row that came');
is(value('SELECT count(*) FROM billing_books.reconciliation_line WHERE gateway = \'wechat\''), value('SELECT count(DISTINCT class) FROM billing_books.reconciliation_line WHERE gateway = \'wechat\'') + 1, 'one line a class, and one for the difference');
verify_empty($node, 'after WeChat Pay\'s day');

# Alipay: another amount, another fee, a row that nobody knows, one twice.
$sim->control(bill_fault => { gateway => 'alipay', kind => 'wrong_amount', number => $number{alipay}[0], amount_fen => 1100 });
$sim->control(bill_fault => { gateway => 'alipay', kind => 'wrong_fee', number => $number{alipay}[1], fee_fen => 99 });
$sim->control(bill_fault => { gateway => 'alipay', kind => 'extra_row', number => 'FORGED1', amount_fen => 77700, fee_fen => 466, transaction_id => '2026112922001400000000000001' });
$sim->control(bill_fault => { gateway => 'alipay', kind => 'duplicate_row', number => $number{alipay}[3] });
is(reconcile('alipay', $day), 'done', 'Alipay\'s bills are fetched and compared');
like(differences('alipay', $day), qr/^amount payment 10 11 open, amount payment 40 80 open, fee payment 0.12 0.99 open, missing_here refund 10 resolved, state payment 777 open$/, 'each planted difference is found, and nothing else')
  or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.reconciliation_difference WHERE gateway = \'alipay\'', { Slice => {} })));
is(value('SELECT count(*) FROM billing_books.payment WHERE transaction_id = \'2026112922001400000000000001\''), 0, 'a forged row books nothing');
is(house('fee', 'alipay'), '1.65', 'nor its fee: those of what was paid are booked, as the bill has them, less what was given back');
is(balance(13), '20', 'the portal\'s refund is booked by its number');
is(value('SELECT count(*) FROM billing.attention WHERE what = \'bill differs\''), 4, 'what is open is for a person');
$dbh->do('SELECT billing.resolve_difference(difference_id, \'asked the gateway\', \'me\') FROM billing_books.reconciliation_difference WHERE class = \'state\'');
$sim->control(no_faults => { gateway => 'alipay' });
is(reconcile('alipay', $day), 'done', 'again, without what was planted');
is(value('SELECT string_agg(DISTINCT state, \', \') FROM billing_books.reconciliation_difference WHERE gateway = \'alipay\''), 'resolved', 'all agree');
verify_empty($node, 'after Alipay\'s day');

# Theirs and ours, by the simulators' own books.
for my $gateway (qw(wechat alipay))
{
	my $books = $sim->control('books')->{$gateway};
	my ($paid, $back) = (0, 0);
	for my $order (@{ $books->{orders} })
	{
		$paid += $order->{paid_fen} // 0;
		$back += $_->{amount_fen} for grep { $_->{state} eq 'SUCCESS' } @{ $order->{refunds} };
	}
	is(value('SELECT (sum(CASE \'gateway\' WHEN debit THEN amount ELSE -amount END) * 100)::bigint FROM billing_books.ledger_entry WHERE \'gateway\' IN (debit, credit) AND gateway = $1 AND source_type <> \'reconciliation\'', $gateway), $paid - $back, "$gateway: receipts less what went back are the gateway's");
	my $reconciled = row('SELECT * FROM billing.reconciled_day WHERE gateway = $1', $gateway);
	is($reconciled->{payments}, $reconciled->{our_payments}, "$gateway: theirs and ours are the same");
	is($reconciled->{open_differences}, 0, "$gateway: nothing is open");
	ok($reconciled->{fees} > 0 && $reconciled->{settled} == 50 && $reconciled->{funded} == 3, "$gateway: fees and settlements are shown");
}

# Bills that are no bills cost themselves: cut off, garbage, a bomb, another hash, a path, encrypted. Then the same one whole.
for my $fault ([ wechat => 'truncated' ], [ wechat => 'garbage' ], [ wechat => 'bomb' ], [ wechat => 'bad_hash' ], [ wechat => 'expired_url' ], [ wechat => 'partial', rows => 2 ],
	[ alipay => 'truncated' ], [ alipay => 'garbage' ], [ alipay => 'bomb' ], [ alipay => 'expired_url' ], [ alipay => 'path' ], [ alipay => 'encrypted' ])
{
	my ($gateway, $kind, @rest) = @$fault;
	my $before = value('SELECT count(*) FROM billing_books.reconciliation_difference');
	$sim->control(bill_fault => { gateway => $gateway, kind => $kind, @rest });
	my $run = value('SELECT run FROM billing.reconcile($1, $2::date)', $gateway, $day);
	ok(wait_until(20, sub { value('SELECT attempts > 0 OR state = \'done\' FROM billing_books.reconciliation WHERE gateway = $1 AND day = $2::date AND run = $3', $gateway, $day, $run) }), "$gateway: a bill with $kind");
	$dbh->do('UPDATE billing_books.reconciliation SET due_at = now() WHERE gateway = $1 AND due_at IS NOT NULL', undef, $gateway);
	is(reconcile($gateway, $day), 'done', 'is fetched again');
	is(value('SELECT count(*) FROM billing_books.reconciliation_difference'), $before, 'and shows nothing new');
}
$sim->control(no_faults => { gateway => $_ }) for qw(wechat alipay);
verify_empty($node, 'after bills that are none');

# A bill that is not there yet is waited for; a day without trade is empty.
$sim->control(settings => { gateway => $_, bills => 'next_day' }) for qw(wechat alipay);
$sim->move_clocks($dbh, $noon + 37 * 3600);
for my $gateway (qw(wechat alipay))
{
	value('SELECT run FROM billing.reconcile($1, $2::date)', $gateway, $next_day);
	ok(wait_until(10, sub { value('SELECT code FROM billing_books.reconciliation WHERE gateway = $1 AND day = $2::date', $gateway, $next_day) }), "$gateway: a bill that is not there yet");
	is(value('SELECT state || \' \' || attempts FROM billing_books.reconciliation WHERE gateway = $1 AND day = $2::date', $gateway, $next_day), 'fetching 0', 'is waited for, and no attempt is lost');
}
$sim->move_clocks($dbh, $noon + 60 * 3600);
is(reconcile($_, $next_day), 'done', "$_: an empty day has an end") for qw(wechat alipay);

# Refunds that an epoch change holds go on when all days since a gateway's last answer are compared.
$dbh->do('UPDATE billing_books.gateway SET refunds_epoch = 0 WHERE gateway = \'wechat\'');
$dbh->do('SELECT billing.disarm()');
ok(wait_until(10, sub { eval { $dbh->do('SELECT billing.arm()') } }), 'armed anew');
my $until = value('SELECT books_until FROM billing_books.arming ORDER BY arming_no DESC LIMIT 1');
isnt(value('SELECT refunds_epoch FROM billing_books.gateway WHERE gateway = \'wechat\''), value('SELECT epoch FROM billing_books.arming ORDER BY arming_no DESC LIMIT 1'), 'refunds are held after an epoch change');
$sim->control(settings => { gateway => 'wechat', bills => 'at_once' });
$sim->move_clocks($dbh, $noon + 104 * 3600);
my @days = @{ $dbh->selectcol_arrayref('SELECT to_char(d, \'YYYY-MM-DD\') FROM generate_series((($1::timestamptz AT TIME ZONE \'UTC\') + interval \'8 hours\')::date, ((SELECT armed_at FROM billing_books.arming ORDER BY arming_no DESC LIMIT 1) AT TIME ZONE \'UTC\' + interval \'8 hours\')::date, interval \'1 day\') AS d', undef, $until) };
for my $i (0 .. $#days)
{
	isnt(value('SELECT refunds_epoch FROM billing_books.gateway WHERE gateway = \'wechat\''), value('SELECT epoch FROM billing_books.arming ORDER BY arming_no DESC LIMIT 1'), 'a day is missing');
	is(reconcile('wechat', $days[$i]), 'done', "$days[$i] is compared");
}
is(value('SELECT refunds_epoch FROM billing_books.gateway WHERE gateway = \'wechat\''), value('SELECT epoch FROM billing_books.arming ORDER BY arming_no DESC LIMIT 1'), 'now refunds may go');

# Its worker ends in the middle of a large bill: it is fetched anew, and compared once. Nobody's memory grows with it.
$sim->control(bill_rows => { gateway => 'wechat', day => $day, count => 20000 });
my $run = value('SELECT run FROM billing.reconcile(\'wechat\', $1::date)', $day);
ok(wait_until(30, sub { value('SELECT count(*) FROM billing_books.bill_row WHERE gateway = \'wechat\' AND day = $1::date AND run = $2', $day, $run) > 1000 }), 'a large bill comes');
value('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type LIKE \'billing gateway%\'');
$dbh->do('UPDATE billing_books.reconciliation SET due_at = now() - interval \'100 days\' WHERE due_at IS NOT NULL');
ok(wait_until(120, sub { value('SELECT rows > 20000 AND state = \'asking\' FROM billing_books.reconciliation WHERE gateway = \'wechat\' AND day = $1::date AND run = $2', $day, $run) }), 'it is fetched again, and compared')
  or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.reconciliation ORDER BY requested_at DESC LIMIT 2', { Slice => {} })));
is(value('SELECT count(*) - max(row_no) FROM billing_books.bill_row WHERE gateway = \'wechat\' AND day = $1::date AND run = $2', $day, $run), 0, 'each row once');

# Waffo has no bill to fetch: an operator brings its report.
$dbh->do($_) for (q(SELECT billing.set_gateway('waffo', 'waffo', 'global', 'API credit')), q(SELECT billing.set_payment_method('card', 'waffo', 'credit_card')), q(SELECT billing.create_account(40, 'global')));
eval { value('SELECT run FROM billing.reconcile(\'waffo\', $1::date)', $day) };
is($dbh->state, 'LB527', 'Waffo has no bill that could be fetched');
my $order = value('SELECT order_id FROM billing.create_topup(40, 12, \'card\', \'waffo\', payer => \'{"email": "a@b.example", "terminal": "WEB"}\')');
my $waffo = wait_until(20, sub { value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = 40 AND pay_url IS NOT NULL') });
$dbh->do('SELECT billing.cancel_order(40, $1)', undef, $order);
wait_until(10, sub { value('SELECT state FROM billing.order_status(40, $1)', $order) eq 'closed' });
$sim->control(pay => { gateway => 'waffo', number => $waffo, force => \1 });
$sim->notices;
my ($waffo_order) = grep { $_->{number} eq $waffo } @{ $sim->control('books')->{waffo}{orders} };
my $waffo_day = value('SELECT to_char((clock_timestamp() + current_setting(\'billing.clock_offset\')::interval) AT TIME ZONE \'UTC\', \'YYYY-MM-DD\')');
$sim->move_clocks($dbh, $noon + 140 * 3600);
my $csv = "kind,order_number,transaction_id,amount,fee\npayment,$waffo,$waffo_order->{transaction_id},12.00,0.36\npayment,FORGED2,FORGED2,500.00,15.00\nsettlement,,,9.00,\n";
is(value('SELECT billing.import_bill(\'waffo\', $1::date, $2, reason => \'report\')', $waffo_day, $csv), 1, 'its report is imported');
ok(wait_until(60, sub { value('SELECT state FROM billing_books.reconciliation WHERE gateway = \'waffo\'') eq 'done' }), 'and compared');
is(differences('waffo', $waffo_day), 'missing_here payment 12 resolved, state payment 500 open', 'what was paid is booked by asking, what was forged is not');
is(house('fee', 'waffo') . ' ' . house('bank', 'waffo'), '0.36 9', 'its settlement is booked, and the fee of what was paid: none of what was forged');
eval { value('SELECT billing.import_bill(\'waffo\', $1::date, \'a,b\')', $waffo_day) };
is($dbh->state, 'LB529', 'what is no report is refused');
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
