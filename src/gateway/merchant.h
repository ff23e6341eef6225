/*-------------------------------------------------------------------------
 *
 * merchant.h
 *	  A merchant account at a gateway, as its file in secrets_dir describes it.
 *
 * docs/operating.md lists the names of its lines.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_MERCHANT_H
#define GATEWAY_MERCHANT_H

#include "gateway/call.h"
#include "gateway/certificate.h"
#include "gateway/conf_line.h"
#include "gateway/http.h"
#include "gateway/mac.h"
#include "gateway/sealed.h"
#include "gateway/signature.h"

#define MERCHANT_KEYS_MAX 8	   /* that are given */
#define MERCHANT_FETCHED_MAX 8 /* and fetched */
#define MERCHANT_SERIAL_SIZE 65
#define MERCHANT_FAULT_SIZE 160
#define MERCHANT_SECRET_SIZE 129
#define MERCHANT_PATH_SIZE 129
#define MERCHANT_TOKEN_SIZE 513
#define MERCHANT_FIELD_SIZE 33
#define MERCHANT_FIELDS_MAX 16

/* A key that the gateway signs with; several while they change. */
typedef struct MerchantKey
{
	char serial[MERCHANT_SERIAL_SIZE]; /* empty where the gateway names none */
	SignatureKey *key;
} MerchantKey;

/* A field that has another name in this merchant's contract than in the public protocol. */
typedef struct MerchantField
{
	char name[MERCHANT_FIELD_SIZE];
	char theirs[MERCHANT_FIELD_SIZE];
} MerchantField;

typedef struct Merchant
{
	unsigned given; /* bits of the settings that stood in the file */
	char provider[CALL_NAME_SIZE];
	char database[CALL_NAME_SIZE]; /* whose books may use it */
	char merchant_id[FACT_PARTY_SIZE];
	char app_id[FACT_PARTY_SIZE];
	char serial[MERCHANT_SERIAL_SIZE]; /* of the merchant's own certificate */
	char host[HTTP_HOST_SIZE];
	char bill_host[HTTP_HOST_SIZE];		/* where its bills are, too; empty: nowhere else */
	char token_host[HTTP_HOST_SIZE];	/* where its token is asked for; empty: at host */
	char document_host[HTTP_HOST_SIZE]; /* as bill_host, of documents */
	int port;							/* 0: the scheme's own */
	bool allow_http;					/* for tests: without TLS */
	char ca_file[CONF_LINE_FILE_SIZE];	/* empty: the system's */
	char notify_url[CALL_URL_SIZE];
	SignatureKey *private_key;				/* NULL where it was not asked for */
	char fetched_keys[CONF_LINE_FILE_SIZE]; /* the file that CALL_KEYS writes; empty: none */
	MerchantKey keys[MERCHANT_KEYS_MAX + MERCHANT_FETCHED_MAX]; /* given ones first */
	size_t keys_count;
	bool has_sealing_key;
	unsigned char sealing_key[SEALED_KEY_BYTES];
	char api_key[MERCHANT_SECRET_SIZE];	   /* who calls; empty where no private key was asked for */
	char app_secret[MERCHANT_SECRET_SIZE]; /* what messages are signed and verified with */
	char query_path[MERCHANT_PATH_SIZE];   /* empty: the public protocol's */
	char token_file[CONF_LINE_FILE_SIZE];  /* where its token is kept */
	char token[MERCHANT_TOKEN_SIZE];	   /* set by who calls; empty: none is needed, or there */
	MacDigest digest;
	MerchantField fields[MERCHANT_FIELDS_MAX];
	size_t fields_count;
} Merchant;

/*
 * Reads a merchant's file. with_private_key: who only reads notices has no need of it,
 * nor of the API key. A file of fetched keys need not be there (yet).
 * False, and fault says why, where something is unknown, missing, twice or
 * unsound: then the merchant is empty. To be freed.
 */
extern bool merchant_read(Bytes text, bool with_private_key, ConfLineReader reader, void *argument,
						  Merchant *merchant, char fault[MERCHANT_FAULT_SIZE]);

/* True where a setting of that name stood in the file. */
extern bool merchant_gives(const Merchant *merchant, const char *setting);

/*
 * Reads the address of a bill; false where it is none, or none that may be followed: it is
 * at the gateway's host or at bill_host, at the scheme's port or the merchant's, and is
 * called by TLS, whatever it says, where gateways are.
 */
extern bool merchant_bill_address(const Merchant *merchant, Bytes text, HttpAddress *address);

/* The same of a document, which is at the gateway's host or at document_host. */
extern bool merchant_document_address(const Merchant *merchant, Bytes text, HttpAddress *address);

/* True where a fact is about this merchant and its app. */
extern bool merchant_is_of(const Merchant *merchant, const PaymentFact *fact);

/* True where a merchant number is its. */
extern bool merchant_is_named(const Merchant *merchant, const char *merchant_id);

/* Frees its keys, and wipes it. */
extern void merchant_free(Merchant *merchant);

/* The key of a serial number; NULL where there is none. */
extern SignatureKey *merchant_key(const Merchant *merchant, Bytes serial);

/* What a field of the public protocol is called in this merchant's contract. */
extern const char *merchant_field(const Merchant *merchant, const char *name);

/* True where any of its keys signed the pieces. */
extern bool merchant_believes(const Merchant *merchant, const Bytes *pieces, size_t count,
							  Bytes signature);

#endif
