/*-------------------------------------------------------------------------
 *
 * sql.c
 *	  Saved plans.
 *
 * SPI returns in the memory of its procedure, which is kept until the call ends: whoever goes over
 * many rows, each in memory of its own, would fill that up. So the caller's memory is current
 * again behind each of these.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "nodes/params.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"

#include "errors.h"
#include "spi/altered.h"
#include "spi/column.h"
#include "spi/row_sink.h"
#include "spi/sql.h"

static int
count_arguments(const Sql *statement)
{
	int count = 0;

	while (count < SQL_ARGUMENTS_MAX && OidIsValid(statement->types[count]))
		count++;
	return count;
}

static void
prepare(Sql *statement)
{
	MemoryContext caller_context = CurrentMemoryContext;
	SPIPlanPtr plan = SPI_prepare(statement->text, count_arguments(statement), statement->types);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		refuse(ERROR_INTERNAL, "a statement could not be prepared");
	statement->plan = plan;
	MemoryContextSwitchTo(caller_context);
}

/* Plans that were replaced in this transaction. */
static List *replaced_plans = NIL;

static void
drop_replaced_plans(XactEvent event, void *argument)
{
	ListCell *cell;

	foreach (cell, replaced_plans)
		SPI_freeplan(lfirst(cell));
	list_free(replaced_plans);
	replaced_plans = NIL;
}

void
sql_init(void)
{
	RegisterXactCallback(drop_replaced_plans, NULL);
}

/* What the owner put on a table may call us again while its statement runs: the plan must stay. */
static void
drop_plan_at_end(SPIPlanPtr plan)
{
	MemoryContext caller_context = MemoryContextSwitchTo(TopMemoryContext);

	replaced_plans = lappend(replaced_plans, plan);
	MemoryContextSwitchTo(caller_context);
}

void
sql_replace(Sql *statement, const char *text)
{
	if (statement->plan)
		drop_plan_at_end(statement->plan);
	statement->plan = NULL;
	statement->text = text;
	prepare(statement);
	statement->text = NULL;
}

/* Nobody reads the result of the statement before this one any more. */
static void
begin_statement(const char *text)
{
	SPI_freetuptable(SPI_tuptable);
	SPI_tuptable = NULL;
	altered_note_statement(text);
}

/* The text of a saved plan, whose own copy may be gone. */
static const char *
plan_text(SPIPlanPtr plan)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));

	return source->query_string;
}

static void
begin_plan(Sql *statement)
{
	if (statement->plan == NULL)
		prepare(statement);
	begin_statement(plan_text(statement->plan));
}

/* The number of rows of what ran last, by the code that SPI returned for it. */
static uint64
row_count(int code)
{
	if (code < 0)
		refuse(ERROR_INTERNAL, SPI_result_code_string(code));
	return SPI_processed;
}

static uint64
run(Sql *statement, Datum *values, const char *nulls, bool read_only)
{
	MemoryContext caller_context = CurrentMemoryContext;
	uint64 count;

	begin_plan(statement);
	count = row_count(SPI_execute_plan(statement->plan, values, nulls, read_only, 0));
	MemoryContextSwitchTo(caller_context);
	return count;
}

uint64
sql_run(Sql *statement, Datum *values, const char *nulls)
{
	return run(statement, values, nulls, false);
}

void
sql_write(Sql *statement, Datum *values, const char *nulls)
{
	uint64 count = sql_run(statement, values, nulls);

	/* A rule that swallowed it stays in its plan, which nothing looks at again. */
	if (count != 1 && statement->text)
	{
		drop_plan_at_end(statement->plan);
		statement->plan = NULL;
	}
	altered_check_rows(count, 1);
}

uint64
sql_read(Sql *statement, Datum *values, const char *nulls)
{
	return run(statement, values, nulls, true);
}

Portal
sql_open(Sql *statement, Datum *values)
{
	MemoryContext caller_context = CurrentMemoryContext;
	Portal portal;

	begin_plan(statement);
	portal = SPI_cursor_open(NULL, statement->plan, values, NULL, true);
	if (portal == NULL)
		refuse(ERROR_INTERNAL, SPI_result_code_string(SPI_result));
	MemoryContextSwitchTo(caller_context);
	return portal;
}

uint64
sql_latest(Sql *statement, Datum *values, const char *nulls)
{
	uint64 count;

	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	count = run(statement, values, nulls, true);
	PopActiveSnapshot();
	return count;
}

/* A statement's arguments, as SPI makes them of values. */
static ParamListInfo
make_parameters(const Sql *statement, const Datum *values, const char *nulls)
{
	int count = count_arguments(statement);
	ParamListInfo parameters = makeParamList(count);

	for (int i = 0; i < count; i++)
		parameters->params[i] = (ParamExternData){.value = values[i],
												  .isnull = nulls && nulls[i] == 'n',
												  .pflags = PARAM_FLAG_CONST,
												  .ptype = statement->types[i]};
	return parameters;
}

uint64
sql_put_rows(Sql *statement, Datum *values, const char *nulls, ReturnSetInfo *result)
{
	MemoryContext caller_context = CurrentMemoryContext;
	SPIExecuteOptions options = {.params = make_parameters(statement, values, nulls),
								 .read_only = true};
	RowSink sink;
	uint64 count;

	begin_plan(statement);
	options.dest = row_sink_into(&sink, result);
	count = row_count(SPI_execute_plan_extended(statement->plan, &options));
	MemoryContextSwitchTo(caller_context);
	return count;
}

uint64
sql_execute(const char *text)
{
	return sql_execute_with(text, 0, NULL, NULL, NULL);
}

uint64
sql_execute_with(const char *text, int count, Oid *types, Datum *values, const char *nulls)
{
	MemoryContext caller_context = CurrentMemoryContext;
	uint64 rows;

	begin_statement(text);
	rows = row_count(SPI_execute_with_args(text, count, types, values, nulls, false, 0));
	MemoryContextSwitchTo(caller_context);
	return rows;
}

int64
sql_next_number(Sql *statement, int64 account_id)
{
	sql_run(statement, (Datum[]){Int64GetDatum(account_id)}, NULL);
	return column_int64(0, 1);
}
