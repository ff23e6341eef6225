# Prices and quotes (R20).
package BillingModel::Operations::Prices;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max);

use BillingModel::Call;
use BillingModel::Operations::Usage;
use BillingModel::Oracle::Corrections;
use BillingModel::Oracle::Prices;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(some_price some_items);

sub operations
{
	return (
		[ 3, \&set_price ],
		[ 0.7, \&end_prices ],
		[ 1, \&withdraw_price ],
		[ 2, \&set_price_list ],
		[ 2, \&quote ],
	);
}

sub outcomes
{
	return (
		'set_price: LB401', 'end_prices: done', 'withdraw_price: done', 'withdraw_price: LB411',
		'set_price_list: done',
		(map { "charged by $_" } 'another list', 'hours', 'meters'), 'charged beside its list',
	);
}

# What of charges there must have been, for the figures of the run.
sub audit
{
	for my $event (grep { $_->{status} eq 'charged' } map { @{ $_->{events} } } $model->accounts)
	{
		my $price = $event->{price};
		$model->{met}{$_} //= 1 for grep { $_ } list_of($price) ne 'standard' && 'charged by another list', hours_of($price) && 'charged by hours',
		  ref $event->{tokens}{meters} && $price->{items} && 'charged by meters';
	}
	for my $account (grep { $_->{price_lists} } $model->accounts)
	{
		$model->{met}{'charged beside its list'} //= 1
		  if grep { $_->{status} eq 'charged' && (lists_at($account, $_->{occurred_at}))[0] ne list_of($_->{price}) } @{ $account->{events} };
	}
	return compare_prices();
}

my $prices_sql = 'SELECT price_id, price_list, currency, model, variant, hours, prompt_tokens_over, ' . us('effective_from') . ' AS at,
	input, output, cache_read, cache_write, meters, unlisted_meters, is_end::int AS is_end, (withdrawn_at IS NOT NULL)::int AS is_withdrawn,
	corrects, ' . us('corrected_at') . ' AS corrected_at
	FROM billing_books.price ORDER BY price_id';

# All rows, withdrawn ones among them.
sub compare_prices
{
	return same('prices',
		join("\n", map { my $row = $_; shown(@$row{qw(price_id price_list currency model variant hours prompt_tokens_over at)},
			(map { nano($row->{$_}) } qw(input output cache_read cache_write)), stored_items($row->{meters}), @$row{qw(unlisted_meters is_end is_withdrawn corrects corrected_at)}) } rows($prices_sql)),
		join("\n", map { shown($_->{price_id}, list_of($_), $_->{currency}, model_of($_->{model}), variant_of($_->{model}) // '', stored_hours($_),
			@$_{qw(over from input output cache_read cache_write)}, sorted_items($_), $_->{free} ? 'free' : '', $_->{end} ? 1 : 0, $_->{withdrawn} ? 1 : 0,
			$_->{corrects} ? $_->{corrects}{price_id} : undef, $_->{corrected_at}) }
			  sort { $a->{price_id} <=> $b->{price_id} } all_prices(@{ $model->{prices} })));
}

