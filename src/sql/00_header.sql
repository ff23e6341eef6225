\echo Use "CREATE EXTENSION billing" to load this file. \quit

SET LOCAL search_path TO pg_catalog, pg_temp;

-- All that is in the schema afterwards is the extension's: it must be empty, and nobody but superusers may add to it.
CREATE FUNCTION billing.claim_schema() RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_claim_schema';
SELECT billing.claim_schema();
DROP FUNCTION billing.claim_schema();

