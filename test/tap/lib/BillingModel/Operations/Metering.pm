# Usage that is metered: sound rows and bad ones, into the inbox by meter(), INSERT and COPY.
package BillingModel::Operations::Metering;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max);

use BillingModel::Call;
use BillingModel::Operations::Usage;
use BillingModel::Oracle::Settlement;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(@inbox_columns $inbox_select row_values inbox_text inbox_texts compare_inbox
  new_request metered some_rows insert_rows put_rows);

sub operations
{
	return (
		[ 9, \&meter_some ],
	);
}

our @inbox_columns = qw(account_id key_id request_id model
  input_tokens output_tokens cache_read_tokens cache_write_tokens occurred_at variant meters);
our $inbox_select = 'SELECT ' . join(', ', @inbox_columns[ 0 .. 7 ]) . ',
	CASE WHEN isfinite(occurred_at) THEN ' . us('occurred_at') . '::text ELSE occurred_at::text END AS occurred_at, variant, meters';

# The values of a row of the inbox, in the order of its columns.
sub row_values
{
	my ($row) = @_;
	return (@$row{qw(account_id key_id request_id)}, model_of($row->{model}),
		@{ $row->{tokens} }{qw(input output cache_read cache_write)}, $row->{occurred_at}, variant_of($row->{model}), meters_text($row->{tokens}));
}

# The same, as it is written.
sub row_texts
{
	my ($row) = @_;
	return ((row_values($row))[ 0 .. 7 ], instant_text($row->{occurred_at}), variant_of($row->{model}), meters_text($row->{tokens}));
}

sub inbox_text { return shown(map { defined $_ ? "<$_>" : undef } @_) }

# Rows as the database has them, as texts, in the order in which they stand.
sub inbox_texts
{
	return map { inbox_text(@$_{@inbox_columns}) } rows("$inbox_select FROM billing_books.usage_inbox ORDER BY ctid");
}

sub compare_inbox
{
	my (@texts) = @_;
	my @expected = map { inbox_text(row_values($_)) } @{ $model->{inbox} };
	return same('usage_inbox', join("\n", sort @texts), join("\n", sort @expected));
}

# Texts whose order by bytes is not that of a dictionary.
sub new_request { return pick('request ', 'request ', 'Request ', "\x{e9}tude ", 'request-') . ++$serial }

# A request as a caller meters it: sound, mostly.
sub metered
{
	my ($account, $occurred_at) = @_;
	my @alive = grep { key_works($_) && $_->{kind} eq 'payg' } @{ $account->{keys} };
	my @keys = @alive && chance(0.93) ? @alive : @{ $account->{keys} };
	my %row = (
		account_id => $account->{id}, key_id => @keys && chance(0.985) ? pick(@keys)->{key_id} : 99,
		request_id => new_request(),
		model => pick('flat', 'flat', 'flat', 'tier', 'tier', 'tier', 'tier batch', "late $late_model"),
		tokens => tokens(), occurred_at => $occurred_at,
	);
	@row{qw(model tokens)} = ('huge', { input => 200_000_000, output => 0, cache_read => 0, cache_write => 0 })
	  if $account->{id} == HUGE_ACCOUNT && chance(0.8);
	return \%row;
}

