-- check payment_credited
-- A payment that is credited is so by one entry of what was left of its amount, and no other is.
SELECT coalesce(p.account_id, e.account_id),
       format('payment %s of %s is %s: %s entries credit %s',
              coalesce(p.payment_id, e.source_id), p.amount, coalesce(p.state, 'not there'), coalesce(e.entries, 0), e.amount)
FROM billing_books.payment AS p
FULL JOIN (
    SELECT account_id, source_id, count(*) AS entries, sum(amount) AS amount
    FROM billing_books.ledger_entry
    WHERE source_type = 'payment' AND debit IN ('gateway', 'suspense') AND credit IN ('cash', 'plan_deferred')
    GROUP BY account_id, source_id
) AS e ON e.account_id = p.account_id AND e.source_id = p.payment_id
WHERE p.account_id IS NULL
    OR CASE p.state WHEN 'credited' THEN (e.amount, e.entries) IS DISTINCT FROM (p.amount - p.taken, 1) ELSE e.entries IS NOT NULL END

-- check suspense
-- What a payment has in suspense is its amount, less what was taken back of it, while it is held or returning, and nothing before and after.
SELECT coalesce(p.account_id, e.account_id),
       format('payment %s of %s is %s and has %s in suspense',
              coalesce(p.payment_id, e.payment_id), p.amount, coalesce(p.state, 'not there'), coalesce(e.amount, 0))
FROM billing_books.payment AS p
FULL JOIN (
    SELECT e.account_id, coalesce(t.payment_id, e.source_id) AS payment_id,
           sum(CASE 'suspense' WHEN e.credit THEN e.amount ELSE -e.amount END) AS amount
    FROM billing_books.ledger_entry AS e
    LEFT JOIN billing_books.take_back AS t
        ON e.source_type = 'take_back' AND t.account_id = e.account_id AND t.take_back_id = e.source_id
    WHERE 'suspense' IN (e.debit, e.credit)
    GROUP BY 1, 2
) AS e ON e.account_id = p.account_id AND e.payment_id = p.payment_id
WHERE coalesce(e.amount, 0) IS DISTINCT FROM CASE WHEN p.state IN ('held', 'returning') THEN p.amount - p.taken ELSE 0 END

-- check payment_taken
-- What was taken back of a payment while it stood in suspense is what its take-backs took from there.
SELECT p.account_id, format('payment %s says that %s was taken of it in suspense, the ledger %s', p.payment_id, p.taken, coalesce(e.amount, 0))
FROM billing_books.payment AS p
LEFT JOIN (
    SELECT t.account_id, t.payment_id, sum(e.amount) AS amount
    FROM billing_books.take_back AS t
    JOIN billing_books.ledger_entry AS e
        ON e.account_id = t.account_id AND e.source_type = 'take_back' AND e.source_id = t.take_back_id AND e.debit = 'suspense'
    GROUP BY t.account_id, t.payment_id
) AS e ON e.account_id = p.account_id AND e.payment_id = p.payment_id
WHERE p.taken IS DISTINCT FROM coalesce(e.amount, 0)

-- check order_paid
-- An order is paid by one payment that was credited, in the currency of its account, and in full unless an operator credited
-- another amount; no other has one.
SELECT o.account_id, format('order %s of %s is %s, and %s of it is credited', o.order_id, o.pay_amount, o.state, coalesce(p.amount, 0))
FROM billing_books.payment_order AS o
LEFT JOIN billing_books.account AS a ON a.account_id = o.account_id
LEFT JOIN (
    SELECT account_id, order_id, sum(amount - taken) AS amount, min(currency) AS currency, count(*) AS payments, min(reason) AS reason
    FROM billing_books.payment
    WHERE state = 'credited'
    GROUP BY account_id, order_id
) AS p ON p.account_id = o.account_id AND p.order_id = o.order_id
WHERE o.currency IS DISTINCT FROM a.currency
    OR CASE o.state
        WHEN 'paid' THEN (p.payments, p.currency) IS DISTINCT FROM (1, o.currency)
            OR (p.amount <> o.pay_amount AND p.reason IS NULL)
        ELSE p.amount IS NOT NULL END

