# kill -9 of the whole server, and of the settler alone, under load: what was acknowledged is there once,
# what was not is there once after a retry with the same ids, and the books agree (design 1.4). Half of
# the clients run with synchronous_commit = off: what is booked or metered is flushed nevertheless.
use strict;
use warnings;

use IO::Handle;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use BillingTest;

my $clients = 6;
my $load_seconds = 0.8;
my $accounts = 4;
my $rows_per_copy = 5;

# What the clients of a round do, and who is killed.
my @everything = qw(charge meter payment copy charge again grant insert meter charge again adjust);
my @rounds = (
	{ calls => \@everything, kill => 'server' },
	{ calls => \@everything, kill => 'server' },
	# Nobody flushes anything but the rows of the inbox: the settler pauses.
	{ calls => [qw(meter copy meter insert)], kill => 'server', async => 1 },
	{ calls => \@everything, kill => 'settler' },
);

# wal_writer_delay at its maximum: a commit that waited for the WAL writer's flush would be lost here.
my $node = billing_node('crash', preload => 'billing', conf => [ 'fsync = on', 'wal_writer_delay = 10s', 'wal_writer_flush_after = 0',
	'synchronous_commit = on', 'shared_buffers = 16MB', 'max_connections = 30', 'log_statement = none', 'restart_after_crash = on',
	"billing.databases = 'postgres'" ]);
my @seals;    # of each round, as an auditor keeps them
my $logs = "$node->{_basedir}/acknowledged";
mkdir $logs or die "$logs: $!";
$node->safe_psql('postgres', <<"S");
SELECT billing.create_account(n, CASE WHEN n % 2 = 0 THEN 'cn' ELSE 'global' END) FROM generate_series(1, $accounts) AS n;
SELECT billing.create_api_key(n, 'load') FROM generate_series(1, $accounts) AS n;
SELECT billing.set_price('m', c, 3.5, 12.25, effective_from => now() - interval '1 day') FROM unnest('{CNY,USD}'::text[]) AS c;
S

# What a client calls; the id of the request is the one argument that varies. Usage is always the same,
# so that whatever was metered can be charged, too.
my %calls = (
	charge => "SELECT status FROM billing.charge(\$1, 1, \$2, 'm', 700000, 20000)",
	meter => "SELECT billing.meter(\$1, 1, \$2, 'm', 700000, 20000)",
	insert => "INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (\$1, 1, \$2, 'm', 700000, 20000) RETURNING request_id",
	payment => "SELECT status FROM billing.record_offline_payment(\$1, 0.01, \$2, \$2)",
	grant => "SELECT status FROM billing.grant_bonus(\$1, 0.5, \$2, timestamptz '2100-01-01')",
	adjust => "SELECT status FROM billing.adjust(\$1, -0.123456789, \$2)",
);

# Returns what the call returned; undef where the server died.
sub call
{
	my ($dbh, $kind, $account, @ids) = @_;
	return eval { $dbh->selectrow_array($dbh->prepare_cached($calls{$kind}), undef, $account, $ids[0]) } if $kind ne 'copy';
	return eval {
		$dbh->do('COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at) FROM STDIN');
		$dbh->pg_putcopydata(join("\t", $account, 1, $_, 'm', 700000, 20000, 0, 0, '\N') . "\n") for @ids;
		$dbh->pg_putcopyend && 'copied';
	};
}

