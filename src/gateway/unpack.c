/*-------------------------------------------------------------------------
 *
 * unpack.c
 *	  Where in an archive we are, and what comes next.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/unpack.h"

#include <stdlib.h>
#include <zlib.h>

/* The windows of zlib: raw deflate, and the same in gzip. */
#define WINDOW_RAW (-MAX_WBITS)
#define WINDOW_GZIP (16 + MAX_WBITS)

/* ZIP: what the parts begin with, and how long they are behind that. */
#define SIGNATURE_BYTES 4
#define SIGNATURE_LOCAL 0x04034b50u
#define SIGNATURE_CENTRAL 0x02014b50u
#define SIGNATURE_END 0x06054b50u
#define SIGNATURE_DESCRIPTOR 0x08074b50u
#define LOCAL_BYTES 26
#define CENTRAL_BYTES 42
#define END_BYTES 18
#define DESCRIPTOR_BYTES 12

#define METHOD_STORED 0u
#define METHOD_DEFLATED 8u
#define FLAG_DESCRIPTOR 0x0008u
/* How hard it was deflated, a descriptor, names in UTF-8: the rest we cannot read. */
#define FLAGS_KNOWN (0x0006u | FLAG_DESCRIPTOR | 0x0800u)

typedef enum Place
{
	AT_GZIP,
	AT_SIGNATURE,
	IN_LOCAL,
	IN_NAME,
	IN_EXTRA,
	IN_DATA,
	AT_DATA_END,
	IN_DESCRIPTOR_SIGNATURE,
	IN_DESCRIPTOR,
	IN_CENTRAL,
	IN_CENTRAL_REST,
	IN_END,
	IN_COMMENT,
	AT_END,
	AT_FAULT
} Place;

/* A file of the archive, as its local header has it. */
typedef struct Entry
{
	unsigned flags;
	unsigned method;
	uint32_t crc;
	uint32_t packed_size;
	uint32_t size;
	size_t name_size;
	size_t extra_size;
} Entry;

struct Unpack
{
	UnpackFormat format;
	Place place;
	z_stream stream;
	int64_t size_left;
	Entry entry;
	uint32_t crc; /* of what came of it, and how much that was */
	uint64_t packed_size;
	uint64_t size;
	unsigned files;
	unsigned central_files;
	size_t skip;
	size_t head_size;
	unsigned char head[UNPACK_NAME_BYTES_MAX];
	unsigned char piece[UNPACK_PIECE_BYTES_MAX];
};

Unpack *
unpack_open(UnpackFormat format, int64_t size_max)
{
	Unpack *unpack = calloc(1, sizeof(*unpack));

	if (unpack == NULL)
		return NULL;
	unpack->format = format;
	unpack->place = format == UNPACK_GZIP ? AT_GZIP : AT_SIGNATURE;
	unpack->size_left = size_max;
	if (inflateInit2(&unpack->stream, format == UNPACK_GZIP ? WINDOW_GZIP : WINDOW_RAW) == Z_OK)
		return unpack;
	free(unpack);
	return NULL;
}

void
unpack_free(Unpack *unpack)
{
	if (unpack == NULL)
		return;
	(void) inflateEnd(&unpack->stream);
	free(unpack);
}

bool
unpack_is_whole(const Unpack *unpack)
{
	return unpack->place == AT_END;
}

/* ---- reading what comes ---------------------------------------------------- */

static void
drop(Bytes *packed, size_t size)
{
	*packed = (Bytes){packed->data + size, packed->size - size};
}

/* Gathers a part of a known size; true where all of it is in head. */
static bool
gather(Unpack *unpack, size_t wanted, Bytes *packed)
{
	size_t size = wanted - unpack->head_size;

	if (size > packed->size)
		size = packed->size;
	if (size > 0)
		memcpy(unpack->head + unpack->head_size, packed->data, size);
	drop(packed, size);
	unpack->head_size += size;
	if (unpack->head_size < wanted)
		return false;
	unpack->head_size = 0;
	return true;
}

/* True where nothing is left to be skipped. */
static bool
skip(Unpack *unpack, Bytes *packed)
{
	size_t size = unpack->skip < packed->size ? unpack->skip : packed->size;

	drop(packed, size);
	unpack->skip -= size;
	return unpack->skip == 0;
}

static unsigned
read_2(const unsigned char *head)
{
	return head[0] | (unsigned) head[1] << 8;
}

static uint32_t
read_4(const unsigned char *head)
{
	return read_2(head) | (uint32_t) read_2(head + 2) << 16;
}

/* ---- the parts of ZIP ------------------------------------------------------ */

/* What a part begins with says which it is. The directory ends the files. */
static Place
place_of(const Unpack *unpack, uint32_t signature)
{
	if (signature == SIGNATURE_LOCAL && unpack->central_files == 0 &&
		unpack->files < UNPACK_FILES_MAX)
		return IN_LOCAL;
	if (signature == SIGNATURE_CENTRAL)
		return IN_CENTRAL;
	return signature == SIGNATURE_END ? IN_END : AT_FAULT;
}

