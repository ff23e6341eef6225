/*-------------------------------------------------------------------------
 *
 * main.c
 *	  billing-caller: calls payment gateways for a gateway worker.
 *
 * It has no state but the calls under way.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/exchange.h"
#include "caller/key_file.h"
#include "program/service.h"

static void *
open_exchanges(const ServiceTools *tools)
{
	static Exchanges exchanges;

	exchanges = (Exchanges){
		.directory = tools->directory, .channel = tools->channel, .transfers = tools->transfers};
	return &exchanges;
}

static bool
begin(void *owner, Bytes frame)
{
	GatewayCall call;
	int64_t id;

	return frame_read_call(frame, &id, &call) && exchange_begin(owner, id, &call);
}

static bool
go_on(void *owner)
{
	Exchanges *exchanges = owner;

	exchange_resume(exchanges);
	return transfer_progress(exchanges->transfers) && exchange_finish(exchanges);
}

int
main(int argc, char **argv)
{
	static const Service service = {
		.usage = "billing-caller is started by the gateway worker of the PostgreSQL "
				 "extension billing\n",
		.sizes = {FRAME_ROOM, 4 * FRAME_ROOM, FRAME_ROOM, EXCHANGES_MAX},
		.file_bytes_max = KEY_FILE_BYTES_MAX,
		.open = open_exchanges,
		.begin = begin,
		.go_on = go_on,
	};

	return service_run(argc, argv, &service);
}
