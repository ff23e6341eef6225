/*-------------------------------------------------------------------------
 *
 * download.h
 *	  A bill on its way: as it comes it is unpacked and read, and its rows go to the
 *	  worker, as fast as the worker takes them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_DOWNLOAD_H
#define CALLER_DOWNLOAD_H

#include "gateway/provider.h"
#include "program/channel.h"
#include "program/transfer.h"

typedef struct Download Download;

/* For the call of that id. NULL where it cannot be. */
extern Download *download_open(UnpackFormat packed, const BillFormat *format, int64_t id,
							   Channel *channel);
extern void download_close(Download *download);

/* By what is to be known that it came whole: ProviderLink's. */
extern void download_expect(Download *download, const char *sha1);

/* Takes what came, as a TransferTaker does. */
extern TransferTaken download_take(Download *download, Bytes *packed);

/* The answer, once the transfer is over. */
extern void download_conclude(Download *download, const Transfer *transfer, GatewayAnswer *answer);

#endif
