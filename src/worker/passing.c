/*-------------------------------------------------------------------------
 *
 * passing.c
 *	  Accounts that a worker passes over for a while.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "worker/passing.h"

void
passing_add(Passing *passing, int64 account_id, TimestampTz until)
{
	if (passing->count == PASSING_MAX)
		return;
	passing->accounts[passing->count] = account_id;
	passing->until[passing->count++] = until;
}

bool
passing_has(const Passing *passing, int64 account_id)
{
	for (size_t i = 0; i < passing->count; i++)
		if (passing->accounts[i] == account_id)
			return true;
	return false;
}

void
passing_add_all(Passing *passing, const int64 *accounts, size_t count, TimestampTz until)
{
	for (size_t i = 0; i < count; i++)
		if (!passing_has(passing, accounts[i]))
			passing_add(passing, accounts[i], until);
}

TimestampTz
passing_end(Passing *passing, TimestampTz now)
{
	TimestampTz next = DT_NOEND;
	size_t kept = 0;

	for (size_t i = 0; i < passing->count; i++)
	{
		if (passing->until[i] <= now)
			continue;
		next = Min(next, passing->until[i]);
		passing->accounts[kept] = passing->accounts[i];
		passing->until[kept++] = passing->until[i];
	}
	passing->count = kept;
	return next;
}
