CREATE FUNCTION billing.book_expired() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_book_expired';
COMMENT ON FUNCTION billing.book_expired() IS 'Books bonus that has expired, of 1,000 accounts at the most that nobody holds, so that alerts hear of it; returns of how many. It is out of every balance already, booked or not.';
