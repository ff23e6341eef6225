/*-------------------------------------------------------------------------
 *
 * wording.c
 *	  From facts to texts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <jansson.h>

#include "commands/dbcommands.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "booking/wording.h"
#include "core/notification_text.h"
#include "errors.h"
#include "gateway/instant.h"
#include "local_time.h"
#include "message/template.h"
#include "store/document_store.h"
#include "store/email_template_store.h"
#include "store/invoice_store.h"
#include "store/sms_template_store.h"
#include "store/webhook_store.h"

#define VALUES_MAX (NOTIFICATION_COMMON_COUNT + NOTIFICATION_FIELDS_MAX)

/* The values of the placeholders of one notification. */
typedef struct Values
{
	TemplateValue list[VALUES_MAX];
	size_t count;
} Values;

/* ---- values -------------------------------------------------------------------- */

static void
add(Values *values, const char *name, const char *value)
{
	values->list[values->count++] = (TemplateValue){name, bytes_of(value)};
}

static const char *
show_instant(const Notification *notification, TimestampTz at)
{
	return local_time_print(at, notification->time_zone, palloc(LOCAL_TIME_TEXT_SIZE));
}

/* A fact as a person reads it. */
static const char *
show(const Notification *notification, const NotificationField *field, const char *value)
{
	char *text = palloc(MONEY_TEXT_SIZE);
	int64_t at;

	if (field->kind == FIELD_AMOUNT && notification_show_amount(value, text))
		return text;
	if (field->kind == FIELD_INSTANT && instant_from_utc(value, &at))
		return show_instant(notification, at);
	return value;
}

static const char *
find_fact(const NotificationFact *facts, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(facts[i].name, name) == 0)
			return facts[i].value;
	return "";
}

static Values
list_values(const Notification *notification)
{
	const NotificationField *field = notification_rule(notification->event)->fields;
	const char *number = psprintf(INT64_FORMAT, notification->account_id);
	Values values = {.count = 0};
	size_t count;
	NotificationFact *facts = notification_facts(notification, &count);

	add(&values, "account_id", number);
	add(&values, "account", notification->external_ref ? notification->external_ref : number);
	add(&values, "time", show_instant(notification, notification->created_at));
	for (; field->name; field++)
		add(&values, field->name, show(notification, field, find_fact(facts, count, field->name)));
	return values;
}

/* A text with its values; no bytes where it does not fit. */
static Bytes
expand(const char *text, TemplatePlace place, const Values *values, size_t size_max)
{
	char *room = palloc(size_max + 1);
	size_t size;

	if (!template_expand(bytes_of(text), place, values->list, values->count, room, size_max, &size))
		return (Bytes){NULL, 0};
	room[size] = '\0';
	return (Bytes){room, size};
}

/* ---- e-mail --------------------------------------------------------------------- */

static EmailTemplate
find_email(const Notification *notification)
{
	const char *event = notification_rule(notification->event)->name;
	EmailTemplate template = {.event = event};
	NotificationText text;

	if (!email_template_find(event, notification->language, sql_run, &template))
	{
		if (!notification_text_default(notification->event, notification->language, &text))
			refuse(ERROR_ROW_ALTERED, "a notification's language");
		template.subject = text.subject;
		template.body = text.body;
	}
	return template;
}

/* A subject, cut where a value is very long. */
static void
fill_subject(const char *text, const Values *values, Parcel *parcel)
{
	Bytes subject = expand(text, TEMPLATE_LINE, values, PARCEL_BODY_BYTES_MAX);
	int size = pg_mbcliplen(subject.data ? subject.data : "", (int) subject.size,
							PARCEL_SUBJECT_SIZE - 1);

	if (size > 0)
		memcpy(parcel->subject, subject.data, size);
}

/* The document of what is told, which a provider or an operator gave or the clerk had drawn. */
static bool
find_document(const Notification *notification, Datum *document)
{
	int64 account_id = notification->account_id;
	int64 invoice_id = notification->source_id;

	if (notification->event != EVENT_INVOICE_ISSUED &&
		notification->event != EVENT_CREDIT_NOTE_ISSUED)
		return false;
	return invoice_document(account_id, invoice_id, sql_run, document) ||
		   document_pdf(account_id, DOCUMENT_OF_INVOICE, invoice_id, sql_run, document);
}

