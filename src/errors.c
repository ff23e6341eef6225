/*-------------------------------------------------------------------------
 *
 * errors.c
 *	  The table of errors, and raising them.
 *
 * Codes are never reused or renumbered: applications match on them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "core/text.h"
#include "errors.h"

#define ACCOUNT INT64_FORMAT

#define MESSAGE_BYTES_MAX 1000

const ErrorCode error_codes[ERRORS_COUNT] = {
	[ERROR_NOT_INSTALLED] = {"LB001", "not_installed", "the billing tables are not installed",
							 "Run SELECT billing.install() as the role that shall own the books."},
	[ERROR_SCHEMA_VERSION] = {"LB002", "schema_version",
							  "the billing tables have version %d, this library needs %d",
							  "Use the version of the extension that made the tables: steps "
							  "from one version to another come with 1.0."},
	[ERROR_BOOKS_REPLICATED] =
		{"LB003", "books_replicated",
		 "these books are fed by subscription \"%s\": nothing is booked here",
		 "Book on the publisher. To take the books over, drop the "
		 "subscription and call billing.adopt_books()."},

	[ERROR_NULL_ARGUMENT] = {"LB101", "null_argument", "%s must not be null", "Give a value."},
	[ERROR_TEXT_EMPTY] = {"LB102", "text_empty", "%s must not be empty",
						  "Give a text that is not empty or blank."},
	[ERROR_TEXT_TOO_LONG] = {"LB103", "text_too_long", "%s is longer than %d bytes",
							 "Give a shorter text; long keys can be hashed first."},
	[ERROR_OUT_OF_RANGE] =
		{"LB104", "out_of_range", "%s must be %s, is %s",
		 "Give a value in that range; the function's comment tells more: \\df+."},
	[ERROR_NOT_FINITE] = {"LB105", "not_finite", "%s must be a finite value",
						  "NaN and Infinity are no amounts and no instants."},
	[ERROR_TOO_PRECISE] = {"LB106", "too_precise", "%s has more than %d decimals",
						   "Round it yourself; billing never rounds what a caller gives."},
	[ERROR_NOT_POSITIVE] = {"LB107", "not_positive", "%s must be greater than zero",
							"Give the amount without a sign; the function tells the direction."},
	[ERROR_INVALID_VALUE] = {"LB108", "invalid_value", "invalid %s: \"%s\"",
							 "The allowed values are in the function's comment: \\df+."},
	[ERROR_IDEMPOTENCY_CONFLICT] = {"LB109", "idempotency_conflict",
									"idempotency key \"%s\" of account " ACCOUNT
									" belongs to another request of %s",
									"Repeat a call with exactly the same arguments, or use a new "
									"key for a new request."},

	[ERROR_APPROVAL_CHANGED] =
		{"LB110", "approval_changed",
		 "the call that waits under idempotency key \"%s\" of account " ACCOUNT
		 " would move another amount by now",
		 "Ask for it again under a new idempotency key."},
	[ERROR_APPROVAL_UNKNOWN] = {"LB111", "approval_unknown",
								"no call of account " ACCOUNT
								" waits for a second person under idempotency key \"%s\"",
								"billing.awaiting_second lists what waits; what was carried out is "
								"undone by a call of its own."},
	[ERROR_APPROVAL_WITHDRAWN] = {"LB112", "approval_withdrawn",
								  "the call under idempotency key \"%s\" of account " ACCOUNT
								  " was withdrawn",
								  "Ask for it again under a new idempotency key."},

	[ERROR_CURSOR] = {"LB113", "cursor", "the cursor is %s",
					  "Give next_cursor as the same call returned it for the same account, or null "
					  "to begin with the newest."},

	[ERROR_ACCOUNT_UNKNOWN] = {"LB201", "account_unknown", "account " ACCOUNT " does not exist",
							   "Create it with billing.create_account()."},
	[ERROR_ACCOUNT_CONFLICT] = {"LB202", "account_conflict",
								"account " ACCOUNT " exists with other values: %s",
								"Repeat create_account() with the same arguments, or use another "
								"account_id and external_ref."},
	[ERROR_ACCOUNT_RESERVED] = {"LB203", "account_reserved",
								"account id " ACCOUNT " is reserved for the house",
								"Give a positive account_id, or NULL to have one made."},
	[ERROR_ACCOUNT_LOCKED] = {"LB204", "account_locked", "account " ACCOUNT " is locked: %s",
							  "An operator can lift it with billing.unlock_account(); that of a "
							  "refund ends by reject_refund() or reopen_account(), and a closed "
							  "account stays closed."},
	[ERROR_ACCOUNT_NOT_CLOSABLE] = {"LB205", "account_not_closable",
									"account " ACCOUNT " cannot be closed: %s",
									"An account closes with no arrears, less than 0.01 of cash "
									"and no unsettled usage."},
	[ERROR_KEY_UNKNOWN] = {"LB206", "key_unknown",
						   "account " ACCOUNT " has no API key " INT64_FORMAT,
						   "Use a key_id that create_api_key() returned for this account."},
	[ERROR_LOCK_NOT_OPERATORS] = {"LB207", "lock_not_operators",
								  "lock \"%s\" is not set or lifted by hand",
								  "Operators set and lift the locks operator and dispute."},
	[ERROR_TOO_MANY_ALERTS] = {"LB208", "too_many_alerts",
							   "account " ACCOUNT " has %d balance alerts already",
							   "Alerts that were switched off count, too: switch one on again."},
	[ERROR_ACCOUNT_FOREIGN] = {"LB209", "account_foreign",
							   "account " ACCOUNT
							   " is another database's: the accounts here are " ACCOUNT
							   " to " ACCOUNT,
							   "Call the database that has it, or the router, which knows them "
							   "all: docs/several-databases.md."},
	[ERROR_RANGE_TOO_NARROW] =
		{"LB210", "range_too_narrow",
		 "the accounts of these books cannot be %s: there is account " ACCOUNT,
		 "A range holds all accounts that there are; accounts do not move."},
	[ERROR_IDS_USED_UP] = {"LB211", "ids_used_up",
						   "every account id from " ACCOUNT " to " ACCOUNT " is taken",
						   "Make accounts in another database, or widen the range of this one: "
						   "billing.set_account_range()."},

	[ERROR_CONTACT_NEEDED] = {"LB212", "contact_needed",
							  "the contact of account " ACCOUNT " is needed still: %s",
							  "Let it end, or end it, and erase the contact then."},
	[ERROR_KEY_DELETED] = {"LB213", "key_deleted",
						   "API key " INT64_FORMAT " of account " ACCOUNT " is deleted",
						   "A deleted key stays as it is; make another one with "
						   "billing.create_api_key()."},

	[ERROR_USAGE_FUTURE] = {"LB301", "usage_in_future",
							"request \"%s\" of account " ACCOUNT " is stamped in the future",
							"Check the caller's clock; policy future_tolerance is the limit."},
	[ERROR_USAGE_BEFORE_ACCOUNT] = {"LB302", "usage_before_account",
									"request \"%s\" is stamped before account " ACCOUNT
									" was created",
									"Check occurred_at: it is the start of the call."},
	[ERROR_USAGE_TOO_OLD] = {"LB303", "usage_too_old",
							 "request \"%s\" of account " ACCOUNT
							 " is older than the dedupe window",
							 "Policy dedupe_window limits how late usage may be reported."},
	[ERROR_REQUEST_CONFLICT] = {"LB304", "request_conflict",
								"request \"%s\" of account " ACCOUNT
								" was recorded with another payload: %s, now %s",
								"A request_id names one request; use a new one for another."},
	[ERROR_REQUEST_UNKNOWN] = {"LB305", "request_unknown",
							   "account " ACCOUNT " has no request \"%s\"",
							   "Only requests that were recorded can be explained or undone."},
	[ERROR_REQUEST_NOT_CHARGED] = {"LB306", "request_not_charged",
								   "request \"%s\" of account " ACCOUNT
								   " was not charged: its status is %s",
								   "Only a charged request can be undone."},
	[ERROR_REQUEST_REVERSED] = {"LB307", "request_reversed",
								"the charge of request \"%s\" of account " ACCOUNT
								" is undone already",
								"A charge can be undone once."},
	[ERROR_REPORT_CLOSED] =
		{"LB308", "report_closed", "usage before %s is known as sums of days only: %s",
		 "Report whole days, in the time zone in which they were summed up "
		 "(billing_books.usage_day), by key, model or day and by recorded_at, or begin later."},

	[ERROR_USAGE_BEFORE_KEY] = {"LB309", "usage_before_key",
								"request \"%s\" of account " ACCOUNT
								" is stamped before its key " INT64_FORMAT " was made",
								"Check occurred_at and key_id; policy future_tolerance is what "
								"clocks may differ by."},

	[ERROR_USAGE_METERS] = {"LB313", "usage_meters", "meters cannot be read: %s",
							"A flat JSON object of at most 16 names and whole numbers, such as "
							"{\"web_search\": 3}."},
	[ERROR_USAGE_TAGS] = {"LB314", "usage_tags", "tags cannot be read: %s",
						  "A flat JSON object of at most 8 names and texts, such as "
						  "{\"feature\": \"search\"}."},
	[ERROR_CHARGE_TOO_LARGE] =
		{"LB315", "charge_too_large",
		 "request \"%s\" of account " ACCOUNT
		 " would cost more than an amount of money can be, by price " INT64_FORMAT,
		 "Check its meters: more than 999,999,999.999999999 is no charge."},
	[ERROR_USAGE_UNSTAMPED] = {"LB316", "usage_unstamped",
							   "request \"%s\" of account " ACCOUNT " has no occurred_at",
							   "Give the start of the call: policy require_occurred_at asks for "
							   "it."},
	[ERROR_CLOSED_MEANWHILE] =
		{"LB312", "closed_meanwhile",
		 "a month of usage was closed since this transaction took its snapshot",
		 "Call again; at REPEATABLE READ and SERIALIZABLE in a new transaction."},
	[ERROR_SET_ASIDE_UNKNOWN] = {"LB311", "set_aside_unknown",
								 "no row that was set aside has number " INT64_FORMAT " and waits",
								 "SELECT * FROM billing_books.usage_set_aside WHERE handled_at IS "
								 "NULL lists those that do."},
	[ERROR_REQUEST_NOT_UNPRICED] = {"LB310", "request_not_unpriced",
									"request \"%s\" of account " ACCOUNT
									" does not wait for a price: its status is %s",
									"Only unpriced usage can be rejected; a charge is undone by "
									"reverse_charge()."},

	[ERROR_PRICE_BACKDATED] = {"LB401", "price_backdated",
							   "price of model \"%s\" would have priced a booked charge (request "
							   "\"%s\" of account " ACCOUNT ")",
							   "Let the price begin later, or leave effective_from out: from now "
							   "on."},
	[ERROR_PRICE_CONFLICT] = {"LB402", "price_conflict",
							  "model \"%s\" has another price in %s over " INT64_FORMAT
							  " prompt tokens from that instant",
							  "Prices are never changed: set one that begins later."},
	[ERROR_PRICE_INCOMPLETE] = {"LB403", "price_incomplete",
								"price of model \"%s\" has no %s price",
								"Only the cache prices may be left out; they are then the input "
								"price."},
	[ERROR_PRICE_UNKNOWN] = {"LB404", "price_unknown",
							 "model \"%s\" has no price in %s at that time",
							 "Set one with billing.set_price() or billing.import_prices()."},
	[ERROR_PRICE_FILE] = {"LB405", "price_file", "price file, record %d: %s",
						  "The fields are provider, model, prompt_tokens_over, "
						  "usd_per_million_input, usd_per_million_output, "
						  "usd_per_million_cache_read, usd_per_million_cache_write."},
	[ERROR_PRICE_LIST_UNKNOWN] = {"LB408", "price_list_unknown", "no price stands in list \"%s\"",
								  "set_price() and import_prices() put prices into a list; "
								  "list_prices() shows them."},
	[ERROR_PRICE_LIST_CONFLICT] = {"LB409", "price_list_conflict",
								   "account " ACCOUNT " is on list \"%s\" from that instant",
								   "What was said stays: say another list from a later instant."},
	[ERROR_PRICE_ROW_UNKNOWN] = {"LB410", "price_row_unknown", "there is no price " INT64_FORMAT,
								 "list_prices() shows the numbers of prices."},
	[ERROR_PRICE_ITEMS] = {"LB412", "price_items", "prices of meters cannot be read: %s",
						   "Meters, their price, and for how many units it is, such as image 0.04, "
						   "web_search 10/1000."},
	[ERROR_METER_UNLISTED] = {"LB413", "meter_unlisted",
							  "price " INT64_FORMAT " does not say what all of these cost: %s",
							  "A price names its meters when it is set; such usage waits."},
	[ERROR_PRICE_IN_FORCE] = {"LB411", "price_in_force",
							  "price " INT64_FORMAT " is in force since %s",
							  "end_prices() ends it, and set_price() sets another, from an instant "
							  "on."},
	[ERROR_PRICE_NOT_CORRECTABLE] = {"LB414", "price_not_correctable",
									 "price " INT64_FORMAT " cannot be corrected: %s",
									 "Only a price that is in force is corrected; one that is not "
									 "yet is withdrawn by withdraw_price()."},
	[ERROR_RERATE_UNKNOWN] = {"LB415", "rerate_unknown", "there is no re-rating " INT64_FORMAT,
							  "begin_rerate() returns its number."},
	[ERROR_RERATE_STATE] =
		{"LB416", "rerate_state", "re-rating " INT64_FORMAT " %s",
		 "continue_rerate() goes on with one that has begun, end_rerate() ends it; "
		 "what is out of date is begun again under another key."},
	[ERROR_WEIGHT_CONFLICT] =
		{"LB406", "weight_conflict",
		 "model \"%s\" has another weight on plan \"%s\" in that tier from that "
		 "instant",
		 "Weights are never changed: set one that begins later."},
	[ERROR_WEIGHT_BACKDATED] = {"LB407", "weight_backdated",
								"model \"%s\" was counted on plan \"%s\" after that instant",
								"Let the weight begin later, or leave effective_from out: from now "
								"on."},

	[ERROR_CURRENCY_MISMATCH] = {"LB501", "currency_mismatch",
								 "account " ACCOUNT " has currency %s, not %s",
								 "An account's currency is for life; amounts are never converted."},
	[ERROR_AMOUNT_OVERFLOW] = {"LB502", "amount_overflow",
							   "an amount would leave the range of the books",
							   "Amounts are below 1,000,000,000; credit raises no balance above "
							   "500,000,000, and no debit of an operator lowers one below "
							   "-500,000,000."},
	[ERROR_LOT_UNKNOWN] = {"LB503", "lot_unknown",
						   "account " ACCOUNT " has no granted bonus in lot " INT64_FORMAT,
						   "Use the lot_no that grant_bonus() returned."},
	[ERROR_NOTHING_TO_WITHDRAW] = {"LB504", "nothing_to_withdraw",
								   "lot " INT64_FORMAT " of account " ACCOUNT
								   " holds nothing any more",
								   "Use adjust() with a negative amount for what was used."},
	[ERROR_MORE_THAN_ARREARS] = {"LB505", "more_than_arrears",
								 "account " ACCOUNT " owes less than that: %s",
								 "Write off what is owed at the most."},
	[ERROR_ORDER_UNKNOWN] =
		{"LB506", "order_unknown", "account " ACCOUNT " has no such order: " INT64_FORMAT,
		 "Use the order_id that create_topup(), or the id that record_offline_payment() "
		 "returned."},
	[ERROR_ORDER_REVERSED] = {"LB507", "order_reversed",
							  "order " INT64_FORMAT " of account " ACCOUNT " is reversed already",
							  "A payment can be reversed once."},
	[ERROR_PAYMENT_DUPLICATE] =
		{"LB508", "payment_duplicate",
		 "payment \"%s\" is recorded already, as order " INT64_FORMAT " of account " ACCOUNT,
		 "A bank transfer counts once, over all accounts; reverse the other "
		 "one first if it was a mistake."},
	[ERROR_PAYMENT_AFTER_LOCK] = {"LB509", "payment_after_lock",
								  "account " ACCOUNT " was locked when this was paid: %s",
								  "Send the money back, or lift the lock first; a closed account "
								  "stays closed."},

	[ERROR_CHARGE_WRITTEN_OFF] = {"LB510", "charge_written_off",
								  "what paid the charge was taken back, and of that debt "
								  "something was written off",
								  "Give back by adjust() what is due; what was forgiven is not."},

	[ERROR_GATEWAY_UNKNOWN] = {"LB511", "gateway_unknown", "there is no %s \"%s\"",
							   "billing_books.gateway and billing_books.payment_method list what "
							   "was set up; docs/operating.md says how."},
	[ERROR_GATEWAY_CONFLICT] =
		{"LB512", "gateway_conflict", "gateway \"%s\" exists with another %s",
		 "Orders are pinned to their gateway for ever: give the other merchant account a name of "
		 "its own, and retire the old one."},
	[ERROR_METHOD_UNAVAILABLE] = {"LB513", "method_unavailable",
								  "payment method \"%s\" cannot be used now: %s",
								  "billing.payment_methods() lists those of an account, with the "
								  "amounts that they take."},
	[ERROR_PROMOTION_UNAVAILABLE] = {"LB514", "promotion_unavailable",
									 "promotion \"%s\" cannot be used: %s",
									 "Place the order without it, or with another one."},
	[ERROR_PAYER] = {"LB515", "payer", "payer cannot be used, field \"%s\": %s",
					 "payer is a JSON object of the texts client_ip, terminal, uid and email; "
					 "billing.payment_methods() says what a method needs."},
	[ERROR_ORDER_STATE] = {"LB516", "order_state",
						   "order " INT64_FORMAT " of account " ACCOUNT " is %s",
						   "Only an order that can still be paid can be cancelled or refreshed."},
	[ERROR_ORDER_TOO_SOON] = {"LB517", "order_too_soon",
							  "order " INT64_FORMAT " of account " ACCOUNT
							  " was asked for less than 5 seconds ago",
							  "Read billing.order_status() instead: it asks no gateway."},
	[ERROR_PAYMENT_UNKNOWN] = {"LB518", "payment_unknown",
							   "account " ACCOUNT " has no payment " INT64_FORMAT,
							   "billing_books.payment lists them."},
	[ERROR_PAYMENT_STATE] =
		{"LB519", "payment_state",
		 "payment " INT64_FORMAT " of account " ACCOUNT " cannot be resolved so: %s",
		 "docs/books-and-states.md 4.1 lists what can be done with a payment in "
		 "each state."},
	[ERROR_CALL_UNKNOWN] = {"LB520", "call_unknown",
							"account " ACCOUNT " has no parked call " INT64_FORMAT,
							"SELECT * FROM billing.parked_calls lists them."},
	[ERROR_NOT_ARMED] = {"LB521", "not_armed", "gateways cannot be called from here: %s",
						 "docs/operating.md has a chapter on arming."},
	[ERROR_NOTICE] = {"LB522", "notice", "no message of a gateway: %s",
					  "Pass headers, query and body as they came."},

	[ERROR_SECOND_PERSON] = {"LB523", "second_person", "%s needs somebody else than who %s",
							 "Another person calls it, with a login and as an actor of his own."},
	[ERROR_TAKE_BACK_DUPLICATE] = {"LB524", "take_back_duplicate",
								   "refund \"%s\" of payment " INT64_FORMAT " of account " ACCOUNT
								   " is recorded already",
								   "A gateway's refund counts once; find_payment() shows as what."},
	[ERROR_TAKE_BACK_UNKNOWN] = {"LB525", "take_back_unknown",
								 "account " ACCOUNT " has no take-back " INT64_FORMAT
								 " that can be undone",
								 "find_payment() lists the take-backs of a payment; one can be "
								 "undone once, and an offline_reversal not at all."},
	[ERROR_TAKE_BACK_EXCEEDS] =
		{"LB526", "take_back_exceeds",
		 "there is not so much of payment " INT64_FORMAT " of account " ACCOUNT
		 " that could be taken back",
		 "What was taken back before, and what went back otherwise, is left out; find_payment() "
		 "shows it."},
	[ERROR_NO_BILL] = {"LB527", "no_bill",
					   "gateway \"%s\" has no bill of its own that could be fetched",
					   "Bring its report by billing.import_bill(); of two names for one merchant "
					   "account the other has it."},
	[ERROR_BILL_FETCHED] = {"LB528", "bill_fetched",
							"the bills of gateway \"%s\" are fetched from it, and not imported",
							"Call billing.reconcile()."},
	[ERROR_BILL] =
		{"LB529", "bill", "the bill cannot be imported: %s",
		 "A header names the columns: kind, amount, and as far as they are known "
		 "order_number, transaction_id, refund_number, refund_id, fee, at; while a run of "
		 "the day goes on, wait for it."},
	[ERROR_DIFFERENCE_UNKNOWN] = {"LB530", "difference_unknown",
								  "there is no open difference " INT64_FORMAT,
								  "billing_books.reconciliation_difference lists them."},

	[ERROR_NOTHING_TO_REFUND] = {"LB531", "nothing_to_refund",
								 "account " ACCOUNT " has nothing that can be refunded",
								 "SELECT * FROM billing.refund_quote(account_id) shows why."},
	[ERROR_REFUND_OPEN] = {"LB532", "refund_open",
						   "account " ACCOUNT " has an open refund already: " INT64_FORMAT,
						   "It has to end first; billing.refunds(account_id) shows how far it is."},
	[ERROR_REFUND_UNKNOWN] = {"LB533", "refund_unknown",
							  "account " ACCOUNT " has no refund " INT64_FORMAT,
							  "SELECT * FROM billing.refunds(account_id) lists them."},
	[ERROR_REFUND_STATE] = {"LB534", "refund_state",
							"refund " INT64_FORMAT " of account " ACCOUNT " is %s",
							"Only one that is accepted can be approved or rejected."},
	[ERROR_REFUND_WAITS] =
		{"LB535", "refund_waits",
		 "refund " INT64_FORMAT " of account " ACCOUNT " cannot be approved yet: %s",
		 "Usage that comes late is charged first; billing.refund_queue shows from when on it "
		 "can be."},
	[ERROR_REFUND_ITEM_UNKNOWN] = {"LB536", "refund_item_unknown",
								   "account " ACCOUNT " has no refund item " INT64_FORMAT,
								   "SELECT * FROM billing.refund_items(account_id) lists them."},
	[ERROR_REFUND_ITEM_STATE] =
		{"LB537", "refund_item_state", "refund item " INT64_FORMAT " of account " ACCOUNT " is %s",
		 "docs/books-and-states.md 4.5 lists what can be done with one in each state."},
	[ERROR_REFUND_EXCEEDS] = {"LB538", "refund_exceeds",
							  "of order " INT64_FORMAT " of account " ACCOUNT
							  " no more than %s can be refunded",
							  "SELECT * FROM billing.refund_quote(account_id) shows why."},
	[ERROR_REFUND_TAKEN] = {"LB539", "refund_taken",
							"refund item " INT64_FORMAT " of account " ACCOUNT
							" cannot be sent again: its payment was taken back",
							"Release it: release_refund_item()."},
	[ERROR_PLAN_UNAVAILABLE] = {"LB540", "plan_unavailable", "plan \"%s\" cannot be used: %s",
								"SELECT * FROM billing.plans() lists what there is."},
	[ERROR_SUBSCRIPTION_UNKNOWN] = {"LB541", "subscription_unknown",
									"account " ACCOUNT " has no subscription " INT64_FORMAT,
									"SELECT * FROM billing.plan_status(account_id) lists them."},
	[ERROR_SUBSCRIPTION_STATE] = {"LB542", "subscription_state",
								  "nothing can be done with subscription " INT64_FORMAT
								  " of account " ACCOUNT ": %s",
								  "SELECT * FROM billing.plan_status(account_id) shows how it is."},
	[ERROR_INVOICE_TITLE] = {"LB543", "invoice_title", "invoice title \"%s\" cannot be used: %s",
							 "set_invoice_title() sets one; the rules are R16 of docs/rules.md."},
	[ERROR_INVOICE_EXCEEDS] = {"LB544", "invoice_exceeds",
							   "of order " INT64_FORMAT " of account " ACCOUNT
							   " no more than %s can be invoiced",
							   "SELECT * FROM billing.invoiceable(account_id) shows why."},
	[ERROR_INVOICE_UNKNOWN] = {"LB545", "invoice_unknown",
							   "account " ACCOUNT " has no invoice " INT64_FORMAT,
							   "SELECT * FROM billing.invoices(account_id) lists them."},
	[ERROR_INVOICE_STATE] = {"LB546", "invoice_state",
							 "invoice " INT64_FORMAT " of account " ACCOUNT " is %s",
							 "docs/books-and-states.md 4.6 lists what can be done with one in each "
							 "state."},
	[ERROR_INVOICE_NUMBER] = {"LB548", "invoice_number", "number %s is that of another invoice",
							  "The bureau gives a number once: look at the document again."},
	[ERROR_INVOICE] = {"LB547", "invoice", "no invoice can be applied for: %s",
					   "Mainland accounts apply for invoices of paid orders; abroad they come by "
					   "themselves."},
	[ERROR_SELLER] = {"LB549", "seller", "the seller of %s cannot be set: %s",
					  "\\df+ billing.set_seller says what each region needs."},
	[ERROR_RED_UNKNOWN] = {"LB550", "red_unknown",
						   "account " ACCOUNT " has no red confirmation " INT64_FORMAT,
						   "SELECT * FROM billing.red_confirmations(account_id) lists them."},
	[ERROR_RED_STATE] = {"LB551", "red_state",
						 "red confirmation " INT64_FORMAT " of account " ACCOUNT " is %s",
						 "docs/books-and-states.md 4.7 lists what can be done with one in each "
						 "state."},
	[ERROR_TEMPLATE] = {"LB560", "template", "the template of %s cannot be used: %s",
						"docs/integrating.md lists the events and what each offers."},
	[ERROR_NOTIFICATION_UNKNOWN] = {"LB561", "notification_unknown",
									"account " ACCOUNT " has no such notification " INT64_FORMAT,
									"SELECT * FROM billing.notifications(account_id) lists them."},
	[ERROR_NOTIFICATION_STATE] = {"LB562", "notification_state",
								  "notification " INT64_FORMAT " of account " ACCOUNT " is %s",
								  "Its answer comes within a minute: try again then."},
	[ERROR_WEBHOOK] = {"LB563", "webhook", "the webhook cannot be set: %s",
					   "docs/integrating.md has a chapter on webhooks."},
	[ERROR_WEBHOOK_UNKNOWN] = {"LB564", "webhook_unknown",
							   "account " ACCOUNT " has no webhook " INT64_FORMAT,
							   "SELECT * FROM billing.webhooks(account_id) lists them."},
	[ERROR_STATEMENT] = {"LB570", "statement",
						 "no statement of account " ACCOUNT " can be made for this period: %s",
						 "Ask for a shorter period; statements need a seller: set_seller()."},
	[ERROR_STATEMENT_UNKNOWN] = {"LB571", "statement_unknown",
								 "account " ACCOUNT " has no statement " INT64_FORMAT,
								 "SELECT * FROM billing.statements(account_id) lists them."},
	[ERROR_STATEMENT_FAILED] = {"LB572", "statement_failed",
								"statement " INT64_FORMAT " of account " ACCOUNT
								" could not be drawn: %s",
								"An operator has it drawn again: retry_statement()."},
	[ERROR_STATEMENT_ERASED] = {"LB573", "statement_erased",
								"statement " INT64_FORMAT " of account " ACCOUNT " was erased",
								"Ask for another one of its period: request_statement()."},

	[ERROR_HISTORY] = {"LB601", "history", "%s of table \"%s\" is refused: it is history",
					   "Corrections are new entries: adjust(), reverse_charge(), "
					   "reverse_offline_payment()."},
	[ERROR_TRANSFER] =
		{"LB602", "transfer", "the books do not allow this transfer",
		 "If no statement of yours wrote to the ledger, report a defect of billing."},
	[ERROR_POLICY_UNKNOWN] = {"LB603", "policy_unknown", "policy \"%s\" does not exist",
							  "SELECT * FROM billing.policy lists them."},
	[ERROR_POLICY_VALUE] = {"LB604", "policy_value", "invalid value for policy \"%s\": %s",
							"SELECT * FROM billing.policy shows type and bounds."},
	[ERROR_ACCESS_LEVEL] = {"LB605", "access_level", "access level \"%s\" does not exist",
							"The levels are app, operator, auditor, monitor and notice."},
	[ERROR_ROLE_UNKNOWN] = {"LB606", "role_unknown", "role \"%s\" does not exist",
							"Create it with CREATE ROLE first."},
	[ERROR_POLICY_OWNER] =
		{"LB607", "policy_owner", "policy \"%s\" is set by the owner of the books",
		 "Call set_policy() as the owner of the tables or a superuser: no operator "
		 "can do without a second person."},
	[ERROR_NOT_SUPERUSER] = {"LB608", "not_superuser", "%s is for a superuser",
							 "Rights on the functions are given by their owner."},
	[ERROR_NOT_PRELOADED] = {"LB609", "not_preloaded", "billing has no background workers here",
							 "Add billing to shared_preload_libraries and restart the server."},
	[ERROR_WORKERS_BUSY] = {"LB610", "workers_busy", "a background worker did not end in time",
							"It is paused from its next turn on: try again."},
	[ERROR_UNHEALTHY] =
		{"LB611", "unhealthy", "billing needs attention: %s",
		 "SELECT * FROM billing.status() tells more; see the chapter on watching in "
		 "the operators' guide."},
	[ERROR_SCHEMA_OPEN] =
		{"LB612", "schema_open", "role \"%s\" may create objects in schema \"%s\"",
		 "In schema billing that is for superusers alone, in billing_books for the owner of the books "
		 "alone: REVOKE CREATE ON SCHEMA; migrate() does it for billing."},
	[ERROR_SCHEMA_MISSING] =
		{"LB613", "schema_missing", "there is no schema \"%s\", and you may not create it",
		 "A superuser can make it for you: CREATE SCHEMA billing_books AUTHORIZATION your_role."},
	[ERROR_SCHEMA_TAKEN] =
		{"LB614", "schema_taken", "schema \"billing\" has objects already, such as %s",
		 "All that is in it would become the extension's: drop it or move it, or rename the schema."},
	[ERROR_TABLES_ALTERED] =
		{"LB615", "tables_altered", "the tables are not as install() made them: %s from \"%.*s\"",
		 "Somebody altered a table of billing_books, or put a trigger or rule on it that changes "
		 "what is written: take that back, then try again."},
	[ERROR_LIFECYCLE] =
		{"LB616", "lifecycle", "the %s is %s, and cannot become %s",
		 "States change by the calls alone; docs/books-and-states.md 4 lists which changes there are."},
	[ERROR_ROW_ALTERED] =
		{"LB617", "row_altered", "a row is not as billing wrote it: %s",
		 "Its account cannot be booked until somebody with the owner's rights has put it right; "
		 "billing.verify() shows what does not fit."},
	[ERROR_TABLES_DISTRIBUTED] =
		{"LB618", "tables_distributed", "table \"%s\" is Citus's: its rows are not all here",
		 "Undo that with undistribute_table(): books are shared out over independent databases; "
		 "docs/several-databases.md."},
	[ERROR_SEAL_SNAPSHOT] = {"LB623", "seal_snapshot", "seal_books() works at READ COMMITTED alone",
							 "A transaction that keeps a snapshot cannot see all that it would "
							 "seal: call it in one of its own."},
	[ERROR_SEAL_UNKNOWN] =
		{"LB624", "seal_unknown", "there is no seal " INT64_FORMAT,
		 "billing_books.seal lists those that there are; seal_books() makes one."},
	[ERROR_SEAL_MALFORMED] = {"LB625", "seal_malformed", "this is no seal: line %d is none of one",
							  "Give it the text of export_seal(), whole and as it was."},
	[ERROR_SEAL_ALTERED] =
		{"LB626", "seal_altered",
		 "this seal is not as it was exported: its root is not that of its lines",
		 "Somebody changed the text, or it was copied in part: find another copy."},
	[ERROR_DATABASE_ENCODING] = {"LB619", "database_encoding",
								 "the encoding of this database is %s: billing needs UTF8",
								 "CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0."},
	[ERROR_CLOCK] =
		{"LB620", "clock", "the server's clock is not believed: it %s",
		 "Put the clock right: then it is believed again. Where it is right, a superuser "
		 "calls billing.confirm_clock(reason)."},
	[ERROR_CLOCK_PREPARED] =
		{"LB622", "clock_prepared", "a transaction that confirms the clock cannot be prepared",
		 "A clock is confirmed as it is now, not as it may be when that is committed: call "
		 "confirm_clock() in a transaction of its own."},
	[ERROR_ACCOUNT_AHEAD] =
		{"LB621", "account_ahead",
		 "account " ACCOUNT " was booked last at %s, which the clock is %s behind",
		 "A clock is wrong, or was: status() says whether this one is. Where the "
		 "other was, a superuser calls billing.repair_clock(account_id, reason); "
		 "docs/operating.md has a chapter on clocks."},
	[ERROR_BEGINS_AHEAD] =
		{"LB628", "begins_ahead", "from now on would begin behind %s, which the clock is %s behind",
		 "Something was booked by a clock that was ahead, or this one is behind: status() says. Where "
		 "effective_from is an argument, name an instant; docs/operating.md has a chapter on clocks."},
	[ERROR_NOT_AHEAD] = {"LB627", "not_ahead",
						 "account " ACCOUNT
						 " was booked last at %s, which is not ahead of the clock by more than "
						 "policy clock_jump",
						 "There is nothing to repair: the account is booked as any other."},
	[ERROR_CLOSED_BEHIND] =
		{"LB629", "closed_behind",
		 "account " ACCOUNT " cannot be repaired as of %s: usage is closed until %s",
		 "What a closed month says stays. The account is booked again when the clock has come to "
		 "its last booking; docs/operating.md has a chapter on clocks."},
	[ERROR_TABLE_UNSUITED] =
		{"LB630", "table_unsuited", "table \"%s\" cannot be booked on: %s",
		 "Tables that every request needs are read and written row by row, without what only the "
		 "executor carries out: take that off the table; docs/operating.md says what may be on it."},
	[ERROR_INTERNAL] = {"LB699", "internal", "%s",
						"This is a defect of billing: please report it."},
};

/* A message is one line and not too long, whatever a caller's value had in it. */
static char *
one_line(char *message)
{
	int length = pg_mbcliplen(message, strlen(message), MESSAGE_BYTES_MAX);

	message[length] = '\0';
	return text_one_line(message);
}

