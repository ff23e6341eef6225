# Books that hold a row of every family, made the way they are made in service: by calls of SQL, through the simulators of WeChat Pay, and in
# time: what is booked first was booked five months ago, so that a month of it is closed and detached.
#
#   my $books = AllFamilies->new($node, $sim);   # of $node, whose server can call the gateways of $sim
#
# Accounts: 1, 2 and 3 have usage (1 CNY, 2 USD, 3 has a price list); 4 was given and took every kind of credit; 5 is closed;
# 6 pays through WeChat Pay; 7 is on a plan; 8 has invoices of the mainland; 9 refunds; 10 was taken
# back; of 11 a charge is the newest.
package AllFamilies;

use strict;
use warnings;

use BillingTest;
use Simulators;

my @roles = (q(CREATE ROLE books_owner LOGIN), q(CREATE ROLE second LOGIN SUPERUSER));
my @schema = (q(CREATE EXTENSION billing), q(CREATE SCHEMA billing_books AUTHORIZATION books_owner), q(GRANT USAGE ON SCHEMA billing TO books_owner),
	q(GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA billing TO books_owner), q(SET ROLE books_owner), q(SELECT billing.install()), q(RESET ROLE));

my @past = (
	q(SELECT billing.create_account(a, CASE a WHEN 2 THEN 'global' ELSE 'cn' END, 'a@b.example', time_zone => CASE a WHEN 2 THEN 'America/New_York' END) FROM generate_series(1, 3) AS a),
	q(SELECT billing.create_api_key(a, 'first', project => 'red') FROM generate_series(1, 3) AS a),
	q(SELECT billing.set_price('m', c, 1000000, 0, effective_from => clock_timestamp() - interval '1 year') FROM unnest('{CNY,USD}'::text[]) AS c),
	q(SELECT billing.record_offline_payment(a, 20, 'early', a || ' early') FROM generate_series(1, 3) AS a),
	q(SELECT billing.grant_bonus(a, 5, 'early gift', now() + current_setting('billing.clock_offset')::interval + interval '20 days') FROM generate_series(1, 3) AS a),
	q(SELECT billing.charge(a, 1, 'old', 'm', 2, 0) FROM generate_series(1, 3) AS a),
	q(SELECT billing.charge(1, 1, 'old undone', 'm', 1, 0)), q(SELECT billing.reverse_charge(1, 'old undone', 'old undo')),
	q(SELECT billing.charge(1, 1, 'old rejected', 'm', 1, 0, occurred_at => clock_timestamp() + current_setting('billing.clock_offset')::interval)));

my @usage = (
	q(SELECT billing.close_partitions()),
	q(SELECT billing.create_api_key(a, name) FROM generate_series(1, 3) AS a, unnest('{second,third}'::text[]) AS name),
	q(SELECT billing.rotate_api_key(1, 2, 'rotate')), q(SELECT billing.update_api_key(1, 3, name => 'new name', expires_at => now() + interval '1 day')), q(SELECT billing.delete_api_key(1, 2)),
	q(SELECT billing.set_price('m', 'CNY', 900000, 0, price_list => 'special', effective_from => now() - interval '1 day')), q(SELECT billing.set_price_list(3, 'special')),
	q(SELECT billing.set_price('tiers', 'CNY', 1000000, 100000, prompt_tokens_over => n, effective_from => now() - interval '1 day', meters => 'image 0.5') FROM unnest('{0,4}'::bigint[]) AS n),
	q(SELECT billing.set_price('m', 'CNY', 500000, 0, hours => 'mon 03:00-03:01 UTC', effective_from => now() - interval '1 day')),
	q(SELECT billing.record_offline_payment(a, 100, 'new', a || ' new') FROM generate_series(1, 3) AS a), q(SELECT billing.grant_bonus(1, 3, 'gift', now() + interval '40 days')),
	q(SELECT billing.charge(a, 1, 'alone', 'm', 4, 0, tags => '{"team": "x"}') FROM generate_series(1, 3) AS a), q(SELECT billing.charge(1, 3, 'tier', 'tiers', 5, 2, meters => '{"image": 2}')),
	q(SELECT billing.charge(1, 1, 'undone', 'm', 2, 0)), q(SELECT billing.reverse_charge(1, 'undone', 'undo')), q(SELECT billing.charge(1, 2, 'rejected', 'm', 1, 0)),
	q(SELECT billing.set_policy('go_live_at', (now() + interval '1 hour')::text)), q(SELECT billing.charge(2, 1, 'free', 'm', 7, 0)), q(SELECT billing.set_policy('go_live_at', NULL)),
	q(SELECT billing.charge(1, 1, 'unpriced', 'unknown', 1, 0)), q(SELECT billing.charge(1, 1, 'refused', 'unknown', 1, 0)), q(SELECT billing.reject_usage(1, 'refused', 'never')),
	q(INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, occurred_at) SELECT 1, 1, 'metered ' || n, 'm', n, 0, clock_timestamp() FROM generate_series(1, 4) AS n),
	q(INSERT INTO billing_books.usage_inbox (account_id, request_id) VALUES (1, 'none')), q(SELECT billing.settle()),
	q(SELECT billing.set_balance_alert(1, 200)), q(SELECT billing.set_balance_alert(1, 90)), q(SELECT billing.charge(1, 1, 'alarm', 'm', 40, 0)),
	q(SELECT billing.set_balance_alert(3, runway_hours => 5)),
	q(SELECT billing.set_price('wrong', 'CNY', 1000000, 0, effective_from => now() - interval '1 day')), q(SELECT billing.charge(3, 1, 're-rated', 'wrong', 6, 0)),
	q(SELECT billing.correct_price((SELECT price_id FROM billing_books.price WHERE model = 'wrong'), 500000, NULL, NULL, 0, 'correct')),
	q(SELECT billing.begin_rerate(3, now() - interval '1 day', now() + interval '1 day', 'wrong', 'rerate')), q(SELECT billing.continue_rerate()),
	q(SELECT billing.update_contact(1, 'c@d.example', NULL, 'Asia/Shanghai', 'move')));

