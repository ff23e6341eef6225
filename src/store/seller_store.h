/*-------------------------------------------------------------------------
 *
 * seller_store.h
 *	  Rows of seller: who sells, as invoices say it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SELLER_STORE_H
#define STORE_SELLER_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/sql.h"

/* Texts are NULL where they are not given. */
typedef struct Seller
{
	const char *region;
	int32 seller_no;
	const char *name;
	const char *tax_number;
	const char *address;
	const char *phone;
	const char *email;
	const char *bank;
	const char *bank_account;
	const char *drawer;
	const char *goods_name;
	const char *goods_code;
	int32 tax_rate_bp; /* ten-thousandths */
	const char *series;
	const char *gateway;
} Seller;

/* The one in force; false where none was set. */
extern bool seller_find(const char *region, SqlRunner run, Seller *seller);

/* That of a number; false where there is none. */
extern bool seller_find_version(const char *region, int32 seller_no, SqlRunner run, Seller *seller);

/* Keeps others from adding one until the transaction ends. */
extern void seller_hold_for_adding(void);
extern void seller_insert(const Seller *seller, TimestampTz now);

#endif
