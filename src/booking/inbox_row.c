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
#include "core/tags.h"

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

/* An empty one is none. */
static bool
is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static Fault
meters_fault(const char *json)
{
	Fault fault = fault_of_text("meters", json, USAGE_JSON_BYTES_MAX);
	Meters meters;
	const char *problem = fault.message ? NULL : meters_read(json, &meters);

	return problem ? fault_of(ERROR_USAGE_METERS, problem) : fault;
}

static Fault
tags_fault(const char *json)
{
	Fault fault = fault_of_text("tags", json, USAGE_JSON_BYTES_MAX);
	char tags[TAGS_TEXT_SIZE];
	const char *problem = fault.message ? NULL : tags_read(json, tags);

	return problem ? fault_of(ERROR_USAGE_TAGS, problem) : fault;
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
	if (fault.message == NULL && is_given(row->variant))
		fault = fault_of_text("variant", row->variant, VARIANT_BYTES_MAX);
	if (fault.message == NULL && is_given(row->meters))
		fault = meters_fault(row->meters);
	if (fault.message == NULL && is_given(row->tags))
		fault = tags_fault(row->tags);
	if (fault.message == NULL && !row->nulls[INBOX_OCCURRED_AT] &&
		TIMESTAMP_NOT_FINITE(row->occurred_at))
		fault = fault_of(ERROR_NOT_FINITE, "occurred_at");
	return fault;
}

/* Those of a row without a fault; NULL where it counts nothing. */
static const Meters *
row_meters(const InboxRow *row)
{
	Meters *meters;

	if (!is_given(row->meters))
		return NULL;
	meters = palloc(sizeof(Meters));
	(void) meters_read(row->meters, meters);
	return meters->count > 0 ? meters : NULL;
}

static const char *
row_tags(const InboxRow *row)
{
	char tags[TAGS_TEXT_SIZE] = "";

	if (is_given(row->tags))
		(void) tags_read(row->tags, tags);
	return tags[0] ? pstrdup(tags) : NULL;
}

UsageEvent
inbox_row_event(const InboxRow *row, TimestampTz booked_at)
{
	UsageEvent event = {
		.account_id = row->account_id,
		.request_id = row->request_id,
		.request_hash = usage_request_hash(row->request_id),
		.payload = {.key_id = row->key_id,
					.model = row->model,
					.variant = is_given(row->variant) ? row->variant : "",
					.meters = row_meters(row)},
		.tags = row_tags(row),
		.occurred_at = row->nulls[INBOX_OCCURRED_AT] ? booked_at : row->occurred_at,
		.is_unstamped = row->nulls[INBOX_OCCURRED_AT],
	};

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		event.payload.tokens.of[token_class] = (int32) row->tokens[token_class];
	return event;
}
