/*-------------------------------------------------------------------------
 *
 * schema_store.c
 *	  The DDL of src/schema, partitions and guards.
 *
 * The tables are not members of the extension: they are made here, by the
 * role that calls install(), so that they dump and restore like any table; in a
 * schema of their own, because who may create objects in the one whose
 * functions a superuser calls can make him call others.
 * The guards refuse changes of history by whomever; they fire ALWAYS, in
 * sessions that apply changes as a replica too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "errors.h"
#include "spi/bind.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/scope.h"
#include "spi/sql.h"
#include "store/partition_store.h"
#include "store/schema_store.h"

static const struct
{
	const char *name;
	const char *sql;
} schema_files[] = {
#include "schema_ddl.inc"
};

#define ROW TRIGGER_TYPE_ROW
#define BEFORE TRIGGER_TYPE_BEFORE
#define INSERT TRIGGER_TYPE_INSERT
#define UPDATE TRIGGER_TYPE_UPDATE
#define DELETE TRIGGER_TYPE_DELETE
#define TRUNCATE TRIGGER_TYPE_TRUNCATE

/* Columns listed may be set together, once: while the first of them is null. */
#define WRITE_ONCE(table, columns)                                                          \
	{                                                                                       \
#table, "no_change", "history_guard", ROW | BEFORE | UPDATE | DELETE, NULL, columns \
	}
#define NO_CHANGE(table) WRITE_ONCE(table, "")
#define NO_DELETE(table)                                                      \
	{                                                                         \
#table, "no_delete", "history_guard", ROW | BEFORE | DELETE, NULL, "" \
	}
#define NO_TRUNCATE(table)                                                  \
	{                                                                       \
#table, "no_truncate", "history_guard", BEFORE | TRUNCATE, NULL, "" \
	}
#define NO_UPDATE_OF(table, columns)                                             \
	{                                                                            \
#table, "no_update", "history_guard", ROW | BEFORE | UPDATE, columns, "" \
	}
/* Each of the columns is set while it is null, and stays. */
#define SET_ONCE(table, columns)                                                    \
	{                                                                               \
#table, "set_once", "history_guard", ROW | BEFORE | UPDATE, columns, "once" \
	}
#define LIFECYCLE(table)                                                            \
	{                                                                               \
#table, "lifecycle", "lifecycle_guard", ROW | BEFORE | UPDATE, NULL, #table \
	}
/* What a lock refuses (4.10): by what stands elsewhere, so that data can be restored without it. */
#define LOCKABLE(table)                                                               \
	{                                                                                 \
#table, "lock_guard", "lock_guard", ROW | BEFORE | INSERT, NULL, #table, true \
	}
