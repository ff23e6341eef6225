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
#include "guard/history.h"
#include "store/policy_store.h"
#include "store/price_store.h"
#include "store/session.h"
#include "worker/supervisor.h"
#include "worker/wake.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	clock_init();
	history_init();
	session_init();
	policy_init();
	price_init();
	wake_init();
	supervisor_init();
	MarkGUCPrefixReserved("billing");
}
