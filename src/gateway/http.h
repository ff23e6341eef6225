/*-------------------------------------------------------------------------
 *
 * http.h
 *	  Requests and replies as values: nothing here sends or receives.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include "gateway/bytes.h"

#define HTTP_TARGET_SIZE 2048
#define HTTP_HEADERS_MAX 8
#define HTTP_HEADER_SIZE 1024
#define HTTP_BODY_SIZE (96 * 1024) /* an invoice of a hundred lines, of the longest names */

/* What is sent: target is path and query, headers are "Name: value". */
typedef struct HttpRequest
{
	const char *method;
	char target[HTTP_TARGET_SIZE];
	char headers[HTTP_HEADERS_MAX][HTTP_HEADER_SIZE];
	size_t headers_count;
	char body[HTTP_BODY_SIZE];
	size_t body_size;
} HttpRequest;

typedef struct HttpHeader
{
	Bytes name;
	Bytes value;
} HttpHeader;

/* An address, in its parts. */
#define HTTP_HOST_SIZE 254

typedef struct HttpAddress
{
	bool is_plain; /* http, else https */
	char host[HTTP_HOST_SIZE];
	int port; /* 0: the scheme's own */
	char target[HTTP_TARGET_SIZE];
} HttpAddress;

/* What comes, as a reply or as a notice. */
typedef struct HttpMessage
{
	int status; /* of a reply */
	const HttpHeader *headers;
	size_t headers_count;
	Bytes body;
	Bytes query; /* of a notice: what stands behind the "?" */
} HttpMessage;

/* A header's value, whatever the case of its name; no bytes where it is missing or stands twice. */
extern Bytes http_header(const HttpMessage *message, const char *name);

/*
 * Takes apart an absolute address; false where it is none, or has a user or a fragment.
 * The host is letters, digits, "-" and "." alone; nothing in the target ends a line.
 */
extern bool http_read_address(Bytes text, HttpAddress *address);

/* True for a host as above: it becomes a part of a URL, which nothing in it may end. */
extern bool http_is_host(const char *text);

/* Adds a header made by a printf format; false where there is no room. */
extern bool http_add_header(HttpRequest *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
