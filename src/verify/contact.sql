-- check contact_number
-- Changes of an account's contact are numbered from 1 without gaps, and none is older than the one before.
SELECT account_id, format('change %s of the contact is number %s, at %s behind %s', contact_no, place, replaced_at, before)
FROM (
    SELECT account_id, contact_no, replaced_at, row_number() OVER w AS place, lag(replaced_at) OVER w AS before
    FROM billing_books.contact_history
    WINDOW w AS (PARTITION BY account_id ORDER BY contact_no)
) AS c
WHERE contact_no <> place OR replaced_at < before

-- check contact_erased
-- What is erased is sent nowhere: no endpoint without an address is in use.
SELECT account_id, format('endpoint %s is in use, and its address erased', endpoint_id)
FROM billing_books.webhook_endpoint
WHERE url = 'erased' AND deleted_at IS NULL
