CREATE TYPE billing.job AS (name text, schedule text, command text, scheduled boolean, statement text);
COMMENT ON TYPE billing.job IS 'A line of schedule_jobs(): where it is not scheduled, statement is what schedules it in the database that pg_cron is in.';

CREATE FUNCTION billing.schedule_jobs() RETURNS SETOF billing.job
    LANGUAGE c ROWS 5 AS 'MODULE_PATHNAME', 'billing_schedule_jobs';
COMMENT ON FUNCTION billing.schedule_jobs() IS 'Schedules the periodic work with pg_cron, as jobs of the caller, who must be able to log in; again is harmless. Where pg_cron is in another database, or not installed, it only tells the statements to run there.';

CREATE FUNCTION billing.unschedule_jobs() RETURNS int
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_unschedule_jobs';
COMMENT ON FUNCTION billing.unschedule_jobs() IS 'Removes the caller''s jobs that schedule_jobs() made; returns how many.';
