/*-------------------------------------------------------------------------
 *
 * conf_line.c
 *	  Reading lines of "name = value".
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/conf_line.h"

#include <openssl/crypto.h>
#include <stdlib.h>

Bytes
conf_line_cut(Bytes *rest, char separator)
{
	const char *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
	Bytes part = {rest->data, end ? (size_t) (end - rest->data) : rest->size};
	size_t taken = part.size + (end != NULL);

	*rest = (Bytes){rest->data + taken, rest->size - taken};
	return part;
}

Bytes
conf_line_trim(Bytes text)
{
	while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = (Bytes){text.data + 1, text.size - 1};
	while (text.size > 0 && strchr(" \t\r", text.data[text.size - 1]) != NULL)
		text.size--;
	return text;
}

bool
conf_line_next(Bytes *text, Bytes *name, Bytes *value)
{
	while (text->size > 0)
	{
		Bytes line = conf_line_cut(text, '\n');

		*name = conf_line_trim(conf_line_cut(&line, '='));
		*value = conf_line_trim(line);
		if (name->size > 0 ? name->data[0] != '#' : value->size > 0)
			return true;
	}
	return false;
}

bool
conf_line_copy(Bytes text, char *to, size_t size)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == ' ' || (unsigned char) text.data[i] >= 0x80)
			return false;
	return conf_line_copy_words(text, to, size);
}

bool
conf_line_copy_words(Bytes text, char *to, size_t size)
{
	if (text.size == 0 || text.size >= size)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char) text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	memcpy(to, text.data, text.size);
	to[text.size] = '\0';
	return true;
}

bool
conf_line_file(Bytes value, char file[CONF_LINE_FILE_SIZE])
{
	return conf_line_copy(value, file, CONF_LINE_FILE_SIZE) && !strchr(file, '/') && file[0] != '.';
}

bool
conf_line_count(Bytes value, int most, int *count)
{
	*count = 0;
	for (size_t i = 0; i < value.size; i++)
	{
		if (value.size > 5 || value.data[i] < '0' || value.data[i] > '9')
			return false;
		*count = *count * 10 + (value.data[i] - '0');
	}
	return *count > 0 && *count <= most;
}

bool
conf_line_port(Bytes value, int *port)
{
	return conf_line_count(value, 65535, port);
}

bool
conf_line_switch(Bytes value, bool *is_on)
{
	*is_on = bytes_equal(value, bytes_of("yes"));
	return *is_on || bytes_equal(value, bytes_of("no"));
}

bool
conf_line_read(ConfLineReader reader, void *argument, Bytes name, char *room, Bytes *text)
{
	char file[CONF_LINE_FILE_SIZE];
	size_t size;

	if (!conf_line_file(name, file) || !reader(argument, file, room, CONF_LINE_BYTES_MAX, &size))
		return false;
	while (size > 0 && strchr("\r\n", room[size - 1]) != NULL)
		size--;
	*text = (Bytes){room, size};
	return true;
}

bool
conf_line_secret(ConfLineReader reader, void *argument, Bytes name, char *secret, size_t size)
{
	char *room = malloc(CONF_LINE_BYTES_MAX);
	Bytes text;
	bool is_read = room && conf_line_read(reader, argument, name, room, &text) &&
				   conf_line_copy(text, secret, size);

	if (room)
		OPENSSL_cleanse(room, CONF_LINE_BYTES_MAX);
	free(room);
	return is_read;
}
