-- check operator_answer
-- What operators book is answered under an idempotency key as often as it stands in the audit log, and the other way round.
WITH booking AS (
    SELECT unnest(ARRAY['adjust', 'approve_refund', 'close_account', 'extend_subscription', 'give_back_quota', 'give_up_refund_item', 'grant_bonus', 'record_offline_payment', 'record_take_back', 'refund_order',
                        'release_refund_item', 'reset_quota_window', 'resolve_payment', 'reverse_charge', 'reverse_offline_payment', 'settle_refund_item_offline', 'undo_take_back', 'withdraw_bonus', 'write_off']) AS call
)
SELECT coalesce(i.account_id, a.account_id),
       format('%s of %s is answered %s times under idempotency keys, and stands %s times in the audit log', coalesce(i.function, a.action), coalesce(i.id, a.id), coalesce(i.calls, 0), coalesce(a.lines, 0))
FROM (
    SELECT account_id, function, result ->> 'id' AS id, count(*) AS calls
    FROM billing_books.idempotent_call
    WHERE function IN (SELECT call FROM booking)
    GROUP BY account_id, function, result ->> 'id'
) AS i
FULL JOIN (
    SELECT account_id, action, split_part(object, ' ', 2) AS id, count(*) AS lines
    FROM billing_books.audit_log
    WHERE action IN (SELECT call FROM booking)
    GROUP BY account_id, action, split_part(object, ' ', 2)
) AS a ON a.account_id = i.account_id AND a.action = i.function AND a.id = i.id
WHERE i.calls IS DISTINCT FROM a.lines

-- check operator_booking
-- What an operator's line in the audit log says was moved, of what and by whom, is what stands in the books; and nothing that only operators book is without its line.
SELECT coalesce(b.account_id, a.account_id),
       format('%s of %s: the books have %s by %s, the audit log %s by %s', coalesce(b.function, a.action), coalesce(b.id::text, a.id), coalesce(b.amount::text, 'nothing'), b.actor, coalesce(a.amount, 'nothing'), a.actor)
FROM (
    SELECT account_id, function, id, sum(amount) AS amount, count(*) AS times, min(actor) AS actor
    FROM (
        SELECT account_id, 'grant_bonus' AS function, lot_no AS id, amount, NULL::text AS actor FROM billing_books.lot WHERE source_type = 'grant'
        UNION ALL
        SELECT account_id, CASE source_type WHEN 'adjustment' THEN 'adjust' WHEN 'write_off' THEN 'write_off' ELSE 'withdraw_bonus' END, source_id,
               sum(CASE WHEN debit IN ('adjustment', 'write_off') OR source_type = 'grant' THEN amount ELSE -amount END), min(actor)
        FROM billing_books.ledger_entry
        WHERE (source_type = 'adjustment' AND 'adjustment' IN (debit, credit) AND undoes_entry_no IS NULL) OR debit = 'write_off' OR credit = 'promotion'
        GROUP BY account_id, source_type, source_id, CASE WHEN credit = 'promotion' THEN entry_no END -- a lot is withdrawn as often as it was filled again
        UNION ALL
        SELECT account_id, 'record_offline_payment', order_id, amount, actor FROM billing_books.payment WHERE gateway = 'offline'
        UNION ALL
        SELECT account_id, CASE kind WHEN 'offline_reversal' THEN 'reverse_offline_payment' ELSE 'record_take_back' END, take_back_id, amount, actor
        FROM billing_books.take_back
        WHERE kind = 'offline_reversal' OR (kind IN ('refund', 'dispute') AND actor <> 'gateway')
        UNION ALL
        SELECT account_id, 'undo_take_back', take_back_id, NULL, actor FROM billing_books.take_back WHERE kind = 'undone' AND actor <> 'gateway'
        UNION ALL
        SELECT account_id, 'reverse_charge', reversal_id, amount, actor FROM billing_books.charge_reversal
        UNION ALL
        SELECT account_id, CASE state WHEN 'released' THEN 'release_refund_item' ELSE 'settle_refund_item_offline' END, item_id, amount, actor
        FROM billing_books.refund_item
        WHERE state IN ('released', 'paid_offline')
        UNION ALL
        SELECT account_id, CASE WHEN order_id IS NULL THEN 'approve_refund' ELSE 'refund_order' END, refund_id, amount, decided_by
        FROM billing_books.refund
        WHERE state IN ('paying', 'completed')
    ) AS x
    GROUP BY account_id, function, id
) AS b
FULL JOIN (
    SELECT account_id, action, split_part(object, ' ', 2) AS id, count(*) AS times, min(actor) AS actor,
           coalesce(sum(CASE WHEN new_value ~ '^-?[0-9]{1,9}\.[0-9]{9}$' THEN new_value::numeric(18,9) END), 'NaN')::text AS amount
    FROM billing_books.audit_log
    WHERE action IN ('grant_bonus', 'adjust', 'write_off', 'withdraw_bonus', 'record_offline_payment', 'reverse_offline_payment', 'record_take_back', 'undo_take_back',
                     'reverse_charge', 'release_refund_item', 'settle_refund_item_offline', 'approve_refund', 'refund_order')
        AND NOT (action IN ('record_take_back', 'undo_take_back') AND actor = 'gateway') -- who calls himself so is not told from one
    GROUP BY account_id, action, split_part(object, ' ', 2)
) AS a ON a.account_id = b.account_id AND a.action = b.function AND a.id = b.id::text
WHERE (b.times, coalesce(b.amount::text, a.amount), coalesce(b.actor, a.actor)) IS DISTINCT FROM (a.times, a.amount, a.actor)

