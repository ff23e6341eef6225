CREATE FUNCTION billing.version() RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_version';
COMMENT ON FUNCTION billing.version() IS 'Version of the loaded library.';

CREATE FUNCTION billing.transfer_allowed(account_id bigint, debit text, credit text, lot_no bigint, subscription_no bigint, gateway text, source_type text) RETURNS boolean
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_transfer_allowed';
COMMENT ON FUNCTION billing.transfer_allowed(bigint, text, text, bigint, bigint, text, text) IS 'Whether a ledger entry of that shape may exist, by the 36 allowed transfers.';

CREATE FUNCTION billing.judge_transfer() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_judge_transfer';
COMMENT ON FUNCTION billing.judge_transfer() IS 'Trigger of the ledger: refuses an entry that is none of the allowed transfers, or of no positive amount (LB602).';

CREATE FUNCTION billing.history_guard() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_history_guard';
COMMENT ON FUNCTION billing.history_guard() IS 'Trigger of the guards: refuses the change it is fired for (LB601), unless a superuser set billing.allow_history_change.';

CREATE FUNCTION billing.forget_cached() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_forget_cached';
COMMENT ON FUNCTION billing.forget_cached() IS 'Trigger of small tables that backends remember: makes them look again.';

CREATE FUNCTION billing.wake_settler() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_wake_settler';
COMMENT ON FUNCTION billing.wake_settler() IS 'Trigger of the inbox: makes the commit durable and wakes the settler after it.';

CREATE FUNCTION billing.pause_workers(pause interval) RETURNS timestamptz
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_pause_workers';
COMMENT ON FUNCTION billing.pause_workers(interval) IS 'Ends this database''s background workers and starts none for that long, 0 to 1 day (0: starts them again); returns when the pause ends, null where it was ended. For DROP DATABASE, ALTER DATABASE ... RENAME and CREATE DATABASE ... TEMPLATE. Errors: LB609, LB610.';

CREATE FUNCTION billing.settler() RETURNS billing.settler_state
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_settler';
COMMENT ON FUNCTION billing.settler() IS 'How this database''s settler is doing: see the view settler_lag.';

CREATE FUNCTION billing.schedule_jobs() RETURNS SETOF billing.job
    LANGUAGE c ROWS 5 AS 'MODULE_PATHNAME', 'billing_schedule_jobs';
COMMENT ON FUNCTION billing.schedule_jobs() IS 'Schedules the periodic work with pg_cron, as jobs of the caller, who must be able to log in; again is harmless. Where pg_cron is in another database, or not installed, it only tells the statements to run there.';

CREATE FUNCTION billing.unschedule_jobs() RETURNS int
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_unschedule_jobs';
COMMENT ON FUNCTION billing.unschedule_jobs() IS 'Removes the caller''s jobs that schedule_jobs() made; returns how many.';

CREATE FUNCTION billing.book_expired() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_book_expired';
COMMENT ON FUNCTION billing.book_expired() IS 'Books bonus that has expired, of 1,000 accounts at the most that nobody holds, so that alerts hear of it; returns of how many. It is out of every balance already, booked or not.';

CREATE FUNCTION billing.check_health(tolerance interval = '30 seconds') RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_check_health';
COMMENT ON FUNCTION billing.check_health(interval) IS 'An alarm to be called periodically: error LB611 where metered usage waits for longer than tolerance (0 to 1 day) or no settler runs, or where usage was received in a month without a partition.';

CREATE FUNCTION billing.install() RETURNS int
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_install';
COMMENT ON FUNCTION billing.install() IS 'Makes the tables, owned by the caller; on existing ones puts missing or weakened guards and views back. Returns the schema version.';

CREATE FUNCTION billing.migrate() RETURNS int
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_migrate';
COMMENT ON FUNCTION billing.migrate() IS 'After ALTER EXTENSION billing UPDATE: brings tables, views, guards and the rights given by grant_access() up to date. For a superuser. Returns the schema version.';

CREATE FUNCTION billing.grant_access(role name, level text) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_grant_access';
COMMENT ON FUNCTION billing.grant_access(name, text) IS 'Gives a role the rights of a level: app (calls of an application), operator (all bookings, all reading), auditor (reading, verify). For a superuser (LB608). Errors: LB605, LB606.';

CREATE FUNCTION billing.error_codes(OUT sqlstate text, OUT name text, OUT hint text) RETURNS SETOF record
    LANGUAGE c IMMUTABLE ROWS 60 AS 'MODULE_PATHNAME', 'billing_error_codes';
COMMENT ON FUNCTION billing.error_codes() IS 'Every error that billing raises: its SQLSTATE of class LB, a stable name, and its hint.';

CREATE FUNCTION billing.verify() RETURNS SETOF billing.discrepancy
    LANGUAGE c STABLE ROWS 1 AS 'MODULE_PATHNAME', 'billing_verify';
COMMENT ON FUNCTION billing.verify() IS 'Recomputes the books and returns a row per discrepancy, a missing or disabled guard included. No row is the only good answer. Reads everything.';

CREATE FUNCTION billing.status() RETURNS SETOF billing.status_line
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_status';
COMMENT ON FUNCTION billing.status() IS 'Versions, clock, and what needs attention.';

CREATE FUNCTION billing.policies(OUT name text, OUT type text, OUT currency text, OUT value text, OUT value_default text, OUT value_min text, OUT value_max text, OUT description text) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_policies';
COMMENT ON FUNCTION billing.policies() IS 'The rows of the view billing.policy.';

CREATE FUNCTION billing.set_policy(name text, value text, currency text = NULL, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_policy';
COMMENT ON FUNCTION billing.set_policy(text, text, text, text, text) IS 'Sets a policy; value null: back to its default. Amounts are per currency. second_person_above only by the owner of the books (LB607). Errors: LB603 unknown policy, LB604 wrong type or out of bounds. Example: SELECT billing.set_policy(''block_at_zero'', ''on'').';

