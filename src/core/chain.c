/*-------------------------------------------------------------------------
 *
 * chain.c
 *	  The hash chain over an account's ledger entries.
 *
 *-------------------------------------------------------------------------
 */
#include "core/chain.h"

const Digest chain_start = {{0}};

bool
chain_entry(const Digest *before, const ChainEntry *entry, Digest *chain)
{
	Hasher hasher;

	hasher_begin(&hasher);
	hasher_put_byte(&hasher, CHAIN_VERSION);
	hasher_put_digest(&hasher, before);
	hasher_put_int64(&hasher, entry->account_id);
	hasher_put_int64(&hasher, entry->entry_no);
	hasher_put_int64(&hasher, entry->occurred_at);
	hasher_put_int64(&hasher, entry->recorded_at);
	hasher_put_int64(&hasher, entry->source_id);
	hasher_put_number_or_null(&hasher, entry->lot_no);
	hasher_put_number_or_null(&hasher, entry->subscription_no);
	hasher_put_number_or_null(&hasher, entry->undoes_entry_no);
	hasher_put_int64(&hasher, entry->amount_nano);
	hasher_put_text(&hasher, entry->debit);
	hasher_put_text(&hasher, entry->credit);
	hasher_put_text(&hasher, entry->source_type);
	hasher_put_text_or_null(&hasher, entry->gateway);
	hasher_put_text_or_null(&hasher, entry->actor);
	hasher_put_digest_or_null(&hasher, entry->usage_digest);
	return hasher_end(&hasher, chain);
}

static void
put_meters(Hasher *hasher, const Meters *meters)
{
	size_t count = meters ? meters->count : 0;

	hasher_put_byte(hasher, (uint8_t) count);
	for (size_t i = 0; i < count; i++)
	{
		hasher_put_text(hasher, meters->of[i].name);
		hasher_put_int64(hasher, meters->of[i].quantity);
	}
}

bool
chain_usage_event(const ChainUsage *usage, Digest *digest)
{
	Hasher hasher;

	hasher_begin(&hasher);
	hasher_put_text(&hasher, usage->request_id);
	hasher_put_int64(&hasher, usage->occurred_at);
	hasher_put_int64(&hasher, usage->recorded_at);
	hasher_put_int64(&hasher, usage->key_id);
	hasher_put_text(&hasher, usage->model);
	hasher_put_text_or_null(&hasher, usage->variant);
	for (int class = 0; class < TOKEN_CLASSES; class ++)
		hasher_put_int64(&hasher, usage->tokens.of[class]);
	put_meters(&hasher, usage->meters);
	hasher_put_int64(&hasher, usage->price_id);
	hasher_put_int64(&hasher, usage->charge_nano);
	return hasher_end(&hasher, digest);
}

void
chain_usage_begin(Hasher *hasher)
{
	hasher_begin(hasher);
	hasher_put_byte(hasher, CHAIN_VERSION);
}

bool
chain_usage(const Digest *events, size_t count, Digest *digest)
{
	Hasher hasher;

	chain_usage_begin(&hasher);
	hasher_put_bytes(&hasher, events, count * DIGEST_BYTES);
	return hasher_end(&hasher, digest);
}
