# schedule_jobs() with pg_cron: jobs of the caller, once however often it is called; every command runs; from another database
# the statements that it tells do the same.
use strict;
use warnings;

use Test::More;

use BillingTest;

chomp(my $sharedir = `$ENV{PG_CONFIG} --sharedir`);
plan skip_all => 'pg_cron is not installed for this server' unless -e "$sharedir/extension/pg_cron.control";

my $node = billing_node('jobs', preload => 'billing,pg_cron',
	conf => [ "cron.database_name = 'postgres'", 'cron.use_background_workers = on', 'fsync = off' ]);
my $jobs = q{SELECT jobname || '|' || schedule || '|' || command || '|' || username || '|' || database FROM cron.job ORDER BY jobname COLLATE "C"};

sub value { my ($sql, $dbname) = @_; return $node->safe_psql($dbname // 'postgres', $sql) }

value('CREATE EXTENSION pg_cron; CREATE ROLE op LOGIN; GRANT USAGE ON SCHEMA cron TO op; SELECT billing.grant_access(\'op\', \'operator\')');
is(value('SET ROLE op; SELECT count(*) FILTER (WHERE scheduled), count(statement) FROM billing.schedule_jobs()'), '12|0', 'scheduled');
my $scheduled = value($jobs);
is(scalar(split /\n/, $scheduled), 12, 'twelve jobs');
unlike($scheduled, qr/\|postgres\|postgres$/m, 'of the caller');
value('SET ROLE op; SELECT FROM billing.schedule_jobs()');
is(value($jobs), $scheduled, 'again: the same');

# What they do, the operator may.
for my $command (split /\n/, value('SELECT command FROM cron.job ORDER BY jobid'))
{
	my ($status, $out, $err) = $node->psql('postgres', "SET ROLE op; $command");
	is($err, '', $command);
}

is(value('SELECT billing.unschedule_jobs()'), '0', 'another role has no jobs to remove');
is(value('SET ROLE op; SELECT billing.unschedule_jobs()'), '12', 'removed');
is(value($jobs), '', 'none is left');

# pg_cron is in one database only; the books in another tell what to run there.
value('CREATE DATABASE elsewhere');
value('CREATE EXTENSION billing; SELECT billing.install()', 'elsewhere');
my $statements = value('SELECT statement FROM billing.schedule_jobs() WHERE NOT scheduled', 'elsewhere');
value($_) for split /\n/, $statements;
like(value($jobs), qr/^(billing \w+ of elsewhere\|.*\|elsewhere\n?){12}$/, 'the statements schedule them for that database');

verify_empty($node, 'verify() is empty');
done_testing();
