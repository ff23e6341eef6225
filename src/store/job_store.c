/*-------------------------------------------------------------------------
 *
 * job_store.c
 *	  Calls of pg_cron, which need not be there: nothing of it is prepared.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "spi/sql.h"
#include "store/job_store.h"

bool
job_scheduler_exists(void)
{
	return OidIsValid(get_extension_oid("pg_cron", true));
}

void
job_schedule(const Job *job)
{
	(void) sql_execute(psprintf("SELECT cron.schedule(%s, %s, %s)", quote_literal_cstr(job->name),
								quote_literal_cstr(job->schedule),
								quote_literal_cstr(job->command)));
}

bool
job_unschedule(const char *name)
{
	return sql_execute(psprintf(
			   "SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %s AND username = "
			   "current_user",
			   quote_literal_cstr(name))) > 0;
}

char *
job_sql(const Job *job)
{
	const char *database = get_database_name(MyDatabaseId);

	return psprintf("SELECT cron.schedule_in_database(%s, %s, %s, %s)",
					quote_literal_cstr(psprintf("%s of %s", job->name, database)),
					quote_literal_cstr(job->schedule), quote_literal_cstr(job->command),
					quote_literal_cstr(database));
}