my @credit = (
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(4, 10) AS a), q(SELECT billing.create_api_key(a, 'key') FROM generate_series(4, 10) AS a),
	q(SELECT billing.grant_bonus(4, 8, 'one')), q(SELECT billing.grant_bonus(4, 2, 'two')), q(SELECT billing.withdraw_bonus(4, 1, 'withdraw')), q(SELECT billing.adjust(4, 5, 'up')), q(SELECT billing.adjust(4, -3, 'down')),
	q(SELECT billing.charge(4, 1, 'debt', 'm', 9, 0)), q(SELECT billing.write_off(4, 2, 'forgive')),
	q(SELECT billing.record_offline_payment(4, 30, 'mistake', '4 mistake')), q(SELECT billing.reverse_offline_payment(4, 1, 'mistaken')), q(SELECT billing.record_offline_payment(4, 50, 'pay', '4 pay')), q(SELECT billing.grant_bonus(4, 1, 'expires', now() + interval '90 days')),
	q(SELECT billing.lock_account(4, reason => 'look')), q(SELECT billing.unlock_account(4)),
	q(SELECT billing.set_policy('second_person_above', '10', 'CNY')), q(SELECT billing.grant_bonus(4, 11, 'large', actor => 'one')), q(SELECT billing.grant_bonus(4, 12, 'waits', actor => 'one')),
	q(SELECT billing.grant_bonus(4, 13, 'withdrawn', actor => 'one')), q(SELECT billing.withdraw_approval(4, 'withdrawn')),
	q(SELECT billing.close_account(5, 'close')));

my @invoices = (
	q(SELECT billing.set_policy('second_person_above', NULL, 'CNY')), q(SELECT billing.set_policy('refund_settle_wait', '0')),
	q(SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0, address => '1 Example Street', series => 'EX')),
	q(SELECT billing.set_seller('cn', 'Seller', 'API', 0.06, '339902999999789113', drawer => 'Drawer', goods_code => '3040203000000000000')), q(SELECT billing.set_invoice_title(8, 'me', 'individual', 'name')),
	q(SELECT billing.record_offline_payment(8, n, 'pay ' || n, '8 ' || n) FROM unnest('{40,60}'::numeric[]) AS n),
	q(SELECT billing.request_invoice(8, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'first')), q(SELECT billing.record_invoice(8, 1, '10000000000000000001')), q(SELECT billing.record_red_invoice(8, 1, '10000000000000000002', 'returned')),
	q(SELECT billing.request_invoice(8, ARRAY[1, 2], 'me', 'ordinary', 'a@b.example', NULL, 'second')), q(SELECT billing.record_invoice(8, 2, '10000000000000000003')),
	q(SELECT billing.refund_order(2, 2, 5, 'overseas refund')), q(SELECT billing.settle_refund_item_offline(2, 1, 'transfer 2', 'overseas settle')), q(SELECT billing.number_invoices()),
	q(SELECT billing.record_offline_payment(9, 70, 'pay', '9 pay')), q(SELECT billing.request_refund(9, 'no', 'ask')), q(SELECT billing.reject_refund(9, 1, 'not yet')),
	q(SELECT billing.request_refund(9, 'leave', 'ask again')), q(SELECT billing.approve_refund(9, 2, 'approve')), q(SELECT billing.release_refund_item(9, 1, 'release')), q(SELECT billing.reopen_account(9)),
	q(SELECT billing.refund_order(9, 1, 20, 'part')), q(SELECT billing.settle_refund_item_offline(9, 2, 'transfer 9', 'settle')),
	q(SELECT billing.request_statement(1, now() - interval '2 days', clock_timestamp(), 'statement')));

my @simple = (q(SELECT billing.create_account(11, 'cn')), q(SELECT billing.create_api_key(11, 'first', project => 'red')), q(SELECT billing.record_offline_payment(11, 30, 'pay', '11 pay')), q(SELECT billing.charge(11, 1, n, 'm', 2, 0) FROM unnest('{one,two}'::text[]) AS n));

