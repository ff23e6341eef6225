/*-------------------------------------------------------------------------
 *
 * nano.h
 *	  Amounts of SQL, numeric(18,9), as counted nano-units.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_NANO_H
#define SPI_NANO_H

#include "postgres.h"

#include "utils/numeric.h"

/* Nano-units of a numeric; false unless it is finite, exact and in range. */
extern bool nano_from_numeric(Numeric value, int64 *amount_nano);

/* The same of a numeric(18,9), which is exact and in range by its type; a NaN is an error. */
extern int64 nano_from_exact(Numeric value);

extern Numeric nano_to_numeric(int64 amount_nano);

/* The same of a sum, however large. */
extern Numeric nano_sum_to_numeric(int128 sum_nano);
extern const char *nano_text(int128 sum_nano);

static inline Datum
nano_datum(int64 amount_nano)
{
	return NumericGetDatum(nano_to_numeric(amount_nano));
}

#endif
