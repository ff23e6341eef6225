/*-------------------------------------------------------------------------
 *
 * service.c
 *	  The loop of a program: frames, transfers, and the wait for either.
 *
 *-------------------------------------------------------------------------
 */
#include "program/service.h"

#include "program/confine.h"

#include <stdio.h>
#include <unistd.h>

#define CHANNEL_DESCRIPTOR 3

typedef enum ExitCode
{
	EXIT_ENDED,
	EXIT_BROKEN,
	EXIT_NOT_STARTED
} ExitCode;

/* Ends at once: what is under way, and threads that wait for name servers, are not waited for. */
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

static bool
is_full(const Service *service, const void *owner)
{
	return service->is_full && service->is_full(owner);
}

static void
begin_calls(const Service *service, void *owner, Channel *channel)
{
	Bytes frame;

	while (!is_full(service, owner))
	{
		go_on(channel_take(channel, &frame));
		if (frame.size == 0)
			return;
		if (!service->begin(owner, frame))
			end(EXIT_BROKEN);
	}
}

/* Frames come in while there is room, though none may be taken: so the worker's end is seen. */
static short
wanted(const Channel *channel)
{
	bool takes = !channel_is_clogged(channel) && channel_has_room(channel);

	return (short) ((channel_has_answers(channel) ? CURL_WAIT_POLLOUT : 0) |
					(takes ? CURL_WAIT_POLLIN : 0));
}

/* Frames may wait in memory, where no descriptor tells of them: they are looked for in every turn.
 */
static _Noreturn void
work(const Service *service, void *owner, const ServiceTools *tools)
{
	Channel *channel = tools->channel;
	short happened;

	for (;;)
	{
		go_on(channel_send(channel));
		begin_calls(service, owner, channel);
		if (!service->go_on(owner) ||
			!transfer_wait(tools->transfers, channel->descriptor, wanted(channel), &happened))
			end(EXIT_BROKEN);
		if (happened & CURL_WAIT_POLLIN)
			go_on(channel_receive(channel));
	}
}

int
service_run(int argc, char **argv, const Service *service)
{
	static Channel channel;
	ServiceTools tools = {.channel = &channel};
	void *owner;

	if (argc != 2 || argv[1][0] != '/' || !confine_is_channel(CHANNEL_DESCRIPTOR))
	{
		(void) fputs(service->usage, stderr);
		return EXIT_NOT_STARTED;
	}
	if (!confine_process(CHANNEL_DESCRIPTOR, service->file_bytes_max))
		return EXIT_NOT_STARTED;
	tools.directory = argv[1];
	tools.transfers = transfer_open();
	if (tools.transfers == NULL || !channel_open(&channel, CHANNEL_DESCRIPTOR, &service->sizes) ||
		(owner = service->open(&tools)) == NULL)
		return EXIT_NOT_STARTED;
	work(service, owner, &tools);
}
