/*-------------------------------------------------------------------------
 *
 * outlet.h
 *	  The files in secrets_dir by which messages go out: mail.conf, sms.conf and
 *	  webhook.conf. docs/operating.md lists what stands in them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGE_OUTLET_H
#define MESSAGE_OUTLET_H

#include "gateway/conf_line.h"
#include "gateway/http.h"
#include "message/parcel.h"

#define OUTLET_FAULT_SIZE 160
#define OUTLET_SECRET_SIZE 257
#define OUTLET_WORD_SIZE 129
#define OUTLET_MASTER_KEY_CHARACTERS_MIN 32
#define OUTLET_TIMEOUT_S 60
#define OUTLET_TIMEOUT_S_MAX 600
#define OUTLET_NAMES_MAX 8 /* that tests resolve */

/* The file of a channel: "mail.conf". */
extern const char *outlet_file(ParcelChannel channel);

typedef enum OutletSecurity
{
	OUTLET_STARTTLS, /* demanded */
	OUTLET_TLS,		 /* from the first byte on */
	OUTLET_PLAIN	 /* without; for tests */
} OutletSecurity;

typedef struct OutletMail
{
	char host[HTTP_HOST_SIZE];
	int port; /* 0: 587, or 465 with TLS from the first byte on */
	OutletSecurity security;
	int timeout_s;				 /* 0: as OUTLET_TIMEOUT_S */
	char user[OUTLET_WORD_SIZE]; /* empty: nobody logs in */
	char password[OUTLET_SECRET_SIZE];
	char from[PARCEL_ADDRESS_SIZE];
	char from_name[OUTLET_WORD_SIZE]; /* may be empty, as the next */
	char reply_to[PARCEL_ADDRESS_SIZE];
} OutletMail;

typedef enum OutletDriver
{
	OUTLET_ALIYUN,
	OUTLET_HTTPS /* JSON to an address of the operator's */
} OutletDriver;

typedef struct OutletSms
{
	OutletDriver driver;
	HttpAddress address;
	char access_key_id[OUTLET_WORD_SIZE];
	char region[OUTLET_WORD_SIZE];
	char secret[OUTLET_SECRET_SIZE]; /* the access key's, or what requests are signed with */
} OutletSms;

typedef struct OutletWebhook
{
	char master_key[OUTLET_SECRET_SIZE];
	/* For tests: one more address (IPv4) and port, and what names lead to. */
	unsigned char private_address[4];
	int private_port;								  /* 0: none */
	char resolve[OUTLET_NAMES_MAX][OUTLET_WORD_SIZE]; /* "NAME:PORT:ADDRESS", as libcurl has it */
	size_t resolve_count;
} OutletWebhook;

typedef struct Outlet
{
	char database[PARCEL_DATABASE_SIZE]; /* whose books may use it */
	char ca_file[CONF_LINE_FILE_SIZE];	 /* empty: the system's */
	bool allow_plain;					 /* for tests: without TLS */
	union
	{
		OutletMail mail;
		OutletSms sms;
		OutletWebhook webhook;
	};
} Outlet;

/*
 * Reads the file of a channel, with its secrets. False, and fault says why, where something is
 * unknown, missing, twice or unsound. To be wiped.
 */
extern bool outlet_read(ParcelChannel channel, Bytes text, ConfLineReader reader, void *argument,
						Outlet *outlet, char fault[OUTLET_FAULT_SIZE]);
extern void outlet_wipe(Outlet *outlet);

#endif
