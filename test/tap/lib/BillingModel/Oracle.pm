# The oracle of the model-based test: what the books must hold, worked out a second time.
#
# Written from rules.md and books-and-states.md alone, not from the C code, and kept naive: every
# list is searched from end to end. Amounts are whole nano-units (10^-9 of the currency), instants
# whole microseconds since 1970; products of tokens and prices are Math::BigInt.
#
# A call here is given the booking instant that the database used (at), checks what may be refused
# first and then books. It returns { errors => [...] } with every SQLSTATE that may be raised, or
# what the database must return.
#
# The rules are in files of their own, by family, and on top of Oracle/Books.pm. A sub that takes $self
# first is a method of the oracle; the others are functions, exported where others need them.
package BillingModel::Oracle;

use strict;
use warnings;

use parent map { "BillingModel::Oracle::$_" }
  qw(Accounts Corrections Earning Locks Money Payments Plans PlanUsage Prices Refunds Rerating Reversals Settlement TakeBacks Usage);

use BillingModel::Oracle::Books;

sub new
{
	my ($class) = @_;
	return bless {
		accounts => {},
		prices => [],
		rerates => [],
		plans => [],
		weights => [],
		block_at_zero => 0,
		go_live_at => undef,
		future_tolerance => 5 * 60 * 1_000_000,
		dedupe_window => 35 * DAY,
		inbox => [],
		set_aside => [],
		met => {},
	}, $class;
}

sub account { return $_[0]{accounts}{ $_[1] } }
sub accounts { return map { $_[0]{accounts}{$_} } sort { $a <=> $b } keys %{ $_[0]{accounts} } }
sub meet { my ($self, $what) = @_; $self->{met}{$what}++; return; }    # for the test to see what a run met

1;
