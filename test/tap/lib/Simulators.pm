# The simulators of gateways (test/simulators), started for a test and ended with it.
#
#   my $sim = Simulators->new(http => 1);                # their merchants' files are in $sim->secrets_dir
#   $sim->control(pay => { gateway => 'wechat', number => $number });
#   $sim->deliver($dbh);                                 # the notices that were due, as an application's route does it
package Simulators;

use strict;
use warnings;

use File::Temp qw(tempdir);
use HTTP::Tiny;
use IPC::Open2 qw(open2);
use JSON::PP qw(decode_json encode_json);
use MIME::Base64 qw(decode_base64);

# A connection that is kept may end just when it is used again, and what was asked then is not asked twice.
sub new
{
	my ($class, %opts) = @_;
	my $dir = $opts{dir} // tempdir(CLEANUP => 1);
	chmod 0700, $dir;
	my $pid = open2(my $out, my $in, 'node', 'test/simulators/server.js', '--dir', $dir, '--database', $opts{database} // 'postgres', $opts{http} ? '--http' : ());
	my $line = <$out> // die "the simulators did not start\n";
	my $ports = decode_json($line);
	return bless { dir => $dir, pid => $pid, in => $in, out => $out, ports => $ports, client => HTTP::Tiny->new(timeout => 20, keep_alive => 0) }, $class;
}

sub secrets_dir { return $_[0]{dir} }

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	close $self->{in};
	waitpid $pid, 0;
	return;
}

sub DESTROY { my ($self) = @_; local ($?, $@); $self->stop; return }

# Says whose books a merchant's file is for; until it is written anew.
sub give_to
{
	my ($self, $gateway, $database) = @_;
	my $file = "$self->{dir}/$gateway.conf";
	open my $in, '<', $file or die "$file: $!\n";
	my $text = do { local $/; <$in> };
	$text =~ s/^database = .*/database = $database/m;
	open my $out, '>', "$file.new" or die "$file.new: $!\n";
	print $out $text;
	close $out;
	chmod 0600, "$file.new";
	rename "$file.new", $file or die "$file: $!\n";
	return;
}

# What they answer to a request of their control API; dies where they refuse it.
sub control
{
	my ($self, $what, $fields) = @_;
	my $url = "http://127.0.0.1:$self->{ports}{control}/$what";
	my $answer = $fields ? $self->{client}->post($url, { content => encode_json($fields) }) : $self->{client}->get($url);
	die "$what: $answer->{status} $answer->{content}\n" unless $answer->{success};
	return decode_json($answer->{content});
}

# One of a gateway's orders, as its books have it.
sub order
{
	my ($self, $gateway, $number) = @_;
	my ($order) = grep { $_->{number} eq $number } @{ $self->control('books')->{$gateway}{orders} };
	return $order;
}

sub notices { my ($self) = @_; return @{ $self->control('notices') } }

# Hands a notice to receive_notice(); returns the status, the body and the headers that the gateway would get.
sub hand_over
{
	my ($dbh, $notice, %opts) = @_;
	my $statement = $dbh->prepare_cached('SELECT status, body, headers::text FROM billing.receive_notice($1, $5, $2::jsonb, $3, $4)');
	$statement->bind_param(1, $opts{gateway} // $notice->{gateway});
	$statement->bind_param(2, encode_json($notice->{headers}));
	$statement->bind_param(3, $notice->{query});
	$statement->bind_param(4, decode_base64($notice->{body_base64}), { pg_type => DBD::Pg::PG_BYTEA() });
	$statement->bind_param(5, $notice->{method} // 'POST');
	$statement->execute;
	return $statement->fetchall_arrayref->[0]->@*;
}

# Moves these books' clock and the simulators', by seconds.
sub move_clocks
{
	my ($self, $dbh, $seconds) = @_;
	$dbh->do("ALTER SYSTEM SET billing.clock_offset = '${seconds}s'");
	$dbh->do('SELECT pg_reload_conf()');
	$self->control(settings => { clock_offset_s => $seconds + 0 });
	for (1 .. 100)
	{
		return if $dbh->selectrow_array('SELECT current_setting(\'billing.clock_offset\')::interval = make_interval(secs => $1)', undef, $seconds);
		select undef, undef, undef, 0.1;
	}
	die "the clock did not move\n";
}

# Hands over all that were due; returns the statuses.
sub deliver
{
	my ($self, $dbh) = @_;
	return map { (hand_over($dbh, $_))[0] } $self->notices;
}

1;
