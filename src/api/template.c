/*-------------------------------------------------------------------------
 *
 * template.c
 *	  What is said by e-mail and SMS, as operators set it (B&S 4.9).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <jansson.h>

#include "fmgr.h"
#include "utils/jsonb.h"

#include "api/arguments.h"
#include "clock.h"
#include "core/notification.h"
#include "errors.h"
#include "message/parcel.h"
#include "message/template.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/email_template_store.h"
#include "store/sms_template_store.h"

#define BODY_BYTES_MAX (64 * 1024)
#define NAMES_MAX (NOTIFICATION_COMMON_COUNT + NOTIFICATION_FIELDS_MAX)

/* ---- placeholders ------------------------------------------------------------ */

/* The names that texts about an event may have. */
static size_t
list_names(NotificationEvent event, const char *names[NAMES_MAX])
{
	size_t count = 0;

	for (; count < NOTIFICATION_COMMON_COUNT; count++)
		names[count] = notification_common[count];
	for (const NotificationField *field = notification_rule(event)->fields; field->name; field++)
		names[count++] = field->name;
	return count;
}

/* Refuses a text with a placeholder that its event does not offer. */
static void
check_text(NotificationEvent event, const char *what, const char *text)
{
	const char *names[NAMES_MAX];
	size_t count = list_names(event, names);
	TemplateFault fault;

	if (text == NULL || template_check((Bytes){text, strlen(text)}, names, count, &fault))
		return;
	refuse(ERROR_TEMPLATE, notification_rule(event)->name,
		   fault.problem == TEMPLATE_UNKNOWN_NAME
			   ? psprintf("%s has {{%s}}, which the event does not offer", what, fault.name)
			   : psprintf("%s has no name, or no end, behind {{%s", what, fault.name));
}

static NotificationEvent
arg_event(FunctionCallInfo fcinfo)
{
	char *name = arg_text(fcinfo, 0, "event", VALUE_BYTES_MAX);
	NotificationEvent event;

	if (!notification_event_from_name(name, &event))
		refuse(ERROR_INVALID_VALUE, "event", name);
	return event;
}

/* ---- e-mail ------------------------------------------------------------------ */

static const char *
describe_email(const EmailTemplate *template)
{
	return psprintf("%s\n\n%s%s%s", template->subject, template->body, template->html ? "\n\n" : "",
					template->html ? template->html : "");
}

/* Adds it unless it is what is in force; sets its number. */
static void
put_email(EmailTemplate *template, AuditLine *line)
{
	EmailTemplate old;

	email_template_hold_for_adding();
	line->new_value = describe_email(template);
	if (email_template_find(template->event, template->language, sql_latest, &old))
	{
		line->old_value = describe_email(&old);
		template->template_no = old.template_no;
		if (strcmp(line->old_value, line->new_value) == 0)
			return;
	}
	template->template_no++;
	email_template_insert(template, clock_now());
	audit_insert(line);
}

PG_FUNCTION_INFO_V1(billing_set_email_template);
Datum
billing_set_email_template(PG_FUNCTION_ARGS)
{
	NotificationEvent event = arg_event(fcinfo);
	EmailTemplate template = {
		.event = notification_rule(event)->name,
		.language = arg_word_of(fcinfo, 1, "language", "zh", "en"),
		.subject = arg_line(fcinfo, 2, "subject", IDENTIFIER_BYTES_MAX),
		.body = arg_text(fcinfo, 3, "body", BODY_BYTES_MAX),
		.html = arg_text_or_null(fcinfo, 4, "html", BODY_BYTES_MAX),
	};
	AuditLine line = {.action = "set_email_template",
					  .object = psprintf("%s in %s", template.event, template.language),
					  .actor = arg_actor(fcinfo, 5),
					  .reason = arg_reason(fcinfo, 6)};
	Scope scope;

	check_text(event, "subject", template.subject);
	check_text(event, "body", template.body);
	check_text(event, "html", template.html);
	scope_open(&scope);
	subscriber_check_none();
	put_email(&template, &line);
	scope_close(&scope);
	PG_RETURN_INT32(template.template_no);
}

/* ---- SMS --------------------------------------------------------------------- */

/* Refuses parameters that are no object of texts, or have a placeholder that is not offered. */
static void
check_parameters(NotificationEvent event, const char *parameters)
{
	json_t *object = json_loads(parameters, 0, NULL);
	const char *fault = json_is_object(object) ? NULL : "parameters are no JSON object";
	const char **texts = palloc0((json_object_size(object) + 1) * sizeof(char *));
	size_t count = 0;
	const char *name;
	json_t *value;

	/* Copied first: refusing must not lose the object. */
	json_object_foreach(object, name, value)
	{
		if (!json_is_string(value))
			fault = "a parameter is no text";
		else
			texts[count++] = pstrdup(json_string_value(value));
	}
	json_decref(object);
	if (fault)
		refuse(ERROR_TEMPLATE, notification_rule(event)->name, fault);
	for (size_t i = 0; i < count; i++)
		check_text(event, "a parameter", texts[i]);
}

static char *
arg_parameters(FunctionCallInfo fcinfo, int index)
{
	Jsonb *jsonb;

	if (PG_ARGISNULL(index))
		refuse(ERROR_NULL_ARGUMENT, "parameters");
	jsonb = PG_GETARG_JSONB_P(index);
	if (VARSIZE(jsonb) > PARCEL_PARAMETERS_BYTES_MAX / 2)
		refuse(ERROR_TEXT_TOO_LONG, "parameters", PARCEL_PARAMETERS_BYTES_MAX / 2);
	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

static const char *
describe_sms(const SmsTemplate *template)
{
	return psprintf("%s; %s; %s", template->sign_name, template->template_code,
					template->parameters);
}

/* Adds it unless it is what is in force; sets its number. */
static void
put_sms(SmsTemplate *template, AuditLine *line)
{
	SmsTemplate old = *template;

	sms_template_hold_for_adding();
	line->new_value = describe_sms(template);
	if (sms_template_find(sql_latest, &old))
	{
		line->old_value = describe_sms(&old);
		template->template_no = old.template_no;
		if (strcmp(line->old_value, line->new_value) == 0)
			return;
	}
	template->template_no++;
	sms_template_insert(template, clock_now());
	audit_insert(line);
}

PG_FUNCTION_INFO_V1(billing_set_sms_template);
Datum
billing_set_sms_template(PG_FUNCTION_ARGS)
{
	NotificationEvent event = arg_event(fcinfo);
	SmsTemplate template = {
		.event = notification_rule(event)->name,
		.region = arg_word_of(fcinfo, 1, "region", "cn", "global"),
		.language = arg_word_of(fcinfo, 2, "language", "zh", "en"),
		.sign_name = arg_line(fcinfo, 3, "sign_name", PARCEL_SIGN_NAME_SIZE - 1),
		.template_code = arg_line(fcinfo, 4, "template_code", PARCEL_TEMPLATE_CODE_SIZE - 1),
		.parameters = arg_parameters(fcinfo, 5),
	};
	AuditLine line = {
		.action = "set_sms_template",
		.object = psprintf("%s in %s of %s", template.event, template.language, template.region),
		.actor = arg_actor(fcinfo, 6),
		.reason = arg_reason(fcinfo, 7)};
	Scope scope;

	check_parameters(event, template.parameters);
	scope_open(&scope);
	subscriber_check_none();
	put_sms(&template, &line);
	scope_close(&scope);
	PG_RETURN_INT32(template.template_no);
}
