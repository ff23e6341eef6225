/*-------------------------------------------------------------------------
 *
 * xiaomi.h
 *	  Xiaomi Pay, as its public documents of payments in apps and games have it.
 *
 * Public are a notice and a query, both by GET, signed by HMAC-SHA1 with the
 * app's secret over the sorted, decoded fields that have a value
 * (dev.mi.com/xiaomihyperos/documentation/detail?pId=1428, 1150, 1707). The order
 * is created by Xiaomi's library in the payer's app, from what CALL_CREATE
 * answers; nothing is sent. Nothing is public of closing, refunds and bills, so
 * there is none here: what is to go back goes another way.
 *
 * A contract may have other names and another path or digest: settings field,
 * query_path and digest of the merchant's file, for notices and queries alike.
 *
 * Not public: the zone of payTime, which is taken for China's. No time is signed:
 * a message can come again at any time, and says nothing new.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_XIAOMI_H
#define GATEWAY_XIAOMI_H

#include "gateway/provider.h"

extern const Provider xiaomi_provider;

#endif
