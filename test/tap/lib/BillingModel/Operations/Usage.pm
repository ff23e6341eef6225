# Usage that is charged at once, and how a charge is explained.
package BillingModel::Operations::Usage;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max min);

use BillingModel::Call;
use BillingModel::Oracle::Settlement;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(tokens other_output other_meters some_occurred_at some_event charge_operation compare_explained);

sub operations
{
	return (
		[ 34, \&charge ],
		[ 4, \&charge_again ],
		[ 0.5, \&charge_huge ],
		[ 3, \&explain_charge ],
	);
}

sub outcomes
{
	return (
		(map { "charge: $_" } qw(charged duplicate rejected unpriced free LB304)), 'charge: key_expired',
		'explain_charge: of a batch',
	);
}

my $usage_sql = 'SELECT request_id, key_id, status, reason, charge, price_id, first_entry_no, entry_count, batch_offset,
	subscription_no, weight_id, credits, meters::text AS meters,
	' . us('occurred_at') . ' AS occurred_at, ' . us('recorded_at') . ' AS recorded_at,
	' . us('settled_at') . ' AS settled_at
	FROM billing_books.usage_event WHERE account_id = ? ORDER BY recorded_at, request_id COLLATE "C"';

# All usage of every account.
sub audit
{
	for my $account ($model->accounts)
	{
		same("usage of account $account->{id}",
			join("\n", map { my $row = $_; usage_text(%$row,
				map { my $what = $_; $what => nano($row->{$what}) } qw(charge batch_offset credits)) }
				  rows($usage_sql, $account->{id})),
			join("\n", map { usage_text(%$_, price_id => $_->{price} && $_->{price}{price_id}, weight_id => $_->{weight} && $_->{weight}{weight_id},
				meters => meters_of($_->{tokens})) }
				  sort { $a->{recorded_at} <=> $b->{recorded_at} || $a->{request_id} cmp $b->{request_id} }
				  @{ $account->{events} }));
	}
	return;
}

sub usage_text
{
	my (%event) = @_;
	return shown(@event{qw(request_id key_id status reason charge price_id occurred_at recorded_at settled_at
		first_entry_no entry_count batch_offset subscription_no weight_id credits meters)});
}

sub tokens
{
	my %tokens = (input => spread(1_000_000), output => spread(300_000), cache_read => 0, cache_write => 0);
	$tokens{cache_read} = spread(500_000) if chance(0.4);
	$tokens{cache_write} = spread(100_000) if chance(0.2);
	# A prompt exactly at a tier, or one above it (R20: exceeds).
	@tokens{qw(input cache_read cache_write)} = (pick(1000, 50_000, 400_000) + pick(0, 1) - 500, 300, 200)
	  if chance(0.15);
	@tokens{qw(input cache_read cache_write)} = (0, 0, 0) if chance(0.02);
	$tokens{meters} = some_meters() if chance(0.3);
	return \%tokens;
}

# What is counted beside tokens; a meter that few prices know, none of one, more than money can pay.
sub some_meters
{
	my %most = (web_search => 20, image => 8, audio_ms => 4_000_000, cache_write_1h => 200_000, second => 8000);
	my %meters = map { $_ => spread($most{$_}) } grep { chance(0.3) } sort keys %most;
	$meters{video} = between(0, 2) if chance(0.06);
	$meters{image} = 1_000_000_000_000 if chance(0.04);
	return \%meters;
}

# The same but for the output, which stays within its bound.
sub other_output
{
	my ($tokens) = @_;
	return { %$tokens, output => $tokens->{output} ? $tokens->{output} - 1 : 1 };
}