-- check operator_state
-- What only an operator brings about has his answer: a payment dismissed, forfeited or moved, an account closed, credits given on top, days added.
SELECT x.account_id, format('%s %s: no %s is answered', x.what, x.id, array_to_string(x.functions, ' or '))
FROM (
    SELECT account_id, format('payment is %s, of number', state) AS what, payment_id AS id, ARRAY['resolve_payment'] AS functions
    FROM billing_books.payment
    WHERE state IN ('dismissed', 'forfeited', 'moved')
    UNION ALL
    SELECT account_id, 'account is closed by lock', NULL, ARRAY['close_account'] FROM billing_books.account_lock WHERE lock = 'closed'
    UNION ALL
    SELECT account_id, 'credits are given on top of subscription', subscription_no, ARRAY['give_back_quota', 'reset_quota_window'] FROM billing_books.quota WHERE given > 0
    UNION ALL
    SELECT account_id, 'days are added to subscription', subscription_no, ARRAY['extend_subscription'] FROM billing_books.subscription WHERE extra_days > 0
) AS x
LEFT JOIN (
    SELECT DISTINCT account_id, function, CASE function WHEN 'close_account' THEN NULL ELSE result ->> 'id' END AS id
    FROM billing_books.idempotent_call
    WHERE function IN ('resolve_payment', 'close_account', 'give_back_quota', 'reset_quota_window', 'extend_subscription')
) AS i ON i.account_id = x.account_id AND i.function = ANY (x.functions) AND coalesce(i.id, '') = coalesce(x.id::text, '')
WHERE i.account_id IS NULL

-- check operator_second
-- What needed a second person, by the policy of its time or always, was asked for before, and carried out by another than who asked.
WITH threshold AS (
    SELECT right(object, 3) AS currency, recorded_at, lead(recorded_at, 1, 'infinity') OVER w AS until,
           audit_no, lead(audit_no) OVER w AS until_no,
           CASE WHEN new_value ~ '^[0-9]{1,9}\.[0-9]{9}$' THEN new_value::numeric END AS above
    FROM billing_books.audit_log
    WHERE action = 'set_policy' AND object LIKE 'second_person_above in %'
    WINDOW w AS (PARTITION BY object ORDER BY audit_no)
)
SELECT a.account_id, format('%s was asked for by %s (%s) and carried out by %s (%s), of %s', a.object, coalesce(r.requested_by, 'nobody'), r.requested_session_user, a.actor, a.session_user_name, a.new_value)
FROM (
    SELECT *, row_number() OVER (PARTITION BY account_id, action, split_part(object, ' ', 2) ORDER BY recorded_at, audit_no) AS place
    FROM billing_books.audit_log
    WHERE action IN ('adjust', 'approve_refund', 'close_account', 'extend_subscription', 'give_back_quota', 'give_up_refund_item', 'grant_bonus', 'record_offline_payment', 'record_take_back', 'refund_order',
                     'release_refund_item', 'reset_quota_window', 'resolve_payment', 'reverse_charge', 'reverse_offline_payment', 'settle_refund_item_offline', 'undo_take_back', 'withdraw_bonus', 'write_off')
) AS a
JOIN billing_books.account AS h ON h.account_id = a.account_id
JOIN (
    SELECT account_id, idempotency_key, function, arguments_hash, result ->> 'id' AS id, row_number() OVER (PARTITION BY account_id, function, result ->> 'id' ORDER BY recorded_at) AS place
    FROM billing_books.idempotent_call
) AS i ON i.account_id = a.account_id AND i.function = a.action AND i.id = split_part(a.object, ' ', 2) AND i.place = a.place
LEFT JOIN billing_books.approval_request AS r ON r.account_id = i.account_id AND r.idempotency_key = i.idempotency_key
-- Who books reads the policy a moment before he writes his line: just behind a change either may hold. Clocks are set back: an instant alone does not say what came first.
LEFT JOIN threshold AS t ON t.currency = h.currency AND a.recorded_at > t.recorded_at + interval '10 minutes' AND a.recorded_at < t.until
    AND a.audit_no > t.audit_no AND (a.audit_no < t.until_no) IS NOT FALSE
