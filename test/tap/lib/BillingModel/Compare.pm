# Compares what the database holds of an account with what the oracle holds.
package BillingModel::Compare;

use strict;
use warnings;

use Exporter 'import';

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Payments;
use BillingModel::Oracle::PlanUsage;
use BillingModel::Oracle::Statements;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(compare_account audit_account);

my $account_sql = 'SELECT a.last_entry_no, ' . us('a.last_booked_at') . ' AS booked_at,
	' . us('a.next_expiry_at') . ' AS next_expiry_at,
	a.cash AS booked_cash, a.bonus AS booked_bonus, a.arrears AS booked_arrears,
	b.*, ' . us('statement_timestamp()') . ' AS read_at
	FROM billing_books.account AS a, billing.balance(a.account_id) AS b WHERE a.account_id = ?';
my $lots_sql = 'SELECT lot_no, kind, amount, remaining, ' . us('expires_at') . ' AS expires_at, order_id
	FROM billing_books.lot WHERE account_id = ? ORDER BY lot_no';
my $entries_sql = 'SELECT entry_no, debit, credit, amount, lot_no, source_type,
	CASE WHEN source_type <> \'charge\' THEN source_id END AS source_id, '
  . us('occurred_at') . ' AS occurred_at, ' . us('recorded_at') . ' AS recorded_at, gateway, undoes_entry_no, subscription_no
	FROM billing_books.ledger_entry WHERE account_id = ? AND entry_no > ? ORDER BY entry_no';

