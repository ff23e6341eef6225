# A server whose clock can be set, by libfaketime; the time since the machine was started is left alone, as where
# somebody sets a clock.
#
#   my $clock = FalseClock->new($node);
#   $clock->start;          # the right time
#   $clock->set('+50d');    # while it runs, or before the next start
#   $clock->start(rested => 1);    # the machine has been running for as much longer, too
#
# PostgreSQL 15 starts background workers from a signal handler that interrupts select(), in which libfaketime fakes
# nothing, and those go on with the right time: so here no worker runs, and settle() is called by hand.
package FalseClock;

use strict;
use warnings;

use Cwd qw(realpath);

my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
die "libfaketime is missing: test/lib/deps.sh installs it\n" unless $library;

sub new
{
	my ($class, $node) = @_;
	my $self = bless { node => $node, file => realpath($node->basedir) . '/clock' }, $class;

	$self->set('+0');
	return $self;
}

# How far the clock is off: +50d, -1h, +600 (seconds).
sub set
{
	my ($self, $offset) = @_;

	open my $file, '>', "$self->{file}.new" or die $!;
	print {$file} "$offset\n";
	close $file or die $!;
	rename "$self->{file}.new", $self->{file} or die $!;
	return;
}

# Runs the code, and what it starts, by this clock.
sub around
{
	my ($self, $code, %opts) = @_;
	local @ENV{qw(LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC)} =
	  ($library, $self->{file}, 1, $opts{rested} ? 0 : 1);

	$code->();
	return;
}

sub start
{
	my ($self, %opts) = @_;

	$self->around(sub { $self->{node}->start }, %opts);
	return;
}

sub restart
{
	my ($self, %opts) = @_;

	$self->{node}->stop($opts{mode} // 'fast');
	$self->lose if $opts{lost};
	$self->boot if $opts{booted};
	$self->set($opts{at}) if $opts{at};
	$self->start(%opts);
	return;
}

# What the server kept of its clock is of another start of the machine.
sub boot
{
	my ($self) = @_;

	open my $file, '+<:raw', $self->{node}->data_dir . '/billing_marks/clock' or die $!;
	seek $file, 4, 0 or die $!; # behind the magic number
	print {$file} 'another' or die $!;
	close $file or die $!;
	return;
}

# What the server kept of its clock is not there: its data are on another machine.
sub lose
{
	my ($self) = @_;

	unlink $self->{node}->data_dir . '/billing_marks/clock' or die "nothing was kept: $!";
	return;
}

1;
