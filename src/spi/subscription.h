/*-------------------------------------------------------------------------
 *
 * subscription.h
 *	  Whether these books are another server's, by logical replication.
 *
 * A subscriber that settled the inbox which it is sent would book everything a
 * second time: as long as a subscription feeds a table of the books, nothing is
 * booked there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_SUBSCRIPTION_H
#define SPI_SUBSCRIPTION_H

#include "postgres.h"

/* Called once, when the library is loaded. */
extern void subscription_init(void);

/* True where a subscription feeds a table of the books. */
extern bool subscription_feeds_books(void);

/* Refuses there, naming it. */
extern void subscription_check_none(void);

#endif