-- check order_bonus
-- The bonus that came with an order is what the order promised, once it is paid, in full (R19).
SELECT coalesce(o.account_id, l.account_id),
       format('order %s promises %s of bonus and gave %s', coalesce(o.order_id, l.order_id), o.discount + o.gift, coalesce(l.amount, 0))
FROM billing_books.payment_order AS o
FULL JOIN (
    SELECT account_id, order_id, sum(amount) AS amount
    FROM billing_books.lot
    WHERE source_type = 'payment_order'
    GROUP BY account_id, order_id
) AS l ON l.account_id = o.account_id AND l.order_id = o.order_id
LEFT JOIN billing_books.payment AS p ON p.account_id = o.account_id AND p.order_id = o.order_id AND p.state = 'credited'
WHERE coalesce(l.amount, 0) IS DISTINCT FROM
    CASE WHEN o.state = 'paid' AND p.amount - p.taken IS NOT DISTINCT FROM o.pay_amount THEN o.discount + o.gift ELSE 0 END

-- check payment_claim
-- Every payment is the claim of its gateway's transaction.
SELECT coalesce(p.account_id, c.account_id),
       format('payment %s of transaction %s through %s is claimed as %s through %s',
              coalesce(p.payment_id, c.payment_id), p.transaction_id, p.gateway, c.transaction_id, c.gateway)
FROM billing_books.payment AS p
FULL JOIN billing_books.payment_claim AS c ON c.account_id = p.account_id AND c.payment_id = p.payment_id
WHERE (p.gateway COLLATE "C", p.transaction_id COLLATE "C") IS DISTINCT FROM (c.gateway, c.transaction_id)

-- check payment_try of all
-- A transaction is booked once more only where the try before was reversed as a mistake, or moved off the house.
SELECT c.account_id, format('transaction %s is booked as try %s of %s', c.transaction_id, c.try, c.place)
FROM (
    SELECT *, row_number() OVER tries AS place, lead(try) OVER tries AS next_try
    FROM billing_books.payment_claim
    WINDOW tries AS (PARTITION BY gateway, transaction_id ORDER BY try)
) AS c
WHERE c.try <> c.place
    OR (c.next_try IS NOT NULL
        AND NOT EXISTS (SELECT FROM billing_books.take_back AS t
            WHERE t.account_id = c.account_id AND t.payment_id = c.payment_id AND t.kind = 'offline_reversal')
        AND NOT EXISTS (SELECT FROM billing_books.payment AS p
            WHERE p.account_id = c.account_id AND p.payment_id = c.payment_id AND p.state = 'moved'))

-- check payment_twice of all
-- A transaction is booked through one of a provider's gateways: two names may lead to one merchant account.
SELECT b.account_id, format('transaction %s is booked through %s and %s', a.transaction_id, a.gateway, b.gateway)
FROM billing_books.payment_claim AS a
JOIN billing_books.gateway AS ga ON ga.gateway = a.gateway
JOIN billing_books.gateway AS gb ON gb.provider = ga.provider AND gb.gateway > ga.gateway
JOIN billing_books.payment_claim AS b ON b.gateway = gb.gateway AND b.transaction_id = a.transaction_id
JOIN billing_books.payment AS pa ON pa.account_id = a.account_id AND pa.payment_id = a.payment_id
JOIN billing_books.payment AS pb ON pb.account_id = b.account_id AND pb.payment_id = b.payment_id
WHERE pa.state = 'credited' AND pb.state = 'credited'

-- check take_back_booked
-- A take-back is what its entries moved through the gateway; one that undoes another moved it back.
SELECT coalesce(t.account_id, e.account_id),
       format('take-back %s of %s is booked with %s', coalesce(t.take_back_id, e.source_id), t.amount, e.amount)
