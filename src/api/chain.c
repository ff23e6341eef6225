/*-------------------------------------------------------------------------
 *
 * chain.c
 *	  entry_chain() and usage_event_digest(): the hash chain, worked out again.
 *
 * verify() calls them over rows that anybody may have damaged: what cannot be
 * read has no digest, and so is told.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "core/chain.h"
#include "spi/bind.h"
#include "spi/nano.h"

static const char *
text_or_null(FunctionCallInfo fcinfo, int index)
{
	return PG_ARGISNULL(index) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(index));
}

static int64
number_or_zero(FunctionCallInfo fcinfo, int index)
{
	return PG_ARGISNULL(index) ? 0 : PG_GETARG_INT64(index);
}

/* True where none of these arguments is null. */
static bool
are_given(FunctionCallInfo fcinfo, int first, int last)
{
	for (int index = first; index <= last; index++)
		if (PG_ARGISNULL(index))
			return false;
	return true;
}

/* False where the argument is no digest; a null is not set. */
static bool
read_digest(FunctionCallInfo fcinfo, int index, Digest *digest)
{
	bytea *bytes;

	if (PG_ARGISNULL(index))
		return true;
	bytes = PG_GETARG_BYTEA_PP(index);
	if (VARSIZE_ANY_EXHDR(bytes) != DIGEST_BYTES)
		return false;
	memcpy(digest->bytes, VARDATA_ANY(bytes), DIGEST_BYTES);
	return true;
}

static Datum
digest_or_null(FunctionCallInfo fcinfo, const Digest *digest)
{
	if (digest == NULL)
		PG_RETURN_NULL();
	return bind_bytes(digest->bytes, DIGEST_BYTES);
}

/* Numbers of things count from 1: one that is 0 would read as null. */
static bool
is_zero(FunctionCallInfo fcinfo, int index)
{
	return !PG_ARGISNULL(index) && PG_GETARG_INT64(index) == 0;
}

PG_FUNCTION_INFO_V1(billing_entry_chain);
Datum
billing_entry_chain(PG_FUNCTION_ARGS)
{
	Digest before = chain_start;
	Digest usage;
	Digest chain;
	ChainEntry entry;

	if (!are_given(fcinfo, 1, 5) || !are_given(fcinfo, 9, 12) || is_zero(fcinfo, 6) ||
		is_zero(fcinfo, 7) || is_zero(fcinfo, 8) || !read_digest(fcinfo, 0, &before) ||
		!read_digest(fcinfo, 15, &usage))
		PG_RETURN_NULL();
	entry = (ChainEntry){
		.account_id = PG_GETARG_INT64(1),
		.entry_no = PG_GETARG_INT64(2),
		.occurred_at = PG_GETARG_TIMESTAMPTZ(3),
		.recorded_at = PG_GETARG_TIMESTAMPTZ(4),
		.source_id = PG_GETARG_INT64(5),
		.lot_no = number_or_zero(fcinfo, 6),
		.subscription_no = number_or_zero(fcinfo, 7),
		.undoes_entry_no = number_or_zero(fcinfo, 8),
		.debit = text_or_null(fcinfo, 10),
		.credit = text_or_null(fcinfo, 11),
		.source_type = text_or_null(fcinfo, 12),
		.gateway = text_or_null(fcinfo, 13),
		.actor = text_or_null(fcinfo, 14),
		.usage_digest = PG_ARGISNULL(15) ? NULL : &usage,
	};
	if (!nano_from_numeric(PG_GETARG_NUMERIC(9), &entry.amount_nano))
		PG_RETURN_NULL();
	return digest_or_null(fcinfo, chain_entry(&before, &entry, &chain) ? &chain : NULL);
}

/* NULL where there are none, or they cannot be read, which check meters of verify() tells. */
static const Meters *
read_meters(FunctionCallInfo fcinfo, int index, Meters *meters)
{
	Jsonb *json;

	if (PG_ARGISNULL(index))
		return NULL;
	json = PG_GETARG_JSONB_P(index);
	if (meters_read(JsonbToCString(NULL, &json->root, VARSIZE(json)), meters) != NULL)
		return NULL;
	return meters;
}

PG_FUNCTION_INFO_V1(billing_usage_event_digest);
Datum
billing_usage_event_digest(PG_FUNCTION_ARGS)
{
	static const int token_arguments[TOKEN_CLASSES] = {
		[TOKENS_INPUT] = 6,
		[TOKENS_OUTPUT] = 7,
		[TOKENS_CACHE_READ] = 8,
		[TOKENS_CACHE_WRITE] = 9,
	};
	Meters meters;
	ChainUsage usage;
	Digest digest;

	if (!are_given(fcinfo, 0, 4) || !are_given(fcinfo, 6, 9) || !are_given(fcinfo, 11, 12))
		PG_RETURN_NULL();
	usage = (ChainUsage){
		.request_id = text_or_null(fcinfo, 0),
		.occurred_at = PG_GETARG_TIMESTAMPTZ(1),
		.recorded_at = PG_GETARG_TIMESTAMPTZ(2),
		.key_id = PG_GETARG_INT64(3),
		.model = text_or_null(fcinfo, 4),
		.variant = text_or_null(fcinfo, 5),
		.meters = read_meters(fcinfo, 10, &meters),
		.price_id = PG_GETARG_INT64(11),
	};
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		usage.tokens.of[token_class] = PG_GETARG_INT32(token_arguments[token_class]);
	if (!nano_from_numeric(PG_GETARG_NUMERIC(12), &usage.charge_nano))
		PG_RETURN_NULL();
	return digest_or_null(fcinfo, chain_usage_event(&usage, &digest) ? &digest : NULL);
}
