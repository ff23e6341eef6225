/*-------------------------------------------------------------------------
 *
 * verify_store.c
 *	  Recomputing everything (books-and-states 3, end).
 *
 * All checks read the snapshot of the caller's query, so that they are of one
 * moment while others book. Each returns account_id and a detail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "spi/column.h"
#include "spi/sql.h"
#include "store/ledger_store.h"
#include "store/schema_store.h"
#include "store/usage_store.h"
#include "store/verify_store.h"

/* SQL: the end of the last closed month, whose usage is known as sums of days. */
#define CLOSED_UNTIL \
	"coalesce((SELECT max(ends_at) FROM billing.closed_month), timestamptz '-infinity')"

typedef struct Check
{
	const char *name;
	Sql statement;
} Check;

static Check checks[] = {
	{"entry_numbers",
	 SQL("SELECT coalesce(a.account_id, e.account_id), format('account has %s entries up to "
		 "number %s, expected %s', coalesce(e.entries, 0), coalesce(e.newest, 0), "
		 "coalesce(a.last_entry_no::text, 'an account')) FROM billing.account AS a FULL JOIN "
		 "(SELECT account_id, count(*) AS entries, max(entry_no) AS newest, min(entry_no) AS "
		 "oldest FROM billing.ledger_entry GROUP BY account_id) AS e ON e.account_id = "
		 "a.account_id WHERE (coalesce(e.entries, 0), coalesce(e.newest, 0)) IS DISTINCT FROM "
		 "(a.last_entry_no, a.last_entry_no) OR e.oldest <> 1")},
	{"entry_order",
	 SQL("SELECT account_id, format('entry %s is recorded at %s, before the one in front of "
		 "it', entry_no, recorded_at) FROM (SELECT account_id, entry_no, recorded_at, "
		 "lag(recorded_at) OVER (PARTITION BY account_id ORDER BY entry_no) AS before FROM "
		 "billing.ledger_entry) AS e WHERE recorded_at < before UNION ALL SELECT "
		 "a.account_id, format('newest entry is recorded after last_booked_at %s', "
		 "a.last_booked_at) FROM billing.account AS a JOIN billing.ledger_entry AS e ON "
		 "e.account_id = a.account_id AND e.entry_no = a.last_entry_no WHERE e.recorded_at > "
		 "a.last_booked_at")},
	{"transfer_allowed",
	 SQL("SELECT account_id, format('entry %s: %s / %s from %s is not allowed', entry_no, "
		 "debit, credit, source_type) FROM billing.ledger_entry WHERE NOT "
		 "billing.transfer_allowed(account_id, debit, credit, lot_no, subscription_no, "
		 "gateway, source_type)")},
	{"account_balance",
	 SQL("SELECT a.account_id, format('account says cash %s, bonus %s, arrears %s; the ledger %s, "
		 "%s, %s', a.cash, a.bonus, a.arrears, e.cash, e.bonus, e.arrears) FROM billing.account AS "
		 "a LEFT JOIN (SELECT account_id, sum(" LEDGER_CASH ") AS cash, sum(" LEDGER_BONUS
		 ") AS bonus, sum(" LEDGER_ARREARS ") "
		 "AS arrears FROM billing.ledger_entry AS e GROUP BY account_id) AS e ON e.account_id = "
		 "a.account_id WHERE (a.cash, a.bonus, a.arrears) IS DISTINCT FROM (coalesce(e.cash, 0), "
		 "coalesce(e.bonus, 0), coalesce(e.arrears, 0))")},
	{"lot_balance",
	 SQL("SELECT coalesce(l.account_id, e.account_id), format('lot %s says %s of %s, the "
		 "ledger %s of %s', coalesce(l.lot_no, e.lot_no), l.remaining, l.amount, e.remaining, "
		 "e.amount) FROM billing.lot AS l FULL JOIN (SELECT account_id, lot_no, sum(CASE WHEN "
		 "credit IN ('cash', 'bonus') THEN amount ELSE -amount END) AS remaining, sum(amount) "
		 "FILTER (WHERE credit IN ('cash', 'bonus') AND debit IN ('gateway', 'suspense', "
		 "'promotion', 'adjustment') AND source_type <> 'take_back') AS amount, "
		 "min(CASE WHEN credit IN ('cash', 'bonus') THEN credit ELSE debit END) AS kind, "
		 "max(CASE WHEN credit IN ('cash', 'bonus') THEN credit ELSE debit END) AS kind_max "
		 "FROM billing.ledger_entry WHERE lot_no IS NOT NULL GROUP BY account_id, lot_no) AS e "
		 "ON e.account_id = l.account_id AND e.lot_no = l.lot_no WHERE (l.remaining, l.amount, "
		 "l.kind, l.kind) IS DISTINCT FROM (e.remaining, e.amount, e.kind, e.kind_max)")},
	{"account_bounds",
	 SQL("SELECT account_id, format('region %s, currency %s, cash %s, bonus %s, arrears %s are "
		 "not possible together', region, currency, cash, bonus, arrears) FROM "
		 "billing.account WHERE (region, currency) NOT IN (('cn', 'CNY'), ('global', 'USD')) "
		 "OR (account_id <= 0 AND account_id <> CASE currency WHEN 'CNY' THEN -1 ELSE -2 END) "
		 "OR least(cash, bonus, arrears) < 0 OR 'NaN' IN (cash, bonus, arrears) OR locks NOT "
		 "BETWEEN 0 AND 15")},
	{"arrears_first", SQL("SELECT account_id, format('arrears %s beside cash %s and bonus "
						  "%s', arrears, cash, bonus) FROM billing.account WHERE arrears > 0 "
						  "AND (cash > 0 OR bonus > 0)")},
	{"lot_bounds",
	 SQL("SELECT account_id, format('lot %s: %s of %s, open %s, %s, expires %s are not "
		 "possible together', lot_no, remaining, amount, is_open, kind, expires_at) FROM "
		 "billing.lot WHERE NOT (remaining BETWEEN 0 AND amount AND amount > 0 AND amount < "
		 "'NaN' AND is_open = (remaining > 0) AND (kind = 'bonus' OR (kind = 'cash' AND "
		 "expires_at IS NULL)))")},
	{"next_expiry",
	 SQL("SELECT a.account_id, format('next expiry is %s, expected %s', a.next_expiry_at, "
		 "l.expires_at) FROM billing.account AS a LEFT JOIN (SELECT account_id, "
		 "min(expires_at) AS expires_at FROM billing.lot WHERE is_open GROUP BY account_id) "
		 "AS l ON l.account_id = a.account_id WHERE a.next_expiry_at IS DISTINCT FROM "
		 "l.expires_at")},
	{"expired_lot_pays",
	 SQL("SELECT e.account_id, format('entry %s takes from lot %s, which expired at %s', "
		 "e.entry_no, e.lot_no, l.expires_at) FROM billing.ledger_entry AS e JOIN "
		 "billing.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no WHERE "
		 "e.debit = 'bonus' AND e.credit <> 'breakage' AND e.recorded_at >= l.expires_at")},
	{"usage_bounds",
	 SQL("SELECT account_id, format('request \"%s\" is not possible as %s: charge %s, price %s, "
		 "%s entries, settled %s', request_id, status, charge, price_id, entry_count, "
		 "settled_at) FROM billing.usage_event WHERE least(input_tokens, output_tokens, "
		 "cache_read_tokens, cache_write_tokens) < 0 OR (batch_offset IS NOT NULL AND NOT (status = "
		 "'charged' AND charge > 0 AND entry_count > 0 AND batch_offset >= 0 AND settled_at = "
		 "recorded_at)) OR settled_at < recorded_at OR (settled_at "
		 "IS NULL) <> (status = 'unpriced') OR NOT coalesce(CASE status WHEN 'charged' THEN "
		 "charge >= 0 AND charge < 'NaN' AND price_id > 0 AND (entry_count > 0) = "
		 "(first_entry_no IS NOT NULL) WHEN 'free' THEN charge = 0 AND entry_count = 0 WHEN "
		 "'rejected' THEN charge IS NULL AND entry_count = 0 AND reason IS NOT NULL WHEN "
		 "'unpriced' THEN charge IS NULL AND entry_count = 0 END, false)")},
	{"charge_price",
	 SQL("SELECT u.account_id, format('request \"%s\": charge %s does not follow from price %s', "
		 "u.request_id, u.charge, u.price_id) FROM billing.usage_event AS u LEFT JOIN "
		 "billing.account AS a ON a.account_id = u.account_id LEFT JOIN billing.price AS p ON "
		 "p.price_id = u.price_id WHERE u.status = 'charged' AND ((p.currency, p.model) IS DISTINCT "
		 "FROM (a.currency, u.model) OR p.effective_from > u.occurred_at OR p.prompt_tokens_over >= "
		 "greatest(" USAGE_PROMPT_TOKENS ", 1) OR u.charge <> round((u.input_tokens * p.input + "
		 "u.cache_read_tokens * p.cache_read + u.cache_write_tokens * p.cache_write + "
		 "u.output_tokens * p.output) * 0.000001, 9))")},
	{"charge_price_newest",
	 SQL("SELECT u.account_id, format('request \"%s\" was charged by price %s, but price %s "
		 "applies', u.request_id, u.price_id, n.price_id) FROM billing.usage_event AS u JOIN "
		 "billing.price AS p ON p.price_id = u.price_id JOIN billing.price AS n ON n.currency "
		 "= p.currency AND n.model = p.model AND (n.prompt_tokens_over, n.effective_from) > "
		 "(p.prompt_tokens_over, p.effective_from) AND n.prompt_tokens_over < greatest(" USAGE_PROMPT_TOKENS
		 ", 1) AND n.effective_from <= u.occurred_at WHERE u.status = 'charged'")},
	{"charge_slices",
	 SQL("SELECT account_id, format('charge %s of entries from %s: the ledger has %s', max(charge), "
		 "first_entry_no, sum(amount)) FROM (SELECT account_id, first_entry_no, charge, "
		 "request_hash, settled_at, generate_series(first_entry_no, first_entry_no + entry_count - "
		 "1) AS entry_no FROM billing.usage_event WHERE status = 'charged' AND entry_count > 0 AND "
		 "batch_offset IS NULL) AS u FULL JOIN (SELECT account_id, entry_no, amount, source_id, "
		 "recorded_at FROM "
		 "billing.ledger_entry WHERE source_type = 'charge' AND credit = 'revenue' AND recorded_at >= " CLOSED_UNTIL
		 ") AS e USING "
		 "(account_id, entry_no) GROUP BY account_id, first_entry_no HAVING sum(amount) IS DISTINCT "
		 "FROM max(charge) OR count(*) <> count(amount) OR bool_or((source_id, recorded_at) IS "
		 "DISTINCT FROM (request_hash, settled_at))")},
	{"charge_entries",
	 SQL("SELECT account_id, format('entry %s is a slice of %s charges', entry_no, count(*)) "
		 "FROM (SELECT account_id, generate_series(first_entry_no, first_entry_no + "
		 "entry_count - 1) AS entry_no FROM billing.usage_event WHERE status = 'charged' AND "
		 "entry_count > 0 AND batch_offset IS NULL) AS u GROUP BY account_id, entry_no HAVING "
		 "count(*) > 1")},
	{"batch_slices",
	 SQL("SELECT account_id, format('batch of entry %s: charges are %s over %s entries, the ledger "
		 "has %s over %s', first_entry_no, u.charge, u.entries, e.amount, e.entries) FROM (SELECT "
		 "account_id, first_entry_no, sum(charge) AS charge, min(entry_count) AS entries, "
		 "max(entry_count) AS entries_max, min(settled_at) AS settled_at, max(settled_at) AS "
		 "settled_max FROM billing.usage_event WHERE batch_offset IS NOT NULL GROUP BY account_id, "
		 "first_entry_no) AS u FULL JOIN (SELECT account_id, source_id AS first_entry_no, "
		 "sum(amount) AS amount, count(*) AS entries, min(entry_no) AS first_no, max(entry_no) AS "
		 "last_no, min(recorded_at) AS recorded_at, max(recorded_at) AS recorded_max FROM "
		 "billing.ledger_entry WHERE source_type = 'settlement' AND credit = 'revenue' AND recorded_at "
		 ">= " CLOSED_UNTIL " GROUP BY "
		 "account_id, source_id) AS e USING (account_id, first_entry_no) WHERE (u.charge, u.entries, "
		 "u.entries_max, u.settled_at, u.settled_max, first_entry_no, first_entry_no + u.entries - 1) "
		 "IS DISTINCT FROM (e.amount, e.entries, e.entries, e.recorded_at, e.recorded_max, "
		 "e.first_no, e.last_no)")},
	{"batch_order",
	 SQL("SELECT account_id, format('request \"%s\": %s is charged before it in its batch, the row "
		 "says %s', request_id, before, batch_offset) FROM (SELECT account_id, request_id, "
		 "batch_offset, coalesce(sum(charge) OVER (PARTITION BY account_id, first_entry_no ORDER BY "
		 "occurred_at, request_id COLLATE \"C\" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) "
		 "AS before FROM billing.usage_event WHERE batch_offset IS NOT NULL) AS u WHERE batch_offset "
		 "<> before")},
	{"charge_without_slices",
	 SQL("SELECT account_id, format('request \"%s\": charge %s has no entries', request_id, "
		 "charge) FROM billing.usage_event WHERE status = 'charged' AND entry_count = 0 AND "
		 "charge <> 0")},
	{"reversal",
	 SQL("SELECT coalesce(r.account_id, e.account_id), format('reversal %s says %s, the ledger %s, "
		 "its charge %s', coalesce(r.reversal_id, e.source_id), r.amount, e.amount, u.charge) FROM "
		 "billing.charge_reversal AS r FULL JOIN (SELECT account_id, source_id, sum(amount) AS "
		 "amount FROM billing.ledger_entry WHERE source_type = 'reversal' AND debit = 'revenue' "
		 "GROUP BY account_id, source_id) AS e ON e.account_id = r.account_id AND e.source_id = "
		 "r.reversal_id LEFT JOIN billing.usage_event AS u ON u.account_id = r.account_id AND "
		 "u.request_hash = r.request_hash AND u.probe = r.probe AND u.recorded_at = "
		 "r.event_recorded_at AND u.status = 'charged' WHERE r.account_id IS NULL OR (u.account_id "
		 "IS NULL AND r.event_recorded_at >= " CLOSED_UNTIL
		 ") OR (u.key_id, u.model, u.occurred_at) "
		 "<> (r.key_id, r.model, r.occurred_at) OR r.amount <> coalesce(e.amount, 0) OR r.amount > u.charge")},
	{"reversal_shortfall",
	 SQL("SELECT account_id, format('reversals gave back %s less than was charged, written off "
		 "were %s', sum(kept), sum(forgiven)) FROM (SELECT r.account_id, u.charge - r.amount "
		 "AS kept, 0 AS forgiven FROM billing.charge_reversal AS r JOIN billing.usage_event AS "
		 "u ON u.account_id = r.account_id AND u.request_hash = r.request_hash AND u.probe = "
		 "r.probe AND u.recorded_at = r.event_recorded_at UNION ALL SELECT account_id, 0, "
		 "amount FROM billing.ledger_entry WHERE debit = 'write_off') AS x GROUP BY account_id "
		 "HAVING sum(kept) > sum(forgiven)")},
	{"undone_entry",
	 SQL("SELECT u.account_id, format('entry %s (%s) is undone by %s in all', e.entry_no, "
		 "e.amount, u.amount) FROM (SELECT account_id, undoes_entry_no, sum(amount) AS amount, "
		 "min(entry_no) AS entry_no FROM billing.ledger_entry WHERE undoes_entry_no IS NOT "
		 "NULL GROUP BY account_id, undoes_entry_no) AS u LEFT JOIN billing.ledger_entry AS e "
		 "ON e.account_id = u.account_id AND e.entry_no = u.undoes_entry_no WHERE e.entry_no "
		 "IS NULL OR u.amount > e.amount OR u.entry_no <= e.entry_no")},
	{"usage_revenue",
	 SQL("SELECT coalesce(u.account_id, e.account_id), format('charges less reversals are %s, "
		 "revenue from usage is %s', u.amount, e.amount) FROM (SELECT account_id, sum(amount) AS "
		 "amount FROM (SELECT account_id, charge AS amount FROM billing.usage_event WHERE status = "
		 "'charged' UNION ALL SELECT account_id, charge FROM billing.usage_day UNION ALL SELECT "
		 "account_id, -amount FROM billing.charge_reversal) AS x GROUP "
		 "BY account_id) AS u FULL JOIN (SELECT account_id, sum(" LEDGER_EFFECT(
			 "revenue",
			 "") ") AS amount "
				 "FROM billing.ledger_entry AS e WHERE source_type IN ('charge', 'settlement', 'reversal') "
				 "GROUP BY account_id) AS e ON e.account_id = u.account_id WHERE coalesce(u.amount, 0) <> "
				 "coalesce(e.amount, 0)")},
	{"usage_day",
	 SQL("SELECT account_id, format('charges of the day from %s are %s, the ledger has %s', "
		 "day_starts_at, d.charge, coalesce(e.amount, 0)) FROM (SELECT account_id, day_starts_at, "
		 "day_ends_at, sum(charge) AS charge FROM billing.usage_day GROUP BY account_id, "
		 "day_starts_at, day_ends_at) AS d LEFT JOIN LATERAL (SELECT sum(amount) AS amount FROM "
		 "billing.ledger_entry AS e WHERE e.account_id = d.account_id AND e.source_type IN ('charge', "
		 "'settlement') AND e.credit = 'revenue' AND e.recorded_at >= d.day_starts_at AND "
		 "e.recorded_at < least(d.day_ends_at, " CLOSED_UNTIL ")) AS e ON true WHERE d.charge <> "
		 "coalesce(e.amount, 0) UNION ALL SELECT account_id, format('charges of closed months are %s, "
		 "the ledger has %s', coalesce(d.charge, 0), coalesce(e.amount, 0)) FROM (SELECT account_id, "
		 "sum(charge) AS charge FROM billing.usage_day GROUP BY account_id) AS d FULL JOIN (SELECT "
		 "account_id, sum(amount) AS amount FROM billing.ledger_entry WHERE source_type IN ('charge', "
		 "'settlement') AND credit = 'revenue' AND recorded_at < " CLOSED_UNTIL
		 " GROUP BY account_id) "
		 "AS e USING (account_id) WHERE coalesce(d.charge, 0) <> coalesce(e.amount, 0)")},
	{"closed_month",
	 SQL("SELECT NULL::bigint, format('month %s had %s events for %s, its days have %s for %s', "
		 "month, m.events, m.charge, d.events, d.charge) FROM billing.closed_month AS m FULL JOIN "
		 "(SELECT month, sum(requests + rejected) AS events, sum(charge) AS charge FROM "
		 "billing.usage_day GROUP BY month) AS d USING (month) WHERE m.month IS NULL OR (m.events, "
		 "m.charge) IS DISTINCT FROM (coalesce(d.events, 0), coalesce(d.charge, 0)) UNION ALL SELECT NULL, format('month %s "
		 "is closed, the one after it is not', m.month) FROM billing.closed_month AS m WHERE m.ends_at "
		 "< " CLOSED_UNTIL " AND NOT EXISTS (SELECT FROM billing.closed_month AS n WHERE n.month = "
		 "m.ends_at AT TIME ZONE 'UTC') UNION ALL SELECT u.account_id, format('request \"%s\" is of a "
		 "closed month', u.request_id) FROM billing.usage_event AS u WHERE u.recorded_at < " CLOSED_UNTIL)},
	{"usage_key",
	 SQL("SELECT u.account_id, format('request \"%s\" is of key %s \"%s\", which the account "
		 "does not have', u.request_id, u.key_id, u.key_name) FROM billing.usage_event AS u "
		 "LEFT JOIN billing.api_key AS k ON k.account_id = u.account_id AND k.key_id = "
		 "u.key_id AND k.name = u.key_name WHERE k.key_id IS NULL")},
	/* Within a day, the shortest dedupe window there is; stamped alike, at any distance. */
	{"request_once",
	 SQL("SELECT a.account_id, format('request \"%s\" is recorded twice', a.request_id) FROM "
		 "(SELECT account_id, request_hash FROM billing.usage_event GROUP BY account_id, "
		 "request_hash HAVING count(*) > 1) AS twice JOIN billing.usage_event AS a USING "
		 "(account_id, request_hash) JOIN billing.usage_event AS b ON b.account_id = "
		 "a.account_id AND b.request_hash = a.request_hash AND b.request_id = a.request_id AND "
		 "(b.recorded_at, b.probe) > (a.recorded_at, a.probe) WHERE b.occurred_at = "
		 "a.occurred_at OR b.recorded_at - a.recorded_at < interval '1 day'")},
	{"payment_credited",
	 SQL("SELECT coalesce(p.account_id, e.account_id), format('payment %s of %s: %s entries credit "
		 "%s', coalesce(p.payment_id, e.source_id), p.amount, coalesce(e.entries, 0), e.amount) "
		 "FROM billing.payment AS p FULL JOIN (SELECT account_id, source_id, count(*) AS entries, "
		 "sum(amount) AS amount FROM billing.ledger_entry WHERE source_type = 'payment' AND debit "
		 "IN ('gateway', 'suspense') AND credit IN ('cash', 'plan_deferred') GROUP BY account_id, "
		 "source_id) AS e ON e.account_id = p.account_id AND e.source_id = p.payment_id WHERE "
		 "(p.amount, 1) IS DISTINCT FROM (e.amount, e.entries)")},
	{"order_paid",
	 SQL("SELECT o.account_id, format('order %s of %s is paid by %s', o.order_id, "
		 "o.pay_amount, p.amount) FROM billing.payment_order AS o LEFT JOIN billing.account AS "
		 "a ON a.account_id = o.account_id LEFT JOIN (SELECT account_id, order_id, sum(amount) "
		 "AS amount, min(currency) AS currency FROM billing.payment GROUP BY account_id, "
		 "order_id) AS p ON p.account_id = o.account_id AND p.order_id = o.order_id WHERE "
		 "(o.pay_amount, o.currency, o.currency) IS DISTINCT FROM (p.amount, p.currency, "
		 "a.currency)")},
	{"take_back_booked",
	 SQL("SELECT coalesce(t.account_id, e.account_id), format('take-back %s of %s is booked "
		 "with %s', coalesce(t.take_back_id, e.source_id), t.amount, e.amount) FROM "
		 "billing.take_back AS t FULL JOIN (SELECT account_id, source_id, sum(CASE WHEN credit "
		 "= 'gateway' THEN amount WHEN debit = 'gateway' THEN -amount ELSE 0 END) AS amount "
		 "FROM billing.ledger_entry WHERE source_type = 'take_back' GROUP BY account_id, "
		 "source_id) AS e ON e.account_id = t.account_id AND e.source_id = t.take_back_id "
		 "WHERE t.amount IS DISTINCT FROM e.amount")},
	{"take_back_payment",
	 SQL("SELECT t.account_id, format('payment %s of %s through %s is taken back by %s', "
		 "t.payment_id, p.amount, p.gateway, t.amount) FROM (SELECT account_id, payment_id, "
		 "sum(amount) AS amount, min(gateway) AS gateway, max(gateway) AS gateway_max FROM "
		 "billing.take_back GROUP BY account_id, payment_id) AS t LEFT JOIN billing.payment AS "
		 "p ON p.account_id = t.account_id AND p.payment_id = t.payment_id WHERE t.amount > "
		 "p.amount OR (t.gateway, t.gateway_max) IS DISTINCT FROM (p.gateway, p.gateway)")},
	{"gateway_entry",
	 SQL("SELECT e.account_id, format('entry %s moves money of gateway %s and lot %s, which are "
		 "not those of its payment', e.entry_no, e.gateway, e.lot_no) FROM "
		 "billing.ledger_entry AS e LEFT JOIN billing.take_back AS t ON e.source_type = "
		 "'take_back' AND t.account_id = e.account_id AND t.take_back_id = e.source_id LEFT "
		 "JOIN billing.payment AS p ON p.account_id = e.account_id AND p.payment_id = CASE "
		 "e.source_type WHEN 'payment' THEN e.source_id ELSE t.payment_id END LEFT JOIN "
		 "billing.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no WHERE "
		 "e.source_type IN ('payment', 'take_back') AND 'gateway' IN (e.debit, e.credit) AND "
		 "(e.gateway IS DISTINCT FROM p.gateway OR (e.lot_no IS NOT NULL AND l.order_id IS "
		 "DISTINCT FROM p.order_id))")},
	{"lot_source",
	 SQL("SELECT e.account_id, format('lot %s comes from %s %s and order %s, its entry %s from "
		 "%s %s', l.lot_no, l.source_type, l.source_id, l.order_id, e.entry_no, e.source_type, "
		 "e.source_id) FROM billing.ledger_entry AS e JOIN billing.lot AS l ON l.account_id = "
		 "e.account_id AND l.lot_no = e.lot_no WHERE e.credit IN ('cash', 'bonus') AND e.debit "
		 "IN ('gateway', 'suspense', 'promotion', 'adjustment') AND e.source_type <> "
		 "'take_back' AND ((l.source_type, l.source_id) <> (e.source_type, e.source_id) OR "
		 "(l.kind = 'cash') <> (l.order_id IS NOT NULL) OR NOT CASE l.source_type WHEN "
		 "'payment' THEN true WHEN 'grant' THEN l.source_id = l.lot_no WHEN 'adjustment' THEN "
		 "l.source_id = e.entry_no ELSE false END)")},
	{"liabilities",
	 SQL("SELECT account_id, format('book %s holds %s, but nothing stands against it', book, "
		 "sum(amount)) FROM (SELECT account_id, credit AS book, amount FROM "
		 "billing.ledger_entry UNION ALL SELECT account_id, debit, -amount FROM "
		 "billing.ledger_entry) AS e WHERE book IN ('refund_payable', 'suspense', "
		 "'plan_deferred') GROUP BY account_id, book HAVING sum(amount) <> 0")},
	{"locks",
	 SQL("SELECT a.account_id, format('locks are %s, account_lock says %s', a.locks, "
		 "coalesce(l.locks, 0)) FROM billing.account AS a LEFT JOIN (SELECT account_id, "
		 "sum(CASE lock WHEN 'refund' THEN 1 WHEN 'operator' THEN 2 WHEN 'dispute' THEN 4 ELSE "
		 "8 END) AS locks FROM billing.account_lock WHERE unlocked_at IS NULL GROUP BY "
		 "account_id) AS l ON l.account_id = a.account_id WHERE a.locks <> coalesce(l.locks, "
		 "0)")},
	{"alert_armed",
	 SQL("SELECT account_id, format('alert %s: armed %s at balance %s and threshold %s', b.alert_no, "
		 "b.armed, a.cash + a.bonus - a.arrears, b.threshold) FROM billing.balance_alert AS b JOIN "
		 "billing.account AS a USING (account_id) WHERE b.enabled AND b.armed <> (a.cash + a.bonus - "
		 "a.arrears >= b.threshold)")},
	{"alert_bounds",
	 SQL("SELECT account_id, format('alerts fire below %s and are armed at %s, the alerts say %s and "
		 "%s', a.alert_fires_below, a.alert_rearms_at, b.fires_below, b.rearms_at) FROM "
		 "billing.account AS a LEFT JOIN (SELECT account_id, max(watch_below) FILTER (WHERE armed) AS "
		 "fires_below, min(threshold) FILTER (WHERE NOT armed) AS rearms_at, bool_or(runway_hours IS "
		 "NOT NULL) AS has_runway FROM billing.balance_alert WHERE enabled GROUP BY account_id) AS b "
		 "USING (account_id) WHERE (a.alert_fires_below, a.alert_rearms_at, a.alert_review_at IS NOT "
		 "NULL) IS DISTINCT FROM (b.fires_below, b.rearms_at, coalesce(b.has_runway, false))")},
	{"notification",
	 SQL("SELECT n.account_id, format('notification %s is of firing %s of alert %s, which fired %s "
		 "times', n.notification_no, n.episode, n.alert_no, b.episode) FROM billing.notification AS n "
		 "JOIN billing.balance_alert AS b USING (account_id, alert_no) WHERE n.episode NOT BETWEEN 1 "
		 "AND b.episode")},
	{"profile", SQL("SELECT a.account_id, 'account has no profile' FROM billing.account AS a "
					"LEFT JOIN billing.account_profile AS p ON p.account_id = a.account_id "
					"WHERE a.account_id > 0 AND p.account_id IS NULL")},
	{"partition_key",
	 SQL("SELECT NULL::bigint, format('partition %s has no valid unique key of account, hash "
		 "and probe', i.inhrelid::regclass) FROM pg_inherits AS i WHERE i.inhparent = "
		 "'billing.usage_event'::regclass AND NOT EXISTS (SELECT FROM pg_index AS x WHERE "
		 "x.indrelid = i.inhrelid AND x.indisunique AND x.indisvalid AND x.indpred IS NULL AND "
		 "(SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(x.indkey::int2[]) WITH "
		 "ORDINALITY AS k (attnum, n) JOIN pg_attribute AS a ON a.attrelid = i.inhrelid AND "
		 "a.attnum = k.attnum) = ARRAY['account_id', 'request_hash', 'probe'])")},
};

