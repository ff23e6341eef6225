/*-------------------------------------------------------------------------
 *
 * failure.h
 *	  Rows of the inbox that make their booking fail: is it the row, or is
 *	  something wrong with everybody's?
 *
 * Failures of one SQLSTATE and constraint or table are of one kind. The first
 * rows of a kind are set aside. If rows of several accounts go on failing alike,
 * it is not theirs: they stay in the inbox until the cause is mended. If all are
 * one sender's, or a few, they are set aside like the first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_FAILURE_H
#define BOOKING_FAILURE_H

#include "postgres.h"

/* Rows of a kind that are set aside before it is asked whose they are, and of how many accounts
 * rows must fail for it to be nobody's own. */
#define FAILURE_ROWS_MAX 20
#define FAILURE_ACCOUNTS_MIN 5

/* A cause: SQLSTATE, a blank, and the name of a constraint or table, if it has one. */
#define FAILURE_CAUSE_SIZE (5 + 1 + NAMEDATALEN)

/*
 * True for errors that leave the others' rows to be settled: those that can be
 * a row's own, and internal errors and an account that is ahead of the clock, which never are.
 * Whatever stops everybody (a cancel, no memory, a full disk, altered tables) goes on to whom it
 * concerns.
 */
extern bool failure_is_of_rows(int sqlstate);

/* Writes the cause of an error; returns text. */
extern char *failure_cause(const ErrorData *error, char text[FAILURE_CAUSE_SIZE]);

/* Whether a row of that account that failed alone is set aside; else it stays. */
extern bool failure_sets_aside(const ErrorData *error, int64 account_id);

/* All rows of the inbox were tried once: decides about kinds of which some were left. */
extern void failure_end_pass(void);

#endif
