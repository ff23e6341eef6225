CREATE FUNCTION billing.make_partitions() RETURNS int
    LANGUAGE c SET lock_timeout = '500ms' AS 'MODULE_PATHNAME', 'billing_make_partitions';
COMMENT ON FUNCTION billing.make_partitions() IS 'Makes the partitions of usage of this month (UTC) and the next three; returns how many are new. Waits half a second at the most for whoever uses usage_event (55P03: try again). Warns where usage_event_default has usage of such a month: it stays there.';

CREATE FUNCTION billing.close_partitions() RETURNS int
    LANGUAGE c SET lock_timeout = '500ms' AS 'MODULE_PATHNAME', 'billing_close_partitions';
COMMENT ON FUNCTION billing.close_partitions() IS 'Closes months of usage that are older than policy usage_retention (unset: none), oldest first: sums them up into usage_day and detaches their partition, whose table stays in the schema. Months with unpriced usage, and months after them, wait. Returns how many. Requests of closed months can be neither explained nor undone. Waits half a second at the most for whoever uses usage_event (55P03: try again).';
