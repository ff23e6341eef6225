# Thousands of random operations, each compared with an independent oracle (lib/BillingModel/Oracle.pm):
# what the call returned or refused, the account, its lots and its new ledger entries, what is left
# in the inbox and what was set aside; now and then every statement, balances of the past, all usage,
# and verify(). The clock moves forward, but for small steps back.
#
# Whatever fails ends with the command that repeats it: BILLING_SEED repeats a run's choices,
# BILLING_OPERATIONS sets how many, BILLING_START (seconds since 1970) the instant at which its clock
# starts, since a month's end lies where it lies.
#
# Each file of lib/BillingModel/Operations is a family of operations and offers
#   operations  a list of [ weight, code ]
#   outcomes    what a run of 4,000 operations must have met; may be left out
#   audit       compares all that the family keeps; may be left out
#   start       what has to be there before the first operation; may be left out
# A family's rules are in a file of the same kind below lib/BillingModel/Oracle.
use strict;
use warnings;

use FindBin;
use List::Util qw(min sum0);
use Test::More;

use BillingModel::Compare;
use BillingModel::Run;
use BillingModel::Values;
use BillingTest;

my $seed = $ENV{BILLING_SEED} // time % 1_000_000;
my $operations = $ENV{BILLING_OPERATIONS} // 4000;
my $audit_every = 200;

my @families = map { m{(\w+)\.pm$} } sort glob "$FindBin::Bin/lib/BillingModel/Operations/*.pm";
for my $family (@families)
{
	require "BillingModel/Operations/$family.pm";
	$family = "BillingModel::Operations::$family";
}
my @operations = map { $_->operations } @families;
my $weights = sum0(map { $_->[0] } @operations);

my @seals;

sub some_operation
{
	my $at = rand $weights;
	for my $operation (@operations)
	{
		$at -= $operation->[0];
		return $operation->[1] if $at < 0;
	}
	return $operations[0][1];
}

# Everything of every account and family, and the database's own judgement.
sub audit
{
	audit_account($_) for $model->accounts;
	$_->audit for grep { $_->can('audit') } @families;
	my @found = rows('SELECT * FROM billing.verify()');
	same('verify()', join("\n", map { shown(@$_{qw(check_name account_id detail)}) } @found), '');
	seal() if rand() < 0.3;
	return;
}

# Seals the books, and keeps what an auditor would.
sub seal
{
	rows('SELECT * FROM billing.seal_books()');
	push @seals, map { $_->{seal} } rows('SELECT billing.export_seal() AS seal');
	return;
}

# Whatever dies is shown with what led there.
sub survive
{
	my ($operation) = @_;
	eval { $operation->(); 1 } or mismatch('died', $@, 'no error');
	return;
}

my $node = start_run($seed, $operations);
for my $id (1, 2, 3, HUGE_ACCOUNT)
{
	BillingModel::Operations::Accounts::open_account($id, $id == 2 ? 'global' : 'cn');
}
BillingModel::Operations::Prices::set_first_prices($_) for qw(CNY USD);
$_->start for grep { $_->can('start') } @families;

for my $first (map { $_ * $audit_every } 0 .. ($operations - 1) / $audit_every)
{
	my $last = min($first + $audit_every, $operations);
	for ($step = $first + 1; $step <= $last; $step++)
	{
		survive(some_operation());
	}
	$step = $last;
	survive(\&audit);
	pass("operations up to $last");
}
survive(\&BillingModel::Operations::Settlement::settle_all);
survive(\&audit);
%count = (%count, %{ $model->{met} });
note(join("\n", map { sprintf('%6d %s', $count{$_}, $_) } sort keys %count));

# A run that met few of these would prove little; one of them may be rare by chance.
if ($operations >= 4000)
{
	my @wanted = map { $_->outcomes } grep { $_->can('outcomes') } @families;
	my @missed = grep { !$count{$_} } @wanted;
	cmp_ok(scalar @missed, '<=', @wanted / 50, 'nearly every kind of outcome was met') or diag(join ', ', @missed);
}
seal();
for my $seal (@seals)
{
	is(join("\n", map { shown(@$_{qw(check_name account_id detail)}) } rows('SELECT * FROM billing.verify_seal(?)', $seal)), '', 'in the end each seal holds');
}
my @found = rows('SELECT * FROM billing.verify()'); # by the run's clock
is(scalar @found, 0, 'verify() is empty at the end');
done_testing();
