CREATE FUNCTION billing.transfer_allowed(account_id bigint, debit text, credit text, lot_no bigint, subscription_no bigint, gateway text, source_type text) RETURNS boolean
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_transfer_allowed';
COMMENT ON FUNCTION billing.transfer_allowed(bigint, text, text, bigint, bigint, text, text) IS 'Whether a ledger entry of that shape may exist, by the 36 allowed transfers.';

CREATE FUNCTION billing.judge_transfer() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_judge_transfer';
COMMENT ON FUNCTION billing.judge_transfer() IS 'Trigger of the ledger: refuses an entry that is none of the allowed transfers, or of no positive amount (LB602).';

CREATE FUNCTION billing.history_guard() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_history_guard';
COMMENT ON FUNCTION billing.history_guard() IS 'Trigger of the guards: refuses the change it is fired for (LB601), unless a superuser set billing.allow_history_change.';

CREATE FUNCTION billing.lifecycle_guard() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_lifecycle_guard';
COMMENT ON FUNCTION billing.lifecycle_guard() IS 'Trigger of the guards: refuses a change of state that docs/books-and-states.md 4 does not list (LB616), unless a superuser set billing.allow_history_change.';

CREATE FUNCTION billing.lock_guard() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_lock_guard';
COMMENT ON FUNCTION billing.lock_guard() IS 'Trigger of the guards: refuses an order, a refund or an application for an invoice of an account whose locks refuse it (LB204), whoever inserts it.';

CREATE FUNCTION billing.invoice_line_guard() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_invoice_line_guard';
COMMENT ON FUNCTION billing.invoice_line_guard() IS 'Trigger of the guards: refuses a line of an invoice by which more of an order would be invoiced than can be (LB544), whoever inserts it.';

CREATE FUNCTION billing.forget_cached() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_forget_cached';
COMMENT ON FUNCTION billing.forget_cached() IS 'Trigger of small tables that backends remember: makes them look again.';

CREATE FUNCTION billing.wake_settler() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_wake_settler';
COMMENT ON FUNCTION billing.wake_settler() IS 'Trigger of the inbox: makes the commit durable and wakes the settler after it.';
