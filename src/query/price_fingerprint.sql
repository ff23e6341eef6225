-- Of the prices that stand, in one text: which keys they have and what they say; not their numbers, nor who set or withdrew them, nor that they correct others. A column
-- that is added says something of a price, unless it is named here.
SELECT encode(sha256(convert_to(coalesce(string_agg(k.row, E'\n' ORDER BY k.row COLLATE "C"), ''), 'UTF8')), 'hex')
FROM (
    SELECT ((to_jsonb(p) - ARRAY['price_id', 'effective_from', 'withdrawn_at', 'withdrawn_by', 'withdrawal_reason', 'corrects', 'corrected_at'])
            || jsonb_build_object('effective_from', extract(epoch FROM effective_from)))::text AS row
    FROM billing_books.price AS p
    WHERE p.withdrawn_at IS NULL
        AND NOT EXISTS (SELECT FROM billing_books.price AS c WHERE c.corrects = coalesce(p.corrects, p.price_id) AND c.price_id > p.price_id)
) AS k
