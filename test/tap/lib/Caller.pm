# billing-caller without a worker: started with a socket as descriptor 3, and spoken with in frames.
#
#   my $caller = Caller->new($secrets_dir);
#   my $answer = $caller->call(issue_query => { gateway => 'nuonuo' }, { number => 'INV1' });
package Caller;

use strict;
use warnings;

use IO::Select;
use IO::Socket;
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use POSIX ();

use constant ANSWER_S => 60;

my $json = JSON::PP->new->utf8;

sub new
{
	my ($class, $secrets_dir) = @_;
	my ($ours, $theirs) = IO::Socket->socketpair(AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!\n";
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0)
	{
		POSIX::dup2(fileno $theirs, 3) if fileno $theirs != 3;
		exec './billing-caller', $secrets_dir or POSIX::_exit(127);
	}
	close $theirs;
	return bless { pid => $pid, socket => $ours, received => '', id => 0, answers => {}, pieces => {} }, $class;
}

# Ends it; its exit code.
sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	close $self->{socket};
	waitpid $pid, 0;
	return $? >> 8;
}

sub DESTROY { my ($self) = @_; local ($?, $@); $self->stop if ${^GLOBAL_PHASE} eq 'RUN'; return }

# Sends a call, of an invoice where there is one; its id.
sub send
{
	my ($self, $operation, $fields, $invoice) = @_;
	my %whole = (
		is_special => JSON::PP::false, is_individual => JSON::PP::false, tax_rate_bp => 0, red_reason => 0, red_answer => 0, lines => [],
		%{ $invoice // {} });
	delete @whole{ grep { !ref $whole{$_} && $whole{$_} eq '' } keys %whole };    # an empty text is left out
	my $id = ++$self->{id};
	my $text = $json->encode({ id => $id, operation => $operation, database => 'postgres', %$fields, $invoice ? (invoice => \%whole) : () });
	$self->{socket}->syswrite(pack('N', length $text) . $text) or die "billing-caller is gone\n";
	return $id;
}

sub take_frames
{
	my ($self) = @_;
	while (length $self->{received} >= 4 && length $self->{received} >= 4 + unpack 'N', $self->{received})
	{
		my $text = substr $self->{received}, 4, unpack 'N', $self->{received};
		substr $self->{received}, 0, 4 + length $text, '';

		# A piece is read without JSON::PP, which takes long for it.
		if ($text =~ /^\{"id":(\d+),"piece":"([^"]+)"\}$/) { push @{ $self->{pieces}{$1} }, decode_base64($2) }
		else { my $answer = $json->decode($text); $self->{answers}{ $answer->{id} } = $answer }
	}
	return;
}

# The answer to the call of that id, with what came in front of it as its bytes.
sub receive
{
	my ($self, $id) = @_;
	my $select = IO::Select->new($self->{socket});
	until ($self->{answers}{$id})
	{
		$select->can_read(ANSWER_S) or die "no answer\n";
		$self->{socket}->sysread($self->{received}, 1 << 16, length $self->{received}) or die "billing-caller has ended\n";
		$self->take_frames;
	}
	my $answer = delete $self->{answers}{$id};
	$answer->{pieces} = delete $self->{pieces}{$id} // [];
	$answer->{bytes} = join '', @{ $answer->{pieces} };
	return $answer;
}

sub call { my ($self, @call) = @_; return $self->receive($self->send(@call)) }

1;
