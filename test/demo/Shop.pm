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

our @EXPORT = qw(application operator simulate value until_true pay);

my $control_port = $ARGV[0];
my $client = HTTP::Tiny->new(timeout => 20);
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
	my ($account, $order, $method) = @_;
	until_true(sub { application()->selectrow_array('SELECT pay_url IS NOT NULL FROM billing.order_status($1, $2)', undef, $account, $order) });
	simulate(pay => { gateway => $method =~ s/_.*//r, number => value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2', $account, $order) });
	return until_true(sub { application()->selectrow_array('SELECT state = \'paid\' FROM billing.order_status($1, $2)', undef, $account, $order) });
}

1;
