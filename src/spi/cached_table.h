/*-------------------------------------------------------------------------
 *
 * cached_table.h
 *	  Knowing when what this backend remembers of a table is stale.
 *
 * A cached table carries a trigger (guard/invalidate) by which every change
 * of its rows invalidates its relation cache entry, in all backends, at
 * commit. It must be read by sql_latest(): an older snapshot may miss
 * the very change whose invalidation has arrived already.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_CACHED_TABLE_H
#define SPI_CACHED_TABLE_H

#include "postgres.h"

typedef struct CachedTable
{
	const char *name;
	Oid relid;
	bool fresh;
	bool missed; /* a change arrived while it was being read */
	struct CachedTable *next;
} CachedTable;

extern void cached_table_register(CachedTable *table);

extern bool cached_table_is_fresh(CachedTable *table);

/*
 * Around the reading. Where it raises an error the table stays stale, and where
 * a change arrives meanwhile it is read again the next time.
 */
extern void cached_table_begin_load(CachedTable *table);
extern void cached_table_end_load(CachedTable *table);

#endif
