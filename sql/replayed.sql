-- Keyed calls say whether they did it now or had done it before. Accounts 3010 to 3014.
SELECT billing.create_account(3010, 'cn', 'replayed@example.com'), billing.create_account(3011, 'cn');
SELECT billing.set_gateway('replayed', 'wechat', 'cn', 'subject'), billing.set_payment_method('replayed_pay', 'replayed', 'native', 1, 100), billing.create_plan('replayed', 'cn', 10, 1000, months => 1) AS version;
-- Each call three times: now, before, before. A transaction of its own for each, as of an application that saw no answer.
CREATE FUNCTION pg_temp.thrice(call text) RETURNS TABLE (called text, first text, second text, third text) LANGUAGE plpgsql AS $$
DECLARE
    answers text[];
    answer text;
BEGIN
    FOR n IN 1 .. 3 LOOP
        EXECUTE format('SELECT r.replayed::text FROM billing.%s AS r', call) INTO answer;
        answers := answers || answer;
    END LOOP;
    RETURN QUERY SELECT call, answers[1], answers[2], answers[3];
END $$;
SELECT t.* FROM unnest(ARRAY[
    $$record_offline_payment(3010, 100, 'pay', '3010 bank')$$, $$grant_bonus(3010, 1, 'grant')$$, $$adjust(3010, 1, 'adjust')$$,
    $$create_api_key(3010, 'prod', 'payg', 'key')$$, $$create_api_key(3010, 'prod')$$, $$create_topup(3010, 10, 'replayed_pay', 'topup', payer => '{"client_ip": "192.0.2.1"}')$$,
    $$subscribe(3010, 'replayed', 'replayed_pay', 'plan', payer => '{"client_ip": "192.0.2.1"}')$$, $$order_status(3010, 2)$$, $$request_refund(3010, 'why', 'refund')$$]) AS call, pg_temp.thrice(call) AS t;
SELECT replayed FROM billing.refunds(3010);
-- Where a second person is needed: what waits was asked for before; who carries it out does it now.
SELECT billing.set_policy('second_person_above', '10', 'CNY');
SELECT status, replayed FROM billing.grant_bonus(3011, 20, 'two', actor => 'a');
SELECT status, replayed FROM billing.grant_bonus(3011, 20, 'two', actor => 'a');
CREATE ROLE regress_replayed;
SELECT billing.grant_access('regress_replayed', 'operator');
SET SESSION AUTHORIZATION regress_replayed;
SELECT status, replayed FROM billing.grant_bonus(3011, 20, 'two', actor => 'b');
SELECT status, replayed FROM billing.grant_bonus(3011, 20, 'two', actor => 'b');
RESET SESSION AUTHORIZATION;
SELECT billing.revoke_access('regress_replayed');
DROP ROLE regress_replayed;
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
-- What is kept under the key is as it was: it does not say of itself that it was repeated.
SELECT DISTINCT result -> 'replayed' AS kept FROM billing_books.idempotent_call WHERE account_id IN (3010, 3011);
-- Every call with an idempotency key says it, but for the one that ends another's.
SELECT p.proname AS silent FROM pg_proc AS p WHERE p.pronamespace = 'billing'::regnamespace AND 'idempotency_key' = ANY (p.proargnames[1:p.pronargs])
    AND NOT EXISTS (SELECT FROM pg_type AS t JOIN pg_attribute AS a ON a.attrelid = t.typrelid WHERE t.oid = p.prorettype AND a.attname = 'replayed') ORDER BY 1;
SELECT * FROM test.verify();
