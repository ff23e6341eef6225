/*-------------------------------------------------------------------------
 *
 * unpack.h
 *	  Files out of gzip or ZIP, piece by piece, by zlib.
 *
 * An archive is read front to back as it comes, whole or in pieces of any size, in
 * memory that does not grow with it. Who asks for the next piece sets the pace.
 *
 * Of ZIP (APPNOTE.TXT) the entries are read as they stand: stored, or deflated, with
 * their sizes in front or behind. What is encrypted, split over disks, above 4 GB
 * (ZIP64) or packed by another method is refused, as is anything that is no part of
 * an archive. Names are for telling files apart: they are no paths.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_UNPACK_H
#define GATEWAY_UNPACK_H

#include "gateway/bytes.h"

#include <stdint.h>

#define UNPACK_PIECE_BYTES_MAX 8192
#define UNPACK_NAME_BYTES_MAX 255
#define UNPACK_FILES_MAX 64

typedef enum UnpackFormat
{
	UNPACK_GZIP, /* one file, without a name */
	UNPACK_ZIP
} UnpackFormat;

typedef enum UnpackEvent
{
	UNPACK_HUNGRY,	 /* everything was taken: more is to come, or it was all */
	UNPACK_FILE,	 /* one begins; the piece is its name */
	UNPACK_PIECE,	 /* of that file; never empty */
	UNPACK_FILE_END, /* it is over, and whole */
	UNPACK_REFUSED	 /* for good: it is damaged, too long, or no such archive */
} UnpackEvent;

typedef struct Unpack Unpack;

/* size_max: of all files together. NULL where there is no memory. */
extern Unpack *unpack_open(UnpackFormat format, int64_t size_max);

/* Takes what it needs from the front of packed; a piece is good until the next call. */
extern UnpackEvent unpack_next(Unpack *unpack, Bytes *packed, Bytes *piece);

/* True where the archive came to its end. */
extern bool unpack_is_whole(const Unpack *unpack);

extern void unpack_free(Unpack *unpack);

#endif