FROM billing_books.take_back AS t
FULL JOIN (
    SELECT account_id, source_id,
           sum(CASE 'gateway' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0 END) AS amount
    FROM billing_books.ledger_entry
    WHERE source_type = 'take_back'
    GROUP BY account_id, source_id
) AS e ON e.account_id = t.account_id AND e.source_id = t.take_back_id
WHERE CASE t.kind WHEN 'undone' THEN -t.amount ELSE t.amount END IS DISTINCT FROM CASE WHEN t.kind = 'undone' THEN coalesce(e.amount, 0) ELSE e.amount END

-- check take_back_payment
-- No more of a payment is taken back than came in, and through its gateway; one that is undone counts no more.
SELECT t.account_id,
       format('payment %s of %s through %s is taken back by %s', t.payment_id, p.amount, p.gateway, t.amount)
FROM (
    SELECT t.account_id, t.payment_id, sum(t.amount) FILTER (WHERE t.kind <> 'undone' AND u.undoes IS NULL) AS amount,
           min(t.gateway) AS gateway, max(t.gateway) AS gateway_max
    FROM billing_books.take_back AS t
    LEFT JOIN billing_books.take_back AS u ON u.account_id = t.account_id AND u.undoes = t.take_back_id
    GROUP BY t.account_id, t.payment_id
) AS t
LEFT JOIN billing_books.payment AS p ON p.account_id = t.account_id AND p.payment_id = t.payment_id
WHERE t.amount > p.amount OR (t.gateway, t.gateway_max) IS DISTINCT FROM (p.gateway, p.gateway)

-- check take_back_undone
-- What is undone had been taken back, and comes again as what it was: into its lot, or as a payment of its own.
SELECT u.account_id, format('take-back %s of %s undoes %s of %s', u.take_back_id, u.amount, u.undoes, t.amount)
FROM billing_books.take_back AS u
LEFT JOIN billing_books.take_back AS t ON t.account_id = u.account_id AND t.take_back_id = u.undoes
LEFT JOIN billing_books.payment AS p
    ON p.account_id = u.account_id AND p.gateway = t.gateway AND p.transaction_id = format('undone %s.%s', t.account_id, t.take_back_id)
WHERE u.kind = 'undone'
    AND (t.kind NOT IN ('refund', 'dispute') OR u.payment_id <> t.payment_id OR t.amount <> u.amount + coalesce(p.amount, 0))

-- check refund_claim
-- A take-back by a gateway is the claim of its refund.
SELECT coalesce(t.account_id, c.account_id),
       format('take-back %s of refund %s is claimed as %s', coalesce(t.take_back_id, c.take_back_id), t.refund_id, c.refund_id)
FROM (SELECT * FROM billing_books.take_back WHERE refund_id IS NOT NULL) AS t
LEFT JOIN billing_books.payment AS p ON p.account_id = t.account_id AND p.payment_id = t.payment_id
FULL JOIN (SELECT * FROM billing_books.refund_claim WHERE take_back_id IS NOT NULL) AS c
    ON c.account_id = t.account_id AND c.take_back_id = t.take_back_id
WHERE (t.gateway COLLATE "C", p.transaction_id COLLATE "C", t.refund_id) IS DISTINCT FROM (c.gateway, c.transaction_id, c.refund_id)

-- check refund_claim_amount
-- A refund of the gateway is claimed by what it was booked as, of its amount and instant, or by the call of ours that asked for it.
SELECT c.account_id, format('refund %s of %s at %s is claimed as %s', c.refund_id, c.amount, c.refunded_at, coalesce('take-back ' || c.take_back_id, 'call ' || c.call_id))
FROM billing_books.refund_claim AS c
LEFT JOIN billing_books.take_back AS t ON t.account_id = c.account_id AND t.take_back_id = c.take_back_id
LEFT JOIN billing_books.gateway_call AS g ON g.account_id = c.account_id AND g.call_id = c.call_id
LEFT JOIN billing_books.payment AS p ON p.account_id = g.account_id AND p.payment_id = g.payment_id
WHERE CASE WHEN c.take_back_id IS NOT NULL THEN (t.amount, t.occurred_at) IS DISTINCT FROM (c.amount, c.refunded_at)
           ELSE (g.kind, g.amount, g.gateway, p.transaction_id COLLATE "C") IS DISTINCT FROM ('refund', c.amount, c.gateway, c.transaction_id) END

