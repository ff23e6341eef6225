/*-------------------------------------------------------------------------
 *
 * instant.h
 *	  Instants as gateways write them. Microseconds since 2000-01-01 UTC, the
 *	  server's epoch; what is written is in whole seconds, rounded down.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_INSTANT_H
#define GATEWAY_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds from the epoch of Unix to that of the server. */
#define INSTANT_EPOCH_S INT64_C(946684800)

/* How far the time of China is ahead of UTC. */
#define INSTANT_CHINA_US INT64_C(28800000000)

/* RFC 3339 in whole seconds, years 2000 to 2999: 2026-01-01T10:00:05+08:00. WeChat Pay. */
extern bool instant_from_rfc3339(const char *text, int64_t *instant);

/* The time of China without a zone: 2026-01-01 10:00:05. Alipay. */
extern bool instant_from_china(const char *text, int64_t *instant);

/* UTC, with or without milliseconds: 2026-01-01T02:00:05.123Z. Waffo. */
extern bool instant_from_utc(const char *text, int64_t *instant);

/* The same, written; of the years 2000 to 2999. Waffo's with milliseconds, which are 000. */
#define INSTANT_TEXT_SIZE 64
extern const char *instant_to_rfc3339(int64_t instant, char text[INSTANT_TEXT_SIZE]);
extern const char *instant_to_china(int64_t instant, char text[INSTANT_TEXT_SIZE]);
extern const char *instant_to_utc(int64_t instant, char text[INSTANT_TEXT_SIZE]);

/* UTC without fractions, 2026-01-01T02:00:05Z, as Aliyun has it; and of e-mail (RFC 5322):
 * Thu, 01 Jan 2026 02:00:05 +0000. */
extern const char *instant_to_utc_s(int64_t instant, char text[INSTANT_TEXT_SIZE]);
extern const char *instant_to_rfc5322(int64_t instant, char text[INSTANT_TEXT_SIZE]);

#endif