/* Whether its sizes and its sum are right is seen at its end. */
static bool
is_readable(const Entry *entry)
{
	return (entry->flags & ~FLAGS_KNOWN) == 0 &&
		   (entry->method == METHOD_STORED || entry->method == METHOD_DEFLATED) &&
		   entry->name_size > 0 && entry->name_size <= UNPACK_NAME_BYTES_MAX;
}

static Place
read_local(Unpack *unpack)
{
	const unsigned char *head = unpack->head;

	unpack->entry = (Entry){.flags = read_2(head + 2),
							.method = read_2(head + 4),
							.crc = read_4(head + 10),
							.packed_size = read_4(head + 14),
							.size = read_4(head + 18),
							.name_size = read_2(head + 22),
							.extra_size = read_2(head + 24)};
	unpack->crc = (uint32_t) crc32(0, NULL, 0);
	unpack->packed_size = unpack->size = 0;
	unpack->files++;
	return is_readable(&unpack->entry) && inflateReset(&unpack->stream) == Z_OK ? IN_NAME
																				: AT_FAULT;
}

/* Its sizes stand behind a file that was packed as it was made. */
static Place
read_descriptor(Unpack *unpack)
{
	unpack->entry.crc = read_4(unpack->head);
	unpack->entry.packed_size = read_4(unpack->head + 4);
	unpack->entry.size = read_4(unpack->head + 8);
	return AT_DATA_END;
}

static Place
read_central(Unpack *unpack)
{
	const unsigned char *head = unpack->head;

	unpack->central_files++;
	unpack->skip = (size_t) read_2(head + 24) + read_2(head + 26) + read_2(head + 28);
	return read_2(head + 30) == 0 ? IN_CENTRAL_REST : AT_FAULT;
}

/* The end: one disk, and as many files as there were. */
static Place
read_end(Unpack *unpack)
{
	const unsigned char *head = unpack->head;

	unpack->skip = read_2(head + 16);
	return read_2(head) == 0 && read_2(head + 2) == 0 && read_2(head + 4) == unpack->files &&
				   read_2(head + 6) == unpack->files && unpack->central_files == unpack->files &&
				   unpack->files > 0
			   ? IN_COMMENT
			   : AT_FAULT;
}

/* ---- what is in a file ------------------------------------------------------ */

static bool
is_deflated(const Unpack *unpack)
{
	return unpack->format == UNPACK_GZIP || unpack->entry.method == METHOD_DEFLATED;
}

/* Where to go behind the last byte of a file. */
static Place
place_behind_data(const Unpack *unpack)
{
	if (unpack->format == UNPACK_ZIP && (unpack->entry.flags & FLAG_DESCRIPTOR))
		return IN_DESCRIPTOR_SIGNATURE;
	return AT_DATA_END;
}

/* Counts what came of a file; false where that is too much. */
static bool
count(Unpack *unpack, Bytes piece)
{
	if (piece.size == 0)
		return true;
	unpack->size += piece.size;
	unpack->size_left -= (int64_t) piece.size;
	unpack->crc = (uint32_t) crc32(unpack->crc, (const Bytef *) piece.data, (uInt) piece.size);
	return unpack->size_left >= 0;
}

