/*-------------------------------------------------------------------------
 *
 * audit_store.h
 *	  Rows of audit_log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_AUDIT_STORE_H
#define STORE_AUDIT_STORE_H

#include "postgres.h"

/* One line of the audit log; account_id 0 and NULL texts are stored as null. */
typedef struct AuditLine
{
	int64 account_id;
	const char *action;
	const char *object;
	const char *old_value;
	const char *new_value;
	const char *actor;
	const char *reason;
} AuditLine;

extern void audit_insert(const AuditLine *line);

/* The same of many lines, by one statement. */
extern void audit_insert_all(const AuditLine *lines, size_t count);

#endif
