/*-------------------------------------------------------------------------
 *
 * flat_object.h
 *	  A JSON object that a caller gives with a request, by jansson: bounded, no name twice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_FLAT_OBJECT_H
#define CORE_FLAT_OBJECT_H

#include <jansson.h>

/*
 * Reads an object of so many members at the most. NULL where it is none, and *problem says what is
 * wrong with it, else NULL. To be json_decref()'d.
 */
extern json_t *flat_object_read(const char *json, size_t members_max, const char **problem);

#endif
