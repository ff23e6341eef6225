CREATE TYPE billing.settler_state AS (
    status text, pid int, started_at timestamptz, paused_until timestamptz, pending_since timestamptz, rows_left bigint, rows_failed bigint,
    settled_at timestamptz, settled_events bigint, settled_lag interval, events_total bigint);
COMMENT ON TYPE billing.settler_state IS 'Result of settler(): status is running, paused, not running or not preloaded; pending_since: the first commit of metered usage that it has not settled; rows_left: what it left for accounts that somebody held; rows_failed: what stays because its booking fails; settled_at, settled_events: its newest transaction that settled something; settled_lag: how long after the first commit that woke it for that.';

CREATE FUNCTION billing.settler() RETURNS billing.settler_state
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_settler';
COMMENT ON FUNCTION billing.settler() IS 'How this database''s settler is doing: see the view settler_lag.';

CREATE FUNCTION billing.pause_workers(pause interval) RETURNS timestamptz
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_pause_workers';
COMMENT ON FUNCTION billing.pause_workers(interval) IS 'Ends this database''s background workers and starts none for that long, 0 to 1 day (0: starts them again); returns when the pause ends, null where it was ended. For DROP DATABASE, ALTER DATABASE ... RENAME and CREATE DATABASE ... TEMPLATE. Errors: LB609, LB610.';
