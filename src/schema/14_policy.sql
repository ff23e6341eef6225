CREATE TABLE billing_books.policy_setting (
    name text NOT NULL,
    currency text NOT NULL DEFAULT '' CHECK (currency IN ('', 'CNY', 'USD')),
    value bigint NOT NULL,
    PRIMARY KEY (name, currency)
);
COMMENT ON TABLE billing_books.policy_setting IS 'Policies that differ from their default: see the view policy; set them with set_policy().';
COMMENT ON COLUMN billing_books.policy_setting.name IS 'The policy.';
COMMENT ON COLUMN billing_books.policy_setting.currency IS 'CNY or USD for amounts; empty for all else.';
COMMENT ON COLUMN billing_books.policy_setting.value IS 'boolean: 0 or 1; interval: microseconds; timestamptz: microseconds since 2000-01-01 UTC; amount: 10^-9 of the currency.';
