/*-------------------------------------------------------------------------
 *
 * replication_store.c
 *	  Identities of replicated rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/column.h"
#include "spi/sql.h"
#include "store/replication_store.h"

/* One statement for each identity column: it moves the sequence where a row is ahead of it. */
static char **
list_statements(uint64 *count)
{
	static Sql list = SQL(
		"SELECT format('SELECT setval(%L, m.newest) FROM (SELECT max(%I) AS newest FROM "
		"%s) AS m, %s AS s WHERE m.newest > s.last_value OR (m.newest = s.last_value AND NOT "
		"s.is_called)', s.name, a.attname, a.attrelid::regclass, s.name) FROM pg_attribute AS a JOIN "
		"pg_class AS c ON c.oid = a.attrelid CROSS JOIN LATERAL "
		"(SELECT pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)) AS s (name) WHERE "
		"c.relnamespace = 'billing_books'::regnamespace AND c.relkind = 'r' AND a.attidentity <> "
		"'' AND NOT a.attisdropped ORDER BY c.relname");
	char **statements;

	*count = sql_run(&list, NULL, NULL);
	statements = palloc((*count + 1) * sizeof(char *));
	for (uint64 row = 0; row < *count; row++)
		statements[row] = column_text(row, 1);
	return statements;
}

int
replication_advance_identities(void)
{
	uint64 count;
	char **statements = list_statements(&count);
	int behind = 0;

	for (uint64 i = 0; i < count; i++)
		behind += sql_execute(statements[i]) > 0;
	return behind;
}
