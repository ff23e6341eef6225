/*-------------------------------------------------------------------------
 *
 * row_sink.c
 *	  A receiver of rows that puts them into a function's result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/tuplestore.h"

#include "spi/column.h"
#include "spi/row_sink.h"

static void
begin(DestReceiver *receiver, int operation, TupleDesc columns)
{
	column_check_types(columns, ((RowSink *) receiver)->result->setDesc);
}

static bool
put(TupleTableSlot *row, DestReceiver *receiver)
{
	tuplestore_puttupleslot(((RowSink *) receiver)->result->setResult, row);
	return true;
}

static void
end(DestReceiver *receiver)
{
}

DestReceiver *
row_sink_into(RowSink *sink, ReturnSetInfo *result)
{
	*sink = (RowSink){.receiver = {.receiveSlot = put,
								   .rStartup = begin,
								   .rShutdown = end,
								   .rDestroy = end,
								   .mydest = DestTuplestore},
					  .result = result};
	return &sink->receiver;
}
