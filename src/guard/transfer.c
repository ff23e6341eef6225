/*-------------------------------------------------------------------------
 *
 * transfer.c
 *	  What may stand in the ledger: the core's table of pairs, asked from SQL.
 *
 * judge_transfer() is the trigger that refuses an entry; transfer_allowed()
 * lets verify() ask about one that stands there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/rel.h"

#include "core/book.h"
#include "errors.h"
#include "store/ledger_store.h"

/* What an entry says of its shape; NULL texts where it says nothing. */
typedef struct EntryShape
{
	bool on_house_account;
	bool has_lot;
	bool has_subscription;
	bool has_gateway;
	const char *debit;
	const char *credit;
	const char *source_type;
} EntryShape;

static bool
is_allowed(const EntryShape *entry)
{
	TransferShape shape = {
		.on_house_account = entry->on_house_account,
		.has_lot = entry->has_lot,
		.has_subscription = entry->has_subscription,
		.has_gateway = entry->has_gateway,
	};

	return entry->debit && entry->credit && entry->source_type &&
		   book_from_name(entry->debit, &shape.debit) &&
		   book_from_name(entry->credit, &shape.credit) &&
		   book_source_from_name(entry->source_type, &shape.source) && book_pair_allows(&shape);
}

static const char *
text_argument(FunctionCallInfo fcinfo, int index)
{
	return PG_ARGISNULL(index) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(index));
}

PG_FUNCTION_INFO_V1(billing_transfer_allowed);
Datum
billing_transfer_allowed(PG_FUNCTION_ARGS)
{
	EntryShape entry = {
		.on_house_account = PG_ARGISNULL(0) || PG_GETARG_INT64(0) < 0,
		.debit = text_argument(fcinfo, 1),
		.credit = text_argument(fcinfo, 2),
		.has_lot = !PG_ARGISNULL(3),
		.has_subscription = !PG_ARGISNULL(4),
		.has_gateway = !PG_ARGISNULL(5),
		.source_type = text_argument(fcinfo, 6),
	};

	PG_RETURN_BOOL(is_allowed(&entry));
}

/* True where the table has the columns that the trigger reads, of their types. */
static bool
is_ledger(TupleDesc descriptor)
{
	static const struct
	{
		LedgerColumn column;
		Oid type;
	} columns[] = {
		{LEDGER_ACCOUNT_ID, INT8OID},  {LEDGER_LOT_NO, INT8OID},  {LEDGER_SUBSCRIPTION_NO, INT8OID},
		{LEDGER_AMOUNT, NUMERICOID},   {LEDGER_DEBIT, TEXTOID},	  {LEDGER_CREDIT, TEXTOID},
		{LEDGER_SOURCE_TYPE, TEXTOID}, {LEDGER_GATEWAY, TEXTOID},
	};

	if (descriptor->natts < LEDGER_CHAIN)
		return false;
	for (size_t i = 0; i < lengthof(columns); i++)
		if (TupleDescAttr(descriptor, columns[i].column - 1)->atttypid != columns[i].type)
			return false;
	return true;
}

static Datum
entry_column(const TriggerData *trigger, LedgerColumn column, bool *is_null)
{
	return heap_getattr(trigger->tg_trigtuple, column, RelationGetDescr(trigger->tg_relation),
						is_null);
}

static bool
entry_has(const TriggerData *trigger, LedgerColumn column)
{
	bool is_null;

	(void) entry_column(trigger, column, &is_null);
	return !is_null;
}

static const char *
entry_text(const TriggerData *trigger, LedgerColumn column)
{
	bool is_null;
	Datum value = entry_column(trigger, column, &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}

/* True for an amount above zero; NaN sorts above all numbers, and is none. */
static bool
entry_amount_is_positive(const TriggerData *trigger)
{
	bool is_null;
	Datum value = entry_column(trigger, LEDGER_AMOUNT, &is_null);
	Numeric amount = is_null ? NULL : DatumGetNumeric(value);

	return amount && !numeric_is_nan(amount) &&
		   DatumGetBool(
			   DirectFunctionCall2(numeric_gt, value, NumericGetDatum(int64_to_numeric(0))));
}

PG_FUNCTION_INFO_V1(billing_judge_transfer);
Datum
billing_judge_transfer(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	EntryShape entry;
	bool is_null;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		!is_ledger(RelationGetDescr(trigger->tg_relation)))
		refuse(ERROR_INTERNAL, "judge_transfer() is no INSERT trigger of a ledger here");
	entry = (EntryShape){
		.on_house_account = DatumGetInt64(entry_column(trigger, LEDGER_ACCOUNT_ID, &is_null)) < 0,
		.debit = entry_text(trigger, LEDGER_DEBIT),
		.credit = entry_text(trigger, LEDGER_CREDIT),
		.has_lot = entry_has(trigger, LEDGER_LOT_NO),
		.has_subscription = entry_has(trigger, LEDGER_SUBSCRIPTION_NO),
		.has_gateway = entry_has(trigger, LEDGER_GATEWAY),
		.source_type = entry_text(trigger, LEDGER_SOURCE_TYPE),
	};
	if (!entry_amount_is_positive(trigger) || !is_allowed(&entry))
		refuse(ERROR_TRANSFER);
	return PointerGetDatum(trigger->tg_trigtuple);
}
