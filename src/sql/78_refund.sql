CREATE TYPE billing.refund_quote AS (subject text, order_id bigint, method text, paid numeric, consumed numeric, invoiced numeric, refunded numeric, remaining numeric, refundable numeric, refund_until timestamptz, by_hand text, reason text);
COMMENT ON TYPE billing.refund_quote IS 'A line of what a refund would give back. subject: order, plan (what has not ended of one), bonus or total; paid, consumed, invoiced, refunded and remaining: of the order; refundable: whole 0.01; refund_until: when its gateway takes no more refunds of it, null: never; by_hand: why it would be paid back by hand (offline, no_call, window, count); reason: why nothing of it can be refunded (bonus, refunded, invoiced, consumed, coupons; plan, or plan_stopped where the lock of a request stops its keys).';

CREATE FUNCTION billing.refund_quote(account_id bigint) RETURNS SETOF billing.refund_quote
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_refund_quote';
COMMENT ON FUNCTION billing.refund_quote(bigint) IS 'What of each paid order could be refunded now (R12), and the total. Usage that is not settled yet lowers it. Errors: LB201.';

CREATE TYPE billing.refund AS (refund_id bigint, order_id bigint, state text, amount numeric, paid_back numeric, waiting numeric, released numeric, reason text, requested_at timestamptz, decided_at timestamptz, ended_at timestamptz, working_days bigint, replayed boolean);
COMMENT ON TYPE billing.refund IS 'A refund as its customer sees it. state: accepted (it is reviewed), rejected, paying, completed; amount: asked for, once it is decided: approved; of it paid_back, still waiting, and released, back into the balance; order_id: the one order that an operator refunded, null: all; working_days: since it was asked for, until it ended; replayed: of request_refund(), it was asked for before under this key; null in refunds().';

CREATE FUNCTION billing.request_refund(account_id bigint, reason text, idempotency_key text, actor text = NULL) RETURNS billing.refund
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_request_refund';
COMMENT ON FUNCTION billing.request_refund(bigint, text, text, text) IS 'Asks for all that can be refunded (R13, R14), and locks the account from this instant on: no calls, no top-ups; open orders are closed. An operator approves or rejects it. The same call again returns the same; refunds() says how far it is. Example: SELECT * FROM billing.request_refund(42, ''we leave'', ''refund-1''). Errors: LB201, LB204, LB531, LB532.';

CREATE FUNCTION billing.refunds(account_id bigint) RETURNS SETOF billing.refund
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_refunds';
COMMENT ON FUNCTION billing.refunds(bigint) IS 'An account''s refunds, newest first, and how far they are. Errors: LB201.';

CREATE TYPE billing.refund_item AS (item_id bigint, refund_id bigint, order_id bigint, method text, gateway text, state text, amount numeric, reason text, reference text, changed_at timestamptz);
COMMENT ON TYPE billing.refund_item IS 'What of a refund goes back to one payment. state: queued, processing, manual, failed, abnormal (these three wait for an operator, reason says why), paid, paid_offline (reference: the bank''s) or released.';

CREATE FUNCTION billing.refund_items(account_id bigint, refund_id bigint = NULL) RETURNS SETOF billing.refund_item
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_refund_items';
COMMENT ON FUNCTION billing.refund_items(bigint, bigint) IS 'The parts of an account''s refunds, or of one. Errors: LB201, LB533.';

