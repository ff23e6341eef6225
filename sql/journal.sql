-- The ledger summed up for accountants (B&S 2.1). Accounts 2350 and 2351; what it sums up is of all accounts.
-- The whole of it, day by day, is what all statements say, line by line; and so by the month.
CREATE TEMP TABLE line AS
SELECT billing.day_start((s.recorded_at AT TIME ZONE 'Asia/Shanghai')::date, 'Asia/Shanghai') AS period, a.currency, s.debit, s.credit, s.source_type, count(*) AS entries, sum(s.amount) AS amount
FROM billing_books.account AS a, billing.statement(a.account_id) AS s
GROUP BY 1, 2, 3, 4, 5;
CREATE TEMP TABLE by_day AS SELECT * FROM billing.journal(by => 'day', time_zone => 'Asia/Shanghai');
CREATE TEMP VIEW summed AS SELECT period, currency, debit, credit, source_type, sum(entries)::bigint AS entries, sum(amount) AS amount FROM by_day GROUP BY 1, 2, 3, 4, 5;
SELECT count(*) > 20 AS pairs FROM (SELECT DISTINCT debit, credit FROM by_day) AS p;
SELECT (SELECT count(*) FROM (TABLE line EXCEPT TABLE summed) AS a) AS only_in_statements, (SELECT count(*) FROM (TABLE summed EXCEPT TABLE line) AS b) AS only_in_journal;
SELECT count(*) AS differ
FROM (SELECT billing.day_start(date_trunc('month', period AT TIME ZONE 'Asia/Shanghai')::date, 'Asia/Shanghai') AS period, currency, debit, credit, source_type, gateway, tax_rate, sum(entries) AS entries, sum(amount) AS amount
      FROM by_day GROUP BY 1, 2, 3, 4, 5, 6, 7) AS d
FULL JOIN billing.journal(time_zone => 'Asia/Shanghai') AS m ON (d.period, d.currency, d.debit, d.credit, d.source_type) = (m.period, m.currency, m.debit, m.credit, m.source_type)
    AND d.gateway IS NOT DISTINCT FROM m.gateway AND d.tax_rate IS NOT DISTINCT FROM m.tax_rate
WHERE (d.entries, d.amount) IS DISTINCT FROM (m.entries, m.amount);
-- What gateways still owe is the same sum.
SELECT count(*) AS differ
FROM (SELECT gateway, currency, sum(CASE 'gateway' WHEN debit THEN amount ELSE -amount END) AS owed FROM by_day WHERE gateway IS NOT NULL GROUP BY 1, 2) AS j
FULL JOIN billing.gateway_balance AS g USING (gateway, currency)
WHERE j.owed IS DISTINCT FROM g.unsettled;

-- A stretch of its own. Tax is in paid revenue alone, either way, by the rate of the seller of the region as it was then, half up.
BEGIN;
SELECT clock_timestamp() AS begun \gset
SELECT billing.set_price('journal', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.create_account(2350, 'cn');
SELECT key_id FROM billing.create_api_key(2350, 'prod');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000', reason => 'journal 1') > 0 AS seller;
SELECT status FROM billing.grant_bonus(2350, 1, 'gift');
SELECT status FROM billing.record_offline_payment(2350, 10, 'paid', '2350 bank');
SELECT status, charge FROM billing.charge(2350, 1, 'one', 'journal', 4180000, 0);
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.01, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000', reason => 'journal 2') > 0 AS seller;
SELECT status, charge FROM billing.charge(2350, 1, 'two', 'journal', 8000000, 0);
SELECT status FROM billing.reverse_charge(2350, 'one', 'undo', reason => 'outage');
SELECT clock_timestamp() AS ended \gset
SELECT currency, debit, credit, source_type, gateway, entries, amount, tax_rate, tax FROM billing.journal(:'begun', :'ended');
-- [from, to): two stretches are one; nothing of what counts in neither.
SELECT recorded_at AS cut FROM billing_books.ledger_entry WHERE account_id = 2350 AND source_type = 'payment' \gset
SELECT count(*) AS differ
FROM (SELECT debit, credit, source_type, tax_rate, sum(entries)::bigint, sum(amount)
      FROM (SELECT * FROM billing.journal(:'begun', :'cut') UNION ALL SELECT * FROM billing.journal(:'cut', :'ended')) AS j GROUP BY 1, 2, 3, 4
      EXCEPT SELECT debit, credit, source_type, tax_rate, entries, amount FROM billing.journal(:'begun', :'ended')) AS d;
SELECT debit, credit FROM billing.journal(:'begun', :'cut');
SELECT count(*) AS nothing FROM billing.journal(:'ended', :'ended');
SELECT count(*) AS nothing FROM billing.journal(:'ended', :'begun');
-- Periods begin where days do: also where midnight comes twice.
SELECT bool_and(period = billing.day_start((period AT TIME ZONE 'America/Havana' + interval '3 h')::date, 'America/Havana')) AS days FROM billing.journal(by => 'day', time_zone => 'America/Havana');
ROLLBACK;

-- Before the first seller of a region was set, the first one's rate is meant; without any there is none.
BEGIN;
ALTER TABLE billing_books.seller DISABLE TRIGGER ALL;
UPDATE billing_books.seller SET created_at = created_at + interval '10000 years' WHERE region = 'cn';
SELECT DISTINCT tax_rate = (SELECT tax_rate FROM billing_books.seller WHERE region = 'cn' AND seller_no = 1) AS first FROM billing.journal("to" => now()) WHERE tax_rate IS NOT NULL AND currency = 'CNY';
SELECT billing.create_account(2351, 'global');
SELECT key_id FROM billing.create_api_key(2351, 'prod');
SELECT billing.set_price('journal', 'USD', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.record_offline_payment(2351, 10, 'paid', '2351 bank');
SELECT status, charge FROM billing.charge(2351, 1, 'one', 'journal', 1000000, 0);
DELETE FROM billing_books.seller WHERE region = 'global';
SELECT count(*) > 0 AS usd, count(tax_rate) AS rates, count(tax) AS taxes FROM billing.journal() WHERE currency = 'USD' AND debit = 'cash' AND credit = 'revenue';
ROLLBACK;
SELECT * FROM billing.journal(by => 'week');
SELECT * FROM billing.journal(by => NULL);
SELECT * FROM billing.journal(time_zone => 'Mars');
SELECT * FROM billing.journal('infinity');
