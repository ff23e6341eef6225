# kill -9 of the whole server under load: what was acknowledged is there once, what was not is there
# once after a retry with the same ids, and the books agree (design 1.4). Half of the clients run with
# synchronous_commit = off: the booking functions flush nevertheless.
use strict;
use warnings;

use IO::Handle;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use BillingTest;

my $rounds = 4;
my $clients = 6;
my $load_seconds = 1;
my $accounts = 4;

# wal_writer_delay at its maximum: a commit that waited for the WAL writer's flush would be lost here.
my $node = billing_node('crash', conf => [ 'fsync = on', 'wal_writer_delay = 10s', 'wal_writer_flush_after = 0',
	'synchronous_commit = on', 'shared_buffers = 16MB', 'max_connections = 30', 'log_statement = none' ]);
my $logs = "$node->{_basedir}/acknowledged";
mkdir $logs or die "$logs: $!";
$node->safe_psql('postgres', <<"S");
SELECT billing.create_account(n, CASE WHEN n % 2 = 0 THEN 'cn' ELSE 'global' END) FROM generate_series(1, $accounts) AS n;
SELECT billing.create_api_key(n, 'load') FROM generate_series(1, $accounts) AS n;
SELECT billing.set_price('m', c, 3.5, 12.25, effective_from => now() - interval '1 day') FROM unnest('{CNY,USD}'::text[]) AS c;
S

# What a client calls; the id of the request is the one argument that varies.
sub sql_of
{
	my ($kind) = @_;
	return {
		charge => "SELECT status FROM billing.charge(\$1, 1, \$2, 'm', 700000, 20000)",
		payment => "SELECT status FROM billing.record_offline_payment(\$1, 0.01, \$2, \$2)",
		grant => "SELECT status FROM billing.grant_bonus(\$1, 0.5, \$2, timestamptz '2100-01-01')",
		adjust => "SELECT status FROM billing.adjust(\$1, -0.123456789, \$2)",
	}->{$kind};
}
my @kinds = qw(charge payment charge grant charge adjust);

# A client: books until the server dies. Writes "sent" before and "done" after each call, flushed to
# its file before the next one.
sub client
{
	my ($round, $number) = @_;
	open my $log, '>>', "$logs/$round.$number" or die $!;
	$log->autoflush(1);
	my $dbh = connect_dbi($node);
	$dbh->do('SET synchronous_commit = off') if $number % 2;
	for (my $i = 1;; $i++)
	{
		my $kind = $kinds[ $i % @kinds ];
		my $account = 1 + ($i + $number) % $accounts;
		my $id = "$kind-$round-$number-$i";
		print $log "sent $kind $account $id\n";
		my $done = eval { $dbh->selectrow_array($dbh->prepare_cached(sql_of($kind)), undef, $account, $id) };
		last if !defined $done;
		print $log "done $kind $account $id\n";
	}
	return;
}

# Every process of the server, so that nobody flushes or tidies anything.
sub kill_server
{
	my $postmaster = $node->{_pid};
	my @children = split ' ', `pgrep -P $postmaster`;
	kill 'STOP', $postmaster;
	kill 'KILL', @children;
	kill 'KILL', $postmaster;
	for (1 .. 300)
	{
		last if !grep { is_alive($_) } $postmaster, @children;
		sleep 0.02;
	}
	# Where nobody buries it soon, a dead postmaster would keep the next one from starting.
	for (1 .. 100)
	{
		last if !kill 0, $postmaster;
		sleep 0.02;
	}
	unlink $node->data_dir . '/postmaster.pid' if kill 0, $postmaster;
	$node->{_pid} = undef;
	return scalar @children;
}

