/*-------------------------------------------------------------------------
 *
 * plan_store.h
 *	  Rows of plan and plan_weight.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PLAN_STORE_H
#define STORE_PLAN_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "funcapi.h"

#include "core/rating.h"
#include "spi/sql.h"

/* What can be bought: a period, or (no length) a quota pack. */
typedef struct TokenPlan
{
	const char *plan;
	int32 version;
	const char *region;
	int64 price_nano;
	int64 quota_nano; /* in nano-credits, as window_nano */
	int32 months;	  /* 0: it is of days, or a pack; as days */
	int32 days;
	bool monthly_quota;
	int32 window_hours; /* 0: it has no windows */
	int64 window_nano;
	TimestampTz retired_at; /* DT_NOEND: it is not */
} TokenPlan;

static inline bool
plan_is_pack(const TokenPlan *plan)
{
	return plan->months == 0 && plan->days == 0;
}

/* The newest version; false where there is no such plan. The next one finds any. */
extern bool plan_find_newest(const char *name, TokenPlan *plan);
extern bool plan_find(const char *name, int32 version, TokenPlan *plan);

/* Until the transaction ends nobody else adds a version. */
extern void plan_hold_for_adding(void);

extern void plan_insert(const TokenPlan *plan, TimestampTz now);

/* False where its newest version is retired already, or there is none. */
extern bool plan_retire(const char *name, TimestampTz now);

/* A weight that is to be added: the price of a model on a plan, in credits. */
typedef struct WeightRow
{
	const char *plan;
	const char *model;
	Price weight; /* price_id is the weight_id */
} WeightRow;

/* All weights of a model on a plan, as rating_choose_price() wants them; these and the next but one
 * see all that is committed, whatever snapshot the transaction keeps. */
extern Price *plan_weights(const char *plan, const char *model, SqlRunner run, size_t *count);

/* True where all of these say what they can say, in the caller's snapshot. */
extern bool plan_weights_are_readable(const char *plan, const char *model);

/* The row of that number, in the caller's snapshot. */
extern bool plan_weight_get(int64 weight_id, Price *weight);

/* Numbers it. False where there is a row of the same plan, model, tier and instant: then *weight is
 * that one. */
extern bool plan_weight_insert(WeightRow *row, Price *existing);

/* Newest start of a request of a model that was counted on a plan, recorded since an instant;
 * DT_NOBEGIN: none. */
extern TimestampTz plan_weight_newest_use(const WeightRow *row, TimestampTz recorded_since);

/* What can be bought, and what models weigh. */
extern void plan_report(ReturnSetInfo *result);
extern void plan_report_weights(ReturnSetInfo *result);

#endif
