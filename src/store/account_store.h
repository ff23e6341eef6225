/*-------------------------------------------------------------------------
 *
 * account_store.h
 *	  Rows of account, account_profile and account_lock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ACCOUNT_STORE_H
#define STORE_ACCOUNT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/alert.h"
#include "core/chain.h"

#define CURRENCY_SIZE 4

typedef struct Account
{
	int64 account_id;
	char currency[CURRENCY_SIZE];
	TimestampTz created_at;
	TimestampTz last_booked_at;
	TimestampTz next_expiry_at;	  /* NEVER_EXPIRES where there is none */
	TimestampTz last_unlocked_at; /* DT_NOBEGIN where there is none */
	int64 last_entry_no;
	unsigned locks; /* LockReason bits in force */
	int64 cash_nano;
	int64 bonus_nano;
	int64 arrears_nano;
	AlertBounds alert_bounds;
	TimestampTz alert_review_at; /* DT_NOEND where there is no runway alert */
	bool has_price_list;		 /* else it is on the standard one; only read */
	Digest chain;				 /* of the newest entry; chain_start where there is none */
} Account;

typedef struct AccountProfile
{
	const char *region;
	const char *external_ref; /* NULL where not given, as the next two */
	const char *email;
	const char *mobile;
	const char *time_zone;
} AccountProfile;

/* A lock with who set or lifted it. */
typedef struct LockChange
{
	const char *lock;
	const char *actor;
	const char *reason;
	TimestampTz at;
} LockChange;

/* Holds the account, waiting for it; false when there is no such account. */
extern bool account_hold(int64 account_id, Account *account);

/* The same unless somebody else holds it: then false. */
extern bool account_hold_if_free(int64 account_id, Account *account);

/* The same for many, given in the order of their ids; returns those that it got. */
extern Account *account_hold_free(const int64 *accounts, size_t accounts_count, size_t *count);

/* Who keeps others from holding an account: a process, or a prepared transaction. */
typedef struct AccountHolder
{
	int pid;			  /* 0: it is none */
	const char *prepared; /* the gid; NULL: it is none */
} AccountHolder;

/* Neither of the two where nobody is seen to: he has ended by now. */
extern AccountHolder account_holder(int64 account_id);

/* True when there is such an account, whoever holds it. */
extern bool account_exists(int64 account_id);

/* Reads the account in the snapshot of the caller's query. */
extern bool account_read(int64 account_id, Account *account);

/* Reads it as it is now, whatever that snapshot shows, and does not hold it. */
extern bool account_read_latest(int64 account_id, Account *account);

/* Writes back all that changes of some accounts by one command, but what their alerts say. */
extern void account_update(Account *const *accounts, size_t count);

/* Writes back what its alerts say. */
extern void account_update_alerts(const Account *account);

/* The next account id of the table's sequence. */
extern int64 account_next_id(void);

/* Moves the sequence to an id that is free, from first to last; false where none is. */
extern bool account_move_ids(int64 first_id, int64 last_id);

/* False when an account of that id or external_ref exists. */
extern bool account_insert(int64 account_id, const AccountProfile *profile, TimestampTz now);

/* The account of the house in a currency. */
#define ACCOUNT_HOUSE_CNY (-1)
#define ACCOUNT_HOUSE_USD (-2)

/* Makes it where it is not there yet; returns its id. */
extern int64 account_house(const char *currency, TimestampTz now);

/* The account of that id, or else of that external_ref; 0 when there is none. */
extern int64 account_find(int64 account_id, const char *external_ref);

/* Names what differs from an existing account's values; NULL when nothing does. */
extern const char *account_difference(int64 account_id, const AccountProfile *profile);

/* Both return the number of the lock. */
extern int64 account_lock_insert(int64 account_id, const LockChange *change);
extern int64 account_lock_lift(int64 account_id, const LockChange *change);

/* In which language the account is written to: zh or en; NULL: that of its region. */
extern void account_set_language(int64 account_id, const char *language);

/* LockReason bits of the locks that were in force at an instant. */
extern unsigned account_locks_at(int64 account_id, TimestampTz at);

#endif
