# Meters at a steady rate for minutes, and watches the settler: prints a line per 10 s, and at the end of all
#
#   worst_lag_ms APPENDED SETTLER_MB_EARLY SETTLER_MB_LATE BACKENDS_MB_EARLY BACKENDS_MB_LATE
#
# memory of its own: at a sixth of the time, when all has been done once, and at the end; of the backends, the largest one's
#
#   soak.pl SECONDS EVENTS_PER_SECOND ROWS_PER_COPY ACCOUNTS
#
# In the middle third a transaction stands open that reads (REPEATABLE READ) and so keeps vacuum from what is
# settled; half-way there is a checkpoint.
use strict;
use warnings;
use DBI;
use Time::HiRes qw(sleep time);

use constant { LOOK_S => 0.2, LINE_S => 10, DRAIN_S => 120 };

my ($seconds, $rate, $rows, $accounts) = @ARGV;
my ($feeder, $watcher, $reader) =
  map { DBI->connect('dbi:Pg:', undef, undef, { RaiseError => 1, PrintError => 0, AutoCommit => 1 }) } 1 .. 3;
my $started = time;
my ($appended, $settled_before) = (0, settler()->{events_total});
my ($worst, $line_worst, $copy_worst) = (0, 0, 0);
my ($line_at, $line_appended, $line_settled) = ($started + LINE_S, 0, 0);
my ($reader_opened, $reader_closed, $checkpoint_pid, $marks) = (0, 0, undef, '');
my ($memory_early, $memory_late);

sub settler
{
	return $watcher->selectrow_hashref(
		"SELECT events_total, extract(epoch FROM greatest(settled_lag, clock_timestamp() - pending_since)) AS lag_s
		 FROM billing.settler()");
}

# Memory that a process has for itself, in MB: [the settler, the largest backend of a client].
sub memory
{
	return $watcher->selectrow_arrayref(
		"SELECT max(kb) FILTER (WHERE backend_type = 'billing settler') / 1024.0, max(kb) FILTER (WHERE backend_type = 'client backend') / 1024.0
		 FROM pg_stat_activity, LATERAL (SELECT substring(pg_read_file('/proc/' || pid || '/status', 0, 10000, true) FROM 'RssAnon:\\s*(\\d+)')::bigint AS kb) AS m
		 WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

sub append_batch
{
	my $began = time;
	my $text = '';
	for my $n ($appended + 1 .. $appended + $rows)
	{
		$text .= join("\t", 1 + int(rand $accounts), 1, "soak-$n", 'mimo-v2.5-pro',
			100 + int(rand 3900), 10 + int(rand 600), int(rand 2000), 0, '\N') . "\n";
	}
	$feeder->do('COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at) FROM STDIN');
	$feeder->pg_putcopydata($text);
	$feeder->pg_putcopyend;
	$appended += $rows;
	my $took = time - $began;
	$copy_worst = $took if $took > $copy_worst;
}

sub look
{
	my $state = settler();
	my $lag = $state->{lag_s} // 0;
	$line_worst = $lag if $lag > $line_worst;
	$worst = $lag if $lag > $worst;
	return $state->{events_total} - $settled_before;
}

sub print_line
{
	my ($settled) = @_;
	my $span = time - $line_at + LINE_S;
	my ($inbox) = $watcher->selectrow_array("SELECT pg_relation_size('billing_books.usage_inbox')");
	$memory_late = memory();
	$memory_early //= $memory_late if time > $started + $seconds / 6;
	printf "  %5d s %8d %9d %9d %7.2f %9.1f %10.0f %11.1f %12.1f  %s\n", time - $started + 0.5, ($appended - $line_appended) / $span,
	  ($settled - $line_settled) / $span, $appended - $settled, $line_worst, $inbox / 1048576, $copy_worst * 1000, @$memory_late, $marks;
	($line_appended, $line_settled, $line_at) = ($appended, $settled, time + LINE_S);
	($line_worst, $copy_worst) = (0, 0);
	$marks = $reader_opened && !$reader_closed ? 'a reader is open' : '';
}

sub disturb
{
	my $part = (time - $started) / $seconds;
	if (!$reader_opened && $part > 1 / 3)
	{
		$reader->do('BEGIN ISOLATION LEVEL REPEATABLE READ');
		$reader->selectrow_array('SELECT count(*) FROM billing_books.account');
		$reader_opened = 1;
		$marks .= ' a reader begins';
	}
	if (!$checkpoint_pid && $part > 1 / 2)
	{
		$checkpoint_pid = fork // die "fork: $!";
		exec 'psql', '-Xqc', 'CHECKPOINT' or die "psql: $!" if $checkpoint_pid == 0;
		$marks .= ', checkpoint';
	}
	if (!$reader_closed && $part > 2 / 3)
	{
		$reader->do('COMMIT');
		$reader_closed = 1;
		$marks .= ', it ends';
	}
}

$| = 1;
printf "  %7s %8s %9s %9s %7s %9s %10s %11s %12s\n", 'second', 'added/s', 'settled/s', 'backlog', 'lag, s', 'inbox, MB', 'append, ms',
  'settler, MB', 'backends, MB';
my $look_at = $started;
while (time < $started + $seconds)
{
	append_batch() while $appended < (time - $started) * $rate && time < $started + $seconds;
	my $settled = time >= $look_at ? look() : undef;
	if (defined $settled)
	{
		$look_at = time + LOOK_S;
		disturb();
		print_line($settled) if time >= $line_at;
	}
	sleep 0.01;
}
my $drain_until = time + DRAIN_S;
sleep LOOK_S while look() < $appended && time < $drain_until;
print_line(look());
waitpid $checkpoint_pid, 0 if $checkpoint_pid;
printf "%.0f %d %.1f %.1f %.1f %.1f\n", $worst * 1000, $appended, map { ($memory_early->[$_], $memory_late->[$_]) } 0, 1;
