# A bill of a million payments in one run, and one of a tenth of it before: nobody's memory grows with the bill, and it is done in
# minutes. What a statement may take is work_mem, which is so little here that both runs reach it. The payments are in the books,
# but for a few that are asked for and that nobody knows. ROWS.
use strict;
use warnings;

use DBD::Pg;
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

use BillingTest;
use Simulators;

my $rows = $ENV{ROWS} // 1_000_000;
my $grows_mb = 4;
my $sim = Simulators->new;
my $node = billing_node('bill', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'", 'fsync = off', 'work_mem = 512kB', 'max_wal_size = 8GB', 'log_statement = none' ]);
my $dbh = connect_dbi($node);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }

# What a process has of its own, beside what all share, in kB: now (RssAnon), of which the most is kept.
sub own_kb { my ($pid) = @_; open my $in, '<', "/proc/$pid/status" or return 0; my ($kb) = map { /^RssAnon:\s+(\d+)/ ? $1 : () } <$in>; return $kb // 0 }
sub pids { my $worker = value('SELECT pid FROM pg_stat_activity WHERE backend_type = \'billing gateway\''); my ($caller) = $worker ? split ' ', `pgrep -P $worker` : (); return (worker => $worker // 0, caller => $caller // 0) }

# Payments of a day as the simulator makes them up; nobody's, so that no account is as large.
sub pay_all
{
	my ($day, $count) = @_;
	(my $prefix = $day) =~ s/-//g;
	$dbh->do('INSERT INTO billing_books.payment (account_id, payment_id, gateway, transaction_id, state, currency, amount, payer_amount, reason, paid_at, recorded_at, actor)
		SELECT account_id, $1::bigint + n, \'wechat\', $2::text || \'220000000000\' || lpad(n::text, 8, \'0\'), \'dismissed\', \'CNY\', (100 + (n - 1) % 900) / 100.0, (100 + (n - 1) % 900) / 100.0, \'unknown_order\',
			($3::text || \' 00:00+08\')::timestamptz + (n - 1) * interval \'1 day\' / $4::int, a.last_booked_at, \'soak\' FROM billing_books.account AS a, generate_series(1, $4::int) AS n WHERE a.account_id = 1', undef, substr($prefix, 2) * 10_000_000, $prefix, $day, $count);
	$dbh->do('INSERT INTO billing_books.payment_claim SELECT gateway, transaction_id, 1, account_id, payment_id FROM billing_books.payment AS p WHERE NOT EXISTS (SELECT FROM billing_books.payment_claim AS c WHERE c.account_id = p.account_id AND c.payment_id = p.payment_id)');
	# Only an operator dismisses a payment: he was answered, and it is in the audit log.
	$dbh->do('INSERT INTO billing_books.idempotent_call (account_id, idempotency_key, function, arguments_hash, recorded_at, result)
		SELECT account_id, \'dismiss \' || payment_id, \'resolve_payment\', sha256(payment_id::text::bytea), recorded_at, jsonb_build_object(\'id\', payment_id) FROM billing_books.payment
		ON CONFLICT DO NOTHING');
	$dbh->do('INSERT INTO billing_books.audit_log (recorded_at, account_id, action, object, new_value, actor, session_user_name)
		SELECT recorded_at, account_id, \'resolve_payment\', \'payment \' || payment_id, \'dismiss\', actor, session_user FROM billing_books.payment AS p
		WHERE NOT EXISTS (SELECT FROM billing_books.audit_log AS a WHERE a.account_id = p.account_id AND a.object = \'payment \' || p.payment_id)');
	$dbh->do("ANALYZE billing_books.$_") for qw(payment payment_claim idempotent_call audit_log);
	return;
}

# A run of a day, to its end: its seconds, and the most memory of each process.
sub reconcile
{
	my ($day, $count) = @_;
	$sim->control(bill_rows => { gateway => 'wechat', day => $day, count => $count + 3 }); # three that nobody paid
	pay_all($day, $count);
	my $began = time;
	my (%when, %most) = ();
	%most = (worker => 0, caller => 0);
	value('SELECT run FROM billing.reconcile(\'wechat\', $1::date)', $day);
	my $done = wait_until(3600, sub {
		my $state = value('SELECT state FROM billing_books.reconciliation WHERE day = $1::date', $day);
		my %pid = pids();
		for my $who (keys %pid)
		{
			my $kb = own_kb($pid{$who});
			$most{$who} = $kb if $kb > $most{$who};
			$when{$who}{$state} = $kb if $kb > ($when{$who}{$state} // 0);
		}
		sleep 0.1;
		return $state =~ /done|failed/;
	});
	# A payment is a row of the bill of trades, and two of that of funds: with its fee.
	is(value('SELECT state || \' \' || rows FROM billing_books.reconciliation WHERE day = $1::date', $day), 'done ' . 3 * ($count + 3), sprintf('%d payments are compared in %.0f s; the worker had %d kB, billing-caller %d kB', $count, time - $began, @most{qw(worker caller)}))
	  or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.reconciliation', { Slice => {} })));
	is(value('SELECT string_agg(DISTINCT concat_ws(\' \', class, state), \', \') || \': \' || count(*) FROM billing_books.reconciliation_difference WHERE day = $1::date', $day), 'state open: 3', 'what nobody paid is found, and nothing else');
	return { %most, when => \%when };
}

my ($first, $second) = map { strftime('%Y-%m-%d', gmtime(time + 8 * 3600 - $_ * 86400)) } 3, 2;
$dbh->do($_) for (q(SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit')), q(SELECT billing.create_account(1, 'cn')), q(SELECT billing.arm()));
$sim->control(settings => { gateway => 'wechat', bills => 'at_once' });
my $small = reconcile($first, $rows / 10);
my $large = reconcile($second, $rows);
for my $who (qw(worker caller))
{
	cmp_ok($small->{$who}, '>', 0, "the memory of the $who is measured");
	cmp_ok($large->{$who} - $small->{$who}, '<', 1024 * $grows_mb, "and is as much for ten times the rows, to $grows_mb MB")
	  or diag(explain($small->{when}{$who}, $large->{when}{$who}));
}
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop;
$sim->stop;
done_testing();
