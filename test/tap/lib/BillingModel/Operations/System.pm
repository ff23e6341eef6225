# Policies, the clock, and the job that makes partitions.
package BillingModel::Operations::System;

use strict;
use warnings;

use Exporter 'import';
use BillingModel::Call;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(set_window set_clock);

sub operations
{
	return (
		[ 1.5, \&set_policy ],
		[ 4, \&travel ],
		[ 0.3, \&step_back ],
		[ 0.8, \&make_partitions ],
	);
}

sub set_policy
{
	my $name = pick(qw(block_at_zero go_live_at go_live_at go_live_at future_tolerance dedupe_window));
	my $value;
	if ($name eq 'block_at_zero')
	{
		$model->{$name} = between(0, 1);
		$value = $model->{$name} ? 'on' : 'off';
	}
	elsif ($name eq 'go_live_at')
	{
		$model->{$name} = pick(undef, undef, now_us() - between(0, 86_400_000_000),
			map { now_us() + between(0, seconds(600)) } 1, 2);
		$value = instant_text($model->{$name});
	}
	elsif ($name eq 'dedupe_window')
	{
		my $days = pick(35, 35, 20, 56);
		$model->{$name} = seconds(86_400 * $days);
		$value = "$days days";
	}
	else
	{
		my $minutes = pick(0, 5, 5, 60);
		$model->{$name} = seconds(60 * $minutes);
		$value = "$minutes minutes";
	}
	plain('set_policy', 'SELECT billing.set_policy(?, ?)::text', [ $name, $value ]);
	return;
}

sub set_window
{
	my ($us) = @_;
	$model->{dedupe_window} = $us;
	plain('set_policy', 'SELECT billing.set_policy(?, ?)::text',
		[ 'dedupe_window', sprintf('%d s %d us', $us / 1_000_000, $us % 1_000_000) ]);
	return;
}

sub travel
{
	my $kind = rand;
	$offset_s +=
	    $kind < 0.55  ? between(1, 60)
	  : $kind < 0.8   ? between(60, 7200)
	  : $kind < 0.93  ? between(7200, 3 * 86_400)
	  : $kind < 0.985 ? between(86_400, 40 * 86_400)
	  :                 between(30 * 86_400, 120 * 86_400);
	set_clock();
	return;
}

sub set_clock
{
	plain('travel', "SELECT set_config('billing.clock_offset', ?, false)", [$offset_s]);
	return;
}

# A clock that is put right steps back: no booking is earlier than the account's last.
sub step_back
{
	$offset_s -= between(1, 90);
	set_clock();
	return;
}

# What a job does every day, here not always in time: then usage goes to the default partition.
sub make_partitions
{
	plain('make_partitions', 'SELECT make_partitions AS result FROM billing.make_partitions()', []);
	return;
}

1;
