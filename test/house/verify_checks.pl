# Every check of src/verify, and those that are made in C, is seen to fire in expected/verify.out; a stanza that is wrong
# stops the build and says where.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);

sub slurp {
	my ($name) = @_;
	open my $file, '<', $name or die "$name: $!";
	local $/;
	return scalar <$file>;
}

# The table of damages and of what verify() finds of each: "check account, check account".
my ($fires) = slurp('expected/verify.out') =~ /^SELECT damage, found FROM fires.*?\n-+\+-+\n(.*?)^\(\d+ rows\)/ms
  or die 'expected/verify.out shows no table of damages';
my %fired = map { /^(\w+)/ ? ($1 => 1) : () } map { split /, / } $fires =~ /\| (.*)$/mg;

my @checks = (qw(policy guard replay charge_price charge_price_choice revision_price plan_credits detached_month seal sealed_rows
	usage_bounds usage_request request_hash charge_without_slices usage_meters charge_slices charge_entries batch_slices batch_order usage_revenue usage_stamp usage_digest
	request_probe usage_expiry request_once usage_locked
	entry_numbers entry_order account_balance lot_balance entry_chain newest_chain), slurp('src/verify/schema.awk') =~ /"-- check (\w+)/g,
	map { slurp($_) =~ /^-- check (\w+)/mg } sort glob 'src/verify/*.sql');
ok(delete $fired{$_}, "$_ fires") for @checks;
is(join(' ', sort keys %fired), '', 'nothing else fires');

# What join.awk says of a file, and whether it fails.
my $file = tempdir(CLEANUP => 1) . '/bad.sql';

sub is_refused {
	my ($stanzas, $line, $what, $form) = @_;
	open my $out, '>', $file or die "$file: $!";
	print $out $stanzas;
	close $out;
	my $said = `awk @{[$form // '']} -f src/verify/join.awk $file 2>&1 >/dev/null`;
	ok($? != 0, "$what stops the build");
	like($said, qr/^\Q$file\E:$line: /, "$what is named by file and line");
}

is_refused("SELECT 1, 'x'\n", 1, 'SQL of no check');
is_refused("\n-- check\n-- Holds.\nSELECT 1, 'x'\n", 2, 'a check without a name');
is_refused("-- check one of account\n-- Holds.\nWHEN a\nTHEN b\n", 1, 'a head that cannot be read');
is_refused("-- check one\n-- Holds.\nSELECT 1, 'x'\n\n-- check one\n-- Holds.\nSELECT 1, 'x'\n", 5, 'a name that is taken');
is_refused("-- check one\nSELECT 1, 'x'\n", 1, 'a check that is not explained');
is_refused("-- check one\n-- Holds.\n", 1, 'a check without SQL');
is_refused("-- check one\n-- Holds.\nWHEN a\nTHEN b\n", 1, 'a check of a row without its table');
is_refused("-- check one on account\n-- Holds.\nSELECT 1, 'x'\n", 1, 'a query on a table');
is_refused("-- check one on account\n-- Holds.\nWHEN a\n", 1, 'a check of a row without a detail');
is_refused("-- check one\n-- Holds.\nSELECT 1, 'x'\n", 1, 'a check that reads nothing of an account', '-v of=account');

# The same for one account: every table of accounts is read for that one, and what is of all is left out.
my $of_one = `awk -v of=account -f src/verify/join.awk src/schema/*.sql src/verify/*.sql`;
my @tables = map { slurp($_) =~ /^CREATE TABLE billing_books\.(\w+) \(\n(?:(?!\);)[^\n]*\n)*?    account_id /mg } sort glob 'src/schema/*.sql';
cmp_ok(scalar @tables, '>', 40, 'tables of accounts are found');
my @whole = grep { $of_one =~ /(?:FROM|JOIN) billing_books\.$_\b(?! WHERE account_id = \$1)/ } @tables;
is("@whole", 'rerate', 'no other table of accounts is read whole');
is(join(' ', grep { $of_one =~ /'$_'/ } map { slurp($_) =~ /^-- check (\w+) of all$/mg } sort glob 'src/verify/*.sql'), '', 'nothing of all is asked of one account');

done_testing();
