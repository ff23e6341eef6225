/*-------------------------------------------------------------------------
 *
 * form.h
 *	  application/x-www-form-urlencoded, as Alipay and Xiaomi Pay speak it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_FORM_H
#define GATEWAY_FORM_H

#include "gateway/bytes.h"

#define FORM_FIELDS_MAX 100
#define FORM_BYTES_MAX (64 * 1024)

typedef struct FormField
{
	Bytes name;
	Bytes value;
} FormField;

/* Decoded fields, by name in byte order; they point into the room. */
typedef struct Form
{
	size_t count;
	FormField fields[FORM_FIELDS_MAX];
	char room[FORM_BYTES_MAX];
} Form;

/*
 * Decodes a body once. False where it is too long or has too many fields, a name
 * that is empty or stands twice, an escape that is none, or a NUL.
 */
extern bool form_read(Bytes body, Form *form);

/* The value of a field; no bytes where there is none. */
extern Bytes form_value(const Form *form, const char *name);

/* The same as a text of at most size - 1 bytes, without control characters; false where it is none
 * such. */
extern bool form_text(const Form *form, const char *name, char *text, size_t size);

/* Adds the pieces of "name=value", with "&" before all but the first, behind count others; returns
 * how many there are by then. Several gateways sign such texts. */
extern size_t form_add_pieces(const FormField *field, Bytes *pieces, size_t count);

/* Writes fields, with a NUL; false where they do not fit into size bytes. */
extern bool form_write(const FormField *fields, size_t count, char *text, size_t size);

/* Writes the text of a value alone, as form_write() does. */
extern bool form_escape(Bytes value, char *text, size_t size);

#endif
