/*-------------------------------------------------------------------------
 *
 * test_book_pairs.c
 *	  The transfers that exist (books-and-states 2.2).
 *
 *-------------------------------------------------------------------------
 */
#include "core/book.h"

#include "unit.h"

/* The table as it stands in the rules: L lot, S subscription; C customer, H house. */
static const struct
{
	const char *debit;
	const char *credit;
	char subject;
	const char *accounts;
	const char *sources;
} table[] = {
	{"gateway", "cash", 'L', "C", "payment take_back"},
	{"gateway", "plan_deferred", 'S', "C", "payment take_back"},
	{"gateway", "suspense", '-', "CH", "payment"},
	{"suspense", "cash", 'L', "C", "payment"},
	{"suspense", "plan_deferred", 'S', "C", "payment"},
	{"suspense", "gateway", '-', "CH", "payment take_back"},
	{"suspense", "breakage", '-', "CH", "payment"},
	{"promotion", "bonus", 'L', "C", "grant payment_order"},
	{"bonus", "promotion", 'L', "C", "grant"},
	{"bonus", "breakage", 'L', "C", "lot refund closing"},
	{"bonus", "revenue", 'L', "C", "charge settlement reversal rerate"},
	{"cash", "revenue", 'L', "C", "charge settlement reversal rerate"},
	{"arrears", "revenue", '-', "C", "charge settlement reversal rerate"},
	{"revenue", "bonus", 'L', "C", "charge settlement reversal rerate"},
	{"revenue", "cash", 'L', "C", "charge settlement reversal rerate"},
	{"revenue", "arrears", '-', "C", "charge settlement reversal rerate"},
	{"bonus", "arrears", 'L', "C",
	 "payment take_back grant payment_order reversal rerate refund_item adjustment"},
	{"cash", "arrears", 'L', "C",
	 "payment take_back grant payment_order reversal rerate refund_item adjustment"},
	{"write_off", "arrears", '-', "C", "write_off"},
	{"cash", "refund_payable", 'L', "C", "refund_item"},
	{"refund_payable", "gateway", '-', "C", "refund_item"},
	{"refund_payable", "cash", 'L', "C", "refund_item"},
	{"cash", "gateway", 'L', "C", "take_back"},
	{"arrears", "gateway", '-', "C", "take_back"},
	{"plan_deferred", "gateway", 'S', "C", "take_back"},
	{"revenue", "gateway", 'S', "C", "take_back"},
	{"plan_deferred", "revenue", 'S', "C", "subscription"},
	{"adjustment", "bonus", 'L', "C", "adjustment"},
	{"bonus", "adjustment", 'L', "C", "adjustment"},
	{"cash", "adjustment", 'L', "C", "adjustment"},
	{"arrears", "adjustment", '-', "C", "adjustment"},
	{"cash", "breakage", 'L', "C", "closing"},
	{"bank", "gateway", '-', "H", "reconciliation"},
	{"gateway", "bank", '-', "H", "reconciliation"},
	{"fee", "gateway", '-', "H", "reconciliation"},
	{"gateway", "fee", '-', "H", "reconciliation"},
};

/* True when a word stands in a list of words. */
static bool
has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static bool
is_expected(const TransferShape *shape)
{
	bool has_gateway = shape->debit == BOOK_GATEWAY || shape->credit == BOOK_GATEWAY;

	for (size_t i = 0; i < LENGTH(table); i++)
		if (strcmp(table[i].debit, book_name(shape->debit)) == 0 &&
			strcmp(table[i].credit, book_name(shape->credit)) == 0)
			return shape->has_lot == (table[i].subject == 'L') &&
				   shape->has_subscription == (table[i].subject == 'S') &&
				   shape->has_gateway == has_gateway &&
				   strchr(table[i].accounts, shape->on_house_account ? 'H' : 'C') &&
				   has_word(table[i].sources, book_source_name(shape->source));
	return false;
}

/* All shapes there are: what the table lists is allowed, nothing else. */
static void
test_all_shapes(void **state)
{
	int allowed = 0;

	(void) state;
	assert_int_equal(LENGTH(table), 36);
	for (int debit = 0; debit < BOOKS_COUNT; debit++)
		for (int credit = 0; credit < BOOKS_COUNT; credit++)
			for (int source = 0; source < SOURCES_COUNT; source++)
				for (int flags = 0; flags < 16; flags++)
				{
					TransferShape shape = {.debit = (Book) debit,
										   .credit = (Book) credit,
										   .source = (SourceType) source,
										   .has_lot = flags & 1,
										   .has_subscription = flags & 2,
										   .has_gateway = flags & 4,
										   .on_house_account = flags & 8};

					if (book_pair_allows(&shape) != is_expected(&shape))
						fail_msg("%s / %s from %s, flags %d", book_name(shape.debit),
								 book_name(shape.credit), book_source_name(shape.source), flags);
					allowed += book_pair_allows(&shape);
				}
	assert_int_equal(allowed, 78);
}

static void
test_names(void **state)
{
	static const char *const strangers[] = {"", "Cash", "cash ", "pocket", "gatewa", "gateways"};
	Book book;
	SourceType source;

	(void) state;
	for (int i = 0; i < BOOKS_COUNT; i++)
	{
		assert_true(book_from_name(book_name((Book) i), &book));
		assert_int_equal(book, i);
	}
	for (int i = 0; i < SOURCES_COUNT; i++)
	{
		assert_true(book_source_from_name(book_source_name((SourceType) i), &source));
		assert_int_equal(source, i);
	}
	for (size_t i = 0; i < LENGTH(strangers); i++)
	{
		assert_false(book_from_name(strangers[i], &book));
		assert_false(book_source_from_name(strangers[i], &source));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_shapes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
