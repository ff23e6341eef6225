-- Reading: statement, balance_at, explain_charge, quote (design 5). Accounts 1600 to 1604.
SELECT billing.create_account(1600, 'cn'), billing.create_account(1601, 'cn');
SELECT key_id FROM billing.create_api_key(1600, 'prod');
SELECT billing.set_price('report', 'CNY', 2, 4, 0.5, 3, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;

-- Nothing happened yet: an empty statement, and zeros.
SELECT * FROM billing.statement(1601);
SELECT * FROM billing.balance_at(1601, now());
SELECT * FROM billing.balance_at(1601, '2020-01-01');

SELECT status FROM billing.record_offline_payment(1600, 10, 'payment', '1600 bank', actor => 'alice');
SELECT status FROM billing.grant_bonus(1600, 2, 'gift', expires_at => now() + interval '5 days', actor => 'bob');
SELECT status, charge FROM billing.charge(1600, 1, 'first', 'report', 500000, 250000, 400000, 100000);
SELECT clock_timestamp() AS between \gset
SET billing.clock_offset = '6d';
SELECT status, charge FROM billing.charge(1600, 1, 'second', 'report', 5000000, 0);
RESET billing.clock_offset;

-- Every entry with the balance before and after it; what is before one line is after the one in front of it.
SELECT entry_no, source_type, source, debit, credit, lot_no, amount, balance_before, balance_after, cash, bonus, arrears, actor FROM billing.statement(1600);
SELECT bool_and(balance_before = before) AS gapless FROM (SELECT balance_before, lag(balance_after, 1, 0.0) OVER (ORDER BY entry_no) AS before FROM billing.statement(1600)) AS s;
SELECT (SELECT (cash, bonus, arrears) FROM billing.statement(1600) ORDER BY entry_no DESC LIMIT 1) = (SELECT (cash, bonus, arrears) FROM billing_books.account WHERE account_id = 1600) AS ends_at_the_account;
-- From an instant on, up to another: [from, to), by recorded_at; the balance before goes on from what is left out.
SELECT entry_no, balance_before, balance_after FROM billing.statement(1600, "from" => :'between');
SELECT entry_no, balance_before, balance_after FROM billing.statement(1600, "to" => :'between');
SELECT count(*) AS nothing FROM billing.statement(1600, :'between', :'between');
SELECT recorded_at AS at FROM billing_books.ledger_entry WHERE account_id = 1600 AND entry_no = 2 \gset
SELECT entry_no FROM billing.statement(1600, :'at', :'at'::timestamptz + interval '1 us');
SELECT entry_no FROM billing.statement(1600, NULL, :'at');
SELECT entry_no FROM billing.statement(1600, '9999-01-01', '2000-01-01');

-- balance_at: at each entry what the statement says after it; without bonus that had expired by then.
SELECT bool_and((b.cash, b.bonus, b.arrears, b.balance) = (s.cash, s.bonus, s.arrears, s.balance_after)) AS same
FROM (SELECT DISTINCT ON (recorded_at) * FROM billing.statement(1600) ORDER BY recorded_at, entry_no DESC) AS s, billing.balance_at(1600, s.recorded_at) AS b;
SELECT * FROM billing.balance_at(1600, :'at'::timestamptz - interval '1 us');
SELECT * FROM billing.balance_at(1600, :'between');
SELECT billing.create_account(1602, 'cn');
SELECT status FROM billing.grant_bonus(1602, 2, 'gift', expires_at => now() + interval '1 day');
SELECT expires_at FROM billing_books.lot WHERE account_id = 1602 \gset
SELECT bonus FROM billing.balance_at(1602, :'expires_at'::timestamptz - interval '1 us');
SELECT bonus FROM billing.balance_at(1602, :'expires_at');

-- explain_charge: price row, tokens x price line by line, the sum, who paid.
SELECT item, quantity, price, amount, lot_no, order_id, entry_no, detail FROM billing.explain_charge(1600, 'first')
WHERE item NOT IN ('request', 'received', 'price') AND item !~ '^(paid|left)';
SELECT item, detail LIKE 'report of key 1 "prod": charged, occurred %' AS request, detail LIKE 'price %, from % for prompts over 0 tokens (this one: 1000000), per 1,000,000 tokens' AS price
FROM billing.explain_charge(1600, 'first') WHERE item IN ('request', 'price');
SELECT item, amount, lot_no, order_id, entry_no, detail LIKE 'bonus from grant 2, expires %Z' AS bonus, detail LIKE 'cash of order 1 (offline, paid %Z)' AS cash
FROM billing.explain_charge(1600, 'first') WHERE item LIKE 'paid%';
SELECT sum(amount) FILTER (WHERE item IN ('input', 'output', 'cache read', 'cache write')) = max(amount) FILTER (WHERE item = 'charge') AS sum_of_lines,
       sum(amount) FILTER (WHERE item LIKE 'paid%') = max(amount) FILTER (WHERE item = 'charge') AS sum_of_slices FROM billing.explain_charge(1600, 'first');
SELECT item, amount, lot_no, detail FROM billing.explain_charge(1600, 'second') WHERE item LIKE 'left%';
-- What was not charged tells why, and has no arithmetic.
SET billing.clock_offset = '6d';
SELECT status FROM billing.charge(1600, 1, 'unpriced', 'report-unpriced', 1, 1);
SELECT item, amount, CASE WHEN item = 'reason' THEN detail END AS reason FROM billing.explain_charge(1600, 'unpriced');
-- After a reversal: what was given back, to whom.
SELECT status FROM billing.reverse_charge(1600, 'first', 'undo', reason => 'outage', actor => 'carol');
SELECT item, amount, lot_no, order_id, entry_no, detail FROM billing.explain_charge(1600, 'first') WHERE item LIKE 'given%';
RESET billing.clock_offset;

-- Of a batch of metered requests the statement has a line per lot, whose source is the batch; each request has its own slices.
SELECT billing.create_account(1603, 'cn');
SELECT key_id FROM billing.create_api_key(1603, 'prod');
SELECT status FROM billing.record_offline_payment(1603, 3, 'payment', '1603 bank');
SELECT billing.meter(1603, 1, 'm' || n, 'report', n * 500000, 0) FROM generate_series(1, 3) AS n;
SELECT billing.settle() > 0 AS settled;
SELECT entry_no, source_type, source, debit, credit, lot_no, amount, balance_before, balance_after, actor IS NULL AS nobody FROM billing.statement(1603);
SELECT request_id, item, amount, lot_no, order_id, entry_no FROM unnest('{m1,m2,m3}'::text[]) AS request_id, billing.explain_charge(1603, request_id) WHERE item = 'charge' OR item ~ '^(paid|left)';
SELECT sum(amount) = (SELECT charge FROM billing.usage_report(1603, group_by => '{}')) AS report_agrees FROM billing.statement(1603) WHERE credit = 'revenue';

-- quote: the same arithmetic, and nothing stored.
SELECT test.books() AS books \gset
SELECT item, quantity, price, amount FROM billing.quote(1600, 'report', 500000, 250000, 400000, 100000) WHERE item <> 'price';
SELECT (SELECT array_agg((item, quantity, price, amount)) FROM billing.quote(1600, 'report', 500000, 250000, 400000, 100000) WHERE item <> 'price')
     = (SELECT array_agg((item, quantity, price, amount)) FROM billing.explain_charge(1600, 'first') WHERE item IN ('input', 'cache read', 'cache write', 'output', 'charge')) AS same_as_charged;
SELECT item, amount FROM billing.quote(1600, 'report', 1, 0, 1) WHERE item IN ('input', 'cache read', 'charge');
SELECT test.books() = :'books' AS unchanged;
SELECT * FROM test.verify();