static char *
format_message(BillingError error, va_list arguments)
{
	StringInfoData message;
	int needed;

	initStringInfo(&message);
	for (;;)
	{
		va_list copy;

		va_copy(copy, arguments);
		needed = appendStringInfoVA(&message, error_codes[error].message, copy);
		va_end(copy);
		if (needed == 0)
			return one_line(message.data);
		enlargeStringInfo(&message, needed);
	}
}

Fault
fault_of(BillingError error, ...)
{
	Fault fault = {.error = error};
	va_list arguments;

	va_start(arguments, error);
	fault.message = format_message(error, arguments);
	va_end(arguments);
	return fault;
}

int
error_sqlstate(BillingError error)
{
	const char *s = error_codes[error].sqlstate;

	return MAKE_SQLSTATE(s[0], s[1], s[2], s[3], s[4]);
}

Fault
fault_of_limit(LimitId limit, const char *name, int64 value)
{
	char range[LIMITS_TEXT_SIZE];
	char given[LIMITS_TEXT_SIZE];

	if (limits_allow(limit, value))
		return NO_FAULT;
	return fault_of(ERROR_OUT_OF_RANGE, name, limits_print_range(limit, range),
					limits_print_value(limit, value, given));
}

Fault
fault_of_text(const char *name, const char *text, int bytes_max)
{
	if (text == NULL)
		return fault_of(ERROR_NULL_ARGUMENT, name);
	if (text_is_blank(text))
		return fault_of(ERROR_TEXT_EMPTY, name);
	if (strlen(text) > (size_t) bytes_max)
		return fault_of(ERROR_TEXT_TOO_LONG, name, bytes_max);
	return NO_FAULT;
}

