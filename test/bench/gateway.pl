# How long money takes through a gateway: the simulators answer at once, over TLS, so that what is measured is ours.
#
#   perl gateway.pl DATABASE ORDERS      prints "NAME NUMBER" lines, in milliseconds
use strict;
use warnings;

use DBD::Pg;
use DBI;
use FindBin;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../tap/lib";

use Simulators;

my ($database, $orders) = @ARGV;
my $sim = Simulators->new(database => $database);
my $dbh = DBI->connect("dbi:Pg:dbname=$database", undef, undef, { RaiseError => 1, PrintError => 0 });

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ @sorted / 2 ] }
sub tail { my @sorted = sort { $a <=> $b } @_; return $sorted[ @sorted * 0.95 ] }
sub show { my ($name, @ms) = @_; printf "%s %.1f\n%s_tail %.1f\n", $name, median(@ms), $name, tail(@ms); return }

my $key = 0;
sub place { my ($account, $method) = @_; return value('SELECT order_id FROM billing.create_topup($1, 10, $2, $3)', $account, $method, 'bench ' . ++$key) }

# Places an order; returns when that was committed, and after how many ms it can be paid.
sub place_and_wait
{
	my ($account, $method) = @_;
	my $order = place($account, $method);
	my $committed = time;
	for (1 .. 5000)
	{
		return ($committed, 1000 * (time - $committed)) if defined value('SELECT pay_url FROM billing.order_status($1, $2)', $account, $order);
		sleep 0.001;
	}
	die "an order of account $account is not to be paid\n";
}

$dbh->do("ALTER SYSTEM SET billing.secrets_dir = '" . $sim->secrets_dir . "'");
$dbh->do('SELECT pg_reload_conf()');
$dbh->do($_) for (
	q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'API credit')),
	q(SELECT billing.set_payment_method('wechat', 'wechat', 'native')), q(SELECT billing.set_payment_method('alipay', 'alipay', 'qr')),
	"SELECT billing.create_account(a, 'cn') FROM generate_series(1, 3 * $orders) AS a", q(SELECT billing.arm()));
$dbh->do('CREATE TABLE committed (n int)');
place_and_wait(1, 'wechat');    # everything has been started by then

# A commit by itself, to compare with.
my @commits = map { my $began = time; $dbh->do("INSERT INTO committed VALUES ($_)"); 1000 * (time - $began) } 1 .. 200;
show(commit => @commits);

# From an order's commit to the first byte at the gateway (when the request's headers had come), and to its URL.
my $seen = @{ $sim->control('books')->{wechat}{log} };
my (@committed, @payable);
for my $account (1 .. $orders)
{
	my ($committed, $ms) = place_and_wait($account, 'wechat');
	push @committed, $committed;
	push @payable, $ms;
}
my @log = @{ $sim->control('books')->{wechat}{log} };
my @creates = grep { $_->{operation} eq 'create' } @log[ $seen .. $#log ];
show(first_byte => map { $creates[$_]{at} - 1000 * $committed[$_] } 0 .. $#committed);
show(payable => @payable);

# From a notice to the credit: receive_notice() returns behind its commit.
my @credits;
for my $number (@{ $dbh->selectcol_arrayref('SELECT gateway_number FROM billing_books.payment_order WHERE gateway = \'wechat\' AND state = \'pending\'') })
{
	$sim->control(pay => { gateway => 'wechat', number => $number });
	my ($notice) = $sim->notices;
	my $began = time;
	Simulators::hand_over($dbh, $notice);
	push @credits, 1000 * (time - $began);
}
show(credited => @credits);

# One gateway hangs, with as many orders open: does the other one's take longer?
$sim->control(hang => { gateway => 'alipay', on => \1 });
place($_, 'alipay') for $orders + 1 .. 2 * $orders;
show(beside_hanging => map { (place_and_wait($_, 'wechat'))[1] } 2 * $orders + 1 .. 3 * $orders);
$sim->control(hang => { gateway => 'alipay', on => \0 });
$dbh->do('ALTER SYSTEM RESET billing.secrets_dir');
$dbh->do('SELECT pg_reload_conf()');
