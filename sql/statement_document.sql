-- The account's statement for a period, as CSV and as what its document says (drawn by the clerk, who is not here: test/tap/167_clerk.pl).
-- Accounts 2780 to 2786.
SELECT billing.create_account(2780, 'global', 'ap@acme.example', time_zone => 'Europe/Berlin', external_ref => 'acme-2780'), billing.create_account(2781, 'cn'), billing.create_account(2782, 'global', time_zone => 'America/St_Johns');
SELECT billing.set_seller('global', 'Statement Ltd', 'API credit', 0.09, tax_number => '201912345K', address => '1 Example Street', email => repeat('e', 64) || '@' || repeat('d', 25) || '.statement.example', series => 'S2780') > 0 AS set;
SELECT billing.set_invoice_title(2780, 'default', 'enterprise', 'ACME GmbH', 'DE 129273398', 'Hauptstr. 1, Berlin');
SELECT billing.set_price('statement', 'USD', 1, 2, effective_from => '2025-01-01 00:00+00') < billing.set_price('statement', 'CNY', 1, 2, effective_from => '2025-01-01 00:00+00') AS set;
SELECT key_id AS key FROM billing.create_api_key(2780, 'a') \gset
SELECT key_id AS key_cn FROM billing.create_api_key(2781, 'a') \gset
CREATE TEMPORARY TABLE at (name text PRIMARY KEY, at timestamptz NOT NULL);
INSERT INTO at VALUES ('begin', clock_timestamp());

-- Before the period; then all that a period may have.
SELECT status FROM billing.record_offline_payment(2780, 100, 'a', '2780 a');
INSERT INTO at VALUES ('from', clock_timestamp());
SELECT status FROM billing.grant_bonus(2780, 5, 'gift', reason => 'welcome');
SELECT status FROM billing.charge(2780, :key, '=SUM(A1:A9)', 'statement', 759, 0);
SELECT status FROM billing.charge(2780, :key, 'a "b", c', 'statement', 6000000, 0);
SELECT status FROM billing.charge(2780, :key, '-1+1', 'statement', 1000000, 0);
SELECT status FROM billing.reverse_charge(2780, '-1+1', 'undo', 'a mistake');
SELECT status FROM billing.record_offline_payment(2780, 20, 'b', '@2780 b');
SELECT status FROM billing.refund_order(2780, 1, 30, 'refund');
SELECT status FROM billing.adjust(2780, 1.5, 'adjust', reason => 'sorry');
SELECT status FROM billing.reverse_offline_payment(2780, 2, 'taken');
INSERT INTO at VALUES ('to', clock_timestamp());
SELECT status FROM billing.record_offline_payment(2780, 7, 'c', '2780 c');

