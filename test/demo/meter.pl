# What a fast gateway does: it works through its requests in batches, asks authorize() for the customers
# of a batch, and appends the usage of those who may call to usage_inbox, a COPY for each batch.
#
#   meter.pl CONNECTIONS BATCHES ROWS_PER_BATCH SECONDS
#
# Batches are due at an even pace. Connection c takes batches c, c + CONNECTIONS, ... Things go wrong as they do:
# every 25th batch is sent twice, as if the answer to its first COPY had been lost; with it some requests that
# charge() has charged already are reported once more; and every 5th batch has a row that nobody can bill.
use strict;
use warnings;
use DBI;
use Time::HiRes qw(sleep time);

my ($connections, $batches, $rows, $seconds) = @ARGV;
my $started = time;

# A request is a row of demo.ask(), in this order; what stands behind p and allowed goes into the inbox.
my ($P, $ALLOWED, $ACCOUNT, $KEY, $REQUEST, $MODEL, $INPUT, $OUTPUT, $OCCURRED) = 0 .. 8;
my @broken = (
	sub { $_[0][$KEY] = 99 },
	sub { $_[0][$ACCOUNT] = 999_999_999 },
	sub { $_[0][$INPUT] = -5 },
	sub { $_[0][$REQUEST] = ' ' },
	sub { $_[0][$MODEL] = '\N' },
	sub { $_[0][$OCCURRED] = '2099-01-01' },
	sub { my ($row, $other) = @_; @$row[ $ACCOUNT, $KEY, $REQUEST ] = @$other[ $ACCOUNT, $KEY, $REQUEST ] });

sub copy_line
{
	my ($row) = @_;
	return join("\t", @$row[ $ACCOUNT .. $OUTPUT ], 0, 0, $row->[$OCCURRED]) . "\n";
}

# The usage and the gateway's note about it commit together.
sub send_batch
{
	my ($db, $lines, $note) = @_;
	$db->begin_work;
	$db->do('COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at) FROM STDIN');
	$db->pg_putcopydata(join '', @$lines);
	$db->pg_putcopyend;
	$db->do(
		'INSERT INTO demo.batch (batch_no, sending, first_p, last_p, asked, asked_at, refused, rows, repeated, broken)
		 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', undef, @$note{qw(batch_no sending first_p last_p asked asked_at refused)},
		scalar @$lines, $note->{repeated}, $note->{broken});
	$db->commit;
}

sub run_connection
{
	my ($connection) = @_;
	my $db = DBI->connect('dbi:Pg:', 'gateway', undef, { RaiseError => 1, PrintError => 0, AutoCommit => 1 });
	my $next = $db->prepare('SELECT * FROM demo.ask(?, ?)');
	my $charged = $db->selectall_arrayref('SELECT * FROM demo.charged ORDER BY p');

	for (my $no = $connection; $no < $batches; $no += $connections)
	{
		my $early = $started + $no * $seconds / $batches - time;
		my (@lines, @refused, %asked);

		sleep $early if $early > 0;
		$next->execute($no * $rows, $no * $rows + $rows - 1);
		my $requests = $next->fetchall_arrayref;
		for my $row (@$requests)
		{
			$asked{ $row->[$ACCOUNT] } = 1;
			if ($row->[$ALLOWED]) { push @lines, copy_line($row) }
			else { push @refused, $row->[$P] }
		}
		my $note = {
			batch_no => $no, sending => 1, first_p => $requests->[0][$P], last_p => $requests->[-1][$P],
			asked => scalar keys %asked, asked_at => $requests->[0][$OCCURRED], refused => \@refused,
			repeated => 0, broken => 0 };
		my @again = @lines;
		if ($no % 5 == 0)
		{
			my @row = @{ $requests->[0] };
			$row[$REQUEST] = "broken-$no";
			$broken[ ($no / 5) % @broken ]->(\@row, $charged->[ $no % @$charged ]);
			push @lines, copy_line(\@row);
			$note->{broken} = 1;
		}
		send_batch($db, \@lines, $note);
		next if $no % 25 != 10;
		push @again, copy_line($charged->[ ($no * 20 + $_) % @$charged ]) for 1 .. 20;
		send_batch($db, \@again,
			{ %$note, sending => 2, asked => 0, refused => [], repeated => scalar @again, broken => 0 });
	}
	$db->disconnect;
}

my @children;
for my $connection (0 .. $connections - 1)
{
	my $child = fork // die "fork: $!";
	if ($child == 0) { run_connection($connection); exit 0 }
	push @children, $child;
}
$SIG{TERM} = sub { kill 'TERM', @children; exit 1 };
my $failed = 0;
for my $child (@children)
{
	waitpid $child, 0;
	$failed = 1 if $?;
}
exit $failed;
