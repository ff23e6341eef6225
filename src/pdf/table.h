/*-------------------------------------------------------------------------
 *
 * table.h
 *	  A document's rows under a heading, which stands on each page again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_TABLE_H
#define PDF_TABLE_H

#include "pdf/page.h"
#include "pdf/paper.h"

#define TABLE_COLUMNS_MAX 6

typedef enum TableFit
{
	TABLE_NUMBER, /* as wide as its widest, at the right */
	TABLE_TEXT,	  /* the same, at the left */
	TABLE_PROSE	  /* shares with its like what the others leave */
} TableFit;

typedef struct TableColumn
{
	Label label;
	TableFit fit;
	size_t offset; /* of its texts in a row */
} TableColumn;

typedef struct TableShape
{
	const TableColumn *columns;
	int columns_count;
	bool has_details; /* a row's detail stands below its first text, smaller */
	double spacing;	  /* above and below a row */
} TableShape;

/*
 * Draws all rows; columns that are empty in all of them are left out. The last row goes
 * to a page that has room for so much more below it, if any page has.
 */
extern void table_draw(Page *page, const TableShape *shape, const PaperRows *rows,
					   double height_below);

#endif
