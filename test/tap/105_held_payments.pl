# Money that is held, and what an operator does with it (B&S 4.1): another amount than the order's, of no order, of a closed
# account; credited, sent back, dismissed, forfeited, moved. Each way ends with books that are whole at both sides.
use strict;
use warnings;

use DBD::Pg;
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new;
my $node = billing_node('held', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub balance { my ($account) = @_; return value('SELECT balance FROM billing.balance($1)', $account) }
sub payment { my ($account, $payment) = @_; return row('SELECT * FROM billing_books.payment WHERE account_id = $1 AND payment_id = $2', $account, $payment) }

my $key = 0;
sub resolve
{
	my ($account, $payment, $action, $target, $actor) = @_;
	return value('SELECT status FROM billing.resolve_payment($1, $2, $3, $4, $5, actor => $6)', $account, $payment, $action, 'resolve ' . ++$key, $target, $actor);
}
sub refused
{
	my ($sqlstate, $name, @arguments) = @_;
	eval { resolve(@arguments) };
	is($dbh->state, $sqlstate, $name);
	return;
}

# An order that can be paid: its number within the account, and at the gateway.
sub place
{
	my ($account, $amount, %opts) = @_;
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4, $5, payer => $6)', $account, $amount, $opts{method} // 'wechat', 'topup ' . ++$key, $opts{promotion}, $opts{payer});
	my $number = wait_until(10, sub { value('SELECT g.gateway_number FROM billing.order_status($1, $2) AS o JOIN billing_books.payment_order AS g USING (order_id) WHERE g.account_id = $1 AND o.pay_url IS NOT NULL', $account, $order) });
	return ($order, $number);
}
sub pay { my ($number, $fen, %opts) = @_; $sim->control(pay => { gateway => $opts{gateway} // 'wechat', number => $number, amount_fen => $fen, force => \1 }); return $sim->deliver($dbh) }

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	q(SELECT billing.create_promotion('spring', 'cn', 100, discount => 10, gift => 5, orders_max => 9)),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 20) AS a), q(SELECT billing.create_account(21, 'global')), q(SELECT billing.arm()));

# 99 came where 90 was asked for: held, never returned by itself, the order ends; credited as much as came, without bonus.
my ($order, $number) = place(1, 100, promotion => 'spring');
is_deeply([ pay($number, 8900) ], [200], 'another amount is accepted');
is(payment(1, 1)->{state}, 'held', 'and held');
is(payment(1, 1)->{reason}, 'amount', 'for its amount');
is(value('SELECT state || \' \' || reason FROM billing.order_status(1, $1)', $order), 'closed unmatched', 'its order is closed');
is(balance(1), '0.000000000', 'nothing is credited');
verify_empty($node, 'while it is held');
is(resolve(1, 1, 'credit'), 'booked', 'an operator credits it');
is(balance(1), '89.000000000', 'as much as came, without the bonus');
is(value('SELECT state FROM billing.order_status(1, $1)', $order), 'paid', 'its order is paid');
refused('LB519', 'once', 1, 1, 'return');
refused('LB519', 'and not again', 1, 1, 'credit');
verify_empty($node, 'after it');

# The exact amount comes with the bonus; a second payment of the same order goes back by itself.
($order, $number) = place(2, 100, promotion => 'spring');
pay($number, 9000);
is(balance(2), '105.000000000', 'discount and gift come with the exact amount') or diag(explain([$dbh->selectall_arrayref('SELECT * FROM billing.find_payment(NULL, ?)', {Slice=>{}}, $number), $dbh->selectall_arrayref('SELECT state, verdict, fact FROM billing_books.gateway_notice')]));
is(value('SELECT total_topup FROM billing.balance(2)'), '90.000000000', 'the cumulative top-up is what was paid');

# Returned.
($order, $number) = place(3, 50);
pay($number, 4900);
is(resolve(3, 1, 'return'), 'booked', 'an operator sends it back');
ok(wait_until(10, sub { payment(3, 1)->{state} eq 'returned' }), 'it goes back to its source') or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = 3', { Slice => {} })));
is($sim->order('wechat', $number)->{refunds}[0]{amount_fen}, 4900, 'all of it');

# Dismissed, and forfeited: by two.
($order, $number) = place(4, 50);
pay($number, 100);
is(resolve(4, 1, 'dismiss'), 'booked', 'one that was not ours is dismissed');
($order, $number) = place(4, 50);
pay($number, 100);
is(resolve(4, 2, 'forfeit', undef, 'me'), 'awaiting_second', 'forfeiting needs two, always');
is(payment(4, 2)->{state}, 'held', 'until then it is held');

# A closed account: held. Credit is refused.
($order, $number) = place(5, 50);
$dbh->do('SELECT billing.cancel_order(5, $1)', undef, $order);
wait_until(10, sub { value('SELECT state FROM billing.order_status(5, $1)', $order) eq 'closed' });
$dbh->do('SELECT billing.close_account(5, \'close\')');
my $before = value('SELECT to_char(payable_until - interval \'5 s\', \'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM\') FROM billing_books.payment_order WHERE account_id = 5');
$sim->control(pay => { gateway => 'wechat', number => $number, at => $before, force => \1 });
$sim->deliver($dbh);
is(payment(5, 1)->{reason}, 'closed_account', 'a payment in time for a closed account is held');
refused('LB204', 'and not credited', 5, 1, 'credit');
is(resolve(5, 1, 'return'), 'booked', 'but returned');

