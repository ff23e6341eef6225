/*-------------------------------------------------------------------------
 *
 * text.h
 *	  Setting text with pango: any script, wrapped, in the few styles of a page.
 *
 * Text is never markup. What is no character to be seen, or would turn the order of
 * others around, is taken out here, where all text passes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_TEXT_H
#define PDF_TEXT_H

#include "pdf/label.h"

#include <pango/pangocairo.h>
#include <stdbool.h>

#define TEXT_BYTES_MAX 2048

typedef enum TextStyle
{
	TEXT_TITLE,
	TEXT_TOTAL,
	TEXT_NAME,
	TEXT_BODY,
	TEXT_LABEL,
	TEXT_CELL,
	TEXT_STRONG,
	TEXT_DETAIL,
	TEXT_STYLES
} TextStyle;

typedef enum TextSide
{
	TEXT_LEFT,
	TEXT_RIGHT
} TextSide;

/* A line of plain letters, of which none is wider than that; digits and what stands in numbers are
 * less wide. */
typedef struct TextPlain
{
	double letter_width;
	double digit_width;
	double height;
	double baseline;
} TextPlain;

typedef struct TextSetter
{
	PangoContext *context;
	PangoAttrList *attributes;
	PangoFontDescription *fonts[TEXT_STYLES];
	TextPlain plain[TEXT_STYLES];
	bool is_counting; /* nothing is shown: short plain texts are not set, only measured */
} TextSetter;

/* A text, set in lines: to be shown, or dropped, once. One of no text has no height. */
typedef struct TextBlock
{
	PangoLayout *layout;
	TextStyle style;
	TextSide side;
	double width; /* of its column */
	double height;
	double baseline; /* of its first line */
} TextBlock;

extern void text_open(TextSetter *setter, LabelLanguage language);
extern void text_close(TextSetter *setter);

/* Copies what of a text can be shown; one_line: line breaks become blanks. */
extern void text_clean(char to[TEXT_BYTES_MAX], const char *text, bool one_line);

/* Sets a text in lines of that width; NULL is no text. */
extern TextBlock text_set(const TextSetter *setter, TextStyle style, TextSide side, double width,
						  const char *text);

/* How wide a text is in one line. */
extern double text_width(const TextSetter *setter, TextStyle style, const char *text);

/* Shows it with its upper left corner there; cairo NULL: drops it. */
extern void text_show(TextBlock *block, cairo_t *cairo, double x, double y);

#endif
