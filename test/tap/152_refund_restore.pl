# A refund is paid, the server is restored to before it was approved, and it is approved again (design 4, B&S 4.3): after arm() refunds
# are held until the bills are compared; the bill shows what went back, it is taken back, and nothing is paid twice.
use strict;
use warnings;

use DBD::Pg;
use POSIX qw(strftime);
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1);    # the clock is moved
my $node = billing_node('refund_restore', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub items { return value('SELECT string_agg(state || coalesce(\' \' || reason, \'\') || \' \' || trim_scale(amount), \', \') FROM billing.refund_items(1)') // 'none' }
sub holds { return join ' ', $dbh->selectrow_array('SELECT trim_scale(cash), trim_scale(arrears), trim_scale(total_refunded), coalesce(reason, \'free\') FROM billing.balance(1)') }
sub refunds_there { return join ', ', map { "$_->{state} $_->{amount_fen}" } @{ $sim->order('alipay', $_[0])->{refunds} } }

# Begin at noon of China, so that a day's edge is not met by chance.
my $now = time;
my $noon = (12 * 3600 - ($now + 8 * 3600) % 86400 + 86400) % 86400;
my $day = strftime('%Y-%m-%d', gmtime($now + $noon + 8 * 3600));
$sim->move_clocks($dbh, $noon);
$dbh->do($_) for (
	q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	q(SELECT billing.set_policy('refund_settle_wait', '0')), q(SELECT billing.create_account(1, 'cn')), q(SELECT billing.arm()));
$dbh->do('SELECT billing.create_topup(1, 30, \'alipay\', \'topup\')');
my $number = wait_until(10, sub { value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = 1 AND pay_url IS NOT NULL') });
$sim->control(pay => { gateway => 'alipay', number => $number });
$sim->deliver($dbh);
$dbh->do('SELECT billing.request_refund(1, \'we leave\', \'request\')');

# A cold copy, the approval, and the money is gone.
$dbh->disconnect;
$node->stop;
$node->backup_fs_cold('before');
$node->start;
$dbh = connect_dbi($node);
is(value('SELECT status FROM billing.approve_refund(1, 1, \'approve\')'), 'booked', 'approved');
ok(wait_until(20, sub { items() eq 'paid 30' }), 'and paid') or diag(items());
is(refunds_there($number), 'SUCCESS 3000', 'at the gateway');
$sim->notices;    # whoever heard of it is gone with the server
$dbh->disconnect;
$node->stop;

# Restored, and armed anew.
my $restored = PostgreSQL::Test::Cluster->new('restored');
$restored->init_from_backup($node, 'before');
$restored->start;
$dbh = connect_dbi($restored);
is(items(), 'none', 'the books know of no approval');
$dbh->do('SELECT billing.disarm()');
$dbh->do('SELECT billing.arm(reason => \'restored\')');
is(value('SELECT status FROM billing.approve_refund(1, 1, \'approve again\')'), 'booked', 'approved again');
ok(wait_until(20, sub { (value('SELECT result FROM billing_books.gateway_call WHERE kind = \'refund\'') // '') eq 'held' }), 'it is held: the gateway may have done more than the books know');
is(refunds_there($number), 'SUCCESS 3000', 'nothing is sent');

# A day later, the bill.
$sim->control(settings => { gateway => 'alipay', bills => 'at_once' });
$sim->move_clocks($dbh, $noon + 86400);
$dbh->do('SELECT billing.reconcile(\'alipay\', $1::date)', undef, $day);
ok(wait_until(60, sub { items() eq 'failed taken_back 30' }), 'the bill shows what went back: it is taken back, and ours is not sent') or diag(items(), explain($dbh->selectall_arrayref('SELECT * FROM billing_books.reconciliation', { Slice => {} }), $dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call', { Slice => {} })));
ok(wait_until(60, sub { value('SELECT state FROM billing_books.reconciliation WHERE gateway = \'alipay\'') eq 'done' }), 'the day is compared');
is(holds(), '0 30 30 locked_dispute', 'until somebody releases the reserve, the account owes') or diag(holds());
is(value('SELECT status FROM billing.release_refund_item(1, 1, \'release\')'), 'booked', 'which pays it');
like(holds(), qr/^0 0 30 locked_/, 'it went back once');
is(refunds_there($number), 'SUCCESS 3000', 'there, too');
is($restored->safe_psql('postgres', 'SELECT count(*) FROM billing.verify()'), '0', 'verify() finds nothing');

$dbh->disconnect;
$restored->stop;
$sim->stop;
done_testing();
