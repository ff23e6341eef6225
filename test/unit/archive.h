/*-------------------------------------------------------------------------
 *
 * archive.h
 *	  Archives for tests, made by zlib: gzip, and ZIP as it may be, sound or not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "gateway/bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#define ARCHIVE_BYTES_MAX (256 * 1024)

typedef struct Archive
{
	size_t size;
	char data[ARCHIVE_BYTES_MAX];
} Archive;

/* How a file of a ZIP is written: what is not 0 stands in for what would be right. */
typedef struct ArchiveFile
{
	const char *name;
	Bytes content;
	bool is_stored;
	bool has_descriptor;
	bool without_signature; /* of the descriptor */
	unsigned flags;			/* beside that of the descriptor */
	unsigned method;
	uint32_t packed_size;
	uint32_t size;
	uint32_t crc;
} ArchiveFile;

/* The end of a ZIP, the same way. */
typedef struct ArchiveEnd
{
	unsigned disk;
	unsigned directory_disk;
	unsigned files_here;
	unsigned files;
	size_t directory; /* how many files it has */
	const char *comment;
} ArchiveEnd;

static inline void
archive_add(Archive *archive, const void *data, size_t size)
{
	if (size > sizeof(archive->data) - archive->size)
		abort();
	if (size > 0)
		memcpy(archive->data + archive->size, data, size);
	archive->size += size;
}

static inline void
archive_number(Archive *archive, int bytes, uint32_t number)
{
	for (int i = 0; i < bytes; i++)
		archive_add(archive, &(char){(char) (number >> 8 * i & 0xff)}, 1);
}

static inline void
archive_deflate(Archive *archive, Bytes content, int window)
{
	z_stream stream = {.next_in = (Bytef *) content.data,
					   .avail_in = (uInt) content.size,
					   .next_out = (Bytef *) archive->data + archive->size,
					   .avail_out = (uInt) (sizeof(archive->data) - archive->size)};

	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) !=
			Z_OK ||
		deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	archive->size += stream.total_out;
	(void) deflateEnd(&stream);
}

static inline void
archive_gzip(Archive *archive, Bytes content)
{
	archive->size = 0;
	archive_deflate(archive, content, 16 + MAX_WBITS);
}

static inline unsigned
archive_flags(const ArchiveFile *file)
{
	return file->flags | (file->has_descriptor ? 8u : 0);
}

static inline unsigned
archive_method(const ArchiveFile *file)
{
	return file->method ? file->method : file->is_stored ? 0 : 8;
}

/* A file: its header, its bytes, and its descriptor where it has one. */
static inline void
archive_file(Archive *archive, const ArchiveFile *file)
{
	static Archive packed;
	uint32_t size = file->size ? file->size : (uint32_t) file->content.size;
	uint32_t crc = (uint32_t) crc32(0, (const Bytef *) file->content.data,
									(uInt) file->content.size);

	uint32_t packed_size;

	packed.size = 0;
	if (file->is_stored)
		archive_add(&packed, file->content.data, file->content.size);
	else
		archive_deflate(&packed, file->content, -MAX_WBITS);
	crc = file->crc ? file->crc : crc;
	packed_size = file->packed_size ? file->packed_size : (uint32_t) packed.size;
	archive_number(archive, 4, 0x04034b50);
	archive_number(archive, 2, 20);
	archive_number(archive, 2, archive_flags(file));
	archive_number(archive, 2, archive_method(file));
	archive_number(archive, 4, 0);
	archive_number(archive, 4, file->has_descriptor ? 0 : crc);
	archive_number(archive, 4, file->has_descriptor ? 0 : packed_size);
	archive_number(archive, 4, file->has_descriptor ? 0 : size);
	archive_number(archive, 2, (uint32_t) strlen(file->name));
	archive_number(archive, 2, 4); /* of an extra field that nobody knows */
	archive_add(archive, file->name, strlen(file->name));
	archive_add(archive, "\x99\x99\0\0", 4);
	archive_add(archive, packed.data, packed.size);
	if (!file->has_descriptor)
		return;
	if (!file->without_signature)
		archive_number(archive, 4, 0x08074b50);
	archive_number(archive, 4, crc);
	archive_number(archive, 4, packed_size);
	archive_number(archive, 4, size);
}

/* Of the directory the reader believes nothing but how long it is. */
static inline void
archive_directory(Archive *archive, const ArchiveFile *files, size_t count)
{
	static const char zeros[32];

	for (size_t i = 0; i < count; i++)
	{
		archive_number(archive, 4, 0x02014b50);
		archive_add(archive, zeros, 24);
		archive_number(archive, 2, (uint32_t) strlen(files[i].name));
		archive_number(archive, 2, 0);
		archive_number(archive, 2, 1); /* of a comment */
		archive_add(archive, zeros, 12);
		archive_add(archive, files[i].name, strlen(files[i].name));
		archive_add(archive, "c", 1);
	}
}

static inline void
archive_end(Archive *archive, size_t count, ArchiveEnd end)
{
	const char *comment = end.comment ? end.comment : "";

	archive_number(archive, 4, 0x06054b50);
	archive_number(archive, 2, end.disk);
	archive_number(archive, 2, end.directory_disk);
	archive_number(archive, 2, end.files_here ? end.files_here : (uint32_t) count);
	archive_number(archive, 2, end.files ? end.files : (uint32_t) count);
	archive_number(archive, 4, 0);
	archive_number(archive, 4, 0);
	archive_number(archive, 2, (uint32_t) strlen(comment));
	archive_add(archive, comment, strlen(comment));
}

static inline void
archive_zip(Archive *archive, const ArchiveFile *files, size_t count, ArchiveEnd end)
{
	archive->size = 0;
	for (size_t i = 0; i < count; i++)
		archive_file(archive, &files[i]);
	archive_directory(archive, files, end.directory ? end.directory : count);
	archive_end(archive, count, end);
}

#endif
