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

CREATE TABLE billing_books.notification (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    notification_no bigint NOT NULL,
    alert_no bigint NOT NULL,
    episode int NOT NULL,
    created_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('balance_low', 'balance_recovered', 'runway_low', 'runway_recovered')),
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    address text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'dead', 'dropped')),
    payload jsonb NOT NULL,
    PRIMARY KEY (account_id, notification_no),
    UNIQUE (account_id, alert_no, episode, kind, channel),
    FOREIGN KEY (account_id, alert_no) REFERENCES billing_books.balance_alert
);
COMMENT ON TABLE billing_books.notification IS 'What customers shall be told, each address once for each crossing; written in the transaction that books.';
COMMENT ON COLUMN billing_books.notification.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.notification.notification_no IS 'Number of the notification within the account.';
COMMENT ON COLUMN billing_books.notification.alert_no IS 'The alert that it comes from.';
COMMENT ON COLUMN billing_books.notification.episode IS 'Which firing of the alert it belongs to.';
COMMENT ON COLUMN billing_books.notification.created_at IS 'Booking instant of the crossing.';
COMMENT ON COLUMN billing_books.notification.kind IS 'balance_low, balance_recovered, runway_low or runway_recovered.';
COMMENT ON COLUMN billing_books.notification.channel IS 'email or sms.';
COMMENT ON COLUMN billing_books.notification.address IS 'Where it goes, as registered at the crossing.';
COMMENT ON COLUMN billing_books.notification.state IS 'pending until it is delivered.';
COMMENT ON COLUMN billing_books.notification.payload IS 'The facts at the crossing: balance, threshold, currency, runway_hours.';
