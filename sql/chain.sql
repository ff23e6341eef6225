-- The hash chain of the ledger (B&S 3.1): worked out with what PostgreSQL has alone, as docs/auditing.md shows. Accounts 3400 to 3401.
SELECT billing.create_account(3400, 'cn'), billing.create_account(3401, 'global'), billing.create_api_key(3400, 'key') IS NOT NULL AS key;
SELECT chain FROM billing_books.account WHERE account_id = 3400;
SELECT billing.set_price('chain', 'CNY', 1000000, 500000, 250000, 750000, meters => 'image 0.5, search 10/1000', effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.grant_bonus(3400, 5, 'gift', actor => '张三', reason => 'welcome');
SELECT status FROM billing.record_offline_payment(3400, 20, 'payment', '3400 bank');
SELECT status, charge FROM billing.charge(3400, 1, 'alone', 'chain', 7, 1, 2, 3, meters => '{"search": 3, "image": 2}');
SELECT count(billing.meter(3400, 1, 'batch ' || n, 'chain', n, 0, occurred_at => clock_timestamp())) AS metered FROM generate_series(1, 3) AS n;
SELECT billing.meter(3400, 1, 'no price', 'chain-late', 1, 0);
SELECT billing.settle() >= 0 AS settled;
SELECT billing.set_price('chain-late', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle() >= 0 AS settled;
SELECT status FROM billing.reverse_charge(3400, 'alone', 'undo');
SELECT status FROM billing.record_offline_payment(3401, 20, 'payment', '3401 bank');

CREATE FUNCTION pg_temp.text_form(value text) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN int4send(octet_length(value)) || convert_to(value, 'UTF8');
CREATE FUNCTION pg_temp.or_null(form bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN coalesce('\x01'::bytea || form, '\x00'::bytea);
CREATE VIEW pg_temp.usage_form AS
    SELECT account_id, first_entry_no, occurred_at, request_id,
           sha256(pg_temp.text_form(request_id) || timestamptz_send(occurred_at) || timestamptz_send(recorded_at) || int8send(key_id) || pg_temp.text_form(model)
               || pg_temp.or_null(pg_temp.text_form(variant)) || int8send(input_tokens) || int8send(cache_read_tokens) || int8send(cache_write_tokens) || int8send(output_tokens)
               || coalesce((SELECT substring(int4send(count(*)::int) FROM 4) || string_agg(pg_temp.text_form(key) || int8send(value::bigint), '' ORDER BY key COLLATE "C") FROM jsonb_each_text(meters)), '\x00')
               || int8send(price_id) || int8send((charge * 1000000000)::bigint)) AS digest
    FROM billing_books.usage_event WHERE first_entry_no IS NOT NULL;
CREATE VIEW pg_temp.entry_form AS
    SELECT e.*, sha256('\x01'::bytea || coalesce(lag(chain) OVER (PARTITION BY account_id ORDER BY entry_no), decode(repeat('00', 32), 'hex'))
               || int8send(account_id) || int8send(entry_no) || timestamptz_send(occurred_at) || timestamptz_send(recorded_at) || int8send(source_id)
               || pg_temp.or_null(int8send(lot_no)) || pg_temp.or_null(int8send(subscription_no)) || pg_temp.or_null(int8send(undoes_entry_no))
               || int8send((amount * 1000000000)::bigint) || pg_temp.text_form(debit) || pg_temp.text_form(credit) || pg_temp.text_form(source_type)
               || pg_temp.or_null(pg_temp.text_form(gateway)) || pg_temp.or_null(pg_temp.text_form(actor)) || pg_temp.or_null(usage_digest)) AS expected
    FROM billing_books.ledger_entry AS e;
SELECT entry_no, debit, credit, source_type, actor, usage_digest IS NOT NULL AS pays_usage, chain = expected AS is_right FROM pg_temp.entry_form WHERE account_id = 3400 ORDER BY entry_no;
SELECT account_id, count(*) AS entries, bool_and(chain = expected) AS are_right FROM pg_temp.entry_form WHERE account_id IN (3401, 3400) GROUP BY account_id ORDER BY account_id;
SELECT u.first_entry_no, count(*) AS events, sha256('\x01'::bytea || string_agg(digest, ''::bytea ORDER BY u.occurred_at, u.request_id COLLATE "C")) = e.usage_digest AS is_right
FROM pg_temp.usage_form AS u JOIN billing_books.ledger_entry AS e ON e.account_id = u.account_id AND e.entry_no = u.first_entry_no
WHERE u.account_id = 3400 GROUP BY u.first_entry_no, e.usage_digest ORDER BY u.first_entry_no;
SELECT a.account_id, a.chain = e.chain AS newest FROM billing_books.account AS a JOIN billing_books.ledger_entry AS e ON e.account_id = a.account_id AND e.entry_no = a.last_entry_no
WHERE a.account_id IN (3400, 3401) ORDER BY a.account_id;
-- Elsewhere too: every entry that the other tests made.
SELECT count(*) FILTER (WHERE chain IS DISTINCT FROM expected) AS wrong, count(*) > 0 AS some FROM pg_temp.entry_form;

-- What no entry can have has no chain.
SELECT billing.entry_chain(NULL, 1, 1, 'epoch', 'epoch', 1, 0, NULL, NULL, 1, 'cash', 'revenue', 'charge', NULL, NULL, NULL) AS lot_0,
       billing.entry_chain(NULL, 1, 1, 'epoch', 'epoch', 1, NULL, NULL, NULL, 'NaN', 'cash', 'revenue', 'charge', NULL, NULL, NULL) AS no_number,
       billing.entry_chain('\x00', 1, 1, 'epoch', 'epoch', 1, NULL, NULL, NULL, 1, 'cash', 'revenue', 'charge', NULL, NULL, NULL) AS before_none,
       billing.entry_chain(NULL, 1, 1, 'epoch', 'epoch', 1, NULL, NULL, NULL, 1, NULL, 'revenue', 'charge', NULL, NULL, NULL) AS no_book,
       billing.usage_event_digest('r', 'epoch', 'epoch', 1, 'm', NULL, 1, 1, 1, 1, '{"a": "b"}', 1, 'Infinity') AS no_charge;
SELECT * FROM test.verify();
