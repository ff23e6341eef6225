/*-------------------------------------------------------------------------
 *
 * http.c
 *	  Headers.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/http.h"

#include <stdarg.h>
#include <stdio.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool
is_name(Bytes name, const char *wanted)
{
	if (name.size != strlen(wanted))
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (lower(name.data[i]) != lower(wanted[i]))
			return false;
	return true;
}

Bytes
http_header(const HttpMessage *message, const char *name)
{
	Bytes found = {"", 0};
	int times = 0;

	for (size_t i = 0; i < message->headers_count; i++)
		if (is_name(message->headers[i].name, name))
		{
			found = message->headers[i].value;
			times++;
		}
	return times == 1 ? found : (Bytes){"", 0};
}

bool
http_add_header(HttpRequest *request, const char *format, ...)
{
	va_list arguments;
	int size;

	if (request->headers_count == HTTP_HEADERS_MAX)
		return false;
	va_start(arguments, format);
	size = vsnprintf(request->headers[request->headers_count], HTTP_HEADER_SIZE, format, arguments);
	va_end(arguments);
	if (size < 0 || size >= HTTP_HEADER_SIZE)
		return false;
	request->headers_count++;
	return true;
}
