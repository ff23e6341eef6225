/*-------------------------------------------------------------------------
 *
 * access_store.c
 *	  The levels of access, as grants.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "errors.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/access_store.h"

typedef enum AccessLevel
{
	ACCESS_APP = 1 << 0,
	ACCESS_OPERATOR = 1 << 1,
	ACCESS_AUDITOR = 1 << 2,
	ACCESS_MONITOR = 1 << 3,
	ACCESS_NOTICE = 1 << 4
} AccessLevel;

#define READERS (ACCESS_OPERATOR | ACCESS_AUDITOR)
#define WATCHERS (READERS | ACCESS_MONITOR) /* health and counts: nobody's name, nobody's money */
#define CUSTOMERS_READERS (READERS | ACCESS_APP)
#define EVERYBODY (CUSTOMERS_READERS | ACCESS_MONITOR)

static const struct
{
	const char *name;
	AccessLevel level;
} levels[] = {
	{"app", ACCESS_APP},		 {"operator", ACCESS_OPERATOR}, {"auditor", ACCESS_AUDITOR},
	{"monitor", ACCESS_MONITOR}, {"notice", ACCESS_NOTICE},
};

typedef struct Right
{
	const char *privilege; /* and the object, after GRANT */
	unsigned levels;
} Right;

#define CALL(function) "EXECUTE ON FUNCTION billing." function
#define READ(table) "SELECT ON " BOOKS table
#define READ_VIEW(view) "SELECT ON billing." view

