/*-------------------------------------------------------------------------
 *
 * proof_facts_store.h
 *	  What the books say of an account beside its usage and its entries, read account by account.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PROOF_FACTS_STORE_H
#define STORE_PROOF_FACTS_STORE_H

#include "postgres.h"

#include "core/stored_event.h"
#include "spi/feed.h"

/* A key, and what it was from one change of it to the next. */
typedef struct FactKey
{
	int64 key_id;
	TimestampTz created_at;
	bool is_deleted;
	TimestampTz deleted_at;
} FactKey;

typedef struct FactKeyVersion
{
	int64 key_id;
	const char *name;
	const char *project;
	TimestampTz set_at;
	EventExpiry expiry;
} FactKeyVersion;

typedef struct FactList
{
	TimestampTz effective_from;
	const char *price_list;
} FactList;

/* A subscription, and the plan of its credits. */
typedef struct FactPlan
{
	int64 subscription_no;
	const char *plan;
} FactPlan;

/* All of an account, each list in the order of its numbers or instants. */
typedef struct ProofFacts
{
	bool has_account;
	TimestampTz created_at;
	TimestampTz last_booked_at;
	int64 last_entry_no;
	const char *currency;
	bool has_price_list;
	EventRepair *repairs;
	size_t repairs_count;
	FactKey *keys;
	size_t keys_count;
	FactKeyVersion *versions;
	size_t versions_count;
	EventLock *locks;
	size_t locks_count;
	FactList *lists;
	size_t lists_count;
	FactPlan *plans;
	size_t plans_count;
} ProofFacts;

typedef struct ProofFactsReader
{
	Feed accounts;
	Feed repairs;
	Feed keys;
	Feed versions;
	Feed locks;
	Feed lists;
	Feed plans;
} ProofFactsReader;

/* Of all accounts or, only not NULL, of one. */
extern void proof_facts_open(ProofFactsReader *reader, const int64 *only);
extern void proof_facts_close(ProofFactsReader *reader);

/* Of the next account that is asked for: they must rise. Kept in the current memory context. */
extern void proof_facts_read(ProofFactsReader *reader, int64 account_id, ProofFacts *facts);

/* NULL: the account has no such key. */
extern const FactKey *proof_facts_key(const ProofFacts *facts, int64 key_id);

/* Whether the account's key had that name and that project at once. */
extern bool proof_facts_has_name(const ProofFacts *facts, int64 key_id, const char *name,
								 const char *project);

/* When a key was to expire, as it was set before an instant; NULL: there is no such key. */
extern const EventExpiry *proof_facts_expiry(const ProofFacts *facts, int64 key_id,
											 TimestampTz before);

/* NULL: the account is on no list then. */
extern const char *proof_facts_list(const ProofFacts *facts, TimestampTz at);

/* Empty where there is no such subscription. */
extern const char *proof_facts_plan(const ProofFacts *facts, int64 subscription_no);

#endif
