# Days of bills and what comes around them (B&S 4.13): a notice behind its bill, and while its row is asked for; what the next day's
# bill has, has not, or has, too; payments at the edges of a day, of China and of UTC; full refunds that only the bill shows.
use strict;
use warnings;

use DBD::Pg;
use POSIX qw(strftime);
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1); # the clock is moved
my $node = billing_node('days', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub balance { my ($account) = @_; return value('SELECT trim_scale(balance) FROM billing.balance($1)', $account) }
sub payment { my ($account) = @_; return value('SELECT concat_ws(\' \', state, reason) FROM billing_books.payment WHERE account_id = $1', $account) // 'none' }
sub transaction { my ($account) = @_; return value('SELECT transaction_id FROM billing_books.payment WHERE account_id = $1', $account) }
sub calls { my ($account) = @_; return $dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = $1', { Slice => {} }, $account) }
sub differences
{
	my ($gateway, $day) = @_;
	return value('SELECT coalesce(string_agg(concat_ws(\' \', class, subject, trim_scale(ours), trim_scale(theirs), state), \', \' ORDER BY class, subject, ours, theirs), \'none\') FROM billing_books.reconciliation_difference WHERE gateway = $1 AND day = $2::date', $gateway, $day);
}
sub begin { my ($gateway, $day) = @_; return value('SELECT run FROM billing.reconcile($1, $2::date)', $gateway, $day) }
# What waits for the next question is asked at once, for there are none but quick answers.
sub ended
{
	my ($gateway, $day) = @_;
	return wait_until(60, sub { $dbh->do('UPDATE billing_books.bill_row SET due_at = now() - interval \'1 day\' WHERE attempts > 0 AND due_at IS NOT NULL'); value('SELECT state FROM billing_books.reconciliation WHERE gateway = $1 AND day = $2::date ORDER BY run DESC LIMIT 1', $gateway, $day) eq 'done' })
	  || diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.reconciliation', { Slice => {} }), $dbh->selectall_arrayref('SELECT * FROM billing_books.bill_row WHERE outcome <> \'matched\'', { Slice => {} })));
}
sub reconcile { my ($gateway, $day) = @_; local $Test::Builder::Level = $Test::Builder::Level + 1; begin($gateway, $day); return ok(ended($gateway, $day), "$gateway of $day is compared") }

my $key = 0;
my %method = (wechat => 'wechat', alipay => 'alipay', waffo => 'card');
sub place
{
	my ($account, $amount, $gateway) = @_;
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4, payer => \'{"email": "a@b.example", "terminal": "WEB"}\')', $account, $amount, $method{$gateway}, 'topup ' . ++$key);
	return wait_until(20, sub { value('SELECT g.gateway_number FROM billing.order_status($1, $2) AS o JOIN billing_books.payment_order AS g USING (order_id) WHERE g.account_id = $1 AND o.pay_url IS NOT NULL', $account, $order) }) // BAIL_OUT("an order at $gateway is not placed");
}
sub topup
{
	my ($account, $amount, $gateway) = @_;
	my $number = place($account, $amount, $gateway);
	$sim->control(pay => { gateway => $gateway, number => $number });
	$sim->deliver($dbh);
	return $number;
}
# An order that is closed here, and was paid in time, at some instant: asking finds that out no more. told: its notice comes.
sub late_truth
{
	my ($account, $amount, $gateway, %opts) = @_;
	my $number = place($account, $amount, $gateway);
	$sim->control(scan => { gateway => $gateway, number => $number }) if $gateway eq 'alipay';
	$dbh->do('SELECT billing.cancel_order($1, 1)', undef, $account);
	wait_until(20, sub { value('SELECT state FROM billing.order_status($1, 1)', $account) eq 'closed' }) // diag(explain(calls($account)));
	my $at = $opts{at} // value('SELECT to_char(payable_until - interval \'5 s\', \'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM\') FROM billing_books.payment_order WHERE account_id = $1', $account);
	$sim->control(pay => { gateway => $gateway, number => $number, at => $at, force => \1 });
	$opts{told} ? $sim->deliver($dbh) : $sim->notices;
	return $number;
}
sub portal
{
	my ($gateway, $number, $fen) = @_;
	my $refund = $sim->control(portal_refund => { gateway => $gateway, number => $number, amount_fen => $fen });
	$sim->notices;
	return $refund->{number} // $sim->order($gateway, $number)->{refunds}[-1]{number};
}
# Its notice, of a payment or of a refund, comes after all; what becomes of it.
sub told
{
	my ($gateway, $number, $refund) = @_;
	$sim->control(notice => { gateway => $gateway, number => $number, $refund ? (refund => $refund) : () });
	my ($notice) = $sim->notices;
	my ($status) = Simulators::hand_over($dbh, $notice);
	return "$status " . value('SELECT state FROM billing_books.gateway_notice ORDER BY notice_id DESC LIMIT 1');
}