CREATE FUNCTION billing.approve_refund(account_id bigint, refund_id bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_approve_refund';
COMMENT ON FUNCTION billing.approve_refund(bigint, bigint, text, text, text) IS 'Approves a refund: what can be refunded is computed again, reserved, and sent back order by order (R14). Not before policy refund_settle_wait is over and all usage is settled; by two above policy second_person_above. id is the refund_id. Errors: LB531, LB533, LB534, LB535.';

CREATE FUNCTION billing.reject_refund(account_id bigint, refund_id bigint, reason text, actor text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reject_refund';
COMMENT ON FUNCTION billing.reject_refund(bigint, bigint, text, text) IS 'Rejects a refund that was asked for, and lifts its lock; other locks stay. Errors: LB533, LB534.';

CREATE FUNCTION billing.refund_order(account_id bigint, order_id bigint, amount numeric, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_refund_order';
COMMENT ON FUNCTION billing.refund_order(bigint, bigint, numeric, text, text, text) IS 'Refunds one order, or a part of it, that was a mistake or paid twice: at once, without a lock. amount: whole 0.01, at the most what refund_quote() says of that order; by two above policy second_person_above. id is the refund_id. Errors: LB506, LB532, LB538.';

CREATE FUNCTION billing.retry_refund_item(account_id bigint, item_id bigint, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retry_refund_item';
COMMENT ON FUNCTION billing.retry_refund_item(bigint, bigint, text, text) IS 'Has a part of a refund sent again that failed or got stuck: by the same number, and it is asked first what became of it; by a new one only where the gateway says that the old one is dead. Errors: LB536, LB537, LB539.';

CREATE FUNCTION billing.release_refund_item(account_id bigint, item_id bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_release_refund_item';
COMMENT ON FUNCTION billing.release_refund_item(bigint, bigint, text, text, text) IS 'Puts the reserve of a part that failed, or that cannot go back by itself, into its lot again, where it pays arrears first. By two above policy second_person_above. id is the item_id. Errors: LB536, LB537.';

CREATE FUNCTION billing.settle_refund_item_offline(account_id bigint, item_id bigint, reference text, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_settle_refund_item_offline';
COMMENT ON FUNCTION billing.settle_refund_item_offline(bigint, bigint, text, text, text, text) IS 'Records that a part of a refund was paid back by bank transfer; reference: the bank''s. By two above policy second_person_above. id is the item_id. Errors: LB536, LB537.';

CREATE FUNCTION billing.give_up_refund_item(account_id bigint, item_id bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_give_up_refund_item';
COMMENT ON FUNCTION billing.give_up_refund_item(bigint, bigint, text, text, text) IS 'Gives up a part that is queued or processing and will not end, such as at a gateway whose contract has ended: nothing is sent or asked any more, and it can be released or settled offline. Should it have succeeded all the same, that is booked when the gateway tells. Needs a second person. id is the item_id. Errors: LB536, LB537.';

CREATE FUNCTION billing.reopen_account(account_id bigint, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reopen_account';
COMMENT ON FUNCTION billing.reopen_account(bigint, text, text) IS 'Lifts the lock that a completed refund left; false where there is none. Errors: LB532 (a refund is open).';

CREATE FUNCTION billing.set_working_day(day date, working boolean, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_working_day';
COMMENT ON FUNCTION billing.set_working_day(date, boolean, text, text) IS 'Says that a weekday is a holiday (false), or that people work on a weekend (true); null: as its weekday again. refund_queue counts by it.';

CREATE FUNCTION billing.refund_queue(OUT account_id bigint, OUT refund_id bigint, OUT state text, OUT amount numeric, OUT currency text, OUT requested_at timestamptz, OUT working_days bigint, OUT overdue boolean, OUT approvable_from timestamptz, OUT waiting text, OUT reason text) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 100 AS 'MODULE_PATHNAME', 'billing_refund_queue';
COMMENT ON FUNCTION billing.refund_queue() IS 'The rows of the view billing.refund_queue.';

CREATE VIEW billing.refund_queue AS
    SELECT q.account_id, q.refund_id, q.state, q.amount, q.currency, q.requested_at, q.working_days, q.overdue, q.approvable_from, q.waiting, q.reason
    FROM billing.refund_queue() AS q;
COMMENT ON VIEW billing.refund_queue IS 'Refunds that have not ended, the oldest first. working_days: since the request, by China''s calendar, abroad UTC''s, and set_working_day(), for a year at the most; overdue: more than 5 of them; approvable_from: when policy refund_settle_wait is over; waiting: of one that is paying, its parts that are not final.';
