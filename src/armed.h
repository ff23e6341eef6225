/*-------------------------------------------------------------------------
 *
 * armed.h
 *	  The file that says from which books gateways may be called (design 4).
 *
 * It stands in billing.secrets_dir, outside of the data directory, and names the
 * cluster, its timeline, its data directory, the database, its table arming (a
 * dump restored makes another), and the token that stands there, too. A restored dump, a copied
 *data directory, a promoted standby or a restore to a point in time agrees with none. Of two that
 * agree all the same only one can hold its lock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_ARMED_H
#define BILLING_ARMED_H

#include "postgres.h"

#define ARMED_TOKEN_SIZE 33 /* with its NUL */

/* Writes the file of this database anew, for arm(). NULL, or why it cannot be. */
extern const char *armed_write(const char token[ARMED_TOKEN_SIZE], Oid table);

/* True where the file says that this database, as it is, may call by that token. */
extern bool armed_agrees(const char *token, Oid table);

/* For the worker: takes the lock of the file, and keeps it until armed_unlock() or its end. */
extern bool armed_lock(void);
extern void armed_unlock(void);

#endif
