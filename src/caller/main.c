/*-------------------------------------------------------------------------
 *
 * main.c
 *	  billing-caller: calls payment gateways for a gateway worker, which starts it
 *	  with a socket as descriptor 3.
 *
 * Keys, names of hosts and TLS are here, and never in a process of the server. It
 * has no state but the calls under way, and ends when the worker does: with 0; with
 * 1 where they cannot understand each other any more; with 2 where it cannot start.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/exchange.h"
#include "caller/key_file.h"
#include "caller/transfer.h"
#include "program/confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHANNEL_DESCRIPTOR 3

typedef enum ExitCode
{
	EXIT_ENDED,
	EXIT_BROKEN,
	EXIT_NOT_STARTED
} ExitCode;

/* Ends at once: calls under way, and threads that wait for name servers, are not waited for. */
static _Noreturn void
end(ExitCode code)
{
	_exit(code);
}

static void
go_on(ChannelState state)
{
	if (state != CHANNEL_OPEN)
		end(state == CHANNEL_ENDED ? EXIT_ENDED : EXIT_BROKEN);
}

static void
begin_calls(Exchanges *exchanges)
{
	GatewayCall call;
	int64_t id;
	Bytes frame;

	for (go_on(channel_take(exchanges->channel, &frame)); frame.size > 0;
		 go_on(channel_take(exchanges->channel, &frame)))
		if (!frame_read_call(frame, &id, &call) || !exchange_begin(exchanges, id, &call))
			end(EXIT_BROKEN);
}

static short
wanted(const Channel *channel)
{
	return (short) ((channel_has_answers(channel) ? CURL_WAIT_POLLOUT : 0) |
					(channel_is_clogged(channel) ? 0 : CURL_WAIT_POLLIN));
}

/* Frames may wait in memory, where no descriptor tells of them: they are looked for in every turn.
 */
static _Noreturn void
work(Exchanges *exchanges)
{
	Channel *channel = exchanges->channel;
	short happened;

	for (;;)
	{
		go_on(channel_send(channel));
		begin_calls(exchanges);
		exchange_resume(exchanges);
		if (!transfer_progress(exchanges->transfers) || !exchange_finish(exchanges))
			end(EXIT_BROKEN);
		if (!transfer_wait(exchanges->transfers, channel->descriptor, wanted(channel), &happened))
			end(EXIT_BROKEN);
		if (happened & CURL_WAIT_POLLIN)
			go_on(channel_receive(channel));
	}
}

int
main(int argc, char **argv)
{
	static Channel channel;
	Exchanges exchanges = {0};

	if (argc != 2 || argv[1][0] != '/' || !confine_is_channel(CHANNEL_DESCRIPTOR))
	{
		(void) fputs("billing-caller is started by the gateway worker of the PostgreSQL "
					 "extension billing\n",
					 stderr);
		return EXIT_NOT_STARTED;
	}
	if (!confine_process(CHANNEL_DESCRIPTOR, KEY_FILE_BYTES_MAX))
		return EXIT_NOT_STARTED;
	exchanges = (Exchanges){.directory = argv[1], .channel = &channel};
	exchanges.transfers = transfer_open();
	if (exchanges.transfers == NULL || !channel_open(&channel, CHANNEL_DESCRIPTOR, EXCHANGES_MAX))
		return EXIT_NOT_STARTED;
	work(&exchanges);
}
