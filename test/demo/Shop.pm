# What the acts with gateways share: an application's connection and an operator's, and the simulators, which stand for
# the gateways and for the payers' telephones.
package Shop;
use strict;
use warnings;

use DBI;
use Exporter qw(import);
use HTTP::Tiny;
use JSON::PP qw(decode_json encode_json);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(application operator simulate value until_true pay recharge use_up);

my $control_port = $ARGV[0];
my $client = HTTP::Tiny->new(timeout => 20, keep_alive => 0);
my %connections;
$| = 1;

sub connection { my ($login) = @_; return $connections{$login} //= DBI->connect('dbi:Pg:', $login, '', { RaiseError => 1, PrintError => 0 }) }
sub application { return connection('gateway') }
sub operator { return connection('postgres') }

sub simulate
{
	my ($what, $fields) = @_;
	my $answer = $client->post("http://127.0.0.1:$control_port/$what", { content => encode_json($fields) });
	die "$what: $answer->{content}\n" unless $answer->{success};
	return decode_json($answer->{content});
}

sub value { my ($sql, @values) = @_; return scalar operator()->selectrow_array($sql, undef, @values) }

# Waits, and returns for how many milliseconds.
sub until_true
{
	my ($is) = @_;
	my $began = time;
	while (time - $began < 30) { return 1000 * (time - $began) if $is->(); sleep 0.005 }
	die "it does not come to an end\n";
}

# An order is paid by the payer's telephone, once there is something to pay with, and the money arrives.
sub pay
{
	my ($account, $order) = @_;
	my $url;
	until_true(sub { ($url) = application()->selectrow_array('SELECT pay_url FROM billing.order_status($1, $2)', undef, $account, $order); defined $url });
	my ($gateway, $number) = operator()->selectrow_array('SELECT gateway, gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2', undef, $account, $order);
	simulate(visit => { url => $url }) if $gateway eq 'waffo';
	simulate(pay => { gateway => $gateway, number => $number });
	return until_true(sub { application()->selectrow_array('SELECT state = \'paid\' FROM billing.order_status($1, $2)', undef, $account, $order) });
}

# A balance gets so much by that method; the order.
sub recharge
{
	my ($account, $amount, $method, $payer) = @_;
	my ($order) = application()->selectrow_array('SELECT order_id FROM billing.create_topup($1, $2, $3, $4, payer => $5)', undef, $account, $amount, $method, "$method of $account", encode_json($payer // {}));
	pay($account, $order);
	return $order;
}

# Tokens of a model are charged that cost so much, or a little less; how much, and which model.
sub use_up
{
	my ($account, $request, $cost, $at) = @_;
	my ($model, $price) = operator()->selectrow_array('SELECT model, input FROM billing_books.price WHERE currency = \'CNY\' AND input > 1 AND prompt_tokens_over = 0 ORDER BY model, price_id DESC LIMIT 1');
	my ($charge) = application()->selectrow_array('SELECT charge FROM billing.charge($1, 1, $2, $3, $4, 0, occurred_at => $5)', undef, $account, $request, $model, int($cost / $price * 1e6), $at);
	return ($charge, $model);
}

1;
