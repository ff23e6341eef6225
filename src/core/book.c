/*-------------------------------------------------------------------------
 *
 * book.c
 *	  The 36 allowed transfers, in the order of books-and-states 2.2.
 *
 *-------------------------------------------------------------------------
 */
#include "core/book.h"

#include <stddef.h>
#include <string.h>

/* Whether an entry names a lot, a subscription, or neither. */
typedef enum Subject
{
	NO_SUBJECT,
	LOT,
	SUBSCRIPTION
} Subject;

/* Whose account a transfer may stand on. */
#define CUSTOMER 1
#define HOUSE 2

#define FROM(source) (1u << SOURCE_##source)

/* Whatever may raise a customer's credit, or his debt, may be followed by rule 2 of 1.3. */
#define FROM_CREDIT_OR_DEBT                                                                 \
	(FROM(PAYMENT) | FROM(TAKE_BACK) | FROM(GRANT) | FROM(PAYMENT_ORDER) | FROM(REVERSAL) | \
	 FROM(RERATE) | FROM(REFUND_ITEM) | FROM(ADJUSTMENT))

#define FROM_USAGE (FROM(CHARGE) | FROM(SETTLEMENT) | FROM(REVERSAL) | FROM(RERATE))

typedef struct BookPair
{
	Book debit;
	Book credit;
	Subject subject;
	unsigned accounts;
	unsigned sources;
} BookPair;

static const BookPair book_pairs[] = {
	{BOOK_GATEWAY, BOOK_CASH, LOT, CUSTOMER, FROM(PAYMENT) | FROM(TAKE_BACK)},
	{BOOK_GATEWAY, BOOK_PLAN_DEFERRED, SUBSCRIPTION, CUSTOMER, FROM(PAYMENT) | FROM(TAKE_BACK)},
	{BOOK_GATEWAY, BOOK_SUSPENSE, NO_SUBJECT, CUSTOMER | HOUSE, FROM(PAYMENT)},
	{BOOK_SUSPENSE, BOOK_CASH, LOT, CUSTOMER, FROM(PAYMENT)},
	{BOOK_SUSPENSE, BOOK_PLAN_DEFERRED, SUBSCRIPTION, CUSTOMER, FROM(PAYMENT)},
	{BOOK_SUSPENSE, BOOK_GATEWAY, NO_SUBJECT, CUSTOMER | HOUSE, FROM(PAYMENT) | FROM(TAKE_BACK)},
	{BOOK_SUSPENSE, BOOK_BREAKAGE, NO_SUBJECT, CUSTOMER | HOUSE, FROM(PAYMENT)},
	{BOOK_PROMOTION, BOOK_BONUS, LOT, CUSTOMER, FROM(GRANT) | FROM(PAYMENT_ORDER)},
	{BOOK_BONUS, BOOK_PROMOTION, LOT, CUSTOMER, FROM(GRANT)},
	{BOOK_BONUS, BOOK_BREAKAGE, LOT, CUSTOMER, FROM(LOT) | FROM(REFUND) | FROM(CLOSING)},
	{BOOK_BONUS, BOOK_REVENUE, LOT, CUSTOMER, FROM_USAGE},
	{BOOK_CASH, BOOK_REVENUE, LOT, CUSTOMER, FROM_USAGE},
	{BOOK_ARREARS, BOOK_REVENUE, NO_SUBJECT, CUSTOMER, FROM_USAGE},
	{BOOK_REVENUE, BOOK_BONUS, LOT, CUSTOMER, FROM_USAGE},
	{BOOK_REVENUE, BOOK_CASH, LOT, CUSTOMER, FROM_USAGE},
	{BOOK_REVENUE, BOOK_ARREARS, NO_SUBJECT, CUSTOMER, FROM_USAGE},
	{BOOK_BONUS, BOOK_ARREARS, LOT, CUSTOMER, FROM_CREDIT_OR_DEBT},
	{BOOK_CASH, BOOK_ARREARS, LOT, CUSTOMER, FROM_CREDIT_OR_DEBT},
	{BOOK_WRITE_OFF, BOOK_ARREARS, NO_SUBJECT, CUSTOMER, FROM(WRITE_OFF)},
	{BOOK_CASH, BOOK_REFUND_PAYABLE, LOT, CUSTOMER, FROM(REFUND_ITEM)},
	{BOOK_REFUND_PAYABLE, BOOK_GATEWAY, NO_SUBJECT, CUSTOMER, FROM(REFUND_ITEM)},
	{BOOK_REFUND_PAYABLE, BOOK_CASH, LOT, CUSTOMER, FROM(REFUND_ITEM)},
	{BOOK_CASH, BOOK_GATEWAY, LOT, CUSTOMER, FROM(TAKE_BACK)},
	{BOOK_ARREARS, BOOK_GATEWAY, NO_SUBJECT, CUSTOMER, FROM(TAKE_BACK)},
	{BOOK_PLAN_DEFERRED, BOOK_GATEWAY, SUBSCRIPTION, CUSTOMER, FROM(TAKE_BACK)},
	{BOOK_REVENUE, BOOK_GATEWAY, SUBSCRIPTION, CUSTOMER, FROM(TAKE_BACK)},
	{BOOK_PLAN_DEFERRED, BOOK_REVENUE, SUBSCRIPTION, CUSTOMER, FROM(SUBSCRIPTION)},
	{BOOK_ADJUSTMENT, BOOK_BONUS, LOT, CUSTOMER, FROM(ADJUSTMENT)},
	{BOOK_BONUS, BOOK_ADJUSTMENT, LOT, CUSTOMER, FROM(ADJUSTMENT)},
	{BOOK_CASH, BOOK_ADJUSTMENT, LOT, CUSTOMER, FROM(ADJUSTMENT)},
	{BOOK_ARREARS, BOOK_ADJUSTMENT, NO_SUBJECT, CUSTOMER, FROM(ADJUSTMENT)},
	{BOOK_CASH, BOOK_BREAKAGE, LOT, CUSTOMER, FROM(CLOSING)},
	{BOOK_BANK, BOOK_GATEWAY, NO_SUBJECT, HOUSE, FROM(RECONCILIATION)},
	{BOOK_GATEWAY, BOOK_BANK, NO_SUBJECT, HOUSE, FROM(RECONCILIATION)},
	{BOOK_FEE, BOOK_GATEWAY, NO_SUBJECT, HOUSE, FROM(RECONCILIATION)},
	{BOOK_GATEWAY, BOOK_FEE, NO_SUBJECT, HOUSE, FROM(RECONCILIATION)},
};