# A client: books and meters until the server dies. Writes "sent" before and "done" after each call,
# flushed to its file before the next one. "again" charges what was metered a moment ago: the settler
# and charge() are at the same request.
sub client
{
	my ($round, $number) = @_;
	my @kinds = @{ $rounds[$round]{calls} };
	my @metered;
	open my $log, '>>', "$logs/$round.$number" or die $!;
	$log->autoflush(1);
	my $dbh = connect_dbi($node);
	$dbh->do('SET synchronous_commit = off') if $number % 2 || $rounds[$round]{async};
	for (my $i = 1;; $i++)
	{
		my $kind = $kinds[ $i % @kinds ];
		my $account = 1 + ($i + $number) % $accounts;
		my @ids = map { "$kind-$round-$number-$i" . ($kind eq 'copy' ? "-$_" : '') } 1 .. ($kind eq 'copy' ? $rows_per_copy : 1);
		if ($kind eq 'again')
		{
			next if !@metered;
			($kind, $account, @ids) = ('charge', @{ $metered[ rand @metered ] });
		}
		print $log map { "sent $kind $account $_\n" } @ids;
		last if !defined call($dbh, $kind, $account, @ids);
		print $log map { "done $kind $account $_\n" } @ids;
		@metered = (@metered > 20 ? @metered[ 1 .. $#metered ] : @metered, [ $account, $ids[-1] ]) if $kind =~ /^(meter|copy|insert)$/;
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

# Kills while the settler is at work, if it is soon.
sub kill_somebody
{
	my ($whom, $async) = @_;
	my $dbh = connect_dbi($node);
	my $pid = $async ? undef : wait_until(2, sub { return scalar $dbh->selectrow_array("SELECT pid FROM pg_stat_activity WHERE backend_type = 'billing settler' AND state = 'active' AND query = 'billing: settling'") });
	return (kill_server(), $pid) if $whom eq 'server';
	$pid //= settler($dbh)->{pid};
	kill 'KILL', $pid;
	# The postmaster ends all others and starts anew.
	wait_until(30, sub { return !eval { $dbh->ping } });
	wait_until(30, sub { return eval { connect_dbi($node) } });
	return ($clients, $pid);
}

sub run_load
{
	my ($round) = @_;
	my @pids;
	$node->safe_psql('postgres', "SELECT billing.pause_workers('1 hour')") if $rounds[$round]{async};
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
	my @killed = kill_somebody(@{ $rounds[$round] }{qw(kill async)});
	waitpid $_, 0 for @pids;
	return @killed;
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
  SELECT u.request_id AS id FROM billing_books.usage_event AS u JOIN billing_books.ledger_entry AS e ON e.account_id = u.account_id
    AND e.entry_no = u.first_entry_no AND u.status = 'charged'
  UNION ALL SELECT p.transaction_id FROM billing_books.payment AS p JOIN billing_books.ledger_entry AS e ON e.account_id = p.account_id
    AND e.source_type = 'payment' AND e.debit = 'gateway' AND e.source_id = p.payment_id
  UNION ALL SELECT c.idempotency_key FROM billing_books.idempotent_call AS c JOIN billing_books.ledger_entry AS e ON e.account_id = c.account_id
    AND c.function = 'grant_bonus' AND e.source_type = 'grant' AND e.debit = 'promotion' AND e.lot_no = (c.result ->> 'lot_no')::bigint
  UNION ALL SELECT c.idempotency_key FROM billing_books.idempotent_call AS c WHERE c.function = 'adjust' AND EXISTS (
    SELECT FROM billing_books.ledger_entry AS e WHERE e.account_id = c.account_id AND e.source_type = 'adjustment' AND e.source_id = (c.result ->> 'id')::bigint)
  ) AS x WHERE id ~ '^[a-z]+-$round-' GROUP BY id
S
	{
		my ($id, $count) = split /\|/, $line;
		$times{$id} = $count;
	}
	return \%times;
}

sub differ_from_once
{
	my ($times, @ids) = @_;
	return [ grep { ($times->{$_} // 0) != 1 } sort @ids ];
}

for my $round (0 .. $#rounds)
{
	my $name = sprintf 'round %d, kill -9 of the %s', $round + 1, $rounds[$round]{kill};
	my ($children, $settler) = run_load($round);
	cmp_ok($children, '>=', $clients, "$name: under load");
	$node->start if $rounds[$round]{kill} eq 'server';

	my $dbh = connect_dbi($node);
	my ($sent, $done) = read_logs($round);
	my ($unsettled) = $dbh->selectrow_array('SELECT count(*) FROM billing_books.usage_inbox');
	all_settled($dbh, "$name: what was in the inbox is settled");
	my $times = times_booked($round);
	note(sprintf '%s%s: %d sent, %d acknowledged, %d booked, %d of them unsettled at the start', $name, $settler ? ' at work' : '',
		scalar keys %$sent, scalar keys %$done, scalar keys %$times, $unsettled);
	cmp_ok(scalar keys %$done, '>', 50, "$name: there was a load");
	is_deeply(differ_from_once($times, keys %$done), [], "$name: every acknowledged call is there once");
	is_deeply([ grep { !$sent->{$_} || $times->{$_} != 1 } sort keys %$times ], [], "$name: nothing else is there, nothing twice");
	verify_empty($node, "$name: verify() is empty after the crash");

	# A caller who got no answer asks again with the same id; so may one who got it, by another way, too.
	my @expected = grep { !$done->{$_} } sort keys %$sent;
	for my $id (@expected)
	{
		my ($kind, $account) = @{ $sent->{$id} };
		my $status = call($dbh, $kind, $account, $id);
		my $expected = $kind =~ /^(meter|insert|copy)$/ ? qr/^(accepted|copied|\Q$id\E)$/
		  : !$times->{$id} ? qr/^(charged|booked)$/ : $kind eq 'charge' ? qr/^duplicate$/ : qr/^booked$/;
		like($status, $expected, "$name: $kind without an answer, called again");
	}
	for my $kind (qw(charge meter insert copy))
	{
		my ($id) = grep { /^$kind/ } sort keys %$done or next;
		is(call($dbh, 'charge', $done->{$id}[1], $id), 'duplicate', "$name: charge() of an acknowledged $kind is a duplicate");
		call($dbh, 'copy', $done->{$id}[1], $id, $id);
	}
	all_settled($dbh, "$name: the retries are settled");
	$times = times_booked($round);
	is_deeply(differ_from_once($times, keys %$sent), [], "$name: in the end every call is there once");
	is(scalar keys %$times, scalar keys %$sent, "$name: and nothing else");
	is($dbh->selectrow_array('SELECT count(*) FROM billing_books.usage_set_aside'), 0, "$name: nothing was set aside");
	verify_empty($node, "$name: verify() is empty after the retries");
	push @seals, $node->safe_psql('postgres', 'SELECT seal_no FROM billing.seal_books(); SELECT billing.export_seal()') =~ s/^\d+\n//r;
}
is($node->safe_psql('postgres', "SELECT * FROM billing.verify_seal(\$s\$$_\$s\$)"), '', 'in the end the seal of each round holds') for @seals;

done_testing();
