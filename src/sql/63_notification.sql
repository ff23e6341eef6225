CREATE FUNCTION billing.set_notification(account_id bigint, event text, channel text, enabled boolean) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_notification';
COMMENT ON FUNCTION billing.set_notification(bigint, text, text, boolean) IS 'Says whether an account is told of an event by email or sms. Without it: by e-mail, but of order_closed; by SMS of the balance (R11), and of all that an account without e-mail would get by that. Webhooks: set_webhook(). Errors: LB103, LB201. Example: SELECT billing.set_notification(7, ''key_created'', ''email'', false).';

CREATE FUNCTION billing.set_language(account_id bigint, language text) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_language';
COMMENT ON FUNCTION billing.set_language(bigint, text) IS 'Says in which language an account is written to, zh or en; null: zh in region cn, else en. Errors: LB103, LB201.';

CREATE FUNCTION billing.resend_notification(account_id bigint, notification_no bigint, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_resend_notification';
COMMENT ON FUNCTION billing.resend_notification(bigint, bigint, text, text) IS 'Has a notification sent again, whatever became of it, under the same id: one that is dead or dropped, one that was sent; one that waits is sent now. Errors: LB561, LB562 it is being sent.';

CREATE FUNCTION billing.dead_notification(OUT account_id bigint, OUT notification_no bigint, OUT event text, OUT channel text, OUT address text, OUT created_at timestamptz, OUT attempts int, OUT result text, OUT code text, OUT answered_at timestamptz) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_dead_notification';
COMMENT ON FUNCTION billing.dead_notification() IS 'The rows of the view billing.dead_notification.';

CREATE VIEW billing.dead_notification AS
    SELECT d.account_id, d.notification_no, d.event, d.channel, d.address, d.created_at, d.attempts, d.result, d.code, d.answered_at
    FROM billing.dead_notification() AS d;
COMMENT ON VIEW billing.dead_notification IS 'Notifications that were refused, or tried too often: resend_notification() sends one again.';
