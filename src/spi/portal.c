/*-------------------------------------------------------------------------
 *
 * portal.c
 *	  The state in which a portal is shut.
 *
 * A failed portal cannot be run, a pinned one cannot be dropped; and a transaction that fails
 * finds them as it leaves those of its own. A subtransaction that fails takes what failed and
 * was run last in it for its own: that is none of these.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/portal.h"

void
portal_shut(Portal portal)
{
	portal->status = PORTAL_FAILED;
	portal->portalPinned = true;
	portal->visible = false;
	portal->activeSubid = portal->createSubid;
}
