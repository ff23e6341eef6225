/*-------------------------------------------------------------------------
 *
 * erased.h
 *	  What stands where contact data stood: a text, of documents no byte.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_ERASED_H
#define CORE_ERASED_H

#define ERASED_TEXT "erased"
#define ERASED_JSON "\"erased\""

#endif
