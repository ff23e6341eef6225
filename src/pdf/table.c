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

/* A cell, set: its text and what stands below. */
typedef struct SetCell
{
	TextBlock text;
	TextBlock detail;
} SetCell;

void
table_add(Table *table, const Page *page, const char *heading, TableFit fit, const char *widest)
{
	double width = text_width(page->setter, TEXT_STRONG, heading);
	double most = fit == TABLE_PROSE ? PROSE_WIDTH_MAX : NUMBER_WIDTH_MAX;

	if (widest)
		width = MAX(width, text_width(page->setter, TEXT_CELL, widest));
	table->columns[table->columns_count++] = (TableColumn){
		.heading = heading,
		.fit = fit,
		.width = MIN(width + 1, most), /* and a little, as widths are rounded */
	};
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
		TableColumn *column = &table->columns[i];

		if (column->fit == TABLE_PROSE && (column->width > share || wanting == 0))
			column->width = share + (wanting > 0 ? spare / wanting : 0);
	}
}

void
table_fit(Table *table)
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

/* Sets all cells of a row; *baseline: the deepest of the first lines. */
static double
set_row(const Table *table, const Page *page, const TableCell *cells, TextStyle style, SetCell *set,
		double *baseline)
{
	double height = 0;

	*baseline = 0;
	for (int i = 0; i < table->columns_count; i++)
	{
		const TableColumn *column = &table->columns[i];
		TextSide side = column->fit == TABLE_NUMBER ? TEXT_RIGHT : TEXT_LEFT;

		set[i].text = text_set(page->setter, style, side, column->width, cells[i].text);
		set[i].detail = text_set(page->setter, TEXT_DETAIL, side, column->width, cells[i].detail);
		*baseline = MAX(*baseline, set[i].text.baseline);
	}
	for (int i = 0; i < table->columns_count; i++)
		height = MAX(height,
					 *baseline - set[i].text.baseline + set[i].text.height + set[i].detail.height);
	return height;
}

/* First lines of all cells stand on one line, whatever their scripts. */
static void
show_row(const Table *table, Page *page, SetCell *set, double baseline)
{
	double x = PAGE_MARGIN + PAGE_PADDING;

	for (int i = 0; i < table->columns_count; i++)
	{
		double y = page->y + baseline - set[i].text.baseline;

		text_show(&set[i].text, page->cairo, x, y);
		text_show(&set[i].detail, page->cairo, x, y + set[i].text.height);
		x += table->columns[i].width + PAGE_GUTTER;
	}
}

void
table_heading(Table *table, Page *page, double height_below)
{
	SetCell set[TABLE_COLUMNS_MAX];
	TableCell cells[TABLE_COLUMNS_MAX] = {{0}};
	double baseline, height;

	for (int i = 0; i < table->columns_count; i++)
		cells[i].text = table->columns[i].heading;
	height = set_row(table, page, cells, TEXT_STRONG, set, &baseline) + 2 * HEADING_SPACING;
	(void) page_reserve(page, height + height_below);
	page_panel(page, PAGE_MARGIN, page->y, PAGE_BODY_WIDTH, height);
	page->y += HEADING_SPACING;
	show_row(table, page, set, baseline);
	page->y += height - HEADING_SPACING;
	table->headed_page = page->number;
}

void
table_row(Table *table, Page *page, const TableCell *cells, double height_below)
{
	SetCell set[TABLE_COLUMNS_MAX];
	double baseline, height;

	if (page->fault)
		return;
	height = set_row(table, page, cells, TEXT_CELL, set, &baseline) + 2 * table->spacing;
	if (height + height_below > PAGE_BODY_HEIGHT - HEADING_HEIGHT_MAX)
		height_below = 0;
	if (table->headed_page != page->number || !page_fits(page, height + height_below))
		table_heading(table, page, height + height_below);
	page->y += table->spacing;
	show_row(table, page, set, baseline);
	page->y += height - table->spacing;
	page_rule(page, true);
}
