# The owner of the books is a plain role and must not become more by what he puts on his tables: whoever books, a superuser or the settler,
# runs the owner's triggers with the owner's rights, and none of them at a commit.
use strict;
use warnings;

use Test::More;

use BillingTest;

my $node = billing_node('owner', preload => 'billing', install => 0, conf => [ "billing.databases = 'postgres'", 'fsync = off' ]);

sub value { return $node->safe_psql('postgres', $_[0]) }

value(<<'S');
CREATE EXTENSION billing;
CREATE ROLE books_owner;
GRANT USAGE, CREATE ON SCHEMA billing TO books_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA billing TO books_owner;
CREATE SCHEMA trap AUTHORIZATION books_owner;
SET ROLE books_owner;
SELECT billing.install();
CREATE FUNCTION trap.take() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    ALTER ROLE books_owner SUPERUSER;
    RETURN NULL;
END $$;
S
my $is_superuser = q{SELECT rolsuper FROM pg_roles WHERE rolname = 'books_owner'};

for my $when ('DEFERRABLE INITIALLY DEFERRED', 'NOT DEFERRABLE')
{
	value("SET ROLE books_owner; CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON billing.usage_set_aside $when FOR EACH ROW EXECUTE FUNCTION trap.take()");
	my ($status, $out, $err) = $node->psql('postgres', "BEGIN; INSERT INTO billing.usage_inbox (account_id) VALUES (1); SELECT billing.settle(); COMMIT");
	like($err, qr/security-restricted operation|permission denied|must be superuser/, "$when: not through a superuser's settle()");
	value('INSERT INTO billing.usage_inbox (account_id) VALUES (1)');
	$node->poll_query_until('postgres', 'SELECT events_total > 0 OR status <> \'running\' FROM billing.settler()');
	is(value($is_superuser), 'f', "$when: nor through the settler");
	value('SET ROLE books_owner; DROP TRIGGER trap ON billing.usage_set_aside');
}
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM billing.usage_inbox'), 'without the trap the rows are settled');
verify_empty($node, 'verify() is empty');
done_testing();
