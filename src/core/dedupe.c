/*-------------------------------------------------------------------------
 *
 * dedupe.c
 *	  Choosing among the stored rows of a hash.
 *
 *-------------------------------------------------------------------------
 */
#include "core/dedupe.h"

#include <stdbool.h>
#include <string.h>

static bool
is_since(const StoredRequest *row, int64_t since)
{
	return row->recorded_at >= since || row->occurred_at >= since;
}

const StoredRequest *
dedupe_find(StoredRequests stored, const char *request_id, int64_t since)
{
	const StoredRequest *newest = NULL;

	for (size_t i = 0; i < stored.count; i++)
	{
		const StoredRequest *row = &stored.rows[i];

		if (is_since(row, since) && strcmp(row->request_id, request_id) == 0 &&
			(newest == NULL || row->recorded_at > newest->recorded_at))
			newest = row;
	}
	return newest;
}

int16_t
dedupe_free_probe(StoredRequests stored)
{
	int16_t probe = 0;

	for (size_t i = 0; i < stored.count; i++)
		if (stored.rows[i].probe >= probe)
			probe = (int16_t) (stored.rows[i].probe + 1);
	return probe;
}
