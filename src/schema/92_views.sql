CREATE OR REPLACE VIEW billing.policy AS
    SELECT c.name, c.type, c.currency, c.value, c.value_default, c.value_min, c.value_max, c.description
    FROM billing.policies() AS c;
COMMENT ON VIEW billing.policy IS 'Every policy: its value in force, default and bounds. Change one with set_policy().';

CREATE OR REPLACE VIEW billing.unpriced_usage AS
    SELECT a.currency, u.model, count(*) AS events, count(DISTINCT u.account_id) AS accounts,
           min(u.occurred_at) AS first_occurred_at, max(u.occurred_at) AS last_occurred_at
    FROM billing.usage_event AS u JOIN billing.account AS a ON a.account_id = u.account_id
    WHERE u.status = 'unpriced'
    GROUP BY a.currency, u.model;
COMMENT ON VIEW billing.unpriced_usage IS 'Usage without a price: give one with set_price(), then book it with settle().';

CREATE OR REPLACE VIEW billing.awaiting_second AS
    SELECT r.account_id, r.idempotency_key, r.function, r.amount, r.requested_at, r.requested_by, r.reason
    FROM billing.approval_request AS r
    WHERE NOT EXISTS (SELECT FROM billing.idempotent_call AS c
                      WHERE c.account_id = r.account_id
                        AND c.idempotency_key = r.idempotency_key);
COMMENT ON VIEW billing.awaiting_second IS 'Operators'' calls that wait for a second person.';

CREATE OR REPLACE VIEW billing.settler_lag AS
    SELECT s.status, s.pid, s.paused_until, i.unsettled_rows, i.first_occurred_at,
           CASE WHEN s.pending_since IS NOT NULL THEN greatest(clock_timestamp() - s.pending_since, interval '0') END AS waiting, s.rows_left,
           s.settled_at, s.settled_events, s.settled_lag, s.events_total
    FROM billing.settler() AS s,
         (SELECT count(*) AS unsettled_rows, min(occurred_at) AS first_occurred_at FROM billing.usage_inbox) AS i;
COMMENT ON VIEW billing.settler_lag IS 'How far settling is behind: rows in the inbox and the earliest stamp among them; waiting: since the first commit that the settler has not settled; rows_left: left for accounts that somebody held; settled_lag: the time from commit to settlement, lately. Counts the inbox: not for every second.';
