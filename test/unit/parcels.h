/*-------------------------------------------------------------------------
 *
 * parcels.h
 *	  A sound parcel of each channel, for tests to spoil.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PARCELS_H
#define PARCELS_H

#include "message/parcel.h"

#define PARCELS_AT INT64_C(820548005000000) /* 2026-01-01 02:00:05 UTC */

static inline Parcel
parcels_make(ParcelChannel channel)
{
	Parcel parcel = {
		.channel = channel,
		.id = "n-7-12",
		.database = "books",
		.created_at = PARCELS_AT,
		.sent_at = PARCELS_AT + 60000000,
		.text = {"Balance\nlow", 11},
	};

	switch (channel)
	{
		case PARCEL_EMAIL:
			strcpy(parcel.to, "li@example.com");
			strcpy(parcel.subject, "Balance");
			break;
		case PARCEL_SMS:
			strcpy(parcel.mobile, "+8613900000000");
			strcpy(parcel.sign_name, "\xe4\xbd\x99\xe9\xa2\x9d");
			strcpy(parcel.template_code, "SMS_1");
			parcel.parameters = bytes_of("{\"amount\":\"8.88\"}");
			break;
		case PARCEL_WEBHOOK:
			strcpy(parcel.url, "https://hooks.example.com/billing?a=1");
			parcel.payload = bytes_of("{\"type\":\"balance.low\"}");
			parcel.account_id = 7;
			parcel.endpoint_id = 3;
			parcel.version = 2;
			break;
	}
	return parcel;
}

#endif
