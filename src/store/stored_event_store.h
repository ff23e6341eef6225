/*-------------------------------------------------------------------------
 *
 * stored_event_store.h
 *	  Reading rows of usage_event that anybody may have written.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_STORED_EVENT_STORE_H
#define STORE_STORED_EVENT_STORE_H

#include "postgres.h"

#include "core/stored_event.h"
#include "spi/cursor.h"

/*
 * The columns of usage_event AS u as stored_event_read() reads them; three are given. A request_id
 * has the collation that it is sorted by, so that the server sorts the rows themselves.
 */
#define STORED_EVENT_COLUMNS(settled_at, price_id, charge)                                           \
	"u.account_id, u.first_entry_no, u.entry_count, u.batch_offset, u.status, u.reason, "            \
	"u.request_id COLLATE \"C\", u.request_hash, u.probe, u.occurred_at, u.recorded_at, " settled_at \
	", u.key_id, "                                                                                   \
	"u.key_name, u.project, u.model, u.variant, u.input_tokens, u.cache_read_tokens, "               \
	"u.cache_write_tokens, u.output_tokens, u.meters, " price_id ", " charge ", u.credits, "         \
	"u.subscription_no, u.quota_no, u.window_no, u.weight_id"

#define STORED_EVENT_TYPES                                                                      \
	INT8OID, INT8OID, INT4OID, NUMERICOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT2OID,         \
		TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID,     \
		TEXTOID, INT4OID, INT4OID, INT4OID, INT4OID, JSONBOID, INT8OID, NUMERICOID, NUMERICOID, \
		INT8OID, INT8OID, INT8OID, INT8OID

/* Reads a row into the current memory context. */
extern void stored_event_read(const Cursor *row, StoredEvent *event);

/* An amount of it as people read it; empty where it is none. */
extern const char *stored_event_amount_text(const StoredAmount *amount);

#endif
