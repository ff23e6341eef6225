CREATE FUNCTION billing.arm(actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_arm';
COMMENT ON FUNCTION billing.arm(text, text) IS 'Lets gateways be called from these books, and from no others: writes a token into table arming and into billing.secrets_dir, and begins an epoch that is part of every new gateway number. Needed once, and again after a restore, a promotion or a move. From the second time on refunds wait until release_refunds(), and numbers of overseas invoices until release_numbers() or a new series. Errors: LB521.';

CREATE FUNCTION billing.disarm(actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_disarm';
COMMENT ON FUNCTION billing.disarm(text, text) IS 'Calls no gateway any more; what is to be called stays queued, and notices are still booked. False where it was not armed.';

CREATE FUNCTION billing.release_refunds(gateway text, reason text, actor text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_release_refunds';
COMMENT ON FUNCTION billing.release_refunds(text, text, text) IS 'Lets the refunds of a gateway go that wait since arm() was called anew: look at the gateway''s own list first, for what was given back behind the restored instant. By another login and another actor than those who armed. Errors: LB511, LB521, LB523.';