-- CSV: a header, and the lines of statement(); texts that are formulas are none.
CREATE FUNCTION pg_temp.at(name text) RETURNS timestamptz LANGUAGE sql AS $$ SELECT at FROM at WHERE at.name = $1 $$;
CREATE FUNCTION pg_temp.records(account_id bigint, "from" text, "to" text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(line, '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}[+-][0-9]{2}:[0-9]{2}', 'INSTANT', 'g')
    FROM regexp_split_to_table(billing.statement_csv($1, pg_temp.at($2), pg_temp.at($3)), E'\r\n') WITH ORDINALITY AS l (line, no) ORDER BY no $$;
SELECT pg_temp.records(2780, 'from', 'to') AS record;
SELECT count(*) AS lines, sum(amount) AS amount FROM billing.statement(2780, pg_temp.at('from'), pg_temp.at('to'));
SELECT billing.statement_csv(2781, pg_temp.at('from'), pg_temp.at('to')) AS nothing;

-- Each instant, read again, is the one that it was, in any zone; the offset is the zone's at that time.
CREATE TEMPORARY TABLE record AS
SELECT regexp_replace(f[2], '^.*([+-][0-9:]+)$', '\1') AS zone, f[2]::timestamptz = s.recorded_at AND f[3]::timestamptz = s.occurred_at AS same
FROM regexp_split_to_table(billing.statement_csv(2780, pg_temp.at('begin'), pg_temp.at('from')), E'\r\n') WITH ORDINALITY AS l (line, no), string_to_array(line, ',') AS f, billing.statement(2780) AS s
WHERE l.no = 2 AND s.entry_no = f[1]::bigint;
SELECT same, zone = CASE WHEN extract(timezone FROM r.at) IS NULL THEN '' ELSE to_char(pg_temp.at('from') AT TIME ZONE 'Europe/Berlin' - pg_temp.at('from') AT TIME ZONE 'UTC', '+HH24:MI') END AS zone FROM record, (SELECT pg_temp.at('from') AS at) AS r;
SELECT status FROM billing.record_offline_payment(2782, 1, 'a', '2782 a', paid_at => '2026-01-15 12:00Z');
SELECT (string_to_array(split_part(billing.statement_csv(2782, pg_temp.at('begin'), now()), E'\r\n', 2), ','))[3] AS occurred_at;

-- Asked for: once, however often it is called. What it says is said then.
SELECT * FROM billing.request_statement(2780, pg_temp.at('from'), pg_temp.at('to'), 'statement');
SELECT * FROM billing.request_statement(2780, pg_temp.at('from'), pg_temp.at('to'), 'statement');
SELECT * FROM billing.request_statement(2780, pg_temp.at('begin'), pg_temp.at('to'), 'statement');
SELECT billing.set_invoice_title(2780, 'default', 'enterprise', 'ACME SE', 'DE 129273398', 'Hauptstr. 2, Berlin');
SELECT statement_no, period_from = pg_temp.at('from') AS "from", period_to = pg_temp.at('to') AS "to", opening, closing, state FROM billing.statements(2780);
SELECT key, value FROM billing_books.account_statement AS s, jsonb_each(s.says) WHERE s.account_id = 2780 AND key NOT IN ('entries', 'totals', 'issued_on', 'period_from', 'period_to') ORDER BY key;
SELECT says ->> 'period_from' = to_char(period_from AT TIME ZONE 'Europe/Berlin', 'YYYY-MM-DD HH24:MI:SS') AS "from", says ->> 'period_to' = to_char(period_to AT TIME ZONE 'Europe/Berlin', 'YYYY-MM-DD HH24:MI:SS') AS "to", says ->> 'issued_on' = to_char(requested_at AT TIME ZONE 'Europe/Berlin', 'YYYY-MM-DD') AS issued_on FROM billing_books.account_statement WHERE account_id = 2780;
SELECT t ->> 'label' AS label, t ->> 'amount' AS amount FROM billing_books.account_statement AS s, jsonb_array_elements(s.says -> 'totals') AS t WHERE s.account_id = 2780;
SELECT t ->> 'description' AS description, t ->> 'detail' AS detail, t ->> 'amount' AS amount, t ->> 'balance' AS balance FROM billing_books.account_statement AS s, jsonb_array_elements(s.says -> 'entries') AS t WHERE s.account_id = 2780;
SELECT closing - opening = (SELECT sum((t ->> 'amount')::numeric) FROM jsonb_array_elements(says -> 'totals') AS t) AS totals, closing - opening = (SELECT sum((t ->> 'amount')::numeric) FROM jsonb_array_elements(says -> 'entries') AS t) AS entries FROM billing_books.account_statement WHERE account_id = 2780;
SELECT billing.statement_document(2780, 1) IS NULL AS not_drawn_yet, billing.retry_statement(2780, 1) AS about_to_be_drawn;
SELECT kind, id, state, attempts FROM billing_books.document WHERE account_id = 2780 AND kind = 'statement';

-- In Chinese, where that is the account's; of one who has no title; a period without entries; all of the ledger's balance before it.
SELECT billing.set_seller('cn', '北京示例有限公司', 'API 服务', 0.06, tax_number => '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000') > 0 AS set;
SELECT status FROM billing.record_offline_payment(2781, 12.5, 'a', '2781 a');
SELECT status FROM billing.charge(2781, :key_cn, repeat('x', 70) || E'\n' || repeat('y', 70), 'statement', 1000000, 0);
SELECT statement_no FROM billing.request_statement(2781, pg_temp.at('begin'), clock_timestamp(), 'statement');
SELECT says ->> 'language' AS language, says -> 'buyer' AS buyer, says -> 'seller' AS seller, says ->> 'time_zone' AS time_zone, says ->> 'currency' AS currency, says -> 'totals' AS totals FROM billing_books.account_statement WHERE account_id = 2781;
SELECT t ->> 'description' AS description, t ->> 'detail' AS detail, t ->> 'amount' AS amount FROM billing_books.account_statement AS s, jsonb_array_elements(s.says -> 'entries') AS t WHERE s.account_id = 2781;
SELECT billing.set_language(2781, 'en');
SELECT statement_no FROM billing.request_statement(2781, clock_timestamp() - interval '1 millisecond', clock_timestamp(), 'nothing');
SELECT says ->> 'language' AS language, says -> 'buyer' ->> 'name' AS buyer, says -> 'entries' AS entries, says -> 'totals' AS totals, opening, closing FROM billing_books.account_statement WHERE account_id = 2781 AND statement_no = 2;

-- Many: usage is summed by day, behind what else the day had; the balance goes on.
CREATE FUNCTION pg_temp.many(account_id bigint, charges int, topups int) RETURNS void LANGUAGE sql AS $$
    SELECT billing.create_account($1, 'global', time_zone => 'UTC'), billing.create_api_key($1, 'a');
    SELECT count(billing.record_offline_payment($1, 1, 'pay ' || no, $1 || ' ' || no)) FROM generate_series(1, $3) AS no;
    SELECT count(billing.charge($1, 1, 'r' || no, 'statement', 100, 0)) FROM generate_series(1, $2) AS no $$;
SELECT pg_temp.many(2783, 1997, 3), pg_temp.many(2784, 1998, 3);
SELECT statement_no FROM billing.request_statement(2783, pg_temp.at('begin'), clock_timestamp(), 'statement');
SELECT statement_no FROM billing.request_statement(2784, pg_temp.at('begin'), clock_timestamp(), 'statement');
SELECT account_id, jsonb_array_length(says -> 'entries') <= 5 AS summed, opening, closing, says -> 'notes' AS notes, says -> 'totals' AS totals FROM billing_books.account_statement WHERE account_id BETWEEN 2783 AND 2784 ORDER BY account_id;
SELECT t ->> 'description' AS description, regexp_replace(t ->> 'detail', '^[0-9]+ b', 'N b') AS detail, (t ->> 'at') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' AS day FROM billing_books.account_statement AS s, jsonb_array_elements(s.says -> 'entries') AS t WHERE s.account_id = 2784 LIMIT 4;
SELECT (says -> 'entries' -> -1 ->> 'balance')::numeric = closing AS goes_on FROM billing_books.account_statement WHERE account_id = 2784;

-- What is refused: too much of all but usage, periods that are none, a region without a seller, what is not known.
SELECT test.attempt($$SELECT billing.request_statement(2785, now() - interval '1 day', now(), 'unknown')$$);
SELECT test.attempt($$SELECT billing.statement_document(2780, 2)$$), test.attempt($$SELECT billing.retry_statement(2780, 2)$$);
SELECT test.attempt(format($$SELECT billing.%s$$, call)) FROM unnest(ARRAY[
    'statement_csv(2780, NULL, now())', 'statement_csv(2780, now(), NULL)', 'statement_csv(2780, ''infinity'', now())', 'statement_csv(2785, now() - interval ''1 day'', now())']) AS call;
SELECT regexp_replace(test.attempt(format($$SELECT billing.%s$$, call)), 'is [0-9]{4}-.*$', 'is INSTANT') FROM unnest(ARRAY[
    'statement_csv(2780, now(), now())', 'statement_csv(2780, now(), now() + interval ''1 hour'')', 'statement_csv(2780, now() - interval ''367 days'', now())',
    'request_statement(2780, now(), now(), ''x'')', 'request_statement(2780, now(), now() + interval ''1 hour'', ''x'')', 'request_statement(2780, now() - interval ''8785 hours'', now(), ''x'')']) AS call;
BEGIN;
INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, amount, debit, credit, source_type, chain)
SELECT 2782, last_entry_no + no, last_booked_at, last_booked_at, last_entry_no + no, 1, 'arrears', 'adjustment', 'adjustment', '' FROM billing_books.account, generate_series(1, 10000) AS no WHERE account_id = 2782;
SELECT test.attempt($$SELECT billing.request_statement(2782, pg_temp.at('begin'), now(), 'many')$$);
INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, amount, debit, credit, source_type, chain)
SELECT 2782, last_entry_no + no, last_booked_at, last_booked_at, last_entry_no + no, 1, 'arrears', 'adjustment', 'adjustment', '' FROM billing_books.account, generate_series(10001, 100000) AS no WHERE account_id = 2782;
SELECT test.attempt($$SELECT billing.statement_csv(2782, pg_temp.at('begin'), now())$$);
ROLLBACK;
BEGIN;
SET LOCAL billing.allow_history_change = on;
DELETE FROM billing_books.seller WHERE region = 'cn';
SELECT test.attempt($$SELECT billing.request_statement(2781, now() - interval '1 day', now(), 'nobody')$$);
ROLLBACK;

-- What was asked for is history.
SELECT test.attempt(command) FROM unnest(ARRAY['UPDATE billing_books.account_statement SET closing = 0', 'DELETE FROM billing_books.account_statement', 'TRUNCATE billing_books.account_statement']) AS command;

-- One that could not be drawn says why, and is drawn again when an operator says so.
UPDATE billing_books.document SET state = 'failed', fault = 'no fonts' WHERE account_id = 2780 AND kind = 'statement';
SELECT test.attempt($$SELECT billing.statement_document(2780, 1)$$);
SELECT what, id, detail FROM billing.attention WHERE account_id = 2780 AND what ~ 'document';
SELECT billing.retry_statement(2780, 1, 'me', 'mended'), billing.retry_statement(2780, 1);
SELECT action, object, old_value, actor, reason FROM billing_books.audit_log WHERE account_id = 2780 AND action = 'retry_document';
SELECT account_id, check_name, detail FROM test.verify() WHERE account_id BETWEEN 2780 AND 2789;
