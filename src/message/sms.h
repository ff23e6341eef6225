/*-------------------------------------------------------------------------
 *
 * sms.h
 *	  SMS by Aliyun (dysmsapi 2017-05-25, signed by the RPC protocol's version 1.0),
 *	  or as JSON to an address of the operator's, signed as webhooks are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGE_SMS_H
#define MESSAGE_SMS_H

#include "gateway/form.h"
#include "gateway/http.h"
#include "message/outlet.h"
#include "message/parcel.h"

#define SMS_NONCE_SIZE 33

#define SMS_SIGNATURE_SIZE 29 /* base64 of HMAC-SHA1, with a NUL */

/* Signs fields, which are in the order of their names, by an access key's secret. */
extern bool sms_sign(const char *method, const FormField *fields, size_t count, const char *secret,
					 char signature[SMS_SIGNATURE_SIZE]);

/* Makes the request; nonce is new in every attempt. False where it does not fit. */
extern bool sms_build(const Parcel *parcel, const OutletSms *outlet, const char *nonce,
					  HttpRequest *request);

/* Says what a whole reply means. */
extern void sms_read_reply(const OutletSms *outlet, const HttpMessage *reply, ParcelAnswer *answer);

#endif
