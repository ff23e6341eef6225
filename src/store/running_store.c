/*-------------------------------------------------------------------------
 *
 * running_store.c
 *	  Waiting for transactions that are under way, without holding anything.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/timestamp.h"

#include "spi/sql.h"
#include "store/running_store.h"

#define LOOK_AGAIN_US 10000

/* Waits for one of them; false where the time is over before. */
static bool
wait_for_end(VirtualTransactionId transaction, TimestampTz until)
{
	while (!VirtualXactLock(transaction, false))
	{
		if (GetCurrentTimestamp() >= until)
			return false;
		pg_usleep(LOOK_AGAIN_US);
		CHECK_FOR_INTERRUPTS();
	}
	return true;
}

static bool
any_prepared(void)
{
	static Sql find = SQL(
		"SELECT FROM pg_prepared_xacts WHERE database = current_database() LIMIT 1");

	return sql_latest(&find, NULL, NULL) > 0;
}

bool
running_wait(int64 timeout_us)
{
	TimestampTz until = GetCurrentTimestamp() + timeout_us;
	int count;
	VirtualTransactionId *running = GetCurrentVirtualXIDs(
		InvalidTransactionId, false, false, PROC_IS_AUTOVACUUM | PROC_IN_VACUUM, &count);

	for (int i = 0; i < count; i++)
		if (!wait_for_end(running[i], until))
			return false;
	return !any_prepared();
}
