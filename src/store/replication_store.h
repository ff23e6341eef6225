/*-------------------------------------------------------------------------
 *
 * replication_store.h
 *	  Taking over books that another server sent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REPLICATION_STORE_H
#define STORE_REPLICATION_STORE_H

#include "postgres.h"

/*
 * Moves the sequences of all identity columns past the rows that there are:
 * rows are replicated, sequences are not. Returns how many were behind.
 */
extern int replication_advance_identities(void);

#endif
