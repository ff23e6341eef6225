/*-------------------------------------------------------------------------
 *
 * caller_cursor.c
 *	  Portals that are shut for as long as a call works.
 *
 * The server lists portals only by pg_cursors, which is a query; here they are found by their
 * memory contexts, all children of one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "errors.h"
#include "spi/caller_cursor.h"
#include "spi/portal.h"

/* A portal, as it was. */
typedef struct HiddenCursor
{
	Portal portal;
	PortalStatus status;
	bool is_pinned;
	bool is_visible;
	SubTransactionId active_in;
	int depth; /* of the subtransaction that hid it */
} HiddenCursor;

/* Those that are hidden, the innermost call's last. */
static HiddenCursor *hidden = NULL;
static int hidden_count = 0;
static int hidden_capacity = 0;

static void
make_room(void)
{
	if (hidden_count < hidden_capacity)
		return;
	hidden_capacity = Max(16, hidden_capacity * 2);
	hidden = hidden ? repalloc(hidden, hidden_capacity * sizeof(HiddenCursor))
					: MemoryContextAlloc(TopMemoryContext, hidden_capacity * sizeof(HiddenCursor));
}

static void
hide(Portal portal)
{
	make_room();
	hidden[hidden_count++] = (HiddenCursor){
		.portal = portal,
		.status = portal->status,
		.is_pinned = portal->portalPinned,
		.is_visible = portal->visible,
		.active_in = portal->activeSubid,
		.depth = GetCurrentTransactionNestLevel(),
	};
	portal_shut(portal);
}

static void
show(const HiddenCursor *cursor)
{
	cursor->portal->status = cursor->status;
	cursor->portal->portalPinned = cursor->is_pinned;
	cursor->portal->visible = cursor->is_visible;
	cursor->portal->activeSubid = cursor->active_in;
}

/* The context whose children are those of all portals; it lasts as long as the backend. */
static MemoryContext
all_portals(void)
{
	static MemoryContext found = NULL;

	if (found == NULL)
	{
		found = TopMemoryContext->firstchild;
		while (found && strcmp(found->name, "TopPortalContext") != 0)
			found = found->nextchild;
		if (found == NULL)
			refuse(ERROR_INTERNAL, "no portals in this server");
	}
	return found;
}

/*
 * Its portal, which its identifier names, but for the one whose name is empty. NULL: it is running,
 * and can be neither run nor dropped as it is.
 */
static Portal
idle_portal(MemoryContext context)
{
	Portal portal = GetPortalByName(context->ident);

	if (portal == NULL || portal->portalContext != context)
		portal = GetPortalByName("");
	return portal && portal->status != PORTAL_ACTIVE ? portal : NULL;
}

int
caller_cursor_hide(void)
{
	int first = hidden_count;

	for (MemoryContext context = all_portals()->firstchild; context; context = context->nextchild)
	{
		Portal portal = idle_portal(context);

		if (portal)
			hide(portal);
	}
	return first;
}

/* One that was opened since the caller's were hidden; NULL: none. */
static Portal
find_other(void)
{
	for (MemoryContext context = all_portals()->firstchild; context; context = context->nextchild)
	{
		Portal portal = idle_portal(context);

		if (portal && portal->visible)
			return portal;
	}
	return NULL;
}

static void
close_others(void)
{
	Portal portal;

	while ((portal = find_other()) != NULL)
	{
		portal->portalPinned = false;
		PortalDrop(portal, false);
	}
}

void
caller_cursor_show(int first)
{
	close_others();
	while (hidden_count > first)
		show(&hidden[--hidden_count]);
}

/* Those of earlier transactions stay; those of this one are gone. */
static void
at_transaction_end(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_ABORT)
		return;
	while (hidden_count > 0)
	{
		const HiddenCursor *cursor = &hidden[--hidden_count];

		if (cursor->portal->createSubid == InvalidSubTransactionId || cursor->portal->autoHeld)
			show(cursor);
	}
}

/* The same, of those that were opened before it and within it. */
static void
at_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *argument)
{
	int depth = GetCurrentTransactionNestLevel();

	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	while (hidden_count > 0 && hidden[hidden_count - 1].depth >= depth)
	{
		HiddenCursor *cursor = &hidden[--hidden_count];

		if (cursor->portal->createSubid == id)
			continue;
		if (cursor->active_in == id)
			cursor->active_in = parent;
		show(cursor);
	}
}

void
caller_cursor_init(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction, NULL);
}
