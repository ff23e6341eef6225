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

-- check time_zone on account_profile
-- An account's time zone is one that the server has.
WHEN lower(billing.known_time_zone(time_zone)) <> lower(time_zone)
THEN format('there is no time zone "%s": days are of UTC', left(time_zone, 100))

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
-- An account is made before it books, or by a wrong clock before it was repaired, at instants that can be.
WHEN last_booked_at < created_at AND last_booked_at < (SELECT c.counts_at FROM billing.counts_at(account_id, NULL, created_at) AS c) OR NOT (isfinite(created_at) AND isfinite(last_booked_at))
THEN format('booked last at %s, before it was made at %s', last_booked_at, created_at)

-- check key_stamps on api_key
-- A key is deleted after it was made.
WHEN deleted_at < created_at AND deleted_at < (SELECT c.counts_at FROM billing.counts_at(account_id, NULL, created_at) AS c)
THEN format('key %s is deleted at %s, before it was made at %s', key_id, deleted_at, created_at)

-- check lock_stamps on account_lock
-- A lock is lifted after it was set.
WHEN unlocked_at < locked_at AND unlocked_at < (SELECT c.counts_at FROM billing.counts_at(account_id, NULL, locked_at) AS c)
THEN format('lock %s is lifted at %s, before it was set at %s', lock_no, unlocked_at, locked_at)

-- check account_range
-- Every customer's account lies in the range that is set.
SELECT a.account_id, format('outside of %s to %s, which is what these books have', r.first_id, r.last_id)
FROM billing_books.account AS a,
    (SELECT first_id, last_id FROM billing_books.account_range ORDER BY range_no DESC LIMIT 1) AS r
WHERE a.account_id > 0 AND a.account_id NOT BETWEEN r.first_id AND r.last_id

-- check key_version
-- A key is as its newest version says; its versions follow one another without a gap, and none set an expiry that had passed.
SELECT coalesce(k.account_id, v.account_id), format('key %s is not what its versions say', coalesce(k.key_id, v.key_id))
FROM billing_books.api_key AS k
FULL JOIN (
    SELECT account_id, key_id, max(version_no) AS newest, count(*) AS versions, min(set_at) FILTER (WHERE version_no = 1) AS made_at,
           (array_agg(set_at ORDER BY version_no DESC) FILTER (WHERE version_no > 1 AND sets_expiry))[1] AS expiry_set_at,
           coalesce(bool_or(set_at < set_before AND set_at < (SELECT c.counts_at FROM billing.counts_at(account_id, NULL, set_before) AS c) OR expires_at < set_at AND sets_expiry OR old_secret_hash IS DISTINCT FROM old_hash), false) AS is_wrong
    FROM (
        SELECT v.*, lag(set_at) OVER w AS set_before,
               expires_at IS DISTINCT FROM lag(expires_at) OVER w AS sets_expiry,
               CASE WHEN secret_hash = lag(secret_hash) OVER w THEN lag(old_secret_hash) OVER w ELSE lag(secret_hash) OVER w END AS old_hash
        FROM billing_books.api_key_version AS v
        WINDOW w AS (PARTITION BY account_id, key_id ORDER BY version_no)
    ) AS v
    GROUP BY account_id, key_id
) AS v ON v.account_id = k.account_id AND v.key_id = k.key_id
LEFT JOIN billing_books.api_key_version AS n ON n.account_id = k.account_id AND n.key_id = k.key_id AND n.version_no = k.version_no
WHERE (k.version_no, k.version_no, k.created_at, k.expiry_set_at, false)
    IS DISTINCT FROM (v.newest, v.versions, v.made_at, v.expiry_set_at, v.is_wrong)
    OR (k.name, k.project, k.models, k.expires_at, k.secret_hash, k.old_secret_hash, k.old_secret_until)
    IS DISTINCT FROM (n.name, n.project, n.models, n.expires_at, n.secret_hash, n.old_secret_hash, n.old_secret_until)

-- check key_bounds on api_key_version
-- Labels and models of a key are such as it can have.
WHEN octet_length(name) > 200 OR btrim(name, E' \t\r\n') = ''
    OR octet_length(project) > 64 OR (project <> '' AND btrim(project, E' \t\r\n') = '')
    OR cardinality(models) NOT BETWEEN 1 AND 32
THEN format('key %s cannot be "%s", of project "%s", for %s models', key_id, left(name, 200), left(project, 64), cardinality(models))