/* By row, too: what a subscription applies fires no others. */
#define FORGET_CACHED(table)                                                                       \
	{#table, "forget_cached", "forget_cached", ROW | BEFORE | INSERT | UPDATE | DELETE, NULL, ""}, \
	{                                                                                              \
#table, "forget_cached_all", "forget_cached", TRUNCATE, NULL, ""                           \
	}

static const Guard guards[] = {
	/* It looks at nothing but the row, so that it may fire while data is restored, too. */
	{"ledger_entry", "judge_transfer", "judge_transfer", ROW | BEFORE | INSERT, NULL, ""},
	NO_CHANGE(ledger_entry),
	NO_TRUNCATE(ledger_entry),
	WRITE_ONCE(usage_event,
			   "settled_at, status, reason, charge, price_id, first_entry_no, entry_count, "
			   "subscription_no, quota_no, window_no, weight_id, credits"),
	NO_TRUNCATE(usage_event),
	{"usage_inbox", "wake_settler", "wake_settler", INSERT, NULL, ""},
	NO_TRUNCATE(usage_inbox),
	WRITE_ONCE(usage_set_aside, "handled_at, handling, handled_by, handling_reason"),
	NO_TRUNCATE(usage_set_aside),
	NO_DELETE(lot),
	NO_UPDATE_OF(lot, "account_id, lot_no, order_id, source_id, created_at, expires_at, amount, "
					  "kind, source_type"),
	NO_TRUNCATE(lot),
	NO_DELETE(account),
	NO_UPDATE_OF(account, "account_id, created_at, region, currency"),
	NO_TRUNCATE(account),
	NO_DELETE(account_profile),
	NO_TRUNCATE(account_profile),
	NO_CHANGE(contact_history),
	NO_TRUNCATE(contact_history),
	NO_DELETE(balance_alert),
	NO_UPDATE_OF(balance_alert, "account_id, alert_no, runway_hours"),
	NO_TRUNCATE(balance_alert),
	NO_DELETE(notification),
	NO_UPDATE_OF(notification,
				 "account_id, notification_no, event, source_id, episode, created_at, channel, "
				 "endpoint_id, address, lane, language, payload"),
	LIFECYCLE(notification),
	NO_TRUNCATE(notification),
	NO_DELETE(notification_setting),
	NO_UPDATE_OF(notification_setting, "account_id, event, channel"),
	NO_TRUNCATE(notification_setting),
	NO_DELETE(webhook_endpoint),
	NO_UPDATE_OF(webhook_endpoint, "account_id, endpoint_id, url, host, created_at"),
	NO_TRUNCATE(webhook_endpoint),
	NO_CHANGE(email_template),
	NO_TRUNCATE(email_template),
	NO_CHANGE(sms_template),
	NO_TRUNCATE(sms_template),
	NO_DELETE(api_key),
	NO_UPDATE_OF(api_key, "account_id, key_id, kind, created_at"),
	SET_ONCE(api_key, "deleted_at"),
	NO_TRUNCATE(api_key),
	NO_CHANGE(api_key_version),
	NO_TRUNCATE(api_key_version),
	WRITE_ONCE(account_lock, "unlocked_at, unlocked_by, unlock_reason"),
	NO_TRUNCATE(account_lock),
	WRITE_ONCE(price, "withdrawn_at, withdrawn_by, withdrawal_reason"),
	NO_TRUNCATE(price),
	NO_CHANGE(account_price_list),
	NO_TRUNCATE(account_price_list),
	NO_CHANGE(clock_repair),
	NO_TRUNCATE(clock_repair),
	WRITE_ONCE(plan, "retired_at"),
	NO_TRUNCATE(plan),
	NO_CHANGE(plan_weight),
	NO_TRUNCATE(plan_weight),
	NO_DELETE(subscription),
	NO_UPDATE_OF(subscription, "account_id, subscription_no, order_id, plan, plan_version, "
							   "pack_of, replaces, price, booked_at"),
	LIFECYCLE(subscription),
	NO_TRUNCATE(subscription),
	NO_DELETE(quota),
	NO_UPDATE_OF(quota, "account_id, subscription_no, quota_no, kind, continues, amount"),
	NO_TRUNCATE(quota),
	NO_DELETE(payment_order),
	NO_UPDATE_OF(payment_order,
				 "account_id, order_id, kind, method, gateway, product, subject, promotion, payer, "
				 "return_url, "
				 "currency, pay_amount, discount, gift, gift_days, plan, plan_version, replaces, "
				 "pack_of, created_at, expires_at, actor"),
	LIFECYCLE(payment_order),
	LOCKABLE(payment_order),
	NO_TRUNCATE(payment_order),
	NO_DELETE(payment),
	NO_UPDATE_OF(payment,
				 "account_id, payment_id, gateway, transaction_id, currency, amount, payer_amount, "
				 "paid_at, recorded_at, actor"),
	LIFECYCLE(payment),
	NO_TRUNCATE(payment),
	NO_CHANGE(payment_claim),
	NO_TRUNCATE(payment_claim),
	NO_CHANGE(take_back),
	NO_TRUNCATE(take_back),
	NO_CHANGE(refund_claim),
	NO_TRUNCATE(refund_claim),
	NO_DELETE(refund),
	NO_UPDATE_OF(refund, "account_id, refund_id, order_id, reason, requested_at, requested_by"),
	LIFECYCLE(refund),
	LOCKABLE(refund),
	NO_TRUNCATE(refund),
	NO_DELETE(refund_item),
	NO_UPDATE_OF(refund_item, "account_id, item_id, refund_id, order_id, payment_id, gateway, "
							  "amount, created_at"),
	LIFECYCLE(refund_item),
	NO_TRUNCATE(refund_item),
	NO_CHANGE(seller),
	NO_TRUNCATE(seller),
	NO_DELETE(invoice_title),
	NO_UPDATE_OF(invoice_title, "account_id, title"),
	NO_TRUNCATE(invoice_title),
	NO_DELETE(invoice),
	NO_UPDATE_OF(invoice, "account_id, invoice_id, kind, buyer, email, mobile, created_at, due_at, "
						  "payment_id, corrects, item_id, take_back_id"),
	SET_ONCE(invoice, "number, issued_at, series, series_no, seller_no"),
	LIFECYCLE(invoice),
	LOCKABLE(invoice),
	NO_TRUNCATE(invoice),
	NO_DELETE(red_confirmation),
	NO_UPDATE_OF(red_confirmation, "account_id, confirmation_no, invoice_id, started_by, "
								   "red_reason, provider_id, created_at, reason, actor"),
	SET_ONCE(red_confirmation, "amount, red_number"),
	LIFECYCLE(red_confirmation),
	NO_TRUNCATE(red_confirmation),
	NO_DELETE(invoice_line),
	NO_UPDATE_OF(invoice_line, "account_id, invoice_id, order_id, amount"),
	NO_DELETE(invoice_series),
	NO_UPDATE_OF(invoice_series, "series"),
	NO_TRUNCATE(invoice_series),
	NO_DELETE(document),
	NO_UPDATE_OF(document, "account_id, kind, id, created_at"),
	SET_ONCE(document, "pdf"),
	LIFECYCLE(document),
	NO_TRUNCATE(document),
	NO_CHANGE(account_statement),
	NO_TRUNCATE(account_statement),
	{"invoice_line", "invoice_line_guard", "invoice_line_guard", ROW | BEFORE | INSERT, NULL, "",
	 true},
	NO_TRUNCATE(invoice_line),
	NO_DELETE(gateway),
	NO_UPDATE_OF(gateway, "gateway, provider, region, created_at"),
	NO_TRUNCATE(gateway),
	NO_DELETE(promotion),
	NO_UPDATE_OF(promotion, "promotion, region, amount_min, discount, gift, gift_days, orders_max, "
							"created_at"),
	NO_TRUNCATE(promotion),
	NO_DELETE(gateway_call),
	NO_UPDATE_OF(gateway_call,
				 "account_id, call_id, gateway, kind, order_id, payment_id, item_id, invoice_id, "
				 "confirmation_no, amount, refund_number, refund_id, created_at"),
	LIFECYCLE(gateway_call),
	NO_TRUNCATE(gateway_call),
	NO_UPDATE_OF(gateway_notice, "notice_id, gateway, received_at, headers, query, body"),
	NO_TRUNCATE(gateway_notice),
	NO_DELETE(reconciliation),
	NO_UPDATE_OF(reconciliation, "gateway, day, run, requested_at, requested_by"),
	LIFECYCLE(reconciliation),
	NO_TRUNCATE(reconciliation),
	NO_UPDATE_OF(bill_row,
				 "gateway, day, run, row_no, kind, order_number, transaction_id, refund_number, "
				 "refund_id, amount, fee, at"),
	NO_DELETE(reconciliation_difference),
	NO_UPDATE_OF(
		reconciliation_difference,
		"difference_id, gateway, day, class, subject, transaction_id, refund_id, found_at"),
	NO_TRUNCATE(reconciliation_difference),
	NO_CHANGE(reconciliation_line),
	NO_TRUNCATE(reconciliation_line),
	WRITE_ONCE(arming, "disarmed_at, disarmed_by"),
	NO_TRUNCATE(arming),
	NO_CHANGE(charge_reversal),
	NO_TRUNCATE(charge_reversal),
	NO_CHANGE(charge_revision),
	NO_TRUNCATE(charge_revision),
	NO_DELETE(rerate),
	NO_UPDATE_OF(rerate, "rerate_no, account_id, occurred_from, occurred_to, prices_at, "
						 "call_account_id, idempotency_key, model, actor, reason"),
	SET_ONCE(rerate, "begun_at, finished_at, outdated_by"),
	NO_TRUNCATE(rerate),
	NO_DELETE(rerate_account),
	NO_UPDATE_OF(
		rerate_account,
		"account_id, rerate_no, events, less, more, last_entry_no, next_reversal_id, booked_until"),
	SET_ONCE(rerate_account, "finished_at"),
	NO_TRUNCATE(rerate_account),
	NO_DELETE(rerate_skip),
	NO_UPDATE_OF(rerate_skip, "account_id, rerate_no, reason"),
	NO_TRUNCATE(rerate_skip),
	NO_CHANGE(usage_day),
	NO_TRUNCATE(usage_day),
	WRITE_ONCE(parking, "unparked_at, unparked_by, unpark_reason"),
	NO_TRUNCATE(parking),
	NO_CHANGE(closed_month),
	NO_TRUNCATE(closed_month),
	NO_CHANGE(idempotent_call),
	NO_TRUNCATE(idempotent_call),
	WRITE_ONCE(approval_request, "withdrawn_at, withdrawn_by, withdrawal_reason"),
	NO_TRUNCATE(approval_request),
	NO_CHANGE(account_range),
	NO_TRUNCATE(account_range),
	NO_CHANGE(seal),
	NO_TRUNCATE(seal),
	NO_CHANGE(seal_account),
	NO_TRUNCATE(seal_account),
	NO_CHANGE(seal_rows),
	NO_TRUNCATE(seal_rows),
	NO_CHANGE(audit_log),
	NO_TRUNCATE(audit_log),
	FORGET_CACHED(account_range),
	FORGET_CACHED(clock_repair),
	FORGET_CACHED(policy_setting),
	FORGET_CACHED(price),
	FORGET_CACHED(schema_version),
};

bool
schema_exists(void)
{
	return OidIsValid(catalog_table("account"));
}

/* Who may create objects in a schema beside superusers and a role that may; the first one's name.
 */
#define SCHEMA_CREATORS                                                                     \
	"SELECT CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END " \
	"FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) "  \
	"AS a WHERE n.nspname = $1::name AND a.privilege_type = 'CREATE' AND a.grantee <> $2 "  \
	"AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantee AND r.rolsuper) "    \
	"ORDER BY 1"

void
schema_check_creators(const char *schema, Oid may)
{
	static Sql creators = SQL(SCHEMA_CREATORS, TEXTOID, OIDOID);

	if (sql_run(&creators, (Datum[]){CStringGetTextDatum(schema), ObjectIdGetDatum(may)}, NULL) > 0)
		refuse(ERROR_SCHEMA_OPEN, column_text(0, 1), schema);
}

void
schema_close_to_creators(void)
{
	static Sql creators = SQL(SCHEMA_CREATORS, TEXTOID, OIDOID);
	uint64 count = sql_run(
		&creators,
		(Datum[]){CStringGetTextDatum(EXTENSION_SCHEMA), ObjectIdGetDatum(BOOTSTRAP_SUPERUSERID)},
		NULL);
	char **roles = palloc(count * sizeof(char *));

	for (uint64 i = 0; i < count; i++)
		roles[i] = column_text(i, 1);
	for (uint64 i = 0; i < count; i++)
		(void) sql_execute(
			psprintf("REVOKE CREATE ON SCHEMA " EXTENSION_SCHEMA " FROM %s CASCADE",
					 strcmp(roles[i], "public") == 0 ? "PUBLIC" : quote_identifier(roles[i])));
}

void
schema_check_empty(const char *but)
{
	static Sql find = SQL(
		"SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d WHERE d.refclassid = "
		"'pg_namespace'::regclass AND d.refobjid = $1::regnamespace AND d.classid <> "
		"'pg_extension'::regclass AND NOT (d.classid = 'pg_proc'::regclass AND d.objid = $2::regproc) ORDER BY 1 LIMIT 1",
		TEXTOID, TEXTOID);

	if (sql_run(&find, (Datum[]){CStringGetTextDatum(EXTENSION_SCHEMA), CStringGetTextDatum(but)},
				NULL) > 0)
		refuse(ERROR_SCHEMA_TAKEN, column_text(0, 1));
}

/* The schema of the tables, unless a superuser made it for the caller beforehand. */
static void
make_schema(void)
{
	static Sql may_create = SQL("SELECT has_database_privilege(current_database(), 'CREATE')");

	if (OidIsValid(get_namespace_oid(BOOKS_SCHEMA, true)))
		return;
	sql_run(&may_create, NULL, NULL);
	if (!column_bool(0, 1))
		refuse(ERROR_SCHEMA_MISSING, BOOKS_SCHEMA);
	(void) sql_execute("CREATE SCHEMA " BOOKS_SCHEMA);
	(void) sql_execute("COMMENT ON SCHEMA " BOOKS_SCHEMA " IS 'The tables of billing.'");
}

void
schema_create(TimestampTz now)
{
	static Sql stamp = SQL("INSERT INTO " BOOKS
						   "schema_version (version, installed_at) VALUES ($1, $2)",
						   INT4OID, TIMESTAMPTZOID);
	int month = partition_month(now);

	make_schema();
	for (size_t i = 0; i < lengthof(schema_files); i++)
		(void) sql_execute(schema_files[i].sql);
	for (int ahead = 0; ahead <= PARTITIONS_AHEAD; ahead++)
		(void) partition_make(month + ahead);
	sql_write(&stamp, (Datum[]){Int32GetDatum(SCHEMA_VERSION), TimestampTzGetDatum(now)}, NULL);
}

/* Appends the events of a guard: BEFORE UPDATE OF a, b OR DELETE. */
static void
append_events(StringInfo sql, const Guard *guard)
{
	static const struct
	{
		int16 type;
		const char *name;
	} events[] = {
		{INSERT, "INSERT"}, {UPDATE, "UPDATE"}, {DELETE, "DELETE"}, {TRUNCATE, "TRUNCATE"}};
	const char *separator = guard->type & BEFORE ? "BEFORE " : "AFTER ";

	for (size_t i = 0; i < lengthof(events); i++)
	{
		if ((guard->type & events[i].type) == 0)
			continue;
		appendStringInfo(sql, "%s%s", separator, events[i].name);
		if (events[i].type == UPDATE && guard->columns)
			appendStringInfo(sql, " OF %s", guard->columns);
		separator = " OR ";
	}
}

/* Puts one guard back where it is missing or altered, and makes it fire always. */
static void
restore_guard(const Guard *guard, const char *table, GuardFault fault, void *argument)
{
	StringInfoData sql;

	if (fault == GUARD_HOLDS)
		return;
	initStringInfo(&sql);
	if (fault == GUARD_ALTERED)
		appendStringInfo(&sql, "DROP TRIGGER %s ON %s; ", guard->name, table);
	if (fault != GUARD_NOT_ENABLED)
	{
		appendStringInfo(&sql, "CREATE TRIGGER %s ", guard->name);
		append_events(&sql, guard);
		appendStringInfo(&sql, " ON %s FOR EACH %s EXECUTE FUNCTION billing.%s(%s); ", table,
						 guard->type & ROW ? "ROW" : "STATEMENT", guard->function,
						 guard->arguments);
	}
	appendStringInfo(&sql, "ALTER TABLE %s ENABLE %s %s", table,
					 guard->is_ordinary ? "TRIGGER" : "ALWAYS TRIGGER", guard->name);
	(void) sql_execute(sql.data);
}

void
schema_restore_guards(void)
{
	schema_visit_guards(restore_guard, NULL);
}

/*
 * The table itself and its partitions, with those that were detached and are
 * still there, written as SQL names them; the list stays.
 */
static char **
table_and_partitions(const char *table, uint64 *count)
{
	static Sql read = SQL(
		"SELECT t::text FROM (SELECT ('" BOOKS "' || $1)::regclass AS t UNION ALL SELECT "
		"inhrelid::regclass FROM pg_inherits WHERE inhparent = ('" BOOKS "' || "
		"$1)::regclass UNION ALL SELECT to_regclass('" BOOKS
		"' || quote_ident(partition_name)) FROM " BOOKS
		"closed_month WHERE $1 = 'usage_event' AND octet_length(partition_name) < 64) AS t WHERE t IS NOT NULL ORDER BY t <> ('" BOOKS
		"' || $1)::regclass, t::text",
		TEXTOID);
	char **tables;

	*count = sql_run(&read, (Datum[]){CStringGetTextDatum(table)}, NULL);
	tables = palloc(*count * sizeof(char *));
	for (uint64 row = 0; row < *count; row++)
		tables[row] = column_text(row, 1);
	return tables;
}

static GuardFault
guard_fault(const Guard *guard, const char *table)
{
	static Sql read = SQL(
		"SELECT t.tgenabled = $7, t.tgtype = $3 AND t.tgqual IS NULL AND t.tgfoid = ('billing.' "
		"|| $4)::regproc AND (SELECT string_agg(a.attname, ', ' ORDER BY c.n) FROM "
		"unnest(t.tgattr::int2[]) WITH ORDINALITY AS c (attnum, n) JOIN pg_attribute AS a ON "
		"a.attrelid = t.tgrelid AND a.attnum = c.attnum) IS NOT DISTINCT FROM $5 AND "
		"rtrim(replace(encode(t.tgargs, 'escape'), E'\\\\000', ', '), ', ') = $6 FROM pg_trigger AS t "
		"WHERE t.tgrelid = $1::regclass AND t.tgname = $2::name",
		TEXTOID, TEXTOID, INT2OID, TEXTOID, TEXTOID, TEXTOID, CHAROID);
	char nulls[] = "       ";
	Datum values[7];

	bind_text(values, nulls, 0, table);
	bind_text(values, nulls, 1, guard->name);
	values[2] = Int16GetDatum(guard->type);
	bind_text(values, nulls, 3, guard->function);
	bind_text(values, nulls, 4, guard->columns);
	bind_text(values, nulls, 5, guard->arguments);
	values[6] = CharGetDatum(guard->is_ordinary ? TRIGGER_FIRES_ON_ORIGIN : TRIGGER_FIRES_ALWAYS);
	if (sql_run(&read, values, nulls) == 0)
		return GUARD_MISSING;
	if (!column_bool(0, 2))
		return GUARD_ALTERED;
	return column_bool(0, 1) ? GUARD_HOLDS : GUARD_NOT_ENABLED;
}

void
schema_visit_guards(GuardVisitor visitor, void *argument)
{
	for (size_t i = 0; i < lengthof(guards); i++)
	{
		uint64 count;
		char **tables = table_and_partitions(guards[i].table, &count);

		/* A partition has clones of row triggers; a lost one cannot occur alone. */
		for (uint64 j = 0; j < count; j++)
			visitor(&guards[i], tables[j], guard_fault(&guards[i], tables[j]), argument);
	}
}

static void
note_missing(const Guard *guard, const char *table, GuardFault fault, void *argument)
{
	*(bool *) argument |= fault == GUARD_MISSING;
}

bool
schema_is_complete(void)
{
	bool missing = false;

	schema_visit_guards(note_missing, &missing);
	return !missing;
}
