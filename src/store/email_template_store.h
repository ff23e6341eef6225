/*-------------------------------------------------------------------------
 *
 * email_template_store.h
 *	  Rows of email_template.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_EMAIL_TEMPLATE_STORE_H
#define STORE_EMAIL_TEMPLATE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/sql.h"

typedef struct EmailTemplate
{
	const char *event;
	const char *language;
	int32 template_no; /* 0: there is none */
	const char *subject;
	const char *body;
	const char *html; /* NULL: there is none */
} EmailTemplate;

/* The one in force; false where there is none. */
extern bool email_template_find(const char *event, const char *language, SqlRunner run,
								EmailTemplate *found);

/* Keeps others from adding one until the transaction ends. */
extern void email_template_hold_for_adding(void);
extern void email_template_insert(const EmailTemplate *added, TimestampTz now);

#endif
