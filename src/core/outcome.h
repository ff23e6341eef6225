/*-------------------------------------------------------------------------
 *
 * outcome.h
 *	  What a rule of the core answers.
 *
 * The core knows no strings and raises nothing: it returns one of these, and
 * the layer that called it names the object in an error (src/errors.c).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

typedef enum Outcome
{
	OUTCOME_OK,
	OUTCOME_WRITTEN_OFF,  /* what paid it was taken back, and that debt written off */
	OUTCOME_OUT_OF_RANGE, /* an amount would leave numeric(18,9) */
	OUTCOME_NOT_ALLOWED,  /* a transfer outside books-and-states 2.2 */
	OUTCOME_NOT_COVERED,  /* a book or a lot would fall below zero */
	OUTCOME_TOO_MANY,	  /* a caller's array is full */
	OUTCOME_NO_SUCH_LOT,  /* a transfer names a lot that is not loaded */
	OUTCOME_MALFORMED,	  /* text that does not follow its format */
} Outcome;

#endif
