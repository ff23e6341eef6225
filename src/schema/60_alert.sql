CREATE TABLE billing_books.balance_alert (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    alert_no bigint NOT NULL,
    threshold numeric(18,9) NOT NULL CHECK (threshold >= 0 AND threshold < 'NaN'),
    watch_below numeric(18,9) NOT NULL,
    runway_hours int CHECK (runway_hours > 0),
    notify_recovery boolean NOT NULL,
    enabled boolean NOT NULL,
    armed boolean NOT NULL,
    fired boolean NOT NULL CHECK (NOT (fired AND armed)),
    episode int NOT NULL,
    PRIMARY KEY (account_id, alert_no)
);
CREATE UNIQUE INDEX balance_alert_threshold ON billing_books.balance_alert (account_id, threshold) WHERE runway_hours IS NULL;
CREATE UNIQUE INDEX balance_alert_runway ON billing_books.balance_alert (account_id, runway_hours) WHERE runway_hours IS NOT NULL;
COMMENT ON TABLE billing_books.balance_alert IS 'Balance alerts of the customers (R11): set_balance_alert() makes them, bookings decide.';
COMMENT ON COLUMN billing_books.balance_alert.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.balance_alert.alert_no IS 'Number of the alert within the account.';
COMMENT ON COLUMN billing_books.balance_alert.threshold IS 'It fires when the balance falls below; of a runway alert the spend of its hours, as last reviewed.';
COMMENT ON COLUMN billing_books.balance_alert.watch_below IS 'While it is armed, it is looked at when the balance falls below this: the threshold, or where balance and spend of a runway alert can meet.';
COMMENT ON COLUMN billing_books.balance_alert.runway_hours IS 'A runway alert: fires when the balance would not last so many hours at the rate of the last ones; null: the threshold is fixed.';
COMMENT ON COLUMN billing_books.balance_alert.notify_recovery IS 'Whether the customer is also told when the balance is at or above the threshold again.';
COMMENT ON COLUMN billing_books.balance_alert.enabled IS 'Off: it neither fires nor recovers.';
COMMENT ON COLUMN billing_books.balance_alert.armed IS 'Whether the balance has been at or above the threshold since it last fired or was enabled.';
COMMENT ON COLUMN billing_books.balance_alert.fired IS 'Whether it has fired and was not armed since.';
COMMENT ON COLUMN billing_books.balance_alert.episode IS 'How often it has fired.';
