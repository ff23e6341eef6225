/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *	  What the fuzzers share: pieces of the input, the keys that they sign with,
 *	  and what must hold of every fact and answer.
 *
 * A fuzzer is one function, LLVMFuzzerTestOneInput(), for libFuzzer or for
 * driver.c. Each input goes into blocks of its exact size, so that the sanitizers
 * see every step beyond it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "gateway/provider.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The moment at which all messages come: a second after the vector of WeChat Pay's notice. */
#define FUZZ_NOW_S INT64_C(1767232807)
#define FUZZ_ORDER_NUMBER "R20260101000001"
#define FUZZ_REFUND_NUMBER "F1"
#define FUZZ_TRANSACTION_ID "T1"
#define FUZZ_INVOICE_NUMBER "INV1"
#define FUZZ_RED_NUMBER "RC1"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the program, and so the fuzzer, where something does not hold. */
#define MUST(holds)                                                                    \
	do                                                                                 \
	{                                                                                  \
		if (!(holds))                                                                  \
		{                                                                              \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds); \
			abort();                                                                   \
		}                                                                              \
	} while (0)

/* The next byte as a number below count: '0' is 0, '1' is 1. Of no bytes: 0. */
extern unsigned fuzz_choose(Bytes *input, unsigned count);

/* Cuts off what stands before a separator, and the separator; all where it is not there. */
extern Bytes fuzz_cut(Bytes *input, const char *separator);

/* A copy of its exact size; to be freed. fuzz_text() adds a NUL. */
extern char *fuzz_copy(Bytes bytes);
extern char *fuzz_text(Bytes bytes);

/* What is made of pieces one after the other; to be freed. */
extern Bytes fuzz_join(const Bytes *pieces, size_t count);

/* The gateway's key, the merchant that believes it, and calls of that merchant's. */
extern SignatureKey *fuzz_platform_key(void);
extern const Merchant *fuzz_merchant(void);
extern GatewayCall fuzz_call(CallOperation operation, const char *product);

/* Signs as the gateway does. */
extern void fuzz_sign(const Bytes *pieces, size_t count, char signature[SIGNATURE_TEXT_SIZE]);

/* Turns a bit of a signature, which stays base64. */
extern void fuzz_turn_bit(char signature[SIGNATURE_TEXT_SIZE], unsigned bit);

/* Texts that end within their arrays; amounts and instants as they may be. */
extern void fuzz_check_text(const char *text, size_t size);
extern void fuzz_check_fact(const PaymentFact *fact);
extern void fuzz_check_answer(const GatewayCall *call, const GatewayAnswer *answer);
extern bool fuzz_facts_equal(const PaymentFact *a, const PaymentFact *b);

/* The same of a refund. */
extern void fuzz_check_refund(const RefundFact *fact);
extern bool fuzz_refunds_equal(const RefundFact *a, const RefundFact *b);

#endif
