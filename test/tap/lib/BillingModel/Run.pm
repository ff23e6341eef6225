# One run of the model-based test: its seed, its clock, its sessions, the oracle, what it did
# lately and how often it met what; and how a difference between the two is reported.
package BillingModel::Run;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(min);
use Test::More;
use Time::HiRes;

use BillingModel::Oracle;
use BillingModel::Values;
use BillingTest;

use constant { ACCOUNTS_MAX => 14, HUGE_ACCOUNT => 99 };

our @EXPORT = qw(ACCOUNTS_MAX HUGE_ACCOUNT $dbh $other_dbh $second_dbh $model $offset_s $step $serial $late_model @trail %count
  start_run now_us key_works some_account new_key mismatch same rows stored_booked_at);

our ($dbh, $other_dbh, $second_dbh);    # the other one to hold an account's lock, the second one another person's
our $model = BillingModel::Oracle->new;
our $offset_s = 0;         # how far the clock is ahead
our $step = 0;             # the number of the operation
our $serial = 0;
our $late_model = 1;       # the model that usage names and that has no price yet
our @trail;                # the last operations, for the report
our %count;                # how often each outcome occurred

my %run;

# Makes the node and the sessions; returns the node.
sub start_run
{
	my ($seed, $operations) = @_;
	my $now = time;
	my $start = $ENV{BILLING_START} // $now;

	%run = (BILLING_SEED => $seed, BILLING_OPERATIONS => $operations, BILLING_START => $start);
	note(repeat_command());
	srand($seed);
	$offset_s = $start - $now;
	my $node = billing_node('model',
		conf => [ 'fsync = off', 'autovacuum = off', 'log_statement = none', "billing.clock_offset = $offset_s" ]);
	($dbh, $other_dbh, $second_dbh) = map { connect_dbi($node) } 1 .. 3;
	$dbh->do("SET timezone = 'UTC'");
	$dbh->do('CREATE ROLE second SUPERUSER');
	$second_dbh->do('SET SESSION AUTHORIZATION second');
	return $node;
}

sub repeat_command
{
	my $settings = join ' ', map { "$_=$run{$_}" } qw(BILLING_SEED BILLING_OPERATIONS BILLING_START);
	return "to repeat: $settings TESTS=tap TAP_FILES=010_model.pl make test";
}

# Whatever failed, dying included, ends with the command that repeats it.
END { diag(repeat_command()) if %run && ($? || !Test::More->builder->is_passing) }

sub now_us { return int(Time::HiRes::time() * 1_000_000) + $offset_s * 1_000_000 }
sub key_works { my ($key) = @_; return !defined $key->{deleted_at} && ($key->{versions}[-1]{expires_at} // 9e18) > now_us() }
sub some_account { return pick($model->accounts) }
sub new_key { return 'key ' . ++$serial }

# ---- the database ---------------------------------------------------------------------------------

sub rows
{
	my ($sql, @args) = @_;
	return @{ $dbh->selectall_arrayref($dbh->prepare_cached($sql), { Slice => {} }, @args) };
}

sub stored_booked_at
{
	my ($account) = @_;
	my $sql = 'SELECT ' . us('last_booked_at') . ' AS at FROM billing_books.account WHERE account_id = ?';
	my ($row) = rows($sql, $account->{id});
	return $row->{at};
}

# ---- comparing ------------------------------------------------------------------------------------

sub mismatch
{
	my ($what, $got, $expected) = @_;
	fail("seed $run{BILLING_SEED}, operation $step: $what");
	my $report = "database: $got\noracle:   $expected\nthe last operations:\n" . join("\n", @trail);
	utf8::encode($report);
	diag($report);
	done_testing();
	exit 1;
}

sub same
{
	my ($what, $got, $expected) = @_;
	return if $got eq $expected;
	my @got = split /\n/, $got;
	my @expected = split /\n/, $expected;
	# Of long lists, only from the first line that differs.
	while (@got && @expected && $got[0] eq $expected[0]) { shift @got; shift @expected; }
	return mismatch($what, map { join "\n          ", @$_[ 0 .. min(9, $#$_) ] } \@got, \@expected);
}

1;
