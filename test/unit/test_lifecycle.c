/*-------------------------------------------------------------------------
 *
 * test_lifecycle.c
 *	  Every state with every event: books-and-states 4.1, 4.2, 4.3, 4.9 and 4.13.
 *
 * The tables here are written from the page, a row a state and a column an
 * event: the state afterwards, a dot for a fact without effect, a dash for what
 * is refused.
 *
 *-------------------------------------------------------------------------
 */
#include "core/lifecycle.h"

#include "unit.h"

/* The answer of a machine as one word of the tables below. */
static const char *
word(const Lifecycle *lifecycle, int state, int event)
{
	int next = -1;

	switch (lifecycle_next(lifecycle, state, event, &next))
	{
		case LIFECYCLE_MOVES:
			assert_int_not_equal(next, state);
			assert_true(lifecycle_may_become(lifecycle, state, next));
			return lifecycle_state_name(lifecycle, next);
		case LIFECYCLE_STAYS:
			assert_int_equal(next, state);
			return ".";
		default:
			assert_int_equal(next, state);
			return "-";
	}
}

static void
check_row(const Lifecycle *lifecycle, int state, const char *const *words, int events_count)
{
	for (int event = 0; event < events_count; event++)
		assert_string_equal(word(lifecycle, state, event), words[event]);
}

/* Every change that the guard lets pass is one that some event makes. */
static void
check_guard(const Lifecycle *lifecycle, int states_count, int events_count)
{
	for (int from = 0; from < states_count; from++)
		for (int to = 0; to < states_count; to++)
		{
			bool made = false;

			for (int event = 0; event < events_count; event++)
			{
				int next;

				made |= lifecycle_next(lifecycle, from, event, &next) == LIFECYCLE_MOVES &&
						next == to;
			}
			assert_int_equal(lifecycle_may_become(lifecycle, from, to), made);
		}
}

/* Names lead back to their states. */
static void
check_names(const Lifecycle *lifecycle, int states_count)
{
	for (int state = 0; state < states_count; state++)
		assert_int_equal(
			lifecycle_state_from_name(lifecycle, lifecycle_state_name(lifecycle, state)), state);
	assert_int_equal(lifecycle_state_from_name(lifecycle, "none"), -1);
	assert_int_equal(lifecycle_state_from_name(lifecycle, ""), -1);
}

