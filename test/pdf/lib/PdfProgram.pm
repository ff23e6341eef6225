# The program billing-pdf, on the other end of a socket.
package PdfProgram;

use strict;
use warnings;

use IO::Handle;
use JSON::PP qw();
use POSIX qw();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC SHUT_WR);

# Started from the root of the tree, or where it is said to be.
sub new {
	my ($class, $path) = @_;
	socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!\n";
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0) {
		POSIX::dup2(fileno($its), 3) // POSIX::_exit(126);
		exec { $path // './billing-pdf' } 'billing-pdf' or POSIX::_exit(127);
	}
	close $its;
	local $SIG{PIPE} = 'IGNORE';
	return bless { pid => $pid, socket => $ours }, $class;
}

sub pid { return $_[0]{pid} }

# Bytes as they are.
sub put {
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	while (length $bytes) {
		my $gone = syswrite($self->{socket}, $bytes) // return 0;
		substr($bytes, 0, $gone, '');
	}
	return 1;
}

sub get {
	my ($self, $size) = @_;
	my $got = '';
	while (length $got < $size) {
		sysread($self->{socket}, $got, $size - length $got, length $got) or return;
	}
	return $got;
}

# The reply to a request, a document or bytes: its first byte, and the rest. Nothing where there is none.
sub ask {
	my ($self, $request) = @_;
	$request = JSON::PP->new->utf8->canonical->encode($request) if ref $request;
	$self->put(pack('N', length $request) . $request) or return;
	my $prefix = $self->get(4) // return;
	my $reply = $self->get(unpack('N', $prefix)) // return;
	return (substr($reply, 0, 1), substr($reply, 1));
}

# Says that nothing more comes; the status with which it ends.
sub finish {
	my ($self) = @_;
	shutdown($self->{socket}, SHUT_WR);
	waitpid($self->{pid}, 0);
	return $?;
}

1;
