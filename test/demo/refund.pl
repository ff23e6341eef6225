# A customer leaves: he has recharged by two methods, used some, and asks for what is left. A report of usage comes late, an operator
# approves, and each part goes back the way that it came.
#
#   perl refund.pl CONTROL_PORT ACCOUNT       prints what happened; exit status 0 where all ended as it should
use strict;
use warnings;

use DBI;
use HTTP::Tiny;
use JSON::PP qw(encode_json);
use Time::HiRes qw(sleep time);

my ($control_port, $account) = @ARGV;
my $client = HTTP::Tiny->new(timeout => 20);
my $dbh = DBI->connect('dbi:Pg:', 'gateway', '', { RaiseError => 1, PrintError => 0 });
my $books = DBI->connect('dbi:Pg:', 'postgres', '', { RaiseError => 1, PrintError => 0 });
$| = 1;

sub simulate
{
	my ($what, $fields) = @_;
	my $answer = $client->post("http://127.0.0.1:$control_port/$what", { content => encode_json($fields) });
	die "$what: $answer->{content}\n" unless $answer->{success};
	return;
}
sub value { my ($sql, @values) = @_; return scalar $books->selectrow_array($sql, undef, @values) }
sub report
{
	my ($what, @values) = @_;
	my ($balance, $reason) = $dbh->selectrow_array('SELECT balance, reason FROM billing.balance($1)', undef, $account);
	return printf "  %-92s  %8.2f  %s\n", sprintf($what, @values), $balance, $reason // 'may call';
}
sub until_true
{
	my ($is) = @_;
	my $began = time;
	while (time - $began < 30) { return 1000 * (time - $began) if $is->(); sleep 0.005 }
	die "it does not come to an end\n";
}

sub recharge
{
	my ($amount, $method) = @_;
	my $order = $dbh->selectrow_array('SELECT order_id FROM billing.create_topup($1, $2, $3, $4)', undef, $account, $amount, $method, "$method of $account");
	until_true(sub { $dbh->selectrow_array('SELECT pay_url IS NOT NULL FROM billing.order_status($1, $2)', undef, $account, $order) });
	simulate(pay => { gateway => $method =~ s/_.*//r, number => value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2', $account, $order) });
	until_true(sub { $dbh->selectrow_array('SELECT state = \'paid\' FROM billing.order_status($1, $2)', undef, $account, $order) });
	return report('he recharges %.2f by %s', $amount, $method);
}

# Tokens of some model that cost so much, or a little less.
my ($model, $price) = $books->selectrow_array('SELECT model, input FROM billing_books.price WHERE currency = \'CNY\' AND input > 1 AND prompt_tokens_over = 0 ORDER BY model, price_id DESC LIMIT 1');
sub charge { my ($request, $cost, $at) = @_; return $dbh->selectrow_array('SELECT charge FROM billing.charge($1, 1, $2, $3, $4, 0, occurred_at => $5)', undef, $account, $request, $model, int($cost / $price * 1e6), $at) }
sub parts { return value('SELECT string_agg(format(\'%s %s by %s\', state, amount::numeric(9,2), method), \', \' ORDER BY item_id) FROM billing.refund_items($1)', $account) }

$books->do('SELECT billing.create_account($1, \'cn\'), billing.create_api_key($1, \'app\')', undef, $account);
$books->do('SELECT billing.set_policy(\'refund_settle_wait\', \'0\')');
printf "  %-92s  %8s\n", '', 'balance';
recharge(60, 'wechat_code');
recharge(40, 'alipay_code');
report('he uses %.2f of %s', charge('used', 25), $model);
my $before = value('SELECT clock_timestamp()');
my ($amount) = $dbh->selectrow_array('SELECT amount FROM billing.request_refund($1, \'we leave\', \'leave\')', undef, $account);
report('he asks for what is left: %.2f; from now on nothing can be called or paid', $amount);
report('a report of %.2f comes late, of a call from before: charged', charge('late', 3, $before));
$books->do('SELECT billing.approve_refund($1, 1, \'approve\', actor => \'the operator\', reason => \'looked at\')', undef, $account);
report('an operator approves: what is left now is reserved (%s)', parts());
my $ms = until_true(sub { value('SELECT state = \'completed\' FROM billing.refunds($1)', $account) });
report('the gateways have paid it back, %.0f ms later (%s)', $ms, parts());
$books->do('SELECT billing.set_policy(\'refund_settle_wait\', NULL)');
$books->do('SELECT billing.reopen_account($1)', undef, $account);
report('an operator opens the account again');