# Items in one form: amounts in nano-units, by name.
sub stored_items { my ($text) = @_; return join ' ', sort map { m{^(\S+) ([\d.]+)(?:/(\d+))?$} ? "$1=" . nano($2) . '/' . ($3 // 1) : "?$_" } split /, /, $text }
sub sorted_items { my ($price) = @_; my $items = $price->{items} // {}; return join ' ', sort map { "$_=" . join('/', @{ $items->{$_} }) } keys %$items }

# Hours as they are kept: days one by one, in the order of the week.
sub stored_hours
{
	my ($price) = @_;
	my $hours = hours_of($price);
	return $hours =~ s/^mon-fri/mon,tue,wed,thu,fri/r;
}

my @lists = ('standard', 'vip', 'cheap');
my @hours = ('16:30-00:30 UTC', 'mon-fri 09:00-18:00 Asia/Shanghai', 'sat,sun 22:00-08:00 America/New_York', '00:00-12:00 UTC');

sub some_price { return chance(0.05) ? 0 : chance(0.5) ? between(1, 20_000) * 1_000_000 : between(1, 20_000_000_000) }

# What meters cost, and whether others are free.
sub some_items
{
	my $items = {};
	for my $meter (qw(web_search image audio_ms cache_write_1h second))
	{
		next if chance(0.3);
		my $per = $meter eq 'image' ? 1 : pick(1, 60, 1000, 3600, 60_000, 1_000_000, 3_600_000);
		# The most images are too many for money, or cost nothing.
		my $nano = $meter eq 'image' ? between(1, 2000) * 1_000_000 : between(1, $per * 2000) * pick(1, 7, 50);
		$items->{$meter} = [ chance(0.05) ? 0 : $nano, $per ];
	}
	return (items => $items, free => chance(0.25) ? 1 : 0);
}

my $set_price_sql = 'SELECT set_price AS price_id FROM billing.set_price(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

# A new version, mostly of what there is from the start; in another list or at other hours as well.
sub some_new_price
{
	my ($now) = @_;
	my %price = (currency => pick('CNY', 'USD'), model => pick('flat', 'tier', 'tier', 'tier batch', "late $late_model"), over => 0,
		input => some_price(), output => some_price(),
		cache_read => chance(0.6) ? some_price() : undef, cache_write => chance(0.3) ? some_price() : undef, some_items());
	$price{over} = pick(0, 1000, 50_000, 400_000) if $price{model} =~ /^tier/;
	$price{from} = pick(undef, undef, $now + between(seconds(1), seconds(86_400)), $now - between(0, seconds(100)),
		$now - between(0, 40 * 86_400_000_000));
	$price{from} = pick($now - 36 * 86_400_000_000, $now - between(0, 36 * 86_400_000_000)) if $price{model} =~ /late/;
	$price{list} = pick(@lists) if chance(0.4);
	$price{hours} = pick(@hours) if chance(0.3);
	return %price;
}

# R20: a new version, a tier, a price for usage that waits, one behind a charge, the same again.
sub set_price
{
	my (%given) = @_;
	my $now = now_us();
	my %price = some_new_price($now);
	my @old = grep { $_->{model} ne 'huge' && !$_->{end} && !$_->{withdrawn} } @{ $model->{prices} };
	if (@old && chance(0.15))
	{
		my $old = as_corrected(pick(@old));
		%price = (%$old, chance(0.4) ? (output => $old->{output} + 1) : ());
	}
	%price = (%price, %given);
	delete @price{qw(price_id corrects corrected_at corrections)};

	my %row = (%price, map { $_ => $price{$_} // $price{input} } qw(cache_read cache_write));
	my @errors;
	my $same;
	if (defined $price{from})
	{
		my $old = as_corrected($model->price_at_key(\%row));
		$same = $old if $old && same_price($old, \%row);
		push @errors, 'LB402' if $old && !$same;
		push @errors, 'LB401' if !$old && $model->is_backdated(\%row);
	}
	my $result = plain('set_price', $set_price_sql,
		[ model_of($price{model}), $price{currency}, (map { amount_text($price{$_}) } qw(input output cache_read cache_write)),
			$price{over}, instant_text($price{from}), variant_of($price{model}), hours_of(\%price) || undef,
			$price{list}, items_text(\%price), $price{free} ? 'free' : undef ], @errors);
	return if @errors;
	if ($same)
	{
		same('set_price again', $result->{price_id}, $same->{price_id});
		return;
	}
	my ($said) = grep { $_->{price_id} == $result->{price_id} } all_prices(@{ $model->{prices} });
	if ($said)
	{
		mismatch('set_price', "price $result->{price_id}", 'a row that says the same')
		  if defined $price{from} || !same_price($said, \%row) || key_of($said) ne key_of(\%row) || $said->{withdrawn};
		return;
	}
	my $stored_sql = 'SELECT ' . us('effective_from') . ' AS at FROM billing_books.price WHERE price_id = ?';
	my ($stored) = rows($stored_sql, $result->{price_id});
	check_from_now('set_price', $row{currency}, $stored->{at}, $now) if !defined $row{from};
	@row{qw(from price_id)} = ($row{from} // $stored->{at}, $result->{price_id});
	mismatch('price row', $stored->{at}, $row{from}) if $stored->{at} != $row{from};
	mismatch('set_price behind a charge', 'accepted', 'refused') if $model->is_backdated(\%row);
	push @{ $model->{prices} }, \%row;
	return;
}

# From now on is behind all that is charged, and behind what was said for the same instant.
sub check_from_now
{
	my ($name, $currency, $at, $now) = @_;
	my $newest = $model->newest_charge($currency);
	mismatch("$name from now on", $at, "$now to " . now_us() . ", but after the newest charge $newest")
	  if $at < $now - 1 || $at > max(now_us(), $newest + 1) + 1 + @{ $model->{prices} };
	return;
}

my $end_sql = 'SELECT end_prices AS result FROM billing.end_prices(?, ?, ?, ?, ?, ?, ?)';
my $ends_sql = 'SELECT price_id, prompt_tokens_over AS over, hours, ' . us('effective_from') . ' AS at
	FROM billing_books.price WHERE price_id > ? AND is_end ORDER BY price_id';

# What stands of a model in a list, of hours and of a tier or of any; mostly not what prices most.
sub end_prices
{
	my $now = now_us();
	my @rows = grep { $_->{model} ne 'huge' && !$_->{end} && !$_->{withdrawn} } @{ $model->{prices} };
	my @special = grep { hours_of($_) || list_of($_) ne 'standard' || $_->{over} || $_->{model} =~ /late/ } @rows;
	my $row = pick(@special && chance(0.95) ? @special : @rows);
	my ($list, $from) = (list_of($row), pick(undef, undef, $now + between(seconds(1), seconds(86_400)), $now - between(0, seconds(100)), $row->{from}));
	my $hours = chance(0.8) ? hours_of($row) : undef;
	my $over = chance(0.8) ? $row->{over} : undef;
	$hours //= '' if $list eq 'standard' && hours_of($row) eq '' && !$row->{over};
	my $ends = sub
	{
		my ($at) = @_;
		my @standing = grep { (!defined $hours || hours_of($_) eq $hours) && (!defined $over || $_->{over} == $over) }
		  $model->standing_prices($at, @$row{qw(currency model)}, $list);
		return map { { %$_, from => $at, end => 1, corrections => undef, items => undef, free => 0, price_id => undef, replaces => $_, (map { $_ => 0 } qw(input output cache_read cache_write)) } } @standing;
	};
	my @new = defined $from ? $ends->($from) : ();
	my @errors;
	push @errors, 'LB402' if grep { $_->{replaces}{from} == $from } @new;
	push @errors, 'LB401' if @new && $model->is_backdated(@new);
	my ($last) = sort { $b <=> $a } map { $_->{price_id} } all_prices(@{ $model->{prices} });
	my $result = plain('end_prices', $end_sql, [ model_of($row->{model}), $row->{currency}, instant_text($from), variant_of($row->{model}) // '', $hours, $over, $list ], @errors);
	return if @errors;
	my @stored = rows($ends_sql, $last);
	if (@stored && !defined $from)
	{
		check_from_now('end_prices', $row->{currency}, $stored[0]{at}, $now);
		@new = $ends->($stored[0]{at});
	}
	@new = $ends->(now_us()) if !@stored && !defined $from;
	same('end_prices', $result->{result}, scalar @new);
	for my $stored (@stored)
	{
		my ($new) = grep { !defined $_->{price_id} && $_->{over} == $stored->{over} && stored_hours($_) eq $stored->{hours} } @new;
		mismatch('end of prices', row_text($stored), 'no such end') if !$new;
		@$new{qw(from price_id)} = @$stored{qw(at price_id)};
		delete $new->{replaces};
		push @{ $model->{prices} }, $new;
	}
	mismatch('end_prices behind a charge', 'accepted', 'refused') if @new && $model->charged_otherwise($model->{prices}, @new);
	return;
}

# Mostly what is not in force yet, an end as well as a price.
sub withdraw_price
{
	my $now = now_us();
	my @future = grep { $_->{from} > $now + seconds(5) } @{ $model->{prices} };
	my $row = @future && chance(0.8) ? pick(@future) : pick(@{ $model->{prices} });
	return if abs($row->{from} - $now) < seconds(5);
	my @errors;
	my $is_unknown = chance(0.03);
	push @errors, 'LB410' if $is_unknown;
	push @errors, 'LB411' if !$is_unknown && !$row->{withdrawn} && $row->{from} <= $now;
	push @errors, 'LB401' if !$is_unknown && !$row->{withdrawn} && $model->is_charged_by($row);
	my $result = plain('withdraw_price', 'SELECT withdraw_price::int AS result FROM billing.withdraw_price(?)',
		[ $is_unknown ? 99_999_999 : $row->{price_id} ], @errors);
	return if @errors;
	same('withdraw_price', $result->{result}, $row->{withdrawn} ? 0 : 1);
	$row->{withdrawn} = 1;
	return;
}

my $set_list_sql = 'SELECT ' . us('set_price_list') . ' AS at FROM billing.set_price_list(?, ?, ?)';

sub set_price_list
{
	my $account = some_account();
	my $now = now_us();
	my $said = $account->{price_lists} // [];
	my %new = (list => pick(@lists, chance(0.1) ? 'nobodys' : ()),
		from => pick(undef, undef, $now + between(seconds(1), seconds(86_400)), $now - between(0, seconds(3600)), map { $_->{from} } @$said));
	my ($old) = grep { defined $new{from} && $_->{from} == $new{from} } @$said;
	my @errors;
	push @errors, 'LB408' if $new{list} ne 'standard' && !grep { list_of($_) eq $new{list} && !$_->{withdrawn} } @{ $model->{prices} };
	push @errors, 'LB409' if $old && $old->{list} ne $new{list};
	push @errors, 'LB401' if !$old && defined $new{from} && $model->is_list_backdated($account, \%new);
	my $result = plain('set_price_list', $set_list_sql, [ $account->{id}, $new{list}, instant_text($new{from}) ], @errors);
	$account->{booked_at} = stored_booked_at($account);
	return if @errors;
	return same('set_price_list again', $result->{at}, $new{from}) if $old;
	my ($newest) = sort { $b <=> $a } map { $_->{occurred_at} } grep { $_->{status} eq 'charged' } @{ $account->{events} };
	my $after = max(now_us(), $account->{booked_at}, ($newest // 0) + 1);
	mismatch('set_price_list', $result->{at}, defined $new{from} ? $new{from} : "$now to $after")
	  if defined $new{from} ? $result->{at} != $new{from} : $result->{at} < $now - 1 || $result->{at} > $after + 1;
	# Said for the same instant before, from now on.
	return if grep { $_->{from} == $result->{at} } @$said;
	$new{from} = $result->{at};
	mismatch('set_price_list behind a charge', 'accepted', 'refused') if $model->is_list_backdated($account, \%new);
	push @{ $account->{price_lists} }, \%new;
	return;
}

# Those that are there from the start.
sub set_first_prices
{
	my ($currency) = @_;
	my @price = (currency => $currency, over => 0, list => undef, hours => undef, free => 0,
		items => { image => [ 40_000_000, 1 ], map { $_ => [ between(1, 10_000_000_000), 3_600_000 ] } qw(web_search audio_ms second cache_write_1h) });
	my @huge = map { $_ => 1_000_000_000_000_000 } qw(input output cache_read cache_write);
	set_price(@price, model => $_, from => now_us() - 86_400_000_000) for qw(flat tier);
	set_price(@price, model => 'flat', list => 'vip', from => now_us() - 86_400_000_000, items => { image => [ 1_000_000_000, 1 ] });
	set_price(@price, model => 'huge', from => now_us() - 86_400_000_000, @huge);
	return;
}

sub quote
{
	my $account = some_account();
	my $tokens = tokens();
	delete $tokens->{meters}{image} if ref $tokens->{meters};
	my $name = pick('flat', 'tier', 'tier batch', "late $late_model", 'nowhere');
	my $at = now_us() - between(0, 40 * 86_400_000_000);
	my $price = as_corrected(find_price($model->{prices}, $account->{currency}, $name, $tokens, $at, lists_at($account, $at)), now_us());
	my @errors = !$price ? 'LB404' : covers($price, $tokens) ? () : 'LB413';
	my $row = plain('quote', "SELECT amount FROM billing.quote(?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE item = 'charge'",
		[ $account->{id}, model_of($name), @$tokens{qw(input output cache_read cache_write)}, instant_text($at), variant_of($name), meters_text($tokens) ],
		@errors);
	same('quote', nano($row->{amount}), rate($price, $tokens)) if !@errors;
	return;
}

1;
