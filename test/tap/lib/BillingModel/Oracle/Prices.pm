# Prices (R20).
package BillingModel::Oracle::Prices;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first);
use Math::BigInt;

our @EXPORT = qw(find_price rate same_price);

sub find_price
{
	my ($prices, $currency, $model, $tokens, $occurred_at) = @_;
	my $prompt = $tokens->{input} + $tokens->{cache_read} + $tokens->{cache_write};
	my @found = sort { $b->{over} <=> $a->{over} || $b->{from} <=> $a->{from} }
	  grep {
		     $_->{currency} eq $currency
		  && $_->{model} eq $model
		  && ($_->{over} == 0 || $prompt > $_->{over})
		  && $_->{from} <= $occurred_at
	  } @$prices;
	return $found[0];
}

# Exact, rounded once, half up, to nano-units.
sub rate
{
	my ($price, $tokens) = @_;
	my $sum = Math::BigInt->bzero;
	for my $class (qw(input output cache_read cache_write))
	{
		$sum += Math::BigInt->new($tokens->{$class}) * Math::BigInt->new($price->{$class});
	}
	return ($sum + 500_000)->bdiv(1_000_000)->numify;
}

sub same_price
{
	my ($one, $other) = @_;
	return !grep { $one->{$_} != $other->{$_} } qw(input output cache_read cache_write);
}

# The row that stands there already, or undef.
sub price_at_key
{
	my ($self, $new) = @_;
	return first { $_->{currency} eq $new->{currency} && $_->{model} eq $new->{model}
		&& $_->{over} == $new->{over} && $_->{from} == $new->{from} }
	  @{ $self->{prices} };
}

# Whether a booked charge would have had another price with that row.
sub is_backdated
{
	my ($self, $new) = @_;
	for my $account ($self->accounts)
	{
		next if $account->{currency} ne $new->{currency};
		for my $event (@{ $account->{events} })
		{
			next if $event->{status} ne 'charged';
			next if $event->{model} ne $new->{model} || $event->{occurred_at} < $new->{from};
			my $price = find_price([ $event->{price}, $new ], $new->{currency},
				@$event{qw(model tokens occurred_at)});
			return 1 if $price == $new;
		}
	}
	return 0;
}

sub newest_charge
{
	my ($self, $currency) = @_;
	my @at = sort { $b <=> $a }
	  map { map { $_->{occurred_at} } grep { $_->{status} eq 'charged' } @{ $_->{events} } }
	  grep { $_->{currency} eq $currency } $self->accounts;
	return $at[0] // 0;
}

1;
