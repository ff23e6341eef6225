# The one route that an application has for all gateways: a pipe to receive_notice(). Whatever comes to /notify/GATEWAY is
# handed over as it came, and answered with what that returns, behind the commit.
#
#   perl route.pl            prints its port, serves until its stdin ends; PGHOST and the like say where the database is
use strict;
use warnings;

use DBI;
use DBD::Pg qw(:pg_types);
use IO::Select;
use IO::Socket::INET;
use JSON::PP qw(decode_json encode_json);

my $body_max = 64 * 1024;

my $dbh = DBI->connect('dbi:Pg:', 'route', '', { RaiseError => 1, PrintError => 0 });
my $receive = $dbh->prepare('SELECT status, headers, body FROM billing.receive_notice($1, $2, $3::jsonb, $4, $5)');

sub receive_notice
{
	my ($gateway, $method, $headers, $query, $body) = @_;
	my $n = 0;
	$receive->bind_param(++$n, $_) for $gateway, $method, encode_json($headers), $query;
	$receive->bind_param(++$n, $body, { pg_type => PG_BYTEA });
	$receive->execute;
	my ($status, $answer_headers, $answer_body) = $receive->fetchrow_array;
	$receive->finish;
	return ($status, decode_json($answer_headers), $answer_body);
}

# A request as HTTP has it; nothing where it is none, or too long.
sub read_request
{
	my ($client) = @_;
	my ($method, $target) = (<$client> // '') =~ m{^([A-Z]+) (\S+) HTTP/1\.[01]\r\n$} or return;
	my %headers;
	while (my $line = <$client>)
	{
		last if $line eq "\r\n";
		$line =~ /^([^:\s]+):\s*(.*?)\s*$/ and $headers{$1} = $2;
	}
	my ($size) = map { $headers{$_} } grep { lc eq 'content-length' } keys %headers;
	return if ($size // 0) !~ /^\d+$/ || ($size // 0) > $body_max;
	read $client, my $body, $size // 0;
	my ($path, $query) = split /\?/, $target, 2;
	return ($method, $path, $query, \%headers, $body);
}

sub answer
{
	my ($client) = @_;
	my ($status, $headers, $text) = (404, {}, '');
	my ($method, $path, $query, $headers_in, $body) = read_request($client);
	if (defined $path && $path =~ m{^/notify/(\w+)$})
	{
		my $gateway = $1;
		($status, $headers, $text) = eval { receive_notice($gateway, $method, $headers_in, $query, $body) };
		($status, $headers, $text) = (500, {}, '') if $@;    # it is sent again
	}
	print $client "HTTP/1.1 $status Answer\r\n", map({ "$_: $headers->{$_}\r\n" } sort keys %$headers), 'Content-Length: ', length($text), "\r\nConnection: close\r\n\r\n", $text;
	close $client;
	return;
}

my $server = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "no port: $@\n";
$| = 1;
print $server->sockport, "\n";
my $select = IO::Select->new($server, \*STDIN);
while (1)
{
	for my $ready ($select->can_read)
	{
		exit 0 if $ready == \*STDIN && !sysread(STDIN, my $nothing, 1);
		answer(scalar $server->accept) if $ready == $server;
	}
}
