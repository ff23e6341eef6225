/*-------------------------------------------------------------------------
 *
 * main.c
 *	  billing-courier: delivers messages for a message worker.
 *
 * It has no key of a gateway, and no state but the deliveries under way.
 *
 *-------------------------------------------------------------------------
 */
#include "courier/delivery.h"

static void *
open_deliveries(const ServiceTools *tools)
{
	static Deliveries deliveries;

	return delivery_open(&deliveries, tools) ? &deliveries : NULL;
}

static bool
is_full(const void *owner)
{
	return delivery_is_full(owner);
}

static bool
begin(void *owner, Bytes frame)
{
	Parcel parcel;
	int64_t id;
	bool is_begun = parcel_read(frame, &id, &parcel) && delivery_begin(owner, id, &parcel);

	parcel_free(&parcel);
	return is_begun;
}

static bool
go_on(void *owner)
{
	Deliveries *deliveries = owner;

	return transfer_progress(deliveries->tools.transfers) && delivery_finish(deliveries);
}

int
main(int argc, char **argv)
{
	static const Service service = {
		.usage = "billing-courier is started by the message worker of the PostgreSQL "
				 "extension billing\n",
		.sizes = {PARCEL_FRAME_ROOM, PARCEL_FRAME_ROOM, PARCEL_ANSWER_ROOM, DELIVERIES_MAX},
		.open = open_deliveries,
		.is_full = is_full,
		.begin = begin,
		.go_on = go_on,
	};

	return service_run(argc, argv, &service);
}