# The account, its lots, and its entries behind those that were seen already.
sub compare_account
{
	my ($account, $entries_seen) = @_;
	my ($row) = rows($account_sql, $account->{id});
	my $read_at = $row->{read_at} + seconds($offset_s);
	my $balance = balance($account, $read_at);
	my $reason = $model->gate($account, undef, $read_at);

	same("account $account->{id}",
		shown(@$row{qw(last_entry_no booked_at next_expiry_at)},
			map { nano($row->{$_}) } qw(booked_cash booked_bonus booked_arrears)),
		shown(scalar @{ $account->{entries} }, $account->{booked_at}, next_expiry($account),
			held($account, 'cash'), held($account, 'bonus'), $account->{arrears}));
	same("balance($account->{id})",
		shown($row->{currency}, (map { nano($row->{$_}) } qw(cash bonus arrears balance balance_shown total_topup)),
			@$row{qw(callable reason)}),
		shown($account->{currency}, held($account, 'cash', $read_at), held($account, 'bonus', $read_at),
			$account->{arrears}, $balance, floor_to_cent($balance), cumulative_topup($account),
			$reason ? 0 : 1, $reason));
	same("lots of account $account->{id}",
		join("\n", map { shown(@$_{qw(lot_no kind)}, nano($_->{amount}), nano($_->{remaining}),
			@$_{qw(expires_at order_id)}) } rows($lots_sql, $account->{id})),
		join("\n", map { shown(@$_{qw(lot_no kind amount remaining expires_at order_id)}) } @{ $account->{lots} }));
	my @entries = @{ $account->{entries} };
	same("new entries of account $account->{id}",
		join("\n", map { shown(@$_{qw(entry_no debit credit)}, nano($_->{amount}),
			@$_{qw(lot_no source_type source_id occurred_at recorded_at gateway undoes_entry_no subscription_no)}) }
			  rows($entries_sql, $account->{id}, $entries_seen)),
		join("\n", map { shown(@$_{qw(entry_no debit credit amount lot_no source source_id
			occurred_at recorded_at gateway undoes subscription_no)}) }
			  @entries[ $entries_seen .. $#entries ]));
	compare_plans($account) if @{ $account->{subscriptions} };
	return;
}

my $plans_sql = 'SELECT s.subscription_no, plan, version, state, pack_of, price, ' . us('starts_at') . ' AS starts_at,
	' . us('ends_at') . ' AS ends_at, quota, used, quota_left, ' . us('quota_ends_at') . ' AS quota_ends_at,
	window_quota, window_left, ' . us('window_ends_at') . ' AS window_ends_at, order_id,
	' . us('statement_timestamp()') . ' AS read_at FROM billing.plan_status(?) AS s';
my $quota_sql = 'SELECT subscription_no, kind, ' . us('starts_at') . ' AS starts, ' . us('ends_at') . ' AS ends,
	amount, given, used, carried FROM billing_books.quota WHERE account_id = ? AND starts_at < ends_at AND (kind = \'part\' OR used > 0)
	ORDER BY subscription_no, kind, starts_at';
my @plan_columns = qw(subscription_no plan version state pack_of starts_at ends_at quota_ends_at window_ends_at order_id);
my @plan_amounts = qw(price quota used quota_left window_quota window_left);

# Its Token Plans as they are shown, and what was used of each quota.
sub compare_plans
{
	my ($account) = @_;
	my @shown = rows($plans_sql, $account->{id});
	my $read_at = $shown[0]{read_at} + seconds($offset_s);
	same("plan_status($account->{id})",
		join("\n", map { my $row = $_; shown(@$row{@plan_columns}, map { nano($row->{$_}) } @plan_amounts) } @shown),
		join("\n", map { shown(@$_{ @plan_columns, @plan_amounts }) } $model->plan_status($account, $read_at)));
	same("quotas of account $account->{id}",
		join("\n", map { my $row = $_; shown(@$row{qw(subscription_no kind starts ends)}, map { nano($row->{$_}) } qw(amount given used carried)) }
			  rows($quota_sql, $account->{id})),
		join("\n", map { shown(@$_{qw(no kind starts ends amount given used carried)}) } quota_rows($account)));
	return;
}

my $statement_sql = 'SELECT entry_no, debit, credit, amount, lot_no, source_type, source,
	balance_before, balance_after, cash, bonus, arrears
	FROM billing.statement(?, ?, ?)';

sub compare_statement
{
	my ($account, $from, $to) = @_;
	same("statement($account->{id}, " . shown($from, $to) . ')',
		join("\n", map { shown(@$_{qw(entry_no debit credit)}, nano($_->{amount}), @$_{qw(lot_no source_type source)},
			map { nano($_) } @$_{qw(balance_before balance_after cash bonus arrears)}) }
			  rows($statement_sql, $account->{id}, instant_text($from), instant_text($to))),
		join("\n", map { shown(@$_{qw(entry_no debit credit amount lot_no source)},
			$_->{source} eq 'charge' ? $_->{request_id} : $_->{source_id}, @$_{qw(before after cash bonus arrears)}) }
			  statement($account, $from, $to)));
	return;
}

sub compare_balance_at
{
	my ($account, $at) = @_;
	my ($row) = rows('SELECT cash, bonus, arrears, balance FROM billing.balance_at(?, ?)',
		$account->{id}, instant_text($at));
	my $held = held_at($account, $at);
	return same("balance_at($account->{id}, $at)", shown(map { nano($row->{$_}) } qw(cash bonus arrears balance)),
		shown(@$held{qw(cash bonus arrears)}, $held->{cash} + $held->{bonus} - $held->{arrears}));
}

# All of it, now and in the past.
sub audit_account
{
	my ($account) = @_;
	my @instants = map { $_->{recorded_at} } @{ $account->{entries} };
	my @expiries = grep { defined && $_ < now_us() } map { $_->{expires_at} } @{ $account->{lots} };
	my $some = sub { return pick(@instants, @expiries, $account->{created_at}) + pick(-1, 0, 1) };

	compare_account($account, 0);
	compare_statement($account);
	compare_statement($account, (sort { $a <=> $b } $some->(), $some->())[ 0, 1 ]);
	compare_balance_at($account, $_) for $some->(), $some->(), $some->(), $account->{created_at} - 1;
	return;
}

1;
