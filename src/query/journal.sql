-- Lines of journal(): sums of the entries that count in [$1, $2), by the $3 (day or month) of time zone $4. Tax is what is in paid revenue (B&S 2.1), by the rate of
-- the seller in force as of then; before the first one, by the first one's. Sums may be larger than an amount can be, so that they are split here.
WITH rate AS MATERIALIZED (
    SELECT CASE region WHEN 'cn' THEN 'CNY' ELSE 'USD' END AS currency, tax_rate,
           CASE WHEN lag(created_at) OVER w IS NULL THEN '-infinity' ELSE created_at END AS since,
           lead(created_at, 1, 'infinity') OVER w AS until
    FROM billing_books.seller
    WINDOW w AS (PARTITION BY region ORDER BY seller_no)
), line AS (
    SELECT date_trunc($3, c.counts_at AT TIME ZONE $4)::date AS day, a.currency, e.debit, e.credit, e.source_type, e.gateway, r.tax_rate,
           count(*) AS entries, sum(e.amount) AS amount
    FROM billing_books.ledger_entry AS e
    JOIN billing_books.account AS a USING (account_id)
    CROSS JOIN LATERAL billing.counts_at(e.account_id, e.entry_no, e.recorded_at) AS c
    LEFT JOIN rate AS r ON r.currency = a.currency AND 'revenue' IN (e.debit, e.credit) AND 'bonus' NOT IN (e.debit, e.credit)
        AND c.counts_at >= r.since AND c.counts_at < r.until
    WHERE c.counts_at >= $1 AND c.counts_at < $2
    GROUP BY 1, a.currency, e.debit, e.credit, e.source_type, e.gateway, r.tax_rate
)
SELECT billing.day_start(day, $4) AS period, currency, debit, credit, source_type, gateway, entries, amount,
       tax_rate, round(amount * tax_rate / (1 + tax_rate), 2)
FROM line
ORDER BY day, currency, debit, credit, source_type, gateway, tax_rate
