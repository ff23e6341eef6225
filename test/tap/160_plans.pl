# Token Plans through gateways (R3, B&S 4.8): bought, used up by both paths at once, renewed, upgraded, paid under a lock, paid when it
# was of no use any more, taken back. The balance has no part in any of it, and verify() is empty after each.
use strict;
use warnings;

use DBD::Pg;
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new;
my $node = billing_node('plans', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub plans { my ($account) = @_; return value('SELECT string_agg(plan || \' \' || state || coalesce(\' \' || trim_scale(quota_left), \'\'), \', \' ORDER BY subscription_no) FROM billing.plan_status($1)', $account) // '' }
sub holds { my ($account) = @_; return join ' ', $dbh->selectrow_array('SELECT trim_scale(cash), trim_scale(bonus), trim_scale(arrears), trim_scale(total_topup), coalesce(reason, \'free\') FROM billing.balance($1)', undef, $account) }
sub order { my ($account, $order) = @_; return value('SELECT state || coalesce(\' \' || reason, \'\') FROM billing.order_status($1, $2)', $account, $order) }
sub payments { my ($account) = @_; return value('SELECT string_agg(state || coalesce(\' \' || reason, \'\'), \', \' ORDER BY payment_id) FROM billing_books.payment WHERE account_id = $1', $account) // '' }
sub number_of { my ($account, $order) = @_; return value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2', $account, $order) }
sub gate { my ($text) = @_; return value('SELECT coalesce(reason, \'open\') FROM billing.authorize($1)', $text) }
sub charge { my ($account, $id, $tokens, %opts) = @_; return join ' ', map { $_ // '' } $dbh->selectrow_array('SELECT status, trim_scale(credits) FROM billing.charge($1, $2, $3, \'m\', $4, 0, occurred_at => $5)', undef, $account, $opts{key} // 1, $id, $tokens, $opts{at}) }

my $key = 0;
sub place
{
	my ($account, $plan, %opts) = @_;
	my $order = value('SELECT order_id FROM billing.subscribe($1, $2, $3, $4, $5)', $account, $plan, $opts{method} // 'wechat', 'plan ' . ++$key, $opts{replaces});
	wait_until(10, sub { value('SELECT pay_url IS NOT NULL FROM billing.order_status($1, $2)', $account, $order) });
	return $order;
}
sub pay { my ($account, $order, %opts) = @_; return $sim->control(pay => { gateway => $opts{method} // 'wechat', number => number_of($account, $order), $opts{force} ? (force => \1, amount_fen => $opts{force}) : () }) }
sub buy { my ($account, $plan, %opts) = @_; my $order = place($account, $plan, %opts); pay($account, $order, %opts); $sim->deliver($dbh); return $order }
sub topup
{
	my ($account, $amount) = @_;
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, \'wechat\', $3)', $account, $amount, 'topup ' . ++$key);
	wait_until(10, sub { value('SELECT pay_url IS NOT NULL FROM billing.order_status($1, $2)', $account, $order) });
	pay($account, $order);
	$sim->deliver($dbh);
	return $order;
}

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	q(SELECT billing.create_plan('lite', 'cn', 30, 1000, months => 1)), q(SELECT billing.create_plan('pro', 'cn', 90, 5000, months => 1)), q(SELECT billing.create_plan('pack', 'cn', 5, 500)),
	q(SELECT billing.set_plan_weight(p, 'm', 1000000, 1000000, effective_from => now() - interval '1 day') FROM unnest('{lite,pro}'::text[]) AS p),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 20) AS a), q(SELECT billing.create_api_key(a, 'plan', 'plan') FROM generate_series(1, 20) AS a), q(SELECT billing.arm()));

# Bought, used up by both paths, renewed.
my $text = value('SELECT api_key FROM billing.create_api_key(1, \'gate\', \'plan\')');
is(gate($text), 'no_plan', 'no plan yet');
is(order(1, buy(1, 'lite')), 'paid', 'a plan is bought');
is(plans(1), 'lite active 1000', 'and begins');
is(gate($text), 'open', 'its keys may call');
is(charge(1, 'a', 600), 'plan 600', 'a call draws on it');
is(charge(1, 'a', 600), 'duplicate 600', 'once');
$dbh->do('SELECT billing.meter(1, 1, $1, \'m\', 100, 0)', undef, "b$_ ") for (1 .. 5);
$dbh->do('SELECT billing.meter(1, 1, \'a\', \'m\', 600, 0)');
ok(wait_until(20, sub { plans(1) eq 'lite exhausted 0' && value('SELECT used FROM billing.plan_status(1)') > 1000 }), 'the settler draws on it, too, and crosses its end') || diag(plans(1));
is(value('SELECT trim_scale(used) FROM billing.plan_status(1)'), '1100', 'each once, whole');
is(gate($text), 'plan_exhausted', 'used up');
buy(1, 'lite', method => 'alipay');
is(plans(1), 'lite exhausted 0, lite queued', 'a renewal waits behind it');
ok(value('SELECT resets_at = (SELECT ends_at FROM billing.plan_status(1) WHERE subscription_no = 1) FROM billing.authorize($1)', $text), 'and the gate says when it begins');
is(holds(1), '0 0 0 0 free', 'the balance has no part in it');
verify_empty($node, 'after a plan that is used up');

# Late: it goes back, whatever policy late_payment says of top-ups.
$dbh->do(q(SELECT billing.set_policy('late_payment', 'credit')));
my $order = place(3, 'lite');
$dbh->do('SELECT billing.cancel_order(3, $1)', undef, $order);
ok(wait_until(20, sub { order(3, $order) eq 'closed cancelled' }), 'cancelled') || diag(order(3, $order));
sleep 2; # gateways tell whole seconds
pay(3, $order, force => 3000);
$sim->deliver($dbh);
ok(wait_until(20, sub { payments(3) eq 'returned late' }), 'paid late: it goes back') || diag(payments(3));
is(plans(3), '', 'and nothing begins');
$dbh->do(q(SELECT billing.set_policy('late_payment', NULL)));
verify_empty($node, 'after a late payment');

# Paid before a refund's lock, booked under it: it begins when the lock ends.
topup(4, 20);
$order = place(4, 'lite');
pay(4, $order);
$dbh->do(q(SELECT billing.request_refund(4, 'leaving', 'refund 4')));
$sim->deliver($dbh);
is(order(4, $order), 'paid locked', 'paid in time counts');
is(plans(4), 'lite queued', 'but it waits');
ok(value('SELECT starts_at IS NULL FROM billing.plan_status(4)'), 'for as long as the lock is there');
$text = value('SELECT api_key FROM billing.create_api_key(4, \'gate\', \'plan\')');
is(gate($text), 'locked_refund', 'the lock stops plan keys');
verify_empty($node, 'while it waits');
$dbh->do(q(SELECT billing.reject_refund(4, 1, 'stay')));
is(plans(4), 'lite active 1000', 'it begins when the lock ends');
ok(value('SELECT p.starts_at = l.unlocked_at FROM billing.plan_status(4) AS p, billing_books.account_lock AS l WHERE l.account_id = 4'), 'at that instant');
is(gate($text), 'open', 'and its keys may call');
is(holds(4), '20 0 0 20 free', 'the top-up is untouched');
verify_empty($node, 'after a lock');

# An upgrade that waits under the lock ends what it replaces when that ends; a pack whose period has ended goes back.
topup(5, 20);
buy(5, 'lite');
my $pack = place(5, 'pack');
$order = place(5, 'pro', replaces => 1);
pay(5, $order);
$dbh->do(q(SELECT billing.request_refund(5, 'leaving', 'refund 5')));
$sim->deliver($dbh);
is(plans(5), 'lite active 1000, pro queued', 'an upgrade waits for the end of the lock, and the plan goes on');
$dbh->do(q(SELECT billing.reject_refund(5, 1, 'stay')));
is(plans(5), 'lite ended, pro active 5000', 'then it takes effect');
$pack = place(5, 'pack');
is(value('SELECT pack_of FROM billing_books.payment_order WHERE account_id = 5 AND order_id = $1', $pack), '2', 'a pack is of the period that runs');
my $upgrade = place(5, 'lite', replaces => 2);
pay(5, $upgrade);
$sim->deliver($dbh);
is(plans(5), 'lite ended, pro ended, lite active 1000', 'which is replaced before the pack is paid');
pay(5, $pack);
$sim->deliver($dbh);
ok(wait_until(20, sub { payments(5) =~ /returned plan_ended$/ }), 'its payment goes back') || diag(payments(5));
verify_empty($node, 'after a pack that came too late');

# Taken back in the merchant's portal: revoked, what waits moves up, the balance owes nothing.
$order = buy(6, 'lite');
buy(6, 'pro');
is(charge(6, 'a', 10), 'plan 10', 'a plan in use');
$sim->control(portal_refund => { gateway => 'wechat', number => number_of(6, $order), amount_fen => 3000 });
ok(wait_until(20, sub { $sim->deliver($dbh); plans(6) eq 'lite revoked, pro active 5000' }), 'taken back: revoked, and the next one begins') || diag(plans(6));
is(holds(6), '0 0 0 0 locked_dispute', 'the account is locked, and owes nothing');
is(charge(6, 'b', 10), 'rejected ', 'its keys are refused');
$dbh->do('SELECT billing.unlock_account(6, \'dispute\')');
is(charge(6, 'c', 10), 'plan 10', 'until it is unlocked');
verify_empty($node, 'after a take-back');

# Many at once: none is lost, none counts twice.
buy(7, 'lite');
my @children;
for my $child (0 .. 3)
{
	my $pid = fork // die;
	if ($pid == 0)
	{
		$dbh->{InactiveDestroy} = 1;
		my $own = connect_dbi($node);
		my $sql = $child % 2 ? 'SELECT billing.meter(7, 1, $1, \'m\', 3, 0)' : 'SELECT billing.charge(7, 1, $1, \'m\', 3, 0)';
		$own->do($sql, undef, 'r' . ($_ + 60 * ($child >> 1))) for (1 .. 120);
		require POSIX;
		POSIX::_exit(0);
	}
	push @children, $pid;
}
waitpid $_, 0 for @children;
ok(wait_until(20, sub { !value('SELECT EXISTS (SELECT FROM billing_books.usage_inbox WHERE account_id = 7)') }), 'all is settled');
is(value('SELECT trim_scale(used) FROM billing.plan_status(7)'), '540', 'by four at once, two paths, the same requests: each once');
verify_empty($node, 'after four at once');

done_testing;
