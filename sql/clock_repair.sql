-- Repairing accounts that a clock had booked which was ahead (B&S 1.4). billing.clock_offset is the clock that is wrong. Accounts 3450 to 3459.
SET intervalstyle = postgres;
SELECT billing.set_price('repair', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT count(billing.create_account(n, 'cn')) AS accounts FROM generate_series(3450, 3456) AS n;
SELECT count(billing.create_api_key(n, 'key')) AS keys FROM generate_series(3450, 3456) AS n;
SELECT billing.set_balance_alert(3450, 50) IS NOT NULL AS alert;
SELECT status FROM billing.record_offline_payment(3450, 100, 'payment', '3450 bank');
SELECT count(*) AS gifts FROM (SELECT billing.grant_bonus(3450, amount, 'gift ' || days, clock_timestamp() + make_interval(days => days)) FROM (VALUES (10, 30), (7, 40), (5, 60)) AS g (amount, days)) AS g;
SELECT status, charge, balance FROM billing.charge(3450, 1, 'before', 'repair', 2, 0);
SELECT clock_timestamp() AS before \gset

-- The worked example: 30 are charged by a clock that is 50 days ahead. Two gifts are lost, and the third one and cash pay.
SET billing.clock_offset = '50d';
SELECT status, charge, balance FROM billing.charge(3450, 1, 'ahead', 'repair', 30, 0);
SELECT status, charge FROM billing.charge(3450, 1, 'to be undone', 'repair', 4, 0);
SELECT status, balance FROM billing.reverse_charge(3450, 'to be undone', 'undo');
SELECT status, charge, reason FROM billing.charge(3450, 1, 'free of charge', 'repair', 0, 0);
SELECT key_id FROM billing.create_api_key(3450, 'made ahead');
SELECT billing.meter(3450, 1, 'metered ahead', 'repair', 1, 0, occurred_at => clock_timestamp()) AS metered;
SELECT billing.settle() >= 0 AS settled;
RESET billing.clock_offset;
SELECT test.attempt('SELECT billing.charge(3450, 1, ''now'', ''repair'', 1, 0)') LIKE 'LB621%' AS refused;
CREATE VIEW pg_temp.entries AS
    SELECT e.account_id, e.entry_no, CASE WHEN e.recorded_at > clock_timestamp() THEN 'ahead' ELSE 'now' END AS recorded, e.debit, e.credit, e.lot_no, e.amount, e.source_type, e.undoes_entry_no, e.actor
    FROM billing_books.ledger_entry AS e;
SELECT * FROM pg_temp.entries WHERE account_id = 3450 ORDER BY entry_no;
SELECT cash, bonus, arrears FROM billing.balance_at(3450, clock_timestamp());
SELECT count(*) AS lines, max(balance_after) AS balance FROM billing.statement(3450, "to" => clock_timestamp());
SELECT sum(requests) AS requests, sum(charge) AS charge, sum(given_back) AS given_back FROM billing.usage_report(3450, "to" => clock_timestamp());

SELECT last_entry_no, booked_until - corrected_at > '49 days 23:00' AS was_ahead, corrected_at BETWEEN :'before' AND clock_timestamp() AS is_now, bonus
FROM billing.repair_clock(3450, 'booked 50 days ahead, NTP was off', 'ann');
SELECT account_id, repair_no, last_entry_no, actor, reason FROM billing_books.clock_repair ORDER BY 1, 2;
SELECT account_id, object, actor, reason, old_value::timestamptz - new_value::timestamptz > '49 days 23:00' AS was_ahead FROM billing_books.audit_log WHERE action = 'repair_clock' ORDER BY audit_no;
-- Entries stay as they were; what expired too early is back, with its expiry, and the gate knows it.
SELECT * FROM pg_temp.entries WHERE account_id = 3450 AND entry_no > 5 ORDER BY entry_no;
SELECT l.lot_no, l.remaining, (SELECT o.lot_no FROM billing_books.lot AS o WHERE o.account_id = l.account_id AND o.expires_at = l.expires_at AND o.lot_no < l.lot_no) AS instead_of FROM billing_books.lot AS l WHERE account_id = 3450 AND is_open ORDER BY lot_no;
SELECT cash, bonus, arrears, balance FROM billing.balance(3450);
SELECT last_booked_at < clock_timestamp() AS is_back FROM billing_books.account WHERE account_id = 3450;
SELECT allowed, reason FROM billing.authorize(3450, 1);
-- Reports of now have what was booked ahead; nothing is left where its instants are.
SELECT corrected_at AS repaired_at FROM billing_books.clock_repair WHERE account_id = 3450 \gset
SELECT cash, bonus, arrears FROM billing.balance_at(3450, clock_timestamp());
SELECT cash, bonus, arrears FROM billing.balance_at(3450, timestamptz :'repaired_at' - interval '1 microsecond');
SELECT count(*) AS lines, count(*) FILTER (WHERE recorded_at = :'repaired_at') AS as_of_the_repair, count(*) FILTER (WHERE recorded_at > :'repaired_at') AS later FROM billing.statement(3450);
SELECT count(*) AS lines, min(balance_before) AS first_balance FROM billing.statement(3450, :'repaired_at', timestamptz :'repaired_at' + interval '1 microsecond') WHERE entry_no = 6;
SELECT count(*) FILTER (WHERE recorded_at = :'repaired_at') AS as_of_the_repair, count(*) FILTER (WHERE recorded_at > clock_timestamp()) AS ahead FROM billing.list_statement(3450);
SELECT sum(requests) AS requests, sum(charge) AS charge, sum(given_back) AS given_back FROM billing.usage_report(3450, "to" => clock_timestamp());
SELECT sum(requests) AS requests, sum(charge) AS charge, sum(given_back) AS given_back FROM billing.usage_report(3450, clock_timestamp());
SELECT billing.rebuild_usage_sums(3450) IS NOT NULL AS rebuilt;
SELECT sum(requests) AS requests, sum(charge) AS charge, sum(given_back) AS given_back FROM billing.usage_report(3450);
SELECT sum(change) AS ledger FROM billing.list_statement(3450) WHERE source_type IN ('charge', 'settlement', 'reversal');
SELECT * FROM test.verify(3450);
SELECT * FROM test.verify();

-- The account is booked as any other.
SELECT status, charge, balance FROM billing.charge(3450, 1, 'now', 'repair', 2, 0);
SELECT status, charge FROM billing.charge(3450, 2, 'now, by the key that was made ahead', 'repair', 1, 0);
SELECT status, charge FROM billing.charge(3450, 2, 'of before the repair', 'repair', 1, 0, occurred_at => :'before');
SELECT status FROM billing.record_offline_payment(3450, 10, 'another payment', '3450 bank again');
SELECT status, balance FROM billing.reverse_charge(3450, 'ahead', 'undo what was ahead');
-- What was booked ahead is booked once, though it is reported again.
SELECT status, charge FROM billing.charge(3450, 1, 'to be undone', 'repair', 4, 0);
SELECT billing.meter(3450, 1, 'free of charge', 'repair', 0, 0, occurred_at => clock_timestamp()) AS metered;
SELECT billing.update_api_key(3450, 2, name => 'renamed') AS renamed;
SELECT billing.delete_api_key(3450, 2);
SELECT billing.meter(3450, 1, 'metered now', 'repair', 1, 0, occurred_at => clock_timestamp()) AS metered;
SELECT billing.settle() >= 0 AS settled;
SELECT request_id, status, charge, recorded_at > clock_timestamp() AS ahead FROM billing_books.usage_event WHERE account_id = 3450 ORDER BY request_id;
-- When the days come for which gifts were to last, they expire.
SET billing.clock_offset = '35d';
SELECT billing.book_expired() >= 0 AS booked;
SELECT * FROM pg_temp.entries WHERE account_id = 3450 AND credit = 'breakage' ORDER BY entry_no;
SELECT * FROM test.verify(3450);
-- That was ahead, too: once more.
RESET billing.clock_offset;
SELECT last_entry_no, bonus FROM billing.repair_clock(3450, 'and again', 'ann');
SELECT * FROM pg_temp.entries WHERE account_id = 3450 ORDER BY entry_no DESC LIMIT 2;
SELECT * FROM test.verify();

-- Usage under a repair binds no price: one of today may be set, which would have priced it.
SELECT billing.set_price('repair', 'CNY', 500000, 0, effective_from => clock_timestamp()) IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(3450, 1, 'at the new price', 'repair', 1, 0);
-- A correction is a call of the house, which other tests do not expect yet.
BEGIN;
SELECT billing.correct_price(price_id, 400000, NULL, NULL, 0, 'correct') IS NOT NULL AS corrected FROM billing_books.price WHERE model = 'repair' ORDER BY price_id DESC LIMIT 1;
SELECT status, charge FROM billing.charge(3450, 1, 'at the corrected price', 'repair', 1, 0);
SELECT * FROM test.verify();
ROLLBACK;

-- Locks, and an account that the wrong clock made. It had locks lifted ahead of the clock, which nobody is to wait for.
SELECT billing.lock_account(3451, reason => 'held') IS NOT NULL AS locked;
SET billing.clock_offset = '50d';
SELECT billing.unlock_account(3451, reason => 'let go') IS NOT NULL AS unlocked;
SELECT billing.create_account(3457, 'cn'), billing.create_api_key(3457, 'key') IS NOT NULL AS key;
SELECT status FROM billing.grant_bonus(3452, 1, 'gift', clock_timestamp() + interval '60 days');
SELECT billing.lock_account(3453, reason => 'held ahead') IS NOT NULL AS locked;
RESET billing.clock_offset;
SELECT a.account_id, r.last_entry_no, r.bonus FROM (VALUES (3451), (3452), (3453), (3457)) AS a (account_id) CROSS JOIN LATERAL billing.repair_clock(a.account_id, 'made ahead', 'ann') AS r ORDER BY 1;
SELECT account_id, status, reason FROM (VALUES (3451), (3452), (3453), (3457)) AS a (account_id) CROSS JOIN LATERAL billing.charge(account_id, 1, 'after the repair', 'repair', 1, 0) AS c ORDER BY 1;
SELECT status, reason FROM billing.charge(3457, 1, 'of before the account', 'repair', 1, 0, occurred_at => clock_timestamp() - interval '1 hour');
SELECT billing.unlock_account(3453, reason => 'enough') IS NOT NULL AS unlocked;
SELECT status, reason FROM billing.charge(3453, 1, 'unlocked', 'repair', 1, 0);
-- A closed account is given nothing back.
SELECT status FROM billing.grant_bonus(3454, 3, 'gift', clock_timestamp() + interval '10 days');
SET billing.clock_offset = '50d';
SELECT balance FROM billing.close_account(3454, 'close', reason => 'asked for');
RESET billing.clock_offset;
SELECT last_entry_no, bonus FROM billing.repair_clock(3454, 'closed ahead', 'ann');
SELECT * FROM test.verify();

-- What is refused.
SELECT test.attempt($$SELECT billing.repair_clock(3455, 'for nothing')$$) ~ '^LB627 account 3455 was booked last at .*, which is not ahead of the clock by more than policy clock_jump' AS not_ahead;
SELECT test.attempt($$SELECT billing.repair_clock(3450, 'twice')$$) LIKE 'LB627%' AS twice;
SELECT test.attempt($$SELECT billing.repair_clock(999999, 'nobody')$$);
SELECT test.attempt($$SELECT billing.repair_clock(3455, NULL)$$), test.attempt($$SELECT billing.repair_clock(3455, ' ')$$), test.attempt($$SELECT billing.repair_clock(NULL, 'why')$$);
SET billing.clock_offset = '5 min';
SELECT status FROM billing.grant_bonus(3455, 1, 'gift');
RESET billing.clock_offset;
SELECT test.attempt($$SELECT billing.repair_clock(3455, 'ahead by less than clock_jump')$$) LIKE 'LB627%' AS a_little_ahead;
SELECT status, charge FROM billing.charge(3455, 1, 'all the same', 'repair', 1, 0);
CREATE ROLE regress_repair;
GRANT USAGE ON SCHEMA billing TO regress_repair;
GRANT EXECUTE ON FUNCTION billing.repair_clock TO regress_repair;
SET ROLE regress_repair;
SELECT test.attempt($$SELECT billing.repair_clock(3455, 'mine')$$);
RESET ROLE;
DROP OWNED BY regress_repair;
DROP ROLE regress_repair;
-- A month is closed that begins after the true time.
SET billing.clock_offset = '50d';
SELECT status FROM billing.grant_bonus(3456, 1, 'gift');
RESET billing.clock_offset;
BEGIN;
INSERT INTO billing_books.closed_month (month, ends_at, partition_name, closed_at, events, charge) SELECT m, (m + interval '1 month') AT TIME ZONE 'UTC', 'none', now(), 0, 0 FROM date_trunc('month', now() AT TIME ZONE 'UTC') AS m;
SELECT test.attempt($$SELECT billing.repair_clock(3456, 'closed')$$) ~ '^LB629 account 3456 cannot be repaired as of .*: usage is closed until ' AS is_closed;
ROLLBACK;
SELECT last_entry_no FROM billing.repair_clock(3456, 'nothing is closed', 'ann');

-- History: nobody changes a repair; and damages are found.
SELECT test.attempt('UPDATE billing_books.clock_repair SET reason = ''another''');
SELECT test.attempt('DELETE FROM billing_books.clock_repair');
SELECT test.attempt('TRUNCATE billing_books.clock_repair');
CREATE FUNCTION pg_temp.damage(statement text) RETURNS TABLE (check_name text, account_id bigint, detail text) LANGUAGE plpgsql AS $$
    BEGIN
        SET LOCAL billing.allow_history_change = on;
        BEGIN
            EXECUTE statement;
            RETURN QUERY SELECT v.check_name, v.account_id, regexp_replace(v.detail, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[-+]\d\d|[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(\.\d+)? \d{4} [A-Z0-9+-]+', '(instant)', 'g') FROM test.verify() AS v ORDER BY 1, 2, 3;
            RAISE EXCEPTION 'undone' USING ERRCODE = 'P0099';
        EXCEPTION WHEN SQLSTATE 'P0099' THEN NULL;
        END;
        SET LOCAL billing.allow_history_change = off;
    END
$$;
-- A repair that is gone: its falls, what it brought back, and its line of the audit log.
SELECT * FROM pg_temp.damage('DELETE FROM billing_books.clock_repair WHERE account_id = 3456');
SELECT DISTINCT check_name FROM pg_temp.damage('DELETE FROM billing_books.clock_repair WHERE account_id = 3450 AND repair_no = 1') ORDER BY 1;
-- One without a line of the audit log, one of entries that are not there, and one that was made behind what was booked next.
SELECT * FROM pg_temp.damage('DELETE FROM billing_books.audit_log WHERE account_id = 3456 AND action = ''repair_clock''');
SELECT * FROM pg_temp.damage('UPDATE billing_books.clock_repair SET last_entry_no = 7 WHERE account_id = 3456');
SELECT * FROM pg_temp.damage('UPDATE billing_books.clock_repair SET corrected_at = corrected_at + interval ''1 day'' WHERE account_id = 3450 AND repair_no = 1') WHERE check_name IN ('clock_repair', 'entry_order', 'replay');
SELECT * FROM pg_temp.damage('INSERT INTO billing_books.clock_repair SELECT account_id, 1, 0, clock_timestamp(), clock_timestamp() - interval ''1 day'', ''me'', ''mine'' FROM billing_books.account WHERE account_id = 3455');
-- A lock that was lifted before it was set, and before the repair.
SELECT * FROM pg_temp.damage('UPDATE billing_books.account_lock SET unlocked_at = unlocked_at - interval ''1 day'' WHERE account_id = 3453') WHERE check_name = 'lock_stamps';
-- What came back is another bonus, or lasts longer.
SELECT check_name, account_id, detail FROM pg_temp.damage('UPDATE billing_books.lot SET expires_at = expires_at + interval ''1 day'' WHERE account_id = 3450 AND source_type = ''adjustment''') WHERE check_name = 'repaired_bonus';
SELECT DISTINCT check_name FROM pg_temp.damage('UPDATE billing_books.ledger_entry SET undoes_entry_no = NULL WHERE account_id = 3450 AND undoes_entry_no IS NOT NULL AND debit = ''adjustment''') ORDER BY 1;
SELECT * FROM test.verify();
