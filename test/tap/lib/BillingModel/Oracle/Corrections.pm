# Prices that were wrong, and what stands in their place (R20).
package BillingModel::Oracle::Corrections;

use strict;
use warnings;

use Exporter 'import';

use BillingModel::Oracle::Books;

our @EXPORT = qw(root_of as_corrected corrections_of all_prices);

# A correction names the row in whose place it stands, and all corrections of that row stand with it.
sub root_of { my ($price) = @_; return $price->{corrects} // $price }
sub corrections_of { my ($price) = @_; return @{ root_of($price)->{corrections} // [] } }
sub all_prices { return map { ($_, corrections_of($_)) } @_ }

# What stands in a row's place for what is booked at an instant: the newest correction of until then; of all
# without an instant.
sub as_corrected
{
	my ($price, $at) = @_;
	return undef if !$price;
	my @known = grep { !defined $at || $_->{corrected_at} <= $at } corrections_of($price);
	return @known ? $known[-1] : root_of($price);
}

# Why a row cannot be corrected.
sub correction_faults
{
	my ($self, $price, $now) = @_;
	return 'LB410' if !$price;
	my $root = root_of($price);
	return $root->{withdrawn} || $root->{end} || $root->{from} > $now ? 'LB414' : ();
}

# The newest that was booked at a row, or re-rated of its model: a correction comes later than both.
sub newest_booking
{
	my ($self, $root, $model) = @_;
	my $newest = 0;
	for my $event (map { @{ $_->{events} } } $self->accounts)
	{
		$newest = max($newest, $event->{settled_at}) if $event->{status} eq 'charged' && root_of($event->{price}) == $root;
	}
	$newest = max($newest, $_->{prices_at}) for grep { !defined $_->{model} || $_->{model} eq $model } @{ $self->{rerates} };
	return $newest;
}

1;
