# WeChat Pay's platform certificates: fetched by billing-caller into billing.secrets_dir, and again when a message is signed by one
# that is not there; its retry succeeds. Nobody restarts anything, and no message is lost.
use strict;
use warnings;

use DBD::Pg;
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new;
$sim->control(settings => { gateway => 'wechat', keys => 'certificates' });
$sim->control(configure => { gateway => 'wechat' });
my ($file) = do { open my $in, '<', $sim->secrets_dir . '/wechat.conf'; join('', <$in>) =~ /^fetched_keys = (\S+)/m };
ok($file, 'the merchant\'s file names a place for them');
ok(!-e $sim->secrets_dir . "/$file", 'where nothing is');
my $node = billing_node('keys', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }

$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 5) AS a), q(SELECT billing.arm()));
ok(wait_until(20, sub { -s $sim->secrets_dir . "/$file" }), 'they are fetched');
is((stat $sim->secrets_dir . "/$file")[2] & 0777, 0600, 'for nobody else to read or write');

my $key = 0;
sub paid
{
	my ($account) = @_;
	value('SELECT order_id FROM billing.create_topup($1, 10, \'wechat\', $2)', $account, 'topup ' . ++$key);
	my $number = wait_until(30, sub { value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND pay_url IS NOT NULL', $account) });
	$sim->control(pay => { gateway => 'wechat', number => $number });
	return ($sim->notices)[0];
}
is((Simulators::hand_over($dbh, paid(1)))[0], 200, 'a message is believed by them');
is(value('SELECT trim_scale(balance) FROM billing.balance(1)'), 10, 'and booked');

# Another certificate, which the merchant's file does not have yet.
$dbh->do('UPDATE billing_books.gateway SET keys_due_at = keys_due_at - interval \'2 minutes\'');
$sim->control(rotate => { gateway => 'wechat', what => 'platform_key', configure => \0 });
my $before = do { open my $in, '<', $sim->secrets_dir . "/$file"; local $/; <$in> };
my $notice = paid(2);
is((Simulators::hand_over($dbh, $notice))[0], 500, 'a message by another one is refused');
ok(wait_until(20, sub { open my $in, '<', $sim->secrets_dir . "/$file"; local $/; <$in> ne $before }), 'which is fetched');
is((Simulators::hand_over($dbh, $notice))[0], 200, 'it comes again, and is believed');
is(value('SELECT trim_scale(balance) FROM billing.balance(2)'), 10, 'and booked');
my $asked = $sim->control('books')->{wechat}{requests}{keys};
$notice->{headers}{$_} = 'FFFF' for grep { /serial$/i } keys %{ $notice->{headers} };
Simulators::hand_over($dbh, $notice) for 1 .. 20;
sleep 2;
is($sim->control('books')->{wechat}{requests}{keys}, $asked, 'messages by nobody\'s key have it fetched once a minute at the most');
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
