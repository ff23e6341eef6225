CREATE TABLE billing_books.seller (
    region text NOT NULL CHECK (region IN ('cn', 'global')),
    seller_no int NOT NULL CHECK (seller_no > 0),
    name text NOT NULL,
    tax_number text,
    address text,
    phone text,
    email text,
    bank text,
    bank_account text,
    drawer text,
    goods_name text NOT NULL,
    goods_code text,
    tax_rate numeric(5,4) NOT NULL CHECK (tax_rate >= 0 AND tax_rate < 1),
    series text,
    gateway text REFERENCES billing_books.gateway,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (region, seller_no),
    CHECK (region <> 'cn' OR num_nonnulls(tax_number, drawer, goods_code) = 3),
    CHECK ((region = 'global') = (series IS NOT NULL)),
    CHECK (region = 'cn' OR gateway IS NULL)
);
COMMENT ON TABLE billing_books.seller IS 'Who sells, as invoices say it (R16, R18): of each region the newest row is in force.';
COMMENT ON COLUMN billing_books.seller.region IS 'cn or global.';
COMMENT ON COLUMN billing_books.seller.seller_no IS 'Its number within the region; each set_seller() that changes something adds one.';
COMMENT ON COLUMN billing_books.seller.name IS 'The seller''s name.';
COMMENT ON COLUMN billing_books.seller.tax_number IS 'Its tax number.';
COMMENT ON COLUMN billing_books.seller.address IS 'Its address.';
COMMENT ON COLUMN billing_books.seller.phone IS 'Its telephone; null: none.';
COMMENT ON COLUMN billing_books.seller.email IS 'Where customers write to; null: none.';
COMMENT ON COLUMN billing_books.seller.bank IS 'Its bank; null: none.';
COMMENT ON COLUMN billing_books.seller.bank_account IS 'The account there; null: none.';
COMMENT ON COLUMN billing_books.seller.drawer IS 'Who draws the invoices up, as the bureau asks.';
COMMENT ON COLUMN billing_books.seller.goods_name IS 'What is sold, as a line of an invoice says it.';
COMMENT ON COLUMN billing_books.seller.goods_code IS 'The 19 digits of the bureau''s classification of it.';
COMMENT ON COLUMN billing_books.seller.tax_rate IS 'The tax that is in each amount: 0.06 is 6 %.';
COMMENT ON COLUMN billing_books.seller.series IS 'What numbers of overseas invoices begin with.';
COMMENT ON COLUMN billing_books.seller.gateway IS 'The gateway that issues its invoices; null: operators do.';
COMMENT ON COLUMN billing_books.seller.created_at IS 'When it was set.';
