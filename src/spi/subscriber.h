/*-------------------------------------------------------------------------
 *
 * subscriber.h
 *	  Whether these books are another server's, by logical replication.
 *
 * A subscriber that settled the inbox which it is sent would book everything a
 * second time: as long as a subscription feeds a table of the books, nothing is
 * booked there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_SUBSCRIBER_H
#define SPI_SUBSCRIBER_H

#include "postgres.h"

/* Called once, when the library is loaded. */
extern void subscriber_init(void);

/* True where a subscription feeds a table of the books. */
extern bool subscriber_feeds_books(void);

/* Refuses there, naming it. */
extern void subscriber_check_none(void);

#endif
