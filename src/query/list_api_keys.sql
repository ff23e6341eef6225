-- API keys of account $1 below number $2, the newest first, $3 at the most. Behind the columns of the result stands what the list is sorted by.
SELECT k.key_id, k.name, k.kind, k.created_at, k.deleted_at, k.project, k.expires_at, k.models, k.old_secret_until, NULL::text AS next_cursor,
       k.key_id
FROM billing_books.api_key AS k
WHERE k.account_id = $1 AND k.key_id < $2
ORDER BY k.key_id DESC
LIMIT $3
