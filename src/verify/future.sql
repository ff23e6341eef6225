-- check future
-- No instant that the server's clock gave of an account's is later than that clock by more than policy clock_jump. What else was booked of an account is not later than its newest booking. What a
-- wrong clock dated beside the bookings of an account stays so when that is repaired (B&S 1.4).
SELECT x.account_id, format('%s is of %s, which is in the future', x.what, x.at)
FROM (
    SELECT account_id, last_booked_at AS at, 'the newest booking' AS what FROM billing_books.account
    UNION ALL
    SELECT account_id, recorded_at, 'line ' || audit_no || ' of the audit log' FROM billing_books.audit_log
    UNION ALL
    SELECT account_id, recorded_at, format('the call "%s"', idempotency_key) FROM billing_books.idempotent_call
    UNION ALL
    SELECT account_id, unnest(ARRAY[requested_at, withdrawn_at]), format('the approval of "%s"', idempotency_key) FROM billing_books.approval_request
    UNION ALL
    SELECT account_id, unnest(ARRAY[created_at, first_sent_at, answered_at]), 'gateway call ' || call_id FROM billing_books.gateway_call
    UNION ALL
    SELECT account_id, changed_at, 'refund item ' || item_id FROM billing_books.refund_item
    UNION ALL
    SELECT account_id, changed_at, format('invoice title "%s"', title) FROM billing_books.invoice_title
    UNION ALL
    SELECT account_id, changed_at, 'invoice ' || invoice_id FROM billing_books.invoice
    UNION ALL
    SELECT account_id, unnest(ARRAY[created_at, changed_at]), 'red confirmation ' || confirmation_no FROM billing_books.red_confirmation
    UNION ALL
    SELECT account_id, unnest(ARRAY[created_at, changed_at]), format('the document of %s %s', kind, id) FROM billing_books.document
    UNION ALL
    SELECT account_id, requested_at, 'statement ' || statement_no FROM billing_books.account_statement
    UNION ALL
    SELECT account_id, unnest(ARRAY[created_at, first_sent_at, answered_at]), 'notification ' || notification_no FROM billing_books.notification
    UNION ALL
    SELECT account_id, unnest(ARRAY[created_at, deleted_at]), 'webhook ' || endpoint_id FROM billing_books.webhook_endpoint
    UNION ALL
    SELECT account_id, finished_at, 're-rating ' || rerate_no FROM billing_books.rerate_account
) AS x
WHERE x.at > (
    SELECT statement_timestamp() + current_setting('billing.clock_offset')::interval
        + coalesce((SELECT value FROM billing_books.policy_setting WHERE name = 'clock_jump'), 600000000) * interval '1 us'
) AND (x.what = 'the newest booking' OR NOT EXISTS (SELECT FROM billing_books.clock_repair AS c WHERE c.account_id = x.account_id))

-- check future_setting of all
-- The same of prices, plans, closings and all else that is no account's, or is not looked for by account.
SELECT NULL, format('%s is of %s, which is in the future', x.what, x.at)
FROM (
    SELECT unnest(ARRAY[corrected_at, withdrawn_at]) AS at, 'price ' || price_id AS what FROM billing_books.price
    UNION ALL
    SELECT unnest(ARRAY[created_at, retired_at]), format('plan "%s"', plan) FROM billing_books.plan
    UNION ALL
    SELECT created_at, format('promotion "%s"', promotion) FROM billing_books.promotion
    UNION ALL
    SELECT closed_at, 'the closing of ' || to_char(month, 'YYYY-MM') FROM billing_books.closed_month
    UNION ALL
    SELECT unnest(ARRAY[sealed_at, rows_before]), 'seal ' || seal_no FROM billing_books.seal
    UNION ALL
    SELECT unnest(ARRAY[begun_at, finished_at]), 're-rating ' || rerate_no FROM billing_books.rerate
    UNION ALL
    SELECT unnest(ARRAY[created_at, retired_at, unavailable_since]), format('gateway "%s"', gateway) FROM billing_books.gateway
    UNION ALL
    SELECT created_at, format('seller %s of region %s', seller_no, region) FROM billing_books.seller
    UNION ALL
    SELECT created_at, format('the e-mail template %s of "%s"', template_no, event) FROM billing_books.email_template
    UNION ALL
    SELECT created_at, format('the SMS template %s of "%s"', template_no, event) FROM billing_books.sms_template
    UNION ALL
    SELECT unnest(ARRAY[armed_at, disarmed_at]), 'arming ' || arming_no FROM billing_books.arming
    UNION ALL
    SELECT set_at, 'account range ' || range_no FROM billing_books.account_range
    UNION ALL
    SELECT installed_at, 'schema version ' || version FROM billing_books.schema_version
    UNION ALL
    SELECT unnest(ARRAY[requested_at, finished_at]), format('the reconciliation of "%s" for %s', gateway, day) FROM billing_books.reconciliation
    UNION ALL
    SELECT unnest(ARRAY[found_at, resolved_at]), 'difference ' || difference_id FROM billing_books.reconciliation_difference
    UNION ALL
    SELECT received_at, 'notice ' || notice_id FROM billing_books.gateway_notice
    UNION ALL
    SELECT unnest(ARRAY[set_aside_at, handled_at]), 'row ' || set_aside_no || ' that was set aside' FROM billing_books.usage_set_aside
    UNION ALL
    SELECT unnest(ARRAY[parked_at, unparked_at]), 'parking ' || parking_no FROM billing_books.parking
    UNION ALL
    SELECT last_issued_at, format('the newest number of series "%s"', series) FROM billing_books.invoice_series
) AS x
WHERE x.at > (
    SELECT statement_timestamp() + current_setting('billing.clock_offset')::interval
        + coalesce((SELECT value FROM billing_books.policy_setting WHERE name = 'clock_jump'), 600000000) * interval '1 us'
)
