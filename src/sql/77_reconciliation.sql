CREATE FUNCTION billing.reconcile(gateway text = NULL, day date = NULL, actor text = NULL) RETURNS TABLE (of_gateway text, of_day date, run integer, state text)
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reconcile';
COMMENT ON FUNCTION billing.reconcile(text, date, text) IS 'Has a day of a gateway''s bills compared with the books: the gateway worker fetches them, asks for what the books do not have, and books fees and settlements; billing.reconciled_day shows it when it is done. gateway: null: all that have bills; day: by the gateway''s calendar (of China, for Waffo of UTC), null: the last one that is over. A day may be compared again: only what is different is booked. While a run of the day goes on, that one is returned. schedule_jobs() has it called twice a day. Example: SELECT * FROM billing.reconcile(''wechat_main'', ''2026-01-01''). Errors: LB104, LB511, LB527.';

CREATE FUNCTION billing.import_bill(gateway text, day date, bill text, actor text = NULL, reason text = NULL) RETURNS integer
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_import_bill';
COMMENT ON FUNCTION billing.import_bill(text, date, text, text, text) IS 'The same for a gateway that has no bill to fetch: an operator brings it as CSV with a header. Columns: kind (payment, refund, settlement, funding), amount, and as far as they are known order_number, transaction_id, refund_number, refund_id, fee, at. 16 MB at the most. No row books a payment or a take-back: the gateway is asked. Returns the number of the run. Errors: LB104, LB511, LB528, LB529.';

CREATE FUNCTION billing.set_gateway_fee(gateway text, rate numeric, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_gateway_fee';
COMMENT ON FUNCTION billing.set_gateway_fee(text, numeric, text, text) IS 'What part of each payment a gateway keeps, by the contract: 0.006 is 0.6 percent; from 0 to below 1, 6 decimals. Bills are compared with it, to a cent, and what they give back with refunds; null: fees are not compared. Errors: LB104, LB511.';

CREATE FUNCTION billing.resolve_difference(difference_id bigint, resolution text, actor text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_resolve_difference';
COMMENT ON FUNCTION billing.resolve_difference(bigint, text, text) IS 'Settles a difference between a bill and the books by an operator''s word: resolution says how. It books nothing. Errors: LB530.';

CREATE FUNCTION billing.reconciled_day(OUT gateway text, OUT day date, OUT run integer, OUT finished_at timestamptz, OUT payments numeric, OUT our_payments numeric, OUT refunds numeric, OUT our_refunds numeric, OUT fees numeric, OUT fees_returned numeric, OUT settled numeric, OUT funded numeric, OUT differences bigint, OUT open_differences bigint) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 100 AS 'MODULE_PATHNAME', 'billing_reconciled_day';
COMMENT ON FUNCTION billing.reconciled_day() IS 'The rows of the view billing.reconciled_day.';

CREATE VIEW billing.reconciled_day AS
    SELECT r.gateway, r.day, r.run, r.finished_at, r.payments, r.our_payments, r.refunds, r.our_refunds, r.fees, r.fees_returned, r.settled, r.funded, r.differences, r.open_differences
    FROM billing.reconciled_day() AS r;
COMMENT ON VIEW billing.reconciled_day IS 'Days of gateways that were compared: what the bill says and what the books have, fees and settlements as booked, how many differences there were and how many are not settled (billing_books.reconciliation_difference).';

CREATE FUNCTION billing.gateway_balance(OUT gateway text, OUT currency text, OUT received numeric, OUT given_back numeric, OUT fees numeric, OUT settled numeric, OUT unsettled numeric) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_gateway_balance';
COMMENT ON FUNCTION billing.gateway_balance() IS 'The rows of the view billing.gateway_balance.';

CREATE VIEW billing.gateway_balance AS
    SELECT b.gateway, b.currency, b.received, b.given_back, b.fees, b.settled, b.unsettled
    FROM billing.gateway_balance() AS b;
COMMENT ON VIEW billing.gateway_balance IS 'What each gateway still owes, over all accounts: payments received (what was dismissed or moved is none), given back (refunds, returns, what was taken back less what came again), fees less those given back, settled to the bank less what came from there; unsettled is the rest. offline is money at the bank. verify() compares it with the ledger.';
