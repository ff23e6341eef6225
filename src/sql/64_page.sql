CREATE TYPE billing.listed_api_key AS (key_id bigint, name text, kind text, created_at timestamptz, deleted_at timestamptz, project text, expires_at timestamptz, models text[], old_secret_until timestamptz, next_cursor text);
COMMENT ON TYPE billing.listed_api_key IS 'A row of list_api_keys(): deleted_at is null while the key may call; project is empty, expires_at and models (those it may call) are null where there is none; old_secret_until: until then the secret before rotate_api_key() works, too. next_cursor stands in a page''s last row.';

CREATE FUNCTION billing.list_api_keys(account_id bigint, cursor text = NULL, "limit" bigint = 50) RETURNS SETOF billing.listed_api_key
    LANGUAGE c STABLE ROWS 50 AS 'MODULE_PATHNAME', 'billing_list_api_keys';
COMMENT ON FUNCTION billing.list_api_keys(bigint, text, bigint) IS 'A page of an account''s API keys, deleted ones too, the newest first: those behind cursor (null: from the newest on), limit (1 to 1,000) at the most. The last row''s next_cursor is where the next page begins; it is null where the list ends. Never the keys themselves. Errors: LB104, LB113, LB201. Example: SELECT * FROM billing.list_api_keys(7).';

CREATE TYPE billing.listed_usage AS (
    request_id text, key_id bigint, key_name text, model text, variant text, occurred_at timestamptz, recorded_at timestamptz, status text, reason text,
    input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint, charge numeric, credits numeric, given_back numeric,
    meters jsonb, tags jsonb, project text, next_cursor text);
COMMENT ON TYPE billing.listed_usage IS 'A row of list_usage(), a request: variant is empty for the standard one; status charged, free, rejected, unpriced or plan; charge in the account''s currency, what re-rating charged besides included, credits of a plan; given_back by reverse_charge(), or re-rating, null: nothing; meters and tags as they were told, null: none; project of the key then, empty: none. next_cursor stands in a page''s last row; alone in a row of nulls it says that nothing was found so far.';

CREATE FUNCTION billing.list_usage(account_id bigint, cursor text = NULL, "limit" bigint = 50, key_id bigint = NULL, model text = NULL, status text = NULL, entry_no bigint = NULL) RETURNS SETOF billing.listed_usage
    LANGUAGE c STABLE ROWS 50 AS 'MODULE_PATHNAME', 'billing_list_usage';
COMMENT ON FUNCTION billing.list_usage(bigint, text, bigint, bigint, text, text, bigint) IS 'A page of an account''s requests, those received last first: behind cursor (null: from the newest on), limit (1 to 1,000) at the most, of a key, a model, a status (charged, free, rejected, unpriced, plan), as far as they are not null; entry_no: of what a ledger entry of usage paid for, or one of a re-rating moved. A call looks at 10,000 requests and returns what it has found among them, perhaps less than limit, or one row of nulls: go on by the last row''s next_cursor until that is null, or nothing is returned. Requests of closed months are not listed. Errors: LB104, LB108, LB113, LB201. Example: SELECT * FROM billing.list_usage(7, status => ''rejected'').';

CREATE TYPE billing.listed_entry AS (
    entry_no bigint, recorded_at timestamptz, occurred_at timestamptz, source_type text, source_id bigint, debit text, credit text, lot_no bigint,
    amount numeric, change numeric, next_cursor text);
COMMENT ON TYPE billing.listed_entry IS 'A row of list_statement(), a ledger entry: source_id is the number of its source, null for usage (source_type charge or settlement), whose requests list_usage(entry_no) shows, as it does what a re-rating (rerate) moved; change is what it did to the balance, 0 where money moves within it. next_cursor stands in a page''s last row.';

CREATE FUNCTION billing.list_statement(account_id bigint, cursor text = NULL, "limit" bigint = 50) RETURNS SETOF billing.listed_entry
    LANGUAGE c STABLE ROWS 50 AS 'MODULE_PATHNAME', 'billing_list_statement';
