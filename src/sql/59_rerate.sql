CREATE TYPE billing.rerate AS (status text, rerate_no bigint, accounts bigint, events bigint, less numeric, more numeric, replayed boolean);
COMMENT ON TYPE billing.rerate IS 'What begin_rerate() found: begun, or awaiting_second; how many charges of how many accounts would move, and by how much in all. replayed: it had begun, or was asked for, before.';

CREATE FUNCTION billing.begin_rerate(account_id bigint, occurred_from timestamptz, occurred_to timestamptz, model text, idempotency_key text, reason text = NULL, actor text = NULL) RETURNS billing.rerate
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_begin_rerate';
COMMENT ON FUNCTION billing.begin_rerate(bigint, timestamptz, timestamptz, text, text, text, text) IS 'Begins to give charges of an account (null: of all), of calls that began in [occurred_from, occurred_to), of a model (null: of all), the prices as they are corrected now (R20). It moves nothing: continue_rerate() does. What would move is written down by account (rerate_accounts()) and stays as it is; above policy second_person_above, by the sum of all differences, a second person says the same again. The key of all accounts is one of the house''s account -1. Errors: LB201, LB416 another one of these charges is not finished, or has begun since this was asked for; LB502 an account''s sum is no amount. Example: SELECT * FROM billing.begin_rerate(NULL, ''2026-11-01 00:00+00'', now(), ''m'', ''fix-17'', ''price 17 was wrong'').';

CREATE TYPE billing.rerate_step AS (rerate_no bigint, done bigint, "left" bigint);
COMMENT ON TYPE billing.rerate_step IS 'What continue_rerate() did: how many charges it gave their new price, and about how many are left; 0: it is finished.';

CREATE FUNCTION billing.continue_rerate(rerate_no bigint = NULL, max_events bigint = 1000) RETURNS billing.rerate_step
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_continue_rerate';
COMMENT ON FUNCTION billing.continue_rerate(bigint, bigint) IS 'Goes on with a re-rating: looks at up to max_events charges of one account that nobody holds, or waits for one, and books the differences. Again and again, until nothing is left; a step that is rolled back has done nothing. Null: the oldest that is not finished and of which something can be done now, of as many accounts as nobody holds, which the job does. Errors: LB415, LB416 it waits for a second person. Example: SELECT * FROM billing.continue_rerate(3).';

CREATE TYPE billing.rerated_account AS (account_id bigint, currency text, events bigint, less numeric, more numeric, moved bigint, given_back numeric, charged numeric, skipped jsonb, finished_at timestamptz);
COMMENT ON TYPE billing.rerated_account IS 'An account of a re-rating: what would move as it was asked for (events, less, more), what has moved (moved, given_back, charged), and how many charges are passed over for which reason.';

CREATE FUNCTION billing.end_rerate(rerate_no bigint, reason text = NULL, actor text = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_end_rerate';
COMMENT ON FUNCTION billing.end_rerate(bigint, text, text) IS 'Ends a re-rating that has begun before all of its charges have their new price: what was moved stays moved, and what was not keeps its price (skipped: ended). For one whose accounts fail, or that was a mistake; another one of these charges can begin then. Returns about how many charges are left of accounts that continue_rerate() has just now; 0: it is finished. Errors: LB415, LB416 it waits for a second person (withdraw_approval()). Example: SELECT billing.end_rerate(3, ''account 17 is damaged'').';

CREATE FUNCTION billing.rerate_accounts(rerate_no bigint) RETURNS SETOF billing.rerated_account
    LANGUAGE c STABLE ROWS 100 AS 'MODULE_PATHNAME', 'billing_rerate_accounts';
COMMENT ON FUNCTION billing.rerate_accounts(bigint) IS 'The accounts of a re-rating, also of one that waits for a second person. Errors: LB415. Example: SELECT * FROM billing.rerate_accounts(3).';
