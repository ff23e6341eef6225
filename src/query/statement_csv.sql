-- The lines that stand before, as CSV (RFC 4180), where they are no more than $4; null where they are. $1 account. A source may come
-- from a customer, and what a spreadsheet would take for a formula is made a text.
, place AS MATERIALIZED (
    SELECT billing.known_time_zone(p.time_zone) AS time_zone, a.currency
    FROM billing_books.account_profile AS p
    JOIN billing_books.account AS a ON a.account_id = p.account_id
    WHERE p.account_id = $1
), field AS (
    SELECT s.*, p.currency, CASE WHEN s.source ~ '^[=+@\t\r\n-]' THEN '''' || s.source ELSE s.source END AS text,
           s.recorded_at AT TIME ZONE p.time_zone AS recorded, s.recorded_at AT TIME ZONE p.time_zone - s.recorded_at AT TIME ZONE 'UTC' AS recorded_offset,
           s.occurred_at AT TIME ZONE p.time_zone AS occurred, s.occurred_at AT TIME ZONE p.time_zone - s.occurred_at AT TIME ZONE 'UTC' AS occurred_offset
    FROM statement AS s, place AS p
), record AS (
    SELECT entry_no, concat_ws(',', entry_no,
        to_char(recorded, 'YYYY-MM-DD"T"HH24:MI:SS.US') || CASE WHEN recorded_offset < '0' THEN '-' ELSE '+' END || to_char(greatest(recorded_offset, -recorded_offset), 'HH24:MI'),
        to_char(occurred, 'YYYY-MM-DD"T"HH24:MI:SS.US') || CASE WHEN occurred_offset < '0' THEN '-' ELSE '+' END || to_char(greatest(occurred_offset, -occurred_offset), 'HH24:MI'),
        source_type, CASE WHEN text ~ '[",\r\n]' THEN '"' || replace(text, '"', '""') || '"' ELSE coalesce(text, '') END, debit, credit, coalesce(lot_no::text, ''),
        amount, balance_before, balance_after, cash, bonus, arrears, currency) AS text
    FROM field
)
SELECT CASE WHEN count(*) <= $4 THEN
    concat(E'entry_no,recorded_at,occurred_at,source_type,source,debit,credit,lot_no,amount,balance_before,balance_after,cash,bonus,arrears,currency\r\n', string_agg(text || E'\r\n', '' ORDER BY entry_no)) END
FROM record