void
refuse_fault(const Fault *fault)
{
	ereport(ERROR, (errcode(error_sqlstate(fault->error)), errmsg_internal("%s", fault->message),
					fault->detail ? errdetail_internal("%s", fault->detail) : 0,
					errhint("%s", error_codes[fault->error].hint)));
}

void
refuse(BillingError error, ...)
{
	Fault fault = {.error = error};
	va_list arguments;

	va_start(arguments, error);
	fault.message = format_message(error, arguments);
	va_end(arguments);
	refuse_fault(&fault);
}

void
refuse_as_server(int sqlstate, const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(sqlstate), errmsg_internal("%s", message), hint ? errhint("%s", hint) : 0));
}

void
check_outcome(Outcome result)
{
	switch (result)
	{
		case OUTCOME_OK:
			return;
		case OUTCOME_OUT_OF_RANGE:
			refuse(ERROR_AMOUNT_OVERFLOW);
		case OUTCOME_WRITTEN_OFF:
			refuse(ERROR_CHARGE_WRITTEN_OFF);
		case OUTCOME_TOO_MANY:
			refuse(ERROR_INTERNAL, "a transaction makes more transfers than were foreseen");
		case OUTCOME_NO_SUCH_LOT:
			refuse(ERROR_INTERNAL, "a lot of the account was not loaded");
		case OUTCOME_NOT_ALLOWED:
		case OUTCOME_NOT_COVERED:
		case OUTCOME_MALFORMED:
			break;
	}
	refuse(ERROR_TRANSFER);
}
