# Orders that customers place, and payments of gateways. No gateway is called here: what one would report
# is put there by hand, held, and an operator credits it (B&S 4.1, 4.2).
package BillingModel::Operations::Payments;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max);

use BillingModel::Call;
use BillingModel::Oracle::Books;
use BillingModel::Oracle::Payments;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(method_of place_order hold_payment resolve_payment waits_ahead);

sub operations
{
	return (
		[ 2.5, \&top_up ],
		[ 1.5, \&resolve_some_payment ],
	);
}

sub outcomes
{
	return (
		'create_topup: done', 'create_topup: LB204',
		(map { "resolve_payment: $_" } qw(booked LB204 LB519)),
		'credited to an order of its own',
	);
}

sub method_of { my ($account) = @_; return $account->{region} eq 'cn' ? 'model_wechat' : 'model_waffo' }

# Of an order the same call tells later how it is by then: that is not repeated.
sub place_order
{
	my ($account, $function, $args, %arg) = @_;
	my $key = new_key();
	my $sql = $function . '(?, ?, ?, ?, ' . ($function eq 'subscribe' ? 'replaces => ?, ' : '') . 'payer => ?)';
	my ($first, @more) = @$args;
	my $payer = '{"client_ip": "192.0.2.7", "email": "a@example.com", "terminal": "WEB"}';
	my $row = booking($account, $function, $sql, $key, [ $first, method_of($account), $key, @more, $payer ],
		%arg, method => method_of($account));
	delete $account->{calls}{$key};
	return $row && $account->{orders}[-1];
}

# A payment as a receipt books it, but that it is held for no fault of its own.
my $hold_sql = <<'S';
CREATE FUNCTION public.hold_payment(owner bigint, wanted bigint, gateway text, amount numeric) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	at timestamptz;
	number bigint;
BEGIN
	UPDATE billing_books.account SET last_entry_no = last_entry_no + 1,
		last_booked_at = greatest(last_booked_at, clock_timestamp() + current_setting('billing.clock_offset')::interval)
	WHERE account_id = owner RETURNING last_booked_at INTO STRICT at;
	SELECT count(*) + 1 INTO number FROM billing_books.payment WHERE account_id = owner;
	INSERT INTO billing_books.payment (account_id, payment_id, order_id, gateway, transaction_id, state, currency, amount, payer_amount,
		reason, paid_at, recorded_at, actor)
	SELECT owner, number, wanted, gateway, format('%s-%s', owner, number), 'held', currency, amount, amount, 'limit', at, at, 'test'
	FROM billing_books.account WHERE account_id = owner;
	INSERT INTO billing_books.payment_claim (gateway, transaction_id, try, account_id, payment_id)
	VALUES (gateway, format('%s-%s', owner, number), 1, owner, number);
	INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, amount, debit, credit, source_type, gateway, chain)
	SELECT owner, last_entry_no, at, at, number, amount, 'gateway', 'suspense', 'payment', gateway,
		billing.entry_chain(chain, owner, last_entry_no, at, at, number, NULL, NULL, NULL, amount, 'gateway', 'suspense', 'payment', gateway, NULL, NULL)
	FROM billing_books.account WHERE account_id = owner;
	UPDATE billing_books.account AS a SET chain = e.chain FROM billing_books.ledger_entry AS e
	WHERE a.account_id = owner AND e.account_id = owner AND e.entry_no = a.last_entry_no;
	RETURN number;
END $$
S

# The gateways, before anything is bought.
sub start
{
	$dbh->do($_) for $hold_sql,
	  q(SELECT billing.set_gateway('model_wechat', 'wechat', 'cn', 'subject')),
	  q(SELECT billing.set_gateway('model_waffo', 'waffo', 'global', 'subject')),
	  q(SELECT billing.set_payment_method('model_wechat', 'model_wechat', 'native')),
	  q(SELECT billing.set_payment_method('model_waffo', 'model_waffo', 'credit_card'));
	return;
}

# It is put in by hand, and so books no bonus that has expired, which every booking does first.
sub has_expired_bonus
{
	my ($account) = @_;
	my $soon = max(now_us(), $account->{booked_at}) + 60_000_000;
	return grep { defined $_->{expires_at} && $_->{expires_at} <= $soon } lots_in_order($account);
}

sub hold_payment
{
	my ($account, $order, $amount) = @_;
	return if has_expired_bonus($account);
	my $gateway = method_of($account);
	my $row = run_operation({
		name => 'hold_payment', account => $account, sql => 'SELECT hold_payment AS result FROM public.hold_payment(?, ?, ?, ?)',
		args => [ $account->{id}, $order && $order->{order_id}, $gateway, amount_text($amount) ],
		predict => sub { return $model->hold_payment($account, $_[0], order => $order, gateway => $gateway, amount => $amount) },
	});
	return $row->{result};
}

# Usage that waits for a weight and is stamped at or behind the instant at which its period would be cut: it draws on
# what covers it when it has one (B&S 4.8), which the oracle does not follow. Such periods are not cut here.
sub waits_ahead
{
	my ($account) = @_;
	my $earliest = max(now_us(), $account->{booked_at});
	return grep { ($_->{reason} // '') eq 'no_weight' && $_->{occurred_at} >= $earliest } @{ $account->{events} };
}

sub resolve_payment
{
	my ($account, $payment_id, $action) = @_;
	return if waits_ahead($account) && grep { defined $_->{replaces} && $_->{state} ne 'paid' } @{ $account->{orders} };
	my $key = new_key();
	return booking($account, 'resolve_payment', 'resolve_payment(?, ?, ?, ?)', $key,
		[ $payment_id, $action, $key ], payment_id => $payment_id, action => $action);
}

# Placed and mostly paid; what comes may be more or less than was asked for, and come twice.
sub top_up
{
	my $account = some_account();
	my $amount = money() + 10_000_000;
	my $order = place_order($account, 'create_topup', [ amount_text($amount) ], amount => $amount);
	return if chance($order ? 0.15 : 0.7);
	for my $paid ($amount, chance(0.1) ? money() + 10_000_000 : ())
	{
		my $payment_id = hold_payment($account, $order, $paid) or return;
		resolve_payment($account, $payment_id, chance(0.97) ? 'credit' : 'dismiss') if chance(0.85);
	}
	return;
}

# One that waits still, or was resolved before.
sub resolve_some_payment
{
	my @waiting = grep { held_payments($_) || open_orders($_) } $model->accounts;
	my $account = @waiting && chance(0.9) ? pick(@waiting) : some_account();
	my @held = held_payments($account);
	my @open = open_orders($account);
	return hold_payment($account, pick(@open), pick(@open)->{amount}) if @open && chance(0.5);
	my $payment_id = @held && chance(0.6) ? pick(@held)->{payment_id} : between(1, @{ $account->{payments} } + 1);
	return resolve_payment($account, $payment_id, chance(0.9) ? 'credit' : 'dismiss');
}

1;
