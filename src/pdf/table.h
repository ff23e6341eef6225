/*-------------------------------------------------------------------------
 *
 * table.h
 *	  Rows under a heading, which stands on each page again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_TABLE_H
#define PDF_TABLE_H

#include "pdf/page.h"

#include <stddef.h>

#define TABLE_COLUMNS_MAX 6

typedef enum TableFit
{
	TABLE_NUMBER, /* as wide as its widest, at the right */
	TABLE_TEXT,	  /* the same, at the left */
	TABLE_PROSE	  /* shares with its like what the others leave */
} TableFit;

typedef struct TableColumn
{
	const char *heading;
	TableFit fit;
	double width;
} TableColumn;

typedef struct TableCell
{
	const char *text;	/* NULL: an empty one */
	const char *detail; /* below the text, smaller; NULL: none */
} TableCell;

typedef struct Table
{
	TableColumn columns[TABLE_COLUMNS_MAX];
	int columns_count;
	double spacing;	 /* above and below a row */
	int headed_page; /* the last one that has the heading */
} Table;

/* Adds a column, whose widest text this is; NULL: it has none. */
extern void table_add(Table *table, const Page *page, const char *heading, TableFit fit,
					  const char *widest);

/* Behind all columns: their widths are made those of a page. */
extern void table_fit(Table *table);

/* Draws a row of a cell for each column, on a page that has room for so much more below it, if any
 * has. */
extern void table_row(Table *table, Page *page, const TableCell *cells, double height_below);

/* Draws the heading, in the same way: for a table without a row. */
extern void table_heading(Table *table, Page *page, double height_below);

#endif
