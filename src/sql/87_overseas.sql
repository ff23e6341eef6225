CREATE FUNCTION billing.number_invoices() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_number_invoices';
COMMENT ON FUNCTION billing.number_invoices() IS 'Gives invoices and credit notes overseas that wait (R18) the next numbers of their series, up to 1,000 of each at a call, as the clerk does by itself. Returns how many: 0 where somebody else is at it, and where no seller of region global is set. schedule_jobs() has it called each minute.';
