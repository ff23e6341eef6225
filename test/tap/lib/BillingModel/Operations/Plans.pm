# Token Plans (R3, B&S 4.8): what is bought, used up by both paths, given back and earned.
package BillingModel::Operations::Plans;

use strict;
use warnings;

use List::Util qw(max);

use BillingModel::Call;
use BillingModel::Compare;
use BillingModel::Operations::Accounts;
use BillingModel::Operations::Metering;
use BillingModel::Operations::Payments;
use BillingModel::Operations::Usage;
use BillingModel::Oracle::Books;
use BillingModel::Oracle::Earning;
use BillingModel::Oracle::Locks;
use BillingModel::Oracle::Plans;
use BillingModel::Oracle::Prices;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 5, \&buy ],
		[ 16, \&charge ],
		[ 3, \&meter_some ],
		[ 4, \&authorize ],
		[ 2, \&set_weight ],
		[ 0.3, \&new_version ],
		[ 0.7, \&give_back_quota ],
		[ 1.5, \&reset_quota_window ],
		[ 1.5, \&earn_plans ],
		[ 0.5, \&close_account ],
	);
}

sub outcomes
{
	return (
		(map { "subscribe: $_" } qw(done LB204 LB540)),
		(map { "plan: on $_" } 'a pack', 'its period', 'a period that is used up'),
		(map { "charge: $_" } 'plan'), 'settled: plan', 'settled: no_weight', 'counted later', 'counted with meters',
		'authorize: plan_exhausted',
		'replaced', 'queued', 'set_plan_weight: LB407', 'give_back_quota: booked', 'reset_quota_window: booked',
		'earn_plans: earned', 'closed with plans',
	);
}

# ---- the catalog ----------------------------------------------------------------------------------

my %catalog = (
	lite => { price => '30', quota => 400_000, months => 1 },
	pro => { price => '100.01', quota => 3_000_000, months => 1, window_hours => 5, window_quota => 300_000 },
	days => { price => '9.99', quota => 500_000, days => 7, window_hours => 24, window_quota => 150_000 },
	day => { price => '0.5', quota => 100_000, days => 1 },
	year => { price => '365', quota => 200_000, months => 3, monthly_quota => 1, window_hours => 100, window_quota => 120_000 },
	pack => { price => '5', quota => 60_000 },
);
my @terms = qw(price quota months days monthly_quota window_hours window_quota);

sub start
{
	for my $region (qw(cn global))
	{
		create_plan("$region $_", $region, %{ $catalog{$_} }) for sort keys %catalog;
	}
	set_weight(currency => $_, model => pick('flat', 'tier'), over => 0, from => now_us() - 86_400_000_000)
	  for map { ("cn $_", "global $_") } qw(lite pro days day year);
	return;
}

