# Damages, one by one, to books that hold every family: by their owner, a plain role that can disable the guards of his tables and put them back,
# and by a superuser. verify() finds each, by the check that is named; or it is out of reach of any recomputation, and only a seal that was exported
# before shows it, or nothing: docs/auditing.md says what. Whoever damages the ledger makes its chains anew, as who knows of them does. Each damage is
# undone.
use strict;
use warnings;

use DBD::Pg;
use Test::More;

use AllFamilies;
use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1); # the clock is moved
my $node = billing_node('damage', preload => 'billing', install => 0, conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'", 'fsync = off' ]);
my $books = AllFamilies->new($node, $sim);
verify_empty($node, 'books of every family are right');
$sim->stop;
my $dbh = $books->{dbh};

# Changes tables of the caller's without their guards, which are as before then.
$dbh->do(<<'S');
CREATE FUNCTION unguarded(tables text[], VARIADIC commands text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    command text;
    guards text[];
    changed bigint;
BEGIN
    SELECT array_agg(format('ALTER TABLE %s ENABLE %s TRIGGER %I', tgrelid::regclass, CASE tgenabled WHEN 'A' THEN 'ALWAYS' END, tgname)) INTO guards FROM pg_trigger WHERE tgrelid = ANY (tables::regclass[]) AND NOT tgisinternal;
    FOREACH command IN ARRAY tables LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', command);
    END LOOP;
    FOREACH command IN ARRAY commands || guards LOOP
        EXECUTE command;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed = 0 AND command ~ '^(INSERT|UPDATE|DELETE)' THEN
            RAISE EXCEPTION 'nothing is damaged by: %', command;
        END IF;
    END LOOP;
END $$
S

# The chains of all entries anew.
$dbh->do($_) for split /;;\n/, <<'S';
CREATE AGGREGATE chain_of(bigint, bigint, timestamptz, timestamptz, bigint, bigint, bigint, bigint, numeric, text, text, text, text, text, bytea) (SFUNC = billing.entry_chain, STYPE = bytea);;
CREATE FUNCTION rechain() RETURNS void LANGUAGE plpgsql SET billing.allow_history_change = on SET session_replication_role = replica AS $$
BEGIN
    -- What its usage is now, as who changes that would say.
    UPDATE billing_books.ledger_entry AS e SET usage_digest = u.digest FROM (
        SELECT account_id, first_entry_no, sha256('\x01'::bytea || string_agg(billing.usage_event_digest(request_id, occurred_at, recorded_at, key_id, model, variant,
            input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, meters, price_id, charge), ''::bytea ORDER BY occurred_at, request_id COLLATE "C")) AS digest
        FROM billing_books.usage_event WHERE first_entry_no IS NOT NULL GROUP BY account_id, first_entry_no) AS u
    WHERE e.account_id = u.account_id AND e.entry_no = u.first_entry_no AND e.usage_digest IS DISTINCT FROM u.digest;
    UPDATE billing_books.ledger_entry AS e SET chain = coalesce(c.chain, e.chain) FROM (
        SELECT account_id, entry_no, chain_of(account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, subscription_no, undoes_entry_no, amount,
                                              debit, credit, source_type, gateway, actor, usage_digest) OVER (PARTITION BY account_id ORDER BY entry_no) AS chain
        FROM billing_books.ledger_entry) AS c
    WHERE e.account_id = c.account_id AND e.entry_no = c.entry_no AND e.chain IS DISTINCT FROM c.chain;
    UPDATE billing_books.account AS a SET chain = e.chain FROM billing_books.ledger_entry AS e
    WHERE e.account_id = a.account_id AND e.entry_no = a.last_entry_no AND a.chain IS DISTINCT FROM e.chain;
END $$;;
-- What a seal holds lags behind by twice policy clock_jump.
SELECT billing.set_policy('clock_jump', '1 min');;
SELECT set_config('billing.clock_offset', extract(epoch FROM current_setting('billing.clock_offset')::interval + interval '2 min')::int || 's', false);;
SELECT billing.seal_books();;
RESET billing.clock_offset;;
SELECT billing.set_policy('clock_jump', NULL)
S

# Which checks find what the statements do; what they cannot do is an error of the test. All is undone.
sub found_of
{
	my ($role, @sql) = @_;
	$dbh->begin_work;
	my $checks = eval {
		$dbh->do("SET LOCAL ROLE $role") if $role ne 'postgres';
		$dbh->do('SET LOCAL session_replication_role = replica'), $dbh->do('SET LOCAL billing.allow_history_change = on') if $role eq 'postgres';
		$dbh->do($_) for @sql;
		$dbh->do('SET LOCAL session_replication_role = origin') if $role eq 'postgres';
		$dbh->do('SET CONSTRAINTS ALL IMMEDIATE');
		$dbh->do('RESET ROLE');
		$dbh->do('SELECT rechain()') if $dbh->selectrow_array(q(SELECT to_regclass('billing_books.ledger_entry') IS NOT NULL));
		$dbh->selectcol_arrayref('SELECT DISTINCT check_name FROM billing.verify() ORDER BY 1');
	} // [ 'error: ' . $dbh->errstr ];
	$dbh->rollback;
	return @$checks;
}

my %seen;
# WHO, what is done, by which check it is found, or "seal" where nothing but one shows it, or "nothing"; the tables, and the SQL.
sub damage
{
	my ($role, $name, $expected, $tables, @sql) = @_;
	$seen{$name}++;
	my @tables = map { "billing_books.$_" } split ' ', $tables;
	@sql = join '', 'SELECT unguarded(ARRAY[', join(', ', map { $dbh->quote($_) } @tables), ']::text[], VARIADIC ARRAY[', join(', ', map { $dbh->quote($_) } @sql), '])' if @tables && $role ne 'postgres';
	my @found = found_of($role, @sql);
	my @sealed = grep { /^seal/ } @found;
	my @others = grep { !/^seal/ } @found;
	return is("@found", '', "$name: nothing shows it") if $expected eq 'nothing';
	is("@others", '', "$name: nothing but a seal shows it") if $expected eq 'seal';
	$expected eq 'seal' ? ok(@sealed > 0, "$name: a seal does") : ok((grep { $_ eq $expected } @others), "$name: $expected") || diag("found by: @found");
	return;
}
sub owner { return damage('books_owner', @_) }
sub superuser { return damage('postgres', @_) }

my $b = 'billing_books';
# An entry of an account, its newest, with what the account says of its balances and its number.
sub put { my ($account, $debit, $credit, $source, $id, $lot, $amount) = @_; return ("INSERT INTO $b.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, amount, debit, credit, source_type, actor, chain) SELECT account_id, last_entry_no + 1, last_booked_at, last_booked_at, $id, $lot, $amount, '$debit', '$credit', '$source', 'postgres', '' FROM $b.account WHERE account_id = $account",
	"UPDATE $b.account SET last_entry_no = last_entry_no + 1, cash = cash + CASE 'cash' WHEN '$credit' THEN $amount WHEN '$debit' THEN -$amount ELSE 0 END, bonus = bonus + CASE 'bonus' WHEN '$credit' THEN $amount WHEN '$debit' THEN -$amount ELSE 0 END WHERE account_id = $account") }
my $gift = join '; ', put(11, 'promotion', 'bonus', 'grant', 2, 2, 5), "INSERT INTO $b.lot (account_id, lot_no, source_id, created_at, is_open, amount, remaining, kind, source_type) SELECT 11, 2, 2, last_booked_at, true, 5, 5, 'bonus', 'grant' FROM $b.account WHERE account_id = 11";
my $gift_line = "INSERT INTO $b.audit_log (recorded_at, account_id, action, object, new_value, actor, session_user_name) SELECT last_booked_at, 11, 'grant_bonus', 'grant 2', '5.000000000', 'postgres', 'postgres' FROM $b.account WHERE account_id = 11";
my $gift_answer = "INSERT INTO $b.idempotent_call SELECT 11, 'forged', 'grant_bonus', '\\x00', last_booked_at, '{\"id\": 2, \"lot_no\": 2, \"status\": \"booked\"}' FROM $b.account WHERE account_id = 11";

# ---- the ledger and lots

owner('a balance', 'account_balance', 'account', "UPDATE $b.account SET cash = cash + 100 WHERE account_id = 8");
owner('an entry of another amount', 'account_balance', 'ledger_entry', "UPDATE $b.ledger_entry SET amount = amount + 1 WHERE account_id = 8 AND entry_no = 1");
owner('an entry and its lot and balance', 'payment_credited', 'ledger_entry lot account', "UPDATE $b.ledger_entry SET amount = amount + 1 WHERE account_id = 8 AND entry_no = 1", "UPDATE $b.lot SET amount = amount + 1, remaining = remaining + 1 WHERE account_id = 8 AND lot_no = 1", "UPDATE $b.account SET cash = cash + 1 WHERE account_id = 8");
owner('an entry of nothing that can be', 'account_bounds', 'account', "UPDATE $b.account SET cash = 'NaN' WHERE account_id = 8");
owner('a gift, whole, that nobody made', 'operator_booking', 'ledger_entry lot account', $gift);
owner('a gift, whole, with its line in the audit log', 'operator_answer', 'ledger_entry lot account audit_log', $gift, $gift_line);
owner('a gift, whole, with its line and its answer', 'seal', 'ledger_entry lot account audit_log idempotent_call', $gift, $gift_line, $gift_answer);
owner('a gift that is gone with all its kin', 'seal', 'ledger_entry lot account audit_log idempotent_call approval_request', "DELETE FROM $b.ledger_entry WHERE account_id = 4 AND amount = 11", "DELETE FROM $b.lot WHERE account_id = 4 AND amount = 11", "UPDATE $b.account SET last_entry_no = last_entry_no - 1, bonus = bonus - 11 WHERE account_id = 4",
	"DELETE FROM $b.audit_log WHERE account_id = 4 AND new_value = '11.000000000'", "DELETE FROM $b.idempotent_call WHERE account_id = 4 AND idempotency_key = 'large'", "DELETE FROM $b.approval_request WHERE account_id = 4 AND idempotency_key = 'large'");
owner('a gift of another day', 'lot_stamp', 'ledger_entry', "UPDATE $b.ledger_entry SET recorded_at = recorded_at + interval '1 us', occurred_at = occurred_at + interval '1 us' WHERE account_id = 4 AND amount = 11", "UPDATE $b.account SET last_booked_at = last_booked_at + interval '1 us' WHERE account_id = 4");
owner('an adjustment of another instant', 'entry_stamp', 'ledger_entry', "UPDATE $b.ledger_entry SET occurred_at = occurred_at - interval '1 day' WHERE account_id = 4 AND debit = 'adjustment'");
owner('an adjustment of another amount, in all of the books', 'operator_booking', 'ledger_entry lot account', "UPDATE $b.ledger_entry SET amount = amount + 1 WHERE account_id = 4 AND debit = 'adjustment'", "UPDATE $b.lot SET amount = amount + 1, remaining = remaining + 1, is_open = true WHERE account_id = 4 AND source_type = 'adjustment'", "UPDATE $b.account SET bonus = bonus + 1 WHERE account_id = 4");
owner('a lot that expires later', 'next_expiry', 'lot', "UPDATE $b.lot SET expires_at = expires_at + interval '30 days' WHERE account_id = 4 AND expires_at IS NOT NULL");
owner('a lot that expires later, and its account knows', 'seal', 'lot account', "UPDATE $b.lot SET expires_at = expires_at + interval '30 days' WHERE account_id = 4 AND expires_at IS NOT NULL", "UPDATE $b.account SET next_expiry_at = next_expiry_at + interval '30 days' WHERE account_id = 4");
owner('an expiry at another instant', 'entry_stamp', 'lot', "UPDATE $b.lot SET expires_at = expires_at + interval '1 s' WHERE account_id = 1 AND expires_at < now()");
owner('a charge that another lot paid', 'replay', 'ledger_entry lot', "UPDATE $b.ledger_entry SET lot_no = (SELECT max(lot_no) FROM $b.lot WHERE account_id = 2) WHERE account_id = 2 AND credit = 'revenue' AND amount = 4", "UPDATE $b.lot SET remaining = remaining + CASE source_id WHEN 1 THEN 4 ELSE -4 END WHERE account_id = 2 AND kind = 'cash'");
owner('an undone entry of another charge', 'replay', 'ledger_entry', "UPDATE $b.ledger_entry SET undoes_entry_no = (SELECT min(entry_no) FROM $b.ledger_entry WHERE account_id = 1 AND credit = 'revenue') WHERE account_id = 1 AND source_type = 'reversal' AND debit = 'revenue' AND entry_no = (SELECT max(entry_no) FROM $b.ledger_entry WHERE account_id = 1 AND source_type = 'reversal')");
owner('a write-off of another amount', 'account_balance', 'ledger_entry', "UPDATE $b.ledger_entry SET amount = 1 WHERE account_id = 4 AND debit = 'write_off'");

# ---- accounts, keys, locks

owner('an account of another region', 'order_paid', 'account', "UPDATE $b.account SET region = 'global', currency = 'USD' WHERE account_id = 8");
owner('an account that was made later', 'booked_stamp', 'account', "UPDATE $b.account SET created_at = last_booked_at WHERE account_id = 8");
owner('an account that booked last before its payments', 'booked_stamp', 'account', "UPDATE $b.account SET last_booked_at = created_at WHERE account_id = 8");
owner('an account without a profile', 'profile', 'account_profile', "DELETE FROM $b.account_profile WHERE account_id = 8");
owner('a lock that is gone, and its account knows', 'operator_answer', 'account_lock account audit_log', "DELETE FROM $b.account_lock WHERE account_id = 5", "UPDATE $b.account SET locks = 0 WHERE account_id = 5", "DELETE FROM $b.audit_log WHERE account_id = 5 AND action = 'close_account'");
owner('a lock that nobody set', 'lock_audit', 'account_lock account', "INSERT INTO $b.account_lock (account_id, lock_no, lock, locked_at, locked_by) SELECT 8, 1, 'operator', last_booked_at, 'me' FROM $b.account WHERE account_id = 8", "UPDATE $b.account SET locks = 2 WHERE account_id = 8");
owner('a lock that lay over a charge', 'usage_locked', 'account_lock', "UPDATE $b.account_lock SET locked_at = (SELECT occurred_at FROM $b.usage_event WHERE account_id = 4) - interval '1 us' WHERE account_id = 4");
owner('a key of another secret', 'key_version', 'api_key', "UPDATE $b.api_key SET secret_hash = sha256('mine') WHERE account_id = 1 AND key_id = 3");
owner('a key of another secret in its versions, too', 'seal', 'api_key api_key_version', "UPDATE $b.api_key SET secret_hash = sha256('mine') WHERE account_id = 11 AND key_id = 1", "UPDATE $b.api_key_version SET secret_hash = sha256('mine') WHERE account_id = 11 AND key_id = 1");
owner('a key that is not deleted any more', 'key_audit', 'api_key', "UPDATE $b.api_key SET deleted_at = NULL WHERE account_id = 1 AND key_id = 2");
owner('a key that was deleted earlier', 'usage_stamp', 'api_key', "UPDATE $b.api_key SET deleted_at = created_at WHERE account_id = 1 AND key_id = 1");
owner('a key that was made', 'key_audit', 'api_key api_key_version', "INSERT INTO $b.api_key (account_id, key_id, kind, name, secret_hash, created_at) SELECT 8, 9, 'payg', 'mine', sha256('mine'), last_booked_at FROM $b.account WHERE account_id = 8", "INSERT INTO $b.api_key_version (account_id, key_id, version_no, set_at, name, project, secret_hash, actor) SELECT 8, 9, 1, last_booked_at, 'mine', '', sha256('mine'), 'me' FROM $b.account WHERE account_id = 8");
owner('an address', 'nothing', 'account_profile', "UPDATE $b.account_profile SET email = 'thief\@example.com' WHERE account_id = 8");

# ---- usage

owner('a charge of another amount', 'charge_price', 'usage_event', "UPDATE $b.usage_event SET charge = charge + 1 WHERE account_id = 11 AND request_id = 'two'");
owner('a charge of other tokens, price and entries with it', 'price_audit', 'usage_event price', "UPDATE $b.price SET input = 900000 WHERE price_id = (SELECT price_id FROM $b.usage_event WHERE account_id = 11 AND request_id = 'two')");
owner('a charge that is gone', 'charge_slices', 'usage_event', "DELETE FROM $b.usage_event WHERE account_id = 11 AND request_id = 'two'");
owner('a charge that is gone with all its kin', 'seal', 'usage_event ledger_entry lot account', "DELETE FROM $b.usage_event WHERE account_id = 11 AND request_id = 'two'", "DELETE FROM $b.ledger_entry WHERE account_id = 11 AND entry_no = 3", "UPDATE $b.lot SET remaining = remaining + 2 WHERE account_id = 11", "UPDATE $b.account SET cash = cash + 2, last_entry_no = 2 WHERE account_id = 11");
owner('a charge at half its tokens, in all of the books', 'seal', 'usage_event ledger_entry lot account', "UPDATE $b.usage_event SET input_tokens = 1, charge = 1 WHERE account_id = 11 AND request_id = 'two'", "UPDATE $b.ledger_entry SET amount = 1 WHERE account_id = 11 AND entry_no = 3", "UPDATE $b.lot SET remaining = remaining + 1 WHERE account_id = 11", "UPDATE $b.account SET cash = cash + 1 WHERE account_id = 11");
owner('a charge of another request', 'request_hash', 'usage_event', "UPDATE $b.usage_event SET request_id = 'three' WHERE account_id = 11 AND request_id = 'two'");
owner('a charge of another request, its hash with it', 'charge_slices', 'usage_event', "UPDATE $b.usage_event SET request_id = 'three', request_hash = ('x' || left(encode(sha256('three'), 'hex'), 16))::bit(64)::bigint WHERE account_id = 11 AND request_id = 'two'");
owner('a charge of a raised probe', 'request_probe', 'usage_event', "UPDATE $b.usage_event SET probe = 1 WHERE account_id = 11 AND request_id = 'two'");
owner('a charge that began before', 'charge_slices', 'usage_event', "UPDATE $b.usage_event SET occurred_at = occurred_at - interval '1 us' WHERE account_id = 11 AND request_id = 'two'");
owner('a charge that began before its account', 'usage_stamp', 'usage_event', "UPDATE $b.usage_event SET occurred_at = occurred_at - interval '1 day' WHERE account_id = 11 AND request_id = 'two'");
owner('a rejected request that is charged nothing', 'usage_stamp', 'usage_event', "UPDATE $b.usage_event SET status = 'free', charge = 0, reason = 'before_go_live' WHERE request_id = 'rejected'");
owner('a free request that is gone', 'seal', 'usage_event', "DELETE FROM $b.usage_event WHERE request_id = 'free'");
owner('a free request of another account', 'seal', 'usage_event', "UPDATE $b.usage_event SET account_id = 11, recorded_at = a.last_booked_at, settled_at = a.last_booked_at, occurred_at = a.last_booked_at FROM $b.account AS a WHERE a.account_id = 11 AND request_id = 'free'");
owner('a charge turned into a free one', 'charge_slices', 'usage_event', "UPDATE $b.usage_event SET status = 'free', charge = 0, entry_count = 0, first_entry_no = NULL, price_id = NULL WHERE account_id = 11 AND request_id = 'two'");
owner('an event of a batch that began later', 'batch_slices', 'usage_event', "UPDATE $b.usage_event SET occurred_at = occurred_at + interval '1 s' WHERE request_id = 'metered 4'");
owner('a key name of another time', 'usage_key', 'usage_event', "UPDATE $b.usage_event SET key_name = 'other' WHERE account_id = 11 AND request_id = 'two'");
owner('tags of a request', 'nothing', 'usage_event', "UPDATE $b.usage_event SET tags = '{\"team\": \"y\"}' WHERE tags IS NOT NULL");
owner('a reversal of another amount, in all of the books but its line', 'reversal_shortfall', 'charge_reversal ledger_entry account lot', "UPDATE $b.charge_reversal SET amount = 1 WHERE account_id = 1 AND reversal_id = 2", "UPDATE $b.ledger_entry SET amount = 1 WHERE account_id = 1 AND source_type = 'reversal' AND source_id = 2", "UPDATE $b.lot SET remaining = remaining - 1 WHERE account_id = 1 AND lot_no = (SELECT lot_no FROM $b.ledger_entry WHERE account_id = 1 AND source_type = 'reversal' AND source_id = 2)",
	"UPDATE $b.account SET cash = (SELECT sum(CASE 'cash' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0 END) FROM $b.ledger_entry WHERE account_id = 1), bonus = (SELECT sum(CASE 'bonus' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0 END) FROM $b.ledger_entry WHERE account_id = 1) WHERE account_id = 1");
owner('a reversal by another hand', 'operator_booking', 'charge_reversal', "UPDATE $b.charge_reversal SET actor = 'nobody' WHERE account_id = 1 AND reversal_id = 2");
owner('a re-rating that moved another amount', 'revision_entries', 'charge_revision', "UPDATE $b.charge_revision SET amount = amount + 1, charge = charge + 1");
owner('a re-rating that is gone, its charges as before', 'revision_entries', 'charge_revision rerate_account', "DELETE FROM $b.charge_revision", "UPDATE $b.rerate_account SET moved = 0, given_back = 0");

# ---- seals

owner('an account in a seal that is not there', 'seal', 'seal_account', "INSERT INTO $b.seal_account SELECT account_id, 1000000000, last_entry_no, chain FROM $b.account WHERE account_id = 8");
owner('rows in the seal that comes next', 'seal', 'seal_rows', "INSERT INTO $b.seal_rows SELECT max(seal_no) + 1, 'lot', 1, sha256('x') FROM $b.seal");
owner('a seal of more accounts', 'seal', 'seal', "UPDATE $b.seal SET accounts = accounts + 1");
owner('a free request that is gone, and its month is closed by hand', 'closed_month', 'usage_event closed_month', "INSERT INTO $b.closed_month SELECT date_trunc('month', recorded_at AT TIME ZONE 'UTC'), (date_trunc('month', recorded_at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC', 'elsewhere', recorded_at, 0, 0 FROM $b.usage_event WHERE request_id = 'free'",
	"DELETE FROM $b.usage_event WHERE request_id = 'free'");

# ---- closed months

owner('a day of a closed month', 'closed_month', 'usage_day', "UPDATE $b.usage_day SET charge = charge + 1 WHERE account_id = 1");
owner('a day of a closed month, and the month', 'usage_revenue', 'usage_day closed_month', "UPDATE $b.usage_day SET charge = charge + 1 WHERE account_id = 1", "UPDATE $b.closed_month SET charge = charge + 1 WHERE month = '2026-07-01' OR charge > 0");
owner('tokens of a closed day', 'detached_month', 'usage_day', "UPDATE $b.usage_day SET input_tokens = input_tokens + 1 WHERE account_id = 1");
owner('a request of a detached month', 'detached_month', 'usage_event', "ALTER TABLE $b.$_ DISABLE TRIGGER USER", "UPDATE $b.$_ SET charge = charge + 1 WHERE status = 'charged'", "ALTER TABLE $b.$_ ENABLE ALWAYS TRIGGER no_change", "ALTER TABLE $b.$_ ENABLE ALWAYS TRIGGER no_truncate")
  for $books->value('SELECT partition_name FROM billing_books.closed_month WHERE events > 0');
my ($oldest, $second) = @{ $dbh->selectcol_arrayref('SELECT partition_name FROM billing_books.closed_month ORDER BY month') };
owner('two detached months exchanged', 'detached_month', '', "ALTER TABLE $b.$oldest RENAME TO away", "ALTER TABLE $b.$second RENAME TO $oldest", "ALTER TABLE $b.away RENAME TO $second");
my ($this_month, $next_month) = @{ $dbh->selectcol_arrayref('SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = \'billing_books.usage_event\'::regclass AND c.relname ~ \'[0-9]$\' ORDER BY 1 OFFSET 1') };
owner('two months exchanged', 'partition_month', '', "ALTER TABLE $b.$this_month RENAME TO away", "ALTER TABLE $b.$next_month RENAME TO $this_month", "ALTER TABLE $b.away RENAME TO $next_month");
owner('a month that is detached, and another like it in its place', 'charge_slices', '', "ALTER TABLE $b.usage_event DETACH PARTITION $b.$this_month", "CREATE TABLE $b.mine PARTITION OF $b.usage_event FOR VALUES FROM (date_trunc('month', now())) TO (date_trunc('month', now()) + interval '1 month')");
owner('a month that is closed by hand', 'closed_month', 'closed_month', "INSERT INTO $b.closed_month SELECT ends_at::date, ends_at + interval '1 month', 'mine', now(), 3, 0 FROM $b.closed_month ORDER BY month DESC LIMIT 1");

# ---- prices and plans

owner('a price', 'price_audit', 'price', "UPDATE $b.price SET output = output + 1 WHERE model = 'm' AND price_list = 'standard' AND currency = 'USD'");
owner('two prices exchanged', 'price_audit', 'price', "UPDATE $b.price SET model = CASE model WHEN 'm' THEN 'wrong' ELSE 'm' END WHERE model IN ('m', 'wrong') AND currency = 'CNY' AND price_list = 'standard' AND hours = ''");
owner('a price of another hour', 'price_audit', 'price', "UPDATE $b.price SET hours = 'tue 03:00-03:01 UTC' WHERE hours <> ''");
owner('a price that nobody set', 'price_audit', 'price', "INSERT INTO $b.price (currency, model, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES ('CNY', 'new', 0, now(), 1, 1, 1, 1)");
owner('a price withdrawn by nobody', 'price_audit', 'price', "UPDATE $b.price SET withdrawn_at = now(), withdrawn_by = 'me' WHERE hours <> ''");
owner('a correction with another price', 'price_audit', 'price', "UPDATE $b.price SET input = input + 1 WHERE corrects IS NOT NULL");
owner('an account on another list', 'charge_price_choice', 'account_price_list', "UPDATE $b.account_price_list SET price_list = 'standard'");
owner('a plan that gives more', 'plan_terms', 'plan', "UPDATE $b.plan SET quota = quota * 2");
owner('a weight', 'plan_credits', 'plan_weight', "UPDATE $b.plan_weight SET input = input / 2");
owner('a quota of a subscription', 'plan_terms', 'quota', "UPDATE $b.quota SET amount = amount + 100 WHERE kind = 'part'");
owner('a quota that was given on top', 'operator_state', 'quota', "UPDATE $b.quota SET given = 5 WHERE subscription_no = 2");
owner('what was used of a quota', 'quota_used', 'quota', "UPDATE $b.quota SET used = 0");
owner('a subscription that lasts longer', 'plan_period', 'subscription', "UPDATE $b.subscription SET ends_at = ends_at + interval '1 month' WHERE subscription_no = 2");
owner('a subscription that lasts longer, its quota with it', 'nothing', 'subscription quota', "UPDATE $b.subscription SET ends_at = ends_at + interval '1 month' WHERE subscription_no = 2", "UPDATE $b.quota SET ends_at = ends_at + interval '1 month', planned_until = planned_until + interval '1 month' WHERE subscription_no = 2 AND kind = 'part'");
owner('what is not earned of a plan', 'plan_deferred', 'subscription', "UPDATE $b.subscription SET deferred = 0");
owner('days added to a subscription by nobody', 'operator_state', 'subscription', "UPDATE $b.subscription SET extra_days = 3 WHERE subscription_no = 2");

# ---- payments, take-backs, refunds

owner('a payment of another amount', 'payment_credited', 'payment', "UPDATE $b.payment SET amount = amount + 1, payer_amount = payer_amount + 1 WHERE account_id = 8 AND payment_id = 1");
owner('a payment of another amount, in all of the books but its line', 'operator_booking', 'payment payment_order ledger_entry lot account', "UPDATE $b.payment SET amount = amount + 1, payer_amount = payer_amount + 1 WHERE account_id = 11", "UPDATE $b.payment_order SET pay_amount = pay_amount + 1 WHERE account_id = 11", "UPDATE $b.ledger_entry SET amount = amount + 1 WHERE account_id = 11 AND debit = 'gateway'", "UPDATE $b.lot SET amount = amount + 1, remaining = remaining + 1 WHERE account_id = 11", "UPDATE $b.account SET cash = cash + 1 WHERE account_id = 11");
owner('a payment through a gateway of another amount, in all of the books', 'call_amount', 'payment payment_order ledger_entry lot account', "UPDATE $b.payment SET amount = amount + 1, payer_amount = payer_amount + 1 WHERE account_id = 6 AND payment_id = 2", "UPDATE $b.payment_order SET pay_amount = pay_amount + 1 WHERE account_id = 6 AND order_id = 2", "UPDATE $b.ledger_entry SET amount = amount + 1 WHERE account_id = 6 AND source_type = 'payment' AND source_id = 2 AND debit = 'gateway'",
	"UPDATE $b.lot SET amount = amount + 1, remaining = remaining + 1 WHERE account_id = 6 AND order_id = 2", "UPDATE $b.account SET cash = cash + 1 WHERE account_id = 6");
owner('a payment of another day', 'order_stamp', 'payment', "UPDATE $b.payment SET paid_at = paid_at - interval '1 day' WHERE account_id = 6 AND payment_id = 2");
owner('a payment that is booked later', 'entry_stamp', 'payment', "UPDATE $b.payment SET recorded_at = recorded_at + interval '1 us' WHERE account_id = 6 AND payment_id = 2");
owner('a transaction under another number', 'payment_claim', 'payment', "UPDATE $b.payment SET transaction_id = 'other' WHERE account_id = 6 AND payment_id = 2");
owner('a transaction under another number in its claim, too', 'refund_claim_amount', 'payment payment_claim', "UPDATE $b.payment SET transaction_id = 'other' WHERE account_id = 6 AND payment_id = 2", "UPDATE $b.payment_claim SET transaction_id = 'other' WHERE account_id = 6 AND payment_id = 2");
owner('a claim that is gone', 'payment_claim', 'payment_claim', "DELETE FROM $b.payment_claim WHERE account_id = 6 AND payment_id = 2");
owner('a held payment that is dismissed', 'operator_state', 'payment ledger_entry account', "UPDATE $b.payment SET state = 'dismissed' WHERE account_id = 6 AND payment_id = 3");
superuser('a payment of another account', 'payment_claim', '', "UPDATE $b.payment SET account_id = 9, payment_id = 7 WHERE account_id = 8 AND payment_id = 1");
owner('a take-back of another amount', 'take_back_booked', 'take_back', "UPDATE $b.take_back SET amount = amount - 1, payer_amount = payer_amount - 1 WHERE account_id = 10 AND take_back_id = 1");
owner('a take-back at another instant', 'entry_stamp', 'take_back', "UPDATE $b.take_back SET occurred_at = occurred_at - interval '1 s' WHERE account_id = 10 AND take_back_id = 1");
owner('a take-back that an operator booked alone', 'operator_second', 'approval_request', "DELETE FROM $b.approval_request WHERE account_id = 10");
owner('a refund of the gateway under another number', 'refund_claim', 'refund_claim', "UPDATE $b.refund_claim SET refund_id = 'other' WHERE account_id = 10 AND take_back_id = 1");
owner('an approval by the same person', 'operator_second', 'approval_request', "UPDATE $b.approval_request SET requested_by = 'two', requested_session_user = 'second' WHERE account_id = 10 AND function = 'undo_take_back'");
owner('a large gift without its approval', 'operator_second', 'approval_request audit_log', "UPDATE $b.audit_log SET recorded_at = recorded_at - interval '1 hour' WHERE action = 'set_policy' AND new_value = '10.000000000'", "DELETE FROM $b.approval_request WHERE account_id = 4 AND idempotency_key = 'large'");
owner('a refund item of another amount', 'refund_payable', 'refund_item', "UPDATE $b.refund_item SET amount = amount + 1 WHERE account_id = 9 AND item_id = 2");
owner('a refund item that is paid', 'refund_paid', 'refund_item', "UPDATE $b.refund_item SET state = 'paid_offline', reference = 'x', reason = NULL WHERE account_id = 9 AND item_id = 1");
owner('a refund item by another transfer', 'nothing', 'refund_item', "UPDATE $b.refund_item SET reference = 'to me' WHERE account_id = 9 AND item_id = 2");
owner('a refund item of another day', 'entry_stamp', 'refund_item', "UPDATE $b.refund_item SET changed_at = changed_at + interval '1 us' WHERE account_id = 9 AND item_id = 2");
owner('a refund that somebody else approved', 'operator_booking', 'refund', "UPDATE $b.refund SET decided_by = 'nobody' WHERE account_id = 9 AND refund_id = 2");
owner('a refund that is rejected no more', 'refund_lock', 'refund', "UPDATE $b.refund SET state = 'accepted', decided_at = NULL, decided_by = NULL, ended_at = NULL WHERE account_id = 9 AND refund_id = 1");
owner('a refund that was asked for, and is gone', 'order_call', 'refund', "DELETE FROM $b.refund WHERE account_id = 9 AND refund_id = 1");
owner('an order that is gone', 'order_call', 'payment_order gateway_call', "DELETE FROM $b.gateway_call WHERE account_id = 6 AND order_id = 4", "DELETE FROM $b.payment_order WHERE account_id = 6 AND order_id = 4");
owner('an order with a larger gift', 'order_promotion', 'payment_order', "UPDATE $b.payment_order SET gift = gift + 1 WHERE promotion IS NOT NULL");
owner('a promotion that gives more', 'order_promotion', 'promotion', "UPDATE $b.promotion SET gift = gift + 1");

# ---- invoices, documents

owner('an invoice line', 'call_amount', 'invoice_line', "UPDATE $b.invoice_line SET amount = amount - 1 WHERE account_id = 8 AND invoice_id = 2 AND order_id = 1");
owner('an invoice line that is gone', 'call_amount', 'invoice_line', "DELETE FROM $b.invoice_line WHERE account_id = 8 AND invoice_id = 2 AND order_id = 2");
owner('an invoice that is not reversed any more', 'invoice_limit', 'invoice', "UPDATE $b.invoice SET state = 'issued', red_number = NULL WHERE account_id = 8 AND invoice_id = 1");
owner('an invoice of another buyer', 'seal', 'invoice', "UPDATE $b.invoice SET buyer = jsonb_set(buyer, '{name}', '\"mine\"') WHERE account_id = 8 AND invoice_id = 2");
owner('an invoice overseas of another amount', 'overseas_papers', 'invoice_line', "UPDATE $b.invoice_line SET amount = amount + 1 WHERE account_id = 2");
owner('an invoice overseas that is gone', 'invoice_series', 'invoice invoice_line document notification', "DELETE FROM $b.document WHERE account_id = 2 AND kind = 'invoice' AND id = 1", "DELETE FROM $b.invoice_line WHERE account_id = 2 AND invoice_id = 1", "DELETE FROM $b.invoice WHERE account_id = 2 AND invoice_id = 1");
owner('numbers of a series exchanged', 'invoice_series', 'invoice', "UPDATE $b.invoice SET number = number || 'x', series_no = series_no + 100 WHERE account_id = 2 AND kind = 'overseas'", "UPDATE $b.invoice SET series_no = CASE series_no WHEN 101 THEN 2 ELSE 1 END WHERE series_no > 100");
owner('a document', 'nothing', 'document', "UPDATE $b.document SET pdf = '%PDF' WHERE state = 'ready'");
owner('a statement of another balance', 'statement', 'account_statement', "UPDATE $b.account_statement SET closing = closing + 1");
owner('a statement that says otherwise', 'nothing', 'account_statement', "UPDATE $b.account_statement SET says = jsonb_set(says, '{customer}', '\"mine\"')");
owner('a statement that is gone', 'order_call', 'account_statement document', "DELETE FROM $b.document WHERE kind = 'statement'", "DELETE FROM $b.account_statement");

# ---- messages, gateways, reconciliation

owner('the raw bytes of a notice', 'seal', 'gateway_notice', "UPDATE $b.gateway_notice SET body = 'x' WHERE notice_id = 1");
owner('a notice of another payment', 'notice_payment', 'gateway_notice', "UPDATE $b.gateway_notice SET payment_id = 99 WHERE notice_id = 1");
owner('a notice that is gone', 'seal', 'gateway_notice', "DELETE FROM $b.gateway_notice WHERE notice_id = 1");
owner('a refund call of another amount', 'refund_claim_amount', 'gateway_call', "UPDATE $b.gateway_call SET amount = amount - 1 WHERE kind = 'refund'");
owner('a fee', 'reconciliation_line', 'reconciliation_line', "UPDATE $b.reconciliation_line SET amount = amount + 0.01 WHERE class = 'fee'");
owner('a fee, and its run', 'reconciliation_line', 'reconciliation_line reconciliation', "UPDATE $b.reconciliation_line SET amount = amount + 0.01 WHERE class = 'fee'", "UPDATE $b.reconciliation SET fees = fees + 0.01");
owner('a difference that was found', 'seal', 'reconciliation_difference', "DELETE FROM $b.reconciliation_difference");
owner('a notification of what was not', 'notification_source', 'notification', "UPDATE $b.notification SET source_id = 99 WHERE event = 'topup_received' AND account_id = 1 AND source_id = 1 AND channel = 'email'");
owner('a notification that is gone', 'seal', 'notification', "DELETE FROM $b.notification WHERE event = 'topup_received' AND account_id = 1");
owner('an alert', 'alert_bounds', 'balance_alert', "UPDATE $b.balance_alert SET threshold = threshold + 1, watch_below = watch_below + 1 WHERE runway_hours IS NULL");

# ---- policies, the audit log

owner('a policy out of its bounds', 'policy', 'policy_setting', "UPDATE $b.policy_setting SET value = -1 WHERE name = 'usage_retention'");
owner('a policy that nobody set', 'policy_audit', 'policy_setting', "INSERT INTO $b.policy_setting (name, value) VALUES ('block_at_zero', 1)");
owner('a policy of another value', 'policy_audit', 'policy_setting', "UPDATE $b.policy_setting SET value = value + 86400000000 WHERE name = 'usage_retention'");
owner('a line of the audit log by another hand', 'operator_booking', 'audit_log', "UPDATE $b.audit_log SET actor = 'nobody' WHERE account_id = 8 AND action = 'record_offline_payment'");
owner('a line of the audit log that is gone', 'operator_answer', 'audit_log', "DELETE FROM $b.audit_log WHERE account_id = 9 AND action = 'settle_refund_item_offline'");
owner('a reason in the audit log', 'seal', 'audit_log', "UPDATE $b.audit_log SET reason = 'another' WHERE account_id = 4 AND action = 'lock_account'");
owner('an answer under an idempotency key that is gone', 'operator_answer', 'idempotent_call', "DELETE FROM $b.idempotent_call WHERE account_id = 9 AND function = 'settle_refund_item_offline'");

# ---- the tables

owner('a guard off, and on again', 'nothing', '', "ALTER TABLE $b.ledger_entry DISABLE TRIGGER no_change", "ALTER TABLE $b.ledger_entry ENABLE ALWAYS TRIGGER no_change");
owner('a guard off', 'guard', '', "ALTER TABLE $b.ledger_entry DISABLE TRIGGER no_change");
owner('a guard that fires no more in a replica', 'guard', '', "ALTER TABLE $b.ledger_entry ENABLE TRIGGER no_change");
owner('a trigger of his', 'foreign_trigger', '', "CREATE TRIGGER others AFTER INSERT ON $b.lot FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()");
owner('a rule of his', 'foreign_trigger', '', "CREATE RULE others AS ON INSERT TO $b.lot DO ALSO NOTIFY lot");
owner('rows that a policy of his hides', 'table', '', "ALTER TABLE $b.ledger_entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", "CREATE POLICY hidden ON $b.ledger_entry USING (account_id <> 8)");
owner('a view in the place of a table', 'table', '', "ALTER TABLE $b.refund_claim RENAME TO away", "CREATE VIEW $b.refund_claim AS SELECT * FROM $b.away");
owner('rows of another table among those of one', 'table', '', "CREATE TABLE $b.more () INHERITS ($b.lot)");
my $code = "CREATE FUNCTION $b.code() RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 0; END'";
owner('an index by code of his', 'table', '', $code, "CREATE INDEX code ON $b.lot (lot_no) WHERE $b.code() = 0");
owner('a CHECK by code of his', 'table', '', $code, "ALTER TABLE $b.usage_event_default ADD CHECK (account_id <> $b.code())");
owner('statistics by code of his', 'table', '', $code, "CREATE STATISTICS $b.code ON (lot_no + $b.code()) FROM $b.lot");
owner('a column of another type', 'table', '', "ALTER TABLE $b.notification ALTER code TYPE varchar(200)");
owner('a column that may be null', 'not_null', '', "ALTER TABLE $b.ledger_entry ALTER amount DROP NOT NULL");
owner('a key that is gone', 'unique_key', '', "ALTER TABLE $b.payment_claim DROP CONSTRAINT payment_claim_pkey");
owner('a foreign key that is gone', 'foreign_key', '', "ALTER TABLE $b.invoice_line DROP CONSTRAINT invoice_line_account_id_order_id_fkey");
owner('an index that is gone', 'index', '', "DROP INDEX $b.refund_open");
owner('an index that is none of single rows any more', 'index', '', "DROP INDEX $b.refund_open", "CREATE INDEX refund_open ON $b.refund (account_id) WHERE state IN ('accepted', 'paying')");
owner('a CHECK that is gone', 'row_check', '', "ALTER TABLE $b.payment DROP CONSTRAINT payment_amount_check");
superuser('foreign keys that nobody looks at', 'foreign_key', '', "ALTER TABLE $b.invoice_line DISABLE TRIGGER ALL");

# ---- whatever stands there, verify() goes on

owner('a price of no variant', 'unreadable', 'price', "ALTER TABLE $b.price ALTER variant DROP NOT NULL", "UPDATE $b.price SET variant = NULL");

# In one row of each table, in each column, what no call would write: verify() and verify_seal() tell of it or not, and never fail; seals are made and exported, or refused. COLUMNS of them at random, SEED; all: COLUMNS=all.
my %odd = (
	numeric => [ "'NaN'", '-999999999', '0' ], bigint => [ '9223372036854775807', '-9223372036854775808' ], integer => [ '2147483647', '-2147483648' ], smallint => [ '32767', '-32768' ],
	'timestamp with time zone' => [ "'infinity'", "'-infinity'" ], date => [ "'infinity'", "'-infinity'" ], text => [ "''", q(repeat('%s {', 3000)), q(E'\u0001') ], jsonb => [ q('null'), q('[]'), q('{"id": {}, "amount": -1}') ],
	bytea => [ q('\x00ff') ], 'text[]' => [ q('{}') ], boolean => [ 'true', 'false' ], name => [ "''" ]);
my $seed = $ENV{SEED} // time % 1_000_000;
my $wanted = $ENV{COLUMNS} // 60;
srand $seed;
note "SEED=$seed COLUMNS=$wanted";
my $sealed = $books->value('SELECT billing.export_seal()');
my @columns = @{ $dbh->selectall_arrayref(<<'S', { Slice => {} }) };
SELECT c.oid::regclass::text AS name, a.attname AS column, regexp_replace(format_type(a.atttypid, NULL), '^character varying$', 'text') AS type
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'billing_books'::regnamespace AND (c.relkind = 'p' OR (c.relkind = 'r' AND NOT c.relispartition)) AND a.attnum > 0 AND NOT a.attisdropped AND c.relname !~ 'usage_event_' AND c.relname <> 'schema_version' -- books of another version are none
    AND a.attidentity = '' AND (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || c.oid::regclass, false, true, '')))[1]::text <> '0'
