CREATE FUNCTION billing.set_invoice_title(account_id bigint, title text, kind text, name text, tax_number text = NULL, address text = NULL, phone text = NULL, bank text = NULL, bank_account text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_invoice_title';
COMMENT ON FUNCTION billing.set_invoice_title(bigint, text, text, text, text, text, text, text, text) IS 'Says in whose name an account''s invoices can be made out (R16). title: what the customer calls it, set again: changed; kind: individual or enterprise; tax_number: of an enterprise, 15, 17 or 20 digits and capital letters, or 18 that are a unified social credit code; overseas as it is written there, where there is one. Invoices keep the title that they were applied for with. Overseas they come by themselves, in the name of the title that is called default. Errors: LB543. Example: SELECT billing.set_invoice_title(7, ''company'', ''enterprise'', ''某某科技有限公司'', ''91330106673959654P'').';

CREATE TYPE billing.invoiceable AS (order_id bigint, kind text, method text, paid_at timestamptz, paid numeric, payer_paid numeric, payer_refunded numeric, invoiced numeric, invoiceable numeric);
COMMENT ON TYPE billing.invoiceable IS 'What of one paid order can be invoiced (R15): kind is topup or plan; payer_paid: of what was paid, what the payer gave himself, without a gateway''s coupons; payer_refunded: of that, what went back to him, or is about to; invoiced: what stands on invoices that are not void.';

CREATE FUNCTION billing.invoiceable(account_id bigint) RETURNS SETOF billing.invoiceable
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_invoiceable';
COMMENT ON FUNCTION billing.invoiceable(bigint) IS 'What of each paid order can be invoiced now (R15). Errors: LB201.';

CREATE TYPE billing.invoice_application AS (invoice_id bigint, state text, amount numeric, due_at timestamptz, replayed boolean);
COMMENT ON TYPE billing.invoice_application IS 'Result of request_invoice(): due_at is when it is to be issued by (policy invoice_target). replayed: the call was carried out before under this key, and nothing was done now.';

CREATE FUNCTION billing.request_invoice(account_id bigint, order_ids bigint[], title text, kind text, email text, mobile text, idempotency_key text, amounts numeric[] = NULL) RETURNS billing.invoice_application
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_request_invoice';
COMMENT ON FUNCTION billing.request_invoice(bigint, bigint[], text, text, text, text, text, numeric[]) IS 'Applies for one invoice of up to 100 paid orders (R16), each with all that can be invoiced of it, or with the amount of amounts at its place. title: one of set_invoice_title(); kind: ordinary, or for an enterprise special; email or mobile, or both: where it is sent, as create_account() takes them. From then on the amounts count as invoiced and cannot be refunded. Errors: LB204, LB506, LB543, LB544, LB547. Example: SELECT * FROM billing.request_invoice(7, ARRAY[1, 2], ''company'', ''special'', ''a@b.example'', NULL, ''invoice-1'').';

CREATE FUNCTION billing.withdraw_invoice(account_id bigint, invoice_id bigint, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_withdraw_invoice';
COMMENT ON FUNCTION billing.withdraw_invoice(bigint, bigint, text, text) IS 'Withdraws an application that nobody has begun to issue: its amounts are free. False where it was withdrawn before. Errors: LB545, LB546.';

CREATE TYPE billing.invoice AS (invoice_id bigint, state text, kind text, name text, tax_number text, amount numeric, order_ids bigint[], email text, mobile text, created_at timestamptz, due_at timestamptz, number text, issued_at timestamptz, red_number text, reason text, has_document boolean, corrects bigint, document_state text);
COMMENT ON TYPE billing.invoice IS 'An invoice, or overseas a credit note. state on the mainland: requested, issued, reversed (red_number: of the red invoice), failed or cancelled, reason says why; overseas: numbering, within a second issued. corrects: of a credit note, the invoice that it corrects. document_state: overseas, rendering, ready or failed. invoice_document() has its document.';

CREATE FUNCTION billing.invoices(account_id bigint) RETURNS SETOF billing.invoice
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_invoices';
COMMENT ON FUNCTION billing.invoices(bigint) IS 'An account''s invoices, credit notes and applications for invoices, the newest first. Errors: LB201.';

CREATE FUNCTION billing.invoice_document(account_id bigint, invoice_id bigint) RETURNS bytea
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_invoice_document';
COMMENT ON FUNCTION billing.invoice_document(bigint, bigint) IS 'The document of an invoice or a credit note, a PDF or as it was recorded; null where there is none (yet). Errors: LB545.';

CREATE FUNCTION billing.record_invoice(account_id bigint, invoice_id bigint, number text, issued_at timestamptz = NULL, document bytea = NULL, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_record_invoice';
COMMENT ON FUNCTION billing.record_invoice(bigint, bigint, text, timestamptz, bytea, text, text) IS 'Records that an operator has issued an invoice on the tax bureau''s platform. number: the bureau''s, 8 to 20 digits, once over all accounts; document: its PDF or OFD, up to 8 MB. issued_at: not later than now, and no more than a day before it was applied for. Called again with a document, where none was given before, it adds that. False where the same was recorded before. Errors: LB545, LB546, LB548.';

CREATE FUNCTION billing.decline_invoice(account_id bigint, invoice_id bigint, reason text, actor text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_decline_invoice';
COMMENT ON FUNCTION billing.decline_invoice(bigint, bigint, text, text) IS 'Ends an application that cannot be issued, such as with data that the bureau refuses: its amounts are free, and the customer sees the reason. False where it was ended so before. Errors: LB545, LB546.';

CREATE FUNCTION billing.record_red_invoice(account_id bigint, invoice_id bigint, number text, reason text, actor text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_record_red_invoice';
COMMENT ON FUNCTION billing.record_red_invoice(bigint, bigint, text, text, text) IS 'Records that an issued invoice was reversed whole by a red one on the tax bureau''s platform (R17); number: of that. Its orders can be invoiced, and refunded, again. False where the same was recorded before. Errors: LB545, LB546, LB548.';

CREATE FUNCTION billing.invoice_queue(OUT account_id bigint, OUT invoice_id bigint, OUT state text, OUT kind text, OUT name text, OUT tax_number text, OUT amount numeric, OUT address text, OUT created_at timestamptz, OUT due_at timestamptz, OUT overdue boolean, OUT buyer jsonb) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 100 AS 'MODULE_PATHNAME', 'billing_invoice_queue';
COMMENT ON FUNCTION billing.invoice_queue() IS 'The rows of the view billing.invoice_queue.';

CREATE VIEW billing.invoice_queue AS
    SELECT q.account_id, q.invoice_id, q.state, q.kind, q.name, q.tax_number, q.amount, q.address, q.created_at, q.due_at, q.overdue, q.buyer
    FROM billing.invoice_queue() AS q;
COMMENT ON VIEW billing.invoice_queue IS 'Invoices that were applied for and have not ended, the most urgent first. overdue: due_at (policy invoice_target) is over; address: where it is to be sent; buyer: all of its title.';

CREATE FUNCTION billing.issue_due_invoices() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_issue_due_invoices';
COMMENT ON FUNCTION billing.issue_due_invoices() IS 'Begins to issue invoices that were applied for, by the gateway of the seller of the mainland: those that customers have had policy invoice_wait to withdraw. Nothing where the seller has no gateway, or that is retired: then operators issue. Accounts that are held wait for the next time; 1,000 invoices at a call. Returns how many accounts. schedule_jobs() has it called each minute.';

CREATE FUNCTION billing.retry_invoice(account_id bigint, invoice_id bigint, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retry_invoice';
COMMENT ON FUNCTION billing.retry_invoice(bigint, bigint, text, text) IS 'Has a blocked invoice sent again, after what blocked it is done at the provider (a login, a face check): it is asked first what came of it. Has one whose sealing failed sealed again, at once. Errors: LB545, LB546.';

CREATE TYPE billing.invoice_reversal AS (confirmation_no bigint, state text, replayed boolean);
COMMENT ON TYPE billing.invoice_reversal IS 'Result of reverse_invoice(): the red confirmation that it began. replayed: the call was carried out before under this key, and nothing was done now.';

CREATE FUNCTION billing.reverse_invoice(account_id bigint, invoice_id bigint, red_reason text, idempotency_key text, reason text, actor text = NULL) RETURNS billing.invoice_reversal
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reverse_invoice';
COMMENT ON FUNCTION billing.reverse_invoice(bigint, bigint, text, text, text, text) IS 'Has an issued invoice reversed whole (R17). red_reason: the bureau''s code: 01 made out wrong, 02 returned, 03 service ended, 04 allowance. Where its buyer has not recorded it, the red invoice follows by itself; else he has 72 hours to confirm. Until it is reversed its amounts count as invoiced. One that operators issued by hand they reverse by hand: record_red_invoice(). Errors: LB204, LB545, LB546. Example: SELECT * FROM billing.reverse_invoice(7, 1, ''01'', ''reverse-1'', ''wrong title'').';

CREATE FUNCTION billing.resolve_red_confirmation(account_id bigint, confirmation_no bigint, answer text, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_resolve_red_confirmation';
COMMENT ON FUNCTION billing.resolve_red_confirmation(bigint, bigint, text, text, text) IS 'Answers a red confirmation: agree or refuse one that waits for the seller, withdraw one of ours that waits. What comes of it, the tax bureau says. Errors: LB550, LB551.';

CREATE TYPE billing.red_confirmation AS (confirmation_no bigint, invoice_id bigint, started_by text, state text, amount numeric, red_number text, red_reason text, answer text, entered_at timestamptz, lapses_at timestamptz, lapsed boolean, bureau_number text, cause text, created_at timestamptz, reason text, actor text);
COMMENT ON TYPE billing.red_confirmation IS 'How an invoice is reversed. started_by: seller, or the buyer at the bureau; amount: what it reverses where that is a part of the invoice; state: applying, waiting_buyer, waiting_seller, confirmed, red_issued, void or failed (cause says why); lapses_at: 72 hours after the bureau entered it; lapsed: that is over, and the bureau has not said what became of it.';

CREATE FUNCTION billing.red_confirmations(account_id bigint) RETURNS SETOF billing.red_confirmation
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_red_confirmations';
COMMENT ON FUNCTION billing.red_confirmations(bigint) IS 'An account''s red confirmations, the newest first. Errors: LB201.';
