/*-------------------------------------------------------------------------
 *
 * download.c
 *	  Archive, reader, rows.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/download.h"

#include "caller/answer.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* A million rows are a few hundred megabytes unpacked, and a tenth of that packed. */
#define PACKED_BYTES_MAX (INT64_C(256) << 20)
#define UNPACKED_BYTES_MAX (INT64_C(2) << 30)

struct Download
{
	int64_t id;
	Channel *channel;
	Unpack *unpack;
	BillReader *reader;
	EVP_MD_CTX *digest;
	char sha1[PROVIDER_SHA1_SIZE];
	int64_t packed_size;
	const char *fault; /* NULL: none yet */
};

/* A row that cannot be sent is none that could be read. */
static bool
send_row(void *taker, const BillRow *row)
{
	Download *download = taker;

	return answer_put_row(download->channel, download->id, row);
}

Download *
download_open(UnpackFormat packed, const BillFormat *format, int64_t id, Channel *channel)
{
	Download *download = calloc(1, sizeof(*download));

	if (download == NULL)
		return NULL;
	download->id = id;
	download->channel = channel;
	download->unpack = unpack_open(packed, UNPACKED_BYTES_MAX);
	download->reader = bill_open(format, send_row, download);
	download->digest = EVP_MD_CTX_new();
	if (download->unpack && download->reader && download->digest &&
		EVP_DigestInit_ex(download->digest, EVP_sha1(), NULL) == 1)
		return download;
	download_close(download);
	return NULL;
}

void
download_close(Download *download)
{
	if (download == NULL)
		return;
	unpack_free(download->unpack);
	bill_close(download->reader);
	EVP_MD_CTX_free(download->digest);
	free(download);
}

void
download_expect(Download *download, const char *sha1)
{
	(void) snprintf(download->sha1, sizeof(download->sha1), "%s", sha1);
}

/* ---- as it comes ------------------------------------------------------------ */

static bool
take_piece(Download *download, Bytes piece)
{
	if (EVP_DigestUpdate(download->digest, piece.data, piece.size) == 1)
		return bill_read(download->reader, piece);
	download->fault = "memory";
	return false;
}

static void
take_event(Download *download, UnpackEvent event, Bytes piece)
{
	bool is_taken = true;

	switch (event)
	{
		case UNPACK_HUNGRY:
			break;
		case UNPACK_FILE:
			is_taken = bill_begin_file(download->reader, piece);
			break;
		case UNPACK_PIECE:
			is_taken = take_piece(download, piece);
			break;
		case UNPACK_FILE_END:
			is_taken = bill_end_file(download->reader);
			break;
		case UNPACK_REFUSED:
			download->fault = "bill_archive";
	}
	if (!is_taken && download->fault == NULL)
		download->fault = bill_fault(download->reader);
}

TransferTaken
download_take(Download *download, Bytes *packed)
{
	UnpackEvent event = UNPACK_PIECE;
	size_t had = packed->size;
	Bytes piece;

	while (event != UNPACK_HUNGRY && !download->fault && channel_takes_rows(download->channel))
	{
		event = unpack_next(download->unpack, packed, &piece);
		take_event(download, event, piece);
	}
	download->packed_size += (int64_t) (had - packed->size);
	if (download->packed_size > PACKED_BYTES_MAX)
		download->fault = "too_long";
	if (download->fault)
		return TRANSFER_STOPPED;
	return event == UNPACK_HUNGRY ? TRANSFER_TAKEN : TRANSFER_LATER;
}

/* ---- at its end -------------------------------------------------------------- */

/* True where nothing was expected, or it is that. */
static bool
is_expected(Download *download)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE + 1] = "";
	unsigned size;

	if (download->sha1[0] == '\0')
		return true;
	if (EVP_DigestFinal_ex(download->digest, digest, &size) != 1)
		return false;
	for (unsigned i = 0; i < size; i++)
		(void) snprintf(text + 2 * (size_t) i, 3, "%02x", digest[i]);
	return strcmp(text, download->sha1) == 0;
}

/* Why it is no bill; NULL: it is one. */
static const char *
find_fault(Download *download, const Transfer *transfer)
{
	if (download->fault)
		return download->fault;
	if (!transfer->is_complete)
		return transfer->word;
	if (!unpack_is_whole(download->unpack) || !bill_is_whole(download->reader))
		return "bill_cut_off";
	return is_expected(download) ? NULL : "bill_sha1";
}

void
download_conclude(Download *download, const Transfer *transfer, GatewayAnswer *answer)
{
	const char *fault = find_fault(download, transfer);

	*answer = (GatewayAnswer){.result = fault ? RESULT_UNANSWERED : RESULT_DONE};
	if (fault)
		(void) snprintf(answer->code, sizeof(answer->code), "%s", fault);
	else
		answer->rows = bill_rows(download->reader);
}
