/*-------------------------------------------------------------------------
 *
 * template.h
 *	  Texts with placeholders, {{name}}: checked when they are kept, expanded when
 *	  they are sent.
 *
 * A name is lower case letters, digits and "_". What is no "{{" is text, "}}" too:
 * JSON ends so.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGE_TEMPLATE_H
#define MESSAGE_TEMPLATE_H

#include "gateway/bytes.h"

#define TEMPLATE_NAME_SIZE 64

/* Where a value goes, which says how it is escaped. */
typedef enum TemplatePlace
{
	TEMPLATE_TEXT, /* plain: control characters but line breaks and tabs become blanks */
	TEMPLATE_HTML, /* content of an element, or of an attribute in quotation marks */
	TEMPLATE_LINE, /* a subject: all control characters become blanks */
	TEMPLATE_JSON  /* within a string of JSON: the quotation marks are the template's */
} TemplatePlace;

typedef enum TemplateProblem
{
	TEMPLATE_UNKNOWN_NAME,
	TEMPLATE_NO_NAME, /* "{{" is not followed by a name */
	TEMPLATE_UNCLOSED /* nor the name by "}}" */
} TemplateProblem;

typedef struct TemplateFault
{
	TemplateProblem problem;
	size_t offset;				   /* of the "{{", in bytes */
	char name[TEMPLATE_NAME_SIZE]; /* TEMPLATE_UNKNOWN_NAME, TEMPLATE_UNCLOSED */
} TemplateFault;

typedef struct TemplateValue
{
	const char *name;
	Bytes value; /* UTF-8 */
} TemplateValue;

/* False where a placeholder is none of these names, or none at all; fault says which and where. */
extern bool template_check(Bytes text, const char *const *names, size_t count,
						   TemplateFault *fault);

/*
 * Writes the text with its values, without a NUL; false where template_check() by the values'
 * names would be, or it does not fit into size_max bytes.
 */
extern bool template_expand(Bytes text, TemplatePlace place, const TemplateValue *values,
							size_t count, char *room, size_t size_max, size_t *size);

#endif
