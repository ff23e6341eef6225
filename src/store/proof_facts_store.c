/*-------------------------------------------------------------------------
 *
 * proof_facts_store.c
 *	  What the books say of an account beside its usage and its entries.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/proof_facts_store.h"

#define ACCOUNTS(where)                                                                                  \
	"SELECT account_id, created_at, last_booked_at, last_entry_no, currency, has_price_list FROM " BOOKS \
	"account " where "ORDER BY account_id"

#define REPAIRS(where)                                                         \
	"SELECT account_id, last_entry_no, corrected_at, booked_until FROM " BOOKS \
	"clock_repair " where "ORDER BY account_id"

#define KEYS(where)                                                                  \
	"SELECT account_id, key_id, created_at, deleted_at FROM " BOOKS "api_key " where \
	"ORDER BY account_id, key_id"

#define VERSIONS(where)                                                        \
	"SELECT account_id, key_id, name, project, set_at, expires_at FROM " BOOKS \
	"api_key_version " where "ORDER BY account_id, key_id, version_no"

#define LOCKS(where)                                                                    \
	"SELECT account_id, lock, locked_at, unlocked_at FROM " BOOKS "account_lock " where \
	"ORDER BY account_id"

/* A name that no list can have is that of none. */
#define LISTS(where)                                                                   \
	"SELECT account_id, effective_from, CASE WHEN octet_length(price_list) <= 64 AND " \
	"btrim(price_list, E' \\t\\r\\n') <> '' THEN price_list END FROM " BOOKS           \
	"account_price_list " where "ORDER BY account_id, effective_from"

#define PLANS(where)                                                                     \
	"SELECT d.account_id, d.subscription_no, s.plan FROM (SELECT * FROM " BOOKS          \
	"subscription " where ") AS d LEFT JOIN " BOOKS                                      \
	"subscription AS s ON s.account_id = d.account_id AND "                              \
	"s.subscription_no = coalesce(d.pack_of, d.subscription_no) ORDER BY d.account_id, " \
	"d.subscription_no"

