# What an owner of the books may try. He is a plain role and must not become more by what he puts on his tables or beside them: whoever calls,
# a superuser or the settler, runs the owner's code with the owner's rights, none of it at a commit, and none of it leaves a trace in the session.
use strict;
use warnings;

use DBD::Pg qw(:async);
use Test::More;

use BillingTest;

my $node = billing_node('owner', preload => 'billing', install => 0, conf => [ "billing.databases = 'postgres'", 'fsync = off' ]);

sub value { return $node->safe_psql('postgres', $_[0]) }

sub as_owner { return value("SET ROLE books_owner; $_[0]") }

# What the server says of a statement of the owner's.
sub owner_is_refused
{
	my ($sql, $words, $name) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "SET ROLE books_owner; $sql");
	like($err, $words, $name);
	return;
}

value(<<'S');
CREATE EXTENSION billing;
CREATE ROLE books_owner;
CREATE SCHEMA billing_books AUTHORIZATION books_owner;
GRANT USAGE ON SCHEMA billing TO books_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA billing TO books_owner;
CREATE SCHEMA trap AUTHORIZATION books_owner;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
SET ROLE books_owner;
SELECT billing.install();
S
my $is_superuser = q{SELECT rolsuper FROM pg_roles WHERE rolname = 'books_owner'};

# Functions that take what they can get: rights at once, and a setting that would lead the session to his functions later.
as_owner(<<'S');
CREATE FUNCTION trap.take() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    ALTER ROLE books_owner SUPERUSER;
    RETURN NULL;
END $$;
CREATE FUNCTION trap.spring() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('search_path', 'trap, pg_catalog', false), set_config('session_replication_role', 'replica', false);
    RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
    PERFORM set_config('search_path', 'trap, pg_catalog', false), set_config('work_mem', '64', false), set_config('check_function_bodies', 'off', false);
    RETURN true;
END $$;
CREATE FUNCTION trap.spring_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.spring(); RETURN NEW; END $$;
S

# ---- triggers of his -------------------------------------------------------------------------------

for my $when ('DEFERRABLE INITIALLY DEFERRED', 'NOT DEFERRABLE')
{
	as_owner("CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON billing_books.usage_set_aside $when FOR EACH ROW EXECUTE FUNCTION trap.take()");
	my ($status, $out, $err) = $node->psql('postgres', "BEGIN; INSERT INTO billing_books.usage_inbox (account_id) VALUES (1); SELECT billing.settle(); COMMIT");
	like($err, qr/security-restricted operation|permission denied|must be superuser/, "$when: not through a superuser's settle()");
	value('INSERT INTO billing_books.usage_inbox (account_id) VALUES (1)');
	$node->poll_query_until('postgres', 'SELECT events_total > 0 OR status <> \'running\' FROM billing.settler()');
	is(value($is_superuser), 'f', "$when: nor through the settler");
	as_owner('DROP TRIGGER trap ON billing_books.usage_set_aside');
}
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM billing_books.usage_inbox'), 'without the trap the rows are settled');

# ---- settings that shall outlive the call ------------------------------------------------------------

as_owner(<<'S');
CREATE TRIGGER spring BEFORE INSERT OR UPDATE ON billing_books.account FOR EACH ROW EXECUTE FUNCTION trap.spring_row();
CREATE TRIGGER spring BEFORE INSERT ON billing_books.access_grant FOR EACH ROW EXECUTE FUNCTION trap.spring_row();
CREATE TRIGGER spring BEFORE INSERT ON billing_books.audit_log FOR EACH ROW EXECUTE FUNCTION trap.spring_row();
ALTER TABLE billing_books.price ADD CONSTRAINT spring CHECK (trap.spring());
S
my $settings = q{SELECT current_setting('search_path'), current_setting('session_replication_role'), current_setting('work_mem'), current_setting('check_function_bodies')};
my $before = value($settings);
for my $call (
	q{SELECT billing.create_account(1, 'cn')},
	q{SELECT billing.set_price('m', 'CNY', 1, 1)},
	q{SELECT status FROM billing.grant_bonus(1, 5, 'gift')},
	q{SELECT billing.grant_access('pg_monitor', 'auditor')},
	q{SELECT billing.install(), billing.migrate()},
	q{SELECT count(*) FROM billing.verify()},
	q{SELECT count(*) FROM billing.policy})
{
	my ($name) = $call =~ /billing\.(\w+)/;
	is((split /\n/, value("$call; $settings"))[-1], $before, "$name: every setting is as it was");
	is((split /\n/, value("BEGIN; SAVEPOINT s; $call; ROLLBACK TO s; $settings"))[-1], $before, "$name: and after a rollback");
}
as_owner(<<'S');
DROP TRIGGER spring ON billing_books.account;
DROP TRIGGER spring ON billing_books.access_grant;
DROP TRIGGER spring ON billing_books.audit_log;
ALTER TABLE billing_books.price DROP CONSTRAINT spring;
S

