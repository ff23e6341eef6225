# Booked charges are given the prices as they are corrected (R20): asked for, by two where much moves, and done in
# small steps, between which all else goes on.
package BillingModel::Operations::Rerating;

use strict;
use warnings;

use List::Util qw(sum0);

use BillingModel::Call;
use BillingModel::Compare;
use BillingModel::Operations::Accounts;
use BillingModel::Operations::Corrections;
use BillingModel::Operations::Usage;
use BillingModel::Oracle::Books;
use BillingModel::Oracle::Corrections;
use BillingModel::Oracle::Rerating;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 2.5, \&rerate ],
		[ 6, \&continue_some ],
		[ 1, \&undo_rerated ],
		[ 0.6, \&rerate_beside_closing ],
	);
}

sub outcomes
{
	return (
		(map { "begin_rerate: $_" } qw(done LB416 LB109)), 'begin_rerate: by two', 'begin_rerate: of all accounts', 'begin_rerate: once more',
		(map { "re-rated: $_" } 'less', 'more', 'again, less', 'again, more'),
		(map { "passed over: $_" } qw(account_closed free plan rejected reversed unpriced)),
		'continue_rerate: beside a held account', 'reverse_charge: of a re-rated charge',
	);
}

my $begin_sql = 'SELECT * FROM billing.begin_rerate(?, ?, ?, ?, ?)';
my $accounts_sql = 'SELECT account_id, events, less, more, moved, given_back, charged, skipped::text AS skipped,
	(finished_at IS NOT NULL)::int AS finished FROM billing.rerate_accounts(?)';

# ---- comparing ------------------------------------------------------------------------------------

