CREATE TABLE billing_books.notification_setting (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    event text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    enabled boolean NOT NULL,
    PRIMARY KEY (account_id, event, channel)
);
COMMENT ON TABLE billing_books.notification_setting IS 'What accounts want to be told, and how, where that is not the default: set_notification().';
COMMENT ON COLUMN billing_books.notification_setting.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.notification_setting.event IS 'What is told.';
COMMENT ON COLUMN billing_books.notification_setting.channel IS 'email or sms; an endpoint of a webhook has its own list of events.';
COMMENT ON COLUMN billing_books.notification_setting.enabled IS 'Whether it is told that way.';

CREATE TABLE billing_books.notification (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    notification_no bigint NOT NULL,
    event text NOT NULL,
    source_id bigint NOT NULL,
    episode int NOT NULL,
    created_at timestamptz NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'webhook')),
    endpoint_id bigint,
    address text NOT NULL,
    lane text COLLATE "C" NOT NULL,
    language text NOT NULL CHECK (language IN ('zh', 'en')),
    payload jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'dead', 'dropped')),
    due_at timestamptz,
    useful_until timestamptz,
    attempts int NOT NULL DEFAULT 0,
    first_sent_at timestamptz,
    result text,
    code text,
    answered_at timestamptz,
    PRIMARY KEY (account_id, notification_no),
    UNIQUE NULLS NOT DISTINCT (account_id, event, source_id, episode, channel, endpoint_id),
    FOREIGN KEY (account_id, endpoint_id) REFERENCES billing_books.webhook_endpoint,
    CHECK ((channel = 'webhook') = (endpoint_id IS NOT NULL)),
    CHECK ((state IN ('pending', 'sending')) = (due_at IS NOT NULL))
);
-- What is to be sent, by what it takes turns with.
CREATE INDEX notification_due ON billing_books.notification (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notification_dead ON billing_books.notification (account_id, notification_no) WHERE state = 'dead';
CREATE INDEX notification_untold ON billing_books.notification (created_at) WHERE result = 'no_template';
-- How many of keys there are of a day, and not of all.
CREATE INDEX notification_of_keys ON billing_books.notification (account_id, created_at) WHERE event IN ('key_created', 'key_deleted') AND channel <> 'webhook';
COMMENT ON TABLE billing_books.notification IS 'What customers shall be told, each thing once to each address; written in the transaction that books it, sent by the worker.';
COMMENT ON COLUMN billing_books.notification.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.notification.notification_no IS 'Number of the notification within the account.';
COMMENT ON COLUMN billing_books.notification.event IS 'What is told; docs/integrating.md lists the events.';
COMMENT ON COLUMN billing_books.notification.source_id IS 'Number of what it is about: of an alert, an order, a payment, a refund, an invoice, a lock or a key.';
COMMENT ON COLUMN billing_books.notification.episode IS 'Of an alert: which firing; of a plan: which of its quotas; else 0.';
COMMENT ON COLUMN billing_books.notification.created_at IS 'Booking instant of what is told.';
COMMENT ON COLUMN billing_books.notification.channel IS 'email, sms or webhook.';
COMMENT ON COLUMN billing_books.notification.endpoint_id IS 'The endpoint of a webhook.';
COMMENT ON COLUMN billing_books.notification.address IS 'Where it goes, as registered then: an e-mail address, a mobile number, a URL.';
COMMENT ON COLUMN billing_books.notification.lane IS 'What it takes turns with: email, sms, or the host of a webhook.';
COMMENT ON COLUMN billing_books.notification.language IS 'In which it is written.';
COMMENT ON COLUMN billing_books.notification.payload IS 'The facts, as texts; amounts with all their decimals, instants in UTC.';
COMMENT ON COLUMN billing_books.notification.state IS 'B&S 4.9: pending, sending, sent, dead (refused, or tried too often) or dropped (stale, or nothing to send it by).';
COMMENT ON COLUMN billing_books.notification.due_at IS 'When it is sent next, or its lease ends; null: it is not.';
COMMENT ON COLUMN billing_books.notification.useful_until IS 'Dropped where it was not sent until then; null: always useful.';
COMMENT ON COLUMN billing_books.notification.attempts IS 'How often it was handed over for sending since it was written, or sent again.';
COMMENT ON COLUMN billing_books.notification.first_sent_at IS 'When that was first; null: never.';
COMMENT ON COLUMN billing_books.notification.result IS 'What came of the last attempt: sent, later, unknown, refused, not_sent, misconfigured; or why there was none.';
COMMENT ON COLUMN billing_books.notification.code IS 'The answer in a word: smtp_550, http_503.';
COMMENT ON COLUMN billing_books.notification.answered_at IS 'When that was known.';
