-- Requests :from to :upto of the history's :rows: what charge() would have left behind, account by account in turn,
-- received evenly over the days of the dedupe window, whose partitions the look for a request_id goes through.
-- The account rows follow at the end (history_end.sql).
BEGIN;
SET LOCAL synchronous_commit = off;
CREATE TEMP TABLE chunk ON COMMIT DROP AS
    SELECT 1 + i % :accounts AS account_id,
           2 + i / :accounts AS entry_no, -- entry 1 is the payment
           'history-' || i AS request_id,
           ('x' || encode(substring(sha256(('history-' || i)::bytea) FOR 8), 'hex'))::bit(64)::bigint AS request_hash,
           round((1000 * p.input + 100 * p.output) / 1000000, 9) AS charge,
           p.price_id, p.model, now() - interval '35 days' * (1 - i::float8 / :rows) AS at
    FROM generate_series(:from, :upto - 1) AS i, billing_books.price AS p;
INSERT INTO billing_books.usage_event (account_id, request_hash, occurred_at, recorded_at, settled_at, price_id, first_entry_no,
                                 key_id, entry_count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
                                 charge, status, request_id, model, key_name)
    SELECT account_id, request_hash, at, at, at, price_id, entry_no, 1, 1, 1000, 100, 0, 0,
           charge, 'charged', request_id, model, 'bench'
    FROM chunk;
CREATE FUNCTION pg_temp.chain(before bytea, start bytea, c chunk, digest bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
    RETURN billing.entry_chain(coalesce(before, start), (c).account_id, (c).entry_no, (c).at, (c).at, (c).request_hash, 1, NULL, NULL, (c).charge,
                               'cash', 'revenue', 'charge', NULL, NULL, digest);
CREATE AGGREGATE pg_temp.chain_of(bytea, chunk, bytea) (SFUNC = pg_temp.chain, STYPE = bytea);
INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, amount, debit, credit, source_type,
                                        usage_digest, chain)
    SELECT account_id, entry_no, at, at, request_hash, 1, charge, 'cash', 'revenue', 'charge', digest,
           pg_temp.chain_of(start, c, digest) OVER (PARTITION BY account_id ORDER BY entry_no)
    FROM (
        SELECT c.*, c AS c, sha256('\x01'::bytea || billing.usage_event_digest(request_id, at, at, 1, model, NULL, 1000, 100, 0, 0, NULL, price_id, charge)) AS digest,
               (SELECT e.chain FROM billing_books.ledger_entry AS e
                WHERE e.account_id = c.account_id AND e.entry_no < c.entry_no ORDER BY e.entry_no DESC LIMIT 1) AS start
        FROM chunk AS c
    ) AS c;
COMMIT;
