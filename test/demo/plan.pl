# A customer on a Token Plan: he buys a month, uses it up by both paths, goes on with a quota pack, and buys the next month.
#
#   perl plan.pl CONTROL_PORT ACCOUNT       prints what happened; exit status 0 where all ended as it should
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Shop;

my $account = $ARGV[1];
my ($dbh, $books) = (application(), operator());
my $requests = 0;

sub report
{
	my ($what, @values) = @_;
	my ($left) = $dbh->selectrow_array('SELECT coalesce(sum(quota_left), 0) FROM billing.plan_status($1)', undef, $account);
	my ($reason, $resets) = $dbh->selectrow_array('SELECT reason, to_char(resets_at, \'YYYY-MM-DD HH24:MI\') FROM billing.authorize($1)', undef, $main::key);
	return printf "  %-88s  %10.0f  %s\n", sprintf($what, @values), $left, ($reason // 'may call') . ($resets ? " until $resets" : '');
}
sub buy
{
	my ($plan, $method) = @_;
	my ($order) = $dbh->selectrow_array('SELECT order_id FROM billing.subscribe($1, $2, $3, $4)', undef, $account, $plan, $method, 'plan ' . ++$requests);
	return pay($account, $order);
}
sub charge { my ($tokens) = @_; return $dbh->selectrow_array('SELECT credits FROM billing.charge($1, 1, $2, \'mimo-v2.5-pro\', $3, 0)', undef, $account, 'plan call ' . ++$requests, $tokens) }

$books->do($_) for (
	q(SELECT billing.create_plan('lite', 'cn', 39, 60000000, months => 1)), q(SELECT billing.create_plan('more', 'cn', 9, 10000000)),
	q(SELECT billing.set_plan_weight('lite', 'mimo-v2.5-pro', 2000000, 2000000)), "SELECT billing.create_account($account, 'cn')");
our $key = value('SELECT api_key FROM billing.create_api_key($1, \'agent\', \'plan\')', $account);

printf "  %-88s  %10s\n", '', 'credits';
report('his key draws on a plan, and there is none');
buy('lite', 'wechat_code');
report('he buys a month of plan lite: 60,000,000 credits for 39.00, by WeChat Pay');
report('one call of 20,000,000 tokens, of a model that costs two credits a token: %.0f', charge(20_000_000));
$dbh->do('SELECT billing.meter($1, 1, $2, \'mimo-v2.5-pro\', 1500000, 0)', undef, $account, "metered $_") for 1 .. 8;
my $ms = until_true(sub { value('SELECT used >= 60000000 FROM billing.plan_status($1)', $account) });
report('eight more are metered; the settler counts them, %.0f ms later, the last one whole', $ms);
buy('more', 'alipay_code');
report('he buys a quota pack beside it, by Alipay');
report('and goes on: %.0f', charge(1_000_000));
buy('lite', 'alipay_code');
report('he renews: the next month waits behind this one');
my ($cash, $arrears) = $dbh->selectrow_array('SELECT cash, arrears FROM billing.balance($1)', undef, $account);
report('his balance all the while: %.2f, and he owes %.2f', $cash, $arrears);
