# A settler that crashes takes the server with it. It starts later each time, tries what it worked on account by account,
# and parks the one at which it crashes again; all others are settled. What another process's crash ends is no crash of its own.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use BillingTest;

my $node = billing_node('parking', preload => 'billing', conf => [ "billing.databases = 'postgres'", 'restart_after_crash = on', 'fsync = off' ]);
my $dbh;
my $at = "backend_type = 'billing settler'";

# A handle whose session goes down with the server.
my @dead;
sub dying_handle
{
	my $handle = connect_dbi($node);
	$handle->{InactiveDestroy} = 1;
	push @dead, $handle;
	return $handle;
}

# Statements on a connection that is made anew when the server has been down.
sub again
{
	my ($code) = @_;
	return wait_until(30, sub {
		$dbh = undef if $dbh && !eval { $dbh->do('SELECT 1') };
		$dbh //= eval { dying_handle() } or return;
		return eval { $code->() };
	});
}
sub run { my ($sql) = @_; return again(sub { $dbh->do($sql); 1 }) }
sub value { my ($sql) = @_; my $value; again(sub { $value = $dbh->selectrow_array($sql); 1 }); return $value }

# The settler's pid once it waits in that way.
sub settler_that { my ($wait) = @_; return again(sub { scalar $dbh->selectrow_array("SELECT pid FROM pg_stat_activity WHERE $at AND $wait") }) }

# Crashes a process, and returns how long the settler takes to start again; 0 where it does not.
sub crash
{
	my ($pid, $wait) = @_;
	my $began = time;
	kill 'SEGV', $pid;
	wait_until(10, sub { !eval { $dbh->do('SELECT 1') } });
	my $up = value('SELECT extract(epoch FROM clock_timestamp())');
	my $started = $wait // 1 ? again(sub { scalar $dbh->selectrow_array("SELECT extract(epoch FROM backend_start) FROM pg_stat_activity WHERE $at") }) : 0;
	note(sprintf 'up after %.1f s, its settler after %.1f s', $up - $began, ($started || $up) - $began);
	return $started ? $started - $began : 0;
}

my $asleep = "wait_event = 'PgSleep'";
my $blocked = "wait_event_type = 'Lock'";

$dbh = dying_handle();
run('SELECT billing.create_account(a, \'cn\') FROM generate_series(1, 6) AS a');
run('SELECT billing.create_api_key(a, \'key\') FROM generate_series(1, 6) AS a');
run('SELECT billing.set_price(\'m\', \'CNY\', 1, 1)');
run(<<'S');
CREATE FUNCTION lie_in_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.account_id = 3 THEN PERFORM pg_sleep(600); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lie_in_wait BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION lie_in_wait()
S
run('SELECT billing.meter(a, 1, n::text, \'m\', 1000000, 0) FROM generate_series(1, 6) AS a, generate_series(1, 5) AS n');

# Another process crashes while the settler is at work, more than once: nobody is suspected.
for my $time (1, 2)
{
	ok(settler_that($asleep), "the settler works on account 3, $time");
	my $other = dying_handle();
	crash($other->{pg_pid});
}
is(value('SELECT count(*) FROM billing_books.parking'), 0, 'a crash of others parks nothing');

# It crashes itself: it starts after a while, and all but the account at which it crashed are settled.
my $pid = settler_that($asleep);
my $first = crash($pid);
cmp_ok($first, '>=', 1, 'it starts again after 1 s at the earliest');
ok(wait_until(20, sub { value('SELECT count(*) FROM billing_books.usage_event') == 10 }), 'the accounts before are settled, one by one');
is(value('SELECT count(*) FROM billing_books.parking'), 0, 'the first crash parks nothing');
$pid = settler_that($asleep);
my $second = crash($pid);
cmp_ok($second, '>=', 2, 'it starts later after the second');
ok(wait_until(20, sub { value('SELECT count(*) FROM billing_books.usage_inbox') == 5 }), 'all others are settled');
is(value('SELECT string_agg(concat_ws(\' \', worker, account_id), \', \') FROM billing_books.parking WHERE unparked_at IS NULL'), 'settler 3', 'the account is parked');
is(value('SELECT string_agg(DISTINCT account_id::text, \', \') FROM billing_books.usage_inbox'), '3', 'its usage stays');
is(value('SELECT billing.settle()'), 0, 'settle() passes it over as well');
is(value('SELECT value FROM billing.status() WHERE name = \'parked after a crash\''), 1, 'status() counts it');
ok(!eval { $dbh->do('SELECT billing.check_health()'); 1 } && $@ =~ /1 accounts are parked after a crash/, 'check_health() complains');
run('SELECT billing.meter(4, 1, \'more\', \'m\', 1, 0)');
ok(wait_until(20, sub { value('SELECT count(*) FROM billing_books.usage_event WHERE request_id = \'more\'') }), 'the settler goes on');