# ---- objects beside ours ----------------------------------------------------------------------------

owner_is_refused("CREATE FUNCTION billing.grant_access(text, text) RETURNS void LANGUAGE sql AS 'ALTER ROLE books_owner SUPERUSER'",
	qr/permission denied for schema billing/, 'no overload that an untyped call prefers');
owner_is_refused(
	"CREATE FUNCTION billing.transfer_allowed(int, text, text, text, text, text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
	qr/permission denied for schema billing/, 'no overload of what the books ask');
owner_is_refused('ALTER FUNCTION trap.take() SET SCHEMA billing', qr/permission denied for schema billing/, 'none moved there');
owner_is_refused('CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO billing.policy DO INSTEAD SELECT * FROM billing.policies() WHERE trap.spring()',
	qr/must be owner of/, 'no other rule for a view of ours');
owner_is_refused('ALTER VIEW billing.policy OWNER TO books_owner', qr/must be owner of/, 'no view of ours becomes his');
owner_is_refused('ALTER EXTENSION billing DROP VIEW billing.policy', qr/must be owner of/, 'nothing leaves the extension');
owner_is_refused("SELECT billing.migrate()", qr/migrate\(\) is for a superuser/, 'migrate() is not for him');
owner_is_refused("SELECT billing.grant_access('books_owner', 'operator')", qr/grant_access\(\) is for a superuser/, 'nor is grant_access()');
is(value('SELECT count(*) FROM billing.policy') > 0, 1, 'the view is as it was');
{
	# The rows of access_grant are his, and migrate() goes by them after a restore: it says whom it gives what.
	value('CREATE ROLE friend');
	as_owner("INSERT INTO billing_books.access_grant (role_name, access_level) VALUES ('friend', 'operator')");
	my ($status, $out, $err) = $node->psql('postgres', 'SELECT billing.migrate()');
	like($err, qr/NOTICE:  role "friend" may make \d+ more calls, at level operator\nHINT:  .*revoke_access/, 'migrate() names a role to which it gives rights');
	($status, $out, $err) = $node->psql('postgres', 'SELECT billing.migrate()');
	is($err, '', 'once');
	value("SELECT billing.revoke_access('friend')");
	is(value("SELECT has_function_privilege('friend', 'billing.set_policy(text,text,text,text,text)', 'EXECUTE')"), 'f', 'and they can be taken back');
}
{
	value("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
	my ($status, $out, $err) = $node->psql('latin', 'CREATE EXTENSION billing');
	like($err, qr/the encoding of this database is LATIN1: billing needs UTF8/, 'texts are UTF-8: no other database takes them');
}

# ---- calls from within ------------------------------------------------------------------------------

# Row security that holds for its owner, too: what is worked on row by row does not ask its policies, and is refused by name.
as_owner('SELECT billing.create_account(2, \'cn\'), billing.create_api_key(2, \'key\')');
as_owner("INSERT INTO billing_books.usage_event_default (account_id, request_hash, occurred_at, recorded_at, settled_at, key_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, status, request_id, model, key_name)
	VALUES (2, ('x' || left(encode(sha256('around'), 'hex'), 16))::bit(64)::bigint, '2020-01-01 00:00+00', '2020-01-01 00:00+00', '2020-01-01 00:00+00', 1, 1, 1, 0, 0, 'rejected', 'old', 'm', 'key')");
for my $table (qw(account api_key lot usage_event usage_event_default ledger_entry))
{
	as_owner("ALTER TABLE billing_books.$table ENABLE ROW LEVEL SECURITY");
	# It holds for others than the owner.
	my ($status, $out, $err) = $node->psql('postgres', "BEGIN; SELECT status FROM billing.charge(2, 1, 'secured', 'm', 1, 1); ROLLBACK");
	is($err, '', "row security of $table is nothing to its owner");
	as_owner("ALTER TABLE billing_books.$table FORCE ROW LEVEL SECURITY");
	($status, $out, $err) = $node->psql('postgres', "SELECT status FROM billing.charge(2, 1, 'secured', 'm', 1, 1)");
	like($err, qr/table "$table" cannot be booked on: it has row security, which holds for its owner, too/, "but where it is forced $table is refused");
	as_owner("ALTER TABLE billing_books.$table DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
}

# The rights that statements ask for are asked for: he may have taken his own.
for my $right (['SELECT', 'api_key'], ['SELECT', 'usage_event_default'], ['UPDATE', 'account'], ['SELECT', 'lot'], ['INSERT', 'usage_event'], ['INSERT', 'ledger_entry'])
{
	my ($what, $table) = @$right;
	my ($status, $out, $err) = $node->psql('postgres', "BEGIN; SET LOCAL ROLE books_owner; REVOKE $what ON billing_books.$table FROM books_owner; RESET ROLE; SELECT status FROM billing.charge(2, 1, 'rights', 'm', 1, 1)");
	like($err, qr/permission denied for table $table/, "no $what on $table");
}
{
	my ($status, $out, $err) = $node->psql('postgres', "SELECT status FROM billing.charge(2, 1, 'seen before', 'm', 1, 1); BEGIN; SET LOCAL ROLE books_owner; REVOKE USAGE ON SCHEMA billing_books FROM books_owner; RESET ROLE; SELECT status FROM billing.charge(2, 1, 'rights', 'm', 1, 1)");
	like($err, qr/permission denied for schema billing_books/, 'nor on the schema, also where the tables were seen before');
}

# A trigger of his that charges while a charge is written.
as_owner(<<'S');
CREATE TABLE trap.calls (n int);
CREATE FUNCTION trap.charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM trap.calls) THEN
        INSERT INTO trap.calls VALUES (1);
        PERFORM billing.charge(2, 1, 'within ' || n, 'm', 1, 1) FROM generate_series(1, 50) AS n;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trap BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION trap.charge();
S
my $charged_before = value("SELECT count(*) FROM billing_books.usage_event WHERE account_id = 2 AND status = 'charged'");
my ($around_status, $around_out, $around_err) = $node->psql('postgres', "SELECT status FROM billing.charge(2, 1, 'around', 'm', 1, 1)");
like($around_err, qr/duplicate key value violates unique constraint "ledger_entry_pkey"/, 'a charge around charges is refused, the server goes on');
is(value("SELECT count(*) FROM billing_books.usage_event WHERE account_id = 2 AND status = 'charged'"), $charged_before, 'and nothing of it is there');
as_owner('DROP TRIGGER trap ON billing_books.usage_event');
value('BEGIN; SET LOCAL billing.allow_history_change = on; DELETE FROM billing_books.usage_event_default; COMMIT');

# ---- cursors that are open --------------------------------------------------------------------------

# A superuser's cursor by whose name another one is opened, with code that runs where he fetches; and one of which the rows are read.
as_owner(<<'S');
CREATE TABLE trap.seen (row text);
CREATE FUNCTION trap.take_here() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> 'books_owner' THEN
        ALTER ROLE books_owner SUPERUSER;
    END IF;
    RETURN 1;
END $$;
CREATE FUNCTION trap.cursors() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    c refcursor;
    found record;
BEGIN
    FOR found IN SELECT name FROM pg_cursors UNION SELECT 'secrets' UNION SELECT '<unnamed portal ' || n || '>' FROM generate_series(1, 30) AS n LOOP
        c := found.name;
        BEGIN
            IF TG_ARGV[0] = 'fetch' THEN
                FETCH c INTO found;
                INSERT INTO trap.seen VALUES (found::text);
            ELSE
                CLOSE c;
                OPEN c FOR SELECT trap.take_here();
            END IF;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    RETURN NULL;
END $$;
S
for my $what (qw(fetch replace))
{
	as_owner("CREATE TRIGGER cursors AFTER INSERT ON billing_books.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION trap.cursors('$what')");
	is(value(
			"BEGIN; DECLARE secrets CURSOR FOR SELECT 'secret ' || n FROM generate_series(1, 3) AS n; SELECT status FROM billing.charge(2, 1, 'cursor $what', 'm', 1, 1); FETCH ALL FROM secrets; COMMIT"
		),
		"charged\nsecret 1\nsecret 2\nsecret 3", "$what: the caller fetches what he asked for");
	as_owner('DROP TRIGGER cursors ON billing_books.ledger_entry');
}
is(value(q{SELECT count(*) FROM trap.seen WHERE row LIKE '%secret%'}), 0, 'and the owner saw nothing of it');
is(value($is_superuser), 'f', 'and became nothing');

# A cursor of his that stays behind, for whoever fetches from one of that name.
as_owner(<<'S');
CREATE FUNCTION trap.leave() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE c refcursor := 'left'; BEGIN OPEN c FOR SELECT trap.take_here(); RETURN NULL; END $$;
CREATE TRIGGER leave AFTER INSERT ON billing_books.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION trap.leave();
S
{
	my ($status, $out, $err) = $node->psql('postgres', "BEGIN; SELECT status FROM billing.charge(2, 1, 'cursor left', 'm', 1, 1); FETCH ALL FROM \"left\"");
	like($out, qr/^charged$/, 'what the owner opens is no hindrance');
	like($err, qr/cursor "left" does not exist/, 'and is closed with the call');
}
is(value($is_superuser), 'f', 'so nobody runs it');
as_owner('DROP TRIGGER leave ON billing_books.ledger_entry');

# ---- the caller's temporary schema, where types are looked for first -----------------------------------

as_owner(<<'S');
CREATE FUNCTION trap.take_text(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.take_here(); RETURN true; END $$;
CREATE FUNCTION trap.take_type() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    command text;
BEGIN
    FOREACH command IN ARRAY ARRAY['CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (trap.take_text(VALUE))', 'CREATE TYPE pg_temp.jsonb AS ENUM (''a'')',
        'CREATE TYPE pg_temp.uuid AS (a int)', 'CREATE TYPE pg_temp.inet AS RANGE (SUBTYPE = int4)', 'CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS ''SELECT 1''',
        'CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)', 'CREATE TEMP VIEW v AS SELECT 1', 'CREATE DOMAIN trap.fine AS int'] LOOP
        BEGIN
            EXECUTE command;
            INSERT INTO trap.seen VALUES ('made: ' || command);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER take_type AFTER INSERT ON billing_books.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION trap.take_type();
S
is(value("CREATE TEMP TABLE mine (n int); SELECT status FROM billing.charge(2, 1, 'temporary', 'm', 1, 1); SELECT 'anything'::text; CREATE DOMAIN pg_temp.own AS int; SELECT 1::pg_temp.own"),
	"charged\nanything\n1", 'a session that has temporary tables, and makes more');
is(value(q{SELECT row FROM trap.seen WHERE row LIKE 'made%'}), 'made: CREATE DOMAIN trap.fine AS int', "the owner's code makes things where they are his");
is(value($is_superuser), 'f', "and none that the caller's casts would run");
as_owner('DROP TRIGGER take_type ON billing_books.ledger_entry');

# The cursors of verify() itself, moved and closed under it by a policy that comes to be after it looked for such, and before it read.
{
	my ($owner, $auditor) = map { connect_dbi($node) } 1 .. 2;
	as_owner(<<'S');
CREATE FUNCTION trap.close() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    c refcursor;
BEGIN
    FOR n IN 1..1000 LOOP
        BEGIN
            c := '<unnamed portal ' || n || '>';
            MOVE c;
            INSERT INTO trap.seen VALUES ('moved');
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
        BEGIN
            CLOSE c;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    RETURN true;
END $$;
S
	$owner->begin_work;
	$owner->do('SET LOCAL ROLE books_owner');
	for my $table (qw(ledger_entry lot))
	{
		$owner->do("CREATE POLICY trap ON billing_books.$table USING (trap.close())");
		$owner->do("ALTER TABLE billing_books.$table ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
	}
	my $verify = $auditor->prepare('SELECT count(*) FROM billing.verify()', { pg_async => PG_ASYNC });
	$verify->execute;
	ok(wait_until(30, sub { value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%verify()'") }), 'verify() has looked');
	$owner->commit;
	ok(eval { $auditor->pg_result }, 'a policy that closes its cursors does not stop it') or diag($@);
	is(($verify->fetchrow_array)[0], 0, 'and it reads all the same');
	is(value(q{SELECT count(*) FROM trap.seen WHERE row = 'moved'}), 0, 'all that there is: none was moved');
	as_owner("DROP POLICY trap ON billing_books.$_; ALTER TABLE billing_books.$_ DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY") for qw(ledger_entry lot);
}

# ---- a guard where it does not belong -----------------------------------------------------------------

as_owner(q{CREATE TRIGGER trap BEFORE UPDATE ON billing_books.account_profile FOR EACH STATEMENT EXECUTE FUNCTION billing.history_guard('email')});
owner_is_refused('UPDATE billing_books.account_profile SET email = NULL', qr/update of table "account_profile" is refused/, 'history_guard() as a statement trigger refuses, too');
as_owner('DROP TRIGGER trap ON billing_books.account_profile');
is(value('SELECT 1'), 1, 'the server is alive');

is(value($is_superuser), 'f', 'after all of it he is a plain role');
verify_empty($node, 'verify() is empty');
done_testing();
