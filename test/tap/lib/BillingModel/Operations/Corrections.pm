# Prices that were wrong are corrected (R20), alone or by two persons.
package BillingModel::Operations::Corrections;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max);

use BillingModel::Call;
use BillingModel::Operations::Prices;
use BillingModel::Oracle::Corrections;
use BillingModel::Oracle::Prices;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(correct_row set_second_person first_of_two);

sub operations
{
	return (
		[ 3, \&correct_price ],
	);
}

sub outcomes
{
	return (
		(map { "correct_price: $_" } qw(done LB410 LB414 LB109)), 'correct_price: by two', 'correct_price: as it was',
	);
}

my $correct_sql = 'SELECT * FROM billing.correct_price(?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)';

# In both currencies; undef: never.
sub set_second_person
{
	my ($nano) = @_;
	plain('set_policy', 'SELECT billing.set_policy(?, ?, ?)::text', [ 'second_person_above', $nano && amount_text($nano), $_ ]) for qw(CNY USD);
	return;
}

# The same call by another person before: what it answered, or the SQLSTATE by which it was refused.
sub first_of_two
{
	my ($sql, @args) = @_;
	$second_dbh->do("SELECT set_config('billing.clock_offset', ?, false)", undef, $offset_s);
	my $row = eval { $second_dbh->selectrow_hashref($sql, undef, @args) };
	return $row // { status => $second_dbh->state };
}

# What a row is corrected to: other prices, mostly other items.
sub some_correction
{
	my ($standing) = @_;
	my %new = (input => some_price(), output => some_price(), cache_read => chance(0.6) ? some_price() : undef, cache_write => chance(0.3) ? some_price() : undef);
	if ($standing->{model} eq 'huge') { $new{$_} = pick(500_000_000_000_000, 1_000_000_000_000_000) for qw(input output); }
	elsif (chance(0.3)) { $new{$_} = int($standing->{$_} * pick(0.5, 0.9, 1.1)) for qw(input output cache_read cache_write); }
	elsif (chance(0.1)) { $new{$_} = $standing->{$_} for qw(input output cache_read cache_write); }
	%new = (%new, some_items()) if chance(0.4);
	return %new;
}

# Mostly one that has priced something; also what cannot be corrected.
sub some_row
{
	my $now = now_us();
	my @roots = grep { abs($_->{from} - $now) > 5_000_000 } @{ $model->{prices} };
	my @wrong = grep { $_->{withdrawn} || $_->{end} || $_->{from} > $now } @roots;
	return pick(@wrong) if @wrong && chance(0.12);
	my %charged = map { root_of($_->{price}) => 1 } grep { $_->{status} eq 'charged' } map { @{ $_->{events} } } $model->accounts;
	my @charged = grep { $charged{$_} } @roots;
	my $root = @charged && chance(0.75) ? pick(@charged) : pick(@roots);
	return chance(0.5) ? as_corrected($root) : pick(all_prices($root));
}

sub correct_price { return correct_row(chance(0.06) ? undef : some_row()) }

sub correct_row
{
	my ($named) = @_;
	my $standing = $named ? as_corrected($named) : pick(@{ $model->{prices} });
	my %given = some_correction($standing);
	delete $given{items} if !defined items_text(\%given);
	# What meters cost is as it was in the row that is named; another one is not asked for here.
	$named = $standing if $named && !$given{items};
	my %row = (%$standing, %given, map { $_ => $given{$_} // $given{input} } qw(cache_read cache_write));
	my $key = new_key();
	my @args = ($named ? $named->{price_id} : 99_999_999, (map { amount_text($given{$_}) } qw(input cache_read cache_write output)), $key,
		$given{items} ? items_text(\%given) : undef, $given{free} ? 'free' : undef);
	%row = (%row, items => $standing->{items}, free => $standing->{free}) if !$given{items};
	my @errors = $model->correction_faults($named, now_us());
	my $by_two = chance(0.15);
	if ($by_two)
	{
		set_second_person(1_000_000_000);
		my $first = first_of_two($correct_sql, @args);
		mismatch('correct_price by one', $first->{status}, 'awaiting_second') if !@errors && $first->{status} ne 'awaiting_second';
	}
	my $before = now_us();
	my $result = plain('correct_price', $correct_sql, \@args, @errors);
	set_second_person(undef) if $by_two;
	return if @errors;
	$count{'correct_price: by two'}++ if $by_two;
	same('correct_price', $result->{status}, 'booked');
	note_correction($standing, \%row, $result->{price_id}, $before);
	correct_again($result, @args) if chance(0.2);
	return $result->{price_id};
}

# What it says already adds none.
sub note_correction
{
	my ($standing, $row, $price_id, $before) = @_;
	my $root = root_of($standing);
	if (same_price($standing, $row))
	{
		$count{'correct_price: as it was'}++;
		return same('correct_price that changes nothing', $price_id, $standing->{price_id});
	}
	my ($stored) = rows('SELECT ' . us('corrected_at') . ' AS at FROM billing_books.price WHERE price_id = ?', $price_id);
	my $newest = $model->newest_booking($root, model_of($root->{model}));
	mismatch('corrected_at', $stored->{at}, "$before to " . now_us() . ", or behind $newest")
	  if $stored->{at} < $before - 1 || $stored->{at} <= $newest || $stored->{at} > max(now_us(), $newest + 1) + 1;
	@$row{qw(corrects price_id corrected_at)} = ($root, $price_id, $stored->{at});
	delete $row->{corrections};
	push @{ $root->{corrections} }, $row;
	return;
}

# The same call once more, or another one under its key.
sub correct_again
{
	my ($result, @args) = @_;
	my $is_another = chance(0.4);
	$args[4] = amount_text(abs(nano($args[4]) - 1)) if $is_another;
	my $again = plain('correct_price', $correct_sql, \@args, $is_another ? 'LB109' : ());
	same('correct_price again', shown(@$again{qw(status price_id replayed)}), shown('booked', $result->{price_id}, 1)) if !$is_another;
	return;
}

1;
