/*-------------------------------------------------------------------------
 *
 * inbox_row.c
 *	  From a row of the inbox, as it came, to a usage event.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/inbox_row.h"
#include "core/request_hash.h"

static Fault
tokens_fault(const InboxRow *row)
{
	Fault fault;

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
	{
		if (row->nulls[inbox_tokens[token_class].column])
			return fault_of(ERROR_NULL_ARGUMENT, inbox_tokens[token_class].name);
		fault = fault_of_limit(LIMIT_TOKENS, inbox_tokens[token_class].name,
							   row->tokens[token_class]);
		if (fault.message)
			return fault;
	}
	return NO_FAULT;
}

/* An empty one is the standard one, as none is. */
static bool
has_variant(const InboxRow *row)
{
	return !row->nulls[INBOX_VARIANT] && row->variant[0] != '\0';
}

Fault
inbox_row_fault(const InboxRow *row)
{
	Fault fault;

	if (row->nulls[INBOX_ACCOUNT_ID])
		return fault_of(ERROR_NULL_ARGUMENT, "account_id");
	if (row->nulls[INBOX_KEY_ID])
		return fault_of(ERROR_NULL_ARGUMENT, "key_id");
	fault = fault_of_text("request_id", row->request_id, IDENTIFIER_BYTES_MAX);
	if (fault.message == NULL)
		fault = fault_of_text("model", row->model, MODEL_BYTES_MAX);
	if (fault.message == NULL)
		fault = tokens_fault(row);
	if (fault.message == NULL && has_variant(row))
		fault = fault_of_text("variant", row->variant, VARIANT_BYTES_MAX);
	if (fault.message == NULL && !row->nulls[INBOX_OCCURRED_AT] &&
		TIMESTAMP_NOT_FINITE(row->occurred_at))
		fault = fault_of(ERROR_NOT_FINITE, "occurred_at");
	return fault;
}

UsageEvent
inbox_row_event(const InboxRow *row, TimestampTz booked_at)
{
	UsageEvent event = {
		.account_id = row->account_id,
		.request_id = row->request_id,
		.request_hash = request_hash(row->request_id, strlen(row->request_id)),
		.payload = {.key_id = row->key_id,
					.model = row->model,
					.variant = has_variant(row) ? row->variant : ""},
		.occurred_at = row->nulls[INBOX_OCCURRED_AT] ? booked_at : row->occurred_at,
	};

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		event.payload.tokens.of[token_class] = (int32) row->tokens[token_class];
	return event;
}
