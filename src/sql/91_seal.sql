CREATE TYPE billing.seal AS (seal_no bigint, sealed_at timestamptz, rows_before timestamptz, accounts bigint, root text);
COMMENT ON TYPE billing.seal IS 'Result of seal_books(): the seal''s number; up to when the rows of other tables than the ledger are in it, or in one before; how many accounts had moved; its root in hexadecimal, to be written down elsewhere.';

CREATE TYPE billing.sealed_rows AS (name text, query text);
COMMENT ON TYPE billing.sealed_rows IS 'A line of sealed_rows(): a table, and the query of its lines: name (of usage with the month), at, line.';

CREATE FUNCTION billing.seal_books(wait interval = '5 seconds') RETURNS billing.seal
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_seal_books';
COMMENT ON FUNCTION billing.seal_books(interval) IS 'Makes a seal: how far each account is that moved since the one before, what other tables got meanwhile, and the root of the one before (docs/auditing.md). Daily by schedule_jobs(). Holds no account. wait (0 to 1 day): how long it waits for transactions under way, any of which may yet write rows; where one stays, or is prepared, rows are left to the next seal. Errors: LB620, LB623, LB103. Example: SELECT * FROM billing.seal_books().';

CREATE FUNCTION billing.export_seal(seal_no bigint = NULL) RETURNS text
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_export_seal';
COMMENT ON FUNCTION billing.export_seal(bigint) IS 'A seal as text (null: the newest), to be kept where the owner of the books cannot write. Its last line is SHA-256 over all lines before it. Errors: LB624. Example: psql -Atc "SELECT billing.export_seal()" > seal.txt; head -n -1 seal.txt | sha256sum.';

CREATE FUNCTION billing.verify_seal(seal text) RETURNS SETOF billing.discrepancy
    LANGUAGE c STABLE ROWS 1 AS 'MODULE_PATHNAME', 'billing_verify_seal';
COMMENT ON FUNCTION billing.verify_seal(text) IS 'Compares the books with a seal that was kept elsewhere. No row: they are what they were, as far as verify() finds nothing either. seal and sealed_entry: something before the seal was changed; seal_ahead: the books end before it, as after a restore. Errors: LB625, LB626. Example: SELECT * FROM billing.verify_seal(pg_read_file(''/media/audit/seal.txt'')).';

CREATE FUNCTION billing.sealed_rows() RETURNS SETOF billing.sealed_rows
    LANGUAGE c STABLE ROWS 25 AS 'MODULE_PATHNAME', 'billing_sealed_rows';
COMMENT ON FUNCTION billing.sealed_rows() IS 'Which tables'' rows are in seals, and by which query: docs/auditing.md shows how to run it and compare its lines with a seal by sha256sum.';

CREATE FUNCTION billing.hash_lines_add(lines internal, line text) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_hash_lines_add';
COMMENT ON FUNCTION billing.hash_lines_add(internal, text) IS 'What hash_lines() does with each row.';

CREATE FUNCTION billing.hash_lines_end(lines internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_hash_lines_end';
COMMENT ON FUNCTION billing.hash_lines_end(internal) IS 'What hash_lines() does after all rows.';

CREATE AGGREGATE billing.hash_lines(line text) (SFUNC = billing.hash_lines_add, STYPE = internal, FINALFUNC = billing.hash_lines_end);
COMMENT ON AGGREGATE billing.hash_lines(text) IS 'SHA-256 over lines, each with a line feed behind it, as sha256sum makes of a file; null where there are none. Example: SELECT billing.hash_lines(line ORDER BY line COLLATE "C") FROM (VALUES (''a''), (''b'')) AS v (line).';