# From the noon of a day in China on.
my $now = time;
my $noon = (12 * 3600 - ($now + 8 * 3600) % 86400 + 86400) % 86400;
my ($before, $day, $next) = map { strftime('%Y-%m-%d', gmtime($now + $noon + 8 * 3600 + $_ * 86400)) } -1 .. 1;
$sim->move_clocks($dbh, $noon);
$dbh->do($_) for (
	(map { "SELECT billing.set_gateway('$_', '$_', 'cn', 'API credit')" } qw(wechat alipay)), q(SELECT billing.set_gateway('waffo', 'waffo', 'global', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')), q(SELECT billing.set_payment_method('card', 'waffo', 'credit_card')),
	(map { "SELECT billing.set_gateway_fee('$_', 0.006)" } qw(wechat alipay)),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 29) AS a), q(SELECT billing.create_account(a, 'global') FROM generate_series(31, 32) AS a), q(SELECT billing.arm()));
$sim->control(settings => { gateway => $_, bills => 'at_once' }) for qw(wechat alipay);

# On the day itself: payments and refunds that nobody tells of, on both.
my (%silent, %refunded, %portal);
for my $gateway (qw(wechat alipay))
{
	my $base = $gateway eq 'wechat' ? 0 : 10;
	$silent{$gateway} = late_truth($base + 1, 10, $gateway);
	$refunded{$gateway} = topup($base + 2, 20, $gateway);
	$portal{$gateway} = portal($gateway, $refunded{$gateway}, 500);
}
# At Alipay, a full refund of a payment that is credited, and of one that nobody told of either.
portal(alipay => topup(13, 40, 'alipay'), 4000);
portal(alipay => late_truth(14, 50, 'alipay'), 5000);

# In the night behind it: payments in its last second and in the first of the next day, and at noon.
$sim->move_clocks($dbh, $noon + 13 * 3600);
late_truth(3, 30, 'wechat', at => "${day}T23:59:59+08:00", told => 1);
late_truth(4, 31, 'wechat', at => "${next}T00:00:00+08:00", told => 1);
my %number = map { ($_ => late_truth($_, 30 + $_, 'wechat', at => "${day}T12:00:00+08:00", told => 1)) } 5 .. 7;
is(join(' ', map { balance($_) } 3 .. 7), '30 31 35 36 37', 'what was paid in time is credited, though its order was closed');
# 5 stands in the next day's bill alone, 6 in none, 7 in both.
$sim->control(bill_fault => { gateway => 'wechat', kind => 'missing_row', day => $day, number => $number{$_} }) for 5, 6;
$sim->control(bill_fault => { gateway => 'wechat', kind => 'extra_row', day => $next, number => $number{$_}, transaction_id => transaction($_), amount_fen => 3000 + 100 * $_, fee_fen => $_ == 5 ? 21 : 22 }) for 5, 7;
reconcile(wechat => $day);
is(differences(wechat => $day), 'missing_here payment 10 resolved, missing_here refund 5 resolved, missing_there payment 35 carried, missing_there payment 36 carried', 'what was silent is booked; what may stand in the next day\'s bill is carried');
my $compared = row('SELECT payments::numeric(9,2), our_payments::numeric(9,2) FROM billing.reconciled_day WHERE gateway = \'wechat\'');
is("$compared->{our_payments} $compared->{payments}", '168.00 97.00', 'a payment of 23:59:59 is of the day, one of 00:00:00 is not');
is(value('SELECT detail FROM billing.attention WHERE what = \'bill differs\''), undef, 'what is carried is nobody\'s yet');