WHERE r.withdrawn_at IS NOT NULL OR (r.function, r.arguments_hash) <> (i.function, i.arguments_hash)
    OR ((a.action IN ('give_up_refund_item', 'record_take_back', 'undo_take_back', 'extend_subscription')
         -- With an account that closes a rest of cash goes, too, which nobody approves.
         OR abs(CASE WHEN a.action <> 'close_account' AND a.new_value ~ '^-?[0-9]{1,9}\.[0-9]{9}$' THEN a.new_value::numeric END) > t.above)
        AND (r.account_id IS NULL OR r.requested_by = a.actor OR r.requested_session_user = a.session_user_name))

-- check order_call
-- What customers ask for is there, and was asked for: an order that a gateway was to be paid through, an application for an invoice, a refund, a statement.
SELECT coalesce(x.account_id, i.account_id), format('%s %s is %s', coalesce(x.what, i.what), coalesce(x.id::text, i.id), CASE WHEN i.id IS NULL THEN 'there, and nobody asked for it' ELSE 'answered, and not there' END)
FROM (
    SELECT account_id, 'order' AS what, order_id AS id FROM billing_books.payment_order WHERE product IS NOT NULL
    UNION ALL
    SELECT account_id, 'invoice', invoice_id FROM billing_books.invoice WHERE kind IN ('ordinary', 'special')
    UNION ALL
    SELECT account_id, 'refund', refund_id FROM billing_books.refund WHERE order_id IS NULL
    UNION ALL
    SELECT account_id, 'statement', statement_no FROM billing_books.account_statement
) AS x
FULL JOIN (
    SELECT account_id, CASE function WHEN 'request_invoice' THEN 'invoice' WHEN 'request_refund' THEN 'refund' WHEN 'request_statement' THEN 'statement' ELSE 'order' END AS what,
           result ->> CASE function WHEN 'request_invoice' THEN 'invoice_id' WHEN 'request_refund' THEN 'refund_id' WHEN 'request_statement' THEN 'statement_no' ELSE 'order_id' END AS id
    FROM billing_books.idempotent_call
    WHERE function IN ('create_topup', 'subscribe', 'request_invoice', 'request_refund', 'request_statement')
) AS i ON i.account_id = x.account_id AND i.what = x.what AND i.id = x.id::text
WHERE x.account_id IS NULL OR i.account_id IS NULL

-- check call_amount
-- What was answered to who ordered, or applied for an invoice, is what stands there.
SELECT i.account_id, format('%s was answered with %s, discount %s and gift %s; %s, %s and %s stand there', i.function, i.result ->> 'amount', i.result ->> 'discount', i.result ->> 'gift', o.amount, o.discount, o.gift)
FROM billing_books.idempotent_call AS i
JOIN (
    SELECT account_id, 'order_id' AS what, order_id::text AS id, (pay_amount + discount)::text AS amount, discount::text AS discount, gift::text AS gift FROM billing_books.payment_order
    UNION ALL
    SELECT account_id, 'invoice_id', invoice_id::text, sum(amount)::text, NULL, NULL FROM billing_books.invoice_line GROUP BY account_id, invoice_id
) AS o ON o.account_id = i.account_id AND o.id = i.result ->> o.what
WHERE i.function IN ('create_topup', 'subscribe', 'request_invoice')
    AND (i.result ->> 'amount', i.result ->> 'discount', i.result ->> 'gift') IS DISTINCT FROM (o.amount, o.discount, o.gift)

-- check lock_audit
-- A lock that an operator set or lifted, and only such a one, stands in the audit log.
SELECT coalesce(l.account_id, a.account_id), format('%s of %s stands %s times in the audit log, and happened %s times', coalesce(l.action, a.action), coalesce(l.object, a.object), coalesce(a.lines, 0), coalesce(l.times, 0))
FROM (
    SELECT account_id, action, object, actor, count(*) AS times
    FROM (
        SELECT account_id, 'lock_account' AS action, 'lock ' || lock AS object, locked_by AS actor FROM billing_books.account_lock WHERE lock = 'operator'
        UNION ALL
        SELECT account_id, 'unlock_account', 'lock ' || lock, unlocked_by FROM billing_books.account_lock WHERE lock IN ('operator', 'dispute') AND unlocked_at IS NOT NULL
    ) AS x
    GROUP BY account_id, action, object, actor
) AS l
FULL JOIN (
    SELECT account_id, action, object, actor, count(*) AS lines
    FROM billing_books.audit_log
    WHERE action IN ('lock_account', 'unlock_account') AND NOT (action = 'lock_account' AND object = 'lock dispute')
    GROUP BY account_id, action, object, actor
) AS a USING (account_id, action, object, actor)
WHERE l.times IS DISTINCT FROM a.lines

