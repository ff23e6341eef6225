/*-------------------------------------------------------------------------
 *
 * payer.c
 *	  Reading argument payer.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <arpa/inet.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "api/payer.h"
#include "core/text.h"
#include "errors.h"
#include "gateway/call.h"

typedef struct Field
{
	const char *name;
	size_t bytes_max;
	unsigned bit; /* of a product's needs */
} Field;

static const Field fields[] = {
	{"client_ip", CALL_ADDRESS_SIZE - 1, PAYER_CLIENT_IP},
	{"terminal", CALL_TERMINAL_SIZE - 1, PAYER_TERMINAL},
	{"uid", CALL_UID_SIZE - 1, PAYER_UID},
	{"email", CALL_EMAIL_SIZE - 1, PAYER_EMAIL},
};

static const Field *
find_field(const JsonbValue *name)
{
	for (size_t i = 0; i < lengthof(fields); i++)
		if (name->val.string.len == (int) strlen(fields[i].name) &&
			memcmp(name->val.string.val, fields[i].name, name->val.string.len) == 0)
			return &fields[i];
	return NULL;
}

static void
check_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
		refuse(ERROR_PAYER, "client_ip", "it is no address of the internet");
}

static void
check_value(const Field *field, const JsonbValue *value)
{
	char *text;

	if (value->type != jbvString)
		refuse(ERROR_PAYER, field->name, "a text is needed");
	text = pnstrdup(value->val.string.val, value->val.string.len);
	if (text_is_blank(text) || strlen(text) > field->bytes_max)
		refuse(ERROR_PAYER, field->name, "it is blank or too long");
	for (const char *c = text; *c; c++)
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			refuse(ERROR_PAYER, field->name, "it has control characters");
	if (field->bit == PAYER_CLIENT_IP)
		check_address(text);
	if (field->bit == PAYER_TERMINAL && strcmp(text, "WEB") != 0 && strcmp(text, "APP") != 0)
		refuse(ERROR_PAYER, field->name, "it is neither WEB nor APP");
	if (field->bit == PAYER_EMAIL && strchr(text, '@') == NULL)
		refuse(ERROR_PAYER, field->name, "it is no address");
}

/* Looks at every field of the object. */
static void
check_object(Jsonb *payer)
{
	JsonbIterator *iterator = JsonbIteratorInit(&payer->root);
	JsonbValue name;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(payer))
		refuse(ERROR_PAYER, "", "an object is needed");
	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &name, true) == WJB_KEY)
	{
		const Field *field = find_field(&name);

		if (field == NULL)
			refuse(ERROR_PAYER,
				   pnstrdup(name.val.string.val,
							pg_mbcliplen(name.val.string.val, name.val.string.len, 64)),
				   "there is no such field");
		(void) JsonbIteratorNext(&iterator, &value, true);
		check_value(field, &value);
	}
}

static bool
has_field(Jsonb *payer, const char *name)
{
	return payer && getKeyJsonValueFromContainer(&payer->root, name, strlen(name), NULL) != NULL;
}

const char *
payer_needs(const ProviderProduct *product)
{
	StringInfoData names;

	initStringInfo(&names);
	for (size_t i = 0; i < lengthof(fields); i++)
		if (product->needs & fields[i].bit)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", fields[i].name);
	return names.data;
}

char *
payer_read(FunctionCallInfo fcinfo, int index, const ProviderProduct *product)
{
	Jsonb *payer = PG_ARGISNULL(index) ? NULL : PG_GETARG_JSONB_P(index);

	if (payer)
		check_object(payer);
	for (size_t i = 0; i < lengthof(fields); i++)
		if ((product->needs & fields[i].bit) && !has_field(payer, fields[i].name))
			refuse(ERROR_PAYER, fields[i].name, "this payment method needs it");
	return payer ? JsonbToCString(NULL, &payer->root, VARSIZE(payer)) : NULL;
}
