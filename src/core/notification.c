/*-------------------------------------------------------------------------
 *
 * notification.c
 *	  The events that customers can be told of, as a table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/notification.h"

#include <string.h>

#define ALERT_USEFUL_HOURS 24

static const NotificationRule rules[NOTIFICATION_EVENTS_COUNT] = {
	[EVENT_BALANCE_LOW] = {"balance_low",
						   true,
						   true,
						   ALERT_USEFUL_HOURS,
						   {{"balance", FIELD_AMOUNT},
							{"threshold", FIELD_AMOUNT},
							{"currency", FIELD_TEXT}}},
	[EVENT_BALANCE_RECOVERED] = {"balance_recovered",
								 true,
								 true,
								 ALERT_USEFUL_HOURS,
								 {{"balance", FIELD_AMOUNT},
								  {"threshold", FIELD_AMOUNT},
								  {"currency", FIELD_TEXT}}},
	[EVENT_RUNWAY_LOW] = {"runway_low",
						  true,
						  true,
						  ALERT_USEFUL_HOURS,
						  {{"balance", FIELD_AMOUNT},
						   {"threshold", FIELD_AMOUNT},
						   {"currency", FIELD_TEXT},
						   {"runway_hours", FIELD_TEXT}}},
	[EVENT_RUNWAY_RECOVERED] = {"runway_recovered",
								true,
								true,
								ALERT_USEFUL_HOURS,
								{{"balance", FIELD_AMOUNT},
								 {"threshold", FIELD_AMOUNT},
								 {"currency", FIELD_TEXT},
								 {"runway_hours", FIELD_TEXT}}},
	[EVENT_TOPUP_RECEIVED] = {"topup_received",
							  true,
							  false,
							  0,
							  {{"order_id", FIELD_TEXT},
							   {"amount", FIELD_AMOUNT},
							   {"credit", FIELD_AMOUNT},
							   {"currency", FIELD_TEXT},
							   {"method", FIELD_TEXT},
							   {"paid_at", FIELD_INSTANT}}},
	[EVENT_PLAN_BOUGHT] = {"plan_bought",
						   true,
						   false,
						   0,
						   {{"order_id", FIELD_TEXT},
							{"amount", FIELD_AMOUNT},
							{"currency", FIELD_TEXT},
							{"method", FIELD_TEXT},
							{"plan", FIELD_TEXT},
							{"paid_at", FIELD_INSTANT}}},
	[EVENT_ORDER_CLOSED] = {"order_closed",
							false,
							false,
							0,
							{{"order_id", FIELD_TEXT},
							 {"amount", FIELD_AMOUNT},
							 {"currency", FIELD_TEXT},
							 {"reason", FIELD_TEXT}}},
	[EVENT_PAYMENT_RETURNED] = {"payment_returned",
								true,
								false,
								0,
								{{"payment_id", FIELD_TEXT},
								 {"order_id", FIELD_TEXT},
								 {"amount", FIELD_AMOUNT},
								 {"currency", FIELD_TEXT},
								 {"reason", FIELD_TEXT}}},
	[EVENT_REFUND_ACCEPTED] = {"refund_accepted",
							   true,
							   false,
							   0,
							   {{"refund_id", FIELD_TEXT},
								{"amount", FIELD_AMOUNT},
								{"currency", FIELD_TEXT}}},
	[EVENT_REFUND_REJECTED] = {"refund_rejected",
							   true,
							   false,
							   0,
							   {{"refund_id", FIELD_TEXT},
								{"amount", FIELD_AMOUNT},
								{"currency", FIELD_TEXT},
								{"reason", FIELD_TEXT}}},
	[EVENT_REFUND_COMPLETED] = {"refund_completed",
								true,
								false,
								0,
								{{"refund_id", FIELD_TEXT},
								 {"amount", FIELD_AMOUNT},
								 {"currency", FIELD_TEXT}}},
	[EVENT_INVOICE_ISSUED] = {"invoice_issued",
							  true,
							  false,
							  0,
							  {{"invoice_id", FIELD_TEXT},
							   {"number", FIELD_TEXT},
							   {"amount", FIELD_AMOUNT},
							   {"currency", FIELD_TEXT}}},
	[EVENT_INVOICE_REFUSED] = {"invoice_refused",
							   true,
							   false,
							   0,
							   {{"invoice_id", FIELD_TEXT},
								{"amount", FIELD_AMOUNT},
								{"currency", FIELD_TEXT},
								{"reason", FIELD_TEXT}}},
	[EVENT_INVOICE_REVERSED] = {"invoice_reversed",
								true,
								false,
								0,
								{{"invoice_id", FIELD_TEXT},
								 {"number", FIELD_TEXT},
								 {"red_number", FIELD_TEXT},
								 {"amount", FIELD_AMOUNT},
								 {"currency", FIELD_TEXT}}},
	[EVENT_RED_CONFIRMATION_AWAITS] = {"red_confirmation_awaits",
									   true,
									   true,
									   72,
									   {{"invoice_id", FIELD_TEXT},
										{"number", FIELD_TEXT},
										{"amount", FIELD_AMOUNT},
										{"currency", FIELD_TEXT},
										{"lapses_at", FIELD_INSTANT}}},
	[EVENT_RED_CONFIRMATION_ENDED] = {"red_confirmation_ended",
									  true,
									  false,
									  0,
									  {{"invoice_id", FIELD_TEXT},
									   {"number", FIELD_TEXT},
									   {"state", FIELD_TEXT}}},
	[EVENT_DISPUTE_LOCK_SET] = {"dispute_lock_set", true, false, 0, {{NULL, FIELD_TEXT}}},
	[EVENT_DISPUTE_LOCK_LIFTED] = {"dispute_lock_lifted", true, false, 0, {{NULL, FIELD_TEXT}}},
	[EVENT_KEY_CREATED] = {"key_created",
						   true,
						   false,
						   0,
						   {{"key_id", FIELD_TEXT}, {"name", FIELD_TEXT}, {"kind", FIELD_TEXT}}},
	[EVENT_KEY_DELETED] = {"key_deleted",
						   true,
						   false,
						   0,
						   {{"key_id", FIELD_TEXT}, {"name", FIELD_TEXT}, {"kind", FIELD_TEXT}}},
	[EVENT_PLAN_NEARLY_USED] = {"plan_nearly_used",
								true,
								false,
								0,
								{{"subscription_no", FIELD_TEXT},
								 {"quota", FIELD_AMOUNT},
								 {"left", FIELD_AMOUNT},
								 {"ends_at", FIELD_INSTANT}}},
	[EVENT_PLAN_ENDED] = {"plan_ended",
						  true,
						  false,
						  0,
						  {{"subscription_no", FIELD_TEXT},
						   {"plan", FIELD_TEXT},
						   {"ended_at", FIELD_INSTANT}}},
	[EVENT_CREDIT_NOTE_ISSUED] = {"credit_note_issued",
								  true,
								  false,
								  0,
								  {{"invoice_id", FIELD_TEXT},
								   {"number", FIELD_TEXT},
								   {"amount", FIELD_AMOUNT},
								   {"currency", FIELD_TEXT}}},
};

const char *const notification_common[NOTIFICATION_COMMON_COUNT] = {"account_id", "account",
																	"time"};

const NotificationRule *
notification_rule(NotificationEvent event)
{
	return &rules[event];
}

bool
notification_event_from_name(const char *name, NotificationEvent *event)
{
	for (int i = 0; i < NOTIFICATION_EVENTS_COUNT; i++)
		if (strcmp(rules[i].name, name) == 0)
		{
			*event = (NotificationEvent) i;
			return true;
		}
	return false;
}

const NotificationField *
notification_field(NotificationEvent event, const char *name)
{
	for (const NotificationField *field = rules[event].fields; field->name; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

bool
notification_show_amount(const char *exact, char text[MONEY_TEXT_SIZE])
{
	bool is_negative = exact[0] == '-';
	int64_t nano;

	if (!money_parse(exact + is_negative, &nano))
		return false;
	if (is_negative)
		nano = money_floor_to_cent(-nano);
	text[0] = '-';
	(void) money_print_cents(nano < 0 ? -nano : nano, text + (nano < 0));
	return true;
}
