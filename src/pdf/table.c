/*-------------------------------------------------------------------------
 *
 * table.c
 *	  Columns, headings, rows.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/table.h"

#define NUMBER_WIDTH_MAX 112.0
#define PROSE_WIDTH_MAX 400.0
#define HEADING_SPACING 4.0
#define HEADING_HEIGHT_MAX 40.0
#define NONE_SPACING 6.0

/* A column that is there, and how wide. */
typedef struct Column
{
	TableFit fit;
	size_t offset;
	const char *heading;
	double width;
} Column;

typedef struct Table
{
	const TableShape *shape;
	Column columns[TABLE_COLUMNS_MAX];
	int columns_count;
	int headed_page; /* the last one that has the heading */
} Table;

typedef struct Cell
{
	TextBlock text;
	TextBlock detail; /* below it */
} Cell;

typedef struct Row
{
	Cell cells[TABLE_COLUMNS_MAX];
	double height;
	double baseline; /* the deepest of the first lines */
} Row;

/* ---- columns --------------------------------------------------------------------- */

/* As wide as its heading and its widest text, as far as that goes. */
static double
natural_width(const Page *page, const Column *column, const char *widest)
{
	double width = text_width(page->setter, TEXT_STRONG, column->heading);
	double most = column->fit == TABLE_PROSE ? PROSE_WIDTH_MAX : NUMBER_WIDTH_MAX;

	if (widest)
		width = MAX(width, text_width(page->setter, TEXT_CELL, widest));
	return MIN(width + 1, most); /* and a little, as widths are rounded */
}

static void
add_columns(Table *table, const Page *page, const PaperRows *rows)
{
	for (int i = 0; i < table->shape->columns_count; i++)
	{
		const TableColumn *from = &table->shape->columns[i];
		const char *widest = paper_longest(rows, from->offset);
		Column *column = &table->columns[table->columns_count];

		if (widest == NULL && rows->count > 0)
			continue;
		*column = (Column){from->fit, from->offset, label_of(page->language, from->label), 0};
		column->width = natural_width(page, column, widest);
		table->columns_count++;
	}
}

/* Prose has equal shares; what one does not need goes to those that need more. */
static void
share_width(Table *table, double share)
{
	double spare = 0;
	int wanting = 0;

	for (int i = 0; i < table->columns_count; i++)
		if (table->columns[i].fit == TABLE_PROSE)
		{
			spare += MAX(0, share - table->columns[i].width);
			wanting += table->columns[i].width > share;
		}
	for (int i = 0; i < table->columns_count; i++)
	{
		Column *column = &table->columns[i];

		if (column->fit == TABLE_PROSE && (column->width > share || wanting == 0))
			column->width = share + (wanting > 0 ? spare / wanting : 0);
	}
}

static void
fit_columns(Table *table)
{
	double rest = PAGE_BODY_WIDTH - 2 * PAGE_PADDING - PAGE_GUTTER * (table->columns_count - 1);
	int proses = 0;

	for (int i = 0; i < table->columns_count; i++)
		if (table->columns[i].fit == TABLE_PROSE)
			proses++;
		else
			rest -= table->columns[i].width;
	share_width(table, rest / MAX(proses, 1));
}

/* ---- rows -------------------------------------------------------------------------- */

static void
set_cell(Cell *cell, const Page *page, const Column *column, TextStyle style, const char *text,
		 const char *detail)
{
	TextSide side = column->fit == TABLE_NUMBER ? TEXT_RIGHT : TEXT_LEFT;

	cell->text = text_set(page->setter, style, side, column->width, text);
	cell->detail = text_set(page->setter, TEXT_DETAIL, side, column->width, detail);
}

/* First lines of all cells stand on one line, whatever their scripts. */
static void
measure_row(const Table *table, Row *row)
{
	row->baseline = row->height = 0;
	for (int i = 0; i < table->columns_count; i++)
		row->baseline = MAX(row->baseline, row->cells[i].text.baseline);
	for (int i = 0; i < table->columns_count; i++)
	{
		const Cell *cell = &row->cells[i];

		row->height = MAX(row->height, row->baseline - cell->text.baseline + cell->text.height +
										   cell->detail.height);
	}
}

static void
show_row(const Table *table, Page *page, Row *row)
{
	double x = PAGE_MARGIN + PAGE_PADDING;

	for (int i = 0; i < table->columns_count; i++)
	{
		Cell *cell = &row->cells[i];
		double y = page->y + row->baseline - cell->text.baseline;

		text_show(&cell->text, page->cairo, x, y);
		text_show(&cell->detail, page->cairo, x, y + cell->text.height);
		x += table->columns[i].width + PAGE_GUTTER;
	}
	page->y += row->height;
}

/* Draws the heading, on a page that has room for so much below it. */
static void
draw_heading(Table *table, Page *page, double height_below)
{
	Row row;

	for (int i = 0; i < table->columns_count; i++)
		set_cell(&row.cells[i], page, &table->columns[i], TEXT_STRONG, table->columns[i].heading,
				 NULL);
	measure_row(table, &row);
	(void) page_reserve(page, row.height + 2 * HEADING_SPACING + height_below);
	page_panel(page, PAGE_MARGIN, page->y, PAGE_BODY_WIDTH, row.height + 2 * HEADING_SPACING);
	page->y += HEADING_SPACING;
	show_row(table, page, &row);
	page->y += HEADING_SPACING;
	table->headed_page = page->number;
}

static void
make_room(Table *table, Page *page, double height, double height_below)
{
	if (height + height_below > PAGE_BODY_HEIGHT - HEADING_HEIGHT_MAX)
		height_below = 0;
	if (table->headed_page != page->number || !page_fits(page, height + height_below))
		draw_heading(table, page, height + height_below);
}

static void
draw_row(Table *table, Page *page, const PaperRow *from, double height_below)
{
	double spacing = table->shape->spacing;
	Row row;

	for (int i = 0; i < table->columns_count; i++)
		set_cell(&row.cells[i], page, &table->columns[i], TEXT_CELL,
				 paper_member(from, table->columns[i].offset),
				 i == 0 && table->shape->has_details ? from->detail : NULL);
	measure_row(table, &row);
	make_room(table, page, row.height + 2 * spacing, height_below);
	page->y += spacing;
	show_row(table, page, &row);
	page->y += spacing;
	page_rule(page, true);
}

static void
draw_none(Table *table, Page *page)
{
	const char *none = label_of(page->language, LABEL_NO_ENTRIES);
	double width = PAGE_BODY_WIDTH - 2 * PAGE_PADDING;

	draw_heading(table, page, NONE_SPACING + page_measure(page, TEXT_DETAIL, width, none));
	page->y += NONE_SPACING;
	page->y += page_text(page, TEXT_DETAIL, TEXT_LEFT, PAGE_MARGIN + PAGE_PADDING, page->y, width,
						 none);
}

void
table_draw(Page *page, const TableShape *shape, const PaperRows *rows, double height_below)
{
	Table table = {.shape = shape};

	add_columns(&table, page, rows);
	fit_columns(&table);
	if (rows->count == 0)
		draw_none(&table, page);
	for (size_t i = 0; i < rows->count && page->fault == NULL; i++)
		draw_row(&table, page, &rows->rows[i], i + 1 < rows->count ? 0 : height_below);
}
