/*-------------------------------------------------------------------------
 *
 * row_shape.c
 *	  The columns of a shape.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "rows/row_shape.h"
#include "spi/altered.h"
#include "spi/catalog.h"

int
row_shape_count(const RowShape *shape)
{
	int count = 0;

	while (count < ROW_COLUMNS_MAX && OidIsValid(shape->types[count]))
		count++;
	return count;
}

char *
row_shape_column(const RowShape *shape, int place)
{
	const char *name = shape->columns;

	for (int i = 0; i < place; i++)
		name += strcspn(name, ",") + strlen(", ");
	return pnstrdup(name, strcspn(name, ","));
}

void
row_shape_refuse(const RowShape *shape, const char *what)
{
	altered_note_statement(psprintf(BOOKS "%s", shape->name));
	altered_refuse(what);
}
