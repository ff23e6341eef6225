# Where messages arrive (test/messages/sink.js), started for a test and ended with it.
#
#   my $sink = Sink->new;                                # the courier's files are in $sink->secrets_dir
#   $sink->ask('mails');                                 # what came
#   $sink->ask(mood => refuses => 550);
package Sink;

use strict;
use warnings;

use File::Temp qw(tempdir);
use IPC::Open2 qw(open2);
use JSON::PP qw(decode_json encode_json);

sub new
{
	my ($class, %opts) = @_;
	my $dir = tempdir(CLEANUP => 1);
	chmod 0700, $dir;
	install();
	my $pid = open2(my $out, my $in, 'node', 'test/messages/sink.js', $dir, $opts{database} // 'postgres');
	my $line = <$out> // die "the sink did not start\n";
	return bless { dir => $dir, pid => $pid, in => $in, out => $out, ports => decode_json($line) }, $class;
}

# Its libraries, where no other step has brought them.
sub install
{
	return if -d 'test/messages/node_modules/smtp-server';
	system('cd test/messages && npm install --no-package-lock --no-audit --no-fund --loglevel=error >npm.log 2>&1') == 0
	  or die "npm could not install what test/messages needs\n";
	return;
}

sub secrets_dir { return $_[0]{dir} }
sub hooks_port { return $_[0]{ports}{hooks} }

sub ask
{
	my ($self, $action, %fields) = @_;
	my $in = $self->{in};
	print $in encode_json({ action => $action, %fields }), "\n";
	$in->flush;
	return JSON::PP->new->utf8->allow_nonref->decode(scalar readline $self->{out});
}

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	close $self->{in};
	waitpid $pid, 0;
	return;
}

sub DESTROY { my ($self) = @_; local ($?, $@); $self->stop; return }

1;
