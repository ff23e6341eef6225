/*-------------------------------------------------------------------------
 *
 * sms_template_store.h
 *	  Rows of sms_template.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SMS_TEMPLATE_STORE_H
#define STORE_SMS_TEMPLATE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/sql.h"

typedef struct SmsTemplate
{
	const char *event;
	const char *region;
	const char *language;
	int32 template_no; /* 0: there is none */
	const char *sign_name;
	const char *template_code;
	const char *parameters; /* a JSON object of texts with placeholders */
} SmsTemplate;

/* The one in force of an event, a region and a language, which are set; false where there is none.
 */
extern bool sms_template_find(SqlRunner run, SmsTemplate *wanted);

/* Keeps others from adding one until the transaction ends. */
extern void sms_template_hold_for_adding(void);
extern void sms_template_insert(const SmsTemplate *added, TimestampTz now);

#endif
