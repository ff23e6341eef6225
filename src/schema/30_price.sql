CREATE TABLE billing_books.price (
    price_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    price_list text NOT NULL DEFAULT 'standard',
    currency text NOT NULL CHECK (currency IN ('CNY', 'USD')),
    model text NOT NULL,
    variant text NOT NULL DEFAULT '',
    hours text NOT NULL DEFAULT '',
    prompt_tokens_over bigint NOT NULL CHECK (prompt_tokens_over >= 0),
    effective_from timestamptz NOT NULL,
    input numeric(18,9) NOT NULL CHECK (input >= 0 AND input <= 1000000),
    output numeric(18,9) NOT NULL CHECK (output >= 0 AND output <= 1000000),
    cache_read numeric(18,9) NOT NULL CHECK (cache_read >= 0 AND cache_read <= 1000000),
    cache_write numeric(18,9) NOT NULL CHECK (cache_write >= 0 AND cache_write <= 1000000),
    meters text NOT NULL DEFAULT '',
    unlisted_meters text NOT NULL DEFAULT '' CHECK (unlisted_meters IN ('', 'free')),
    is_end boolean NOT NULL DEFAULT false,
    corrects bigint REFERENCES billing_books.price,
    corrected_at timestamptz,
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawal_reason text,
    CHECK (NOT is_end OR (input = 0 AND output = 0 AND cache_read = 0 AND cache_write = 0 AND meters = '')),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL)),
    CHECK ((corrects IS NULL) = (corrected_at IS NULL)),
    CHECK (corrects IS NULL OR (withdrawn_at IS NULL AND NOT is_end))
);
CREATE UNIQUE INDEX price_key ON billing_books.price (currency, model, price_list, variant, hours, prompt_tokens_over, effective_from) WHERE withdrawn_at IS NULL AND corrects IS NULL;
CREATE INDEX price_correction ON billing_books.price (corrects) WHERE corrects IS NOT NULL;
COMMENT ON TABLE billing_books.price IS 'Prices per 1,000,000 tokens (R20): the highest tier that the prompt exceeds and that has a row at occurred_at, its newest row, of the account''s list or else of the standard one. Rows never change, but that one that is not in force yet can be withdrawn.';
COMMENT ON COLUMN billing_books.price.price_list IS 'The list that it stands in; standard is that of all accounts, and of what another list does not price.';
COMMENT ON COLUMN billing_books.price.hours IS 'When in the week it holds, by local clocks, such as 16:30-00:30 UTC or mon,tue 09:00-18:00 Asia/Shanghai; empty: always. Before what always holds.';
COMMENT ON COLUMN billing_books.price.meters IS 'What units of meters cost, such as image 0.04, web_search 10/1000: 10 for 1,000 of them; by name in byte order.';
COMMENT ON COLUMN billing_books.price.unlisted_meters IS 'free: meters that are not listed cost nothing; empty: a request that has one is not priced.';
COMMENT ON COLUMN billing_books.price.is_end IS 'It is no price: from effective_from on its list has none of that variant, hours and tier.';
COMMENT ON COLUMN billing_books.price.corrects IS 'A correction (R20): the row in whose place it stands, in all but the prices like it, for what is booked from corrected_at on; of several the newest counts. Null: it is none.';
COMMENT ON COLUMN billing_books.price.corrected_at IS 'When the correction was recorded: later than all that was booked by then at what it corrects.';
COMMENT ON COLUMN billing_books.price.withdrawn_at IS 'When it was withdrawn, before it was in force; null: it was not.';
COMMENT ON COLUMN billing_books.price.withdrawn_by IS 'Who withdrew it.';
COMMENT ON COLUMN billing_books.price.withdrawal_reason IS 'Why.';
COMMENT ON COLUMN billing_books.price.price_id IS 'Number of the row, recorded on each charge it prices.';
COMMENT ON COLUMN billing_books.price.currency IS 'CNY or USD.';
COMMENT ON COLUMN billing_books.price.model IS 'The name by which requests call the model.';
COMMENT ON COLUMN billing_books.price.variant IS 'The service tier that requests are sent with, such as batch or priority; empty: the standard one. It prices no other.';
COMMENT ON COLUMN billing_books.price.input IS 'Per 1,000,000 uncached prompt tokens.';
COMMENT ON COLUMN billing_books.price.output IS 'Per 1,000,000 generated tokens.';
COMMENT ON COLUMN billing_books.price.prompt_tokens_over IS 'The tier: requests whose prompt (input + cache read + cache write) is larger are priced wholly here; 0 for all.';
COMMENT ON COLUMN billing_books.price.effective_from IS 'Prices usage that occurred at or after it.';
COMMENT ON COLUMN billing_books.price.cache_read IS 'The input price where none was named.';
COMMENT ON COLUMN billing_books.price.cache_write IS 'The input price where none was named.';

CREATE TABLE billing_books.account_price_list (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    effective_from timestamptz NOT NULL,
    price_list text NOT NULL,
    set_at timestamptz NOT NULL,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    reason text CHECK (octet_length(reason) <= 2000),
    PRIMARY KEY (account_id, effective_from)
);
COMMENT ON TABLE billing_books.account_price_list IS 'Which list prices an account''s usage (R20), by when it occurred; an account without a row is on the standard one.';
COMMENT ON COLUMN billing_books.account_price_list.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.account_price_list.effective_from IS 'Usage that occurred at or after it is priced by the list.';
COMMENT ON COLUMN billing_books.account_price_list.price_list IS 'The list; what it does not price, standard does.';
COMMENT ON COLUMN billing_books.account_price_list.set_at IS 'When that was said.';
COMMENT ON COLUMN billing_books.account_price_list.actor IS 'Who said it.';
COMMENT ON COLUMN billing_books.account_price_list.reason IS 'Why.';
