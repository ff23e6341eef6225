/*-------------------------------------------------------------------------
 *
 * notification.c
 *	  Of what accounts are told, and in which language; sending again (B&S 4.9).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "api/arguments.h"
#include "api/result.h"
#include "booking/booking.h"
#include "booking/delivering.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/account_store.h"
#include "store/audit_store.h"
#include "store/notification_store.h"
#include "store/report_store.h"

PG_FUNCTION_INFO_V1(billing_set_notification);
Datum
billing_set_notification(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	char *event_name = arg_text(fcinfo, 1, "event", VALUE_BYTES_MAX);
	char *channel = arg_text(fcinfo, 2, "channel", VALUE_BYTES_MAX);
	bool enabled = arg_bool(fcinfo, 3, "enabled");
	NotificationEvent event;
	Booking booking;
	Scope scope;

	if (!notification_event_from_name(event_name, &event))
		refuse(ERROR_INVALID_VALUE, "event", event_name);
	if (strcmp(channel, "email") != 0 && strcmp(channel, "sms") != 0)
		refuse(ERROR_INVALID_VALUE, "channel", channel);
	scope_open(&scope);
	booking_begin(&booking, account_id);
	notification_setting_put(account_id, event_name, channel, enabled);
	booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_set_language);
Datum
billing_set_language(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	char *language = arg_text_or_null(fcinfo, 1, "language", VALUE_BYTES_MAX);
	Booking booking;
	Scope scope;

	if (language && strcmp(language, "zh") != 0 && strcmp(language, "en") != 0)
		refuse(ERROR_INVALID_VALUE, "language", language);
	scope_open(&scope);
	booking_begin(&booking, account_id);
	account_set_language(account_id, language);
	booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_resend_notification);
Datum
billing_resend_notification(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 notification_no = arg_int64(fcinfo, 1, "notification_no");
	AuditLine line = {.account_id = account_id,
					  .action = "resend_notification",
					  .object = psprintf("notification " INT64_FORMAT, notification_no),
					  .actor = arg_actor(fcinfo, 2),
					  .reason = arg_reason(fcinfo, 3)};
	Scope scope;

	scope_open(&scope);
	line.old_value = delivering_repeat(account_id, notification_no, NULL);
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_dead_notification);
Datum
billing_dead_notification(PG_FUNCTION_ARGS)
{
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	report_dead_notifications((ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}
