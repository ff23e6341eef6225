CREATE TYPE billing.status_line AS (name text, value text, detail text);
COMMENT ON TYPE billing.status_line IS 'A line of status().';

CREATE FUNCTION billing.status() RETURNS SETOF billing.status_line
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_status';
COMMENT ON FUNCTION billing.status() IS 'Versions, clock, and what needs attention.';

CREATE FUNCTION billing.check_health(tolerance interval = '30 seconds') RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_check_health';
COMMENT ON FUNCTION billing.check_health(interval) IS 'An alarm to be called periodically: error LB611 where metered usage waits for longer than tolerance (0 to 1 day) or no settler runs, or where usage was received in a month without a partition.';
