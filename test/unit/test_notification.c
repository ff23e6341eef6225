/*-------------------------------------------------------------------------
 *
 * test_notification.c
 *	  What customers can be told of, and the texts that say it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/notification.h"
#include "core/notification_text.h"

#include "message/template.h"
#include "unit.h"

static void
test_names(void **state)
{
	NotificationEvent event;

	(void) state;
	for (int i = 0; i < NOTIFICATION_EVENTS_COUNT; i++)
	{
		assert_true(
			notification_event_from_name(notification_rule((NotificationEvent) i)->name, &event));
		assert_int_equal(event, i);
	}
	assert_false(notification_event_from_name("balance", &event));
	assert_false(notification_event_from_name("", &event));
}

static void
test_fields(void **state)
{
	(void) state;
	assert_int_equal(notification_field(EVENT_BALANCE_LOW, "balance")->kind, FIELD_AMOUNT);
	assert_int_equal(notification_field(EVENT_TOPUP_RECEIVED, "paid_at")->kind, FIELD_INSTANT);
	assert_null(notification_field(EVENT_BALANCE_LOW, "paid_at"));
	assert_null(notification_field(EVENT_DISPUTE_LOCK_SET, "reason"));
}

/* The names that a text about an event may have; how many. */
static size_t
list_names(NotificationEvent event, const char **names)
{
	size_t count = 0;

	for (; count < NOTIFICATION_COMMON_COUNT; count++)
		names[count] = notification_common[count];
	for (const NotificationField *field = notification_rule(event)->fields; field->name; field++)
		names[count++] = field->name;
	return count;
}

static void
check_text(const char *text, const char *const *names, size_t count)
{
	TemplateFault fault;

	assert_non_null(text);
	assert_true(template_check((Bytes){text, strlen(text)}, names, count, &fault));
}

/* Each default has both languages, and no placeholder that its event does not offer. */
static void
test_texts(void **state)
{
	const char *names[NOTIFICATION_COMMON_COUNT + NOTIFICATION_FIELDS_MAX];
	NotificationText zh;
	NotificationText en;

	(void) state;
	for (int i = 0; i < NOTIFICATION_EVENTS_COUNT; i++)
	{
		NotificationEvent event = (NotificationEvent) i;
		size_t count = list_names(event, names);

		assert_true(notification_text_default(event, "zh", &zh));
		assert_true(notification_text_default(event, "en", &en));
		assert_string_not_equal(zh.body, en.body);
		check_text(zh.subject, names, count);
		check_text(zh.body, names, count);
		check_text(en.subject, names, count);
		check_text(en.body, names, count);
	}
	assert_false(notification_text_default(EVENT_BALANCE_LOW, "fr", &en));
}

static void
check_amount(const char *exact, const char *shown)
{
	char text[MONEY_TEXT_SIZE];

	assert_true(notification_show_amount(exact, text));
	assert_string_equal(text, shown);
}

/* R21: a blocked account never shows 0.00. */
static void
test_amounts(void **state)
{
	char text[MONEY_TEXT_SIZE];

	(void) state;
	check_amount("9.999999999", "9.99");
	check_amount("0.000000000", "0.00");
	check_amount("-0.004000000", "-0.01");
	check_amount("-12.000000000", "-12.00");
	check_amount("100.00", "100.00");
	check_amount("999999999.999999999", "999999999.99");
	check_amount("-999999999.999999999", "-1000000000.00");
	assert_false(notification_show_amount("", text));
	assert_false(notification_show_amount("-", text));
	assert_false(notification_show_amount("1,000", text));
	assert_false(notification_show_amount("ten", text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_amounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
