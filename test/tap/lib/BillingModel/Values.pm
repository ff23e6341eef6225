# Random values, and texts of values as the database has them. Amounts are whole nano-units (10^-9 of
# the currency), instants whole microseconds since 1970.
package BillingModel::Values;

use strict;
use warnings;

use Exporter 'import';
use POSIX qw(floor strftime);

our @EXPORT = qw(pick chance between spread money fraction part_of
  seconds instant_text nano amount_text model_of variant_of meters_of meters_text items_text shown row_text us);

# ---- random ones ----------------------------------------------------------------------------------

sub pick { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }
sub between { my ($low, $high) = @_; return $low + int rand($high - $low + 1) }
sub spread { my ($high) = @_; return int exp rand log($high + 1) }    # small ones as often as large ones

sub money { return spread(pick(2000, 20_000)) * 10_000_000 }    # whole 0.01
sub fraction { return spread(20_000_000_000) }    # nano-units

# Some of an amount, which may be more than a double can tell.
sub part_of
{
	my ($nano) = @_;
	my $share = int rand 1_000_000;
	use integer;
	return 1 + ($nano < 1_000_000 ? $nano * $share / 1_000_000 : $nano / 1_000_000 * $share);
}

# ---- units and texts ------------------------------------------------------------------------------

# To the rules a variant of a model is another model; calls name both.
sub model_of { my ($name) = @_; return defined $name && $name eq 'tier batch' ? 'tier' : $name }
sub variant_of { my ($name) = @_; return defined $name && $name eq 'tier batch' ? 'batch' : undef }

# What of meters counts, as the database keeps it; undef: nothing. A request's meters stand beside its
# tokens: names and quantities, or a text that is none.
sub meters_of
{
	my ($tokens) = @_;
	my $meters = ref $tokens->{meters} ? $tokens->{meters} : {};
	my @names = sort { length $a <=> length $b || $a cmp $b } grep { $meters->{$_} } keys %$meters;
	return @names ? '{' . join(', ', map { "\"$_\": $meters->{$_}" } @names) . '}' : undef;
}

# As they are sent.
sub meters_text
{
	my ($tokens) = @_;
	my $meters = $tokens->{meters} // return undef;
	return $meters if !ref $meters;
	return '{' . join(', ', map { "\"$_\":$meters->{$_}" } reverse sort keys %$meters) . '}';
}

# What meters cost, as it is given with a price: amounts, and for how many units; undef: nothing.
sub items_text
{
	my ($price) = @_;
	my $items = $price->{items} // {};
	return undef if !%$items;
	return join(', ', map { my ($nano, $per) = @{ $items->{$_} }; "$_ " . amount_text($nano) . ($per > 1 ? "/$per" : '') } reverse sort keys %$items);
}

sub seconds { return $_[0] * 1_000_000 }

sub instant_text
{
	my ($us) = @_;
	return $us if !defined $us || $us =~ /infinity/;
	my $s = floor($us / 1_000_000);
	return strftime('%Y-%m-%d %H:%M:%S', gmtime $s) . sprintf('.%06d+00', $us - $s * 1_000_000);
}

sub nano
{
	my ($text) = @_;
	return undef if !defined $text;
	my ($sign, $whole, $decimals) = $text =~ /^(-?)(\d+)(?:\.(\d+))?$/ or die "no amount: $text";
	my $digits = substr(($decimals // '') . '0' x 9, 0, 9);
	return ($sign ? -1 : 1) * ($whole * 1_000_000_000 + $digits);
}

sub amount_text
{
	my ($nano) = @_;
	return undef if !defined $nano;
	use integer;    # near the end of the range a double rounds up
	my $size = $nano < 0 ? -$nano : $nano;
	return sprintf('%s%d.%09d', $nano < 0 ? '-' : '', $size / 1_000_000_000, $size % 1_000_000_000);
}

sub shown { return join ' ', map { $_ // '-' } @_ }

sub row_text
{
	my ($row) = @_;
	return shown(map { "$_=" . ($row->{$_} // '-') } sort keys %$row);
}

# SQL for a column's instant.
sub us { my ($column) = @_; return "(extract(epoch FROM $column) * 1000000)::bigint" }

1;
