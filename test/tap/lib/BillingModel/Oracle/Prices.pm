# Prices (R20).
package BillingModel::Oracle::Prices;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first);
use Math::BigInt;
use Math::BigRat;
use POSIX qw(floor tzset);

use BillingModel::Oracle::Corrections;

our @EXPORT = qw(find_price lists_at list_of hours_of key_of covers rate same_price);

# ---- hours ----------------------------------------------------------------------------------------

my @days = qw(sun mon tue wed thu fri sat);

# Day of the week and microsecond of the day, by the clocks of a time zone.
sub local_clock
{
	my ($us, $zone) = @_;
	my $s = floor($us / 1_000_000);
	my ($second, $minute, $hour, $day);
	{
		local $ENV{TZ} = $zone;
		tzset();
		($second, $minute, $hour, $day) = (localtime $s)[ 0, 1, 2, 6 ];
	}
	tzset();
	return ($day, (($hour * 60 + $minute) * 60 + $second) * 1_000_000 + $us - $s * 1_000_000);
}

sub days_of
{
	my ($text) = @_;
	my %place = map { $days[$_] => $_ } 0 .. 6;
	my %in;
	for my $range (split /,/, $text)
	{
		my ($from, $to) = map { $place{$_} } split /-/, $range;
		$to //= $from;
		for (my $day = $from;; $day = ($day + 1) % 7)
		{
			$in{$day} = 1;
			last if $day == $to;
		}
	}
	return \%in;
}