static const Right rights[] = {
	{"USAGE ON SCHEMA billing", EVERYBODY | ACCESS_NOTICE},
	{"USAGE ON SCHEMA " BOOKS_SCHEMA, CUSTOMERS_READERS},
	{CALL("version"), EVERYBODY},
	{CALL("error_codes"), EVERYBODY},
	{CALL("replicated_tables"), READERS},
	{CALL("day_start"), EVERYBODY},
	{CALL("authorize(text, text)"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("authorize(bigint, bigint, text)"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("balance"), CUSTOMERS_READERS},
	{CALL("balance_at"), CUSTOMERS_READERS},
	{CALL("statement"), CUSTOMERS_READERS},
	{CALL("statement_csv"), CUSTOMERS_READERS},
	{CALL("request_statement"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("statement_document"), CUSTOMERS_READERS},
	{CALL("statements"), CUSTOMERS_READERS},
	{CALL("retry_statement"), ACCESS_OPERATOR},
	{CALL("usage_report"), CUSTOMERS_READERS},
	{CALL("list_api_keys"), CUSTOMERS_READERS},
	{CALL("list_usage"), CUSTOMERS_READERS},
	{CALL("list_statement"), CUSTOMERS_READERS},
	{CALL("list_orders"), CUSTOMERS_READERS},
	{CALL("list_balance_alerts"), CUSTOMERS_READERS},
	{CALL("list_notifications"), CUSTOMERS_READERS},
	{CALL("quote"), CUSTOMERS_READERS},
	{CALL("list_prices"), CUSTOMERS_READERS},
	{CALL("price_lists"), CUSTOMERS_READERS},
	{CALL("price_choice"), EVERYBODY},
	{CALL("counts_at"), READERS},
	{CALL("is_price_hours"), EVERYBODY},
	{CALL("explain_charge"), CUSTOMERS_READERS},
	{CALL("create_account"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("find_account"), CUSTOMERS_READERS},
	{CALL("set_account_range"), ACCESS_OPERATOR},
	{CALL("api_key_account"), CUSTOMERS_READERS},
	{CALL("order_number_account"), CUSTOMERS_READERS},
	{CALL("account_references"), READERS},
	{CALL("price_fingerprint"), WATCHERS},
	{CALL("create_api_key"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("update_api_key"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("rotate_api_key"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("delete_api_key"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("update_contact"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("erase_contact"), ACCESS_OPERATOR},
	{CALL("set_balance_alert"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("set_notification"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("set_language"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("set_webhook"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("rotate_webhook_secret"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("delete_webhook"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("replay_webhook"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("webhooks"), CUSTOMERS_READERS},
	{CALL("set_email_template"), ACCESS_OPERATOR},
	{CALL("set_sms_template"), ACCESS_OPERATOR},
	{CALL("resend_notification"), ACCESS_OPERATOR},
	{CALL("dead_notification"), READERS},
	{CALL("payment_methods"), CUSTOMERS_READERS},
	{CALL("create_topup"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("plans"), CUSTOMERS_READERS},
	{CALL("plan_weights"), CUSTOMERS_READERS},
	{CALL("subscribe"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("plan_status"), CUSTOMERS_READERS},
	{CALL("plan_usage"), CUSTOMERS_READERS},
	{CALL("create_plan"), ACCESS_OPERATOR},
	{CALL("retire_plan"), ACCESS_OPERATOR},
	{CALL("set_plan_weight"), ACCESS_OPERATOR},
	{CALL("give_back_quota"), ACCESS_OPERATOR},
	{CALL("reset_quota_window"), ACCESS_OPERATOR},
	{CALL("extend_subscription"), ACCESS_OPERATOR},
	{CALL("earn_plans"), ACCESS_OPERATOR},
	{CALL("receive_notice"), ACCESS_NOTICE},
	{CALL("order_status"), CUSTOMERS_READERS},
	{CALL("refresh_order"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("cancel_order"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("arm"), ACCESS_OPERATOR},
	{CALL("disarm"), ACCESS_OPERATOR},
	{CALL("release_numbers"), ACCESS_OPERATOR},
	{CALL("release_refunds"), ACCESS_OPERATOR},
	{CALL("set_gateway"), ACCESS_OPERATOR},
	{CALL("set_payment_method"), ACCESS_OPERATOR},
	{CALL("create_promotion"), ACCESS_OPERATOR},
	{CALL("end_promotion"), ACCESS_OPERATOR},
	{CALL("end_rerate"), ACCESS_OPERATOR},
	{CALL("charge"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("meter"), ACCESS_APP | ACCESS_OPERATOR},
	{"INSERT ON " BOOKS "usage_inbox", ACCESS_APP | ACCESS_OPERATOR},
	{CALL("settle"), ACCESS_OPERATOR},
	{CALL("set_price"), ACCESS_OPERATOR},
	{CALL("import_prices"), ACCESS_OPERATOR},
	{CALL("end_prices"), ACCESS_OPERATOR},
	{CALL("withdraw_price"), ACCESS_OPERATOR},
	{CALL("correct_price"), ACCESS_OPERATOR},
	{CALL("set_price_list"), ACCESS_OPERATOR},
	{CALL("grant_bonus"), ACCESS_OPERATOR},
	{CALL("withdraw_bonus"), ACCESS_OPERATOR},
	{CALL("adjust"), ACCESS_OPERATOR},
	{CALL("write_off"), ACCESS_OPERATOR},
	{CALL("record_offline_payment"), ACCESS_OPERATOR},
	{CALL("reverse_offline_payment"), ACCESS_OPERATOR},
	{CALL("resolve_payment"), ACCESS_OPERATOR},
	{CALL("reverse_charge"), ACCESS_OPERATOR},
	{CALL("begin_rerate"), ACCESS_OPERATOR},
	{CALL("continue_rerate"), ACCESS_OPERATOR},
	{CALL("rerate_accounts"), READERS},
	{CALL("withdraw_approval"), ACCESS_OPERATOR},
	{CALL("reject_usage"), ACCESS_OPERATOR},
	{CALL("retry_set_aside"), ACCESS_OPERATOR},
	{CALL("dismiss_set_aside"), ACCESS_OPERATOR},
	{CALL("lock_account"), ACCESS_OPERATOR},
	{CALL("unlock_account"), ACCESS_OPERATOR},
	{CALL("close_account"), ACCESS_OPERATOR},
	{CALL("set_policy"), ACCESS_OPERATOR},
	{CALL("make_partitions"), ACCESS_OPERATOR},
	{CALL("close_partitions"), ACCESS_OPERATOR},
	{CALL("pause_workers"), ACCESS_OPERATOR},
	{CALL("unpark"), ACCESS_OPERATOR},
	{CALL("schedule_jobs"), ACCESS_OPERATOR},
	{CALL("unschedule_jobs"), ACCESS_OPERATOR},
	{CALL("book_expired"), ACCESS_OPERATOR},
	{CALL("sum_usage"), ACCESS_OPERATOR},
	{CALL("rebuild_usage_sums"), ACCESS_OPERATOR},
	{CALL("check_health"), WATCHERS},
	{CALL("settler"), WATCHERS},
	{CALL("unsettled_usage"), WATCHERS},
	{CALL("unpriced_usage"), WATCHERS},
	{CALL("awaiting_second"), READERS},
	{CALL("attention"), READERS},
	{CALL("find_payment"), READERS},
	{CALL("reconcile"), ACCESS_OPERATOR},
	{CALL("import_bill"), ACCESS_OPERATOR},
	{CALL("set_gateway_fee"), ACCESS_OPERATOR},
	{CALL("resolve_difference"), ACCESS_OPERATOR},
	{CALL("reconciled_day"), READERS},
	{CALL("gateway_balance"), READERS},
	{CALL("journal"), READERS},
	{CALL("record_take_back"), ACCESS_OPERATOR},
	{CALL("refund_quote"), CUSTOMERS_READERS},
	{CALL("request_refund"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("refunds"), CUSTOMERS_READERS},
	{CALL("refund_items"), CUSTOMERS_READERS},
	{CALL("approve_refund"), ACCESS_OPERATOR},
	{CALL("reject_refund"), ACCESS_OPERATOR},
	{CALL("refund_order"), ACCESS_OPERATOR},
	{CALL("retry_refund_item"), ACCESS_OPERATOR},
	{CALL("release_refund_item"), ACCESS_OPERATOR},
	{CALL("settle_refund_item_offline"), ACCESS_OPERATOR},
	{CALL("give_up_refund_item"), ACCESS_OPERATOR},
	{CALL("reopen_account"), ACCESS_OPERATOR},
	{CALL("set_working_day"), ACCESS_OPERATOR},
	{CALL("refund_queue"), READERS},
	{CALL("set_seller"), ACCESS_OPERATOR},
	{CALL("set_invoice_title"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("invoiceable"), CUSTOMERS_READERS},
	{CALL("request_invoice"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("withdraw_invoice"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("invoices"), CUSTOMERS_READERS},
	{CALL("invoice_document"), CUSTOMERS_READERS},
	{CALL("record_invoice"), ACCESS_OPERATOR},
	{CALL("decline_invoice"), ACCESS_OPERATOR},
	{CALL("record_red_invoice"), ACCESS_OPERATOR},
	{CALL("issue_due_invoices"), ACCESS_OPERATOR},
	{CALL("retry_invoice"), ACCESS_OPERATOR},
	{CALL("reverse_invoice"), ACCESS_APP | ACCESS_OPERATOR},
	{CALL("resolve_red_confirmation"), ACCESS_OPERATOR},
	{CALL("red_confirmations"), CUSTOMERS_READERS},
	{CALL("invoice_queue"), READERS},
	{CALL("number_invoices"), ACCESS_OPERATOR},
	{CALL("retry_document"), ACCESS_OPERATOR},
	{CALL("undo_take_back"), ACCESS_OPERATOR},
	{CALL("retry_gateway_call"), ACCESS_OPERATOR},
	{CALL("retry_gateway_calls"), ACCESS_OPERATOR},
	{CALL("policies"), READERS},
	{CALL("status"), WATCHERS},
	{CALL("verify()"), READERS},
	{CALL("verify(bigint)"), READERS},
	{CALL("seal_books"), ACCESS_OPERATOR},
	{CALL("export_seal"), READERS},
	{CALL("verify_seal"), READERS},
	{CALL("sealed_rows"), READERS},
	{READ_VIEW("policy"), READERS},
	{READ_VIEW("unpriced_usage"), WATCHERS},
	{READ_VIEW("awaiting_second"), READERS},
	{READ_VIEW("attention"), READERS},
	{READ_VIEW("reconciled_day"), READERS},
	{READ_VIEW("gateway_balance"), READERS},
	{READ_VIEW("refund_queue"), READERS},
	{READ_VIEW("invoice_queue"), READERS},
	{READ_VIEW("dead_notification"), READERS},
	{READ_VIEW("settler_lag"), WATCHERS},
	{READ("account"), READERS},
	{READ("account_profile"), READERS},
	{READ("account_lock"), READERS},
	{READ("contact_history"), READERS},
	{READ("account_range"), READERS},
	{"SELECT (account_id, key_id, kind, name, created_at, deleted_at, version_no, project, models, "
	 "expires_at, expiry_set_at, old_secret_until) ON " BOOKS "api_key",
	 READERS},
	{"SELECT (account_id, key_id, version_no, set_at, expires_at, old_secret_until, name, project, "
	 "models, actor, reason) ON " BOOKS "api_key_version",
	 READERS},
	{READ("price"), READERS},
	{READ("account_price_list"), READERS},
	{READ("clock_repair"), READERS},
	{READ("lot"), READERS},
	{READ("ledger_entry"), READERS},
	{READ("usage_event"), READERS},
	{READ("usage_inbox"), READERS},
	{READ("usage_set_aside"), READERS},
	{READ("parking"), READERS},
	{READ("usage_day"), READERS},
	{READ("usage_sum"), READERS},
	{READ("usage_summed"), READERS},
	{READ("closed_month"), READERS},
	{READ("charge_reversal"), READERS},
	{READ("charge_revision"), READERS},
	{READ("rerate"), READERS},
	{READ("rerate_account"), READERS},
	{READ("rerate_skip"), READERS},
	{READ("balance_alert"), READERS},
	{READ("notification"), READERS},
	{READ("notification_setting"), READERS},
	{READ("webhook_endpoint"), READERS},
	{READ("email_template"), READERS},
	{READ("sms_template"), READERS},
	{READ("payment_order"), READERS},
	{READ("plan"), READERS},
	{READ("plan_weight"), READERS},
	{READ("subscription"), READERS},
	{READ("quota"), READERS},
	{READ("payment"), READERS},
	{READ("payment_claim"), READERS},
	{READ("take_back"), READERS},
	{READ("refund_claim"), READERS},
	{READ("refund"), READERS},
	{READ("refund_item"), READERS},
	{READ("working_day"), READERS},
	{READ("seller"), READERS},
	{READ("invoice_title"), READERS},
	{READ("invoice"), READERS},
	{READ("invoice_line"), READERS},
	{READ("red_confirmation"), READERS},
	{READ("invoice_series"), READERS},
	{READ("document"), READERS},
	{READ("account_statement"), READERS},
	{READ("reconciliation"), READERS},
	{READ("bill_row"), READERS},
	{READ("reconciliation_difference"), READERS},
	{READ("reconciliation_line"), READERS},
	{READ("gateway"), READERS},
	{READ("payment_method"), READERS},
	{READ("promotion"), READERS},
	{READ("gateway_call"), READERS},
	{READ("gateway_notice"), READERS},
	{"SELECT (arming_no, epoch, armed_at, armed_by, login, disarmed_at, disarmed_by) ON " BOOKS
	 "arming",
	 READERS},
	{READ("approval_request"), READERS},
	{READ("audit_log"), READERS},
};

static unsigned
level_from_name(const char *name)
{
	for (size_t i = 0; i < lengthof(levels); i++)
		if (strcmp(levels[i].name, name) == 0)
			return levels[i].level;
	return 0;
}

bool
access_level_exists(const char *level)
{
	return level_from_name(level) != 0;
}

void
access_apply(const char *role, const char *level)
{
	unsigned wanted = level_from_name(level);

	for (size_t i = 0; i < lengthof(rights); i++)
	{
		if (rights[i].levels & wanted)
			(void) sql_execute(
				psprintf("GRANT %s TO %s", rights[i].privilege, quote_identifier(role)));
	}
}

int64
access_count_calls(const char *role)
{
	static Sql count = SQL("SELECT count(*) FROM pg_proc WHERE pronamespace = "
						   "'billing'::regnamespace AND has_function_privilege($1::name, oid, "
						   "'EXECUTE')",
						   TEXTOID);

	sql_latest(&count, (Datum[]){CStringGetTextDatum(role)}, NULL);
	return column_int64(0, 1);
}

void
access_withdraw(const char *role)
{
	for (size_t i = 0; i < lengthof(rights); i++)
		(void) sql_execute(
			psprintf("REVOKE %s FROM %s", rights[i].privilege, quote_identifier(role)));
}

void
access_grant_insert(const AccessGrant *grant)
{
	static Sql insert = SQL("INSERT INTO " BOOKS
							"access_grant (role_name, access_level) VALUES ($1::name, "
							"$2) ON CONFLICT DO NOTHING",
							TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, grant->role);
	bind_text(values, nulls, 1, grant->level);
	sql_run(&insert, values, nulls);
}

char *
access_grants_delete(const char *role)
{
	static Sql delete = SQL(
		"WITH gone AS (DELETE FROM " BOOKS "access_grant WHERE role_name = $1::name "
		"RETURNING access_level) SELECT string_agg(access_level, ', ' ORDER BY access_level) "
		"FROM gone",
		TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, role);
	sql_run(&delete, values, nulls);
	return column_text_or_null(0, 1);
}

AccessGrant *
access_grants_read(MemoryContext context, uint64 *count)
{
	static Sql read = SQL("SELECT role_name::text, access_level FROM " BOOKS
						  "access_grant WHERE role_name "
						  "IN (SELECT rolname FROM pg_roles) ORDER BY 1, 2");
	MemoryContext caller_context;
	AccessGrant *grants;

	*count = sql_run(&read, NULL, NULL);
	caller_context = MemoryContextSwitchTo(context);
	grants = palloc((*count + 1) * sizeof(AccessGrant));
	for (uint64 row = 0; row < *count; row++)
		grants[row] = (AccessGrant){column_text(row, 1), column_text(row, 2)};
	MemoryContextSwitchTo(caller_context);
	return grants;
}
