# Bonus, adjustments, write-offs, payments: what an operator books, and the same once more.
package BillingModel::Operations::Money;

use strict;
use warnings;

use BillingModel::Call;
use BillingModel::Compare;
use BillingModel::Oracle::Books;
use BillingModel::Oracle::Payments;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 6, \&grant_bonus ],
		[ 2, \&withdraw_bonus ],
		[ 5, \&adjust ],
		[ 3, \&write_off ],
		[ 7, \&record_offline_payment ],
		[ 2, \&reverse_offline_payment ],
		[ 0.5, \&book_expired ],
		[ 4, \&repeat_call ],
	);
}

sub outcomes
{
	return (
		'write_off: booked', 'reverse_offline_payment: booked', 'withdraw_bonus: booked',
	);
}

sub some_expiry
{
	return undef if chance(0.3);
	my @ahead_s = (between(-100, -5), between(5, 60), between(60, 7200), between(86_400, 40 * 86_400), between(5, 60));
	return now_us() + seconds(pick(@ahead_s)) + between(0, 999_999);
}

sub grant_bonus
{
	my $key = new_key();
	my %arg = (amount => chance(0.5) ? money() + 10_000_000 : fraction() + 1, expires_at => some_expiry());
	return booking(some_account(), 'grant_bonus', 'grant_bonus(?, ?, ?, ?)', $key,
		[ amount_text($arg{amount}), $key, instant_text($arg{expires_at}) ], %arg);
}

sub withdraw_bonus
{
	my @gifted = grep { held($_, 'bonus', now_us()) } $model->accounts;
	my $account = @gifted && chance(0.7) ? pick(@gifted) : some_account();
	my $key = new_key();
	my @lots = map { $_->{lot_no} }
	  grep { $_->{kind} eq 'bonus' && ($_->{remaining} || chance(0.2)) } @{ $account->{lots} };
	my $lot_no = @lots && chance(0.9) ? pick(@lots) : between(1, 50);
	return booking($account, 'withdraw_bonus', 'withdraw_bonus(?, ?, ?)', $key, [ $lot_no, $key ], lot_no => $lot_no);
}

sub adjust
{
	my $key = new_key();
	my %arg = (amount => (fraction() + 1) * pick(1, -1), expires_at => undef);
	$arg{expires_at} = some_expiry() if $arg{amount} > 0 || chance(0.05);
	return booking(some_account(), 'adjust', 'adjust(?, ?, ?, ?)', $key,
		[ amount_text($arg{amount}), $key, instant_text($arg{expires_at}) ], %arg);
}

sub write_off
{
	my @owing = grep { $_->{arrears} } $model->accounts;
	my $account = @owing && chance(0.9) ? pick(@owing) : some_account();
	my $key = new_key();
	my $owed = $account->{arrears};
	my $amount = pick($owed, part_of($owed), part_of($owed), $owed + 1) || 1;
	return booking($account, 'write_off', 'write_off(?, ?, ?)', $key,
		[ amount_text($amount), $key ], amount => $amount);
}

sub record_offline_payment
{
	my $account = some_account();
	my $key = new_key();
	my %arg = (amount => money() + 10_000_000, reference => 'transfer ' . ++$serial,
		currency => undef, paid_at => undef);
	# Perl's integers end before the books do.
	$arg{amount} = max(10_000_000, min(999_999_999_990_000_000, -floor_to_cent(-$account->{arrears})))
	  if $account->{arrears} && chance(0.3) && cumulative_topup($account) < 8_000_000_000_000_000_000;
	$arg{currency} = chance(0.8) ? $account->{currency} : pick('CNY', 'USD') if chance(0.3);
	my @references = grep { defined } map { $_->{reference} } @{ $account->{orders} };
	$arg{reference} = pick(@references) if @references && chance(0.1);
	if (chance(0.4))
	{
		my @edges = map { ($_->{from}, $_->{from} - 1) } @{ $account->{locks} };
		$arg{paid_at} = now_us() - between(0, seconds(86_400));
		$arg{paid_at} = pick(@edges) if @edges && chance(0.5);
		$arg{paid_at} = now_us() + $model->{future_tolerance} + seconds(between(20, 100)) if chance(0.03);
	}
	return booking($account, 'record_offline_payment', 'record_offline_payment(?, ?, ?, ?, ?, ?)', $key,
		[ amount_text($arg{amount}), $key, $arg{reference}, $arg{currency}, instant_text($arg{paid_at}) ], %arg);
}

sub reverse_offline_payment
{
	my $account = some_account();
	my $key = new_key();
	my $order_id = between(1, @{ $account->{orders} } + 1);
	return booking($account, 'reverse_offline_payment', 'reverse_offline_payment(?, ?, ?)', $key,
		[ $order_id, $key ], order_id => $order_id);
}

# The sweep: breakage of all bonus that has expired, and nothing else.
sub book_expired
{
	my $before = now_us();
	my $row = plain('book_expired', 'SELECT book_expired AS result FROM billing.book_expired()', []);
	my $after = now_us();
	my $swept = 0;
	for my $account ($model->accounts)
	{
		my $seen = @{ $account->{entries} };
		my $expiry = next_expiry($account);
		next if !defined $expiry || $expiry > $after;
		my $booked_at = stored_booked_at($account);
		# One that expires meanwhile may be left.
		next if $expiry > $before && $booked_at == $account->{booked_at};
		expire($account, $booked_at);
		$account->{booked_at} = $booked_at;
		compare_account($account, $seen);
		$swept++;
	}
	return same('book_expired', $row->{result}, $swept);
}

# design 5: the same request returns the same and does nothing; another one with that key is an error.
sub repeat_call
{
	my $account = some_account();
	my @keys = sort keys %{ $account->{calls} } or return;
	my $call = $account->{calls}{ pick(@keys) };
	my %again = (%$call, name => "$call->{name} again", predict => undef, key => undef);
	if (chance(0.35))
	{
		my ($name, $amount) = chance(0.5) ? ('grant_bonus', '0.123456789') : ('adjust', '-0.123456789');
		@again{qw(name sql)} = ("$name with a key in use", "SELECT * FROM billing.$name(?, ?, ?)");
		@again{qw(args conflict)} = ([ $account->{id}, $amount, $call->{key} ], 'LB109');
	}
	else
	{
		my $row = $call->{row};
		$again{replay} = { %$row, exists $row->{replayed} ? (replayed => 1) : () };
	}
	return run_operation(\%again);
}

1;