# What would move, and what has moved, by account.
sub compare_rerate
{
	my ($rerate) = @_;
	my @amounts = qw(less more given_back charged);
	return same("rerate_accounts($rerate->{rerate_no})",
		join("\n", map { my $row = $_; shown(@$row{qw(account_id events moved finished)}, (map { nano($row->{$_}) } @amounts),
			sort(($row->{skipped} // '') =~ /"(\w+": \d+)/g)) } rows($accounts_sql, $rerate->{rerate_no})),
		join("\n", map { my $plan = $_; shown($plan->{account}{id}, @$plan{qw(events moved)}, $plan->{finished} // 0, @$plan{@amounts},
			map { "$_\": $plan->{skipped}{$_}" } sort keys %{ $plan->{skipped} }) } @{ $rerate->{plans} }));
}

my $revisions_sql = 'SELECT r.account_id, u.request_id, r.revision_no, r.rerate_no, r.old_price_id, r.price_id, r.old_charge, r.charge, r.amount,
	r.written_off, r.first_entry_no, r.entry_count, ' . us('r.recorded_at') . ' AS recorded_at
	FROM billing_books.charge_revision AS r JOIN billing_books.usage_event AS u ON u.account_id = r.account_id
	AND u.request_hash = r.request_hash AND u.probe = r.probe AND u.recorded_at = r.event_recorded_at
	ORDER BY r.account_id, u.recorded_at, u.request_id COLLATE "C", r.revision_no';

# All revisions of every account.
sub compare_revisions
{
	my @revised = map { my $id = $_->{id}; map { [ $id, $_ ] } sort { $a->{recorded_at} <=> $b->{recorded_at} || $a->{request_id} cmp $b->{request_id} }
		  grep { $_->{revisions} } @{ $_->{events} } } $model->accounts;
	return same('revisions',
		join("\n", map { my $row = $_; shown(@$row{qw(account_id request_id revision_no rerate_no old_price_id price_id)},
			(map { nano($row->{$_}) } qw(old_charge charge amount written_off)), @$row{qw(first_entry_no entry_count recorded_at)}) }
			  rows($revisions_sql)),
		join("\n", map { my ($id, $event) = @$_; map { shown($id, $event->{request_id}, @$_{qw(no rerate_no)}, $_->{old_price}{price_id}, $_->{price}{price_id},
			@$_{qw(old_charge charge amount written_off first_entry_no entry_count recorded_at)}) } @{ $event->{revisions} } } @revised));
}

# What usage comes to, by the newest revisions: in all, by model, and of some time.
sub compare_report
{
	my ($account) = @_;
	my %line;
	for my $event (grep { $_->{status} =~ /^(charged|free)$/ } @{ $account->{events} })
	{
		my $line = $line{ model_of($event->{model}) } //= { charge => 0, given_back => 0 };
		$line->{requests}++;
		my @moves = ($event->{charge} // 0, -($event->{undone} // 0), map { $_->{amount} } @{ $event->{revisions} // [] });
		$line->{ $_ < 0 ? 'given_back' : 'charge' } += abs $_ for @moves;
	}
	my $by = pick('recorded_at', 'occurred_at');
	same("usage_report($account->{id}, by $by)",
		join("\n", map { shown(@$_{qw(model requests)}, nano($_->{charge}), nano($_->{given_back})) } sort { $a->{model} cmp $b->{model} }
			  grep { $_->{requests} } rows('SELECT * FROM billing.usage_report(?, group_by => \'{model}\', by => ?)', $account->{id}, $by)),
		join("\n", map { shown($_, @{ $line{$_} }{qw(requests charge given_back)}) } sort keys %line));
	return compare_revenue($account);
}

# Of some time the report is what the ledger says of it.
sub compare_revenue
{
	my ($account) = @_;
	my @entries = grep { $_->{source} =~ /^(charge|settlement|reversal|rerate)$/ } @{ $account->{entries} };
	my ($from, $to) = sort { $a <=> $b } map { @entries ? pick(@entries)->{recorded_at} + pick(0, 1) : now_us() + $_ } 1, 2;
	return if $from == $to;
	my ($row) = rows('SELECT coalesce(sum(charge - given_back), 0) AS revenue FROM billing.usage_report(?, ?, ?, \'{}\')',
		$account->{id}, map { instant_text($_) } $from, $to);
	return same("revenue of account $account->{id} from $from to $to", nano($row->{revenue}),
		sum0(map { $_->{credit} eq 'revenue' ? $_->{amount} : $_->{debit} eq 'revenue' ? -$_->{amount} : 0 }
			  grep { $_->{recorded_at} >= $from && $_->{recorded_at} < $to } @entries));
}

sub audit
{
	my @revised = grep { grep { $_->{revisions} } @{ $_->{events} } } $model->accounts;
	my @rerates = @{ $model->{rerates} };
	compare_revisions();
	compare_report($_) for @revised ? map { pick(@revised) } 1 .. 3 : ();
	compare_rerate($_) for @rerates ? map { pick(@rerates) } 1 .. 3 : ();
	$model->{met}{"passed over: $_"} //= 1 for map { keys %{ $_->{skipped} } } map { @{ $_->{plans} } } @rerates;
	return;
}

# ---- begun ----------------------------------------------------------------------------------------

# Charges of a price that is corrected just before, mostly.
sub some_charges
{
	my %arg = (from => now_us() - seconds(86_400 * pick(5, 60, 400)), to => now_us() + seconds(86_400));
	my @charged = grep { grep { $_->{status} eq 'charged' } @{ $_->{events} } } $model->accounts;
	my $account = @charged ? pick(@charged) : return (%arg, account_id => some_account()->{id});
	my $event = some_event(grep { $_->{status} eq 'charged' } @{ $account->{events} });
	correct_row(as_corrected($event->{price})) if chance(0.85);
	$arg{model} = model_of($event->{model}) if chance(0.7);
	$arg{account_id} = $account->{id} if chance(0.6);
	my @at = sort { $a <=> $b } map { $_->{occurred_at} } some_event(@{ $account->{events} }), $event;
	@arg{qw(from to)} = ($at[0] + pick(0, 0, 1), $at[1] + pick(1, 1, 2)) if chance(0.2);
	return %arg;
}

sub args_of { my ($rerate) = @_; return ($rerate->{account_id}, (map { instant_text($_) } @$rerate{qw(from to)}), @$rerate{qw(model key)}) }

sub rerate { return begin_rerate(some_charges()) }

sub begin_rerate
{
	my $rerate = { @_, key => new_key() };
	my @errors = $rerate->{from} >= $rerate->{to} ? 'LB104' : $model->rerate_conflicts($rerate) ? 'LB416' : ();
	return begin_by_two($rerate) if !@errors && chance(0.4);
	my $before = now_us();
	my $row = plain('begin_rerate', $begin_sql, [ args_of($rerate) ], @errors);
	return if @errors;
	note_rerate($rerate, $row->{rerate_no}, $before);
	begun($rerate, $row);
	begin_again($rerate, $row) if chance(0.35);
	return continue_rerate($rerate, chance(0.3) ? undef : between(1, 30)) if chance(0.5);
	return;
}

# What the database wrote down, and the oracle for the prices of that instant.
sub note_rerate
{
	my ($rerate, $rerate_no, $before) = @_;
	my ($row) = rows('SELECT ' . us('prices_at') . ' AS at FROM billing_books.rerate WHERE rerate_no = ?', $rerate_no);
	my ($newest) = sort { $b <=> $a } now_us(), (map { $_->{corrected_at} } map { corrections_of($_) } @{ $model->{prices} }), map { $_->{prices_at} } @{ $model->{rerates} };
	mismatch('prices_at', $row->{at}, "$before to $newest") if $row->{at} < $before - 1 || $row->{at} > $newest + 1;
	@$rerate{qw(rerate_no prices_at)} = ($rerate_no, $row->{at});
	$model->plan_rerate($rerate);
	my $account = defined $rerate->{account_id} ? $model->account($rerate->{account_id}) : return;
	$account->{booked_at} = stored_booked_at($account);
	return;
}

sub begun
{
	my ($rerate, $row) = @_;
	same('begin_rerate', sums_text($row), planned_text('begun', $rerate));
	$count{'begin_rerate: of all accounts'}++ if !defined $rerate->{account_id};
	$model->begin_rerate($rerate);
	return compare_rerate($rerate);
}

sub sums_text { my ($row) = @_; return shown(@$row{qw(status rerate_no accounts events)}, nano($row->{less}), nano($row->{more})) }

sub planned_text
{
	my ($status, $rerate) = @_;
	my @moving = grep { $_->{events} } @{ $rerate->{plans} };
	return shown($status, $rerate->{rerate_no}, scalar @moving, map { $model->sum_of($rerate, $_) } qw(events less more));
}

# The same once more, or another one under its key.
sub begin_again
{
	my ($rerate, $row) = @_;
	my @args = args_of($rerate);
	my $is_another = chance(0.3);
	$args[3] = 'another' if $is_another;
	my $again = plain('begin_rerate', $begin_sql, \@args, $is_another ? 'LB109' : ());
	return if $is_another;
	$count{'begin_rerate: once more'}++;
	return same('begin_rerate again', row_text($again), row_text({ %$row, replayed => 1 }));
}

# Above the policy one asks, and another begins it; what is corrected between the two is not of it.
sub begin_by_two
{
	my ($rerate) = @_;
	my $above = pick(0, spread(1_000_000_000_000));
	my $before = now_us();
	set_second_person($above);
	my $first = first_of_two($begin_sql, args_of($rerate));
	mismatch('begin_rerate by one', $first->{status}, 'a dry run') if !$first->{rerate_no};
	note_rerate($rerate, $first->{rerate_no}, $before);
	my $waits = $model->sum_of($rerate, 'less') + $model->sum_of($rerate, 'more') > $above;
	same('begin_rerate by one', sums_text($first), planned_text($waits ? 'awaiting_second' : 'begun', $rerate));
	if (!$waits)
	{
		set_second_person(undef);
		return begun($rerate, $first);
	}
	plain('continue_rerate', 'SELECT * FROM billing.continue_rerate(?)', [ $rerate->{rerate_no} ], 'LB416');
	compare_rerate($rerate);
	set_second_person(undef);
	correct_row(as_corrected(pick(grep { $_->{model} =~ /flat|tier/ } @{ $model->{prices} }))) if chance(0.4);
	begin_rerate(map { $_ => $rerate->{$_} } qw(account_id from to model)) if chance(0.25);
	set_second_person($above);
	my @errors = $model->rerate_conflicts($rerate) ? 'LB416' : ();
	my $row = plain('begin_rerate', $begin_sql, [ args_of($rerate) ], @errors);
	set_second_person(undef);
	return withdraw_rerate($rerate) if @errors;
	$count{'begin_rerate: by two'}++;
	my $account = defined $rerate->{account_id} ? $model->account($rerate->{account_id}) : undef;
	$account->{booked_at} = stored_booked_at($account) if $account;
	return begun($rerate, $row);
}

# What is out of date stays as it was written down, and never begins.
sub withdraw_rerate
{
	my ($rerate) = @_;
	$count{'begin_rerate: too late'}++;
	plain('withdraw_approval', 'SELECT billing.withdraw_approval(?, ?)::text', [ $rerate->{account_id} // -1, $rerate->{key} ]);
	my $account = defined $rerate->{account_id} ? $model->account($rerate->{account_id}) : undef;
	$account->{booked_at} = stored_booked_at($account) if $account;
	return compare_rerate($rerate);
}

# ---- continued ------------------------------------------------------------------------------------

sub continue_some
{
	my @open = grep { $_->{begun} && !$_->{finished} } @{ $model->{rerates} };
	return if !@open && chance(0.9);
	if (chance(0.02))
	{
		plain('continue_rerate', 'SELECT * FROM billing.continue_rerate(?)', [99_999_999], 'LB415');
		return;
	}
	my @begun = grep { $_->{begun} } @{ $model->{rerates} } or return;
	my $rerate = @open && chance(0.97) ? pick(@open) : pick(@begun);
	return continue_rerate($rerate, chance(0.4) ? between(1, 4) : between(1, 40), @open > 0 && chance(0.15), chance(0.2));
}

# Of an account whose row another session holds nothing moves, where there are others.
sub hold_first
{
	my (@plans) = @_;
	return undef if @plans < 2;
	$other_dbh->begin_work;
	$other_dbh->do('SELECT FROM billing_books.account WHERE account_id = ? FOR UPDATE', undef, $plans[0]{account}{id});
	$count{'continue_rerate: beside a held account'}++;
	return $plans[0];
}

# What one step of it does: of one account where it is named, of as many as there are where none is; returns how many charges it moved.
sub step_rerate
{
	my ($rerate, $max, $is_any, $held, $before, $after) = @_;
	my @plans = grep { !$held || $_->{account} != $held->{account} } $model->open_plans($rerate);
	my $moved = sum0(map { $_->{moved} } @plans);
	my $left = $max // 1000;
	for my $plan (@plans)
	{
		my $account = $plan->{account};
		my $at = stored_booked_at($account);
		mismatch("booking instant of account $account->{id}", $at, "$before to $after")
		  if $at != $account->{booked_at} && ($at < $before - 1 || $at > max($after, $account->{booked_at}) + 1);
		$left -= $model->continue_account($rerate, $plan, $at, $left);
		$account->{booked_at} = $at;
		last if !$is_any || $left <= 0;
	}
	return sum0(map { $_->{moved} } @plans) - $moved;
}

# Where none is named: of the oldest of which something moves, or of the oldest.
sub continue_rerate
{
	my ($rerate, $max, $is_any, $hold) = @_;
	my @rerates = $is_any ? grep { $_->{begun} && !$_->{finished} } @{ $model->{rerates} } : $rerate;
	my $held = $hold ? hold_first($model->open_plans($rerates[0])) : undef;
	my $before = now_us();
	my $row = plain('continue_rerate', 'SELECT * FROM billing.continue_rerate(?' . (defined $max ? ', ?' : '') . ')',
		[ $is_any ? undef : $rerate->{rerate_no}, $max // () ]);
	my $after = now_us();
	$other_dbh->rollback if $held;

	my ($stepped, $done, %seen, @tried) = ($rerates[0], 0);
	for my $next (@rerates)
	{
		push @tried, $next;
		$seen{ $_->{account}{id} } //= @{ $_->{account}{entries} } for $model->open_plans($next);
		$done = step_rerate($next, $max, $is_any, $held, $before, $after) or next;
		$count{'continue_rerate: of a later one'}++ if $next != $stepped;
		$stepped = $next;
		last;
	}
	compare_account($model->account($_), $seen{$_}) for keys %seen;
	compare_rerate($_) for @tried;
	my @open = $model->open_plans($stepped);
	return same('continue_rerate', shown(@$row{qw(rerate_no done)}, $row->{left} > 0 ? 'some' : 'none'),
		shown($stepped->{rerate_no}, $done, @open ? 'some' : 'none'));
}

# ---- closed ---------------------------------------------------------------------------------------

# One whose charges were re-rated, or not yet, when it is closed: before it is asked for, or between two steps.
sub rerate_beside_closing
{
	my $account = make_account(1000 + ++$serial, pick('cn', 'global'));
	my ($payment, $debit) = (new_key(), new_key());
	create_api_key($account, 'payg');
	booking($account, 'record_offline_payment', 'record_offline_payment(?, ?, ?, ?)', $payment,
		[ '50.00', $payment, $payment ], amount => 50_000_000_000, reference => $payment);
	for (1 .. between(1, 4))
	{
		my %tokens = (input => spread(1000), output => spread(1000), cache_read => 0, cache_write => 0);
		run_operation(charge_operation($account, key_id => 1, request_id => 'request ' . ++$serial, model => 'flat', tokens => \%tokens, occurred_at => undef));
	}
	my ($event) = grep { $_->{status} eq 'charged' } @{ $account->{events} } or return;
	my $rest = held($account, 'cash') - between(0, 9_000_000);
	booking($account, 'adjust', 'adjust(?, ?, ?)', $debit, [ amount_text(-$rest), $debit ], amount => -$rest) if $rest > 0;
	correct_row(as_corrected($event->{price}));
	my $close = sub { my $key = new_key(); return booking($account, 'close_account', 'close_account(?, ?)', $key, [$key]) };
	my $is_before = chance(0.4);
	$close->() if $is_before;
	begin_rerate(from => $event->{occurred_at}, to => now_us() + seconds(600), model => 'flat', account_id => $account->{id});
	$close->() if !$is_before;
	return;
}

# ---- undone ---------------------------------------------------------------------------------------

# What is booked of a charge goes back: what re-rating charged besides, and what it left of the rest.
sub undo_rerated
{
	my %rerated = map { $_->{id} => [ grep { $_->{revisions} && !$_->{reversed} } @{ $_->{events} } ] } $model->accounts;
	my @accounts = grep { @{ $rerated{ $_->{id} } } } $model->accounts or return;
	my $account = pick(@accounts);
	my $event = pick(@{ $rerated{ $account->{id} } });
	compare_explained($account, $event, $event->{occurred_at});
	my $key = new_key();
	my $row = booking($account, 'reverse_charge', 'reverse_charge(?, ?, ?, NULL, NULL, ?)', $key,
		[ $event->{request_id}, $key, instant_text($event->{occurred_at}) ], request_id => $event->{request_id}, occurred_at => $event->{occurred_at});
	$count{'reverse_charge: of a re-rated charge'}++ if $row;
	compare_explained($account, $event, $event->{occurred_at}) if $row;
	return;
}

1;
