/*-------------------------------------------------------------------------
 *
 * email_template_store.c
 *	  What e-mails say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "store/email_template_store.h"

bool
email_template_find(const char *event, const char *language, SqlRunner run, EmailTemplate *found)
{
	static Sql find = SQL("SELECT template_no, subject, body, html FROM " BOOKS
						  "email_template WHERE event = $1 AND language = $2 ORDER BY template_no "
						  "DESC LIMIT 1",
						  TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, event);
	bind_text(values, nulls, 1, language);
	if (run(&find, values, nulls) == 0)
		return false;
	*found = (EmailTemplate){
		.event = event,
		.language = language,
		.template_no = column_int32(0, 1),
		.subject = column_text(0, 2),
		.body = column_text(0, 3),
		.html = column_text_or_null(0, 4),
	};
	return true;
}

void
email_template_hold_for_adding(void)
{
	(void) sql_execute("LOCK TABLE " BOOKS "email_template IN SHARE ROW EXCLUSIVE MODE");
}

void
email_template_insert(const EmailTemplate *added, TimestampTz now)
{
	static Sql insert = SQL("INSERT INTO " BOOKS
							"email_template (event, language, template_no, subject, body, html, "
							"created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
							TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "       ";
	Datum values[7];

	bind_text(values, nulls, 0, added->event);
	bind_text(values, nulls, 1, added->language);
	values[2] = Int32GetDatum(added->template_no);
	bind_text(values, nulls, 3, added->subject);
	bind_text(values, nulls, 4, added->body);
	bind_text(values, nulls, 5, added->html);
	values[6] = TimestampTzGetDatum(now);
	sql_write(&insert, values, nulls);
}
