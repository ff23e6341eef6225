# The same money at the same time: one notice handed over by many, beside asking, cancelling, locking and deciding, at each
# isolation level. Whatever comes first, a payment counts once.
use strict;
use warnings;

use DBD::Pg;
use MIME::Base64 qw(decode_base64);
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1);
my $node = billing_node('races', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'", 'fsync = off' ]);
my $dbh = connect_dbi($node);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub balance { my ($account) = @_; return value('SELECT balance FROM billing.balance($1)', $account) }

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')),
	q(SELECT billing.set_price('races', 'CNY', 1000000, 0, effective_from => now() - interval '1 day')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 200) AS a), q(SELECT billing.arm()));

my $account = 0;

# A new account with an order that was paid, and the notice of it.
sub paid_order
{
	my ($fen) = @_;
	$account++;
	my $order = value('SELECT order_id FROM billing.create_topup($1, 10, \'wechat\', \'topup\')', $account);
	my $number = wait_until(10, sub { value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND pay_url IS NOT NULL', $account) });
	$sim->control(pay => { gateway => 'wechat', number => $number, $fen ? (amount_fen => $fen) : () });
	my ($notice) = grep { decode_base64($_->{body_base64}) =~ /TRANSACTION/ } $sim->notices;    # and not of what went back
	return ($order, $notice);
}

# Runs pieces of work at once, each in a process and a session of its own; again where it could not be serialized.
# Returns how often each error came.
sub at_once
{
	my ($level, @work) = @_;
	my @pids;
	for my $work (@work)
	{
		my $pid = fork // die;
		push @pids, $pid and next if $pid;
		my $session = connect_dbi($node);
		$session->do("SET default_transaction_isolation = '$level'");
		my $state = '';
		for (1 .. 20)
		{
			eval { $session->begin_work; $work->($session); $session->commit; 1 } and $state = '' and last;
			last unless $@;
			$state = $session->state;
			eval { $session->rollback };
			last unless $state =~ /^(?:40001|40P01|55P03)$/;
		}
		POSIX::_exit($state =~ /^(?:|LB\w+)$/ ? 0 : 1);
	}
	my $bad = 0;
	waitpid($_, 0), $bad += $? != 0 for @pids;
	return $bad;
}

require POSIX;
for my $level ('read committed', 'repeatable read', 'serializable')
{
	my ($order, $notice) = paid_order();
	my $hand_over = sub { (Simulators::hand_over($_[0], $notice))[0] == 200 or die 'not accepted' };
	is(at_once($level, ($hand_over) x 6), 0, "$level: six at once are all accepted");
	ok(wait_until(5, sub { balance($account) eq '10.000000000' }), "$level: and credited once");

	($order, $notice) = paid_order();
	is(at_once($level, $hand_over, sub { $_[0]->do('SELECT billing.refresh_order($1, $2)', undef, $account, $order) }, $hand_over), 0, "$level: beside refresh_order()");
	ok(wait_until(5, sub { balance($account) eq '10.000000000' }), "$level: credited once");

	($order, $notice) = paid_order();
	is(at_once($level, $hand_over, sub { $_[0]->do('SELECT billing.cancel_order($1, $2)', undef, $account, $order) }, $hand_over), 0, "$level: beside cancel_order()");
	ok(wait_until(5, sub { balance($account) eq '10.000000000' }), "$level: credited once, as it was paid before");

	($order, $notice) = paid_order();
	is(at_once($level, $hand_over, sub { $_[0]->do('SELECT billing.lock_account($1)', undef, $account) }, $hand_over), 0, "$level: beside lock_account()");
	ok(wait_until(5, sub { balance($account) eq '10.000000000' }), "$level: credited once, as it was paid before");

	($order, $notice) = paid_order(900);
	Simulators::hand_over($dbh, $notice);
	my @decisions = map { my $n = $_; sub { $_[0]->do('SELECT billing.resolve_payment($1, 1, $2, $3)', undef, $account, $n % 2 ? 'credit' : 'return', "decision $n") } } 1 .. 6;
	is(at_once($level, @decisions, ($hand_over) x 2), 0, "$level: six decisions at once");
	my $end = wait_until(10, sub { value('SELECT state FROM billing_books.payment WHERE account_id = $1 AND state IN (\'credited\', \'returned\')', $account) });
	is(balance($account), $end eq 'credited' ? '9.000000000' : '0.000000000', "$level: one of them counts ($end)");
	is(value('SELECT count(*) FROM billing_books.payment WHERE account_id = $1', $account), 1, "$level: of one payment");

	# A refund in the portal, told of by many at once beside usage, a reversal of it, and an operator who lifts the lock.
	($order, $notice) = paid_order();
	Simulators::hand_over($dbh, $notice);
	my $who = $account;
	wait_until(5, sub { balance($who) eq '10.000000000' });
	my ($number) = value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1', $who);
	$sim->control(portal_refund => { gateway => 'wechat', number => $number, amount_fen => 400 });
	my ($refund) = $sim->notices;
	my $told = sub { (Simulators::hand_over($_[0], $refund))[0] == 200 or die 'not accepted' };
	$dbh->do('SELECT billing.create_api_key($1, \'races\')', undef, $who);
	my @usage = map { my $n = $_; sub { $_[0]->do('SELECT billing.charge($1, 1, $2, \'races\', 3, 0)', undef, $who, "usage $n") } } 1 .. 3;
	is(at_once($level, $told, $usage[0], $told, $usage[1], $told, sub { $_[0]->do('SELECT billing.unlock_account($1, \'dispute\')', undef, $who) }, $usage[2]), 0, "$level: a refund in the portal, beside usage");
	ok(wait_until(10, sub { value('SELECT count(*) FROM billing_books.take_back WHERE account_id = $1', $who) == 1 }), "$level: is booked once");
	is(value('SELECT trim_scale(6 - coalesce(sum(charge), 0)) FROM billing_books.usage_event WHERE account_id = $1 AND status = \'charged\'', $who), value('SELECT trim_scale(balance) FROM billing.balance($1)', $who), "$level: beside what was charged");

	# Held money: an operator credits or returns it while the gateway takes it back.
	($order, $notice) = paid_order(900);
	Simulators::hand_over($dbh, $notice);
	$who = $account;
	$number = value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1', $who);
	$sim->control(portal_refund => { gateway => 'wechat', number => $number, amount_fen => 900 });
	($refund) = $sim->notices;
	my @resolutions = map { my $how = $_; sub { $_[0]->do('SELECT billing.resolve_payment($1, 1, $2, $3)', undef, $who, $how, $how) } } qw(credit return);
	is(at_once($level, $told, @resolutions, $told), 0, "$level: held money is taken back while operators decide");
	ok(wait_until(10, sub { value('SELECT count(*) FROM billing_books.take_back WHERE account_id = $1', $who) == 1 }), "$level: it counts once");
	is(balance($who), '0.000000000', "$level: and nobody has it or owes it");

	$dbh->do('SELECT billing.unlock_account($1, \'dispute\')', undef, $account);    # set where the credit came before the take-back
	my $key = sub { $_[0]->do('SELECT billing.create_topup($1, 10, \'wechat\', \'at once\')', undef, $account) };
	is(at_once($level, ($key) x 6), 0, "$level: an order placed six times at once");
	is(value('SELECT count(*) FROM billing_books.payment_order WHERE account_id = $1 AND method = \'wechat\'', $account), 2, "$level: is placed once");
}

verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
