# Refunds of bank transfers (R12 to R14): asked for, reviewed, paid back by hand, released.
package BillingModel::Operations::Refunds;

use strict;
use warnings;

use BillingModel::Call;
use BillingModel::Operations::Accounts;
use BillingModel::Oracle::Refunds;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 2.5, \&request_refund ],
		[ 3, \&review ],
		[ 2, \&refund_order ],
		[ 3, \&end_item ],
		[ 2, \&reopen_account ],
		[ 1, \&refund_quote ],
	);
}

sub outcomes
{
	return (
		(map { "request_refund: $_" } qw(accepted LB204)), (map { "approve_refund: $_" } qw(booked LB533 LB534)),
		(map { "refund_order: $_" } qw(booked LB506 LB538)), 'release_refund_item: booked',
		'settle_refund_item_offline: booked', 'reject_refund: done', 'reopen_account: done',
	);
}

# Usage that comes late is charged before, however soon the approval is.
sub start
{
	plain('set_policy', 'SELECT billing.set_policy(?, ?)::text', [ 'refund_settle_wait', '0' ]);
	return;
}

# What came through gateways goes back through them, and none is called here.
sub has_only_offline { my ($account) = @_; return !grep { $_->{method} ne 'offline' && refundable($account, $_) } @{ $account->{orders} } }

sub with_open_refund { return grep { open_refund($_) } $model->accounts }

# One that has paid, and has used nothing.
sub newcomer
{
	my $account = make_account(1000 + ++$serial, pick('cn', 'global'));
	for (1 .. between(1, 3))
	{
		my $key = new_key();
		my $amount = money() + 10_000_000;
		booking($account, 'record_offline_payment', 'record_offline_payment(?, ?, ?, ?)', $key,
			[ amount_text($amount), $key, $key ], amount => $amount, reference => $key);
	}
	return $account;
}

# Mostly one that has something to give back, and whose usage is settled, so that it can be approved.
sub request_refund
{
	my @rich = grep { my $account = $_; !$model->is_unsettled($account) && grep { refundable($account, $_) } @{ $account->{orders} } }
	  grep { has_only_offline($_) } $model->accounts;
	my $account = chance(0.15) ? newcomer() : @rich && chance(0.6) ? pick(@rich) : some_account();
	return if !has_only_offline($account);
	my $key = new_key();
	my $row = booking($account, 'request_refund', 'request_refund(?, ?, ?)', $key, [ 'we leave', $key ]);
	# The same call tells later how it is by then: that is not repeated.
	delete $account->{calls}{$key};
	$count{'request_refund: accepted'}++ if $row;
	return;
}

# Of one that is open, or was.
sub review
{
	my @open = with_open_refund();
	my $account = @open && chance(0.9) ? pick(@open) : some_account();
	return if !has_only_offline($account);
	my $refund = open_refund($account);
	my $id = $refund && chance(0.95) ? $refund->{id} : between(1, @{ $account->{refunds} } + 1);
	my $key = new_key();
	return booking($account, 'approve_refund', 'approve_refund(?, ?, ?)', $key, [ $id, $key ], refund_id => $id) if chance(0.7);
	return run_operation({
		name => 'reject_refund', account => $account, sql => 'SELECT reject_refund AS result FROM billing.reject_refund(?, ?, ?)',
		args => [ $account->{id}, $id, 'it is used' ], predict => sub { return $model->reject_refund($account, $_[0], refund_id => $id) },
	});
}

sub refund_order
{
	my $account = some_account();
	my @orders = grep { refundable($account, $_) && $_->{method} eq 'offline' } @{ $account->{orders} };
	my $order = @orders && chance(0.9) ? pick(@orders) : undef;
	my $id = $order ? $order->{order_id} : between(1, @{ $account->{orders} } + 1);
	$order //= $account->{orders}[ $id - 1 ];
	return if $order && $order->{method} ne 'offline' && refundable($account, $order);
	my $most = ($order && refundable($account, $order)) || 10_000_000;
	my $amount = chance(0.3) ? $most : chance(0.85) ? (1 + int rand($most / 10_000_000)) * 10_000_000 : $most + 10_000_000;
	my $key = new_key();
	return booking($account, 'refund_order', 'refund_order(?, ?, ?, ?)', $key, [ $id, amount_text($amount), $key ],
		order_id => $id, amount => $amount);
}

sub end_item
{
	my @waiting = grep { grep { $_->{state} eq 'manual' } @{ $_->{refund_items} } } $model->accounts;
	my $account = @waiting && chance(0.9) ? pick(@waiting) : some_account();
	my @items = grep { $_->{state} eq 'manual' } @{ $account->{refund_items} };
	my $id = @items && chance(0.9) ? pick(@items)->{id} : between(1, @{ $account->{refund_items} } + 1);
	my $key = new_key();
	return booking($account, 'release_refund_item', 'release_refund_item(?, ?, ?)', $key, [ $id, $key ], item_id => $id) if chance(0.4);
	return booking($account, 'settle_refund_item_offline', 'settle_refund_item_offline(?, ?, ?, ?)', $key,
		[ $id, "transfer back $serial", $key ], item_id => $id);
}

sub reopen_account
{
	my @locked = grep { grep { $_->{lock} eq 'refund' && !defined $_->{to} } @{ $_->{locks} } } $model->accounts;
	my $account = @locked && chance(0.9) ? pick(@locked) : some_account();
	return run_operation({
		name => 'reopen_account', account => $account, sql => 'SELECT reopen_account AS result FROM billing.reopen_account(?)',
		args => [ $account->{id} ], predict => sub { return $model->reopen_account($account, $_[0]) },
	});
}

sub refund_quote
{
	my $account = some_account();
	return compare_quote($account);
}

sub compare_quote
{
	my ($account) = @_;
	my @lines = rows(q(SELECT subject, order_id, paid, consumed, refunded, remaining, refundable
		FROM billing.refund_quote(?) WHERE subject IN ('order', 'total') ORDER BY order_id), $account->{id});
	return same("refund_quote($account->{id})",
		join("\n", map { my $line = $_; shown(@$line{qw(subject order_id)}, map { nano($line->{$_}) }
			qw(paid consumed refunded remaining refundable)) } @lines),
		join("\n", map { shown(@$_) } quote_lines($account)));
}

# Every account's quote, and the states of its refunds and their parts.
sub audit
{
	for my $account ($model->accounts)
	{
		compare_quote($account);
		same("refunds of account $account->{id}",
			join("\n", map { shown(@$_{qw(refund_id state)}) }
				  rows('SELECT refund_id, state FROM billing.refunds(?) ORDER BY refund_id', $account->{id})),
			join("\n", map { shown(@$_{qw(id state)}) } @{ $account->{refunds} }));
		same("refund items of account $account->{id}",
			join("\n", map { shown(@$_{qw(item_id order_id state)}, nano($_->{amount})) }
				  rows('SELECT item_id, order_id, state, amount FROM billing.refund_items(?) ORDER BY item_id', $account->{id})),
			join("\n", map { shown($_->{id}, $_->{order}{order_id}, @$_{qw(state amount)}) } @{ $account->{refund_items} }));
	}
	return;
}

1;
