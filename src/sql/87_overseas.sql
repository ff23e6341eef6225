CREATE FUNCTION billing.number_invoices() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_number_invoices';
COMMENT ON FUNCTION billing.number_invoices() IS 'Gives invoices and credit notes overseas that wait (R18) the next numbers of their series, up to 1,000 of each at a call, as the clerk does by itself. Returns how many: 0 where somebody else is at it, where no seller of region global is set, where the books were armed once and are not armed here, and in a new epoch until release_numbers(). schedule_jobs() has it called each minute.';

CREATE FUNCTION billing.release_numbers(series text, reason text, actor text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_release_numbers';
COMMENT ON FUNCTION billing.release_numbers(text, text, text) IS 'Lets a series of overseas invoices, and that of its credit notes, give numbers again that wait since arm() was called anew: see first that no paper bears a number that these books do not know, or set a new series by set_seller() instead. series: of a seller, as set_seller() has it. reason is required. By another login and another actor than those who armed. Errors: LB108, LB521, LB523. Example: SELECT billing.release_numbers(''INV'', ''the last that was sent is INV-000107, and it is here'');';
