/*-------------------------------------------------------------------------
 *
 * delivery.h
 *	  A parcel from its frame to its answer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COURIER_DELIVERY_H
#define COURIER_DELIVERY_H

#include "courier/mail.h"
#include "program/service.h"

#define DELIVERIES_MAX 32
#define DELIVERY_BYTES_MAX (64 * 1024 * 1024) /* of e-mails that are under way */

/* All that are under way. */
typedef struct Deliveries
{
	ServiceTools tools;
	Mails mails;
	size_t count;
	size_t bytes; /* of e-mails */
} Deliveries;

/* False where they cannot begin. */
extern bool delivery_open(Deliveries *deliveries, const ServiceTools *tools);

/* True while there is no place for one more of any size. */
extern bool delivery_is_full(const Deliveries *deliveries);

/* Begins one, or answers it at once; false where no answer can be given any more. */
extern bool delivery_begin(Deliveries *deliveries, int64_t id, const Parcel *parcel);

/* Answers those that are over; false as above. */
extern bool delivery_finish(Deliveries *deliveries);

#endif
