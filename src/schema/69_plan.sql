CREATE TABLE billing_books.plan (
    plan text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    region text NOT NULL CHECK (region IN ('cn', 'global')),
    price numeric(18,9) NOT NULL CHECK (price > 0 AND price = round(price, 2)),
    quota numeric(19,9) NOT NULL CHECK (quota > 0 AND quota <= 4000000000),
    months integer CHECK (months BETWEEN 1 AND 36),
    days integer CHECK (days BETWEEN 1 AND 1100),
    monthly_quota boolean NOT NULL,
    window_hours integer CHECK (window_hours BETWEEN 1 AND 744),
    window_quota numeric(19,9) CHECK (window_quota > 0 AND window_quota <= quota),
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (plan, version),
    CHECK (months IS NULL OR days IS NULL),
    CHECK (NOT monthly_quota OR coalesce(months, 0) > 1),
    CHECK ((window_hours IS NULL) = (window_quota IS NULL)),
    CHECK (window_hours IS NULL OR num_nonnulls(months, days) = 1)
);
COMMENT ON TABLE billing_books.plan IS 'Token Plans and quota packs that can be bought (R3), by version. Terms never change: who bought a version keeps it.';
COMMENT ON COLUMN billing_books.plan.plan IS 'Its name, chosen by an operator.';
COMMENT ON COLUMN billing_books.plan.version IS 'Number of the version; new purchases get the newest.';
COMMENT ON COLUMN billing_books.plan.region IS 'cn (CNY) or global (USD): whose accounts may buy it.';
COMMENT ON COLUMN billing_books.plan.price IS 'Of one period, in whole 0.01 of the region''s currency.';
COMMENT ON COLUMN billing_books.plan.quota IS 'Credits of a period, or of each month of it (monthly_quota).';
COMMENT ON COLUMN billing_books.plan.months IS 'Length of a period in months.';
COMMENT ON COLUMN billing_books.plan.days IS 'Length of a period in days. Where both are null: a quota pack, which lasts as long as the period that it is bought beside.';
COMMENT ON COLUMN billing_books.plan.monthly_quota IS 'Whether the quota is given anew each month of the period; what a month leaves over is gone.';
COMMENT ON COLUMN billing_books.plan.window_hours IS 'Length of the windows, counted from the period''s begin, within which no more than window_quota is drawn; null: no limit.';
COMMENT ON COLUMN billing_books.plan.window_quota IS 'Credits of a window.';
COMMENT ON COLUMN billing_books.plan.created_at IS 'When the version was made.';
COMMENT ON COLUMN billing_books.plan.retired_at IS 'From when on nobody can buy it; null: it can be bought, if there is no newer version.';

CREATE TABLE billing_books.plan_weight (
    weight_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan text COLLATE "C" NOT NULL,
    model text NOT NULL,
    variant text NOT NULL DEFAULT '',
    prompt_tokens_over bigint NOT NULL CHECK (prompt_tokens_over >= 0),
    effective_from timestamptz NOT NULL,
    input numeric(18,9) NOT NULL CHECK (input >= 0 AND input <= 100000000),
    output numeric(18,9) NOT NULL CHECK (output >= 0 AND output <= 100000000),
    cache_read numeric(18,9) NOT NULL CHECK (cache_read >= 0 AND cache_read <= 100000000),
    cache_write numeric(18,9) NOT NULL CHECK (cache_write >= 0 AND cache_write <= 100000000),
    meters text NOT NULL DEFAULT '',
    unlisted_meters text NOT NULL DEFAULT '' CHECK (unlisted_meters IN ('', 'free')),
    UNIQUE (plan, model, variant, prompt_tokens_over, effective_from)
);
COMMENT ON TABLE billing_books.plan_weight IS 'What models cost on a plan, in credits per 1,000,000 tokens: chosen as prices are, by the call''s start. Rows never change.';
COMMENT ON COLUMN billing_books.plan_weight.weight_id IS 'Number of the row, recorded on each request it weighs.';
COMMENT ON COLUMN billing_books.plan_weight.plan IS 'The plan, in all versions.';
COMMENT ON COLUMN billing_books.plan_weight.model IS 'The name by which requests call the model.';
COMMENT ON COLUMN billing_books.plan_weight.variant IS 'The service tier that requests are sent with; empty: the standard one.';
COMMENT ON COLUMN billing_books.plan_weight.prompt_tokens_over IS 'The tier: requests whose prompt (input + cache read + cache write) is larger are weighed wholly here; 0 for all.';
COMMENT ON COLUMN billing_books.plan_weight.effective_from IS 'Weighs usage that occurred at or after it.';
COMMENT ON COLUMN billing_books.plan_weight.meters IS 'Credits that units of meters cost, written as those of a price.';
COMMENT ON COLUMN billing_books.plan_weight.unlisted_meters IS 'free: meters that are not listed cost no credits; empty: a request that has one is not weighed.';
COMMENT ON COLUMN billing_books.plan_weight.input IS 'Per 1,000,000 uncached prompt tokens.';
COMMENT ON COLUMN billing_books.plan_weight.output IS 'Per 1,000,000 generated tokens.';
COMMENT ON COLUMN billing_books.plan_weight.cache_read IS 'Per 1,000,000 prompt tokens read from the cache.';
COMMENT ON COLUMN billing_books.plan_weight.cache_write IS 'Per 1,000,000 prompt tokens written to the cache.';
