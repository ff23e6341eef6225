# A day later: the bills of the day before are compared with the books. One refund was made in a merchant's portal and its
# message lost; one fee is not what the contract says.
#
#   perl reconcile.pl CONTROL_PORT       prints the days and the differences
use strict;
use warnings;

use FindBin;
use Time::HiRes qw(sleep time);

use lib $FindBin::Bin;
use Shop;

my $dbh = operator();

sub show
{
	my ($format, $sql, @names) = @_;
	printf "$format\n", @names;
	printf "$format\n", @$_ for @{ $dbh->selectall_arrayref($sql) };
	print "\n";
	return;
}

# An order of a gateway that was credited, the first or the second.
sub order_of { my ($gateway, $n) = @_; return scalar $dbh->selectrow_array('SELECT o.gateway_number FROM billing_books.payment_order AS o WHERE o.gateway = $1 AND o.state = \'paid\' ORDER BY o.account_id LIMIT 1 OFFSET $2', undef, $gateway, $n) }

simulate(settings => { notices => 'off' });
simulate(portal_refund => { gateway => 'alipay', number => order_of('alipay', 0), amount_fen => 1500 });
simulate(settings => { notices => 'on' });
simulate(settlement => { gateway => $_, amount_fen => 10000, number => "settlement of $_" =~ tr/ /_/r }) for qw(wechat alipay);
simulate(bill_fault => { gateway => 'wechat', kind => 'wrong_fee', number => order_of('wechat', 0), fee_fen => 90 });
simulate(settings => { gateway => $_, bills => 'at_once' }) for qw(wechat alipay);

my ($day) = $dbh->selectrow_array('SELECT to_char(clock_timestamp() AT TIME ZONE \'Asia/Shanghai\', \'YYYY-MM-DD\')');
$dbh->do('ALTER SYSTEM SET billing.clock_offset = \'1d\'');
$dbh->do('SELECT pg_reload_conf()');
simulate(settings => { clock_offset_s => 86400 });
sleep 1;
$dbh->do('SELECT billing.reconcile(day => $1::date)', undef, $day);
my $began = time;
sleep 0.1 while time - $began < 60 && $dbh->selectrow_array('SELECT count(*) FROM billing.reconciled_day') < 2;

show('%-8s  %-10s  %9s  %9s  %8s  %8s  %6s  %8s  %s', q(SELECT gateway, to_char(day, 'YYYY-MM-DD'), trim_scale(payments), trim_scale(our_payments), trim_scale(refunds), trim_scale(our_refunds), trim_scale(fees - fees_returned), trim_scale(settled), differences FROM billing.reconciled_day ORDER BY gateway),
	qw(gateway day paid ours back ours fees settled differences));
show('%-8s  %-12s  %-8s  %8s  %8s  %-9s  %s', q(SELECT gateway, class, subject, coalesce(trim_scale(ours)::text, ''), trim_scale(theirs), state, coalesce(resolution, detail) FROM billing_books.reconciliation_difference ORDER BY gateway, class),
	qw(gateway class of ours theirs state), '');
