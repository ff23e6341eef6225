CREATE FUNCTION billing.entry_chain(before bytea, account_id bigint, entry_no bigint, occurred_at timestamptz, recorded_at timestamptz, source_id bigint,
    lot_no bigint, subscription_no bigint, undoes_entry_no bigint, amount numeric, debit text, credit text, source_type text, gateway text, actor text, usage_digest bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_entry_chain';
COMMENT ON FUNCTION billing.entry_chain(bytea, bigint, bigint, timestamptz, timestamptz, bigint, bigint, bigint, bigint, numeric, text, text, text, text, text, bytea) IS 'The chain of a ledger entry, 32 bytes, by that of the entry before it (null: it is the first) and its columns: verify() asks it; docs/auditing.md does it without. Null where a column is none that an entry can have.';

CREATE FUNCTION billing.usage_event_digest(request_id text, occurred_at timestamptz, recorded_at timestamptz, key_id bigint, model text, variant text,
    input_tokens int, output_tokens int, cache_read_tokens int, cache_write_tokens int, meters jsonb, price_id bigint, charge numeric) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_usage_event_digest';
COMMENT ON FUNCTION billing.usage_event_digest(text, timestamptz, timestamptz, bigint, text, text, int, int, int, int, jsonb, bigint, numeric) IS 'The digest of a charged usage event, 32 bytes, of which the usage_digest of a ledger entry is made: verify() asks it; docs/auditing.md does it without. Null where a column is none that such an event can have.';
