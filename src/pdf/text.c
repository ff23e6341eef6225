/*-------------------------------------------------------------------------
 *
 * text.c
 *	  Layouts of pango, shown line by line.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/text.h"

#include <string.h>

/* Noto for what it has, and of its Chinese the simplified; fontconfig finds the rest. */
#define FAMILY "Noto Sans, Noto Sans CJK SC, sans-serif"

#define PLAIN_WIDTH 100.0

typedef struct Look
{
	double size;
	PangoWeight weight;
	double red, green, blue;
} Look;

#define INK 0.11, 0.13, 0.17
#define MUTED 0.38, 0.42, 0.48

static const Look looks[TEXT_STYLES] = {
	[TEXT_TITLE] = {20, PANGO_WEIGHT_BOLD, INK},
	[TEXT_TOTAL] = {11, PANGO_WEIGHT_BOLD, INK},
	[TEXT_NAME] = {9.5, PANGO_WEIGHT_BOLD, INK},
	[TEXT_BODY] = {9, PANGO_WEIGHT_NORMAL, INK},
	[TEXT_LABEL] = {8, PANGO_WEIGHT_NORMAL, MUTED},
	[TEXT_CELL] = {8, PANGO_WEIGHT_NORMAL, INK},
	[TEXT_STRONG] = {8, PANGO_WEIGHT_BOLD, INK},
	[TEXT_DETAIL] = {7.5, PANGO_WEIGHT_NORMAL, MUTED},
};

/* ---- cleaning --------------------------------------------------------------------- */

/* Embeddings, overrides and isolates: with them a text could be read in another order than it is.
 */