# Of no order that these books have: the house's, moved to whom it is.
($order, $number) = place(6, 30, method => 'alipay');
$dbh->do('SET billing.allow_history_change = on');
$dbh->do('DELETE FROM billing_books.gateway_call WHERE account_id = 6');
$dbh->do('DELETE FROM billing_books.idempotent_call WHERE account_id = 6');
$dbh->do('DELETE FROM billing_books.payment_order WHERE account_id = 6');
$dbh->do('RESET billing.allow_history_change');
pay($number, undef, gateway => 'alipay');
ok(wait_until(10, sub { value('SELECT state FROM billing_books.payment WHERE account_id = -1') }), 'a payment of no order is booked on the house');
is(payment(-1, 1)->{state} . ' ' . payment(-1, 1)->{reason}, 'held unknown_order', 'as held');
is(value('SELECT state FROM billing_books.gateway_notice ORDER BY notice_id DESC LIMIT 1'), 'applied', 'its message is done with');
refused('LB519', 'it cannot be credited to the house', -1, 1, 'credit');
refused('LB101', 'moving needs a target', -1, 1, 'move');
refused('LB501', 'of its currency', -1, 1, 'move', 21);
refused('LB519', 'a customer\'s cannot be moved', 4, 2, 'move', 6);
is(resolve(-1, 1, 'move', 6), 'booked', 'it is moved');
is(balance(6), '30.000000000', 'and credited there');
is(payment(-1, 1)->{state}, 'moved', 'and moved here');
is(value('SELECT string_agg(what || \' \' || state, \', \' ORDER BY account_id, what) FROM billing.find_payment(NULL, (SELECT transaction_id FROM billing_books.payment WHERE account_id = 6)) WHERE what = \'payment\''), 'payment moved, payment credited', 'find_payment() shows both');
$sim->control(notice => { gateway => 'alipay', number => $number });
is_deeply([ $sim->deliver($dbh) ], [200], 'its notice again');
is(balance(6), '30.000000000', 'credits nothing');

# The policy that credits what comes late.
$dbh->do('SELECT billing.set_policy(\'late_payment\', \'credit\')');
($order, $number) = place(7, 20);
$dbh->do('SELECT billing.cancel_order(7, $1)', undef, $order);
wait_until(10, sub { value('SELECT state FROM billing.order_status(7, $1)', $order) eq 'closed' });
sleep 2; # gateways tell whole seconds
pay($number);
is(balance(7), '20.000000000', 'a late payment is credited where the policy says so');
$dbh->do('SELECT billing.set_policy(\'late_payment\', NULL)');

# A second payment of an order that is paid goes back to its source, once; where the gateway takes no refunds it is held.
$dbh->do($_) for (q(SELECT billing.set_gateway('xiaomi', 'xiaomi', 'cn', 'API credit')), q(SELECT billing.set_payment_method('xiaomi', 'xiaomi', 'sdk')));
for my $case ([ 10, 'wechat', 'returned' ], [ 11, 'alipay', 'returned' ], [ 12, 'xiaomi', 'held' ])
{
	my ($account, $gateway, $state) = @$case;
	($order, $number) = place($account, 20, method => $gateway, payer => '{"uid": "u1"}');
	my %pay = (gateway => $gateway, number => $number, amount_fen => 2000, $gateway eq 'xiaomi' ? (uid => 'u1') : ());
	$sim->control(pay => \%pay);
	$sim->deliver($dbh);
	$sim->control(pay => { %pay, again => \1 });
	my @again = $sim->notices;
	is_deeply([ map { (Simulators::hand_over($dbh, $_))[0] } @again, @again ], [ 200, 200 ], "$gateway: a second payment is told of, twice");
	is(balance($account), '20.000000000', "$gateway: it credits nothing");
	is(payment($account, 1)->{state} . ' ' . payment($account, 2)->{reason}, 'credited second', "$gateway: the first one stays");
	ok(wait_until(20, sub { payment($account, 2)->{state} eq $state }), "$gateway: the second is $state") or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = $1', { Slice => {} }, $account)));
	my @there = grep { $_->{number} eq $number } @{ $sim->control('books')->{$gateway}{orders} };
	is(join(', ', map { my $there = $_; join ' ', 'paid', map { "$_->{state} $_->{amount_fen}" } @{ $there->{refunds} } } @there), $state eq 'held' ? 'paid, paid' : 'paid, paid SUCCESS 2000', "$gateway: and there, too");
	verify_empty($node, "$gateway: after a second payment");
}

# A lock: what is paid behind it goes back, what was paid before counts.
($order, $number) = place(8, 20);
my ($second, $second_number) = place(8, 30);
$sim->control(pay => { gateway => 'wechat', number => $number });
my @notices = $sim->notices;
sleep 2;
$dbh->do('SELECT billing.lock_account(8)');
is((Simulators::hand_over($dbh, $_))[0], 200, 'a payment from before the lock') for @notices;
is(balance(8), '20.000000000', 'is credited');

# Held by somebody for longer than hold_timeout: the message waits, and the worker books it.
($order, $number) = place(9, 20);
my $holder = connect_dbi($node);
$holder->begin_work;
$holder->do('SELECT billing.set_balance_alert(9, 1)');
$sim->control(pay => { gateway => 'wechat', number => $number });
my ($notice) = $sim->notices;
is((Simulators::hand_over($dbh, $notice))[0], 200, 'a message for an account that is held is accepted');
is(balance(9), '0.000000000', 'and waits');
is(value('SELECT count(*) FROM billing.attention WHERE what = \'message waits\''), 1, 'for all to see');
$holder->commit;
ok(wait_until(5, sub { balance(9) eq '20.000000000' }), 'the worker books it');

is(value('SELECT string_agg(what || coalesce(\' \' || account_id, \'\'), \', \' ORDER BY account_id) FROM billing.attention'), 'payment held 4, payment held 12', 'what is left for a person');
verify_empty($node, 'the books are whole');
$_->disconnect for $holder, $dbh;
$node->stop;
$sim->stop;
done_testing();
