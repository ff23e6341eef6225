/*-------------------------------------------------------------------------
 *
 * policy_store.c
 *	  Reading and writing policy_setting.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/cached_table.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/policy_store.h"

/* Currencies that amounts are kept for; the first place is for all else. */
static const char *const currencies[] = {"", "CNY", "USD"};

typedef struct PolicyValue
{
	bool is_set;
	int64 value;
} PolicyValue;

static CachedTable policy_cache = {.name = "policy_setting"};
static PolicyValue values_in_force[POLICIES_COUNT][lengthof(currencies)];

void
policy_init(void)
{
	cached_table_register(&policy_cache);
}

static int
currency_index(const char *currency)
{
	int index = lengthof(currencies) - 1;

	while (index > 0 && (currency == NULL || strcmp(currencies[index], currency) != 0))
		index--;
	return index;
}

static void
load(void)
{
	static Sql read = SQL("SELECT name, currency, value FROM " BOOKS "policy_setting");
	uint64 count;

	cached_table_begin_load(&policy_cache);
	memset(values_in_force, 0, sizeof(values_in_force));
	count = sql_latest(&read, NULL, NULL);
	for (uint64 row = 0; row < count; row++)
	{
		PolicyId id = policy_from_name(column_text(row, 1));
		int64 value = column_int64(row, 3);

		if (id == POLICIES_COUNT)
			continue;
		if (!policy_accepts(id, value))
			altered_refuse("a policy out of its bounds");
		values_in_force[id][currency_index(column_text(row, 2))] = (PolicyValue){true, value};
	}
	cached_table_end_load(&policy_cache);
}

PolicyValues
policy_values(const char *currency)
{
	int index = currency_index(currency);
	PolicyValues values;

	if (!cached_table_is_fresh(&policy_cache))
		load();
	for (int id = 0; id < POLICIES_COUNT; id++)
	{
		bool is_amount = policy_catalog[id].type == POLICY_AMOUNT;
		PolicyValue set = values_in_force[id][is_amount ? index : 0];

		values.of[id] = set.is_set ? set.value : policy_catalog[id].default_value;
		values.is_unset[id] = !set.is_set && !policy_catalog[id].has_default;
	}
	return values;
}

bool
policy_get(PolicyId id, const char *currency, int64 *value)
{
	PolicyValues values = policy_values(currency);

	*value = values.of[id];
	return !values.is_unset[id];
}

void
policy_store(PolicyId id, const char *currency, int64 value)
{
	static Sql store = SQL("INSERT INTO " BOOKS
						   "policy_setting (name, currency, value) VALUES ($1, $2, $3) "
						   "ON CONFLICT (name, currency) DO UPDATE SET value = excluded.value",
						   TEXTOID, TEXTOID, INT8OID);
	char nulls[] = "   ";
	Datum values[3];

	bind_text(values, nulls, 0, policy_catalog[id].name);
	bind_text(values, nulls, 1, currencies[currency_index(currency)]);
	values[2] = Int64GetDatum(value);
	sql_write(&store, values, nulls);
}

void
policy_remove(PolicyId id, const char *currency)
{
	static Sql delete = SQL("DELETE FROM " BOOKS "policy_setting WHERE name = $1 AND currency = $2",
							TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, policy_catalog[id].name);
	bind_text(values, nulls, 1, currencies[currency_index(currency)]);
	sql_run(&delete, values, nulls);
}
