# Prices and quotes (R20).
package BillingModel::Operations::Prices;

use strict;
use warnings;

use List::Util qw(max);

use BillingModel::Call;
use BillingModel::Operations::Usage;
use BillingModel::Oracle::Prices;
use BillingModel::Run;
use BillingModel::Values;

sub operations
{
	return (
		[ 3, \&set_price ],
		[ 1, \&quote ],
	);
}

sub outcomes
{
	return (
		'set_price: LB401',
	);
}

sub some_price { return chance(0.05) ? 0 : chance(0.5) ? between(1, 20_000) * 1_000_000 : between(1, 20_000_000_000) }

my $set_price_sql = 'SELECT set_price AS price_id FROM billing.set_price(?, ?, ?, ?, ?, ?, ?, ?, ?)';

# R20: a new version, a tier, a price for usage that waits, one behind a charge, the same again.
sub set_price
{
	my (%given) = @_;
	my $now = now_us();
	my %price = (currency => pick('CNY', 'USD'), model => pick('flat', 'tier', 'tier', 'tier batch', "late $late_model"), over => 0,
		input => some_price(), output => some_price(),
		cache_read => chance(0.6) ? some_price() : undef, cache_write => chance(0.3) ? some_price() : undef);
	$price{over} = pick(0, 1000, 50_000, 400_000) if $price{model} =~ /^tier/;
	$price{from} = pick(undef, undef, $now + between(seconds(1), seconds(86_400)), $now - between(0, seconds(100)),
		$now - between(0, 40 * 86_400_000_000));
	$price{from} = pick($now - 36 * 86_400_000_000, $now - between(0, 36 * 86_400_000_000)) if $price{model} =~ /late/;
	if (@{ $model->{prices} } && chance(0.15))
	{
		my $old = pick(grep { $_->{model} ne 'huge' } @{ $model->{prices} });
		%price = (%$old, chance(0.4) ? (output => $old->{output} + 1) : ());
	}
	%price = (%price, %given);

	my %row = (%price, map { $_ => $price{$_} // $price{input} } qw(cache_read cache_write));
	my @errors;
	my $same;
	if (defined $price{from})
	{
		my $old = $model->price_at_key(\%row);
		$same = $old if $old && same_price($old, \%row);
		push @errors, 'LB402' if $old && !$same;
		push @errors, 'LB401' if !$old && $model->is_backdated(\%row);
	}
	my $result = plain('set_price', $set_price_sql,
		[ model_of($price{model}), $price{currency}, (map { amount_text($price{$_}) } qw(input output cache_read cache_write)),
			$price{over}, instant_text($price{from}), variant_of($price{model}) ], @errors);
	return if @errors;
	if ($same)
	{
		same('set_price again', $result->{price_id}, $same->{price_id});
		return;
	}
	return if grep { $_->{price_id} == $result->{price_id} } @{ $model->{prices} };
	my $stored_sql = 'SELECT ' . us('effective_from') . ' AS at FROM billing_books.price WHERE price_id = ?';
	my ($stored) = rows($stored_sql, $result->{price_id});
	my $newest = $model->newest_charge($row{currency});
	mismatch('set_price from now on', $stored->{at}, "$now to " . now_us() . ", but after the newest charge $newest")
	  if !defined $row{from}
	  && ($stored->{at} < $now - 1 || $stored->{at} > max(now_us(), $newest + 1) + 1 + @{ $model->{prices} });
	@row{qw(from price_id)} = ($row{from} // $stored->{at}, $result->{price_id});
	mismatch('price row', $stored->{at}, $row{from}) if $stored->{at} != $row{from};
	mismatch('set_price behind a charge', 'accepted', 'refused') if $model->is_backdated(\%row);
	push @{ $model->{prices} }, \%row;
	return;
}

# Those that are there from the start.
sub set_first_prices
{
	my ($currency) = @_;
	my @price = (currency => $currency, over => 0);
	my @huge = map { $_ => 1_000_000_000_000_000 } qw(input output cache_read cache_write);
	set_price(@price, model => $_, from => now_us() - 86_400_000_000) for qw(flat tier);
	set_price(@price, model => 'huge', from => now_us() - 86_400_000_000, @huge);
	return;
}

sub quote
{
	my $account = some_account();
	my $tokens = tokens();
	my $name = pick('flat', 'tier', 'tier batch', "late $late_model", 'nowhere');
	my $at = now_us() - between(0, 40 * 86_400_000_000);
	my $price = find_price($model->{prices}, $account->{currency}, $name, $tokens, $at);
	my $row = plain('quote', "SELECT amount FROM billing.quote(?, ?, ?, ?, ?, ?, ?, ?) WHERE item = 'charge'",
		[ $account->{id}, model_of($name), @$tokens{qw(input output cache_read cache_write)}, instant_text($at), variant_of($name) ],
		$price ? () : 'LB404');
	same('quote', nano($row->{amount}), rate($price, $tokens)) if $price;
	return;
}

1;