-- check notice_payment
-- A gateway's message that is booked names a payment that came through it, or through another of its provider's: two names may lead to one merchant account.
SELECT n.account_id, format('message %s of %s is %s, of payment %s through %s', n.notice_id, n.gateway, n.state, n.payment_id, coalesce(p.gateway, 'nothing'))
FROM billing_books.gateway_notice AS n
LEFT JOIN billing_books.payment AS p ON p.account_id = n.account_id AND p.payment_id = n.payment_id
LEFT JOIN billing_books.gateway AS own ON own.gateway = n.gateway
LEFT JOIN billing_books.gateway AS other ON other.gateway = p.gateway
WHERE n.payment_id IS NOT NULL AND n.state = 'applied' AND p.gateway IS DISTINCT FROM n.gateway AND other.provider IS DISTINCT FROM coalesce(own.provider, '')

-- check order_promotion
-- What an order gets on top is what its promotion gives.
SELECT o.account_id, format('order %s gets %s and %s for %s days, promotion %s gives %s and %s for %s', o.order_id, o.discount, o.gift, o.gift_days, o.promotion, p.discount, p.gift, p.gift_days)
FROM billing_books.payment_order AS o
LEFT JOIN billing_books.promotion AS p ON p.promotion = o.promotion
WHERE (o.discount, o.gift, o.gift_days) IS DISTINCT FROM CASE WHEN o.promotion IS NULL THEN (0::numeric(18, 9), 0::numeric(18, 9), NULL::integer) ELSE (p.discount, p.gift, p.gift_days) END
    OR o.pay_amount + o.discount < p.amount_min

-- check refund_call
-- A refund of ours that is done is the claim of the gateway's.
SELECT c.account_id, format('call %s is done, and no refund of the gateway is its', c.call_id)
FROM billing_books.gateway_call AS c
WHERE c.kind = 'refund' AND c.state = 'done'
    AND NOT EXISTS (SELECT FROM billing_books.refund_claim AS r WHERE r.account_id = c.account_id AND r.call_id = c.call_id)

-- check gateway_entry
-- Entries of a payment or a take-back name the gateway of the payment and a lot of its order.
SELECT e.account_id,
       format('entry %s moves money of gateway %s and lot %s, which are not those of its payment',
              e.entry_no, e.gateway, e.lot_no)
FROM billing_books.ledger_entry AS e
LEFT JOIN billing_books.take_back AS t
    ON e.source_type = 'take_back' AND t.account_id = e.account_id AND t.take_back_id = e.source_id
LEFT JOIN billing_books.payment AS p
    ON p.account_id = e.account_id
    AND p.payment_id = CASE e.source_type WHEN 'payment' THEN e.source_id ELSE t.payment_id END
LEFT JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no
WHERE e.source_type IN ('payment', 'take_back')
    AND 'gateway' IN (e.debit, e.credit)
    AND (e.gateway IS DISTINCT FROM p.gateway
        OR (e.lot_no IS NOT NULL AND l.order_id IS DISTINCT FROM p.order_id))

-- check gateway_call
-- An order that a gateway knows and that is open is followed, and a payment on its way back has a call that sends it.
SELECT o.account_id, format('order %s is %s, and nobody follows it', o.order_id, o.state)
FROM billing_books.payment_order AS o
LEFT JOIN billing_books.gateway_call AS c ON c.account_id = o.account_id AND c.order_id = o.order_id AND c.kind = 'follow'
WHERE o.gateway_number IS NOT NULL AND o.state IN ('created', 'pending', 'closing')
    AND (c.state IS NULL OR c.state NOT IN ('queued', 'sending', 'unknown', 'parked'))
UNION ALL
SELECT p.account_id, format('payment %s is returning, and nothing sends it back', p.payment_id)
FROM billing_books.payment AS p
WHERE p.state = 'returning'
    AND NOT EXISTS (SELECT FROM billing_books.gateway_call AS c
        WHERE c.account_id = p.account_id AND c.payment_id = p.payment_id AND c.state IN ('queued', 'sending', 'unknown', 'parked'))
