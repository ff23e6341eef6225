-- What these books have claimed and no others may have: transactions of providers and banks, and the application's names of accounts.
SELECT coalesce(g.provider, c.gateway) || ' transaction', c.transaction_id, c.account_id
FROM billing_books.payment_claim AS c
JOIN billing_books.payment AS p ON p.account_id = c.account_id AND p.payment_id = c.payment_id AND p.state NOT IN ('dismissed', 'moved')
LEFT JOIN billing_books.gateway AS g ON g.gateway = c.gateway
UNION ALL
SELECT 'external_ref', external_ref, account_id
FROM billing_books.account_profile
WHERE external_ref IS NOT NULL