# The same but for the meters: one more; a meter of nothing is none.
sub other_meters
{
	my ($tokens) = @_;
	return { %$tokens, meters => { %{ $tokens->{meters} // {} }, extra => pick(0, 1) } };
}

# When a request began: now, lately, long ago, exactly at something that decides, or where it may not.
sub some_occurred_at
{
	my ($account, $is_metered) = @_;
	my $now = now_us();
	my $kind = rand;
	my $at;

	return undef if $kind < 0.35;
	if ($kind < 0.6) { $at = $now - between(0, seconds(3600)); }
	elsif ($kind < 0.72) { $at = $now - int rand(35.5 * 86_400_000_000); }
	elsif ($kind < 0.75) { $at = $now + between(0, seconds(pick(280, 4000))); }
	elsif ($kind < 0.76) { $at = $account->{created_at} - between(0, seconds(10)); }
	else
	{
		my @decisive = grep { defined } $account->{created_at}, $model->{go_live_at},
		  (map { ($_->{from}, $_->{to}) } @{ $account->{locks} }),
		  (map { $_->{deleted_at} } @{ $account->{keys} }),
		  (map { ($_->{expires_at}, $_->{set_at}) } map { @{ $_->{versions} }[ -min(2, scalar @{ $_->{versions} }) .. -1 ] } @{ $account->{keys} }),
		  (map { $_->{from} } grep { $_->{from} > $now - 40 * 86_400_000_000 } @{ $model->{prices} }, @{ $account->{price_lists} // [] }),
		  # Where hours of prices begin and end.
		  (map { (int($now / 1_800_000_000) - between(0, 100)) * 1_800_000_000 } 1 .. 20);
		# Of what is long past, only some: its usage is too old.
		my @recent = grep { $_ > $now - $model->{dedupe_window} } @decisive;
		$at = (@recent && chance(0.9) ? pick(@recent) : pick(@decisive)) + pick(-1, 0, 0, 1);
	}
	# Not where the few milliseconds until the booking would decide; a settlement tells its instant.
	for my $edge ($is_metered ? () : ($now + $model->{future_tolerance}, $now - $model->{dedupe_window}))
	{
		return undef if abs($at - $edge) < seconds(10);
	}
	return max($at, $account->{created_at}) if $at < $account->{created_at} && chance(0.8);
	return $at;
}

my $charge_sql = 'SELECT * FROM billing.charge(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

sub charge_operation
{
	my ($account, %event) = @_;
	return {
		name => 'charge', account => $account, sql => $charge_sql,
		args => [ $account->{id}, @event{qw(key_id request_id)}, model_of($event{model}),
			@{ $event{tokens} }{qw(input output cache_read cache_write)}, instant_text($event{occurred_at}), variant_of($event{model}),
			meters_text($event{tokens}) ],
		predict => sub { return $model->charge($account, $_[0], %event) },
	};
}

sub charge
{
	my $account = some_account();
	my @keys = @{ $account->{keys} };
	my %event = (
		key_id => !@keys || chance(0.01) ? 99 : pick(@keys)->{key_id},
		request_id => 'request ' . ++$serial,
		model => pick('flat', 'flat', 'tier', 'tier', 'tier batch', map { "late $_" } $late_model, max(1, $late_model - 1)),
		tokens => tokens(), occurred_at => some_occurred_at($account),
	);
	# A key that works, mostly.
	my @alive = grep { key_works($_) && $_->{kind} eq 'payg' } @keys;
	$event{key_id} = pick(@alive)->{key_id} if @alive && chance(0.9);
	$event{model} = 'nowhere' if $account->{id} == 1 && chance(0.05);
	my $row = run_operation(charge_operation($account, %event));
	$count{'charge: key_expired'}++ if $row && ($row->{reason} // '') eq 'key_expired';
	return $row;
}

# Something to repeat: any, a late one, or one whose id has been recorded twice.
sub some_event
{
	my (@events) = @_;
	my %rows_of;
	$rows_of{ $_->{request_id} }++ for @events;
	my @twice = grep { $rows_of{ $_->{request_id} } > 1 } @events;
	return pick(@twice) if @twice && chance(0.3);
	return chance(0.5) ? pick(@events) : $events[ -1 - int rand min(20, scalar @events) ];
}

# A request that is recorded or waits in the inbox once more: within the window a duplicate, or a
# conflict; after it, a new one.
sub charge_again
{
	my $account = some_account();
	my @events = @{ $account->{events} } or return;
	my @waiting = grep { ($_->{account_id} // 0) == $account->{id} && !shape_faults($_) } @{ $model->{inbox} };
	my $event = @waiting && chance(0.3) ? { %{ pick(@waiting) }, recorded_at => 0 } : some_event(@events);
	my $occurred_at = chance(0.5) ? $event->{occurred_at} : undef;
	my %again = (%$event{qw(key_id request_id model tokens)}, occurred_at => $occurred_at);
	# Not where the few milliseconds until the booking would decide.
	my $window_starts = now_us() - $model->{dedupe_window};
	return if defined $occurred_at && abs($occurred_at - $window_starts) < seconds(10);
	return if abs(max($event->{recorded_at}, $event->{occurred_at} // 0) - $window_starts) < seconds(10);
	if (chance(0.3))
	{
		my $what = pick(qw(model tokens meters));
		$again{model} = 'another' if $what eq 'model';
		$again{tokens} = other_output($event->{tokens}) if $what eq 'tokens';
		$again{tokens} = other_meters($event->{tokens}) if $what eq 'meters';
	}
	return run_operation(charge_operation($account, %again));
}

# Up to what the books can hold (bounds of design 4): what an account cannot owe stays unpriced.
sub charge_huge
{
	my $account = $model->account(HUGE_ACCOUNT);
	my %event = (key_id => 1, request_id => 'request ' . ++$serial, model => pick('huge', "late $late_model"),
		tokens => { input => 200_000_000, output => pick(0, 100_000_000), cache_read => 0, cache_write => 0 });
	return run_operation(charge_operation($account, %event, occurred_at => undef));
}

# Each charge's slices can be shown, alone or in a batch, with the lots that paid, and what was given back.
sub explain_charge
{
	my $account = some_account();
	my @events = grep { $_->{status} eq 'charged' } @{ $account->{events} } or return;
	my @spread = grep { defined $_->{batch_offset} && $_->{entry_count} > 1 } @events;
	my $event = @spread && chance(0.7) ? pick(@spread) : pick(@events);
	my $named = chance(0.5) ? $event->{occurred_at} : undef;
	my ($newest) = grep { !defined $named || $_->{occurred_at} == $named }
	  grep { $_->{request_id} eq $event->{request_id} } reverse @{ $account->{events} };
	return if $newest->{status} ne 'charged';
	$count{'explain_charge: of a batch'}++ if defined $newest->{batch_offset} && $newest->{entry_count} > 1;
	return compare_explained($account, $newest, $named);
}

sub compare_explained
{
	my ($account, $event, $named) = @_;
	my @lines = rows('SELECT item, entry_no, amount, lot_no, order_id
		FROM billing.explain_charge(?, ?, ?) WHERE entry_no IS NOT NULL',
		$account->{id}, $event->{request_id}, instant_text($named));
	my @slices = map { [ $_->{entry_no}, $_->{amount} ] } @{ $event->{slices} };
	push @slices, map { map { [ $_->{entry_no}, $_->{amount} ] } @{ $_->{moves} } } @{ $event->{revisions} // [] };
	push @slices, map { [ $_->{entry_no}, -$_->{amount} ] }
	  grep { $_->{source} eq 'reversal' && $_->{source_id} == $event->{reversed} && $_->{debit} eq 'revenue' }
	  @{ $account->{entries} }
	  if $event->{reversed};
	return same("explain_charge of $event->{request_id}",
		join("\n", map { shown($_->{entry_no}, nano($_->{amount}), @$_{qw(lot_no order_id)}) } @lines),
		join("\n", map { my $lot_no = $account->{entries}[ $_->[0] - 1 ]{lot_no};
			  shown(@$_, $lot_no, $lot_no ? $account->{lots}[ $lot_no - 1 ]{order_id} : undef) } @slices));
}

1;