COMMENT ON FUNCTION billing.list_statement(bigint, text, bigint) IS 'A page of an account''s ledger entries, the newest first: those behind cursor (null: from the newest on), limit (1 to 1,000) at the most. The last row''s next_cursor is where the next page begins; it is null where the list ends. Balances before and after entries: statement(). Errors: LB104, LB113, LB201. Example: SELECT recorded_at, source_type, change FROM billing.list_statement(7).';

CREATE TYPE billing.listed_order AS (
    order_id bigint, kind text, plan text, state text, reason text, method text, currency text, amount numeric, pay_amount numeric, discount numeric,
    gift numeric, created_at timestamptz, expires_at timestamptz, paid_at timestamptz, invoice_id bigint, next_cursor text);
COMMENT ON TYPE billing.listed_order IS 'A row of list_orders(): kind is topup or plan, plan what is bought then; the others are those of billing.topup. next_cursor stands in a page''s last row.';

CREATE FUNCTION billing.list_orders(account_id bigint, cursor text = NULL, "limit" bigint = 50) RETURNS SETOF billing.listed_order
    LANGUAGE c STABLE ROWS 50 AS 'MODULE_PATHNAME', 'billing_list_orders';
COMMENT ON FUNCTION billing.list_orders(bigint, text, bigint) IS 'A page of an account''s orders, of top-ups and of plans, the newest first: those behind cursor (null: from the newest on), limit (1 to 1,000) at the most. The last row''s next_cursor is where the next page begins; it is null where the list ends. What an open one is paid with is shown by order_status() alone; the cumulative amount stands in balance(). Errors: LB104, LB113, LB201. Example: SELECT * FROM billing.list_orders(7).';

CREATE TYPE billing.listed_balance_alert AS (
    alert_no bigint, threshold numeric, runway_hours int, notify_recovery boolean, enabled boolean, armed boolean, fired boolean, episode int, next_cursor text);
COMMENT ON TYPE billing.listed_balance_alert IS 'A row of list_balance_alerts(): threshold is what the balance falls below, of a runway alert the spend of its hours as last reviewed; armed: it fires when the balance falls below; fired: it has, and was not armed since; episode: how often it has. next_cursor stands in a page''s last row.';

CREATE FUNCTION billing.list_balance_alerts(account_id bigint, cursor text = NULL, "limit" bigint = 50) RETURNS SETOF billing.listed_balance_alert
    LANGUAGE c STABLE ROWS 20 AS 'MODULE_PATHNAME', 'billing_list_balance_alerts';
COMMENT ON FUNCTION billing.list_balance_alerts(bigint, text, bigint) IS 'A page of an account''s balance alerts, those that are switched off too, the newest first: those behind cursor (null: from the newest on), limit (1 to 1,000) at the most. The last row''s next_cursor is where the next page begins; it is null where the list ends. Errors: LB104, LB113, LB201. Example: SELECT * FROM billing.list_balance_alerts(7).';

CREATE TYPE billing.listed_notification AS (
    notification_no bigint, event text, source_id bigint, channel text, address text, state text, created_at timestamptz, attempts int, due_at timestamptz,
    result text, code text, answered_at timestamptz, next_cursor text);
COMMENT ON TYPE billing.listed_notification IS 'A row of list_notifications(): source_id is the number of the alert, order, payment, refund, invoice, lock or key; state as B&S 4.9 has it. A webhook-id is n-, the account, the notification_no and an instant. next_cursor stands in a page''s last row.';

CREATE FUNCTION billing.list_notifications(account_id bigint, cursor text = NULL, "limit" bigint = 50) RETURNS SETOF billing.listed_notification
    LANGUAGE c STABLE ROWS 50 AS 'MODULE_PATHNAME', 'billing_list_notifications';
COMMENT ON FUNCTION billing.list_notifications(bigint, text, bigint) IS 'A page of what an account was told, by which way, and what became of it, the newest first: what stands behind cursor (null: from the newest on), limit (1 to 1,000) at the most. The last row''s next_cursor is where the next page begins; it is null where the list ends. Errors: LB104, LB113, LB201. Example: SELECT * FROM billing.list_notifications(7).';