void
proof_facts_open(ProofFactsReader *reader, const int64 *only)
{
	static Sql accounts[] = FEED_OF_ALL_AND_OF_ONE(ACCOUNTS);
	static Sql repairs[] = FEED_OF_ALL_AND_OF_ONE(REPAIRS);
	static Sql keys[] = FEED_OF_ALL_AND_OF_ONE(KEYS);
	static Sql versions[] = FEED_OF_ALL_AND_OF_ONE(VERSIONS);
	static Sql locks[] = FEED_OF_ALL_AND_OF_ONE(LOCKS);
	static Sql lists[] = FEED_OF_ALL_AND_OF_ONE(LISTS);
	static Sql plans[] = FEED_OF_ALL_AND_OF_ONE(PLANS);
	static const Oid account_types[] = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID,
										INT8OID, TEXTOID,		 BOOLOID};
	static const Oid repair_types[] = {INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	static const Oid key_types[] = {INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	static const Oid version_types[] = {INT8OID, INT8OID,		 TEXTOID,
										TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	static const Oid lock_types[] = {INT8OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	static const Oid list_types[] = {INT8OID, TIMESTAMPTZOID, TEXTOID};
	static const Oid plan_types[] = {INT8OID, INT8OID, TEXTOID};

	feed_open(&reader->accounts, accounts, only, account_types, lengthof(account_types));
	feed_open(&reader->repairs, repairs, only, repair_types, lengthof(repair_types));
	feed_open(&reader->keys, keys, only, key_types, lengthof(key_types));
	feed_open(&reader->versions, versions, only, version_types, lengthof(version_types));
	feed_open(&reader->locks, locks, only, lock_types, lengthof(lock_types));
	feed_open(&reader->lists, lists, only, list_types, lengthof(list_types));
	feed_open(&reader->plans, plans, only, plan_types, lengthof(plan_types));
}

void
proof_facts_close(ProofFactsReader *reader)
{
	feed_close(&reader->accounts);
	feed_close(&reader->repairs);
	feed_close(&reader->keys);
	feed_close(&reader->versions);
	feed_close(&reader->locks);
	feed_close(&reader->lists);
	feed_close(&reader->plans);
}

static void
read_account(Feed *feed, int64 account_id, ProofFacts *facts)
{
	const Cursor *row = &feed->cursor;

	feed_skip_to(feed, account_id);
	facts->currency = "";
	if (!feed_is_at(feed, account_id))
		return;
	facts->has_account = true;
	facts->created_at = cursor_int64(row, 1);
	facts->last_booked_at = cursor_int64(row, 2);
	facts->last_entry_no = cursor_int64(row, 3);
	facts->currency = cursor_text(row, 4);
	facts->has_price_list = !row->nulls[5] && DatumGetBool(row->values[5]);
}

static void
read_repairs(Feed *feed, int64 account_id, ProofFacts *facts)
{
	const Cursor *row = &feed->cursor;

	for (feed_skip_to(feed, account_id); feed_is_at(feed, account_id); feed_next(feed))
	{
		facts->repairs = feed_make_room(facts->repairs, facts->repairs_count, sizeof(EventRepair));
		facts->repairs[facts->repairs_count++] = (EventRepair){
			cursor_int64(row, 1), cursor_int64(row, 2), cursor_int64(row, 3)};
	}
}

static void
read_keys(Feed *feed, int64 account_id, ProofFacts *facts)
{
	const Cursor *row = &feed->cursor;

	for (feed_skip_to(feed, account_id); feed_is_at(feed, account_id); feed_next(feed))
	{
		facts->keys = feed_make_room(facts->keys, facts->keys_count, sizeof(FactKey));
		facts->keys[facts->keys_count++] = (FactKey){cursor_int64(row, 1), cursor_int64(row, 2),
													 !row->nulls[3], cursor_int64(row, 3)};
	}
}

static void
read_versions(Feed *feed, int64 account_id, ProofFacts *facts)
{
	const Cursor *row = &feed->cursor;

	for (feed_skip_to(feed, account_id); feed_is_at(feed, account_id); feed_next(feed))
	{
		facts->versions = feed_make_room(facts->versions, facts->versions_count,
										 sizeof(FactKeyVersion));
		facts->versions[facts->versions_count++] = (FactKeyVersion){
			.key_id = cursor_int64(row, 1),
			.name = cursor_text(row, 2),
			.project = cursor_text(row, 3),
			.set_at = cursor_int64(row, 4),
			.expiry = {!row->nulls[5], cursor_int64(row, 5)},
		};
	}
}

static void
read_locks(Feed *feed, int64 account_id, ProofFacts *facts)
{
	const Cursor *row = &feed->cursor;

	for (feed_skip_to(feed, account_id); feed_is_at(feed, account_id); feed_next(feed))
	{
		facts->locks = feed_make_room(facts->locks, facts->locks_count, sizeof(EventLock));
		facts->locks[facts->locks_count++] = (EventLock){cursor_text(row, 1), cursor_int64(row, 2),
														 !row->nulls[3], cursor_int64(row, 3)};
	}
}

static void
read_lists(Feed *feed, int64 account_id, ProofFacts *facts)
{
	const Cursor *row = &feed->cursor;

	for (feed_skip_to(feed, account_id); feed_is_at(feed, account_id); feed_next(feed))
	{
		if (row->nulls[2])
			continue;
		facts->lists = feed_make_room(facts->lists, facts->lists_count, sizeof(FactList));
		facts->lists[facts->lists_count++] = (FactList){cursor_int64(row, 1), cursor_text(row, 2)};
	}
}

static void
read_plans(Feed *feed, int64 account_id, ProofFacts *facts)
{
	const Cursor *row = &feed->cursor;

	for (feed_skip_to(feed, account_id); feed_is_at(feed, account_id); feed_next(feed))
	{
		facts->plans = feed_make_room(facts->plans, facts->plans_count, sizeof(FactPlan));
		facts->plans[facts->plans_count++] = (FactPlan){cursor_int64(row, 1), cursor_text(row, 2)};
	}
}

void
proof_facts_read(ProofFactsReader *reader, int64 account_id, ProofFacts *facts)
{
	*facts = (ProofFacts){0};
	read_account(&reader->accounts, account_id, facts);
	read_repairs(&reader->repairs, account_id, facts);
	read_keys(&reader->keys, account_id, facts);
	read_versions(&reader->versions, account_id, facts);
	read_locks(&reader->locks, account_id, facts);
	read_lists(&reader->lists, account_id, facts);
	read_plans(&reader->plans, account_id, facts);
}

/* ---- looking them up ------------------------------------------------------------- */

static int
compare_int64(int64 a, int64 b)
{
	return (a > b) - (a < b);
}

static int
compare_key(const void *key_id, const void *key)
{
	return compare_int64(*(const int64 *) key_id, ((const FactKey *) key)->key_id);
}

const FactKey *
proof_facts_key(const ProofFacts *facts, int64 key_id)
{
	return bsearch(&key_id, facts->keys, facts->keys_count, sizeof(FactKey), compare_key);
}

/* The place of the first version of a key. */
static size_t
first_version(const ProofFacts *facts, int64 key_id)
{
	size_t from = 0;
	size_t until = facts->versions_count;

	while (from < until)
	{
		size_t middle = from + (until - from) / 2;

		if (facts->versions[middle].key_id < key_id)
			from = middle + 1;
		else
			until = middle;
	}
	return from;
}

static bool
is_version(const ProofFacts *facts, size_t i, int64 key_id)
{
	return i < facts->versions_count && facts->versions[i].key_id == key_id;
}

bool
proof_facts_has_name(const ProofFacts *facts, int64 key_id, const char *name, const char *project)
{
	for (size_t i = first_version(facts, key_id); is_version(facts, i, key_id); i++)
		if (strcmp(facts->versions[i].name, name) == 0 &&
			strcmp(facts->versions[i].project, project) == 0)
			return true;
	return false;
}

const EventExpiry *
proof_facts_expiry(const ProofFacts *facts, int64 key_id, TimestampTz before)
{
	const EventExpiry *expiry = NULL;

	for (size_t i = first_version(facts, key_id); is_version(facts, i, key_id); i++)
		if (expiry == NULL || facts->versions[i].set_at <= before)
			expiry = &facts->versions[i].expiry;
	return expiry;
}

const char *
proof_facts_list(const ProofFacts *facts, TimestampTz at)
{
	const char *list = NULL;

	for (size_t i = 0; i < facts->lists_count && facts->lists[i].effective_from <= at; i++)
		list = facts->lists[i].price_list;
	return list;
}

static int
compare_plan(const void *subscription_no, const void *plan)
{
	return compare_int64(*(const int64 *) subscription_no,
						 ((const FactPlan *) plan)->subscription_no);
}

const char *
proof_facts_plan(const ProofFacts *facts, int64 subscription_no)
{
	const FactPlan *found = bsearch(&subscription_no, facts->plans, facts->plans_count,
									sizeof(FactPlan), compare_plan);

	return found ? found->plan : "";
}
