-- check account_bounds on account
-- Region and currency go together, balances are numbers from zero on, and the house has one account a currency.
WHEN (region, currency) NOT IN (('cn', 'CNY'), ('global', 'USD'))
    OR (account_id <= 0 AND account_id <> CASE currency WHEN 'CNY' THEN -1 ELSE -2 END)
    OR least(cash, bonus, arrears) < 0
    OR 'NaN' IN (cash, bonus, arrears)
    OR locks NOT BETWEEN 0 AND 15
THEN format('region %s, currency %s, cash %s, bonus %s, arrears %s are not possible together',
            region, currency, cash, bonus, arrears)

-- check arrears_first on account
-- Who owes has nothing left.
WHEN arrears > 0 AND (cash > 0 OR bonus > 0)
THEN format('arrears %s beside cash %s and bonus %s', arrears, cash, bonus)

-- check profile
-- Every customer has a profile.
SELECT a.account_id, 'account has no profile'
FROM billing_books.account AS a
LEFT JOIN billing_books.account_profile AS p ON p.account_id = a.account_id
WHERE a.account_id > 0 AND p.account_id IS NULL

-- check locks
-- The locks of an account are those that were set and not lifted.
SELECT a.account_id, format('locks are %s, account_lock says %s', a.locks, coalesce(l.locks, 0))
FROM billing_books.account AS a
LEFT JOIN (
    SELECT account_id,
           sum(CASE lock WHEN 'refund' THEN 1 WHEN 'operator' THEN 2 WHEN 'dispute' THEN 4 ELSE 8 END) AS locks
    FROM billing_books.account_lock
    WHERE unlocked_at IS NULL
    GROUP BY account_id
) AS l ON l.account_id = a.account_id
WHERE a.locks <> coalesce(l.locks, 0)

-- check account_stamps on account
-- An account is made before it books.
WHEN last_booked_at < created_at
THEN format('booked last at %s, before it was made at %s', last_booked_at, created_at)

-- check key_stamps on api_key
-- A key is deleted after it was made.
WHEN deleted_at < created_at
THEN format('key %s is deleted at %s, before it was made at %s', key_id, deleted_at, created_at)

-- check account_range
-- Every customer's account lies in the range that is set.
SELECT a.account_id, format('outside of %s to %s, which is what these books have', r.first_id, r.last_id)
FROM billing_books.account AS a,
    (SELECT first_id, last_id FROM billing_books.account_range ORDER BY range_no DESC LIMIT 1) AS r
WHERE a.account_id > 0 AND a.account_id NOT BETWEEN r.first_id AND r.last_id