# Behind its bill a notice books nothing.
for my $gateway (qw(wechat alipay))
{
	my $base = $gateway eq 'wechat' ? 0 : 10;
	reconcile($gateway, $day) if $gateway eq 'alipay';
	is(balance($base + 1) . ' ' . balance($base + 2), '10 15', "$gateway: the bill had both booked");
	is(told($gateway, $silent{$gateway}), '200 duplicate', "$gateway: the payment's notice comes behind its bill");
	is(told($gateway, $refunded{$gateway}, $portal{$gateway}), '200 duplicate', "$gateway: and the refund's");
	ok(wait_until(20, sub { !value('SELECT EXISTS (SELECT FROM billing_books.gateway_call WHERE account_id = $1 AND kind = \'take_back\' AND state NOT IN (\'done\', \'failed\'))', $base + 2) }), "$gateway: what it names is asked for, if at all");
	is(balance($base + 1) . ' ' . balance($base + 2), '10 15', "$gateway: nothing is booked twice");
}

# Alipay's full refunds: from the lot; of what was never credited out of suspense, and what a sum told of is left.
is(differences(alipay => $day), 'missing_here payment 10 resolved, missing_here payment 50 resolved, missing_here refund 5 resolved, missing_here refund 40 resolved, missing_here refund 50 resolved', 'all that only the bill showed is found');
is(payment(13) . ', ' . balance(13), 'credited, 0', 'a full refund in the portal is taken back');
is(payment(14) . ', ' . balance(14), 'returned taken_back, 0', 'a payment that came and went unsaid was held and is returned');
ok(wait_until(60, sub { $dbh->do('UPDATE billing_books.gateway_call SET due_at = now() - interval \'1 day\' WHERE account_id = 14 AND state = \'queued\''); value('SELECT string_agg(state, \' \') FROM billing_books.gateway_call WHERE account_id = 14 AND kind = \'take_back\'') eq 'failed' }), 'a refund under the order\'s own number there was none')
  or diag(explain(calls(14)));
is(value('SELECT count(*) FROM billing.attention WHERE what IN (\'call parked\', \'payment held\', \'bill differs\')'), 0, 'and nobody has to look');
verify_empty($node, 'after the day');

# While its row is asked for, a notice comes: it is booked by that, and no difference.
my $meanwhile = late_truth(8, 38, 'wechat', at => "${day}T13:00:00+08:00");
my $partly = portal('wechat', $refunded{wechat}, 300); # of the next day
sub asked { my ($operation) = @_; return scalar grep { $_->{operation} eq $operation && $_->{fault} } @{ $sim->control('books')->{wechat}{log} } }
sub while_asking
{
	my ($operation, $of_day, @notice) = @_;
	my $asked = asked($operation);
	$sim->control(fault => { gateway => 'wechat', operation => $operation, kind => 'delay', ms => 5000 });
	begin(wechat => $of_day);
	ok(wait_until(30, sub { asked($operation) > $asked }), "its row is asked for ($operation)");
	is(told(@notice), '200 applied', 'its notice comes meanwhile, and books it');
	return ok(ended(wechat => $of_day), 'and the run goes on');
}
while_asking(query => $day, 'wechat', $meanwhile);
is(balance(8), '38', 'it is booked once');
$sim->move_clocks($dbh, $noon + 37 * 3600);
while_asking(refund_query => $next, 'wechat', $refunded{wechat}, $partly);
is(balance(2), '12', 'as is a refund');
is(value('SELECT string_agg(outcome, \' \' ORDER BY day) FROM billing_books.bill_row WHERE gateway = \'wechat\' AND (transaction_id, kind) = ($1, \'payment\') OR refund_number = $2', transaction(8), $partly), 'matched matched', 'their rows agree with the books');

