-- Each day of a gateway that was compared, by its newest run that is done: theirs, ours, what differs, what was settled.
SELECT r.gateway, r.day, r.run, r.finished_at,
       round(r.payments, 9), round(r.our_payments, 9), round(r.refunds, 9), round(r.our_refunds, 9),
       round(r.fees, 9), round(r.fees_returned, 9), round(r.settled, 9), round(r.funded, 9),
       (SELECT count(*) FROM billing_books.reconciliation_difference AS d WHERE d.gateway = r.gateway AND d.day = r.day),
       (SELECT count(*) FROM billing_books.reconciliation_difference AS d WHERE d.gateway = r.gateway AND d.day = r.day AND d.state <> 'resolved')
FROM billing_books.reconciliation AS r
WHERE r.state = 'done'
    AND NOT EXISTS (SELECT FROM billing_books.reconciliation AS n WHERE n.gateway = r.gateway AND n.day = r.day AND n.run > r.run AND n.state = 'done')
ORDER BY r.day DESC, r.gateway
