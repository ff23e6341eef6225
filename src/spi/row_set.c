/*-------------------------------------------------------------------------
 *
 * row_set.c
 *	  Row sets, as transition tables are: a tuplestore under a name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "errors.h"
#include "spi/altered.h"
#include "spi/row_set.h"

#define ROW_SET_NAME "rows"

/* How many rows plans are made for: few, so that a table is not read whole for them. */
#define ROWS_PLANNED_FOR 10

static TupleDesc
shape_descriptor(RowSetShape *shape)
{
	MemoryContext caller_context;
	TupleDesc descriptor;
	const char *name = shape->names;
	int count = 0;

	if (shape->descriptor)
		return shape->descriptor;
	while (count < SQL_ARGUMENTS_MAX && OidIsValid(shape->types[count]))
		count++;
	caller_context = MemoryContextSwitchTo(TopMemoryContext);
	descriptor = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; i++)
	{
		size_t length = strcspn(name, ",");

		TupleDescInitEntry(descriptor, (AttrNumber) (i + 1), pnstrdup(name, length),
						   shape->types[i], -1, 0);
		name += length;
		name += strspn(name, ", ");
	}
	MemoryContextSwitchTo(caller_context);
	shape->descriptor = descriptor;
	return descriptor;
}

void
row_set_begin(RowSet *set, RowSetShape *shape)
{
	set->descriptor = shape_descriptor(shape);
	set->rows = tuplestore_begin_heap(false, false, work_mem);
	set->count = 0;
}

void
row_set_put(RowSet *set, Datum *values, const char *nulls)
{
	bool is_null[SQL_ARGUMENTS_MAX];

	for (int i = 0; i < set->descriptor->natts; i++)
		is_null[i] = nulls[i] == 'n';
	tuplestore_putvalues(set->rows, set->descriptor, values, is_null);
	set->count++;
}

void
row_set_write(RowSet *set, Sql *statement)
{
	EphemeralNamedRelationData relation = {
		.md = {.name = ROW_SET_NAME,
			   .reliddesc = InvalidOid,
			   .tupdesc = set->descriptor,
			   .enrtype = ENR_NAMED_TUPLESTORE,
			   .enrtuples = ROWS_PLANNED_FOR},
		.reldata = set->rows,
	};

	if (set->count > 0)
	{
		if (SPI_register_relation(&relation) != SPI_OK_REL_REGISTER)
			refuse(ERROR_INTERNAL, "a row set could not be registered");
		altered_check_rows(sql_run(statement, NULL, NULL), set->count);
		if (SPI_unregister_relation(ROW_SET_NAME) != SPI_OK_REL_UNREGISTER)
			refuse(ERROR_INTERNAL, "a row set could not be unregistered");
	}
	tuplestore_end(set->rows);
}
