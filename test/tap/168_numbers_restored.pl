# Numbers of overseas invoices after a restore (B&S 4.6, design 4): a copy gives none, nor do books that were armed anew before a person said that no number is
# missing, or set a new series; no number stands on two papers.
use strict;
use warnings;

use DBD::Pg;
use Test::More;
use Time::HiRes qw(sleep);

use BillingTest;

my $secrets = PostgreSQL::Test::Utils::tempdir;
chmod 0700, $secrets or die "$secrets: $!";
my $node = billing_node('numbers', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '$secrets'" ]);
my $dbh = connect_dbi($node);
my $bank = 0;

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub run { my ($sql, @values) = @_; return $dbh->do($sql, undef, @values) }
sub pay { my ($amount) = @_; $bank++; return run('SELECT billing.record_offline_payment(1, $1, $2, $2)', $amount, "bank $bank") }
sub sell { my ($series) = @_; return run('SELECT billing.set_seller(\'global\', \'Example Ltd\', \'API credit\', 0, address => \'1 Example Street\', series => $1)', $series) }
sub numbers { return value('SELECT string_agg(coalesce(number, \'none\'), \' \' ORDER BY invoice_id) FROM billing_books.invoice') // '' }
sub are { my ($expected, $what) = @_; return ok(wait_until(15, sub { numbers() eq $expected }), $what) || diag(numbers()) }

# None is given, by the clerk or by hand.
sub waits { my ($expected, $what) = @_; sleep 2; return is(value('SELECT billing.number_invoices()') . ': ' . numbers(), "0: $expected", $what) }

# What the operator's list says of it, and the check of health.
sub complaint
{
	run('SET billing.allow_history_change = on');
	run(q(UPDATE billing_books.account SET created_at = created_at - interval '2 minutes'));
	run(q(UPDATE billing_books.invoice SET created_at = created_at - interval '2 minutes' WHERE state = 'numbering'));
	run('RESET billing.allow_history_change');
	return value(q(SELECT min(detail) FROM billing.attention WHERE what = 'invoice without number')) // 'none';
}
sub health { return eval { run(q(SELECT billing.check_health('1 minute'))); 1 } ? 'well' : $@ =~ s/\n.*//sr }

# Never armed: numbers are given, and the first arming goes on with them.
run($_) for (q(SELECT billing.create_account(1, 'global', 'a@b.example')), q(CREATE ROLE second), q(SELECT billing.grant_access('second', 'operator')));
sell('INV');
pay(10);
are('INV-000001', 'books that were never armed give numbers');
run('SELECT billing.arm()');
pay(20);
are('INV-000001 INV-000002', 'and so they do when they are armed for the first time');

# A cold copy; then numbers that it does not know.
$dbh->disconnect;
$node->stop;
$node->backup_fs_cold('before');
$node->start;
$dbh = connect_dbi($node);
pay(30);
run(q(SELECT billing.refund_order(1, 1, 5, 'refund')));
run(q(SELECT billing.settle_refund_item_offline(1, 1, 'transfer', 'settle')));
are('INV-000001 INV-000002 INV-000003 INV-CN-000001', 'numbers after the copy, of credit notes, too');
$dbh->disconnect;
$node->stop;

my $restored = PostgreSQL::Test::Cluster->new('numbers_restored');
$restored->init_from_backup($node, 'before');
$restored->start;
$dbh = connect_dbi($restored);
pay(40);
waits('INV-000001 INV-000002 none', 'a copy gives none');
like(complaint(), qr/the books are armed here/, 'the list of what needs a person says what to look for');
like(health(), qr/1 invoices overseas have no number/, 'and so does the check of health');
run('SELECT billing.disarm()');
like(complaint(), qr/were armed, and are not: arm\(\)/, 'disarmed, it says so');
run(q(SELECT billing.arm(reason => 'restored')));
waits('INV-000001 INV-000002 none', 'armed anew, it still gives none');
like(complaint(), qr/armed anew: release_numbers\('INV'\), or set_seller\(\) with a new series/, 'and says what to do');

# A new series needs nobody; what stood before waits on.
sell('NEW');
are('INV-000001 INV-000002 NEW-000001', 'a new series gives its first');
is(health(), 'well', 'nothing waits');
run(q(SELECT billing.refund_order(1, 1, 5, 'refund')));
run(q(SELECT billing.settle_refund_item_offline(1, 1, 'transfer', 'settle')));
are('INV-000001 INV-000002 NEW-000001 NEW-CN-000001', 'and so does that of its credit notes');
sell('INV');
pay(50);
waits('INV-000001 INV-000002 NEW-000001 NEW-CN-000001 none', 'the old series waits');
ok(!eval { run(q(SELECT billing.release_numbers('INV', 'none is missing'))) } && $@ =~ /release_numbers\(\) needs somebody else than who armed/, 'who armed releases nothing');
my $second = connect_dbi($restored);
$second->do('SET SESSION AUTHORIZATION second');
ok(!eval { $second->do(q(SELECT billing.release_numbers('OLD', 'none is missing', 'second'))) } && $@ =~ /invalid series: "OLD"/, 'nor can a series be released that is not there');
$second->do(q(SELECT billing.release_numbers('INV', 'INV-000003 went to nobody', 'second')));
are('INV-000001 INV-000002 NEW-000001 NEW-CN-000001 INV-000003', 'released by another person, it goes on');
is(value(q(SELECT reason FROM billing_books.audit_log WHERE action = 'release_numbers')), 'INV-000003 went to nobody', 'in the audit log');
$second->disconnect;
verify_empty($restored, 'at the end');
$dbh->disconnect;
$restored->stop;
done_testing;