static const char *const book_names[BOOKS_COUNT] = {
	[BOOK_GATEWAY] = "gateway",
	[BOOK_CASH] = "cash",
	[BOOK_BONUS] = "bonus",
	[BOOK_PLAN_DEFERRED] = "plan_deferred",
	[BOOK_REFUND_PAYABLE] = "refund_payable",
	[BOOK_SUSPENSE] = "suspense",
	[BOOK_ARREARS] = "arrears",
	[BOOK_REVENUE] = "revenue",
	[BOOK_PROMOTION] = "promotion",
	[BOOK_BREAKAGE] = "breakage",
	[BOOK_ADJUSTMENT] = "adjustment",
	[BOOK_WRITE_OFF] = "write_off",
	[BOOK_FEE] = "fee",
	[BOOK_BANK] = "bank",
};

static const char *const source_names[SOURCES_COUNT] = {
	[SOURCE_PAYMENT] = "payment",
	[SOURCE_TAKE_BACK] = "take_back",
	[SOURCE_GRANT] = "grant",
	[SOURCE_PAYMENT_ORDER] = "payment_order",
	[SOURCE_LOT] = "lot",
	[SOURCE_REFUND] = "refund",
	[SOURCE_CLOSING] = "closing",
	[SOURCE_CHARGE] = "charge",
	[SOURCE_SETTLEMENT] = "settlement",
	[SOURCE_REVERSAL] = "reversal",
	[SOURCE_RERATE] = "rerate",
	[SOURCE_WRITE_OFF] = "write_off",
	[SOURCE_REFUND_ITEM] = "refund_item",
	[SOURCE_SUBSCRIPTION] = "subscription",
	[SOURCE_ADJUSTMENT] = "adjustment",
	[SOURCE_RECONCILIATION] = "reconciliation",
};

/* The index of a name in a table of names; -1 when it is not there. */
static int
index_of(const char *const names[], int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *
book_name(Book book)
{
	return book_names[book];
}

bool
book_from_name(const char *name, Book *book)
{
	int index = index_of(book_names, BOOKS_COUNT, name);

	*book = (Book) index;
	return index >= 0;
}

const char *
book_source_name(SourceType source)
{
	return source_names[source];
}

bool
book_source_from_name(const char *name, SourceType *source)
{
	int index = index_of(source_names, SOURCES_COUNT, name);

	*source = (SourceType) index;
	return index >= 0;
}

bool
book_pair_allows(const TransferShape *shape)
{
	unsigned account = shape->on_house_account ? HOUSE : CUSTOMER;

	for (size_t i = 0; i < sizeof(book_pairs) / sizeof(book_pairs[0]); i++)
	{
		const BookPair *pair = &book_pairs[i];

		if (pair->debit != shape->debit || pair->credit != shape->credit)
			continue;
		return shape->has_lot == (pair->subject == LOT) &&
			   shape->has_subscription == (pair->subject == SUBSCRIPTION) &&
			   shape->has_gateway ==
				   (pair->debit == BOOK_GATEWAY || pair->credit == BOOK_GATEWAY) &&
			   (pair->accounts & account) != 0 && (pair->sources & (1u << shape->source)) != 0;
	}
	return false;
}