sub create_plan
{
	my ($name, $region, %plan) = @_;
	my $newest = $model->plan_named($name);
	my $sql = 'SELECT create_plan AS version FROM billing.create_plan(?, ?, ?, ?, ?, ?, ?, ?, ?)';
	my $row = plain('create_plan', $sql, [ $name, $region, @plan{qw(price quota months days)}, $plan{monthly_quota} // 0,
		@plan{qw(window_hours window_quota)} ]);
	my $same = $newest && !grep { ($plan{$_} // 0) != ($newest->{text}{$_} // 0) } @terms;
	my $version = ($newest ? $newest->{version} : 0) + ($same ? 0 : 1);
	same('version of a plan', $row->{version}, $version);
	push @{ $model->{plans} }, { %plan, plan => $name, region => $region, version => $version, text => \%plan,
		map { $_ => nano($plan{$_}) } qw(price quota window_quota) } if !$same;
	return;
}

# Who bought the old version keeps it.
sub new_version
{
	my ($region, $name) = (pick('cn', 'global'), pick(sort keys %catalog));
	my %plan = %{ $model->plan_named("$region $name")->{text} };
	$plan{price} = sprintf('%.2f', $plan{price} + pick(0, 0.01, 1)) if chance(0.7);
	$plan{quota} += pick(0, 1000) if chance(0.7);
	return create_plan("$region $name", $region, %plan);
}

my $weight_sql = 'SELECT set_plan_weight AS weight_id FROM billing.set_plan_weight(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

sub some_weight { return chance(0.05) ? 0 : between(1, pick(20, 3000, 3000)) * 1_000_000_000_000 + pick(0, 1) * fraction() }

# Credits for meters, as prices have items.
sub some_weight_items
{
	my %items = map { $_ => [ between(1, 50_000) * 1_000_000, pick(1, 60, 1000, 3_600_000) ] }
	  grep { chance(0.7) } qw(web_search audio_ms cache_write_1h second);
	return (items => \%items, free => chance(0.4) ? 1 : 0);
}

# A new weight, mostly for usage that waits for one; chosen as prices are, so a plan stands where those have a currency.
sub set_weight
{
	my (%given) = @_;
	my $now = now_us();
	my $plan = pick(qw(lite pro days day year));
	my %weight = (currency => pick('cn ', 'global ') . $plan, model => pick('flat', 'tier', 'tier batch', "late $late_model"), over => 0,
		input => some_weight(), output => some_weight(), cache_read => chance(0.5) ? some_weight() : undef, cache_write => undef, some_weight_items());
	$weight{over} = pick(0, 1000, 50_000) if $weight{model} =~ /^tier/;
	$weight{from} = pick(undef, $now - between(0, seconds(100)), $now + between(seconds(1), seconds(86_400)));
	my @waiting = map { my $account = $_; map { [ $account, $_ ] } grep { $_->{status} eq 'unpriced' && defined $_->{subscription_no} } @{ $account->{events} } }
	  $model->accounts;
	if (@waiting && chance(0.7))
	{
		my ($account, $event) = @{ pick(@waiting) };
		$weight{currency} = subscription_numbered($account, $event->{subscription_no})->{terms}{plan};
		@weight{qw(model over from)} = ($event->{model}, 0, $event->{occurred_at} - between(0, seconds(3600)));
	}
	%weight = %{ pick(@{ $model->{weights} }) } if !%given && @{ $model->{weights} } && chance(0.08);
	%weight = (%weight, %given);
	return put_weight($now, %weight);
}

sub put_weight
{
	my ($now, %weight) = @_;
	my %row = (%weight, map { $_ => $weight{$_} // $weight{input} } qw(cache_read cache_write));
	my @errors;
	my $old = defined $row{from} ? $model->weight_at_key(\%row) : undef;
	my $same = $old && same_price($old, \%row);
	push @errors, 'LB406' if $old && !$same;
	push @errors, 'LB407' if defined $row{from} && $model->is_weight_backdated(\%row);
	my $result = plain('set_plan_weight', $weight_sql, [ $weight{currency}, model_of($weight{model}),
		(map { amount_text($weight{$_}) } qw(input output cache_read cache_write)), $weight{over}, instant_text($weight{from}),
		variant_of($weight{model}), items_text(\%weight), $weight{free} ? 'free' : undef ], @errors);
	return if @errors;
	return same('set_plan_weight again', $result->{weight_id}, $old->{weight_id}) if $same;
	my ($stored) = rows('SELECT ' . us('effective_from') . ' AS at FROM billing_books.plan_weight WHERE weight_id = ?', $result->{weight_id});
	@row{qw(from weight_id)} = ($row{from} // $stored->{at}, $result->{weight_id});
	mismatch('weight row', $stored->{at}, $row{from}) if $stored->{at} != $row{from};
	mismatch('a weight from now on', $stored->{at}, "not before $now") if !defined $weight{from} && $stored->{at} < $now - 1;
	mismatch('set_plan_weight behind what was counted', 'accepted', 'refused') if $model->is_weight_backdated(\%row);
	push @{ $model->{weights} }, \%row;
	return;
}

# ---- buying ---------------------------------------------------------------------------------------

# Who has use for a pack.
sub used_up
{
	my @used_up = grep { my $running = running($_, now_us()); $running && !$model->period_has_left($running, now_us()) } $model->accounts;
	return @used_up ? pick(@used_up) : undef;
}

# Ordered, and mostly paid at once, with what was asked for.
sub buy
{
	my ($account, $name) = @_;
	$account //= chance(0.3) ? used_up() // some_account() : some_account();
	my $running = running($account, now_us());
	my $is_used_up = $running && !$model->period_has_left($running, now_us());
	$name //= $running && chance($is_used_up ? 0.7 : 0.3) ? 'pack' : pick(qw(lite pro days days day day year pack));
	my $replaces = $running && $name ne 'pack' && chance(0.5) ? $running->{no} : undef;
	my @all = @{ $account->{subscriptions} };
	$replaces = between(1, @all + 1) if chance(0.05);
	$replaces = undef if waits_ahead($account);
	# Not too far ahead, so that most of it runs within the test.
	return if !defined $replaces && (grep { !defined $_->{starts} || $_->{starts} > now_us() + 60 * 86_400_000_000 } @all);
	my $region = chance(0.97) ? $account->{region} : pick('cn', 'global', 'no');
	create_api_key($account, 'plan')
	  if !open_lock($account, 'closed') && !grep { $_->{kind} eq 'plan' && key_works($_) } @{ $account->{keys} };
	my $order = place_order($account, 'subscribe', [ "$region $name", $replaces ], plan => "$region $name", replaces => $replaces)
	  or return;
	return if chance(0.1);
	my $payment_id = hold_payment($account, $order, chance(0.95) ? $order->{amount} : money() + 10_000_000) or return;
	return if chance(0.1);
	return resolve_payment($account, $payment_id, 'credit');
}

# ---- usage ----------------------------------------------------------------------------------------

sub plan_keys { my ($account) = @_; return grep { $_->{kind} eq 'plan' && key_works($_) } @{ $account->{keys} } }

# Mostly one with a plan that runs, some longer than others.
sub some_plan_account
{
	my @with = grep { plan_keys($_) && @{ $_->{subscriptions} } } $model->accounts;
	my @running = grep { running($_, now_us()) } @with;
	return @running && chance(0.85) ? pick(@running) : @with ? pick(@with) : undef;
}

# At the edges of periods, months and windows, and beside them.
sub some_plan_instant
{
	my ($account, $is_metered) = @_;
	return undef if chance(0.35);
	return some_occurred_at($account, $is_metered) if chance(0.5);
	my $now = now_us();
	my @edges = map { my $subscription = $_; map { @$_{qw(starts ends)} } @{ $subscription->{parts} }, values %{ $subscription->{windows} } }
	  @{ $account->{subscriptions} };
	my $since = max($account->{created_at}, $now - $model->{dedupe_window} + seconds(10));
	my @recent = sort { $a <=> $b } grep { $_ > $since && $_ < $now - seconds(10) } @edges;
	return @recent ? pick(@recent) + pick(-1, 0, 0, 1) : undef;
}

sub usage_of_plan
{
	my ($account, $is_metered) = @_;
	return (account_id => $account->{id}, key_id => pick(plan_keys($account))->{key_id},
		request_id => new_request(), model => pick('flat', 'flat', 'flat', 'tier', 'tier', 'tier', 'tier batch', "late $late_model"),
		tokens => tokens(), occurred_at => some_plan_instant($account, $is_metered));
}

sub charge
{
	my $account = some_plan_account() or return;
	return run_operation(charge_operation($account, usage_of_plan($account)));
}

# Beside usage of other keys, which is charged in the same batch.
sub meter_some
{
	my $account = some_plan_account() or return;
	return if @{ $model->{inbox} } > 150;
	my @rows = map { { usage_of_plan($account, 1) } } 1 .. between(1, 6);
	return put_rows(@rows, some_rows(between(0, 3)));
}

sub authorize
{
	my $account = some_plan_account() // some_account();
	my @keys = grep { $_->{kind} eq 'plan' } @{ $account->{keys} } or return;
	return authorize_key($account, pick(@keys));
}

# ---- compensation, earning, closing -----------------------------------------------------------------

sub some_subscription_no
{
	my ($account) = @_;
	my @live = grep { defined $_->{ends} && $_->{ends} > now_us() } @{ $account->{subscriptions} };
	return @live && chance(0.8) ? pick(@live)->{no} : between(1, @{ $account->{subscriptions} } + 1);
}

sub give_back_quota
{
	my $account = some_plan_account() or return;
	my $key = new_key();
	my %arg = (no => some_subscription_no($account), credits => between(1, 50_000) * 1_000_000_000 + fraction());
	return booking($account, 'give_back_quota', 'give_back_quota(?, ?, ?, ?, ?)', $key,
		[ $arg{no}, amount_text($arg{credits}), $key, 'an outage' ], %arg);
}

sub reset_quota_window
{
	my $account = some_plan_account() or return;
	my $key = new_key();
	my $no = some_subscription_no($account);
	return booking($account, 'reset_quota_window', 'reset_quota_window(?, ?, ?, ?)', $key, [ $no, $key, 'an outage' ], no => $no);
}

# The job: of all that is over, and a repeated call books nothing more.
sub earn_plans
{
	my $before = now_us();
	my $row = plain('earn_plans', 'SELECT earn_plans AS result FROM billing.earn_plans()', []);
	my $earned = 0;
	for my $account ($model->accounts)
	{
		my $seen = @{ $account->{entries} };
		my $due = next_earning($account);
		my $booked_at = stored_booked_at($account);
		# What ends meanwhile may be left. Accounts whose plan was taken back whole are counted with nothing to book.
		next if $booked_at == $account->{booked_at} && (!defined $due || $due > $before);
		$model->earn_plans($account, $booked_at);
		compare_account($account, $seen);
		$earned++;
	}
	$count{'earn_plans: earned'} += $earned;
	my @nothing_to_book = grep { grep { $_->{taken_whole} } @{ $_->{subscriptions} } } $model->accounts;
	mismatch('earn_plans', $row->{result}, $earned) if $row->{result} < $earned || $row->{result} > $earned + @nothing_to_book;
	return;
}

# One that has nothing but plans.
sub close_account
{
	my $account = make_account(1000 + ++$serial, pick('cn', 'global'));
	buy($account, pick(qw(lite pro year)));
	buy($account, pick(qw(lite days pack))) for 1 .. between(0, 3);
	my $key = new_key();
	my $row = booking($account, 'close_account', 'close_account(?, ?)', $key, [$key]);
	$count{'closed with plans'}++ if $row && @{ $account->{subscriptions} };
	return;
}

1;