# One that was metered or charged before: the same, or another under its id.
sub metered_again
{
	my ($account) = @_;
	my @waiting = grep { defined $_->{request_id} && defined $_->{tokens}{output} }
	  grep { ($_->{account_id} // 0) == $account->{id} } @{ $model->{inbox} };
	my @events = @{ $account->{events} };
	my $old =
	    @waiting && chance(0.5) ? pick(@waiting)
	  : @events                 ? some_event(@events)
	  :                           return metered($account, undef);
	my %row = (account_id => $account->{id}, %$old{qw(key_id request_id model tokens occurred_at)});
	$row{occurred_at} = some_occurred_at($account, 1) if chance(0.5);
	if (chance(0.4))
	{
		my $what = pick(qw(model tokens meters key_id));
		$row{model} = 'another' if $what eq 'model';
		$row{tokens} = { %{ $row{tokens} }, output => 7 } if $what eq 'tokens';
		$row{tokens} = other_meters($row{tokens}) if $what eq 'meters' && (!defined $row{tokens}{meters} || ref $row{tokens}{meters});
		$row{key_id} = pick(@{ $account->{keys} })->{key_id} if $what eq 'key_id' && @{ $account->{keys} };
	}
	return \%row;
}

# One that no caller should send: settlement must set it aside, or at a bound just not.
sub metered_badly
{
	my ($row) = @_;
	my $kind = between(1, 9);
	my $column = pick(qw(account_id key_id request_id model input output cache_read cache_write));
	my $class = pick(qw(input output cache_read cache_write));
	my $text = pick(qw(request_id model));

	$row->{tokens} = { %{ $row->{tokens} } };
	if ($kind == 1) { exists $row->{$column} ? ($row->{$column} = undef) : ($row->{tokens}{$column} = undef); }
	elsif ($kind == 2)
	{
		$row->{tokens}{$class} = pick(-1, 200_000_001, '-9223372036854775808', '9223372036854775807',
			4_294_967_296, 2_147_483_648);
	}
	elsif ($kind == 3) { $row->{tokens}{$class} = 200_000_000; $row->{model} = 'flat'; }
	elsif ($kind == 4) { $row->{$text} = pick('', ' ', "\t \r\n"); }
	elsif ($kind == 5)
	{
		$row->{$text} = substr(($row->{$text} // '') . "\x{e9}" x 100, 0, 90) . pick('x' x 150, "\x{e9}" x 100);
	}
	elsif ($kind == 6) { $row->{$text} = ($serial++) . 'x' x (200 - length($serial - 1)); }
	elsif ($kind == 7) { $row->{occurred_at} = pick(qw(infinity -infinity)); }
	elsif ($kind == 8)
	{
		$row->{tokens}{meters} = pick('[]', '{"image": -1}', '{"image": 1.5}', '{"image": 1, "image": 1}', '{"a b": 1}',
			'{"image": 1000000000001}', '{"image": null}', '{' . join(', ', map { "\"m$_\": 1" } 1 .. 17) . '}');
	}
	else { $row->{account_id} = pick(0, -1, 777, 13, 14, '9223372036854775807'); }
	return $row;
}

# Metered rows of a few accounts; some share an instant, so that ids decide their order.
sub some_rows
{
	my ($count) = @_;
	# Some that hold several lots: what a batch takes is spread over them.
	my @rich = grep { (grep { $_->{remaining} } @{ $_->{lots} }) > 1 } $model->accounts;
	my @accounts = map { @rich && chance(0.5) ? pick(@rich) : some_account() } 1 .. between(1, 3);
	my $shared = now_us() - between(0, seconds(600));
	my @rows;

	push @accounts, $model->account(HUGE_ACCOUNT) if chance(0.15);
	for (1 .. $count)
	{
		my $account = pick(@accounts);
		my $row = chance(0.15) ? metered_again($account)
		  : metered($account, chance(0.3) ? max($shared, $account->{created_at}) : some_occurred_at($account, 1));
		$row = metered_badly($row) if chance(0.08);
		push @rows, $row;
		next if !chance(0.06);
		my %twin = %$row;
		$twin{tokens} = { %{ $row->{tokens} }, input => 7 } if chance(0.2) && defined $row->{tokens}{input};
		push @rows, \%twin;
	}
	return @rows;
}

sub note_rows
{
	my ($name, $state, @rows) = @_;
	push @trail, map { "$step $name " . inbox_text(row_values($_)) } @rows;
	$trail[-1] .= "  -> $state" if $state;
	splice @trail, 0, @trail - 80 if @trail > 80;
	$count{ "$name: " . ($state // 'done') } += @rows;
	return if $state;
	push @{ $model->{inbox} }, @rows;
	return;
}

my $meter_sql = 'SELECT meter FROM billing.meter(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

# One request by meter(): it refuses what cannot be usage of anybody's; the rest it accepts.
sub meter
{
	my ($row) = @_;
	my @faults = shape_faults($row);
	my $before = now_us();
	my ($answer, $state) = call($meter_sql, row_texts($row));
	my $after = now_us();

	note_rows('meter', $state, $row);
	return mismatch('meter', $state // 'accepted', "refused with @{[ map { $_->[0] } @faults ]}")
	  if @faults ? !grep { $_->[0] eq ($state // '') } @faults : $state;
	return if $state;
	same('meter', $answer->{meter}, 'accepted');
	return if defined $row->{occurred_at};
	# No stamp: the request begins now.
	my @stored = rows("$inbox_select FROM billing_books.usage_inbox WHERE account_id = ? AND request_id = ?",
		@$row{qw(account_id request_id)});
	@stored = grep { defined $_->{occurred_at} && $_->{occurred_at} >= $before - 1 && $_->{occurred_at} <= $after + 1 }
	  @stored;
	mismatch('stamp of meter()', join(', ', map { row_text($_) } @stored), "one row from $before to $after")
	  if @stored != 1;
	$row->{occurred_at} = $stored[0]{occurred_at};
	return;
}

sub insert_rows
{
	my (@rows) = @_;
	# Columns that are left out: no cache tokens, stamped when it is settled.
	my $short = chance(0.15);
	my $columns = $short ? 6 : 11;
	for my $row ($short ? @rows : ())
	{
		$row->{tokens} = { %{ $row->{tokens} }, cache_read => 0, cache_write => 0, meters => undef };
		$row->{occurred_at} = undef;
		$row->{model} = model_of($row->{model});
	}
	my $sql = 'INSERT INTO billing_books.usage_inbox (' . join(', ', @inbox_columns[ 0 .. $columns - 1 ]) . ') VALUES '
	  . join(', ', ('(' . join(', ', ('?') x $columns) . ')') x @rows);
	my @values = map { [ row_texts($_) ] } @rows;
	$dbh->do($sql, undef, map { @$_[ 0 .. $columns - 1 ] } @values);
	return note_rows('insert', undef, @rows);
}

sub copy_rows
{
	my (@rows) = @_;
	my %escape = ("\t" => '\t', "\n" => '\n', "\r" => '\r', '\\' => '\\\\');
	$dbh->do('COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at, variant, meters) FROM STDIN');
	for my $row (@rows)
	{
		my @fields = row_texts($row);
		$dbh->pg_putcopydata(join("\t", map { defined $_ ? s/([\t\n\r\\])/$escape{$1}/gr : '\N' } @fields) . "\n");
	}
	$dbh->pg_putcopyend;
	return note_rows('copy', undef, @rows);
}

sub put_rows
{
	my (@rows) = @_;
	my $how = rand;
	return map { meter($_) } @rows if $how < 0.35;
	return $how < 0.7 ? insert_rows(@rows) : copy_rows(@rows);
}

sub meter_some
{
	return if @{ $model->{inbox} } > 150;
	return put_rows(some_rows(chance(0.08) ? between(20, 60) : between(1, 8)));
}

1;