/* B&S 4.2 */
static void
test_order(void **state)
{
	/* accepted refused credited runs_out locked unmatched gateway_closed confirmed after_lock
	 * cancel */
	static const char *const rows[][10] = {
		[ORDER_CREATED] = {"pending", "closed", "paid", "closing", "closing", ".", ".", ".", ".",
						   "closing"},
		[ORDER_PENDING] = {".", ".", "paid", "closing", "closing", "closed", "closed", ".", ".",
						   "closing"},
		[ORDER_CLOSING] = {".", ".", "paid", ".", ".", "closed", "closed", "closed", "closed", "-"},
		[ORDER_CLOSED] = {".", ".", "paid", ".", ".", ".", ".", ".", ".", "-"},
		[ORDER_PAID] = {".", ".", ".", ".", ".", ".", ".", ".", ".", "-"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_order, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_order, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_order, LENGTH(rows));
}

/* B&S 4.1 */
static void
test_payment(void **state)
{
	/* return_paid return_impossible taken_back credit return dismiss forfeit move */
	static const char *const rows[][8] = {
		[PAYMENT_CREDITED] = {".", ".", ".", "-", "-", "-", "-", "-"},
		[PAYMENT_HELD] = {".", ".", "returned", "credited", "returning", "dismissed", "forfeited",
						  "moved"},
		[PAYMENT_RETURNING] = {"returned", "held", "returned", "-", "-", "-", "-", "-"},
		[PAYMENT_RETURNED] = {".", ".", ".", "-", "-", "-", "-", "-"},
		[PAYMENT_DISMISSED] = {".", ".", ".", "-", "-", "-", "-", "-"},
		[PAYMENT_FORFEITED] = {".", ".", ".", "-", "-", "-", "-", "-"},
		[PAYMENT_MOVED] = {".", ".", ".", "-", "-", "-", "-", "-"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_payment, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_payment, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_payment, LENGTH(rows));
}

/* B&S 4.3 */
static void
test_call(void **state)
{
	/* claimed not_wanted absent absent_not_wanted succeeded refused not_delivered busy unanswered
	 * lease_over misconfigured spent retry_unsent retry_sent renew */
	static const char *const rows[][15] = {
		[CALL_QUEUED] = {"sending", "dropped", ".", "dropped", ".", ".", ".", ".", ".", ".", ".",
						 "parked", "-", "-", "-"},
		[CALL_SENDING] = {".", ".", ".", ".", "done", "failed", "queued", "queued", "unknown",
						  "unknown", "parked", ".", "-", "-", "-"},
		[CALL_UNKNOWN] = {".", ".", "queued", "dropped", "done", "failed", ".", ".", ".", ".", ".",
						  "parked", "-", "-", "-"},
		[CALL_PARKED] = {".", "dropped", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "queued",
						 "unknown", "-"},
		[CALL_DONE] = {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "-", "-",
					   "queued"},
		[CALL_FAILED] = {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "queued",
						 "unknown", "-"},
		[CALL_DROPPED] = {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "queued",
						  "unknown", "-"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_call, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_call, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_call, LENGTH(rows));
}

/* B&S 4.4 */
static void
test_refund(void **state)
{
	/* ends reject approve */
	static const char *const rows[][3] = {
		[REFUND_IS_ACCEPTED] = {".", "rejected", "paying"},
		[REFUND_IS_REJECTED] = {".", "-", "-"},
		[REFUND_IS_PAYING] = {"completed", "-", "-"},
		[REFUND_IS_COMPLETED] = {".", "-", "-"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_refund, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_refund, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_refund, LENGTH(rows));
}

/* B&S 4.5 */
static void
test_refund_item(void **state)
{
	/* sent unsent succeeds fails stuck taken_back retry settle_offline release give_up */
	static const char *const rows[][10] = {
		[ITEM_QUEUED] = {"processing", ".", "paid", "failed", "abnormal", "failed", "-", "-", "-",
						 "failed"},
		[ITEM_PROCESSING] = {".", "queued", "paid", "failed", "abnormal", ".", "-", "-", "-",
							 "failed"},
		[ITEM_MANUAL] = {".", ".", ".", ".", ".", ".", "-", "paid_offline", "released", "-"},
		[ITEM_FAILED] = {".", ".", "paid", ".", ".", ".", "queued", "paid_offline", "released",
						 "-"},
		[ITEM_ABNORMAL] = {".", ".", "paid", ".", ".", ".", "queued", "paid_offline", "-", "-"},
		[ITEM_PAID] = {".", ".", ".", ".", ".", ".", "-", "-", "-", "-"},
		[ITEM_PAID_OFFLINE] = {".", ".", ".", ".", ".", ".", "-", "-", "-", "-"},
		[ITEM_RELEASED] = {".", ".", ".", ".", ".", ".", "-", "-", "-", "-"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_refund_item, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_refund_item, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_refund_item, LENGTH(rows));
}

/* B&S 4.8 */
static void
test_subscription(void **state)
{
	/* taken_back take_back_undone */
	static const char *const rows[][2] = {
		[SUBSCRIPTION_PAID] = {"revoked", "."},
		[SUBSCRIPTION_REVOKED] = {".", "paid"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_subscription, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_subscription, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_subscription, LENGTH(rows));
}

/* B&S 4.6 */
static void
test_invoice(void **state)
{
	/* due blocked succeeds seal_fails sealed fails reversal_begins red reversal_ends numbered
	 * withdraw unblock issue decline reverse */
	static const char *const rows[][15] = {
		[INVOICE_REQUESTED] = {"sending", ".", ".", ".", ".", ".", ".", ".", ".", ".", "cancelled",
							   "-", "issued", "failed", "-"},
		[INVOICE_SENDING] = {".", "blocked", "issued", "sealing", ".", "failed", ".", ".", ".", ".",
							 "-", "-", "-", "-", "-"},
		[INVOICE_BLOCKED] = {".", ".", "issued", "sealing", ".", "failed", ".", ".", ".", ".", "-",
							 "sending", "-", "-", "-"},
		[INVOICE_SEALING] = {".", ".", ".", ".", "issued", ".", ".", ".", ".", ".", "-", "-", "-",
							 "-", "-"},
		[INVOICE_ISSUED] = {".", ".", ".", ".", ".", ".", "reversing", "reversed", ".", ".", "-",
							"-", "-", "-", "reversed"},
		[INVOICE_REVERSING] = {".", ".", ".", ".", ".", ".", ".", "reversed", "issued", ".", "-",
							   "-", "-", "-", "reversed"},
		[INVOICE_FAILED] = {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "-", "-", "-", "-",
							"-"},
		[INVOICE_CANCELLED] = {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "-", "-", "-", "-",
							   "-"},
		[INVOICE_REVERSED] = {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "-", "-", "-", "-",
							  "-"},
		[INVOICE_NUMBERING] = {".", ".", ".", ".", ".", ".", ".", ".", ".", "issued", "-", "-", "-",
							   "-", "-"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_invoice, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_invoice, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_invoice, LENGTH(rows));
}

/* B&S 4.6, end */
static void
test_document(void **state)
{
	/* drawn spent retry */
	static const char *const rows[][3] = {
		[DOCUMENT_RENDERING] = {"ready", "failed", "-"},
		[DOCUMENT_READY] = {".", ".", "-"},
		[DOCUMENT_FAILED] = {".", ".", "rendering"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_document, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_document, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_document, LENGTH(rows));
}

/* B&S 4.7 */
static void
test_red(void **state)
{
	/* needs_buyer needs_seller confirmed issued void refused */
	static const char *const rows[][6] = {
		[RED_APPLYING] = {"waiting_buyer", "waiting_seller", "confirmed", "red_issued", "void",
						  "failed"},
		[RED_WAITING_BUYER] = {".", ".", "confirmed", "red_issued", "void", "failed"},
		[RED_WAITING_SELLER] = {".", ".", "confirmed", "red_issued", "void", "failed"},
		[RED_CONFIRMED] = {".", ".", ".", "red_issued", "void", "failed"},
		[RED_ISSUED] = {".", ".", ".", ".", ".", "."},
		[RED_VOID] = {".", ".", ".", ".", ".", "."},
		[RED_FAILED] = {".", ".", ".", ".", ".", "."},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_red, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_red, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_red, LENGTH(rows));
}

/* B&S 4.13 */
static void
test_reconciliation(void **state)
{
	/* billed refused matched answered broken */
	static const char *const rows[][5] = {
		[RECONCILIATION_FETCHING] = {"matching", "failed", ".", ".", "."},
		[RECONCILIATION_MATCHING] = {".", ".", "asking", ".", "failed"},
		[RECONCILIATION_ASKING] = {".", ".", ".", "done", "failed"},
		[RECONCILIATION_DONE] = {".", ".", ".", ".", "."},
		[RECONCILIATION_FAILED] = {".", ".", ".", ".", "."},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_reconciliation, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_reconciliation, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_reconciliation, LENGTH(rows));
}

static void
test_tables(void **state)
{
	(void) state;
	assert_ptr_equal(lifecycle_from_name("payment_order"), &lifecycle_order);
	assert_ptr_equal(lifecycle_from_name("payment"), &lifecycle_payment);
	assert_ptr_equal(lifecycle_from_name("gateway_call"), &lifecycle_call);
	assert_ptr_equal(lifecycle_from_name("reconciliation"), &lifecycle_reconciliation);
	assert_ptr_equal(lifecycle_from_name("refund"), &lifecycle_refund);
	assert_ptr_equal(lifecycle_from_name("refund_item"), &lifecycle_refund_item);
	assert_ptr_equal(lifecycle_from_name("subscription"), &lifecycle_subscription);
	assert_ptr_equal(lifecycle_from_name("invoice"), &lifecycle_invoice);
	assert_ptr_equal(lifecycle_from_name("document"), &lifecycle_document);
	assert_ptr_equal(lifecycle_from_name("red_confirmation"), &lifecycle_red);
	assert_null(lifecycle_from_name("account"));
	assert_null(lifecycle_from_name(""));
}

/* B&S 4.9 */
static void
test_notification(void **state)
{
	/* claimed stale accepted put_off unanswered refused attempts_spent repeat */
	static const char *const rows[][8] = {
		[DELIVERY_PENDING] = {"sending", "dropped", ".", ".", ".", ".", "dead", "-"},
		[DELIVERY_SENDING] = {".", ".", "sent", "pending", "pending", "dead", ".", "-"},
		[DELIVERY_SENT] = {".", ".", ".", ".", ".", ".", ".", "pending"},
		[DELIVERY_DEAD] = {".", ".", ".", ".", ".", ".", ".", "pending"},
		[DELIVERY_DROPPED] = {".", ".", ".", ".", ".", ".", ".", "pending"},
	};

	(void) state;
	for (int from = 0; from < (int) LENGTH(rows); from++)
		check_row(&lifecycle_notification, from, rows[from], LENGTH(rows[0]));
	check_guard(&lifecycle_notification, LENGTH(rows), LENGTH(rows[0]));
	check_names(&lifecycle_notification, LENGTH(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),		 cmocka_unit_test(test_payment),
		cmocka_unit_test(test_call),		 cmocka_unit_test(test_refund),
		cmocka_unit_test(test_refund_item),	 cmocka_unit_test(test_reconciliation),
		cmocka_unit_test(test_subscription), cmocka_unit_test(test_invoice),
		cmocka_unit_test(test_document),	 cmocka_unit_test(test_red),
		cmocka_unit_test(test_notification), cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