static void
put_discrepancy(ReturnSetInfo *result, const char *check, Datum account_id, bool no_account,
				Datum detail)
{
	Datum values[] = {CStringGetTextDatum(check), account_id, detail};
	bool nulls[] = {false, no_account, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void
verify_books(ReturnSetInfo *result)
{
	for (size_t i = 0; i < lengthof(checks); i++)
	{
		uint64 count = sql_read(&checks[i].statement, NULL, NULL);

		for (uint64 row = 0; row < count; row++)
			put_discrepancy(result, checks[i].name, column_datum(row, 1), column_is_null(row, 1),
							column_datum(row, 2));
	}
}

static void
report_guard(const Guard *guard, const char *table, GuardFault fault, void *argument)
{
	static const char *const fault_texts[] = {
		[GUARD_MISSING] = "is missing",
		[GUARD_ALTERED] = "is another than install() makes",
		[GUARD_NOT_ALWAYS] = "is disabled or does not fire always",
	};
	StringInfoData detail;

	if (fault == GUARD_HOLDS)
		return;
	initStringInfo(&detail);
	appendStringInfo(&detail, "trigger %s of table %s %s; billing.install() puts it back",
					 guard->name, table, fault_texts[fault]);
	put_discrepancy(argument, "guard", (Datum) 0, true, CStringGetTextDatum(detail.data));
}

void
verify_guards(ReturnSetInfo *result)
{
	schema_visit_guards(report_guard, result);
}
