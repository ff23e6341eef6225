/*-------------------------------------------------------------------------
 *
 * mail.h
 *	  E-mails on their way by SMTP.
 *
 * Each has a thread: libcurl waits in place for what a server says to the end of a
 * message, and nobody else shall wait with it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COURIER_MAIL_H
#define COURIER_MAIL_H

#include "message/outlet.h"
#include "program/transfer.h"

#include <pthread.h>

struct Mail;

/* All that are under way. */
typedef struct Mails
{
	CURLM *transfers; /* whose wait ends when a mail is over */
	pthread_mutex_t lock;
	struct Mail *over; /* until they are taken */
} Mails;

/* False where it cannot be. */
extern bool mail_open(Mails *mails, CURLM *transfers);

/* Sends a message, and takes it: its data is freed. False where that cannot begin. */
extern bool mail_begin(Mails *mails, const OutletMail *outlet, Bytes authorities, const char *to,
					   Bytes message, void *owner);

/* Takes one that is over, and says what became of it; NULL where there is none. */
extern void *mail_next(Mails *mails, ParcelAnswer *answer);

#endif
