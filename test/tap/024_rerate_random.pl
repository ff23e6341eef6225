# Random lives of accounts whose prices are corrected again and again, and whose charges are re-rated, with all that can come in between: payments, gifts that
# expire, debts that are written off, charges that are undone, batches, and (on half of the accounts) payments that are taken back. verify() is empty
# after each act; what is booked of a charge is its newest price but for what was written off; and when all charges are undone in the end, the
# revenue that is left is what was written off, to the last nano (R20, R23). BILLING_SEED repeats a run.
use strict;
use warnings;

use List::Util qw(max min);
use Test::More;

use BillingTest;

my $seed = $ENV{BILLING_SEED} // int rand 1_000_000;
diag "BILLING_SEED=$seed";
srand $seed;
my $lives = 6;
my $acts = 45;

my $node = billing_node('random', preload => 'billing', conf => [ 'log_statement = none', 'fsync = off' ]);
my $dbh = connect_dbi($node);
my ($serial, $clock, %met) = (0, 0);

sub run
{
	my ($sql, @args) = @_;
	return $dbh->selectrow_array($sql, undef, @args);
}

# Refused: nothing has happened; by which code.
sub attempt
{
	my @row = eval { run(@_) };
	return @row if !$@;
	die $@ if $dbh->state !~ /^LB/;
	$met{ $dbh->state }++;
	return;
}

sub some_amount { return sprintf '%.9f', 1e-9 * int(rand 30e9) }

sub charges
{
	my ($account) = @_;
	return @{ $dbh->selectcol_arrayref('SELECT u.request_id FROM billing_books.usage_event AS u WHERE u.account_id = ? AND u.status = \'charged\' AND NOT EXISTS
		(SELECT FROM billing_books.charge_reversal AS r WHERE r.account_id = u.account_id AND r.request_hash = u.request_hash) ORDER BY 1', undef, $account) };
}

sub charge
{
	my ($account) = @_;
	return run('SELECT status FROM billing.charge(?, 1, ?, ?, ?, 0)', $account, 'r' . ++$serial, "m$account", 1 + int rand 20_000_000);
}

sub batch
{
	my ($account) = @_;
	run('SELECT billing.meter(?, 1, ?, ?, ?, 0)', $account, 'r' . ++$serial, "m$account", 1 + int rand 10_000_000) for 1 .. 1 + rand 4;
	return run('SELECT billing.settle()');
}

sub rerate
{
	my ($account) = @_;
	my ($price_id) = run('SELECT max(price_id) FROM billing_books.price WHERE model = ?', "m$account");
	run('SELECT status FROM billing.correct_price(?, ?, NULL, NULL, 0, ?)', $price_id, sprintf('%.9f', rand 2), 'correct ' . ++$serial);
	charge($account) if rand() < 0.3;
	my ($rerate_no) = run("SELECT rerate_no FROM billing.begin_rerate(?, '2025-01-01 00:00+00', '2100-01-01 00:00+00', ?, ?)", $account, "m$account", 'rerate ' . ++$serial);
	for my $step (1 .. 200)
	{
		my ($done, $left) = run('SELECT done, "left" FROM billing.continue_rerate(?, ?)', $rerate_no, 1 + int rand 8);
		$met{moved} += $done;
		return if $left == 0;
		act($account, rand 0.84) if rand() < 0.2;
	}
	die 'a re-rating does not end';
}

sub write_off
{
	my ($account) = @_;
	my ($arrears) = run('SELECT arrears FROM billing.balance(?)', $account);
	return if $arrears == 0;
	my $amount = rand() < 0.3 ? $arrears : sprintf '%.9f', max(1e-9, min($arrears, some_amount()));
	return attempt('SELECT status FROM billing.write_off(?, ?, ?)', $account, $amount, 'write-off ' . ++$serial);
}

sub take_back
{
	my ($account) = @_;
	return if $account % 2;
	my ($payment_id) = run("SELECT payment_id FROM billing_books.payment WHERE account_id = ? AND state = 'credited' AND NOT EXISTS (SELECT FROM billing_books.take_back AS t WHERE t.account_id = payment.account_id AND t.payment_id = payment.payment_id) ORDER BY random() LIMIT 1", $account);
	return if !$payment_id;
	return attempt('SELECT status FROM billing.reverse_offline_payment(?, (SELECT order_id FROM billing_books.payment WHERE account_id = ? AND payment_id = ?), ?)', $account, $account, $payment_id, 'take back ' . ++$serial);
}

sub undo
{
	my ($account) = @_;
	my @charges = charges($account) or return;
	return attempt('SELECT status FROM billing.reverse_charge(?, ?, ?)', $account, $charges[ rand @charges ], 'undo ' . ++$serial);
}

sub act
{
	my ($account, $kind) = @_;
	$kind //= rand;
	return charge($account) if $kind < 0.3;
	return batch($account) if $kind < 0.4;
	return attempt('SELECT status FROM billing.record_offline_payment(?, ?, ?, ?)', $account, sprintf('%.2f', 0.01 + rand 20), 'pay ' . ++$serial, "bank $serial") if $kind < 0.55;
	return attempt("SELECT status FROM billing.grant_bonus(?, ?, ?, clock_timestamp() + ? * interval '1 s')", $account, max(1e-9, some_amount()), 'gift ' . ++$serial, $clock + 1 + int rand 40_000) if $kind < 0.65;
	return write_off($account) if $kind < 0.73;
	return undo($account) if $kind < 0.79;
	return take_back($account) if $kind < 0.84;
	return rerate($account) if $kind < 0.96;
	$clock += int rand 30_000;
	return $dbh->do("SET billing.clock_offset = '${clock}s'");
}

for my $account (1 .. $lives)
{
	run("SELECT billing.create_account(?, 'cn')", $account);
	run("SELECT billing.create_api_key(?, 'key') IS NOT NULL", $account);
	run("SELECT billing.set_price(?, 'CNY', 1, 0, effective_from => '2025-01-01 00:00+00')", "m$account");
	my $wrong = '';
	for my $n (1 .. $acts)
	{
		act($account);
		$wrong ||= join ', ', map { "act $n: @$_" } @{ $dbh->selectall_arrayref('SELECT check_name, detail FROM billing.verify()') };
	}
	is($wrong, '', "account $account: verify() finds nothing");
	attempt('SELECT status FROM billing.reverse_charge(?, ?, ?)', $account, $_, 'undo ' . ++$serial) for charges($account);
	is_deeply($dbh->selectall_arrayref('SELECT check_name, detail FROM billing.verify()'), [], "account $account: nor when all is undone");
	next if $account % 2 == 0;
	ok(run("SELECT coalesce(sum(CASE 'revenue' WHEN credit THEN amount WHEN debit THEN -amount END), 0) = coalesce(sum(amount) FILTER (WHERE debit = 'write_off'), 0)
		FROM billing_books.ledger_entry WHERE account_id = ?", $account), "account $account: what is left of revenue was written off");
}
cmp_ok($met{moved} // 0, '>', 50, 'many charges were re-rated');
diag join ', ', map { "$_ $met{$_}" } sort keys %met;

done_testing();
