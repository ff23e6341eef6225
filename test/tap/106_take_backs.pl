# Money taken back (R22, B&S 4.1): by the merchant's portal, by what an operator saw there, by disputes that are lost and won.
# Booked once, whoever says so and how often; from the lot, from suspense, from the house; never while it may be our own.
use strict;
use warnings;

use DBD::Pg;
use JSON::PP ();
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new;
my $node = billing_node('take_backs', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
$node->safe_psql('postgres', 'CREATE ROLE second LOGIN SUPERUSER');
my $second = connect_dbi($node);
$second->do('SET SESSION AUTHORIZATION second');

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub payment { my ($account, $payment) = @_; return row('SELECT * FROM billing_books.payment WHERE account_id = $1 AND payment_id = $2', $account, $payment // 1) }
sub balance { my ($account) = @_; my $b = row('SELECT trim_scale(balance) AS balance, trim_scale(total_topup) AS topup, trim_scale(total_refunded) AS refunded FROM billing.balance($1)', $account); return "$b->{balance} $b->{topup} $b->{refunded}" }
sub is_locked { my ($account) = @_; return value('SELECT string_agg(lock, \' \') FROM billing_books.account_lock WHERE account_id = $1 AND unlocked_at IS NULL', $account) }
sub take_backs { my ($account) = @_; return value('SELECT coalesce(string_agg(kind || \' \' || trim_scale(amount), \', \' ORDER BY take_back_id), \'none\') FROM billing_books.take_back WHERE account_id = $1', $account) }

my $key = 0;
sub place
{
	my ($account, $amount, %opts) = @_;
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4)', $account, $amount, $opts{gateway} // 'wechat', 'topup ' . ++$key);
	return wait_until(10, sub { value('SELECT g.gateway_number FROM billing.order_status($1, $2) AS o JOIN billing_books.payment_order AS g USING (order_id) WHERE g.account_id = $1 AND o.pay_url IS NOT NULL', $account, $order) });
}
sub pay
{
	my ($number, %opts) = @_;
	$sim->control(pay => { gateway => $opts{gateway} // 'wechat', number => $number, amount_fen => $opts{fen}, force => \1 });
	return $sim->deliver($dbh);
}
sub topup { my ($account, $amount, %opts) = @_; my $number = place($account, $amount, %opts); pay($number, %opts); return $number }
sub portal { my ($number, $fen, %opts) = @_; return $sim->control(portal_refund => { gateway => $opts{gateway} // 'wechat', number => $number, amount_fen => $fen }) }
sub twice
{
	my ($function, $answer_sql, @values) = @_;
	my $first = value("SELECT status FROM billing.$function($answer_sql, actor => 'first', reason => 'seen')", @values);
	my ($status) = $second->selectrow_array("SELECT status FROM billing.$function($answer_sql, actor => 'second', reason => 'seen')", undef, @values);
	return "$first, $status";
}

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 20) AS a), q(SELECT billing.arm()));

# A portal refund of WeChat Pay is told of whole: from the lot first, the rest is owed; the account is locked, its open orders stop.
my $number = topup(1, 100);
$dbh->do(q(SELECT billing.adjust(1, -30, 'used', reason => 'used')));
my $open = place(1, 5);
portal($number, 8000);
my ($notice) = $sim->notices;
is((Simulators::hand_over($dbh, $notice))[0], 200, 'a refund in the portal is told of');
is(balance(1), '-10 100 80', 'what the lot still had is gone, the rest is owed; the cumulative top-up stays');
is(is_locked(1), 'dispute', 'the account is locked');
is(value('SELECT close_reason FROM billing_books.payment_order WHERE account_id = 1 AND gateway_number = $1', $open), 'locked', 'its open order is stopped');
is(take_backs(1), 'refund 80', 'it is recorded');
is((Simulators::hand_over($dbh, $notice))[0], 200, 'told of again');
is(balance(1), '-10 100 80', 'it is booked once');
is(value('SELECT string_agg(state, \', \' ORDER BY notice_id) FROM billing_books.gateway_notice WHERE verdict = \'refund\''), 'applied, duplicate', 'its messages say so');
is(value('SELECT total_refunded::numeric(9,2) FROM billing.balance(1)'), '80.00', 'it is shown to the customer');
verify_empty($node, 'after a portal refund');

# Alipay tells of the sum and of a number: that refund is asked for. Another one's own policy: no lock.
$dbh->do(q(SELECT billing.set_policy('lock_on_take_back', 'off')));
$number = topup(2, 100, gateway => 'alipay');
portal($number, 1000, gateway => 'alipay');
$sim->deliver($dbh);
ok(wait_until(10, sub { take_backs(2) eq 'refund 10' }), 'a part of it') or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = 2', { Slice => {} })));
portal($number, 2000, gateway => 'alipay');
$sim->deliver($dbh);
ok(wait_until(10, sub { take_backs(2) eq 'refund 10, refund 20' }), 'and another, each by its own number');
is(balance(2), '70 100 30', 'and not by the sum of both');
is(is_locked(2), undef, 'no lock where the policy says so');
$dbh->do(q(SELECT billing.set_policy('lock_on_take_back', NULL)));
verify_empty($node, 'after two of Alipay\'s');

# Held money that is taken back: in part, then whole. Nobody owes anything, nothing is locked.
$number = topup(3, 50, fen => 4900);
is(payment(3)->{state}, 'held', 'another amount than asked for is held');
portal($number, 900);
$sim->deliver($dbh);
is(payment(3)->{state} . ' ' . payment(3)->{reason} . ' ' . payment(3)->{taken}, 'held taken_back 9.000000000', 'a part of it is taken back');
verify_empty($node, 'while the rest is held');
is(value('SELECT status FROM billing.resolve_payment(3, 1, \'credit\', \'rest\')'), 'booked', 'the rest is credited');
is(balance(3), '40 40 9', 'as much as is left');
portal($number, 4000);
$sim->deliver($dbh);
is(balance(3), '0 40 49', 'and can be taken back, too');
$number = topup(4, 50, fen => 4900);
portal($number, 4900);
$sim->deliver($dbh);
is(payment(4)->{state}, 'returned', 'held money that is taken back whole is returned');
is(is_locked(4), undef, 'and is nobody\'s debt');
is(balance(4), '0 0 49', 'the account owes nothing');
verify_empty($node, 'after held money went back');

# Our own return is on its way, unsent: the gateway is quicker. Then one that was sent, and whose message comes first.
$number = place(5, 20);
$dbh->do('SELECT billing.cancel_order(5, 1)');
wait_until(10, sub { value('SELECT state FROM billing.order_status(5, 1)') eq 'closed' });
sleep 2;
$dbh->do('UPDATE billing_books.gateway SET refunds_epoch = 0 WHERE gateway = \'wechat\'');
pay($number);
is(payment(5)->{state}, 'returning', 'what came late goes back');
portal($number, 2000);
$sim->deliver($dbh);
is(payment(5)->{state}, 'returned', 'the portal was quicker');
is(value('SELECT state FROM billing_books.gateway_call WHERE account_id = 5 AND kind = \'refund\''), 'dropped', 'our own is dropped');
$number = place(6, 20);
$dbh->do('SELECT billing.cancel_order(6, 1)');
wait_until(10, sub { value('SELECT state FROM billing.order_status(6, 1)') eq 'closed' });
sleep 2;
$dbh->do('UPDATE billing_books.gateway SET refunds_epoch = (SELECT epoch FROM billing_books.arming) WHERE gateway = \'wechat\'');
$sim->control(settings => { gateway => 'wechat', refunds => 'held' });
pay($number);
ok(wait_until(10, sub { value('SELECT count(*) FROM billing_books.gateway_call WHERE account_id = 6 AND kind = \'refund\' AND state = \'unknown\'') }), 'a return of ours is under way');
my $ours = value('SELECT gateway_number FROM billing_books.gateway_call WHERE account_id = 6 AND kind = \'refund\'');
$sim->control(refund => { gateway => 'wechat', number => $number, refund => $ours, state => 'SUCCESS' });
$sim->deliver($dbh);
is(take_backs(6), 'none', 'its message is no take-back');
ok(wait_until(3, sub { payment(6)->{state} eq 'returned' }), 'but has it asked for at once');
is(value('SELECT count(*) FROM billing_books.refund_claim WHERE account_id = 6 AND call_id IS NOT NULL'), 1, 'it is claimed as ours');
$sim->control(settings => { gateway => 'wechat', refunds => 'at_once' });
verify_empty($node, 'after races with our own returns');

# A refund is told of before its payment is.
$number = place(7, 30);
$sim->control(pay => { gateway => 'wechat', number => $number });
my ($payment_notice) = $sim->notices;
portal($number, 1000);
my ($refund_notice) = $sim->notices;
$sim->control(hang => { gateway => 'wechat', on => \1 });
is((Simulators::hand_over($dbh, $refund_notice))[0], 200, 'a refund of a payment that is not here');
is(value('SELECT state FROM billing_books.gateway_notice ORDER BY notice_id DESC LIMIT 1'), 'unmatched', 'waits for it');
is(value('SELECT count(*) FROM billing.attention WHERE what = \'refund unmatched\''), 1, 'for all to see');
is((Simulators::hand_over($dbh, $payment_notice))[0], 200, 'the payment comes');
ok(wait_until(10, sub { take_backs(7) eq 'refund 10' }), 'and the refund is booked');
is(balance(7), '20 30 10', 'from its lot');
$sim->control(hang => { gateway => 'wechat', on => \0 });

# More than came in: a contradiction, which changes nothing and is seen. A forged one is nothing.
my $books = balance(7);
my %fact = (state => 1, order_number => $number, transaction_id => payment(7)->{transaction_id}, refund_number => 'x', refund_id => 'x', merchant_id => '1900000001', currency => 'CNY', amount_nano => 20_010_000_000, payer_nano => 20_010_000_000);
$dbh->do(q(INSERT INTO billing_books.gateway_notice (gateway, received_at, state, verdict, headers, body, fact) VALUES ('wechat', now(), 'waiting', 'refund', '{}', '', $1)), undef, JSON::PP::encode_json(\%fact));
$dbh->do(q(SELECT billing.retry_gateway_calls('wechat')));
ok(wait_until(10, sub { value('SELECT state FROM billing_books.gateway_notice ORDER BY notice_id DESC LIMIT 1') eq 'contradiction' }), 'more than came in is a contradiction');
is(balance(7), $books, 'that changes nothing');
is(value('SELECT count(*) FROM billing.attention WHERE what = \'refund contradicts\''), 1, 'for all to see');
portal(topup(8, 10), 100);
my ($forged) = $sim->notices;
$forged->{headers}{$_} = 'AAAA' for grep { /signature$/i } keys %{ $forged->{headers} };
isnt((Simulators::hand_over($dbh, $forged))[0], 200, 'a forged one');
is(take_backs(8), 'none', 'takes nothing');

# What only the portal shows: by two, once; a dispute that is won enters the lot again though a reversal filled it meanwhile.
$dbh->do(q(SELECT billing.set_price('m', 'CNY', 1000000, 0, effective_from => '2025-01-01')));
topup(9, 50);
$dbh->do(q(SELECT billing.create_api_key(9, 'k')));
$dbh->do(q(SELECT billing.charge(9, 1, 'r', 'm', 13, 0)));
is(twice('record_take_back', q(9, 1, 50, 'dispute', 'D1', 'lost')), 'awaiting_second, booked', 'a dispute is lost: by two');
is(balance(9), '-13 50 50', 'the rest is owed');
eval { $dbh->do(q(SELECT billing.record_take_back(9, 1, 1, 'dispute', 'D1', 'again', actor => 'first'))); $second->do(q(SELECT billing.record_take_back(9, 1, 1, 'dispute', 'D1', 'again', actor => 'second'))) };
like($@, qr/LB526|not so much of payment/, 'no more than there is');
$dbh->do(q(SELECT billing.unlock_account(9, 'dispute')));
$dbh->do(q(SELECT billing.record_offline_payment(9, 20, 'bank', 'bank 9')));
$dbh->do(q(SELECT billing.reverse_charge(9, 'r', 'undo')));
is(balance(9), '20 70 50', 'another order paid it, and the charge is undone');
is(twice('undo_take_back', q(9, 1, 'won')), 'awaiting_second, booked', 'the dispute is won: by two');
is(balance(9), '70 70 0', 'its money is there again');
is(value('SELECT trim_scale(remaining) || \' of \' || trim_scale(amount) || \', \' || trim_scale(given_back) FROM billing_books.lot WHERE account_id = 9 AND lot_no = 1'), '63 of 50, -13', 'in the same lot, which holds more than it did at first');
eval { $dbh->do(q(SELECT billing.undo_take_back(9, 1, 'won again'))) };
is($dbh->state, 'LB525', 'once');
eval { $dbh->do(q(SELECT billing.undo_take_back(9, 2, 'undo the undone'))) };
is($dbh->state, 'LB525', 'and not what undid it');
verify_empty($node, 'after a dispute lost and won');

# The same on a closed account: what it owes is paid, the rest is a payment of its own. And of held money.
topup(10, 30);
$dbh->do(q(SELECT billing.adjust(10, -30, 'used', reason => 'used')));
$dbh->do(q(SELECT billing.close_account(10, 'close')));
is(twice('record_take_back', q(10, 1, 30, 'dispute', 'D2', 'lost')), 'awaiting_second, booked', 'a dispute of a closed account');
is(balance(10), '-30 30 30', 'is owed');
$dbh->do(q(SELECT billing.write_off(10, 10, 'gone', reason => 'gone')));
is(twice('undo_take_back', q(10, 1, 'won')), 'awaiting_second, booked', 'and won');
is(balance(10), '0 30 10', 'what was owed is paid');
is(payment(10, 2)->{state} . ' ' . payment(10, 2)->{amount}, 'held 10.000000000', 'the rest is held');
$number = topup(11, 50, fen => 4900);
portal($number, 4900);
$sim->deliver($dbh);
is(twice('undo_take_back', q(11, 1, 'won')), 'awaiting_second, booked', 'held money that came again');
is(payment(11, 2)->{state} . ' ' . payment(11, 2)->{reason}, 'held undone', 'is held again');
verify_empty($node, 'after those');

# Money of no order is the house's, and so is its take-back.
$number = place(12, 30, gateway => 'alipay');
$dbh->do('SET billing.allow_history_change = on');
$dbh->do("DELETE FROM billing_books.$_ WHERE account_id = 12") for qw(gateway_call idempotent_call payment_order);
$dbh->do('RESET billing.allow_history_change');
pay($number, gateway => 'alipay');
ok(wait_until(10, sub { value('SELECT state FROM billing_books.payment WHERE account_id = -1') }), 'a payment of no order');
portal($number, 3000, gateway => 'alipay');
$sim->deliver($dbh);
ok(wait_until(10, sub { (payment(-1) // {})->{state} eq 'returned' }), 'is taken back on the house') or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = -1', { Slice => {} })));
is(take_backs(-1), 'refund 30', 'once');

# Two ask at once for the same refund, and a hundred messages tell of it.
$number = topup(13, 40);
portal($number, 700);
($notice) = $sim->notices;
my @others = map { connect_dbi($node) } 1 .. 3;
Simulators::hand_over($_, $notice) for (@others, $dbh) x 5;
is(take_backs(13), 'refund 7', 'however often it is told of');
verify_empty($node, 'the books are whole');
$_->disconnect for @others, $second, $dbh;
$node->stop;
$sim->stop;
done_testing();
