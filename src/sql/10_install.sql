CREATE FUNCTION billing.version() RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_version';
COMMENT ON FUNCTION billing.version() IS 'Version of the loaded library.';

CREATE FUNCTION billing.error_codes(OUT sqlstate text, OUT name text, OUT hint text) RETURNS SETOF record
    LANGUAGE c IMMUTABLE ROWS 60 AS 'MODULE_PATHNAME', 'billing_error_codes';
COMMENT ON FUNCTION billing.error_codes() IS 'Every error that billing raises: its SQLSTATE of class LB, a stable name, and its hint.';

CREATE FUNCTION billing.install() RETURNS int
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_install';
COMMENT ON FUNCTION billing.install() IS 'Makes the tables in schema billing_books, owned by the caller; on existing ones puts missing or weakened guards back. Returns the schema version. Errors: LB612, LB613.';

CREATE FUNCTION billing.migrate() RETURNS int
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_migrate';
COMMENT ON FUNCTION billing.migrate() IS 'After ALTER EXTENSION billing UPDATE: brings tables, guards and the rights given by grant_access() up to date, and takes the right to create objects in schema billing from all who are no superusers. For a superuser (LB608). Returns the schema version.';
