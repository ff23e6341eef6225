# src/router/route.pl takes up what billing's script has: each shape of function goes where its signature says, what the list
# names goes as it says, and what cannot be routed stops the build and says why.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);

my $dir = tempdir(CLEANUP => 1);

sub write_file {
	my ($name, $text) = @_;
	open my $out, '>', "$dir/$name" or die "$dir/$name: $!";
	print $out $text;
	close $out;
	return "$dir/$name";
}

# What is made of a list, the part written by hand, and billing's script; and what is said where nothing is.
sub route {
	my ($routes, $router, $script) = @_;
	my @files = (write_file('routes', $routes), write_file('router.sql', $router), write_file('billing.sql', $script));
	my $made = `perl src/router/route.pl @files 2>$dir/said`;
	my $status = $?;
	open my $said, '<', "$dir/said" or die $!;
	return ($status, $made, join '', <$said>);
}

sub function {
	my ($name, $arguments, $returns, $how, $types) = @_;
	return "CREATE FUNCTION billing.$name($arguments) RETURNS $returns\n    LANGUAGE c $how AS 'MODULE_PATHNAME', 'billing_$name';\nCOMMENT ON FUNCTION billing.$name($types) IS 'It''s; so.';\n\n";
}

my ($status, $made, $said) = route("# a comment\nsetting same\nread any\nhidden none because\n", "-- by hand\n",
	"CREATE TYPE billing.line AS (\n    a int, b text);\nCOMMENT ON TYPE billing.line IS 'A line.';\n\n"
	  . function('of_account', q{account_id bigint, "from" timestamptz = NULL, kinds text[] = '{a,b}', amount numeric(18,9) = 0, "by" text = 'a, (b', later text DEFAULT 'it''s'}, 'SETOF billing.line', 'STABLE', 'x')
	  . function('of_key', 'api_key text, model text = NULL', 'boolean', 'STABLE', 'x')
	  . function('pure', 'number text', 'bigint', 'IMMUTABLE PARALLEL SAFE', 'x')
	  . function('report', 'OUT account_id bigint, OUT n bigint', 'SETOF record', 'STABLE ROWS 10', '')
	  . function('table_report', 'gateway text', 'TABLE (a int, b text)', 'STABLE', 'x')
	  . function('work', '', 'bigint', '', '')
	  . function('setting', 'name text, effective_from timestamptz = NULL', 'bigint', '', 'x')
	  . function('read', '', 'SETOF billing.line', 'STABLE', '')
	  . function('hidden', 'account_id bigint', 'void', '', 'x')
	  . function('guard', '', 'trigger', '', '')
	  . "CREATE VIEW billing.reported AS\n    SELECT r.account_id FROM billing.report() AS r;\nCOMMENT ON VIEW billing.reported IS 'Rows.';\n");
