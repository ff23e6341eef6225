CREATE TABLE billing_books.api_key (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    key_id bigint NOT NULL CHECK (key_id > 0),
    kind text NOT NULL CHECK (kind IN ('payg', 'plan')),
    name text NOT NULL,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    version_no bigint NOT NULL DEFAULT 1,
    project text NOT NULL DEFAULT '',
    models text[],
    expires_at timestamptz,
    expiry_set_at timestamptz,
    old_secret_hash bytea CHECK (length(old_secret_hash) = 32),
    old_secret_until timestamptz,
    PRIMARY KEY (account_id, key_id),
    CHECK ((old_secret_hash IS NULL) = (old_secret_until IS NULL))
-- The gate reads the row, and nothing beside it: the longest list of models fits in.
) WITH (toast_tuple_target = 8160);
COMMENT ON TABLE billing_books.api_key IS 'API keys, as they are now. A deleted key keeps its row: its usage and name stay in reports.';
COMMENT ON COLUMN billing_books.api_key.account_id IS 'The account that the key draws on.';
COMMENT ON COLUMN billing_books.api_key.key_id IS 'Number of the key within the account.';
COMMENT ON COLUMN billing_books.api_key.name IS 'The customer''s name for it, copied onto its usage.';
COMMENT ON COLUMN billing_books.api_key.created_at IS 'When it was made and shown.';
COMMENT ON COLUMN billing_books.api_key.kind IS 'payg (sk-, draws on the balance) or plan (tp-, draws on a Token Plan).';
COMMENT ON COLUMN billing_books.api_key.secret_hash IS 'SHA-256 of the key''s text, which itself is stored nowhere.';
COMMENT ON COLUMN billing_books.api_key.deleted_at IS 'Usage that started at or after it is rejected (R10).';
COMMENT ON COLUMN billing_books.api_key.version_no IS 'Number of its newest version.';
COMMENT ON COLUMN billing_books.api_key.project IS 'A label that groups keys, copied onto their usage; empty: none.';
COMMENT ON COLUMN billing_books.api_key.models IS 'The models that it may call, in byte order; null: all. The gate asks it, usage is charged all the same.';
COMMENT ON COLUMN billing_books.api_key.expires_at IS 'It cannot call from then on; null: never. Usage is judged by what was set when the call started (R10).';
COMMENT ON COLUMN billing_books.api_key.expiry_set_at IS 'Since when expires_at is that; usage that started before goes by the versions. Null: since the key was made.';
COMMENT ON COLUMN billing_books.api_key.old_secret_hash IS 'Of the secret before, which works, too, until old_secret_until; null: there was none.';
COMMENT ON COLUMN billing_books.api_key.old_secret_until IS 'When the grace period of the last rotation ends.';

CREATE TABLE billing_books.api_key_version (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    key_id bigint NOT NULL,
    version_no bigint NOT NULL,
    set_at timestamptz NOT NULL,
    expires_at timestamptz,
    old_secret_until timestamptz,
    name text NOT NULL,
    project text NOT NULL,
    models text[],
    secret_hash bytea NOT NULL,
    old_secret_hash bytea,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    reason text CHECK (octet_length(reason) <= 2000),
    PRIMARY KEY (account_id, key_id, version_no)
);
COMMENT ON TABLE billing_books.api_key_version IS 'All that an API key ever was: a row when it is made, and one whenever its name, project, models, expiry or secret changes.';
COMMENT ON COLUMN billing_books.api_key_version.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.api_key_version.key_id IS 'The key.';
COMMENT ON COLUMN billing_books.api_key_version.version_no IS 'Number of the version within the key, from 1 on.';
COMMENT ON COLUMN billing_books.api_key_version.set_at IS 'In force from then on: later than all that the account had booked.';
COMMENT ON COLUMN billing_books.api_key_version.expires_at IS 'As in api_key; of calls that started from set_at on, up to the next version.';
COMMENT ON COLUMN billing_books.api_key_version.old_secret_until IS 'As in api_key.';
COMMENT ON COLUMN billing_books.api_key_version.name IS 'As in api_key.';
COMMENT ON COLUMN billing_books.api_key_version.project IS 'As in api_key.';
COMMENT ON COLUMN billing_books.api_key_version.models IS 'As in api_key.';
COMMENT ON COLUMN billing_books.api_key_version.secret_hash IS 'As in api_key.';
COMMENT ON COLUMN billing_books.api_key_version.old_secret_hash IS 'As in api_key.';
COMMENT ON COLUMN billing_books.api_key_version.actor IS 'Who made or changed it.';
COMMENT ON COLUMN billing_books.api_key_version.reason IS 'Why, as the actor said.';
