/*-------------------------------------------------------------------------
 *
 * sms_template_store.c
 *	  Which templates of the provider tell what by SMS.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "store/sms_template_store.h"

bool
sms_template_find(SqlRunner run, SmsTemplate *wanted)
{
	static Sql find = SQL(
		"SELECT template_no, sign_name, template_code, parameters::text FROM " BOOKS
		"sms_template WHERE event = $1 AND region = $2 AND language = $3 ORDER BY "
		"template_no DESC LIMIT 1",
		TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "   ";
	Datum values[3];

	bind_text(values, nulls, 0, wanted->event);
	bind_text(values, nulls, 1, wanted->region);
	bind_text(values, nulls, 2, wanted->language);
	if (run(&find, values, nulls) == 0)
		return false;
	wanted->template_no = column_int32(0, 1);
	wanted->sign_name = column_text(0, 2);
	wanted->template_code = column_text(0, 3);
	wanted->parameters = column_text(0, 4);
	return true;
}

void
sms_template_hold_for_adding(void)
{
	(void) sql_execute("LOCK TABLE " BOOKS "sms_template IN SHARE ROW EXCLUSIVE MODE");
}

void
sms_template_insert(const SmsTemplate *added, TimestampTz now)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "sms_template (event, region, language, template_no, sign_name, "
		"template_code, parameters, created_at) VALUES ($1, $2, $3, $4, $5, $6, "
		"$7::jsonb, $8)",
		TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "        ";
	Datum values[8];

	bind_text(values, nulls, 0, added->event);
	bind_text(values, nulls, 1, added->region);
	bind_text(values, nulls, 2, added->language);
	values[3] = Int32GetDatum(added->template_no);
	bind_text(values, nulls, 4, added->sign_name);
	bind_text(values, nulls, 5, added->template_code);
	bind_text(values, nulls, 6, added->parameters);
	values[7] = TimestampTzGetDatum(now);
	sql_write(&insert, values, nulls);
}
