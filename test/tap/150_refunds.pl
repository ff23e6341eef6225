# Refunds through gateways (R12 to R14, B&S 4.3 to 4.5): by reply, query and notice, in any order, part by part; what fails, gets stuck,
# is given up, or was taken back meanwhile. Nothing is paid back twice, and no reserve is lost: verify() after each.
use strict;
use warnings;

use DBD::Pg;
use MIME::Base64 qw(decode_base64);
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new;
my $node = billing_node('refunds', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
$node->safe_psql('postgres', 'CREATE ROLE second LOGIN SUPERUSER');
my $second = connect_dbi($node);
$second->do('SET SESSION AUTHORIZATION second');

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub holds { my ($account) = @_; return join ' ', $dbh->selectrow_array('SELECT trim_scale(cash), trim_scale(bonus), trim_scale(arrears), trim_scale(total_refunded), coalesce(reason, \'free\') FROM billing.balance($1)', undef, $account) }
sub items { my ($account) = @_; return value('SELECT string_agg(order_id || \' \' || state || coalesce(\' \' || reason, \'\') || \' \' || trim_scale(amount), \', \' ORDER BY item_id) FROM billing.refund_items($1)', $account) // '' }
sub refunds { my ($account) = @_; return value('SELECT string_agg(state || \' \' || trim_scale(paid_back) || \'/\' || trim_scale(amount), \', \' ORDER BY refund_id) FROM billing.refunds($1)', $account) // '' }
sub becomes
{
	my ($account, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok(wait_until(25, sub { $sim->deliver($dbh); items($account) eq $expected }), $name) || diag(items($account), explain($dbh->selectall_arrayref('SELECT call_id, kind, state, result, code, asked, due_at, item_id FROM billing_books.gateway_call WHERE account_id = $1 AND kind <> \'create\'', { Slice => {} }, $account)));
}
sub number_of { my ($account, $order) = @_; return value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2', $account, $order) }
sub refunds_at
{
	my ($gateway, $number) = @_;
	return join ', ', map { "$_->{state} $_->{amount_fen}" } @{ $sim->order($gateway, $number)->{refunds} };
}
sub refund_number { my ($account, $item) = @_; return value('SELECT gateway_number FROM billing_books.gateway_call WHERE account_id = $1 AND item_id = $2 ORDER BY call_id DESC LIMIT 1', $account, $item // 1) }
sub settle { my ($account, $order, $state, $item, $gateway) = @_; return $sim->control(refund => { gateway => $gateway // 'wechat', number => number_of($account, $order), refund => refund_number($account, $item), state => $state }) }

my $key = 0;
sub topup
{
	my ($account, $amount, $gateway, %opts) = @_;
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4, $5, payer => \'{"uid": "u1", "email": "a@b.example", "terminal": "WEB"}\')', $account, $amount, $gateway, 'topup ' . ++$key, $opts{promotion});
	wait_until(10, sub { value('SELECT pay_url IS NOT NULL FROM billing.order_status($1, $2)', $account, $order) });
	$sim->control(pay => { gateway => $gateway, number => number_of($account, $order), $opts{payer_fen} ? (payer_fen => $opts{payer_fen}) : (), $gateway eq 'xiaomi' ? (uid => 'u1', amount_fen => $amount * 100) : () });
	$sim->deliver($dbh);
	return $order;
}
sub request { my ($account) = @_; return value('SELECT amount::numeric(9,2) FROM billing.request_refund($1, \'we leave\', $2)', $account, 'request ' . ++$key) }
sub approve { my ($account, $refund) = @_; return value('SELECT status FROM billing.approve_refund($1, $2, $3)', $account, $refund // 1, 'approve ' . ++$key) }
sub refund_order { my ($account, $order, $amount) = @_; return value('SELECT status FROM billing.refund_order($1, $2, $3, $4)', $account, $order, $amount, 'order ' . ++$key) }
sub release { my ($account, $item) = @_; return value('SELECT status FROM billing.release_refund_item($1, $2, $3)', $account, $item, 'release ' . ++$key) }
sub give_up
{
	my ($account, $item) = @_;
	my $sql = 'SELECT status FROM billing.give_up_refund_item($1, $2, $3, actor => $4)';
	my $first = value($sql, $account, $item, "give up $account.$item", 'first');
	return "$first, " . scalar $second->selectrow_array($sql, undef, $account, $item, "give up $account.$item", 'second');
}
sub hold_refunds { my ($how, $gateway) = @_; return $sim->control(settings => { gateway => $gateway // 'wechat', refunds => $how }) }
sub take_backs { my ($account) = @_; return value('SELECT string_agg(trim_scale(amount)::text, \' \' ORDER BY take_back_id) FROM billing_books.take_back WHERE account_id = $1', $account) // 'none' }

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')), q(SELECT billing.set_gateway('xiaomi', 'xiaomi', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')), q(SELECT billing.set_payment_method('xiaomi', 'xiaomi', 'sdk')),
	q(SELECT billing.create_promotion('bonus', 'cn', 100, gift => 10)), q(SELECT billing.set_policy('refund_settle_wait', '0')), q(SELECT billing.set_price('refund', 'CNY', 1000000, 0, effective_from => now() - interval '1 day')),
	q(SELECT billing.set_gateway('waffo', 'waffo', 'global', 'API credit')), q(SELECT billing.set_payment_method('waffo', 'waffo', 'credit_card')), q(SELECT billing.create_account(a, 'global') FROM generate_series(31, 35) AS a),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 30) AS a), q(SELECT billing.create_api_key(a, 'prod') FROM generate_series(1, 30) AS a), q(SELECT billing.arm()));

# Two methods, and one without a way back. A late report in between; bonus that came with an order leaves with it.
topup(1, 100, 'wechat', promotion => 'bonus');
topup(1, 50, 'alipay');
topup(1, 20, 'xiaomi');
my $before = value('SELECT clock_timestamp()');
is(request(1), '170.00', 'all of it can be refunded');
is(holds(1), '170 10 0 0 locked_refund', 'nothing moved, but the account is locked');
$dbh->do('SELECT billing.charge(1, 1, \'late\', \'refund\', 15, 0, occurred_at => $1)', undef, $before);
is(holds(1), '165 0 0 0 locked_refund', 'a late report takes the bonus, and of the first order');
is(approve(1), 'booked', 'approved');
is(holds(1), '0 0 0 0 locked_refund', 'what is left is reserved');
becomes(1, '1 paid 95, 2 paid 50, 3 manual no_call 20', 'two go back by themselves, one has no way back');
is(refunds_at('wechat', number_of(1, 1)) . '; ' . refunds_at('alipay', number_of(1, 2)), 'SUCCESS 9500; SUCCESS 5000', 'as much as the gateways say');
verify_empty($node, 'while one is open');
is(value('SELECT status FROM billing.settle_refund_item_offline(1, 3, \'transfer 9\', \'settle\')'), 'booked', 'the third is paid by bank transfer');
is(refunds(1), 'completed 165/165', 'it is completed');
is(holds(1), '0 0 0 165 locked_refund', 'the lock stays');
verify_empty($node, 'after a refund of three methods');

# In proportion: half of an order of 100 with a gift of 10.
topup(2, 100, 'alipay', promotion => 'bonus');
refund_order(2, 1, 50);
becomes(2, '1 paid 50', 'half of an order goes back');
is(holds(2), '50 5 0 50 free', 'with half of its bonus, and without a lock');
refund_order(2, 1, 50);
ok(wait_until(15, sub { refunds(2) eq 'completed 50/50, completed 50/50' }), 'the other half');
is(holds(2), '0 0 0 100 free', 'takes the rest of the bonus');
is(refunds_at('alipay', number_of(2, 1)), 'SUCCESS 5000, SUCCESS 5000', 'by two numbers');
verify_empty($node, 'after two halves');

# WeChat Pay says CLOSED: dead under that number. Sent again under a new one.
hold_refunds('held');
topup(3, 30, 'wechat');
refund_order(3, 1, 30);
ok(wait_until(10, sub { (refunds_at('wechat', number_of(3, 1)) // '') eq 'PROCESSING 3000' }), 'it is accepted');
settle(3, 1, 'CLOSED');
becomes(3, '1 failed closed 30', 'and closed');
is(holds(3), '0 0 0 0 free', 'the reserve stays');
verify_empty($node, 'while it has failed');
my $dead = refund_number(3);
$dbh->do('UPDATE billing_books.gateway_call SET first_sent_at = first_sent_at - interval \'1 minute\' WHERE account_id = 3 AND kind = \'refund\'');
$dbh->do('SELECT billing.retry_refund_item(3, 1)');
ok(wait_until(20, sub { refund_number(3) ne $dead && refunds_at('wechat', number_of(3, 1)) =~ /PROCESSING 3000$/ }), 'a new number is sent, more than a minute after the other');
settle(3, 1, 'SUCCESS');
becomes(3, '1 paid 30', 'and succeeds');
verify_empty($node, 'after a closed one');

# ABNORMAL: it got stuck; asked again under the same number once somebody mended it there.
topup(4, 30, 'wechat');
refund_order(4, 1, 30);
ok(wait_until(10, sub { (refunds_at('wechat', number_of(4, 1)) // '') eq 'PROCESSING 3000' }), 'accepted');
settle(4, 1, 'ABNORMAL');
becomes(4, '1 abnormal stuck 30', 'it got stuck');
is(eval { release(4, 1) } // $dbh->state, 'LB537', 'what may be underway is not released');
settle(4, 1, 'SUCCESS');
$dbh->do('SELECT billing.retry_refund_item(4, 1)') if items(4) =~ /abnormal/;
becomes(4, '1 paid 30', 'mended there, it is paid');
is(refunds_at('wechat', number_of(4, 1)), 'SUCCESS 3000', 'once');
verify_empty($node, 'after one that was stuck');

# Given up by two; the gateway tells of success all the same: paid, since the reserve is there.
topup(5, 30, 'wechat');
refund_order(5, 1, 30);
ok(wait_until(10, sub { (refunds_at('wechat', number_of(5, 1)) // '') eq 'PROCESSING 3000' }), 'accepted');
is(give_up(5, 1), 'awaiting_second, booked', 'given up, by two');
is(items(5), '1 failed given_up 30', 'nothing is asked any more');
settle(5, 1, 'SUCCESS');
becomes(5, '1 paid 30', 'what succeeds all the same is paid');
is(holds(5), '0 0 0 30 free', 'out of the reserve');
verify_empty($node, 'after one that was given up');

# Given up and released: then it is a take-back, and the account owes it.
topup(6, 30, 'wechat');
refund_order(6, 1, 30);
ok(wait_until(10, sub { (refunds_at('wechat', number_of(6, 1)) // '') eq 'PROCESSING 3000' }), 'accepted');
give_up(6, 1);
is(release(6, 1), 'booked', 'released');
$dbh->do('SELECT billing.charge(6, 1, \'use\', \'refund\', 12, 0)');
is(holds(6), '18 0 0 0 free', 'and used in part');
settle(6, 1, 'SUCCESS');
$sim->deliver($dbh);
is(holds(6), '0 0 12 30 locked_dispute', 'a late success is taken back: the rest is owed');
is(items(6), '1 released given_up 30', 'the item stays as it is');
verify_empty($node, 'after a late success of a released one');

# Settled offline, and a late success: paid twice, and the second is owed.
topup(7, 30, 'wechat');
refund_order(7, 1, 30);
ok(wait_until(10, sub { (refunds_at('wechat', number_of(7, 1)) // '') eq 'PROCESSING 3000' }), 'accepted');
give_up(7, 1);
$dbh->do('SELECT billing.settle_refund_item_offline(7, 1, \'transfer 7\', \'settle 7\')');
settle(7, 1, 'SUCCESS');
$sim->deliver($dbh);
is(holds(7), '0 0 30 60 locked_dispute', 'what went back twice is owed');
verify_empty($node, 'after one that was paid twice');
hold_refunds('normal');

# Accepted, and the answer is lost: asked for, and not sent again.
topup(8, 40, 'alipay');
$sim->control(fault => { gateway => 'alipay', operation => 'refund', kind => 'lost' });
refund_order(8, 1, 40);
becomes(8, '1 paid 40', 'an answer that was lost is asked for');
is(refunds_at('alipay', number_of(8, 1)), 'SUCCESS 4000', 'it went back once');
# Never arrived: sent again under the same number once the gateway has said that it has not got it.
topup(9, 40, 'alipay');
$sim->control(fault => { gateway => 'alipay', operation => 'refund', kind => 'drop' });
refund_order(9, 1, 40);
ok(wait_until(40, sub { items(9) eq '1 paid 40' }), 'one that never arrived is sent again') or diag(items(9));
is(refunds_at('alipay', number_of(9, 1)), 'SUCCESS 4000', 'once');
# Refused: failed, its reserve kept, and sent again once an operator says so.
topup(10, 40, 'wechat');
$sim->control(fault => { gateway => 'wechat', operation => 'refund', kind => 'error', code => 'RULE_LIMIT', status => 403 });
refund_order(10, 1, 40);
becomes(10, '1 failed refused 40', 'what is refused has failed');
is(value('SELECT detail FROM billing.attention WHERE what = \'refund item\' AND account_id = 10'), 'failed (refused); retry_refund_item(), settle_refund_item_offline() or release_refund_item()', 'and waits for an operator');
$dbh->do('SELECT billing.retry_refund_item(10, 1)');
ok(wait_until(60, sub { items(10) eq '1 paid 40' }), 'sent again, it succeeds') or diag(items(10), explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = 10', { Slice => {} })));
is(refunds_at('wechat', number_of(10, 1)), 'SUCCESS 4000', 'once');
# No funds: it waits, and goes when there are some.
topup(11, 40, 'alipay');
$sim->control(fault => { gateway => 'alipay', operation => 'refund', kind => 'error', sub_code => 'ACQ.SELLER_BALANCE_NOT_ENOUGH', code => '40004' });
refund_order(11, 1, 40);
ok(wait_until(10, sub { value('SELECT count(*) FROM billing.attention WHERE what = \'refund waits\' AND account_id = 11') }), 'no funds: it is listed');
becomes(11, '1 paid 40', 'and goes when there are');
verify_empty($node, 'after faults');

# Queued while refunds are held; a chargeback of the same payment; then they go: it is never sent.
topup(12, 60, 'wechat');
$dbh->do('UPDATE billing_books.gateway SET refunds_epoch = 0 WHERE gateway = \'wechat\'');
refund_order(12, 1, 60);
ok(wait_until(10, sub { value('SELECT result FROM billing_books.gateway_call WHERE account_id = 12 AND kind = \'refund\'') // '' eq 'held' }), 'it is held');
$sim->control(portal_refund => { gateway => 'wechat', number => number_of(12, 1), amount_fen => 6000 });
$sim->deliver($dbh);
is(items(12), '1 failed taken_back 60', 'the portal was quicker: ours is dropped');
is(holds(12), '0 0 60 60 locked_dispute', 'the reserve is kept, so the account owes');
is(eval { $dbh->do('SELECT billing.retry_refund_item(12, 1)'); 'sent' } // $dbh->state, 'LB539', 'and is not sent again');
$dbh->do('UPDATE billing_books.gateway AS g SET refunds_epoch = (SELECT max(epoch) FROM billing_books.arming) WHERE gateway = \'wechat\'');
sleep 3;
is(refunds_at('wechat', number_of(12, 1)), 'SUCCESS 6000', 'it went back once');
is(release(12, 1), 'booked', 'released');
is(holds(12), '0 0 0 60 locked_dispute', 'the reserve pays the debt');
verify_empty($node, 'after a chargeback of what was queued');

# Our 20 in flight, and 10 in the portal: both are booked, each once.
hold_refunds('held');
topup(13, 60, 'wechat');
refund_order(13, 1, 20);
ok(wait_until(10, sub { (refunds_at('wechat', number_of(13, 1)) // '') eq 'PROCESSING 2000' }), 'ours is in flight');
$sim->control(portal_refund => { gateway => 'wechat', number => number_of(13, 1), amount_fen => 1000 });
$sim->control(refund => { gateway => 'wechat', number => number_of(13, 1), refund => $sim->order('wechat', number_of(13, 1))->{refunds}[1]{number}, state => 'SUCCESS' });
$sim->deliver($dbh);
is(holds(13), '30 0 0 10 locked_dispute', 'the portal\'s is taken back');
settle(13, 1, 'SUCCESS');
becomes(13, '1 paid 20', 'ours is paid');
is(holds(13), '30 0 0 30 locked_dispute', 'each once');
verify_empty($node, 'after both');
hold_refunds('normal');

# Alipay's messages tell a sum. Ours of 20 is accepted and not answered, and the portal gives 10: 30, says the message, and 10 is taken back.
sub begin_alipay
{
	my ($account) = @_;
	$sim->control(fault => { gateway => 'alipay', operation => 'refund', kind => 'delay', ms => 5000 });
	refund_order($account, 1, 20);
	return ok(wait_until(10, sub { refunds_at('alipay', number_of($account, 1)) =~ /SUCCESS 2000$/ }), 'ours is accepted, and not answered yet');
}
sub says { my ($notice, $fee, $number) = @_; my $body = decode_base64($notice->{body_base64}); return ok($body =~ /(?:^|&)refund_fee=\Q$fee\E&/ && $body =~ /(?:^|&)out_biz_no=\Q$number\E&/, "its message says $fee, and whose number") || diag($body) }
topup(22, 60, 'alipay');
begin_alipay(22);
my ($our_notice) = $sim->notices;
$sim->control(portal_refund => { gateway => 'alipay', number => number_of(22, 1), amount_fen => 1000, refund => 'PORTAL22' });
my ($portal_notice) = $sim->notices;
says($portal_notice, '30.00', 'PORTAL22');
Simulators::hand_over($dbh, $portal_notice);
ok(wait_until(20, sub { take_backs(22) eq '10' }), 'the portal\'s is asked for by its number') or diag(take_backs(22));
Simulators::hand_over($dbh, $our_notice);
becomes(22, '1 paid 20', 'ours is paid');
is(take_backs(22) . ', ' . holds(22), '10, 30 0 0 30 locked_dispute', 'each once, whatever the sum says');
# The other way round: nobody told of the portal's 10, and the message of our 20 says 30.
topup(23, 60, 'alipay');
$sim->control(portal_refund => { gateway => 'alipay', number => number_of(23, 1), amount_fen => 1000, refund => 'PORTAL23' });
$sim->notices;
begin_alipay(23);
($our_notice) = $sim->notices;
says($our_notice, '30.00', refund_number(23));
Simulators::hand_over($dbh, $our_notice);
becomes(23, '1 paid 20', 'ours is paid');
is(take_backs(23) . ', ' . holds(23), 'none, 40 0 0 20 free', 'and nothing is taken back by a sum');
$sim->control(notice => { gateway => 'alipay', number => number_of(23, 1), refund => 'PORTAL23' });
$sim->deliver($dbh);
ok(wait_until(20, sub { take_backs(23) eq '10' }), 'by its own message the portal\'s is');
is(holds(23), '30 0 0 30 locked_dispute', 'once');
verify_empty($node, 'after sums');

# Waffo: ours of 20 is under way and 10 comes back by the portal; then it is asked what came of ours.
hold_refunds('held', 'waffo');
topup(31, 60, 'waffo');
refund_order(31, 1, 20);
ok(wait_until(10, sub { (refunds_at('waffo', number_of(31, 1)) // '') eq 'PROCESSING 2000' }), 'Waffo: accepted');
$sim->control(portal_refund => { gateway => 'waffo', number => number_of(31, 1), amount_fen => 1000 });
$sim->deliver($dbh);
is(take_backs(31) . ', ' . holds(31), '10, 30 0 0 10 locked_dispute', 'the portal\'s is taken back');
$sim->control(settings => { notices => 'off' });
settle(31, 1, 'SUCCESS', 1, 'waffo');
$sim->control(settings => { notices => 'on' });
ok(wait_until(60, sub { items(31) eq '1 paid 20' }), 'ours is asked for, and paid') or diag(items(31));
is(take_backs(31) . ', ' . holds(31), '10, 30 0 0 30 locked_dispute', 'each once');
# It fails there for good: its number is dead, and a new one is sent.
topup(34, 30, 'waffo');
refund_order(34, 1, 30);
ok(wait_until(10, sub { (refunds_at('waffo', number_of(34, 1)) // '') eq 'PROCESSING 3000' }), 'accepted');
settle(34, 1, 'CLOSED', 1, 'waffo');
becomes(34, '1 failed closed 30', 'ORDER_REFUND_FAILED: it has failed');
hold_refunds('normal', 'waffo');
$dead = refund_number(34);
$dbh->do('UPDATE billing_books.gateway_call SET first_sent_at = first_sent_at - interval \'2 minutes\' WHERE account_id = 34 AND kind = \'refund\'');
$dbh->do('SELECT billing.retry_refund_item(34, 1)');
becomes(34, '1 paid 30', 'sent again, it succeeds');
isnt(refund_number(34), $dead, 'under another number');
is(refunds_at('waffo', number_of(34, 1)), 'CLOSED 3000, SUCCESS 3000', 'once');
# An answer that is lost, or that nobody signed, is asked for.
sub queries { return scalar grep { $_->{operation} eq 'refund_query' } @{ $sim->control('books')->{waffo}{log} } }
for my $case ([ 32, 'lost' ], [ 33, 'unsigned' ])
{
	my ($account, $kind) = @$case;
	topup($account, 40, 'waffo');
	$sim->control(settings => { notices => 'off' });
	$sim->control(fault => { gateway => 'waffo', operation => 'refund', kind => $kind });
	my $queries = queries();
	refund_order($account, 1, 40);
	ok(wait_until(60, sub { items($account) eq '1 paid 40' }), "Waffo: an answer that is $kind is asked for") or diag(items($account));
	$sim->control(settings => { notices => 'on' });
	cmp_ok(queries(), '>', $queries, 'and not believed');
	is(refunds_at('waffo', number_of($account, 1)), 'SUCCESS 4000', 'it went back once');
}
# A dispute gave it back, and nobody told: ours is refused (A0039), the dispute is a fact of its own.
topup(35, 30, 'waffo');
$sim->control(dispute => { gateway => 'waffo', number => number_of(35, 1), source => 'RDR', amount_fen => 3000 });
my ($dispute) = $sim->notices;
refund_order(35, 1, 30);
ok(wait_until(60, sub { $dbh->do('UPDATE billing_books.gateway_call SET due_at = clock_timestamp() WHERE account_id = 35 AND kind = \'refund\' AND state = \'unknown\''); items(35) eq '1 failed refused 30' }), 'a refund behind a dispute is refused') or diag(items(35), explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = 35', { Slice => {} })));
is(take_backs(35) . ', ' . holds(35), 'none, 0 0 0 0 free', 'its reserve is kept');
Simulators::hand_over($dbh, $dispute);
is(take_backs(35) . ', ' . holds(35), '30, 0 0 30 30 locked_dispute', 'the dispute is taken back, and owed while the reserve is kept');
is(eval { $dbh->do('SELECT billing.retry_refund_item(35, 1)'); 'sent' } // $dbh->state, 'LB539', 'ours is not sent again');
is(release(35, 1), 'booked', 'it is released');
is(holds(35), '0 0 0 30 locked_dispute', 'and pays the debt');
is(refunds_at('waffo', number_of(35, 1)), 'SUCCESS 3000', 'it went back once');
verify_empty($node, 'after Waffo\'s');

# Given up while it is being sent: its message comes before its answer, or its answer after the release. Nothing is lost.
sub begin_sending
{
	my ($account, $gateway) = @_;
	topup($account, 30, $gateway);
	$sim->control(fault => { gateway => $gateway, operation => 'refund', kind => 'delay', ms => 2500 });
	refund_order($account, 1, 30);
	ok(wait_until(10, sub { (refunds_at($gateway, number_of($account, 1)) // '') eq 'SUCCESS 3000' }), "$gateway: accepted, and not answered yet");
	return is(give_up($account, 1), 'awaiting_second, booked', 'given up while it is being sent');
}
for my $case ([ 17, 'wechat' ], [ 18, 'alipay' ])
{
	my ($account, $gateway) = @$case;
	begin_sending($account, $gateway);
	ok(wait_until(20, sub { $sim->deliver($dbh); items($account) eq '1 paid 30' }), "$gateway: its message pays the item") or diag(items($account));
	is(holds($account), '0 0 0 30 free', "$gateway: out of the reserve");
}
for my $case ([ 19, 'wechat' ], [ 20, 'alipay' ])
{
	my ($account, $gateway) = @$case;
	begin_sending($account, $gateway);
	is(release($account, 1), 'booked', 'and released');
	ok(wait_until(20, sub { $sim->deliver($dbh); holds($account) eq '0 0 0 30 locked_dispute' }), "$gateway: then it is taken back") or diag(holds($account));
	is(items($account), '1 released given_up 30', 'and the item stays released');
}
sleep 3;
verify_empty($node, 'after what was given up while it was sent');

# An operator who saw an older state of the call gets 40001, and does not leave the item without one that sends it.
$sim->control(settings => { gateway => 'wechat', refunds => 'held' });
topup(21, 30, 'wechat');
$sim->control(fault => { gateway => 'wechat', operation => 'refund', kind => 'delay', ms => 2500 });
refund_order(21, 1, 30);
ok(wait_until(10, sub { (refunds_at('wechat', number_of(21, 1)) // '') eq 'PROCESSING 3000' }), 'being sent');
give_up(21, 1);
$second->do('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($second->selectrow_array('SELECT state FROM billing_books.gateway_call WHERE account_id = 21 AND kind = \'refund\''), 'sending', 'somebody sees that');
ok(wait_until(20, sub { value('SELECT state FROM billing_books.gateway_call WHERE account_id = 21 AND kind = \'refund\'') eq 'dropped' }), 'it is asked once more, and dropped');
is(eval { $second->do('SELECT billing.retry_refund_item(21, 1)'); 'retried' } // $second->state, '40001', 'and cannot retry by what he saw');
$second->do('ROLLBACK');
verify_empty($node, 'after that');
$dbh->do('SELECT billing.retry_refund_item(21, 1)');
settle(21, 1, 'SUCCESS');
becomes(21, '1 paid 30', 'by what is, it is paid');
$sim->control(settings => { gateway => 'wechat', refunds => 'at_once' });

# In the portal, a number that we used for another payment of that account: it is that payment's, and taken back.
topup(16, 50, 'alipay');
topup(16, 60, 'alipay');
refund_order(16, 1, 50);
becomes(16, '1 paid 50', 'a refund of one order');
$sim->control(portal_refund => { gateway => 'alipay', number => number_of(16, 2), amount_fen => 6000, refund => refund_number(16) });
$sim->deliver($dbh);
ok(wait_until(10, sub { holds(16) eq '0 0 0 110 locked_dispute' }), 'the same number at another order is another refund') or diag(holds(16));
verify_empty($node, 'after two of one number');

# A gateway's coupon: 5 of 100. Invoiced 95: nothing. Refund 50: the payer gets 47.50, and so much can be invoiced.
topup(14, 100, 'wechat', payer_fen => 9500);
$dbh->do('INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, created_at) VALUES (14, 1, \'special\', \'issued\', now())');
$dbh->do('INSERT INTO billing_books.invoice_line (account_id, invoice_id, order_id, amount) VALUES (14, 1, 1, 95)');
$dbh->do('INSERT INTO billing_books.idempotent_call VALUES (14, \'by hand\', \'request_invoice\', \'\', now(), \'{"invoice_id": 1, "amount": 95.000000000}\')');
is(value('SELECT refundable::numeric(9,2) || \' \' || reason FROM billing.refund_quote(14) WHERE subject = \'order\''), '0.00 coupons', 'the payer\'s own 95 are invoiced, and the rest were coupons: nothing');
$dbh->do('UPDATE billing_books.invoice SET state = \'reversing\' WHERE account_id = 14');
is(value('SELECT refundable::numeric(9,2) FROM billing.refund_quote(14) WHERE subject = \'total\''), '0.00', 'while it is being reversed, too');
$dbh->do('UPDATE billing_books.invoice SET state = \'reversed\' WHERE account_id = 14');
refund_order(14, 1, 50);
becomes(14, '1 paid 50', 'half goes back');
is(value('SELECT payer_amount::numeric(9,2) FROM billing_books.refund_item WHERE account_id = 14'), '47.50', 'of it 47.50 to the payer');
verify_empty($node, 'after a coupon');

# Two orders of one payer at WeChat Pay: the second is sent when the first was accepted.
topup(15, 10, 'wechat');
topup(15, 11, 'wechat');
hold_refunds('held');
request(15);
approve(15);
is(value('SELECT count(*) FROM billing_books.gateway_call WHERE account_id = 15 AND kind = \'refund\' AND due_at < clock_timestamp() + interval \'5 min\''), 1, 'one is due, the other waits for its turn and keeps nobody busy');
ok(wait_until(20, sub { (refunds_at('wechat', number_of(15, 1)) // '') eq 'PROCESSING 1000' && (refunds_at('wechat', number_of(15, 2)) // '') eq 'PROCESSING 1100' }), 'both are accepted');
is(value('SELECT count(*) FROM billing_books.gateway_call AS a JOIN billing_books.gateway_call AS b ON b.account_id = a.account_id AND b.call_id > a.call_id WHERE a.account_id = 15 AND a.kind = \'refund\' AND b.kind = \'refund\' AND b.first_sent_at < a.first_sent_at + interval \'1 ms\''), 0, 'not at once');
settle(15, 2, 'SUCCESS', 2);
becomes(15, '1 processing 10, 2 paid 11', 'part by part');
is(refunds(15), 'paying 11/21', 'the refund goes on');
settle(15, 1, 'SUCCESS');
becomes(15, '1 paid 10, 2 paid 11', 'in any order');
is(refunds(15), 'completed 21/21', 'completed with the last');
hold_refunds('normal');
verify_empty($node, 'at the end');

# All gateways, all orders: what went back is what these books say.
for my $gateway (qw(wechat alipay waffo))
{
	my $there = 0;
	$there += $_->{amount_fen} for grep { $_->{state} eq 'SUCCESS' } map { @{ $_->{refunds} } } @{ $sim->control('books')->{$gateway}{orders} };
	is($there, value('SELECT round(100 * sum(CASE credit WHEN \'gateway\' THEN amount ELSE 0 END)) FROM billing_books.ledger_entry WHERE gateway = $1 AND source_type IN (\'refund_item\', \'take_back\')', $gateway), "$gateway gave back what is booked");
}

$second->disconnect;
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
