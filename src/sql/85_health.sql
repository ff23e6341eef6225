CREATE TYPE billing.status_line AS (name text, value text, detail text);
COMMENT ON TYPE billing.status_line IS 'A line of status().';

CREATE FUNCTION billing.status() RETURNS SETOF billing.status_line
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_status';
COMMENT ON FUNCTION billing.status() IS 'Versions, clock, and what needs attention.';

CREATE FUNCTION billing.check_health(tolerance interval = '30 seconds') RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_check_health';
COMMENT ON FUNCTION billing.check_health(interval) IS 'An alarm to be called periodically: error LB611 where metered usage waits for longer than tolerance (0 to 1 day) or no settler runs, where its booking fails for more than a few accounts, where rows that were set aside or usage without a price wait for somebody for longer, or where usage was received in a month without a partition.';

CREATE FUNCTION billing.unsettled_usage(OUT unsettled_rows bigint, OUT first_occurred_at timestamptz) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 1 AS 'MODULE_PATHNAME', 'billing_unsettled_usage';
COMMENT ON FUNCTION billing.unsettled_usage() IS 'What stands in the inbox: its rows, counted, and the earliest stamp among them.';

CREATE VIEW billing.settler_lag AS
    SELECT s.status, s.pid, s.paused_until, u.unsettled_rows, u.first_occurred_at,
           CASE WHEN s.pending_since IS NOT NULL THEN greatest(clock_timestamp() - s.pending_since, interval '0') END AS waiting, s.rows_left, s.rows_failed,
           s.settled_at, s.settled_events, s.settled_lag, s.events_total
    FROM billing.settler() AS s, billing.unsettled_usage() AS u;
COMMENT ON VIEW billing.settler_lag IS 'How far settling is behind: rows in the inbox and the earliest stamp among them; waiting: since the first commit that the settler has not settled; rows_left: left for accounts that somebody held; rows_failed: left because their booking fails, which concerns more than a few accounts, and tried again; settled_lag: the time from commit to settlement, lately. Counts the inbox: not for every second.';

CREATE FUNCTION billing.unpriced_usage(OUT currency text, OUT model text, OUT variant text, OUT events bigint, OUT accounts bigint, OUT first_occurred_at timestamptz, OUT last_occurred_at timestamptz, OUT reason text, OUT meters jsonb) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_unpriced_usage';
COMMENT ON FUNCTION billing.unpriced_usage() IS 'The rows of the view billing.unpriced_usage.';

CREATE VIEW billing.unpriced_usage AS
    SELECT u.currency, u.model, u.variant, u.events, u.accounts, u.first_occurred_at, u.last_occurred_at, u.reason, u.meters
    FROM billing.unpriced_usage() AS u;
COMMENT ON VIEW billing.unpriced_usage IS 'Usage without a price: give one with set_price(), then book it with settle(). variant: empty is the standard one. reason meter_unlisted: its price does not say what one of the meters costs.';

CREATE FUNCTION billing.awaiting_second(OUT account_id bigint, OUT idempotency_key text, OUT function text, OUT amount numeric, OUT requested_at timestamptz, OUT requested_by text, OUT reason text) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_awaiting_second';
COMMENT ON FUNCTION billing.awaiting_second() IS 'The rows of the view billing.awaiting_second.';

CREATE VIEW billing.awaiting_second AS
    SELECT a.account_id, a.idempotency_key, a.function, a.amount, a.requested_at, a.requested_by, a.reason
    FROM billing.awaiting_second() AS a;
COMMENT ON VIEW billing.awaiting_second IS 'Operators'' calls that wait for a second person.';

CREATE FUNCTION billing.attention(OUT what text, OUT account_id bigint, OUT id bigint, OUT gateway text, OUT since timestamptz, OUT amount numeric, OUT detail text) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_attention';
COMMENT ON FUNCTION billing.attention() IS 'The rows of the view billing.attention.';

CREATE VIEW billing.attention AS
    SELECT a.what, a.account_id, a.id, a.gateway, a.since, a.amount, a.detail
    FROM billing.attention() AS a;
COMMENT ON VIEW billing.attention IS 'What needs a person: payments that are held, parked calls, refunds that wait, parts of refunds that do not go back by themselves, gateways that do not answer, messages that go on waiting. id is the number of the payment, call, item or message.';
