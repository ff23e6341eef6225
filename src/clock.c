/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  Reading the time, and billing.clock_offset.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "clock.h"

/* Twenty years either way: no test needs more, and no instant overflows. */
#define OFFSET_S_MAX (20 * 366 * SECS_PER_DAY)

static int offset_s = 0;

void
clock_init(void)
{
	DefineCustomIntVariable(
		"billing.clock_offset", "How far the clock of billing is ahead of time.",
		"For tests only: travels in time. Shown by billing.status().", &offset_s, 0, -OFFSET_S_MAX,
		OFFSET_S_MAX, PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
}

TimestampTz
clock_now(void)
{
	return GetCurrentTimestamp() + offset_s * USECS_PER_SEC;
}

TimestampTz
clock_statement(void)
{
	return GetCurrentStatementStartTimestamp() + offset_s * USECS_PER_SEC;
}

int
clock_offset_s(void)
{
	return offset_s;
}
