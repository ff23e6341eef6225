/*-------------------------------------------------------------------------
 *
 * fuzz_unpack.c
 *	  Archives: the same files in whatever pieces they come, and never more than is
 *	  allowed.
 *
 * Input: '0' gzip or '1' ZIP; a byte for the size of the pieces; the archive.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/unpack.h"

#define ALLOWED (64 * 1024)

/* What came out, as numbers. */
typedef struct Told
{
	uint64_t hash;
	int64_t size;
	int begun;
	int ended;
	bool is_refused;
	bool is_whole;
} Told;

static void
add(Told *told, Bytes bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		told->hash = (told->hash ^ (unsigned char) bytes.data[i]) * UINT64_C(1099511628211);
}

static void
take_event(Told *told, UnpackEvent event, Bytes piece)
{
	switch (event)
	{
		case UNPACK_HUNGRY:
			return;
		case UNPACK_FILE:
			MUST(told->begun == told->ended && piece.size <= UNPACK_NAME_BYTES_MAX);
			told->begun++;
			break;
		case UNPACK_PIECE:
			MUST(told->begun == told->ended + 1);
			MUST(piece.size > 0 && piece.size <= UNPACK_PIECE_BYTES_MAX);
			told->size += (int64_t) piece.size;
			break;
		case UNPACK_FILE_END:
			told->ended++;
			MUST(told->begun == told->ended);
			break;
		case UNPACK_REFUSED:
			told->is_refused = true;
			return;
	}
	add(told, piece);
}

/* Takes all events of a piece that is in a block of its exact size. */
static void
take_piece(Unpack *unpack, Bytes packed, Told *told)
{
	char *block = fuzz_copy(packed);
	Bytes rest = {block, packed.size};
	UnpackEvent event;
	Bytes piece;

	do
	{
		event = unpack_next(unpack, &rest, &piece);
		take_event(told, event, piece);
	} while (event != UNPACK_HUNGRY && event != UNPACK_REFUSED);
	MUST(event == UNPACK_REFUSED || rest.size == 0);
	free(block);
}

static Told
unpack_by(UnpackFormat format, Bytes packed, size_t step)
{
	Told told = {0};
	Unpack *unpack = unpack_open(format, ALLOWED);

	for (size_t at = 0; at < packed.size && !told.is_refused; at += step)
		take_piece(unpack,
				   (Bytes){packed.data + at, packed.size - at < step ? packed.size - at : step},
				   &told);
	told.is_whole = unpack_is_whole(unpack);
	MUST(!(told.is_whole && told.is_refused));
	MUST(told.size <= ALLOWED && told.begun <= UNPACK_FILES_MAX);
	MUST(!told.is_whole || (told.begun > 0 && told.begun == told.ended));
	unpack_free(unpack);
	return told;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	UnpackFormat format = fuzz_choose(&input, 2) == 1 ? UNPACK_ZIP : UNPACK_GZIP;
	size_t step = 1 + fuzz_choose(&input, 64);
	Told whole = unpack_by(format, input, input.size + 1);
	Told pieces = unpack_by(format, input, step);

	MUST(whole.is_whole == pieces.is_whole && whole.is_refused == pieces.is_refused);
	if (whole.is_refused)
		return 0; /* how much came before may differ */
	MUST(whole.hash == pieces.hash && whole.size == pieces.size);
	MUST(whole.begun == pieces.begun && whole.ended == pieces.ended);
	return 0;
}
