CREATE TYPE billing.account_balance AS (
    currency text, cash numeric, bonus numeric, arrears numeric, balance numeric, balance_shown numeric,
    total_topup numeric, total_refunded numeric, callable boolean, reason text);
COMMENT ON TYPE billing.account_balance IS 'Result of balance(): exact amounts; balance = cash + bonus - arrears; balance_shown is rounded down to 0.01.';

CREATE TYPE billing.balance_sums AS (cash numeric, bonus numeric, arrears numeric, balance numeric);
COMMENT ON TYPE billing.balance_sums IS 'Result of balance_at(): exact amounts in the account''s currency.';

CREATE TYPE billing.new_api_key AS (key_id bigint, api_key text);
COMMENT ON TYPE billing.new_api_key IS 'Result of create_api_key(); api_key is shown this once, and null when the call is repeated.';

CREATE TYPE billing.key_authorization AS (
    allowed boolean, reason text, account_id bigint, key_id bigint, balance numeric, shortfall numeric, retryable boolean);
COMMENT ON TYPE billing.key_authorization IS 'Result of authorize(): shortfall is the least top-up after which the key may call; retryable: paying or an operator can open the gate for this key.';

CREATE TYPE billing.charge_result AS (status text, charge numeric, balance numeric, reason text);
COMMENT ON TYPE billing.charge_result IS 'Result of charge(): status is charged, duplicate, unpriced, rejected or free; reason tells why nothing was charged.';

CREATE TYPE billing.booking AS (status text, id bigint, lot_no bigint, entry_no bigint, balance numeric);
COMMENT ON TYPE billing.booking IS 'Result of an operator''s booking: status booked or awaiting_second; id is the number of what was booked, entry_no the newest ledger entry, balance what is in the account then.';

CREATE TYPE billing.charge_line AS (
    item text, tokens bigint, price numeric, amount numeric, lot_no bigint, order_id bigint, entry_no bigint, detail text);
COMMENT ON TYPE billing.charge_line IS 'A line of quote() and explain_charge(): price is per 1,000,000 tokens, amount in the account''s currency.';

CREATE TYPE billing.statement_line AS (
    entry_no bigint, recorded_at timestamptz, occurred_at timestamptz, source_type text, source text, debit text, credit text,
    lot_no bigint, amount numeric, balance_before numeric, balance_after numeric, cash numeric, bonus numeric, arrears numeric, actor text);
COMMENT ON TYPE billing.statement_line IS 'A line of statement(): one ledger entry, the balance before and after it, and what was then in cash, bonus and arrears. source: the request_id of a charge, else the number of its source.';

CREATE TYPE billing.usage_line AS (
    period timestamptz, key_id bigint, key_name text, model text, requests bigint, rejected bigint, unpriced bigint,
    input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
    charge numeric, given_back numeric);
COMMENT ON TYPE billing.usage_line IS 'A line of usage_report(): period is the first instant of the day or hour; what it is not grouped by is null. requests: charged or free, whose tokens are summed up; rejected and unpriced ones are counted beside. charge less given_back (by reverse_charge) is the revenue from usage.';

CREATE TYPE billing.settler_state AS (
    status text, pid int, started_at timestamptz, paused_until timestamptz, pending_since timestamptz, rows_left bigint,
    settled_at timestamptz, settled_events bigint, settled_lag interval, events_total bigint);
COMMENT ON TYPE billing.settler_state IS 'Result of settler(): status is running, paused, not running or not preloaded; pending_since: the first commit of metered usage that it has not settled; rows_left: what it left for accounts that somebody held; settled_at, settled_events: its newest transaction that settled something; settled_lag: how long after the first commit that woke it for that.';

CREATE TYPE billing.job AS (name text, schedule text, command text, scheduled boolean, statement text);
COMMENT ON TYPE billing.job IS 'A line of schedule_jobs(): where it is not scheduled, statement is what schedules it in the database that pg_cron is in.';

CREATE TYPE billing.status_line AS (name text, value text, detail text);
COMMENT ON TYPE billing.status_line IS 'A line of status().';

CREATE TYPE billing.discrepancy AS (check_name text, account_id bigint, detail text);
COMMENT ON TYPE billing.discrepancy IS 'A row of verify(): what does not agree; account_id is null where it is no account''s.';
