# What every TAP test of billing begins with: a node that can load the staged extension.
#
#   use BillingTest;
#   my $node = billing_node('main', preload => 'billing', conf => "billing.databases = 'postgres'");
#   my $dbh  = connect_dbi($node);
#   verify_empty($node, 'books balance');
package BillingTest;

use strict;
use warnings;

use DBI;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(billing_node connect_dbi list_databases wait_until settler all_settled verify_empty);

die "BILLING_STAGE is not set: run this through test/run.sh (TESTS=tap TAP_FILES=...)\n"
  unless $ENV{BILLING_STAGE};

# Makes and starts a node. Options:
#   preload  shared_preload_libraries, a string
#   conf     further lines of postgresql.conf, a string or a list
#   install  0: leave out CREATE EXTENSION and install() in database postgres
#   start    0: only make it
#   init     arguments of $node->init, for example { allows_streaming => 1 }
# The lines that make the staged extension visible come from TEMP_CONFIG, which init() reads.
sub billing_node
{
	my ($name, %opts) = @_;
	my $conf = $opts{conf} // [];
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(extra => [ '-E', 'UTF8', '--no-locale' ], %{ $opts{init} // {} });
	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$opts{preload}'")
	  if $opts{preload};
	$node->append_conf('postgresql.conf', $_) for ref $conf ? @$conf : $conf;
	return $node if !($opts{start} // 1);

	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION billing; SELECT billing.install();')
	  if $opts{install} // 1;
	return $node;
}

# A DBI handle as superuser, for sessions that last longer than one psql.
sub connect_dbi
{
	my ($node, $dbname) = @_;
	$dbname //= 'postgres';
	return DBI->connect(sprintf('dbi:Pg:host=%s;port=%d;dbname=%s', $node->host, $node->port, $dbname),
		undef, undef, { RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoCommit => 1, AutoInactiveDestroy => 1 });
}

# The list of billing.databases; the supervisor follows it soon. A server may be reading postgresql.conf, so
# that is left alone.
sub list_databases
{
	my ($node, @names) = @_;
	$node->safe_psql('postgres', sprintf q(ALTER SYSTEM SET billing.databases = '%s'), join ', ', @names);
	$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
	return;
}

# Calls the code until it returns something true, and returns that; nothing after so many seconds.
sub wait_until
{
	my ($seconds, $code) = @_;
	my $end = time + $seconds;
	while (1)
	{
		my $found = $code->();
		return $found if $found;
		return if time > $end;
		sleep 0.01;
	}
}

# What settler() says, by column; the lag in seconds.
sub settler
{
	my ($dbh) = @_;
	return $dbh->selectrow_hashref('SELECT *, extract(epoch FROM settled_lag) AS lag FROM billing.settler()');
}

# Passes once nothing stands in the inbox.
sub all_settled
{
	my ($dbh, $name, $seconds) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	my $empty = wait_until($seconds // 30, sub { return !$dbh->selectrow_array('SELECT EXISTS (SELECT FROM billing_books.usage_inbox)') });
	ok($empty, $name) or diag(join "\n", map { $_ // '' } $dbh->selectrow_array("SELECT count(*) || ' rows are left: ' || (SELECT s::text FROM billing.settler() AS s) FROM billing_books.usage_inbox"));
	return;
}

# Passes if billing.verify() finds nothing; otherwise shows what it found.
sub verify_empty
{
	my ($node, $name, $dbname) = @_;
	$dbname //= 'postgres';
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is($node->safe_psql($dbname, 'SELECT count(*) FROM billing.verify()'), '0', $name // 'verify() is empty')
	  or diag($node->safe_psql($dbname, 'SELECT * FROM billing.verify() LIMIT 20'));
	return;
}

1;
