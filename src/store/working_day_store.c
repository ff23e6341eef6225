/*-------------------------------------------------------------------------
 *
 * working_day_store.c
 *	  Holidays, and weekends on which people work.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/sql.h"
#include "store/working_day_store.h"

void
working_day_set(Datum day, bool working)
{
	static Sql set = SQL("INSERT INTO " BOOKS
						 "working_day (day, working) VALUES ($1, $2) ON CONFLICT (day) DO UPDATE "
						 "SET working = $2",
						 DATEOID, BOOLOID);

	sql_write(&set, (Datum[]){day, BoolGetDatum(working)}, NULL);
}

void
working_day_unset(Datum day)
{
	static Sql unset = SQL("DELETE FROM " BOOKS "working_day WHERE day = $1", DATEOID);

	(void) sql_run(&unset, (Datum[]){day}, NULL);
}
