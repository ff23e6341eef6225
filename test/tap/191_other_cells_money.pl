# Two databases that share a merchant account (docs/several-databases.md): a notice that reaches the one that has not the account is kept,
# verified, and its money held on the house, by name; the other credits it by its own query, and who compares both sees it.
use strict;
use warnings;

use DBD::Pg;
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new;
my @nodes = map { billing_node("sharing_$_", preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]) } qw(a b);
my ($here, $there) = map { connect_dbi($_) } @nodes;
sub value { my ($dbh, $sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }

for my $dbh ($here, $there)
{
	$dbh->do($_) for q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_payment_method('wechat', 'wechat', 'native'));
}
$here->do('SELECT billing.set_account_range(1, 1000)');
$there->do($_) for 'SELECT billing.set_account_range(1001, 2000)', q(SELECT billing.create_account(1001, 'cn')), 'SELECT billing.arm()';

my $order = value($there, q(SELECT order_id FROM billing.create_topup(1001, 50, 'wechat', 'topup')));
my $number = wait_until(10, sub { value($there, 'SELECT gateway_number FROM billing_books.payment_order WHERE account_id = 1001 AND pay_url IS NOT NULL') });
is(value($here, 'SELECT billing.order_number_account($1)', $number), 1001, 'the number of an order says whose it is');
$sim->control(pay => { gateway => 'wechat', number => $number });
is_deeply([ $sim->deliver($here) ], [200], 'a notice that reaches the other database is accepted');
ok(wait_until(10, sub { value($here, q(SELECT state FROM billing_books.payment WHERE account_id = -1)) }), 'and its money booked on the house there');
is(value($here, q(SELECT state || ' ' || reason FROM billing_books.payment WHERE account_id = -1)), 'held other_database: account 1001', 'held, by name');
is(value($here, q(SELECT state || ' ' || verdict || ' ' || (length(body) > 0) FROM billing_books.gateway_notice)), 'applied payment true', 'the message is verified, and kept as it came');
like(value($here, q(SELECT detail FROM billing.attention WHERE what = 'payment held')), qr/^other_database: account 1001; /, 'an operator reads whose it is');
$there->do('SELECT billing.refresh_order(1001, $1)', undef, $order);
ok(wait_until(20, sub { value($there, 'SELECT cash FROM billing.balance(1001)') == 50 }), 'the database that has the account hears of it by its own query');
my $claim = q(SELECT kind || ' ' || reference FROM billing.account_references());
is(value($here, $claim), value($there, $claim), 'both have claimed the same transaction');
is(value($here, q(SELECT status FROM billing.resolve_payment(-1, 1, 'dismiss', 'not ours', reason => 'of the other database'))), 'booked', 'the held one is dismissed');
is(value($here, $claim), undef, 'and claimed no more');

# A refund of such a payment waits, and says whose it is; one of an account of these books says so as ever.
$here->do(q(INSERT INTO billing_books.gateway_notice (gateway, received_at, state, verdict, headers, body, fact) SELECT 'wechat', now(), 'unmatched', 'refund', '{}', '', jsonb_build_object('order_number', n)
	FROM unnest(ARRAY[$1, '000000000000Z00000001P0000000001']) AS n), undef, $number);
is(join('; ', map { $_->[0] } @{ $here->selectall_arrayref(q(SELECT detail FROM billing.attention WHERE what = 'refund unmatched' ORDER BY id)) }),
	q(of account 1001, which is another database's; of a payment that is not here; booked once that is), 'refunds are told apart');
verify_empty($_, 'the books') for @nodes;
done_testing();
