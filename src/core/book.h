/*-------------------------------------------------------------------------
 *
 * book.h
 *	  The books, and the transfers between them that exist.
 *
 * books-and-states 2.1 and 2.2 as data: what is not in the table is refused,
 * balanced or not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_BOOK_H
#define CORE_BOOK_H

#include <stdbool.h>
#include <stdint.h>

typedef enum Book
{
	BOOK_GATEWAY,
	BOOK_CASH,
	BOOK_BONUS,
	BOOK_PLAN_DEFERRED,
	BOOK_REFUND_PAYABLE,
	BOOK_SUSPENSE,
	BOOK_ARREARS,
	BOOK_REVENUE,
	BOOK_PROMOTION,
	BOOK_BREAKAGE,
	BOOK_ADJUSTMENT,
	BOOK_WRITE_OFF,
	BOOK_FEE,
	BOOK_BANK,
	BOOKS_COUNT
} Book;

/* What a ledger entry comes from; its number is the entry's source_id. */
typedef enum SourceType
{
	SOURCE_PAYMENT,
	SOURCE_TAKE_BACK,
	SOURCE_GRANT,
	SOURCE_PAYMENT_ORDER,
	SOURCE_LOT,
	SOURCE_REFUND,
	SOURCE_CLOSING,
	SOURCE_CHARGE,
	SOURCE_SETTLEMENT,
	SOURCE_REVERSAL,
	SOURCE_RERATE,
	SOURCE_WRITE_OFF,
	SOURCE_REFUND_ITEM,
	SOURCE_SUBSCRIPTION,
	SOURCE_ADJUSTMENT,
	SOURCE_RECONCILIATION,
	SOURCES_COUNT
} SourceType;

/* A transfer's shape: all of an entry that its pair fixes. */
typedef struct TransferShape
{
	Book debit;
	Book credit;
	SourceType source;
	bool has_lot;
	bool has_subscription;
	bool has_gateway;
	bool on_house_account;
} TransferShape;

extern const char *book_name(Book book);
extern bool book_from_name(const char *name, Book *book);
extern const char *book_source_name(SourceType source);
extern bool book_source_from_name(const char *name, SourceType *source);

/* True when books-and-states 2.2 lists a transfer of this shape. */
extern bool book_pair_allows(const TransferShape *shape);

#endif
