/*-------------------------------------------------------------------------
 *
 * answer.h
 *	  Answers to calls, and rows of bills and pieces of documents in front of them,
 *	  into the channel.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_ANSWER_H
#define CALLER_ANSWER_H

#include "program/channel.h"

/* False where it cannot be queued. */
extern bool answer_put(Channel *channel, int64_t id, const GatewayAnswer *answer);
extern bool answer_put_row(Channel *channel, int64_t id, const BillRow *row);
extern bool answer_put_piece(Channel *channel, int64_t id, Bytes piece);

#endif
