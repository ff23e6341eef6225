# Several databases behind a router (docs/several-databases.md): every call reaches the cell that has the account, a cell that dies is
# noticed by its own accounts alone, and nothing is booked twice or lost.
use strict;
use warnings;

use Cwd qw(abs_path);
use DBD::Pg;
use Test::More;
use Time::HiRes qw(time);

use BillingTest;

my @cells = map { billing_node("cell_$_", preload => 'billing', conf => [ "billing.databases = 'postgres'", 'max_connections = 40' ]) } qw(a b c);
my $router = billing_node('router', install => 0);

# ---- setting up, as the page has it ------------------------------------------------------------------

for my $n (0 .. 2)
{
	$cells[$n]->safe_psql('postgres', sprintf 'SELECT billing.set_account_range(%d, %d)', 1000 * $n + 1, 1000 * ($n + 1));
	$cells[$n]->safe_psql('postgres', q(CREATE ROLE app LOGIN; CREATE ROLE ops LOGIN; SELECT billing.grant_access('app', 'app'), billing.grant_access('ops', 'operator')));
}
sub where { my ($n) = @_; return sprintf 'host=%s port=%d dbname=postgres connect_timeout=5 options=-cdatestyle=ISO', $cells[$n]->host, $cells[$n]->port }
is($router->psql('postgres', 'CREATE EXTENSION plproxy'), 0, 'PL/Proxy is there (Debian: postgresql-15-plproxy)') or BAIL_OUT('no PL/Proxy');
$router->safe_psql('postgres', <<"S");
CREATE EXTENSION billing_router;
CREATE SERVER billing FOREIGN DATA WRAPPER plproxy OPTIONS (p0 '@{[ where(0) ]}', p1 '@{[ where(1) ]}');
CREATE ROLE app LOGIN;
CREATE ROLE ops LOGIN;
CREATE USER MAPPING FOR app SERVER billing OPTIONS (user 'app');
CREATE USER MAPPING FOR ops SERVER billing OPTIONS (user 'ops');
CREATE USER MAPPING FOR CURRENT_USER SERVER billing OPTIONS (user '@{[ $router->safe_psql('postgres', 'SELECT current_user') ]}');
GRANT USAGE ON FOREIGN SERVER billing TO app, ops;
GRANT USAGE ON SCHEMA billing, billing_cell TO app, ops;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA billing, billing_cell TO app, ops;
GRANT SELECT ON ALL TABLES IN SCHEMA billing TO ops;
GRANT EXECUTE ON FUNCTION billing_router.check(), billing_router.duplicate_references() TO ops;
S

