# Metered usage: what is wrong with a row, and what one settle() books.
package BillingModel::Oracle::Settlement;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(first);

use BillingModel::Oracle::Books;
use BillingModel::Oracle::Usage;

our @EXPORT = qw(shape_faults);

use constant {
	TOKENS_MAX => 200_000_000,
	IDENTIFIER_BYTES_MAX => 200,
	MODEL_BYTES_MAX => 200,
};

# What is wrong with a row whoever's it is: pairs of a SQLSTATE and what its message must name. Any
# of them may be given as the reason.
sub shape_faults
{
	my ($row) = @_;
	my @faults = map { [ 'LB101', $_ ] } grep { !defined $row->{$_} } qw(account_id key_id request_id model);
	my %longest = (request_id => IDENTIFIER_BYTES_MAX, model => MODEL_BYTES_MAX);

	for my $column (grep { defined $row->{$_} } qw(request_id model))
	{
		utf8::encode(my $bytes = $row->{$column});
		push @faults, [ 'LB102', $column ] if $bytes !~ /[^ \t\r\n]/;
		push @faults, [ 'LB103', $column ] if length $bytes > $longest{$column};
	}
	for my $class (qw(input output cache_read cache_write))
	{
		my $tokens = $row->{tokens}{$class};
		push @faults, [ 'LB101', "${class}_tokens" ] if !defined $tokens;
		push @faults, [ 'LB104', "${class}_tokens" ] if defined $tokens && ($tokens < 0 || $tokens > TOKENS_MAX);
	}
	push @faults, [ 'LB313', 'meters' ] if defined $row->{tokens}{meters} && !ref $row->{tokens}{meters};
	push @faults, [ 'LB105', 'occurred_at' ] if ($row->{occurred_at} // '') =~ /infinity/;
	return @faults;
}

# What a message about an event must name.
sub named
{
	my ($row, @faults) = @_;
	return map { [ $_, $_ eq 'LB206' ? $row->{key_id} : $row->{request_id} ] } @faults;
}

# Takes rows, as they stand in the inbox, and makes of them what they are. $instants has the booking
# instant of each account with rows among them. Returns those that are set aside, with their faults.
sub settle_rows
{
	my ($self, $rows, $instants) = @_;
	my (@aside, %of);

	for my $row (@$rows)
	{
		my @faults = shape_faults($row);
		my $account = defined $row->{account_id} ? $self->account($row->{account_id}) : undef;
		push @faults, [ 'LB201', $row->{account_id} ] if !$account && defined $row->{account_id};
		if (@faults) { push @aside, { row => $row, faults => \@faults }; }
		else { push @{ $of{ $account->{id} } }, $row; }
	}
	push @aside, $self->settle_batch($self->account($_), $instants->{$_}, $of{$_}) for sort { $a <=> $b } keys %of;
	push @{ $self->{set_aside} }, @aside;
	return @aside;
}

# Of the events of one account, in their order, those that count; the others are pushed to @$aside.
sub recordable
{
	my ($self, $account, $at, $events, $aside) = @_;
	my @new;

	for my $event (@$events)
	{
		my $in_batch = first { $_->{request_id} eq $event->{request_id} } @new;
		my $known = $in_batch // $self->recorded($account, $event->{request_id}, $at);
		if ($known && same_payload($known, $event))
		{
			$self->meet($in_batch ? 'settled: duplicate in its batch' : 'settled: duplicate');
			next;
		}
		my @faults = $known ? 'LB304' : $self->event_faults($account, $at, $event);
		if (@faults) { push @$aside, { row => $event->{row}, faults => [ named($event->{row}, @faults) ], at => $at }; }
		else { push @new, $event; }
	}
	return @new;
}

# What one settle() books of one account: all charges as one sum (design 8, B&S 1.3).
sub settle_batch
{
	my ($self, $account, $at, $rows) = @_;
	my (@aside, @charged);
	my $sum = 0;
	my $place = 0;
	# R7; of two alike the one that stood first in the inbox.
	my @events = sort { $a->{occurred_at} <=> $b->{occurred_at}
		|| $a->{request_id} cmp $b->{request_id} || $a->{place} <=> $b->{place} }
	  map { { key_id => $_->{key_id}, request_id => $_->{request_id}, model => $_->{model}, tokens => $_->{tokens},
			occurred_at => $_->{occurred_at} // $at, recorded_at => $at,
			entry_count => 0, row => $_, place => $place++ } } @$rows;
	my @new = $self->recordable($account, $at, \@events, \@aside);
	return @aside if !@new;

	my @too_large = grep { $self->is_too_large($account, $at, $_) } @new;
	push @aside, map { { row => $_->{row}, faults => [ named($_->{row}, 'LB315') ], at => $at } } @too_large;
	my %is_too_large = map { $_ => 1 } @too_large;
	@new = grep { !$is_too_large{$_} } @new;

	expire($account, $at);
	push @{ $account->{events} }, @new;
	for my $event (@new)
	{
		my $price = $self->decide($account, $at, $event, $sum);
		if ($price)
		{
			set_charged($event, $price, $at);
			push @charged, $event if $event->{charge};
			$event->{batch_offset} = $sum if $event->{charge};
			$sum += $event->{charge};
		}
		$event->{slices} = [];
		$self->meet('settled: ' . ($event->{reason} // $event->{status}));
	}
	my $first = @{ $account->{entries} } + 1;
	my $cause = { source => 'settlement', source_id => $first,
		occurred_at => @charged ? $charged[-1]{occurred_at} : $at, at => $at };
	take_charges($account, \@charged, $cause);
	@$_{qw(first_entry_no entry_count)} = ($first, @{ $account->{entries} } + 1 - $first) for @charged;
	$self->meet('settled: several events over several entries') if @charged > 2 && @{ $account->{entries} } > $first;
	finish($account, $cause);
	return @aside;
}

1;