static bool
inflate_piece(Unpack *unpack, Bytes *packed, Bytes *piece)
{
	z_stream *stream = &unpack->stream;
	size_t had = packed->size < UNPACK_PIECE_BYTES_MAX ? packed->size : UNPACK_PIECE_BYTES_MAX;
	int result;

	stream->next_in = (Bytef *) packed->data;
	stream->avail_in = (uInt) had;
	stream->next_out = unpack->piece;
	stream->avail_out = sizeof(unpack->piece);
	result = inflate(stream, Z_NO_FLUSH);
	unpack->packed_size += had - stream->avail_in;
	drop(packed, had - stream->avail_in);
	*piece = (Bytes){(const char *) unpack->piece, sizeof(unpack->piece) - stream->avail_out};
	if (result == Z_STREAM_END)
		unpack->place = place_behind_data(unpack);
	return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static bool
copy_piece(Unpack *unpack, Bytes *packed, Bytes *piece)
{
	uint64_t size = unpack->entry.packed_size - unpack->packed_size;

	if (size > packed->size)
		size = packed->size;
	if (size > UNPACK_PIECE_BYTES_MAX)
		size = UNPACK_PIECE_BYTES_MAX;
	*piece = (Bytes){packed->data, (size_t) size};
	drop(packed, (size_t) size);
	unpack->packed_size += size;
	if (unpack->packed_size == unpack->entry.packed_size)
		unpack->place = AT_DATA_END;
	return true;
}

/* True where there is an event. */
static bool
read_data(Unpack *unpack, Bytes *packed, Bytes *piece, UnpackEvent *event)
{
	bool is_read = is_deflated(unpack) ? inflate_piece(unpack, packed, piece)
									   : copy_piece(unpack, packed, piece);

	if (!is_read || !count(unpack, *piece))
		unpack->place = AT_FAULT;
	else if (piece->size > 0)
		*event = UNPACK_PIECE;
	else if (unpack->place == IN_DATA && packed->size == 0)
		*event = UNPACK_HUNGRY;
	else
		return false;
	return unpack->place != AT_FAULT;
}

/* Of gzip zlib looks itself. */
static Place
end_file(Unpack *unpack)
{
	const Entry *entry = &unpack->entry;

	if (unpack->format == UNPACK_GZIP)
		return AT_END;
	return entry->crc == unpack->crc && entry->packed_size == unpack->packed_size &&
				   entry->size == unpack->size
			   ? AT_SIGNATURE
			   : AT_FAULT;
}

/* ---- place by place ---------------------------------------------------------- */

/* How many bytes a place gathers; 0: it gathers none. */
static size_t
gathered_at(const Unpack *unpack)
{
	switch (unpack->place)
	{
		case AT_SIGNATURE:
		case IN_DESCRIPTOR_SIGNATURE:
			return SIGNATURE_BYTES;
		case IN_LOCAL:
			return LOCAL_BYTES;
		case IN_NAME:
			return unpack->entry.name_size;
		case IN_DESCRIPTOR:
			return DESCRIPTOR_BYTES;
		case IN_CENTRAL:
			return CENTRAL_BYTES;
		case IN_END:
			return END_BYTES;
		default:
			return 0;
	}
}

/* A descriptor's signature may be missing: then that was its first word. */
static Place
read_descriptor_signature(Unpack *unpack)
{
	if (read_4(unpack->head) != SIGNATURE_DESCRIPTOR)
		unpack->head_size = SIGNATURE_BYTES;
	return IN_DESCRIPTOR;
}

/* Reads what was gathered: where to go on. */
static Place
read_gathered(Unpack *unpack)
{
	switch (unpack->place)
	{
		case AT_SIGNATURE:
			return place_of(unpack, read_4(unpack->head));
		case IN_LOCAL:
			return read_local(unpack);
		case IN_NAME:
			unpack->skip = unpack->entry.extra_size;
			return IN_EXTRA;
		case IN_DESCRIPTOR_SIGNATURE:
			return read_descriptor_signature(unpack);
		case IN_DESCRIPTOR:
			return read_descriptor(unpack);
		case IN_CENTRAL:
			return read_central(unpack);
		case IN_END:
			return read_end(unpack);
		default:
			return AT_FAULT;
	}
}

/* Where a part goes on that is of no use to us. */
static Place
place_behind_skipped(const Unpack *unpack)
{
	if (unpack->place == IN_EXTRA)
		return IN_DATA;
	return unpack->place == IN_COMMENT ? AT_END : AT_SIGNATURE;
}

/* Goes on by one step; true where there is an event. */
static bool
step(Unpack *unpack, Bytes *packed, Bytes *piece, UnpackEvent *event)
{
	*event = UNPACK_HUNGRY;
	switch (unpack->place)
	{
		case AT_GZIP:
			if (packed->size == 0)
				return true;
			unpack->place = IN_DATA;
			*event = UNPACK_FILE;
			return true;
		case IN_EXTRA:
		case IN_CENTRAL_REST:
		case IN_COMMENT:
			if (!skip(unpack, packed))
				return true;
			unpack->place = place_behind_skipped(unpack);
			return false;
		case IN_DATA:
			return read_data(unpack, packed, piece, event);
		case AT_DATA_END:
			unpack->place = end_file(unpack);
			*event = UNPACK_FILE_END;
			return unpack->place != AT_FAULT;
		case AT_END:
			if (packed->size > 0)
				unpack->place = AT_FAULT;
			return packed->size == 0;
		case AT_FAULT:
			*event = UNPACK_REFUSED;
			return true;
		default:
			return false;
	}
}

/* The same where a part is gathered first. */
static bool
step_gathering(Unpack *unpack, size_t wanted, Bytes *packed, Bytes *piece, UnpackEvent *event)
{
	bool was_name = unpack->place == IN_NAME;

	*event = UNPACK_HUNGRY;
	if (!gather(unpack, wanted, packed))
		return true;
	unpack->place = read_gathered(unpack);
	*piece = (Bytes){(const char *) unpack->head, wanted};
	*event = UNPACK_FILE;
	return was_name;
}

UnpackEvent
unpack_next(Unpack *unpack, Bytes *packed, Bytes *piece)
{
	UnpackEvent event = UNPACK_HUNGRY;
	bool is_event = false;

	while (!is_event)
	{
		size_t wanted = gathered_at(unpack);

		*piece = (Bytes){"", 0};
		is_event = wanted > 0 ? step_gathering(unpack, wanted, packed, piece, &event)
							  : step(unpack, packed, piece, &event);
	}
	return event;
}