/* An invoice, or a credit note, that has a document comes with it. */
static void
attach_invoice(const Notification *notification, Parcel *parcel)
{
	ParcelAttachment *attachment = &parcel->attachments[0];
	Datum document;
	bytea *bytes;

	if (!find_document(notification, &document))
		return;
	bytes = DatumGetByteaPCopy(document);
	if (VARSIZE_ANY_EXHDR(bytes) == 0 || VARSIZE_ANY_EXHDR(bytes) > PARCEL_ATTACHED_BYTES_MAX)
		return;
	snprintf(attachment->name, sizeof(attachment->name), "%s-" INT64_FORMAT ".pdf",
			 notification->event == EVENT_CREDIT_NOTE_ISSUED ? "credit-note" : "invoice",
			 notification->source_id);
	strlcpy(attachment->content_type, "application/pdf", sizeof(attachment->content_type));
	attachment->bytes = (Bytes){VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
	parcel->attachments_count = 1;
}

static const char *
fill_email(const Notification *notification, Parcel *parcel)
{
	EmailTemplate template = find_email(notification);
	Values values = list_values(notification);

	if (strlcpy(parcel->to, notification->address, sizeof(parcel->to)) >= sizeof(parcel->to))
		return "address";
	fill_subject(template.subject, &values, parcel);
	parcel->text = expand(template.body, TEMPLATE_TEXT, &values, PARCEL_BODY_BYTES_MAX);
	if (template.html)
		parcel->html = expand(template.html, TEMPLATE_HTML, &values, PARCEL_BODY_BYTES_MAX);
	attach_invoice(notification, parcel);
	return NULL;
}

/* ---- SMS ------------------------------------------------------------------------- */

/* The parameters with their values, as JSON; no bytes where they do not fit. */
static Bytes
expand_parameters(const char *parameters, const Values *values)
{
	json_t *object = json_loads(parameters, 0, NULL);
	char *room = palloc(PARCEL_PARAMETERS_BYTES_MAX);
	char text[PARCEL_PARAMETERS_BYTES_MAX];
	const char *name;
	json_t *value;
	size_t size;

	json_object_foreach(object, name, value)
	{
		const char *template = json_string_value(value);

		if (template && template_expand(bytes_of(template), TEMPLATE_LINE, values->list,
										values->count, text, sizeof(text), &size))
			(void) json_object_set_new(object, name, json_stringn(text, size));
	}
	size = json_dumpb(object, room, PARCEL_PARAMETERS_BYTES_MAX, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(object);
	return (Bytes){room, size <= PARCEL_PARAMETERS_BYTES_MAX ? size : 0};
}

static const char *
fill_sms(const Notification *notification, Parcel *parcel)
{
	SmsTemplate template = {.event = notification_rule(notification->event)->name,
							.region = notification->region,
							.language = notification->language};
	Values values;

	if (!sms_template_find(sql_run, &template))
		return "no_template";
	values = list_values(notification);
	strlcpy(parcel->mobile, notification->address, sizeof(parcel->mobile));
	strlcpy(parcel->sign_name, template.sign_name, sizeof(parcel->sign_name));
	strlcpy(parcel->template_code, template.template_code, sizeof(parcel->template_code));
	parcel->parameters = expand_parameters(template.parameters, &values);
	parcel->text = expand(find_email(notification).subject, TEMPLATE_LINE, &values,
						  PARCEL_BODY_BYTES_MAX);
	return NULL;
}

/* ---- webhooks --------------------------------------------------------------------- */

/* What is sent: the same bytes in every attempt. */
static Bytes
write_payload(const Notification *notification)
{
	char *room = palloc(PARCEL_PAYLOAD_BYTES_MAX);
	char instant[INSTANT_TEXT_SIZE];
	char number[MONEY_TEXT_SIZE];
	json_t *data = json_loads(notification->payload, 0, NULL);
	json_t *whole;
	size_t size;

	snprintf(number, sizeof(number), INT64_FORMAT, notification->account_id);
	(void) json_object_set_new(data, "account_id", json_string(number));
	whole = json_pack("{s:s,s:s,s:o}", "type", notification_rule(notification->event)->name,
					  "timestamp", instant_to_utc(notification->created_at, instant), "data", data);
	size = json_dumpb(whole, room, PARCEL_PAYLOAD_BYTES_MAX, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(whole);
	return (Bytes){room, size <= PARCEL_PAYLOAD_BYTES_MAX ? size : 0};
}

static const char *
fill_webhook(const Notification *notification, TimestampTz now, Parcel *parcel)
{
	WebhookEndpoint endpoint;

	if (!webhook_find(notification->account_id, notification->endpoint_id, sql_run, &endpoint))
		return "no_endpoint";
	strlcpy(parcel->url, endpoint.url, sizeof(parcel->url));
	parcel->account_id = endpoint.account_id;
	parcel->endpoint_id = endpoint.endpoint_id;
	parcel->version = endpoint.secret_version;
	if (endpoint.previous_until > now)
		parcel->previous_version = endpoint.previous_version;
	parcel->payload = write_payload(notification);
	return NULL;
}

/* ---- all --------------------------------------------------------------------------- */

/*
 * Its id is of its row, so that every attempt bears it; the instant tells it from that of
 * another row of the number, in books that were put back to an earlier state.
 */
static void
fill_id(const Notification *notification, Parcel *parcel)
{
	snprintf(parcel->id, sizeof(parcel->id), "n-" INT64_FORMAT "-" INT64_FORMAT "-%llx",
			 notification->account_id, notification->notification_no,
			 (unsigned long long) notification->created_at);
}

const char *
wording_fill(const Notification *notification, TimestampTz now, Parcel *parcel)
{
	char fault[PARCEL_FAULT_SIZE];
	const char *because;

	*parcel = (Parcel){.created_at = notification->created_at, .sent_at = GetCurrentTimestamp()};
	strlcpy(parcel->database, get_database_name(MyDatabaseId), sizeof(parcel->database));
	if (!parcel_channel_from_name(notification->channel, &parcel->channel))
		return "channel";
	fill_id(notification, parcel);
	if (parcel->channel == PARCEL_EMAIL)
		because = fill_email(notification, parcel);
	else if (parcel->channel == PARCEL_SMS)
		because = fill_sms(notification, parcel);
	else
		because = fill_webhook(notification, now, parcel);
	if (because == NULL && !parcel_is_sound(parcel, fault))
		because = pstrdup(fault);
	return because;
}