ORDER BY 1, 2
S
my @odd = map { my $column = $_; map { { %$column, value => $_ } } 'NULL', @{ $odd{ $column->{type} } } } @columns;
@odd = map { $odd[ rand @odd ] } 1 .. $wanted if $wanted ne 'all';
$dbh->begin_work;
# Without what keeps such values out; and without the keys, which would keep two rows alike out.
$dbh->do($_) for q(SET LOCAL session_replication_role = replica), q(SET LOCAL billing.allow_history_change = on), @{ $dbh->selectcol_arrayref(<<'S') };
SELECT command FROM (
    SELECT 1 AS place, format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', conrelid::regclass, conname) AS command FROM pg_constraint WHERE connamespace = 'billing_books'::regnamespace AND contype IN ('c', 'f') AND conparentid = 0
    UNION ALL
    SELECT 2, format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', conrelid::regclass, conname) FROM pg_constraint WHERE connamespace = 'billing_books'::regnamespace AND contype IN ('p', 'u')
    UNION ALL
    SELECT 3, format('ALTER TABLE %s ALTER %I DROP NOT NULL', c.oid::regclass, a.attname)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'billing_books'::regnamespace AND (c.relkind = 'p' OR (c.relkind = 'r' AND NOT c.relispartition)) AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attidentity = ''
        AND NOT (c.relname ~ '^usage_event' AND a.attname IN ('account_id', 'request_hash', 'probe')) -- the replica identity of months
) AS s ORDER BY place
S
my ($written, @failed) = (0);
for my $odd (@odd)
{
	$dbh->pg_savepoint('odd');
	# What its type does not take is left out.
	if (eval { $dbh->do("UPDATE $odd->{name} SET \"$odd->{column}\" = $odd->{value} WHERE ctid = (SELECT ctid FROM $odd->{name} LIMIT 1)") })
	{
		$written++;
		for my $call ('SELECT count(*) FROM billing.verify()', 'SELECT count(*) FROM billing.verify_seal(' . $dbh->quote($sealed) . ')', 'SELECT billing.export_seal()', 'SELECT billing.seal_books()')
		{
			$dbh->pg_savepoint('call');
			eval { $dbh->do($call) } or ($dbh->state =~ /^LB/ && $call !~ /verify/) or push @failed, substr($call, 0, 50) . ": $odd->{name}.$odd->{column} = $odd->{value}: " . $dbh->errstr;
			$dbh->pg_rollback_to('call');
		}
	}
	$dbh->pg_rollback_to('odd');
}
$dbh->rollback;
cmp_ok($written, '>', @odd / 2, "$written values that cannot be");
is(join("\n", @failed), '', 'by none of them verify() fails, and seals are told, or refused');

cmp_ok(scalar(keys %seen), '>=', 60, scalar(keys %seen) . ' damages');
verify_empty($node, 'all is undone');
$dbh->disconnect;
$node->stop;
done_testing();