# An operator mends it and lets it go on.
run('DROP TRIGGER lie_in_wait ON billing_books.usage_event');
is(value('SELECT billing.unpark(5, \'wrong one\')'), 0, 'an account that is not parked');
ok(value('SELECT billing.unpark(3, \'trigger dropped\', \'me\')'), 'it is unparked');
ok(wait_until(30, sub { !value('SELECT count(*) FROM billing_books.usage_inbox') }), 'its usage is settled');
is(value('SELECT concat_ws(\' \', count(*), sum(charge)) FROM billing_books.usage_event'), '31 30.000001000', 'each row once');
is(value('SELECT concat_ws(\' \', unparked_by, unpark_reason) FROM billing_books.parking'), 'me trigger dropped', 'it is known who let it go on, and why');
is(value('SELECT concat_ws(\' \', account_id, object, actor, reason) FROM billing_books.audit_log WHERE action = \'unpark\''), '3 worker settler me trigger dropped', 'in the audit log, too');
verify_empty($node, 'verify() is empty');

# Where it crashes at no account in particular, twice, it is parked itself.
for my $time (1, 2)
{
	my $locker = dying_handle();
	$locker->begin_work;
	$locker->do('LOCK TABLE billing_books.usage_inbox');
	$pid = settler_that($blocked);
	ok($pid, "the settler lists the inbox, $time");
	crash($pid, $time == 1);
}
ok(wait_until(60, sub { value('SELECT count(*) FROM billing_books.parking WHERE unparked_at IS NULL AND account_id IS NULL') }), 'the settler is parked');
ok(wait_until(20, sub { value('SELECT status FROM billing.settler()') eq 'not running' }), 'it does not run');
ok(!eval { $dbh->do('SELECT billing.check_health()'); 1 } && $@ =~ /the settler is parked after a crash/, 'check_health() says so');
$node->restart;
run('SELECT billing.meter(4, 1, \'even more\', \'m\', 1, 0)');
ok(!wait_until(3, sub { value("SELECT count(*) FROM pg_stat_activity WHERE $at") }), 'a restart does not start it');
is(value('SELECT billing.settle()'), 1, 'settle() works by hand');
ok(value('SELECT billing.unpark(NULL, \'mended\')'), 'it is unparked');
ok(wait_until(20, sub { value('SELECT status FROM billing.settler()') eq 'running' }), 'it runs again');
run('SELECT billing.meter(4, 1, \'at last\', \'m\', 1, 0)');
ok(wait_until(20, sub { !value('SELECT count(*) FROM billing_books.usage_inbox') }), 'and settles');

# A mark that says nothing sensible is none.
$node->stop;
for my $content ('', 'x' x 7, "1lib\1\0\0\0" . "\xff" x 100, "1lib\1\0\0\0\0\0\0\0\0\0\0\0\x88\x13\0\0\0\0\0\0" . "\0" x 64)
{
	open my $file, '>', glob($node->data_dir . '/billing_marks/settler.*') or die $!;
	print $file $content;
	close $file;
	$node->start;
	ok(wait_until(20, sub { value('SELECT status FROM billing.settler()') eq 'running' }), 'a broken mark of ' . length($content) . ' bytes is passed over');
	$dbh = undef;
	$node->stop;
}
$node->start;
is(value('SELECT count(*) FROM billing_books.parking WHERE unparked_at IS NULL'), 0, 'and parks nothing');
verify_empty($node, 'verify() is empty at the end');
$dbh = undef;
$node->stop;

done_testing();
