# Customers recharge: an application places their orders, each pays at his gateway's page, and the money arrives.
#
#   perl recharge.pl CONTROL_PORT CUSTOMERS ABROAD       one line an order; exit status 0 where all ended as they should;
#   the two customers from account ABROAD on pay in USD
use strict;
use warnings;

use FindBin;
use JSON::PP qw(encode_json);
use Time::HiRes qw(sleep time);

use lib $FindBin::Bin;
use Shop;

my (undef, $customers, $abroad) = @ARGV;
my ($dbh, $books) = (application(), operator());

sub order_status { my ($order) = @_; return $dbh->selectrow_hashref('SELECT * FROM billing.order_status($1, $2)', undef, $order->{account_id}, $order->{order_id}) }
sub balance { my ($account) = @_; return scalar $dbh->selectrow_array('SELECT balance FROM billing.balance($1)', undef, $account) }

sub wait_for
{
	my ($order, $is) = @_;
	my $began = time;
	while (time - $began < 30)
	{
		my $status = order_status($order);
		return ($status, 1000 * (time - $began)) if $is->($status);
		sleep 0.002;
	}
	die "order $order->{order_id} of account $order->{account_id} is still $order->{state}\n";
}

# The first call: an order. The second, until it says so: what to pay with.
sub place
{
	my ($account, $amount, $method, $promotion) = @_;
	my $payer = encode_json($method eq 'card' ? { email => 'a@b.example', terminal => 'WEB' } : { uid => "user of $account" });
	my $order = $dbh->selectrow_hashref('SELECT * FROM billing.create_topup($1, $2, $3, $4, $5, $6)', undef, $account, $amount, $method, "recharge of $account", $promotion, $payer);
	$order->{account_id} = $account;
	my ($status, $ms) = wait_for($order, sub { defined $_[0]{pay_url} });
	return ({ %$order, %$status, number => scalar $books->selectrow_array('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2', undef, $account, $order->{order_id}) }, $ms);
}

my @methods = qw(wechat_code alipay_code alipay_page xiaomi_app);
my @ways = ('', 'its notice is lost: the customer comes back, refresh_order() asks', 'he cancels, and pays all the same: it goes back');
my @customers = @{ $books->selectcol_arrayref('SELECT a.account_id FROM billing_books.account AS a, billing.balance(a.account_id) AS b WHERE a.account_id > 0 AND a.region = \'cn\' ORDER BY b.balance, a.account_id LIMIT $1', undef, $customers) };
printf "%9s  %-11s  %8s  %8s  %11s  %9s  %11s  %s\n", 'customer', 'by', 'balance', 'to pay', 'URL after', 'arrives', 'balance', '';

my $n = 0;
for my $account (@customers, $abroad, $abroad + 1)
{
	my $is_abroad = $account >= $abroad;
	my $method = $is_abroad ? 'card' : $methods[ $n % @methods ];
	my $gateway = $is_abroad ? 'waffo' : $method =~ s/_.*//r;
	my $way = $n % 6 == 3 ? 1 : $n == 8 && !$is_abroad ? 2 : 0;
	my $before = balance($account);
	my $amount = $before < 0 ? 100 + 10 * int(-$before / 10) : 100;
	my ($order, $url_ms) = place($account, $amount, $method, $way == 0 && !$is_abroad ? 'welcome back' : undef);

	simulate(visit => { url => $order->{pay_url} }) if $method =~ /^(?:alipay_page|card)$/;
	if ($way == 2)
	{
		$dbh->do('SELECT billing.cancel_order($1, $2)', undef, $account, $order->{order_id});
		sleep 1.5;    # gateways tell whole seconds
	}
	simulate(fault => { gateway => $gateway, operation => 'notice', kind => 'lost', count => 1 }) if $way == 1;
	my $paid_at = time;
	simulate(pay => { gateway => $gateway, number => $order->{number}, force => \1, $gateway eq 'xiaomi' ? (uid => "user of $account", amount_fen => 0 + sprintf('%.0f', 100 * $order->{pay_amount})) : () });
	$dbh->do('SELECT billing.refresh_order($1, $2)', undef, $account, $order->{order_id}) if $way == 1;
	my ($status) = wait_for($order, $way == 2 ? sub { $_[0]{state} eq 'closed' } : sub { $_[0]{state} eq 'paid' });
	printf "%9d  %-11s  %8.2f  %8.2f  %8.0f ms  %6.0f ms  %11.2f  %s\n", $account, $method, $before, $order->{pay_amount}, $url_ms, 1000 * (time - $paid_at), balance($account), $ways[$way];
	$n++;
}

# What goes back is on its way until the gateway says so.
my $began = time;
sleep 0.05 while time - $began < 30 && $books->selectrow_array('SELECT EXISTS (SELECT FROM billing_books.payment WHERE state = \'returning\')');
