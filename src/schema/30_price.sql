CREATE TABLE billing_books.price (
    price_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    currency text NOT NULL CHECK (currency IN ('CNY', 'USD')),
    model text NOT NULL,
    variant text NOT NULL DEFAULT '',
    prompt_tokens_over bigint NOT NULL CHECK (prompt_tokens_over >= 0),
    effective_from timestamptz NOT NULL,
    input numeric(18,9) NOT NULL CHECK (input >= 0 AND input <= 1000000),
    output numeric(18,9) NOT NULL CHECK (output >= 0 AND output <= 1000000),
    cache_read numeric(18,9) NOT NULL CHECK (cache_read >= 0 AND cache_read <= 1000000),
    cache_write numeric(18,9) NOT NULL CHECK (cache_write >= 0 AND cache_write <= 1000000),
    UNIQUE (currency, model, variant, prompt_tokens_over, effective_from)
);
COMMENT ON TABLE billing_books.price IS 'Prices per 1,000,000 tokens (R20): the highest tier that the prompt exceeds and that has a row at occurred_at, its newest row. Rows never change.';
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
