/*-------------------------------------------------------------------------
 *
 * seal.c
 *	  Seals of the books: made daily, kept elsewhere, and compared (B&S 3.2).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "api/arguments.h"
#include "api/result.h"
#include "booking/moment.h"
#include "clock.h"
#include "core/seal.h"
#include "errors.h"
#include "spi/bind.h"
#include "spi/scope.h"
#include "store/running_store.h"
#include "store/seal_store.h"
#include "store/verify_store.h"

static char *
hex(const Digest *digest)
{
	char *text = palloc(2 * DIGEST_BYTES + 1);

	text[hex_encode((const char *) digest->bytes, DIGEST_BYTES, text)] = '\0';
	return text;
}

/* ---- seal_books() ---------------------------------------------------------- */

/*
 * What is stamped before the earliest instant that clocks may still give is there to be seen
 * once all have ended who could have stamped it so. Where somebody has not, the seal holds no
 * more rows than the one before.
 */
static Seal
make_seal(int64 wait_us)
{
	TimestampTz earliest = moment_earliest();
	bool has_ended = running_wait(wait_us);
	Seal before;
	Seal seal;

	seal_hold();
	(void) seal_newest(&before);
	seal = (Seal){.seal_no = seal_next(before.seal_no),
				  .sealed_at = clock_now(),
				  .rows_before = has_ended ? Max(earliest, before.rows_before)
										   : before.rows_before};
	seal_write(&seal, before.rows_before);
	return seal;
}

PG_FUNCTION_INFO_V1(billing_seal_books);
Datum
billing_seal_books(PG_FUNCTION_ARGS)
{
	int64 wait_us = arg_duration(fcinfo, 0, "wait", LIMIT_TOLERANCE);
	Seal seal;
	Scope scope;

	if (IsolationUsesXactSnapshot())
		refuse(ERROR_SEAL_SNAPSHOT);
	scope_open(&scope);
	seal = make_seal(wait_us);
	return scope_close_with(
		&scope,
		result_row(fcinfo,
				   (Datum[]){Int64GetDatum(seal.seal_no), TimestampTzGetDatum(seal.sealed_at),
							 TimestampTzGetDatum(seal.rows_before), Int64GetDatum(seal.accounts),
							 CStringGetTextDatum(hex(&seal.root))},
				   (bool[]){false, false, false, false, false}));
}

/* ---- kept elsewhere --------------------------------------------------------- */

PG_FUNCTION_INFO_V1(billing_export_seal);
Datum
billing_export_seal(PG_FUNCTION_ARGS)
{
	int64 seal_no = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
	Datum text;
	Seal seal;
	Scope scope;

	scope_open_to_scan(&scope);
	if (PG_ARGISNULL(0) ? !seal_newest(&seal) : !seal_find(seal_no, &seal))
		refuse(ERROR_SEAL_UNKNOWN, seal_no);
	text = CStringGetTextDatum(psprintf("%sroot %s", seal_body(seal.seal_no), hex(&seal.root)));
	return scope_close_with(&scope, text);
}

static KeptSeal
read_kept(const char *text)
{
	SealText seal;

	switch (seal_read(text, &seal))
	{
		case SEAL_IS_MALFORMED:
			refuse(ERROR_SEAL_MALFORMED, seal.line);
		case SEAL_IS_ALTERED:
			refuse(ERROR_SEAL_ALTERED);
		case SEAL_IS_SOUND:
			break;
	}
	return (KeptSeal){.seal_no = seal.seal_no, .root = seal.root, .text = text};
}

PG_FUNCTION_INFO_V1(billing_verify_seal);
Datum
billing_verify_seal(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	KeptSeal kept = read_kept(arg_text(fcinfo, 0, "seal", MaxAllocSize - 1));
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open_to_scan(&scope);
	if (verify_tables(result))
		verify_kept_seal(&kept, result);
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_sealed_rows);
Datum
billing_sealed_rows(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	seal_list_rows((ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

/* ---- hash_lines() ------------------------------------------------------------ */

/* OpenSSL's memory is no memory context's: it goes with the one of the aggregate. */
static void
free_hasher(void *argument)
{
	Digest unused;

	(void) hasher_end(argument, &unused);
}

static Hasher *
make_hasher(MemoryContext memory)
{
	Hasher *hasher = MemoryContextAlloc(memory, sizeof(Hasher));
	MemoryContextCallback *callback = MemoryContextAlloc(memory, sizeof(MemoryContextCallback));

	hasher_begin(hasher);
	*callback = (MemoryContextCallback){.func = free_hasher, .arg = hasher};
	MemoryContextRegisterResetCallback(memory, callback);
	return hasher;
}

PG_FUNCTION_INFO_V1(billing_hash_lines_add);
Datum
billing_hash_lines_add(PG_FUNCTION_ARGS)
{
	MemoryContext memory;
	Hasher *hasher = PG_ARGISNULL(0) ? NULL : (Hasher *) PG_GETARG_POINTER(0);
	text *line;

	if (!AggCheckCallContext(fcinfo, &memory))
		refuse(ERROR_INTERNAL, "hash_lines_add() is for hash_lines() alone");
	if (hasher == NULL)
		hasher = make_hasher(memory);
	if (!PG_ARGISNULL(1))
	{
		line = PG_GETARG_TEXT_PP(1);
		hasher_put_bytes(hasher, VARDATA_ANY(line), VARSIZE_ANY_EXHDR(line));
		hasher_put_byte(hasher, '\n');
	}
	PG_RETURN_POINTER(hasher);
}

/* The state stays as it is: who scans the groups again ends them again, and a window goes on. */
PG_FUNCTION_INFO_V1(billing_hash_lines_end);
Datum
billing_hash_lines_end(PG_FUNCTION_ARGS)
{
	Digest digest;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (!hasher_look((Hasher *) PG_GETARG_POINTER(0), &digest))
		refuse(ERROR_INTERNAL, "there is no SHA-256");
	return bind_bytes(digest.bytes, DIGEST_BYTES);
}