sub is_alive
{
	my ($pid) = @_;
	open my $stat, '<', "/proc/$pid/stat" or return 0;
	return (<$stat> // '') !~ /\) [ZX] /;
}

sub run_load
{
	my ($round) = @_;
	my @pids;
	for my $number (1 .. $clients)
	{
		my $pid = fork // die "fork: $!";
		if (!$pid)
		{
			eval { client($round, $number) };
			POSIX::_exit(0);    # not through the parent's END blocks
		}
		push @pids, $pid;
	}
	sleep $load_seconds;
	my $children = kill_server();
	waitpid $_, 0 for @pids;
	return $children;
}

# What the clients of a round sent, and what was acknowledged of it.
sub read_logs
{
	my ($round) = @_;
	my (%sent, %done);
	for my $file (glob "$logs/$round.*")
	{
		open my $log, '<', $file or die $!;
		while (<$log>)
		{
			# A line cut short cannot be: one write each, and the clients were not killed.
			my ($what, $kind, $account, $id) = split;
			($what eq 'sent' ? \%sent : \%done)->{$id} = [ $kind, $account ];
		}
	}
	return (\%sent, \%done);
}

# How often each id of a round stands in the books.
sub times_booked
{
	my ($round) = @_;
	my %times;
	for my $line (split /\n/, $node->safe_psql('postgres', <<"S"))
SELECT id, count(*) FROM (
  SELECT u.request_id AS id FROM billing.usage_event AS u JOIN billing.ledger_entry AS e ON e.account_id = u.account_id
    AND e.entry_no = u.first_entry_no AND u.status = 'charged'
  UNION ALL SELECT p.transaction_id FROM billing.payment AS p JOIN billing.ledger_entry AS e ON e.account_id = p.account_id
    AND e.source_type = 'payment' AND e.debit = 'gateway' AND e.source_id = p.payment_id
  UNION ALL SELECT c.idempotency_key FROM billing.idempotent_call AS c JOIN billing.ledger_entry AS e ON e.account_id = c.account_id
    AND c.function = 'grant_bonus' AND e.source_type = 'grant' AND e.debit = 'promotion' AND e.lot_no = (c.result ->> 'lot_no')::bigint
  UNION ALL SELECT c.idempotency_key FROM billing.idempotent_call AS c WHERE c.function = 'adjust' AND EXISTS (
    SELECT FROM billing.ledger_entry AS e WHERE e.account_id = c.account_id AND e.source_type = 'adjustment' AND e.source_id = (c.result ->> 'id')::bigint)
  ) AS x WHERE id ~ '^[a-z]+-$round-' GROUP BY id
S
	{
		my ($id, $count) = split /\|/, $line;
		$times{$id} = $count;
	}
	return \%times;
}

for my $round (1 .. $rounds)
{
	my $children = run_load($round);
	cmp_ok($children, '>=', $clients, "round $round: the server and its children were killed under load");
	$node->start;

	my ($sent, $done) = read_logs($round);
	my $times = times_booked($round);
	note(sprintf 'round %d: %d sent, %d acknowledged, %d booked', $round, scalar keys %$sent, scalar keys %$done, scalar keys %$times);
	cmp_ok(scalar keys %$done, '>', 50, "round $round: there was a load");
	is_deeply([ grep { ($times->{$_} // 0) != 1 } sort keys %$done ], [], "round $round: every acknowledged call is there once");
	is_deeply([ grep { !$sent->{$_} || $times->{$_} != 1 } sort keys %$times ], [], "round $round: nothing else is there, nothing twice");
	verify_empty($node, "round $round: verify() is empty after the crash");

	# A caller who got no answer asks again with the same id; so may one who got it.
	my $dbh = connect_dbi($node);
	for my $id (sort grep { !$done->{$_} } keys %$sent)
	{
		my ($kind, $account) = @{ $sent->{$id} };
		my ($status) = $dbh->selectrow_array($dbh->prepare_cached(sql_of($kind)), undef, $account, $id);
		my $expected = !$times->{$id} ? qr/^(charged|booked)$/ : $kind eq 'charge' ? qr/^duplicate$/ : qr/^booked$/;
		like($status, $expected, "round $round: $kind without an answer, called again");
	}
	my ($acknowledged) = grep { /^charge/ } sort keys %$done;
	is($dbh->selectrow_array(sql_of('charge'), undef, $done->{$acknowledged}[1], $acknowledged), 'duplicate', "round $round: an acknowledged charge is a duplicate");
	$times = times_booked($round);
	is_deeply([ grep { ($times->{$_} // 0) != 1 } sort keys %$sent ], [], "round $round: in the end every call is there once");
	verify_empty($node, "round $round: verify() is empty after the retries");
}

done_testing();
