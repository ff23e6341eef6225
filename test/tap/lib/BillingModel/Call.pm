# Runs one call in the database and in the oracle and compares: what it returned or refused, the
# account, its lots and its new ledger entries.
package BillingModel::Call;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max);

use BillingModel::Compare;
use BillingModel::Oracle::Books qw(balance);
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(call plain run_operation booking booking_by_two);

my %amounts = map { $_ => 1 } qw(balance charge credits amount pay_amount discount gift);

# Calls SQL; returns the row, or undef with the SQLSTATE.
sub call
{
	my ($sql, @args) = @_;
	my $row = eval { (rows($sql, @args))[0] };
	return ($row, undef) if $row;
	my $state = $dbh->state;
	# An error that is not ours is a finding, too, and its text says what it is.
	return (undef, $state =~ /^LB/ ? $state : "$state " . ($dbh->errstr // $@));
}

# Calls and notes; the oracle's answer decides whether it was right.
sub plain
{
	my ($name, $sql, $args, @errors) = @_;
	push @trail, "$step $name " . shown(@$args);
	shift @trail if @trail > 40;
	my ($row, $state) = call($sql, @$args);
	$count{ "$name: " . ($state // 'done') }++;
	$trail[-1] .= '  -> ' . ($state // row_text($row));
	mismatch($name, $state // row_text($row), @errors ? "refused with @errors" : 'no error')
	  if @errors ? !grep { $_ eq ($state // '') } @errors : $state;
	return $row;
}

# $op: name, account, sql, args; predict => sub ($at); or replay => the row that was returned before,
# or conflict => the SQLSTATE of a key or request that is taken.
sub run_operation
{
	my ($op) = @_;
	my $account = $op->{account};
	my $entries_seen = @{ $account->{entries} };
	push @trail, sprintf('%d %s %s', $step, $op->{name}, shown($account->{id}, @{ $op->{args} }));
	shift @trail if @trail > 40;

	my $before = now_us();
	my ($row, $state) = call($op->{sql}, @{ $op->{args} });
	my $after = now_us();
	my $booked_at = stored_booked_at($account);
	my $moved = $booked_at != $account->{booked_at};
	# A clock that is behind may catch up within the call.
	my $at = $moved || $before <= $booked_at ? $booked_at : $after;

	mismatch('booking instant', $at, "$before to $after")
	  if $moved && ($at < $before - 1 || $at > max($after, $account->{booked_at}) + 1);
	my $expected =
	    $op->{replay}   ? { stored => $op->{replay} }
	  : $op->{conflict} ? { errors => [ $op->{conflict} ] }
	  :                   $op->{predict}->($at);
	my $outcome = "$op->{name}: " . ($state // $row->{status} // 'done');
	$trail[-1] .= '  -> ' . ($state // row_text($row));
	$count{$outcome}++;

	if ($expected->{errors})
	{
		mismatch($op->{name}, $state // row_text($row), "refused with @{ $expected->{errors} }")
		  if !$state || !grep { $_ eq $state } @{ $expected->{errors} };
	}
	elsif ($state)
	{
		mismatch($op->{name}, $state, $expected->{stored} ? 'the same row again' : row_text($expected->{row}));
	}
	elsif ($expected->{stored})
	{
		same("$op->{name} again", row_text($row), row_text($expected->{stored}));
	}
	else
	{
		compare_result($op, $account, $row, $expected, $before);
		$account->{calls}{ $op->{key} } = { %$op, row => $row } if defined $op->{key};
	}
	compare_account($account, $entries_seen);
	return $row;
}

sub compare_result
{
	my ($op, $account, $row, $expected, $before) = @_;
	my %got = map { $_ => $amounts{$_} ? nano($row->{$_}) : $row->{$_} }
	  grep { exists $expected->{row}{$_} } keys %$row;

	# A lot may expire between our two looks at the clock.
	$expected->{row}{balance} = $got{balance}
	  if $expected->{unmoved} && defined $got{balance} && $got{balance} == balance($account, $before);
	return same($op->{name}, row_text(\%got), row_text($expected->{row}));
}

# An operator's booking. %arg is what the oracle gets, @args what follows account_id in SQL.
sub booking
{
	my ($account, $name, $sql, $key, $args, %arg) = @_;
	return run_operation({
		name => $name, account => $account, key => $key,
		sql => "SELECT * FROM billing.$sql", args => [ $account->{id}, @$args ],
		predict => sub { return $model->$name($account, $_[0], %arg) },
	});
}

# The same, asked for by another person before. What he is told decides nothing: what is refused is refused to both.
sub booking_by_two
{
	my ($account, $name, $sql, $key, $args, %arg) = @_;
	$second_dbh->do("SELECT set_config('billing.clock_offset', ?, false)", undef, $offset_s);
	my ($status) = eval { $second_dbh->selectrow_array("SELECT status FROM billing.$sql", undef, $account->{id}, @$args) };
	mismatch("$name by one", $status // $second_dbh->state, 'awaiting_second, or refused')
	  if ($status // $second_dbh->state) !~ /^(awaiting_second$|LB)/;
	$account->{booked_at} = stored_booked_at($account);
	return booking($account, $name, $sql, $key, $args, %arg);
}

1;
