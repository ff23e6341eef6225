/*-------------------------------------------------------------------------
 *
 * billing.c
 *	  Loading the library: settings, caches and workers. Nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "clock.h"
#include "clock_watch.h"
#include "guard/history.h"
#include "rows/row_table.h"
#include "settings.h"
#include "spi/caller_cursor.h"
#include "spi/caller_temp.h"
#include "spi/planning.h"
#include "spi/scope.h"
#include "spi/sql.h"
#include "spi/subscriber.h"
#include "store/account_range_store.h"
#include "store/clock_repair_store.h"
#include "store/policy_store.h"
#include "store/price_store.h"
#include "wake.h"
#include "worker/supervisor.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	caller_cursor_init();
	caller_temp_init();
	clock_init();
	clock_watch_init();
	history_init();
	planning_init();
	row_table_init();
	scope_init();
	sql_init();
	subscriber_init();
	policy_init();
	account_range_init();
	clock_repair_init();
	price_init();
	settings_init();
	wake_init();
	supervisor_init();
	MarkGUCPrefixReserved("billing");
}
