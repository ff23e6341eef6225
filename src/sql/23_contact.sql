CREATE TYPE billing.contact_change AS (contact_no bigint, replayed boolean);
COMMENT ON TYPE billing.contact_change IS 'Result of update_contact(): the number of the change, null where all was so already. replayed: the call was carried out before under this key, and nothing was done now.';

CREATE FUNCTION billing.update_contact(account_id bigint, email text, mobile text, time_zone text, idempotency_key text) RETURNS billing.contact_change
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_update_contact';
COMMENT ON FUNCTION billing.update_contact(bigint, text, text, text, text) IS 'Says how an account is reached from now on: e-mail and mobile as of create_account(), each null where there is none; time_zone: null leaves it as it is. What was before is kept in contact_history. What is told from now on goes there; what waits to be sent goes where it was to go. Errors: LB103, LB108, LB109, LB201. Example: SELECT * FROM billing.update_contact(7, ''new@example.com'', NULL, NULL, ''contact-1'').';

CREATE FUNCTION billing.erase_contact(account_id bigint, reason text, actor text = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_erase_contact';
COMMENT ON FUNCTION billing.erase_contact(bigint, text, text) IS 'Erases how a customer is reached: e-mail, mobile, external_ref, invoice titles, webhooks (they end), where notifications and invoices went, who paid from where, statements that were asked for, and what is left of these in the audit log and under idempotency keys. The word erased stands there instead. The ledger, and what issued invoices say, stay. Returns how many rows were changed; 0: there was nothing left. Errors: LB201, LB212 an order, a refund or an invoice is under way. Example: SELECT billing.erase_contact(7, ''asked for on 2026-11-03'').';