# Half-open, by the clocks of the zone, of the day on which they began.
sub hours_hold
{
	my ($hours, $us) = @_;
	return 1 if $hours eq '';
	my ($days, $from_hour, $from_minute, $to_hour, $to_minute, $zone) =
	  $hours =~ /^(?:(\S+) )?(\d\d):(\d\d)-(\d\d):(\d\d) (\S+)$/ or die "no hours: $hours";
	my $in = days_of($days // 'sun-sat');
	my ($from, $to) = map { $_ * 60_000_000 } $from_hour * 60 + $from_minute, $to_hour * 60 + $to_minute;
	my ($day, $clock) = local_clock($us, $zone);
	return $in->{$day} && $clock >= $from && $clock < $to if $from < $to;
	return ($in->{$day} && $clock >= $from) || ($in->{ ($day + 6) % 7 } && $clock < $to);
}

# ---- which row ------------------------------------------------------------------------------------

sub list_of { my ($price) = @_; return $price->{list} // 'standard' }
sub hours_of { my ($price) = @_; return $price->{hours} // '' }
sub key_of { my ($price) = @_; return join '|', @$price{qw(currency model)}, list_of($price), hours_of($price), $price->{over} }

sub applies
{
	my ($price, $tokens, $occurred_at) = @_;
	my $prompt = $tokens->{input} + $tokens->{cache_read} + $tokens->{cache_write};
	return $price->{from} <= $occurred_at && ($price->{over} == 0 || $prompt > $price->{over}) && hours_hold(hours_of($price), $occurred_at);
}

# The newest first; what is asked about has no number yet, which is higher than all.
sub by_age { my ($one, $other) = @_; return $other->{from} <=> $one->{from} || ($other->{price_id} // 1e18) <=> ($one->{price_id} // 1e18) }

# The rows of which each is the newest of its list, tier and hours, ends among them.
sub standing
{
	my %seen;
	return grep { !$seen{ key_of($_) }++ } sort { by_age($a, $b) } @_;
}

# The row that prices a request: of the lists the first that yields one, of the standard one where none is named.
sub find_price
{
	my ($prices, $currency, $model, $tokens, $occurred_at, @lists) = @_;
	my @rows = grep { $_->{currency} eq $currency && $_->{model} eq $model && !$_->{withdrawn} && applies($_, $tokens, $occurred_at) } @$prices;
	for my $list (@lists ? @lists : 'standard')
	{
		my @found = sort { $b->{over} <=> $a->{over} || (hours_of($a) eq '') <=> (hours_of($b) eq '') || by_age($a, $b) }
		  grep { !$_->{end} } standing(grep { list_of($_) eq $list } @rows);
		return $found[0] if @found;
	}
	return undef;
}

# The lists that price an account's request.
sub lists_at
{
	my ($account, $occurred_at) = @_;
	my ($on) = sort { $b->{from} <=> $a->{from} } grep { $_->{from} <= $occurred_at } @{ $account->{price_lists} // [] };
	return ($on ? $on->{list} : (), 'standard');
}

# ---- how much -------------------------------------------------------------------------------------

# Whether a price says what all meters of a request cost.
sub covers
{
	my ($price, $tokens) = @_;
	my $meters = $tokens->{meters} // {};
	return $price->{free} || !grep { $meters->{$_} && !$price->{items}{$_} } keys %$meters;
}

# What the meters cost, a rational number of nano-units.
sub cost_of_meters
{
	my ($price, $meters) = @_;
	my $sum = Math::BigRat->bzero;
	for my $name (grep { $price->{items}{$_} } keys %$meters)
	{
		my ($nano, $per) = @{ $price->{items}{$name} };
		$sum += Math::BigRat->new(Math::BigInt->new($meters->{$name}) * Math::BigInt->new($nano), $per);
	}
	return $sum;
}

# Exact, rounded once, half up, to nano-units; more than money can be is some number above it.
sub rate
{
	my ($price, $tokens) = @_;
	my $sum = Math::BigInt->bzero;
	for my $class (qw(input output cache_read cache_write))
	{
		$sum += Math::BigInt->new($tokens->{$class}) * Math::BigInt->new($price->{$class});
	}
	return ($sum + 500_000)->bdiv(1_000_000)->numify if !ref $tokens->{meters};
	my $all = Math::BigRat->new($sum, 1_000_000) + cost_of_meters($price, $tokens->{meters}) + Math::BigRat->new(1, 2);
	return $all->bfloor->numify;
}

sub items_key
{
	my ($price) = @_;
	my $items = $price->{items} // {};
	return join ',', map { "$_=@{ $items->{$_} }" } sort keys %$items;
}

sub same_price
{
	my ($one, $other) = @_;
	return !(grep { $one->{$_} != $other->{$_} } qw(input output cache_read cache_write))
	  && items_key($one) eq items_key($other) && !$one->{free} == !$other->{free} && !$one->{end} == !$other->{end};
}

# The row that stands there already, or undef.
sub price_at_key
{
	my ($self, $new) = @_;
	return first { !$_->{withdrawn} && $_->{from} == $new->{from} && key_of($_) eq key_of($new) } @{ $self->{prices} };
}

# The rows of a list that stand at an instant, and are no ends.
sub standing_prices
{
	my ($self, $at, $currency, $model, $list) = @_;
	return grep { !$_->{end} } standing(grep { $_->{currency} eq $currency && $_->{model} eq $model && list_of($_) eq $list
		&& !$_->{withdrawn} && $_->{from} <= $at } @{ $self->{prices} });
}

# A booked charge that other rows would price otherwise; $changed are those that come or go.
sub charged_otherwise
{
	my ($self, $prices, @changed) = @_;
	my ($currency, $model) = @{ $changed[0] }{qw(currency model)};
	my @rows = grep { $_->{currency} eq $currency && $_->{model} eq $model } @$prices;
	for my $account (grep { $_->{currency} eq $currency } $self->accounts)
	{
		for my $event (grep { $_->{status} eq 'charged' && $_->{model} eq $model } @{ $account->{events} })
		{
			my ($tokens, $at) = @$event{qw(tokens occurred_at)};
			next if !grep { applies($_, $tokens, $at) } @changed;
			my $price = find_price(\@rows, $currency, $model, $tokens, $at, lists_at($account, $at));
			return $event if !$price || $price != root_of($event->{price});
		}
	}
	return undef;
}

# Whether a booked charge would have had another price with those rows.
sub is_backdated
{
	my ($self, @new) = @_;
	return $self->charged_otherwise([ @{ $self->{prices} }, @new ], @new) ? 1 : 0;
}

# Whether one would without that row.
sub is_charged_by
{
	my ($self, $row) = @_;
	return $self->charged_otherwise([ grep { $_ != $row } @{ $self->{prices} } ], $row) ? 1 : 0;
}

# Whether a charge of an account would have had another price with that list.
sub is_list_backdated
{
	my ($self, $account, $new) = @_;
	my $changed = { price_lists => [ @{ $account->{price_lists} // [] }, $new ] };
	for my $event (grep { $_->{status} eq 'charged' && $_->{occurred_at} >= $new->{from} } @{ $account->{events} })
	{
		my $price = find_price($self->{prices}, $account->{currency}, @$event{qw(model tokens occurred_at)}, lists_at($changed, $event->{occurred_at}));
		return 1 if !$price || $price != root_of($event->{price});
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
