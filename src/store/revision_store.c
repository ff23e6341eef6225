/*-------------------------------------------------------------------------
 *
 * revision_store.c
 *	  Revisions of charges, and how they are explained.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/revision_store.h"

#define OF_EVENT                                                                             \
	"charge_revision AS r WHERE r.account_id = $1 AND r.request_hash = $2 AND r.probe = $3 " \
	"AND r.event_recorded_at = $4"
#define OF_EVENT_TYPES INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID
#define OF_EVENT_VALUES(event)                                                           \
	((Datum[]){Int64GetDatum((event)->account_id), Int64GetDatum((event)->request_hash), \
			   Int16GetDatum((event)->probe), TimestampTzGetDatum((event)->recorded_at)})

#define REVISION_COLUMNS                                                               \
	"r.revision_no, r.rerate_no, r.old_price_id, r.price_id, r.old_charge, r.charge, " \
	"r.amount, r.written_off, r.first_entry_no, r.entry_count"

static Revision
read_revision(uint64 row)
{
	return (Revision){
		.revision_no = column_int32(row, 1),
		.rerate_no = column_int64(row, 2),
		.old_price_id = column_int64(row, 3),
		.price_id = column_int64(row, 4),
		.old_charge_nano = column_nano(row, 5),
		.charge_nano = column_nano(row, 6),
		.amount_nano = column_nano(row, 7),
		.written_off_nano = column_nano(row, 8),
		.first_entry_no = column_int64(row, 9),
		.entry_count = column_int32(row, 10),
	};
}

Revision *
revision_list(const UsageEvent *event, size_t *count)
{
	static Sql list = SQL("SELECT " REVISION_COLUMNS " FROM " BOOKS OF_EVENT
						  " ORDER BY r.revision_no",
						  OF_EVENT_TYPES);
	Revision *revisions;

	*count = sql_run(&list, OF_EVENT_VALUES(event), NULL);
	revisions = palloc((*count + 1) * sizeof(Revision));
	for (uint64 row = 0; row < *count; row++)
		revisions[row] = read_revision(row);
	return revisions;
}

bool
revision_read_newest(const UsageEvent *event, Revision *revision)
{
	static Sql read = SQL("SELECT " REVISION_COLUMNS " FROM " BOOKS OF_EVENT
						  " ORDER BY r.revision_no DESC LIMIT 1",
						  OF_EVENT_TYPES);

	if (sql_read(&read, OF_EVENT_VALUES(event), NULL) == 0)
		return false;
	*revision = read_revision(0);
	return true;
}

void
revision_insert(const UsageEvent *event, const Revision *revision, TimestampTz now)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "charge_revision (account_id, request_hash, probe, event_recorded_at, "
		"recorded_at, revision_no, rerate_no, old_price_id, price_id, old_charge, charge, amount, "
		"written_off, first_entry_no, entry_count, key_id, model, variant, occurred_at, project, tags) VALUES ($1, "
		"$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
		OF_EVENT_TYPES, TIMESTAMPTZOID, INT4OID, INT8OID, INT8OID, INT8OID, NUMERICOID, NUMERICOID,
		NUMERICOID, NUMERICOID, INT8OID, INT4OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
		TEXTOID, JSONBOID);
	const char *variant = event->payload.variant;
	char nulls[] = "                     ";
	Datum values[21];

	memcpy(values, OF_EVENT_VALUES(event), 4 * sizeof(Datum));
	values[4] = TimestampTzGetDatum(now);
	values[5] = Int32GetDatum(revision->revision_no);
	values[6] = Int64GetDatum(revision->rerate_no);
	values[7] = Int64GetDatum(revision->old_price_id);
	values[8] = Int64GetDatum(revision->price_id);
	values[9] = nano_datum(revision->old_charge_nano);
	values[10] = nano_datum(revision->charge_nano);
	values[11] = nano_datum(revision->amount_nano);
	values[12] = nano_datum(revision->written_off_nano);
	bind_number(values, nulls, 13, revision->first_entry_no);
	values[14] = Int32GetDatum(revision->entry_count);
	values[15] = Int64GetDatum(event->payload.key_id);
	bind_text(values, nulls, 16, event->payload.model);
	bind_text(values, nulls, 17, variant[0] ? variant : NULL);
	values[18] = TimestampTzGetDatum(event->occurred_at);
	bind_text(values, nulls, 19, event->project[0] ? event->project : NULL);
	bind_json(values, nulls, 20, event->tags);
	sql_write(&insert, values, nulls);
}

void
revision_report_before(const UsageEvent *event, ReturnSetInfo *result)
{
	static Sql lines = SQL(
		"SELECT 'charge before', NULL::bigint, NULL::numeric, r.old_charge::numeric, NULL::bigint, "
		"NULL::bigint, NULL::bigint, format('by price %s, until re-rating %s by %s%s', "
		"r.old_price_id, r.rerate_no, w.actor, ': ' || w.reason) FROM " BOOKS
		"rerate AS w, " BOOKS OF_EVENT " AND r.rerate_no = w.rerate_no ORDER BY r.revision_no",
		OF_EVENT_TYPES);

	sql_put_rows(&lines, OF_EVENT_VALUES(event), NULL, result);
}

void
revision_report_moves(const UsageEvent *event, ReturnSetInfo *result)
{
	static Sql lines = SQL(
		"SELECT CASE WHEN e.debit = 'revenue' THEN 'given back to ' || e.credit WHEN e.debit = "
		"'arrears' THEN 'left as arrears' ELSE 'paid by ' || e.debit END, NULL::bigint, "
		"NULL::numeric, CASE WHEN e.debit = 'revenue' THEN -e.amount ELSE e.amount END, e.lot_no, "
		"l.order_id, e.entry_no, format('re-rating %s', r.rerate_no) FROM " BOOKS
		"ledger_entry AS e LEFT JOIN " BOOKS
		"lot AS l ON l.account_id = $1 AND l.lot_no = e.lot_no, " BOOKS OF_EVENT
		" AND e.account_id = $1 AND e.entry_no >= r.first_entry_no AND e.entry_no < "
		"r.first_entry_no + r.entry_count ORDER BY e.entry_no",
		OF_EVENT_TYPES);

	sql_put_rows(&lines, OF_EVENT_VALUES(event), NULL, result);
}