sub session
{
	my ($user, $node) = @_;
	$node //= $router;
	return DBI->connect(sprintf('dbi:Pg:host=%s;port=%d;dbname=postgres', $node->host, $node->port), $user, undef,
		{ RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoCommit => 1, AutoInactiveDestroy => 1, pg_expand_array => 0 });
}
my $root = session(undef);
my $app = session('app');
my $ops = session('ops');
sub value { my ($dbh, $sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub rows { my ($dbh, $sql, @values) = @_; return join '; ', map { join ' ', map { $_ // '-' } @$_ } @{ $dbh->selectall_arrayref($sql, undef, @values) } }

# The SQLSTATE of a call; 00000 where it works.
sub state_of
{
	my ($dbh, $sql, @values) = @_;
	return eval { $dbh->selectall_arrayref($sql, undef, @values); 1 } ? '00000' : $dbh->state;
}

is(state_of($root, q(SELECT billing_router.add_cell('a', 1, 1000))), 'LB108', 'without modular_mapping no cell can be added');
$root->do(sprintf q(ALTER SERVER billing OPTIONS (ADD modular_mapping '1', ADD p2 '%s')), where(2));
is(rows($root, q(SELECT billing_router.add_cell('a', 1, 1000))), '0', 'a cell is added');
is(state_of($root, q(SELECT billing_router.add_cell('overlap', 1000, 2000))), '23P01', 'ranges do not overlap');
is(state_of($root, q(SELECT billing_router.add_cell('', 0, 5))), '23514', 'and begin at 1');
is(rows($root, q(SELECT billing_router.add_cell('quote '' " \ ; DROP', 1001, 2000), billing_router.add_cell('c', 2001, 3000))), '1 2', 'a name is only a name');
is(state_of($root, q(SELECT billing_router.add_cell('d', 3001, 4000))), 'LB108', 'a cell is an option of the server');
is(state_of($app, q(SELECT billing.create_account(NULL, 'cn', external_ref => 'early'))), 'LB211', 'no cell is open yet');
$root->do(q(SELECT billing_router.open_cells('{2,0,1,1}')));
is(rows($root, 'SELECT cells FROM billing_router.open_cells'), '{0,1,2}', 'three are');
is(state_of($root, $_), 'LB601', "refused: $_")
  for 'DELETE FROM billing_router.cell', 'TRUNCATE billing_router.cell', 'UPDATE billing_router.cell SET last_id = 900 WHERE cell = 0', 'UPDATE billing_router.open_cells SET cells = \'{1}\'',
  'DELETE FROM billing_router.open_cells', 'TRUNCATE billing_router.open_cells', 'UPDATE billing_router.cell SET cell = 7 WHERE cell = 0';
is(rows($ops, 'SELECT * FROM billing_router.check()'), '', 'the cells are as the router thinks');

# ---- none is left out --------------------------------------------------------------------------------

sub functions
{
	my ($dbh, $schema) = @_;
	return map { $_->[0] => $_->[1] } @{ $dbh->selectall_arrayref(<<'S', undef, $schema) };
SELECT proname || '(' || coalesce((SELECT string_agg(t::regtype::text, ',' ORDER BY n) FROM unnest(proargtypes::oid[]) WITH ORDINALITY AS a (t, n)), '') || ')',
    CASE WHEN proretset THEN 'SETOF ' ELSE '' END || prorettype::regtype
FROM pg_proc WHERE pronamespace = $1::regnamespace AND prokind = 'f'
S
}
my %here = functions(session(undef, $cells[0]), 'billing');
my %routed = functions($root, 'billing');
my %of_cell = functions($root, 'billing_cell');
open my $list, '<', 'src/router/routes' or die $!;
my (%way, %none);
/^(\w+)\s+(\w+)\s+\S/ and $way{$1} = $2 and $2 eq 'none' and $none{$1} = 1 for grep { !/^#/ } <$list>;
my @left_out = grep { $here{$_} ne 'trigger' && !$none{ s/\(.*//r } && !exists $routed{$_} && !exists $of_cell{ s/\(/(integer,/r =~ s/,\)/)/r } } sort keys %here;
is("@left_out", '', 'every function is routed, or is listed as one that is not, with the reason');
my @others = grep { exists $routed{$_} && $routed{$_} ne $here{$_} && $routed{$_} ne 'SETOF record' } sort keys %here;
is("@others", '', 'and returns the same; or, of all cells, what each says');
my @account = grep { /\(bigint/ && exists $routed{$_} } keys %here;
cmp_ok(scalar @account, '>', 80, 'those of an account are there under the name and with the arguments that they have in a cell');
is(rows($root, q(SELECT DISTINCT obj_description(oid, 'pg_proc') IS NOT NULL FROM pg_proc WHERE pronamespace::regnamespace::text ~ '^billing')), '1', 'each has a comment');
is(rows($root, q(SELECT oid::regprocedure FROM pg_proc WHERE pronamespace::regnamespace::text IN ('billing', 'billing_cell') AND has_function_privilege('public', oid, 'EXECUTE'))), '', 'none is for everybody');

# ---- accounts ----------------------------------------------------------------------------------------

is(rows($app, qq(SELECT billing.create_account($_, 'cn'))), $_, "account $_ at the edge of its range") for 1, 1000, 1001, 2000, 2001, 3000;
is(state_of($app, q(SELECT billing.create_account($1, 'cn')), $_), 'LB209', "account $_ is of no cell") for 3001, 0, -1, '4611686018427387904', '9223372036854775807', '-9223372036854775808';
is(rows(session(undef, $cells[$_]), 'SELECT array_agg(account_id ORDER BY account_id) FROM billing_books.account'), sprintf('{%d,%d}', 1000 * $_ + 1, 1000 * $_ + 1000), "cell $_ has its own") for 0 .. 2;
is(state_of($app, 'SELECT billing.balance($1)', 3001), 'LB209', 'nor is it asked for anywhere');
is(state_of($app, 'SELECT billing.balance(NULL)'), 'LB209', 'no account is of no cell');
my @made = map { value($app, q(SELECT billing.create_account(NULL, 'cn', external_ref => $1)), "customer $_") } 1 .. 30;
is(scalar(grep { $_ >= 1 && $_ <= 3000 } @made), 30, 'accounts without an id are made in the ranges');
my %hit = map { int(($_ - 1) / 1000) => 1 } @made;
is(join(' ', sort keys %hit), '0 1 2', 'of all cells that are open');
my $odd = q(it's "odd" \\ $$; DROP TABLE x; --);
my $odd_id = value($app, q(SELECT billing.create_account(NULL, 'cn', external_ref => $1)), $odd);
is(value($app, 'SELECT billing.find_account($1)', $odd), $odd_id, 'an external_ref is only a text');
is(value($app, 'SELECT billing.find_account($1)', 'nobody'), undef, 'and one that nobody has is nobody\'s');
$root->do(q(SELECT billing_router.open_cells('{1}')));
is(join(' ', map { value($app, q(SELECT billing.create_account(NULL, 'cn', external_ref => $1)), "customer $_") } 1 .. 30), "@made", 'with another list they are found where they are');
is(scalar(grep { my $id = value($app, q(SELECT billing.create_account(NULL, 'cn', external_ref => $1)), "new $_"); $id < 1001 || $id > 2000 } 1 .. 10), 0, 'new ones are made in the cell that is open');
is(state_of($app, q(SELECT billing.create_account($1, 'cn', external_ref => 'customer 1')), $made[0] > 1000 ? 5 : 2005), 'LB202', 'an external_ref of another cell is taken');
is(state_of($app, q(SELECT billing.create_account(NULL, 'global', external_ref => 'customer 1'))), 'LB202', 'with other values, too');
is(state_of($app, q(SELECT billing_router.open_cells('{0}'))), '42501', 'an application opens no cell');

# Two at once, while the list changes: one account.
{
	my $second = session('app');
	$app->begin_work;
	my $one = value($app, q(SELECT billing.create_account(NULL, 'cn', external_ref => 'at once')));
	$root->do(q(SELECT billing_router.open_cells('{2}')));
	$second->do(q(SELECT billing.create_account(NULL, 'cn', external_ref => 'at once')), { pg_async => DBD::Pg::PG_ASYNC() });
	select undef, undef, undef, 0.3;
	ok(!$second->pg_ready, 'the second waits for the first');
	$app->commit;
	$second->pg_result;
	is(scalar(grep { value(session(undef, $_), q(SELECT count(*) FROM billing_books.account_profile WHERE external_ref = 'at once')) } @cells), 1, 'and finds its account');
	$root->do(q(SELECT billing_router.open_cells('{0,1,2}')));
}

# ---- prices ------------------------------------------------------------------------------------------

is(state_of($ops, q(SELECT * FROM billing.set_price('m', 'CNY', 1, 2))), 'LB101', 'prices need an instant from which they hold');
is(state_of($ops, q(SELECT * FROM billing.end_prices('m', 'CNY'))), 'LB101', 'and their end');
is(rows($ops, q(SELECT cell, result IS NOT NULL, error FROM billing.set_price('m', 'CNY', 1, 2, effective_from => now() - interval '1 day'))), '0 1 -; 1 1 -; 2 1 -', 'a price is set in all cells');
is(state_of($ops, q(SELECT * FROM billing.set_price('m', 'CNY', -1, 2, effective_from => now()))), 'LB104', 'one that none takes is an error');
is(state_of($app, q(SELECT * FROM billing.set_price('m', 'CNY', 1, 2, effective_from => now()))), '42501', 'an application sets none');
is(rows($ops, 'SELECT * FROM billing_router.check()'), '', 'and they agree');
is(rows($ops, q(SELECT * FROM billing_cell.set_price(1, 'only there', 'CNY', 1, 2, effective_from => '2035-01-01')) =~ s/\*/count(*)/r), '1', 'one cell alone gets another');
like(rows($ops, 'SELECT cell, fault FROM billing_router.check()'), qr/^1 its prices are not/, 'which is seen');
is(rows($ops, q(SELECT cell, error IS NULL FROM billing.set_price('only there', 'CNY', 1, 2, effective_from => '2035-01-01'))), '0 1; 1 1; 2 1', 'until the others have it');
is(rows($ops, 'SELECT * FROM billing_router.check()'), '', 'and they agree again');

# ---- usage -------------------------------------------------------------------------------------------

my @of = (1, 1001, 2001); # an account of each cell
my @keys = map { value($app, q(SELECT api_key FROM billing.create_api_key($1, 'prod')), $_) } @of;
sub charge { my ($dbh, $account, $request) = @_; return value($dbh, q(SELECT status FROM billing.charge($1, 1, $2, 'm', 1000000, 0)), $account, $request) }
is(charge($app, $_, 'first'), 'charged', "account $_ is charged") for @of;
is(charge($app, $_, 'first'), 'duplicate', "account $_ is charged once") for @of;
is(rows(session(undef, $cells[$_]), 'SELECT account_id, request_id FROM billing_books.usage_event'), "$of[$_] first", "cell $_ has its own usage") for 0 .. 2;
is(state_of($app, q(SELECT billing.charge(1, 1, 'first', 'm', 5, 0))), 'LB304', 'an error of a cell comes as it is');
is(state_of($app, q(SELECT billing.charge(999, 1, 'x', 'm', 5, 0))), 'LB201', 'and an account that is not there yet');
is(rows($app, 'SELECT account_id, reason FROM billing.authorize($1)', $keys[$_]), "$of[$_] negative_balance", "a key of cell $_ is asked for there") for 0 .. 2;

# A key of no cell's account: made in books without a range.
$cells[0]->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$cells[0]->safe_psql('elsewhere', 'CREATE EXTENSION billing; SELECT billing.install(); SELECT billing.create_account(5000, \'cn\')');
my $foreign = $cells[0]->safe_psql('elsewhere', 'SELECT api_key FROM billing.create_api_key(5000, \'prod\')');
is(rows($app, 'SELECT reason FROM billing.authorize($1)', $foreign), 'unknown_key', 'a key of no cell\'s account is unknown');
is(rows($app, 'SELECT reason FROM billing.authorize($1)', $_), 'malformed_key', 'no key is malformed') for '', undef, 'sk-', q('; DROP), 'x' x 100_000;
is(value($app, q(SELECT billing.meter($1, 1, 'metered', 'm', 1000000, 0)), $_), 'accepted', "account $_ is metered") for @of;
is(state_of($app, q(SELECT billing.meter(3001, 1, 'metered', 'm', 1, 0))), 'LB209', 'no cell meters an account of none');
ok(wait_until(10, sub { value($ops, 'SELECT sum(unsettled_rows) FROM billing.unsettled_usage()') == 0 }), 'and the settler of each cell settles it');
is(rows($app, q(SELECT balance FROM billing.balance($1)), $_), '-2.000000000', "account $_ has paid for both") for @of;
$app->do(q(SET datestyle = 'SQL, DMY'));
is(rows($app, q(SELECT count(*), max(recorded_at) BETWEEN now() - interval '1 h' AND now() + interval '1 h' FROM billing.statement($1, now() - interval '1 h')), 2001), '2 1', 'instants come through whatever DateStyle says');
$app->do('RESET datestyle');
$ops->do(q(SET datestyle = 'SQL, DMY'));
is(rows($ops, q(SELECT cell, error FROM billing.set_price('june', 'CNY', 1, 2, effective_from => timestamptz '05/06/2035 00:00+00'))), '0 -; 1 -; 2 -', 'a price of the fifth of June');
$ops->do('RESET datestyle');
is(join(' ', map { value(session(undef, $_), q(SELECT effective_from = '2035-06-05 00:00+00' FROM billing_books.price WHERE model = 'june')) } @cells), '1 1 1', 'is not one of the sixth of May');
$_->safe_psql('postgres', q(ALTER ROLE app SET datestyle = 'SQL, DMY')) for @cells;
my $british = session('app');
is(rows($british, q(SELECT effective_from = '2035-06-05 00:00+00' FROM billing.list_prices('june'))), '1', 'nor does it become one where a role in the cells writes days first');
$british->disconnect;

# What the router commits, the cell has committed: a rollback here undoes nothing there, and the key makes the retry safe.
$ops->begin_work;
is(value($ops, q(SELECT status FROM billing.grant_bonus(1001, 10, 'gift'))), 'booked', 'a gift is booked');
$ops->rollback;
is(value($app, 'SELECT balance FROM billing.balance(1001)'), '8.000000000', 'a rollback at the router does not take it back');
is(value($ops, q(SELECT status FROM billing.grant_bonus(1001, 10, 'gift'))), 'booked', 'the same key again');
is(value($app, 'SELECT balance FROM billing.balance(1001)'), '8.000000000', 'gives nothing more');

# ---- who may what ------------------------------------------------------------------------------------

is(state_of($app, $_), '42501', "refused to an application: $_")
  for q(SELECT billing.grant_bonus(1, 1, 'mine')), q(SELECT billing_cell.grant_bonus(0, 1, 1, 'mine')), q(SELECT billing_router.add_cell('d', 3001, 4000)),
  q(SELECT billing_router.widen_cell(2, 2001, 5000)), q(UPDATE billing_router.cell SET last_id = 5000 WHERE cell = 2), q(SELECT * FROM billing_router.check()), q(SELECT billing.verify()), q(SELECT billing_cell.settle(0));
my $stranger = do { $root->do('CREATE ROLE stranger LOGIN'); session('stranger') };
is(state_of($stranger, q(SELECT billing.authorize('x'))), '42501', 'a stranger may call nothing');
$root->do('GRANT USAGE ON SCHEMA billing TO stranger; GRANT EXECUTE ON FUNCTION billing.authorize(text, text) TO stranger');
isnt(state_of($stranger, q(SELECT billing.authorize('x'))), '00000', 'nor through a function alone, without a user in the cells');
is(rows($app, q(SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NOT NULL AND usename <> 'app')), '0', 'nobody reads another\'s password');
# Objects of the caller's own, before those of the system, change nothing.
$root->do('GRANT CREATE ON SCHEMA public TO app');
$app->do($_) for 'CREATE FUNCTION public.cell_of(bigint) RETURNS integer LANGUAGE sql AS \'SELECT 2\'', 'CREATE FUNCTION public.ge(bigint, bigint) RETURNS boolean LANGUAGE sql AS \'SELECT true\'',
  'CREATE OPERATOR public.>= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.ge)', 'SET search_path = public, pg_catalog';
is(value($app, q(SELECT status FROM billing.charge(1001, 1, 'hostile', 'm', 0, 0))), 'charged', 'a charge under another search_path');
is(value(session(undef, $cells[1]), q(SELECT count(*) FROM billing_books.usage_event WHERE request_id = 'hostile')), 1, 'goes where it belongs');
$app->do('RESET search_path');

# ---- what belongs to no customer, and to all ------------------------------------------------------------

is(rows($ops, q(SELECT billing_cell.set_policy(1, 'block_at_zero', 'on'))), '', 'a policy of one cell');
is(rows($ops, q(SELECT value FROM billing.policy WHERE name = 'block_at_zero' ORDER BY 1)), 'off; off; on', 'and of all, in one list');
is(rows($ops, q(SELECT cell, error FROM billing.set_policy('block_at_zero', NULL))), '0 -; 1 -; 2 -', 'set in all');
is(state_of($ops, q(SELECT billing_cell.settle(3))), 'LB108', 'there is no cell 3');
is(state_of($ops, q(SELECT billing_cell.settle(NULL))), 'LB108', 'nor one without a number');
is(rows($ops, 'SELECT count(*) FROM billing_cell.statement(0, $1)', 1), '2', 'an account in a cell that is named');
is(rows($ops, 'SELECT * FROM billing_router.duplicate_references()'), '', 'no two cells have claimed the same');
is(value($ops, q(SELECT status FROM billing.record_offline_payment($1, 3, 'pay', 'bank 1')), $_), 'booked', "account $_ is paid") for @of[0, 1];
is(rows($ops, 'SELECT * FROM billing_router.duplicate_references()'), 'offline transaction bank 1 {0,1} {1,1001}', 'a reference that two have is found');
my ($elsewhere) = grep { $made[$_] <= 2000 } 0 .. 29;
my $twice = 'customer ' . ($elsewhere + 1);
$cells[2]->safe_psql('postgres', "SELECT billing.create_account(2900, 'cn', external_ref => '$twice')");
like(rows($ops, q(SELECT * FROM billing_router.duplicate_references() WHERE kind = 'external_ref')), qr/^external_ref $twice \{[01],2\} \{\d+,2900\}$/, 'and so is an account made behind the router\'s back');

# ---- an hour of two production services --------------------------------------------------------------------

{
	my $data = abs_path('test/demo/data');
	$root->do($_) for 'CREATE TABLE trace (line_no integer GENERATED ALWAYS AS IDENTITY, stamp timestamp, prompt integer, generated integer)',
	  map { "COPY trace (stamp, prompt, generated) FROM '$data/azure-llm-trace-$_.csv' (FORMAT csv, HEADER)" } qw(code conv);
	$root->do(q(CREATE TABLE request AS SELECT 'trace ' || line_no AS request_id, 1000 * (line_no % 3) + 500 + line_no % 100 AS account_id, prompt, generated,
		(ARRAY['mimo-v2-flash', 'mimo-v2.5', 'mimo-v2.5-pro'])[1 + line_no % 3] AS model FROM trace));
	open my $file, '<', "$data/model-prices.csv" or die $!;
	is(rows($ops, q(SELECT cell, error FROM billing.import_prices($1, 'CNY', 7.1, 'xiaomi', effective_from => now() - interval '1 hour')), do { local $/; <$file> }), '0 -; 1 -; 2 -', 'a price file is imported in all cells');
	is(rows($ops, 'SELECT * FROM billing_router.check()'), '', 'and they agree');
	is(rows($root, q(SELECT count(billing.create_account(account_id, 'cn')), count(billing.create_api_key(account_id, 'trace')) FROM (SELECT DISTINCT account_id FROM request) AS a)), '300 300', '300 customers, of three cells');
	my $own = q(SELECT r.account_id, sum(round((r.prompt * p.input + r.generated * p.output) / 1000000, 9)) AS cost FROM request AS r JOIN prices AS p ON p.model = r.model GROUP BY r.account_id);
	$root->do('CREATE TABLE prices AS SELECT * FROM billing.list_prices() WHERE in_force');
	is(rows($root, q(SELECT c.status, count(*) = (SELECT count(*) FROM request) FROM request AS r, billing.charge(r.account_id, 1, r.request_id, r.model, r.prompt, r.generated) AS c GROUP BY c.status)), 'charged 1', 'every request is charged, each in its cell');
	is(rows($root, "SELECT count(*) FROM ($own) AS o, billing.balance(o.account_id) AS b WHERE b.balance <> -o.cost"), '0', 'to the last digit of our own arithmetic');
	is(rows($root, q(SELECT DISTINCT c.status FROM request AS r, billing.charge(r.account_id, 1, r.request_id, r.model, r.prompt, r.generated) AS c WHERE r.request_id LIKE 'trace %00')), 'duplicate', 'once');
	is(rows($ops, 'SELECT * FROM billing.verify()'), '', 'and verify() finds nothing');
}

# ---- a cell dies in the middle -------------------------------------------------------------------------

my (%done, %failed, $slowest);
for my $n (1 .. 300)
{
	$cells[1]->stop('immediate') if $n == 100;
	$cells[1]->start if $n == 250;
	my $cell = $n % 3;
	my $began = time;
	my $status = eval { charge($app, $of[$cell], "load $n") };
	$slowest = time - $began if time - $began > ($slowest // 0) && $cell != 1;
	if ($status) { $done{$cell}++ } else { push @{ $failed{$cell} }, "load $n" }
	if ($n == 199)
	{
		like($app->state, qr/^(?:08|XX)/, 'a call of the dead cell says so');
		my ($alive) = grep { $made[$_] < 1001 || $made[$_] > 2000 } 0 .. 29;
		is(value($app, 'SELECT billing.find_account($1)', 'customer ' . ($alive + 1)), $made[$alive], 'an account in a living cell is found');
		is(state_of($app, q(SELECT billing.create_account(NULL, 'cn', external_ref => 'who knows'))), '08006', 'none is made that the dead one may have');
		is(rows($app, q(SELECT billing.create_account(2700, 'cn', external_ref => 'by its id'))), '2700', 'but for one whose id says where');
		is(rows($app, 'SELECT reason FROM billing.authorize($1)', 'x'), 'malformed_key', 'keys of others go on');
		isnt(state_of($ops, 'SELECT * FROM billing.verify()'), '00000', 'what asks all cells fails');
		is(rows($ops, q(SELECT cell, error IS NULL FROM billing.set_price('while dead', 'CNY', 1, 2, effective_from => '2035-01-01'))), '0 1; 1 0; 2 1', 'a price says which cell lacks it');
		like(rows($ops, 'SELECT cell, fault FROM billing_router.check()'), qr/^1 [0-9A-Z]{5} /, 'and check() which does not answer');
	}
}
is(scalar @{ $failed{0} // [] } + @{ $failed{2} // [] }, 0, 'no account of another cell noticed');
is("$done{0} $done{2}", '100 100', 'each of their calls was answered');
cmp_ok($slowest, '<', 5, 'and none waited for the dead one');
cmp_ok(scalar @{ $failed{1} }, '>=', 49, 'those of its own failed while it was down');
is(charge($app, 1001, $_) =~ /^(?:charged|duplicate)$/, 1, "$_ again") for @{ $failed{1} };
is(rows(session(undef, $cells[$_]), q(SELECT count(*), count(DISTINCT request_id), sum(charge) FROM billing_books.usage_event WHERE request_id LIKE 'load %')), '100 100 100.000000000', "cell $_ has each call once") for 0 .. 2;
is(rows($ops, q(SELECT cell, error IS NULL FROM billing.set_price('while dead', 'CNY', 1, 2, effective_from => '2035-01-01'))), '0 1; 1 1; 2 1', 'the price comes after');

# ---- widening, and the end -----------------------------------------------------------------------------

$cells[2]->safe_psql('postgres', 'SELECT billing.set_account_range(2001, 5000)');
$root->do(sprintf q(ALTER SERVER billing OPTIONS (SET p0 '%s')), where(0) =~ s/ options=\S+//r);
like(rows($ops, 'SELECT cell, fault FROM billing_router.check() WHERE cell = 0'), qr/^0 server billing has no option p0 .*datestyle=ISO/, 'an option that is lost is seen');
$root->do(sprintf q(ALTER SERVER billing OPTIONS (SET p0 '%s')), where(0));
like(rows($ops, 'SELECT cell, fault FROM billing_router.check()'), qr/^2 its account range is 2001 to 5000, the router has 2001 to 3000/, 'a range that the router does not know is seen');
is(state_of($root, 'SELECT billing_router.widen_cell(2, 2002, 5000)'), 'LB601', 'a cell cannot be narrowed');
is(state_of($root, 'SELECT billing_router.widen_cell(2, 2000, 5000)'), '23P01', 'nor reach into another');
$root->do('SELECT billing_router.widen_cell(2, 2001, 5000)');
is(rows($app, q(SELECT billing.create_account(4000, 'cn'))), '4000', 'its new accounts are made there');
is(rows($ops, 'SELECT * FROM billing_router.check()'), '', 'and all is well');
is(rows($ops, 'SELECT * FROM billing.verify()'), '', 'verify() finds nothing in any cell');
verify_empty($cells[$_], "cell $_") for 0 .. 2;

# The router's own tables are in its dump.
like($router->safe_psql('postgres', q(SELECT string_agg(extconfig::regclass[]::text, '') FROM pg_extension WHERE extname = 'billing_router')), qr/billing_router\.cell.*billing_router\.open_cells/, 'a dump of the router has its cells');

done_testing();
