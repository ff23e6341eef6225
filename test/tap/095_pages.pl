# Pages: a list that is read while others write it has each row that was there once, and none twice; what docs/integrating.md shows of
# them runs; and a cursor that somebody made up reads his account from elsewhere, or is refused.
use strict;
use warnings;

use FindBin;
use POSIX ();
use Test::More;

use BillingTest;

my $node = billing_node('pages', conf => ['fsync = off']);
my $dbh = connect_dbi($node);

# The books are an hour old: one of those who write below has a clock that is behind.
$dbh->do(q{SET billing.clock_offset = '-1 h'});
$dbh->do(q{SELECT billing.create_account(42, 'cn', 'pages@example.com'), billing.create_account(43, 'cn')});
$dbh->do(q{SELECT billing.create_api_key(42, 'key')});
$dbh->do(q{SELECT billing.set_price('m', 'CNY', 1, 1)});
$dbh->do(q{SELECT billing.charge(42, 1, 'first ' || n, 'm', 1, 0) FROM generate_series(1, 50) AS n});
$dbh->do('RESET billing.clock_offset');

# ---- writers beside a reader ------------------------------------------------------

# One charges; one settles batches; one makes keys; one charges by a clock that is behind, so that many rows have one instant.
my %writers = (
	charge => [q{SELECT billing.charge(42, 1, 'charge %d', 'm', 1, 0)}],
	batch => [q{INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens)
		SELECT 42, 1, format('batch %%s of %d', n), 'm', 1, 0 FROM generate_series(1, 20) AS n}, q{SELECT billing.settle() -- %d}],
	key => [q{SELECT billing.create_api_key(42, 'key %d')}],
	behind => [q{SET billing.clock_offset = '-10 min' -- %d}, q{SELECT billing.charge(42, 1, 'behind %d', 'm', 1, 0)}],
);
my @children;
for my $name (sort keys %writers) {
	my $child = fork // die "no child: $!";
	if ($child) {
		push @children, $child;
		next;
	}
	$dbh->{InactiveDestroy} = 1;
	my $own = connect_dbi($node);
	for my $round (1 .. 150) {
		$own->do(sprintf $_, $round) for @{ $writers{$name} };
	}
	$own->disconnect;
	POSIX::_exit(0);
}

# A list from its beginning to its end: how often each row of it is shown.
sub walk
{
	my ($list, $column, $rows) = @_;
	my ($cursor, %times);
	do {
		my $page = $dbh->selectall_arrayref("SELECT $column, next_cursor FROM billing.$list(42, ?, ?)", undef, $cursor, $rows);
		$times{ $_->[0] }++ for grep { defined $_->[0] } @$page;
		$cursor = @$page ? $page->[-1][1] : undef;
	} while defined $cursor;
	return \%times;
}

my %lists = (
	list_usage => [ 'request_id', 'usage_event' ],
	list_statement => [ 'entry_no', 'ledger_entry' ],
	list_api_keys => [ 'key_id', 'api_key' ],
	list_notifications => [ 'notification_no', 'notification' ],
);
my (%lost, %twice, @ends);
my ($grew, $round) = (0, 0);
while (@ends < @children) {
	push @ends, map { waitpid($_, POSIX::WNOHANG) == $_ ? $? : () } @children;
	$round++;
	for my $list (sort keys %lists) {
		my ($column, $table) = @{ $lists{$list} };
		my $before = $dbh->selectcol_arrayref("SELECT $column FROM billing_books.$table WHERE account_id = 42");
		my $times = walk($list, $column, 7 * (1 + $round % 12));
		$lost{$list} += grep { !$times->{$_} } @$before;
		$twice{$list} += grep { $_ > 1 } values %$times;
		$grew += $dbh->selectrow_array("SELECT count(*) FROM billing_books.$table WHERE account_id = 42") - @$before;
	}
}
is("@ends", '0 0 0 0', 'the writers wrote');
cmp_ok($grew, '>', 0, "the lists grew while they were read (by $grew rows)");
for my $list (sort keys %lists) {
	is($lost{$list}, 0, "$list: none is left out");
	is($twice{$list}, 0, "$list: none is shown twice");
}
my $ties = $dbh->selectrow_array(q{SELECT max(n) FROM (SELECT count(*) AS n FROM billing_books.usage_event WHERE account_id = 42 GROUP BY recorded_at) AS t});
cmp_ok($ties, '>', 20, "many requests have one instant ($ties)");
is(join(', ', map { scalar keys %{ walk('list_usage', 'request_id', $_) } } 1000, 100, 33), join(', ', (50 + 150 + 20 * 150 + 150) x 3), 'all are listed, whatever the pages');

# ---- what the guide shows -----------------------------------------------------------

open my $guide, '<', "$FindBin::Bin/../../docs/integrating.md" or die "docs/integrating.md: $!";
my $text = do { local $/; <$guide> };
my ($section) = $text =~ /^## Pages\n(.*?)^## /ms;
my @examples = map { split /;[^\n]*\n/ } $section =~ /^```sql\n(.*?)^```/msg;
cmp_ok(scalar @examples, '>=', 5, 'the guide has examples');
ok(eval { $dbh->selectall_arrayref($_); 1 }, "it runs: $_") or diag $@ for @examples;

# ---- cursors that somebody made up ---------------------------------------------------

sub crc32
{
	my ($bytes) = @_;
	my $crc = 0xFFFFFFFF;
	for my $byte (unpack 'C*', $bytes) {
		$crc ^= $byte;
		$crc = ($crc >> 1) ^ (0xEDB88320 & -($crc & 1)) & 0xFFFFFFFF for 1 .. 8;
	}
	return $crc ^ 0xFFFFFFFF;
}

sub forge
{
	my ($list, @numbers) = @_;
	my $bytes = pack 'Nq>4', $list, @numbers;
	my $bits = unpack 'B*', $bytes . pack('N', crc32($bytes));
	return join '', map { substr '0123456789abcdefghjkmnpqrstvwxyz', oct "0b$_", 1 } $bits =~ /(.{5})/g;
}

my @calls = qw(list_api_keys list_usage list_statement list_orders list_balance_alerts list_notifications);
my @extremes = ('-9223372036854775808', -9223372036854775807, -211813488000000001, -1, 0, 1, 9223371331200000000, 9223372036854775806, 9223372036854775807);
my %states;
for my $n (1 .. @calls) {
	for my $first (@extremes) {
		for my $others (@extremes) {
			my $forged = forge($n, 42, $first, $others, $others);
			$states{ eval { $dbh->selectall_arrayref("SELECT * FROM billing.$calls[$n - 1](42, ?)", undef, $forged); 1 } ? 'read' : $dbh->state }++;
			$states{ eval { $dbh->selectall_arrayref("SELECT * FROM billing.$calls[$n - 1](43, ?)", undef, $forged); 1 } ? 'read' : $dbh->state }++;
		}
	}
	my $others = forge($n % @calls + 1, 42, 1, 1, 1);
	ok(!eval { $dbh->selectall_arrayref("SELECT * FROM billing.$calls[$n - 1](42, ?)", undef, $others); 1 } && $dbh->state eq 'LB113', "$calls[$n - 1]: not behind a cursor of another call");
}
is_deeply(\%states, { read => 6 * 81, LB113 => 6 * 81 }, 'of the same account read, of another refused; nothing else becomes of it');
is($dbh->selectrow_array('SELECT count(*) FROM billing.verify()'), 0, 'verify() finds nothing');

done_testing();
