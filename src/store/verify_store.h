/*-------------------------------------------------------------------------
 *
 * verify_store.h
 *	  The invariants of the books, each as a query that finds what breaks it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_VERIFY_STORE_H
#define STORE_VERIFY_STORE_H

#include "postgres.h"

#include "nodes/execnodes.h"

/* Puts a row of type billing.discrepancy into the result for each one found. */
extern void verify_books(ReturnSetInfo *result);
extern void verify_policies(ReturnSetInfo *result);
extern void verify_guards(ReturnSetInfo *result);

#endif
