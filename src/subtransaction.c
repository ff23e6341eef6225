/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *	  A subtransaction around one call.
 *
 * The subtransaction is rolled back before anything is raised further: who catches
 * an error must find the user, the search path and SPI as they were.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "subtransaction.h"

ErrorData *
subtransaction_run(void (*function)(void *argument), void *argument, bool (*catches)(int sqlstate))
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		function(argument);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!catches(error->sqlerrcode))
			ReThrowError(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

static bool
is_text_error(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_DATA_EXCEPTION ||
		   sqlstate == ERRCODE_STATEMENT_TOO_COMPLEX;
}

bool
subtransaction_read(void (*function)(void *argument), void *argument)
{
	ErrorData *error = subtransaction_run(function, argument, is_text_error);

	if (error)
		FreeErrorData(error);
	return error == NULL;
}
