/*-------------------------------------------------------------------------
 *
 * planning.h
 *	  How statements are planned while the books are worked on, whatever the
 *	  statistics and the session's settings say.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_PLANNING_H
#define SPI_PLANNING_H

typedef enum Planning
{
	PLAN_AS_SET,	 /* as the session's settings say */
	PLAN_TO_SCAN,	 /* as the server thinks best, but nothing is compiled */
	PLAN_BY_INDEXES, /* whatever has an index goes by it, also in joins */
	PLAN_BY_ORDER,	 /* and by its order, so that nothing is read that is not returned */
	PLAN_TO_LOOK	 /* rows are found by indexes, and joined by passing over them once */
} Planning;

/* Called once, when the library is loaded. */
extern void planning_init(void);

/* Returns what held until now, to be set again at the end. An error undoes it with the transaction
 * or subtransaction. */
extern Planning planning_set(Planning planning);

#endif