# The next day: what it has is settled, what it has not is for a person, what it has, too, is said of it.
is(differences(wechat => $day), 'missing_here payment 10 resolved, missing_here refund 5 resolved, missing_there payment 35 resolved, missing_there payment 36 open', 'the next day\'s bill settles one, and not the other');
is(value('SELECT resolution FROM billing_books.reconciliation_difference WHERE ours = 35'), "agrees with the bill of $next", 'by that bill');
is(differences(wechat => $next), 'amount payment 37 74 open', 'what stands in two bills is a difference');
is(value('SELECT detail FROM billing_books.reconciliation_difference WHERE theirs = 74'), "the bill of $day has it, too", 'and which');
is(value('SELECT our_payments::numeric(9,2) FROM billing.reconciled_day WHERE gateway = \'wechat\' AND day = $1::date', $next), '31.00', 'the payment of 00:00:00 is of this day');
verify_empty($node, 'after the next day');

# A merchant account that has two names has one bill: fees and settlements are booked once.
my $fees = value('SELECT string_agg(concat_ws(\' \', gateway, class, trim_scale(amount)), \', \' ORDER BY gateway, line_no) FROM billing_books.reconciliation_line');
{
	my $file = $sim->secrets_dir . '/wechat.conf';
	open my $in, '<', $file or die $!;
	open my $out, '>', $sim->secrets_dir . '/wechat2.conf' or die $!;
	chmod 0600, $out;
	print {$out} readline $in;
}
$dbh->do('SELECT billing.set_gateway(\'wechat2\', \'wechat\', \'cn\', \'API credit\')');
eval { begin(wechat2 => $day) };
is($dbh->state, 'LB527', 'its bill is not fetched under the second');
is(value('SELECT string_agg(of_gateway, \' \' ORDER BY of_gateway) FROM billing.reconcile(NULL, $1::date)', $day), 'alipay wechat', 'nor when all are asked for');
ok(ended($_ => $day), "$_ is compared again") for qw(alipay wechat);
is(value('SELECT string_agg(concat_ws(\' \', gateway, class, trim_scale(amount)), \', \' ORDER BY gateway, line_no) FROM billing_books.reconciliation_line'), $fees, 'and nothing is booked again');

# Waffo's days are those of UTC.
late_truth(31, 12, 'waffo', at => "${before}T23:59:59Z", told => 1);
late_truth(32, 13, 'waffo', at => "${day}T00:00:00Z", told => 1);
my @lines = map { 'payment,' . transaction($_) . ',' . ($_ == 31 ? 12 : 13) . ".00\n" } 31, 32;
value('SELECT billing.import_bill(\'waffo\', $1::date, $2)', $before, "kind,transaction_id,amount\n$lines[0]");
ok(ended(waffo => $before), 'the report of a day is compared');
value('SELECT billing.import_bill(\'waffo\', $1::date, $2)', $day, "kind,transaction_id,amount\n$lines[1]");
ok(ended(waffo => $day), 'and that of the next');
is(value('SELECT string_agg(our_payments::numeric(9,2)::text, \' \' ORDER BY day) FROM billing.reconciled_day WHERE gateway = \'waffo\''), '12.00 13.00', 'the last second of a day by UTC is of that day');
is(value('SELECT count(*) FROM billing_books.reconciliation_difference WHERE gateway = \'waffo\''), 0, 'and nothing is missing');
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
