CREATE TABLE billing_books.promotion (
    promotion text COLLATE "C" PRIMARY KEY,
    region text NOT NULL CHECK (region IN ('cn', 'global')),
    amount_min numeric(18,9) NOT NULL CHECK (amount_min > 0),
    discount numeric(18,9) NOT NULL CHECK (discount >= 0 AND discount < amount_min),
    gift numeric(18,9) NOT NULL CHECK (gift >= 0),
    gift_days integer CHECK (gift_days > 0),
    orders_max integer NOT NULL CHECK (orders_max > 0),
    created_at timestamptz NOT NULL,
    ends_at timestamptz,
    CHECK (discount + gift > 0)
);
COMMENT ON TABLE billing_books.promotion IS 'What customers may get with a top-up (R19). Ended ones stay.';
COMMENT ON COLUMN billing_books.promotion.promotion IS 'Its name, chosen by an operator.';
COMMENT ON COLUMN billing_books.promotion.region IS 'cn or global: whose accounts may use it.';
COMMENT ON COLUMN billing_books.promotion.amount_min IS 'Smallest amount of a top-up that it comes with.';
COMMENT ON COLUMN billing_books.promotion.discount IS 'How much less than the amount is paid; credited as bonus that does not expire.';
COMMENT ON COLUMN billing_books.promotion.gift IS 'How much is credited beyond the amount, as bonus.';
COMMENT ON COLUMN billing_books.promotion.gift_days IS 'Days from the credit until the gift expires; null: never.';
COMMENT ON COLUMN billing_books.promotion.orders_max IS 'How many orders of an account may use it, open and paid ones counted.';
COMMENT ON COLUMN billing_books.promotion.created_at IS 'When it was made.';
COMMENT ON COLUMN billing_books.promotion.ends_at IS 'From when on no order may use it; null: open end.';
