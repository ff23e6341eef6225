# The past, from the entries alone.
package BillingModel::Oracle::Statements;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(held_at statement);

# What an account held at an instant, from its entries alone.
sub held_at
{
	my ($account, $at) = @_;
	my %held = (cash => 0, bonus => 0, arrears => 0);
	for my $entry (grep { $_->{recorded_at} <= $at } @{ $account->{entries} })
	{
		my $lot = defined $entry->{lot_no} ? $account->{lots}[ $entry->{lot_no} - 1 ] : undef;
		my $expired = $lot && defined $lot->{expires_at} && $lot->{expires_at} <= $at;
		$held{cash} += $entry->{amount} if $entry->{credit} eq 'cash';
		$held{cash} -= $entry->{amount} if $entry->{debit} eq 'cash';
		$held{bonus} += $entry->{amount} if $entry->{credit} eq 'bonus' && !$expired;
		$held{bonus} -= $entry->{amount} if $entry->{debit} eq 'bonus' && !$expired;
		$held{arrears} += $entry->{amount} if $entry->{debit} eq 'arrears';
		$held{arrears} -= $entry->{amount} if $entry->{credit} eq 'arrears';
	}
	return \%held;
}

# The lines of a statement, with running sums.
sub statement
{
	my ($account, $from, $to) = @_;
	my %held = (cash => 0, bonus => 0, arrears => 0);
	my @lines;
	for my $entry (@{ $account->{entries} })
	{
		my $before = $held{cash} + $held{bonus} - $held{arrears};
		for my $book (qw(cash bonus))
		{
			$held{$book} += $entry->{amount} if $entry->{credit} eq $book;
			$held{$book} -= $entry->{amount} if $entry->{debit} eq $book;
		}
		$held{arrears} += $entry->{amount} if $entry->{debit} eq 'arrears';
		$held{arrears} -= $entry->{amount} if $entry->{credit} eq 'arrears';
		next if (defined $from && $entry->{recorded_at} < $from) || (defined $to && $entry->{recorded_at} >= $to);
		push @lines, { %$entry, %held, before => $before, after => $held{cash} + $held{bonus} - $held{arrears} };
	}
	return @lines;
}

1;
