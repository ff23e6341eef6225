/*-------------------------------------------------------------------------
 *
 * idempotent_call.c
 *	  Idempotency keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "errors.h"
#include "store/approval_store.h"

static void
add_interval(StringInfo request, const Interval *interval)
{
	appendStringInfo(request, "%d %d " INT64_FORMAT, interval->month, interval->day,
					 interval->time);
}

/* Adds a value's bytes, in a form that no session setting changes. */
static void
add_argument(StringInfo request, Oid type, Datum value)
{
	switch (type)
	{
		case TEXTOID:
			appendStringInfoString(request, TextDatumGetCString(value));
			break;
		case NUMERICOID:
			appendStringInfoString(request, numeric_normalize(DatumGetNumeric(value)));
			break;
		case INT8OID:
		case TIMESTAMPTZOID:
			appendStringInfo(request, INT64_FORMAT, DatumGetInt64(value));
			break;
		case INTERVALOID:
			add_interval(request, DatumGetIntervalP(value));
			break;
		case BYTEAOID:
		case INT8ARRAYOID:
		case NUMERICARRAYOID:
		case TEXTARRAYOID:
			appendBinaryStringInfo(request, VARDATA_ANY(DatumGetPointer(value)),
								   VARSIZE_ANY_EXHDR(DatumGetPointer(value)));
			break;
		default:
			refuse(ERROR_INTERNAL, "an argument's type cannot be part of a idempotent call");
	}
}

static void
hash_arguments(StringInfo request, uint8 arguments_hash[ARGUMENTS_HASH_BYTES])
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (uint8 *) request->data, request->len) < 0 ||
		pg_cryptohash_final(context, arguments_hash, ARGUMENTS_HASH_BYTES) < 0)
		refuse(ERROR_INTERNAL, "a request could not be hashed");
	pg_cryptohash_free(context);
}

/* The arguments from the first on. */
static IdempotentCall
read_call(FunctionCallInfo fcinfo, IdempotentCall call, int first, int key_index, int actor_index,
		  int reason_index)
{
	StringInfoData request;
	Oid *types;
	int types_count;

	call.idempotency_key = arg_text(fcinfo, key_index, "idempotency_key", IDENTIFIER_BYTES_MAX);
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &types_count);
	initStringInfo(&request);
	for (int i = first; i < PG_NARGS(); i++)
	{
		if (i == key_index || i == actor_index || i == reason_index)
			continue;
		if (!PG_ARGISNULL(i))
			add_argument(&request, types[i], PG_GETARG_DATUM(i));
		/* Two bytes that no text contains part and number the arguments. */
		appendStringInfoChar(&request, PG_ARGISNULL(i) ? '\1' : '\0');
		appendStringInfoChar(&request, '\0');
	}
	hash_arguments(&request, call.arguments_hash);
	return call;
}

IdempotentCall
idempotent_call_read(FunctionCallInfo fcinfo, const char *function, int key_index, int actor_index,
					 int reason_index)
{
	IdempotentCall call = {.account_id = arg_account_id(fcinfo), .function = function};

	return read_call(fcinfo, call, 1, key_index, actor_index, reason_index);
}

IdempotentCall
idempotent_call_read_on(FunctionCallInfo fcinfo, const char *function, int64 account_id,
						int key_index, int actor_index, int reason_index)
{
	IdempotentCall call = {.account_id = account_id, .function = function};

	return read_call(fcinfo, call, 0, key_index, actor_index, reason_index);
}

static void
check_conflict(const IdempotentCall *call, IdempotentCallState state, const char *function)
{
	if (state == CALL_CONFLICTS)
		refuse(ERROR_IDEMPOTENCY_CONFLICT, call->idempotency_key, call->account_id, function);
}

bool
idempotent_call_begin(FunctionCallInfo fcinfo, IdempotentCall *call, Datum *answer)
{
	const char *function = NULL;
	IdempotentCallState state = idempotent_call_find(call, &function);

	check_conflict(call, state, function);
	if (state == CALL_IS_KNOWN)
	{
		*answer = idempotent_call_result(call, result_type(fcinfo));
		return true;
	}
	state = approval_find(call, &call->approval, &function);
	check_conflict(call, state, function);
	call->is_waiting = state == CALL_IS_KNOWN;
	if (call->is_waiting && call->approval.is_withdrawn)
		refuse(ERROR_APPROVAL_WITHDRAWN, call->idempotency_key, call->account_id);
	return false;
}

void
idempotent_call_end(FunctionCallInfo fcinfo, const IdempotentCall *call, Datum result)
{
	idempotent_call_insert(call, result, result_type(fcinfo));
}