-- check key_audit
-- A key that was made, changed or deleted stands in the audit log as often as that.
SELECT coalesce(k.account_id, a.account_id), format('key %s was made, changed and deleted %s, %s, %s times, by the audit log %s, %s, %s', coalesce(k.id, a.id), k.made, k.changed, k.deleted, a.made, a.changed, a.deleted)
FROM (
    SELECT account_id, key_id::text AS id, 1 AS made, version_no - 1 AS changed, (deleted_at IS NOT NULL)::int AS deleted FROM billing_books.api_key
) AS k
FULL JOIN (
    SELECT account_id, split_part(object, ' ', 2) AS id, count(*) FILTER (WHERE action = 'create_api_key') AS made,
           count(*) FILTER (WHERE action IN ('update_api_key', 'rotate_api_key')) AS changed, count(*) FILTER (WHERE action = 'delete_api_key') AS deleted
    FROM billing_books.audit_log
    WHERE action IN ('create_api_key', 'update_api_key', 'rotate_api_key', 'delete_api_key')
    GROUP BY account_id, split_part(object, ' ', 2)
) AS a USING (account_id, id)
WHERE (k.made, k.changed, k.deleted) IS DISTINCT FROM (a.made, a.changed, a.deleted)

-- check price_audit of all
-- A price is what the audit log says was set, and was said to be set or withdrawn there; and what it says stands among the prices.
SELECT NULL, format('price %s of %s is not what the audit log says: %s', coalesce(p.id, a.id), p.model, coalesce(a.new_value, 'nothing'))
FROM (
    SELECT price_id::text AS id, model, withdrawn_at IS NOT NULL AS is_withdrawn,
           format('price %s%s: %s%s in %s over %s prompt tokens%s, from ', price_id, CASE WHEN price_list IN ('', 'standard') THEN '' ELSE ' of list ' || price_list END,
                  model, CASE WHEN variant = '' THEN '' ELSE ' (' || variant || ')' END, currency, prompt_tokens_over, CASE WHEN hours = '' THEN '' ELSE ', ' || hours END) AS object,
           CASE WHEN is_end THEN 'no price'
                ELSE format('input %s, cache read %s, cache write %s, output %s', input, cache_read, cache_write, output)
                     || CASE WHEN meters = '' THEN '' ELSE ', ' || meters END || CASE unlisted_meters WHEN 'free' THEN ', other meters free' ELSE '' END END AS new_value
    FROM billing_books.price
) AS p
FULL JOIN (
    SELECT id, count(*) FILTER (WHERE action <> 'withdraw_price') AS lines, count(*) FILTER (WHERE action = 'withdraw_price') AS withdrawn,
           min(object) FILTER (WHERE action <> 'withdraw_price') AS object, min(new_value) FILTER (WHERE action <> 'withdraw_price') AS new_value
    FROM (
        SELECT action, object, new_value, rtrim(split_part(object, ' ', 2), ':') AS id
        FROM billing_books.audit_log
        WHERE action IN ('set_price', 'import_prices', 'correct_price', 'end_prices', 'withdraw_price')
    ) AS l
    GROUP BY id
) AS a ON a.id = p.id
WHERE (a.lines, a.withdrawn, a.new_value) IS DISTINCT FROM (1, p.is_withdrawn::int, p.new_value)
    OR NOT starts_with(a.object, p.object)

-- check policy_audit of all
-- A policy that is not as by default is set to what the audit log says last, where that says a switch, an amount or a duration; and what it says to be set is.
SELECT NULL, format('policy %s is %s, the audit log says %s', coalesce(s.object, a.object), coalesce(s.value::text, 'not set'), coalesce(a.new_value, 'nothing'))
FROM (SELECT name || CASE currency WHEN '' THEN '' ELSE ' in ' || currency END AS object, value FROM billing_books.policy_setting) AS s
FULL JOIN (
    SELECT DISTINCT ON (object) object, new_value FROM billing_books.audit_log WHERE action = 'set_policy' ORDER BY object, audit_no DESC
) AS a ON a.object = s.object
WHERE (s.value IS NULL) <> (a.new_value IS NULL)
    OR s.value <> CASE
        WHEN a.new_value IN ('on', 'off') THEN (a.new_value = 'on')::int
        WHEN a.new_value ~ '^[0-9]{1,9}\.[0-9]{9}$' THEN a.new_value::numeric * 1000000000
        WHEN a.new_value ~ '^[0-9]{1,9} (days|hours|minutes|seconds)$' THEN extract(epoch FROM a.new_value::interval) * 1000000
        ELSE s.value
    END
