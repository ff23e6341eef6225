/*-------------------------------------------------------------------------
 *
 * notification_text.h
 *	  What e-mails say where the operator has set no template of his own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_NOTIFICATION_TEXT_H
#define CORE_NOTIFICATION_TEXT_H

#include "core/notification.h"

/* Texts with placeholders, {{name}}. */
typedef struct NotificationText
{
	const char *subject;
	const char *body;
} NotificationText;

/* zh or en; false where there is no such language. */
extern bool notification_text_default(NotificationEvent event, const char *language,
									  NotificationText *text);

#endif