static bool
turns_order(gunichar c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Reserved for ever to be no character; cairo takes none of them. */
static bool
is_none(gunichar c)
{
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

/* What stands for it: itself, a blank, or 0 for nothing. */
static gunichar
cleaned(gunichar c, bool one_line)
{
	if (c == '\n' && !one_line)
		return c;
	if (c == '\r' || turns_order(c) || is_none(c))
		return 0;
	return g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029 ? ' ' : c;
}

void
text_clean(char to[TEXT_BYTES_MAX], const char *text, bool one_line)
{
	char *at = to;

	for (; *text && at + 6 < to + TEXT_BYTES_MAX; text = g_utf8_next_char(text))
	{
		gunichar c = cleaned(g_utf8_get_char(text), one_line);

		if (c)
			at += g_unichar_to_utf8(c, at);
	}
	*at = '\0';
}

/* ---- blocks ------------------------------------------------------------------------- */

static PangoLayout *
new_layout(const TextSetter *setter, TextStyle style, const char *text)
{
	PangoLayout *layout = pango_layout_new(setter->context);
	char clean[TEXT_BYTES_MAX];

	text_clean(clean, text, false);
	pango_layout_set_font_description(layout, setter->fonts[style]);
	pango_layout_set_attributes(layout, setter->attributes);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(layout, clean, -1);
	return layout;
}

/* Is it surely one line of it? With a little for how pairs of letters are moved apart. */
static bool
is_plain_line(const TextPlain *plain, double width, const char *text)
{
	double most = 0;

	for (; *text; text++)
	{
		if (*text < ' ' || *text > '~')
			return false;
		most += strchr(" -.,:/0123456789", *text) ? plain->digit_width : plain->letter_width;
	}
	return most * 1.05 < width;
}

TextBlock
text_set(const TextSetter *setter, TextStyle style, TextSide side, double width, const char *text)
{
	TextBlock block = {.style = style, .side = side, .width = width};
	PangoRectangle extents;

	if (text == NULL)
		return block;
	if (setter->is_counting && is_plain_line(&setter->plain[style], width, text))
	{
		block.height = setter->plain[style].height;
		block.baseline = setter->plain[style].baseline;
		return block;
	}
	block.layout = new_layout(setter, style, text);
	pango_layout_set_width(block.layout, (int) (width * PANGO_SCALE));
	pango_layout_get_extents(block.layout, NULL, &extents);
	block.height = (double) extents.height / PANGO_SCALE;
	block.baseline = (double) pango_layout_get_baseline(block.layout) / PANGO_SCALE;
	return block;
}

static double
line_width(PangoLayoutLine *line)
{
	PangoRectangle extents;

	pango_layout_line_get_extents(line, NULL, &extents);
	return (double) extents.width / PANGO_SCALE;
}

double
text_width(const TextSetter *setter, TextStyle style, const char *text)
{
	PangoLayout *layout = new_layout(setter, style, text);
	double width = line_width(pango_layout_get_line_readonly(layout, 0));

	g_object_unref(layout);
	return width;
}

/* What runs from right to left begins at the right of its column. */
static double
indent_of(const TextBlock *block, PangoLayoutLine *line)
{
	bool is_left = block->side == TEXT_LEFT && line->resolved_dir != PANGO_DIRECTION_RTL;

	return is_left ? 0 : block->width - line_width(line);
}

static void
show_lines(const TextBlock *block, cairo_t *cairo, double x, double y)
{
	const Look *look = &looks[block->style];
	PangoLayoutIter *at = pango_layout_get_iter(block->layout);

	cairo_set_source_rgb(cairo, look->red, look->green, look->blue);
	do
	{
		PangoLayoutLine *line = pango_layout_iter_get_line_readonly(at);

		cairo_move_to(cairo, x + indent_of(block, line),
					  y + (double) pango_layout_iter_get_baseline(at) / PANGO_SCALE);
		pango_cairo_show_layout_line(cairo, line);
	} while (pango_layout_iter_next_line(at));
	pango_layout_iter_free(at);
}

void
text_show(TextBlock *block, cairo_t *cairo, double x, double y)
{
	if (block->layout == NULL)
		return;
	if (cairo)
		show_lines(block, cairo, x, y);
	g_object_unref(block->layout);
	block->layout = NULL;
}

/* ---- the setter ------------------------------------------------------------------ */

static PangoContext *
new_context(LabelLanguage language)
{
	PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
	cairo_font_options_t *options = cairo_font_options_create();

	/* Paper has no pixels to fit letters to. */
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_cairo_context_set_resolution(context, 72);
	pango_context_set_round_glyph_positions(context, FALSE);
	pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
	pango_context_set_language(context,
							   pango_language_from_string(language == LABEL_ZH ? "zh-cn" : "en"));
	return context;
}

/* Digits of one width, which stand on the line; no hyphen that an address has not. */
static PangoAttrList *
new_attributes(void)
{
	PangoAttrList *attributes = pango_attr_list_new();

	pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1, lnum=1"));
	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
	return attributes;
}

static TextPlain
measure_plain(const TextSetter *setter, TextStyle style)
{
	TextBlock block = text_set(setter, style, TEXT_LEFT, PLAIN_WIDTH, "0");
	TextPlain plain = {
		.letter_width = MAX(text_width(setter, style, "W"), text_width(setter, style, "@")),
		.digit_width = text_width(setter, style, "0"),
		.height = block.height,
		.baseline = block.baseline,
	};

	text_show(&block, NULL, 0, 0);
	return plain;
}

void
text_open(TextSetter *setter, LabelLanguage language)
{
	*setter = (TextSetter){.context = new_context(language), .attributes = new_attributes()};
	for (int i = 0; i < TEXT_STYLES; i++)
	{
		setter->fonts[i] = pango_font_description_from_string(FAMILY);
		pango_font_description_set_absolute_size(setter->fonts[i], looks[i].size * PANGO_SCALE);
		pango_font_description_set_weight(setter->fonts[i], looks[i].weight);
		setter->plain[i] = measure_plain(setter, (TextStyle) i);
	}
}

void
text_close(TextSetter *setter)
{
	for (int i = 0; i < TEXT_STYLES; i++)
		pango_font_description_free(setter->fonts[i]);
	pango_attr_list_unref(setter->attributes);
	g_object_unref(setter->context);
}