my @gateways = (q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_gateway_fee('wechat', 0.006)),
	q(SELECT billing.create_promotion('p', 'cn', 50, discount => 5, gift => 7)),
	q(SELECT billing.create_plan('plan', 'cn', 30, 1000, months => 1, window_hours => 5, window_quota => 100)), q(SELECT billing.set_plan_weight('plan', 'm', 1000000, 0, effective_from => now() - interval '1 day')), q(SELECT billing.arm()));

my @plan = (q(SELECT billing.create_api_key(7, 'plan', 'plan')), q(SELECT billing.charge(7, 2, 'on the plan', 'm', 7, 1)), q(SELECT billing.give_back_quota(7, 1, 2, 'sorry', 'it stood still')));

sub new
{
	my ($class, $node, $sim) = @_;
	my $self = bless { dbh => connect_dbi($node), second => undef, sim => $sim }, $class;
	$self->run(q(SET billing.clock_offset = '-130d'), @roles, @schema, @past, q(RESET billing.clock_offset));
	$self->run(q(SELECT billing.make_partitions()), q(SELECT billing.set_policy('usage_retention', '60 days')), @usage, @credit);
	$self->{second} = connect_dbi($node);
	$self->{second}->do($_) for 'SET SESSION AUTHORIZATION second', q(SELECT billing.grant_bonus(4, 11, 'large', actor => 'two'));
	$self->run(@invoices, @simple, @gateways);
	$self->trade;
	$self->run(@plan);
	$self->by_two(q(SELECT billing.extend_subscription(7, 1, 2, 'longer', 'as promised', actor => $1)));
	$self->run(q(SELECT billing.sum_usage()));
	$self->reconcile;
	return $self;
}

# A call that needs a second operator, who is another actor and another user.
sub by_two { my ($self, $call) = @_; $self->{dbh}->do($call, undef, 'one'); $self->{second}->do($call, undef, 'two'); return }
sub run { my ($self, @sql) = @_; $self->{dbh}->do($_) for @sql; return }
sub value { my ($self, $sql, @values) = @_; return scalar $self->{dbh}->selectrow_array($sql, undef, @values) }

# An order that is paid, as its payer and his gateway do it; returns its number there.
sub pay
{
	my ($self, $account, $order, %opts) = @_;
	my $number = wait_until(20, sub { $self->value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2 AND pay_url IS NOT NULL', $account, $order) }) // die "order $order of account $account cannot be paid\n";
	$self->{sim}->control(pay => { gateway => 'wechat', number => $number, %opts });
	$self->{sim}->deliver($self->{dbh});
	return $number;
}
sub topup { my ($self, $account, $amount, $key, $promotion) = @_; return $self->value('SELECT order_id FROM billing.create_topup($1, $2, \'wechat\', $3, $4)', $account, $amount, $key, $promotion) }

# Top-ups and a plan through WeChat Pay; one that is held, one that nobody pays; money that goes back as these books ask, and in the portal.
sub trade
{
	my ($self) = @_;
	my $sim = $self->{sim};
	$self->pay(6, $self->topup(6, 50, 'with a gift', 'p'));
	$self->pay(6, $self->topup(6, 30, 'plain'));
	$self->pay(6, $self->topup(6, 20, 'too much'), amount_fen => 2100, force => \1);
	$self->topup(6, 10, 'unpaid');
	$self->run(q(SELECT billing.refund_order(6, 2, 4, 'back')));
	wait_until(20, sub { $sim->deliver($self->{dbh}); $self->value('SELECT state = \'paid\' FROM billing_books.refund_item WHERE account_id = 6') }) // die "nothing went back\n";
	my $number = $self->pay(10, $self->topup(10, 40, 'taken'));
	$sim->control(portal_refund => { gateway => 'wechat', number => $number, amount_fen => 1500 });
	$sim->deliver($self->{dbh});
	$self->by_two($_) for q(SELECT billing.record_take_back(10, 1, 5, 'dispute', 'D1', 'dispute', actor => $1)), q(SELECT billing.undo_take_back(10, 2, 'won', actor => $1));
	$self->pay(7, $self->value('SELECT order_id FROM billing.subscribe(7, \'plan\', \'wechat\', $1)', "plan $_")) for 1, 2;
	return;
}

# The day's bills, compared when the day is over.
sub reconcile
{
	my ($self) = @_;
	my $day = $self->value('SELECT (now() AT TIME ZONE \'Asia/Shanghai\')::date');
	$self->{sim}->control(settlement => { gateway => 'wechat', amount_fen => 5000, number => 'S1' });
	$self->{sim}->control(settings => { gateway => 'wechat', bills => 'at_once' });
	$self->{sim}->move_clocks($self->{dbh}, 2 * 86400);
	$self->run("SELECT billing.reconcile('wechat', '$day')");
	wait_until(60, sub { $self->value('SELECT state = \'done\' FROM billing_books.reconciliation') }) // die "the day was not compared\n";
	return;
}

1;
