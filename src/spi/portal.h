/*-------------------------------------------------------------------------
 *
 * portal.h
 *	  Shutting a cursor that is not being read to whoever knows its name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_PORTAL_H
#define SPI_PORTAL_H

#include "postgres.h"

#include "utils/portal.h"

/* It can be neither run nor dropped, and pg_cursors does not show it. */
extern void portal_shut(Portal portal);

#endif
