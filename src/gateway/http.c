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

/* Takes a prefix off; false where the text does not begin so. */
static bool
skip(Bytes *text, const char *prefix)
{
	size_t size = strlen(prefix);

	if (text->size < size || memcmp(text->data, prefix, size) != 0)
		return false;
	*text = (Bytes){text->data + size, text->size - size};
	return true;
}

static bool
is_host_char(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

bool
http_is_host(const char *text)
{
	size_t size = 0;

	while (is_host_char(text[size]))
		size++;
	return size > 0 && text[size] == '\0';
}

static bool
read_host(Bytes *text, char host[HTTP_HOST_SIZE])
{
	size_t size = 0;

	for (; size < text->size && is_host_char(text->data[size]); size++)
	{
		if (size == HTTP_HOST_SIZE - 1)
			return false;
		host[size] = lower(text->data[size]);
	}
	host[size] = '\0';
	*text = (Bytes){text->data + size, text->size - size};
	return size > 0;
}

/* The port that may stand behind a host; that of the scheme is as none. */
static bool
read_port(Bytes *text, bool is_plain, int *port)
{
	size_t size = 0;

	*port = 0;
	if (!skip(text, ":"))
		return true;
	for (; size < text->size && text->data[size] >= '0' && text->data[size] <= '9'; size++)
	{
		if (size == 5)
			return false;
		*port = *port * 10 + (text->data[size] - '0');
	}
	*text = (Bytes){text->data + size, text->size - size};
	if (*port < 1 || *port > 65535)
		return false;
	if (*port == (is_plain ? 80 : 443))
		*port = 0;
	return true;
}

static bool
read_target(Bytes text, char target[HTTP_TARGET_SIZE])
{
	if (text.size == 0 || text.size >= HTTP_TARGET_SIZE || text.data[0] != '/')
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f || text.data[i] == '#')
			return false;
	memcpy(target, text.data, text.size);
	target[text.size] = '\0';
	return true;
}

bool
http_read_address(Bytes text, HttpAddress *address)
{
	address->is_plain = skip(&text, "http://");
	return (address->is_plain || skip(&text, "https://")) && read_host(&text, address->host) &&
		   read_port(&text, address->is_plain, &address->port) &&
		   read_target(text, address->target);
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