is($status, 0, 'a script is routed') or diag($said);
sub has { my ($pattern, $name) = @_; return like($made, $pattern, $name) }
has(qr/^-- by hand$/m, 'what is written by hand comes first');
has(qr/^CREATE TYPE billing\.line AS \(\n    a int, b text\);$/m, 'types are the same');
has(qr/^CREATE FUNCTION billing\.of_account\(account_id bigint, "from" timestamptz = NULL, kinds text\[\] = '\{a,b\}', amount numeric\(18,9\) = 0, "by" text = 'a, \(b', later text DEFAULT 'it''s'\) RETURNS SETOF billing\.line\n    LANGUAGE plproxy SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres' AS \$\$ CLUSTER 'billing'; RUN ON billing_router\.cell_of\(\$1\); \$\$;$/m, 'an account\'s call goes to its cell, with all its defaults');
has(qr/^CREATE FUNCTION billing_cell\.of_account\(cell integer, account_id bigint, "from_" timestamptz = NULL, .*FROM billing\.of_account\(\$2::bigint, \$3::timestamptz, \$4::text\[\], \$5::numeric\(18,9\), \$6::text, \$7::text\); \$\$;$/ms, 'and to the cell that is named');
has(qr/^COMMENT ON FUNCTION billing\.of_account\(x\) IS 'It''s; so\.';$/m, 'with its comment');
has(qr/billing\.of_key\(.*\n.*cell_of_key\(\$1\)/, 'a key\'s goes to that of its account');
has(qr/^CREATE FUNCTION billing\.pure\(number text\) RETURNS bigint\n    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_pure';$/m, 'what needs no books is there itself');
has(qr/billing\.report\(OUT account_id bigint.*\n.*RUN ON ALL/, 'reports ask all cells');
has(qr/billing\.table_report\(.*\n.*RUN ON ALL/, 'tables, too');
unlike($made, qr/billing\.work\(\) RETURNS/, 'work is for no cell unless it is named');
has(qr/^CREATE FUNCTION billing_cell\.work\(cell integer\) RETURNS bigint$/m, 'but for one that is');
has(qr/billing\.setting\(name text, effective_from timestamptz = NULL, OUT cell integer, OUT result text, OUT error text\) RETURNS SETOF record/, 'settings go to all');
has(qr/IF \$2 IS NULL THEN\n        RAISE EXCEPTION 'effective_from must not be null'/, 'and need their instant');
has(qr/billing\.read\(\).*\n.*RUN ON ANY/, 'reading one goes to any');
unlike($made, qr/hidden|guard\(/, 'what is not routed is not there');
has(qr/^CREATE VIEW billing\.reported AS$/m, 'a view over a report is the same');
has(qr/REVOKE ALL ON ALL FUNCTIONS IN SCHEMA billing, billing_cell, billing_router FROM PUBLIC;/, 'and nothing is for everybody');

sub is_refused {
	my ($said, $name, @parts) = @_;
	my ($failed, undef, $why) = route(@parts);
	ok($failed != 0, "$name stops the build");
	like($why, $said, "$name is said");
	return;
}
my $one = function('one', 'account_id bigint', 'void', '', 'x');
is_refused(qr/there is no gone/, 'a name that is not there', "gone none because\n", '', $one);
is_refused(qr/one has no way sideways/, 'a way that is none', "one sideways\n", '', $one);
is_refused(qr/one is not written/, 'a function that is written otherwise', "one written by hand\n", "CREATE FUNCTION billing.one(account_id integer) RETURNS void\n", $one);
is_refused(qr/argument all is a word/, 'an argument that PL\/Proxy would take for a word', '', '', function('two', '"all" text', 'SETOF text', 'STABLE', 'x'));
is_refused(qr/view v reads what/, 'a view over what one cell says', '', '', $one . "CREATE VIEW billing.v AS\n    SELECT 1 FROM billing.one(1);\nCOMMENT ON VIEW billing.v IS 'V.';\n");
is_refused(qr/one: its comment does not follow/, 'a comment that is not there', '', '', $one =~ s/\nCOMMENT.*//r . $one);
is_refused(qr/cannot read the arguments/, 'arguments that cannot be read', '', '', function('three', q{a text = 'open}, 'void', '', 'x'));

# What the build makes of the script that there is.
my $script = `cat src/sql/*.sql`;
($status, $made, $said) = (0, scalar `cat src/sql/*.sql >$dir/all.sql; perl src/router/route.pl src/router/routes src/router/router.sql $dir/all.sql 2>&1`, '');
my @functions = $script =~ /^CREATE FUNCTION billing\.(\w+)\(/mg;
open my $list, '<', 'src/router/routes' or die $!;
my %none = map { /^(\w+)\s+none\s+\S/ ? ($1 => 1) : () } <$list>;
my @left = grep { my $f = $_; !$none{$f} && $f ne 'claim_schema' && $made !~ /^CREATE FUNCTION billing(?:_cell)?\.$f\(/m && $script !~ /billing\.$f\([^;]*RETURNS trigger/ } @functions;
is("@left", '', 'every function of the extension is routed, or listed with the reason why not');

done_testing();
