/*-------------------------------------------------------------------------
 *
 * frame.h
 *	  What the gateway worker and billing-caller send each other: a call, and
 *	  its answer.
 *
 * A frame is the length of a JSON object, four bytes with the highest first, and
 * the object. Neither side believes the other: who reads looks at everything.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_FRAME_H
#define GATEWAY_FRAME_H

#include "gateway/bill.h"
#include "gateway/bytes.h"
#include "gateway/call.h"

#define FRAME_PREFIX_BYTES 4
#define FRAME_BYTES_MAX (16 * 1024) /* without the prefix */
#define FRAME_ROOM (FRAME_PREFIX_BYTES + FRAME_BYTES_MAX)

/* Write a frame into room for FRAME_ROOM bytes; its size with the prefix, 0 where it does not fit.
 */
extern size_t frame_write_call(int64_t id, const GatewayCall *call, char *room);
extern size_t frame_write_answer(int64_t id, const GatewayAnswer *answer, char *room);

/* The size, prefix included, of the frame that begins here: 0 where that is not known yet;
 * above FRAME_ROOM where there can be no such frame. */
extern size_t frame_size(Bytes received);

/* Read what a whole frame holds; false where it is no such thing. */
extern bool frame_read_call(Bytes frame, int64_t *id, GatewayCall *call);
extern bool frame_read_answer(Bytes frame, int64_t *id, GatewayAnswer *answer);

/* A row of a bill, on the way to the answer of the call that asks for the bill; read: false where
 * the frame is none. */
extern size_t frame_write_row(int64_t id, const BillRow *row, char *room);
extern bool frame_read_row(Bytes frame, int64_t *id, BillRow *row);

/* A piece of a document, on the way likewise; at most FRAME_PIECE_BYTES_MAX bytes. */
#define FRAME_PIECE_BYTES_MAX 8192

typedef struct FramePiece
{
	size_t size;
	unsigned char bytes[FRAME_PIECE_BYTES_MAX];
} FramePiece;

extern size_t frame_write_piece(int64_t id, Bytes piece, char *room);
extern bool frame_read_piece(Bytes frame, int64_t *id, FramePiece *piece);

/*
 * Frames of any kind. Writing takes the object, which is whole or is not written, and gives the
 * size as above; reading gives one that has an id, NULL where there is none.
 */
struct json_t; /* jansson's, whose header has names of the server's */
extern size_t frame_write_object(struct json_t *object, bool is_whole, char *room,
								 size_t bytes_max);
extern struct json_t *frame_read_object(Bytes frame, size_t bytes_max, int64_t *id);

/* A fact by itself, as text with a NUL: its size, 0 where it does not fit. */
#define FRAME_FACT_ROOM 2048
extern size_t frame_write_payment(const PaymentFact *fact, char room[FRAME_FACT_ROOM]);
extern size_t frame_write_refund(const RefundFact *fact, char room[FRAME_FACT_ROOM]);
extern bool frame_read_payment(Bytes text, PaymentFact *fact);
extern bool frame_read_refund(Bytes text, RefundFact *fact);

#endif
