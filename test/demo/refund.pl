# A customer leaves: he has recharged by two methods, used some, and asks for what is left. A report of usage comes late, an operator
# approves, and each part goes back the way that it came.
#
#   perl refund.pl CONTROL_PORT ACCOUNT       prints what happened; exit status 0 where all ended as it should
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Shop;

my $account = $ARGV[1];
my ($dbh, $books) = (application(), operator());

sub report
{
	my ($what, @values) = @_;
	my ($balance, $reason) = $dbh->selectrow_array('SELECT balance, reason FROM billing.balance($1)', undef, $account);
	return printf "  %-110s  %8.2f  %s\n", sprintf($what, @values), $balance, $reason // 'may call';
}
sub parts { return value('SELECT string_agg(format(\'%s %s by %s\', state, amount::numeric(9,2), method), \', \' ORDER BY item_id) FROM billing.refund_items($1)', $account) }

$books->do('SELECT billing.create_account($1, \'cn\'), billing.create_api_key($1, \'app\')', undef, $account);
$books->do('SELECT billing.set_policy(\'refund_settle_wait\', \'0\')');
printf "  %-110s  %8s\n", '', 'balance';
for ([ 60, 'wechat_code' ], [ 40, 'alipay_code' ])
{
	recharge($account, @$_);
	report('he recharges %.2f by %s', @$_);
}
report('he uses %.2f of %s', use_up($account, 'used', 25));
my $before = value('SELECT clock_timestamp()');
my ($amount) = $dbh->selectrow_array('SELECT amount FROM billing.request_refund($1, \'we leave\', \'leave\')', undef, $account);
report('he asks for what is left: %.2f; from now on nothing can be called or paid', $amount);
report('a report of %.2f comes late, of a call from before: charged', (use_up($account, 'late', 3, $before))[0]);
$books->do('SELECT billing.approve_refund($1, 1, \'approve\', actor => \'the operator\', reason => \'looked at\')', undef, $account);
report('an operator approves: what is left now is reserved (%s)', parts());
my $ms = until_true(sub { value('SELECT state = \'completed\' FROM billing.refunds($1)', $account) });
report('the gateways have paid it back, %.0f ms later (%s)', $ms, parts());
$books->do('SELECT billing.set_policy(\'refund_settle_wait\', NULL)');
$books->do('SELECT billing.reopen_account($1)', undef, $account);
report('an operator opens the account again');
