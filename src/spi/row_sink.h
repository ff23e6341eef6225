/*-------------------------------------------------------------------------
 *
 * row_sink.h
 *	  Where rows of a statement go that are a function's result.
 *
 * They go there one by one: SPI would keep all of them in memory first, and the
 * tuplestore of the result writes to disk what work_mem does not hold.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_ROW_SINK_H
#define SPI_ROW_SINK_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "tcop/dest.h"

typedef struct RowSink
{
	DestReceiver receiver; /* first: the executor knows no more of it */
	ReturnSetInfo *result;
} RowSink;

/* Refuses rows of other columns than the result's when the statement begins. */
extern DestReceiver *row_sink_into(RowSink *sink, ReturnSetInfo *result);

#endif
