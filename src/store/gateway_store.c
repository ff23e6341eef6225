/*-------------------------------------------------------------------------
 *
 * gateway_store.c
 *	  Merchant accounts, and the ways of paying that lead to them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "store/gateway_store.h"

bool
gateway_find(const char *name, SqlRunner run, Gateway *gateway)
{
	static Sql find = SQL("SELECT gateway, provider, region, subject, retired_at IS NOT NULL, "
						  "unavailable_since IS NOT NULL, reply_signature FROM " BOOKS
						  "gateway WHERE gateway = $1",
						  TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, name);
	if (run(&find, values, nulls) == 0)
		return false;
	*gateway = (Gateway){
		.gateway = column_text(0, 1),
		.provider = column_text(0, 2),
		.region = column_text(0, 3),
		.subject = column_text(0, 4),
		.is_retired = column_bool(0, 5),
		.is_unavailable = column_bool(0, 6),
		.reply_signature = column_text_or_null(0, 7),
	};
	return true;
}

void
gateway_store(const Gateway *gateway, TimestampTz now)
{
	static Sql store = SQL(
		"INSERT INTO " BOOKS "gateway AS g (gateway, provider, region, subject, created_at, "
		"retired_at, refunds_epoch) VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN $5 END, (SELECT "
		"epoch FROM " BOOKS "arming ORDER BY arming_no DESC LIMIT 1)) ON CONFLICT (gateway) "
		"DO UPDATE SET subject = $4, retired_at = CASE WHEN $6 THEN coalesce(g.retired_at, $5) END",
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, BOOLOID);
	char nulls[] = "      ";
	Datum values[6];

	bind_text(values, nulls, 0, gateway->gateway);
	bind_text(values, nulls, 1, gateway->provider);
	bind_text(values, nulls, 2, gateway->region);
	bind_text(values, nulls, 3, gateway->subject);
	values[4] = TimestampTzGetDatum(now);
	values[5] = BoolGetDatum(gateway->is_retired);
	sql_write(&store, values, nulls);
}

GatewayName *
gateway_list(size_t *count)
{
	static Sql list = SQL(
		"SELECT gateway, provider, reply_signature IS NOT NULL, CASE WHEN "
		"unavailable_since IS NOT NULL THEN coalesce(unavailable_because, '') END "
		"FROM " BOOKS "gateway ORDER BY gateway");
	GatewayName *gateways;

	*count = sql_run(&list, NULL, NULL);
	gateways = palloc((*count + 1) * sizeof(GatewayName));
	for (size_t i = 0; i < *count; i++)
		gateways[i] = (GatewayName){column_text(i, 1), column_text(i, 2), column_bool(i, 3),
									column_text_or_null(i, 4)};
	return gateways;
}

/* One of some providers' whose errand, of that column, is due; it is due again at an instant. */
#define CLAIM_DUE(column, returning)                                                              \
	"UPDATE " BOOKS "gateway SET " column " = $3 WHERE gateway = (SELECT gateway FROM " BOOKS     \
	"gateway WHERE provider = ANY (string_to_array($1, ',')) AND coalesce(" column ", $2) <= $2 " \
	"ORDER BY gateway LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING " returning

#define NEXT_DUE(column)                                       \
	"SELECT min(coalesce(" column ", created_at)) FROM " BOOKS \
	"gateway WHERE provider = ANY (string_to_array($1, ','))"

static bool
claim_due(Sql *claim, const char *providers, TimestampTz now, TimestampTz due_at)
{
	char nulls[] = "   ";
	Datum values[3] = {0, TimestampTzGetDatum(now), TimestampTzGetDatum(due_at)};

	bind_text(values, nulls, 0, providers);
	return sql_run(claim, values, nulls) > 0;
}

static TimestampTz
next_due(Sql *next, const char *providers)
{
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, providers);
	sql_run(next, values, nulls);
	return column_instant(0, 1, DT_NOEND);
}

/* Sets an instant of one. */
static void
set_instant(Sql *update, const char *name, TimestampTz at)
{
	char nulls[] = "  ";
	Datum values[2] = {0, TimestampTzGetDatum(at)};

	bind_text(values, nulls, 0, name);
	(void) sql_run(update, values, nulls);
}

char *
gateway_claim_keys(const char *providers, TimestampTz now, TimestampTz due_at)
{
	static Sql claim = SQL(CLAIM_DUE("keys_due_at", "gateway"), TEXTOID, TIMESTAMPTZOID,
						   TIMESTAMPTZOID);

	return claim_due(&claim, providers, now, due_at) ? column_text(0, 1) : NULL;
}

TimestampTz
gateway_next_keys_due(const char *providers)
{
	static Sql next = SQL(NEXT_DUE("keys_due_at"), TEXTOID);

	return next_due(&next, providers);
}

void
gateway_set_keys_due(const char *name, TimestampTz due_at)
{
	static Sql update = SQL("UPDATE " BOOKS "gateway SET keys_due_at = $2 WHERE gateway = $1",
							TEXTOID, TIMESTAMPTZOID);

	set_instant(&update, name, due_at);
}

char *
gateway_claim_confirmations(const char *providers, TimestampTz now, TimestampTz due_at,
							TimestampTz *seen_at)
{
	static Sql claim = SQL(CLAIM_DUE("confirmations_due_at", "gateway, confirmations_seen_at"),
						   TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	if (!claim_due(&claim, providers, now, due_at))
		return NULL;
	*seen_at = column_instant(0, 2, DT_NOBEGIN);
	return column_text(0, 1);
}

TimestampTz
gateway_next_confirmations_due(const char *providers)
{
	static Sql next = SQL(NEXT_DUE("confirmations_due_at"), TEXTOID);

	return next_due(&next, providers);
}

void
gateway_set_confirmations_seen(const char *name, TimestampTz seen_at)
{
	static Sql update = SQL("UPDATE " BOOKS
							"gateway SET confirmations_seen_at = $2 WHERE gateway = $1",
							TEXTOID, TIMESTAMPTZOID);

	set_instant(&update, name, seen_at);
}

void
gateway_set_confirmations_due(const char *name, TimestampTz due_at)
{
	static Sql update = SQL("UPDATE " BOOKS
							"gateway SET confirmations_due_at = $2 WHERE gateway = $1",
							TEXTOID, TIMESTAMPTZOID);

	set_instant(&update, name, due_at);
}

void
gateway_want_keys(const char *name, TimestampTz now)
{
	static Sql update = SQL("UPDATE " BOOKS "gateway SET keys_due_at = $2 WHERE gateway = $1 AND "
							"keys_due_at > $2 AND keys_due_at < $3",
							TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "   ";
	Datum values[3] = {0, TimestampTzGetDatum(now),
					   TimestampTzGetDatum(now + GATEWAY_KEYS_US - USECS_PER_MINUTE)};

	bind_text(values, nulls, 0, name);
	(void) sql_run(&update, values, nulls);
}

bool
gateway_set_fee_rate(const char *name, int64 rate_nano)
{
	static Sql update = SQL("UPDATE " BOOKS "gateway SET fee_rate = $2 WHERE gateway = $1", TEXTOID,
							NUMERICOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, name);
	bind_nano(values, nulls, 1, rate_nano, -1);
	return sql_run(&update, values, nulls) > 0;
}

void
gateway_set_reply_signature(const char *name, const char *signature)
{
	static Sql update = SQL("UPDATE " BOOKS
							"gateway SET reply_signature = $2 WHERE gateway = $1 AND "
							"reply_signature IS DISTINCT FROM $2",
							TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, name);
	bind_text(values, nulls, 1, signature);
	(void) sql_run(&update, values, nulls);
}

bool
gateway_set_unavailable(const char *name, TimestampTz now, const char *because)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "gateway SET unavailable_since = CASE WHEN $3 IS NOT NULL THEN "
		"coalesce(unavailable_since, $2) END, unavailable_because = $3 WHERE gateway = (SELECT "
		"gateway FROM " BOOKS "gateway WHERE gateway = $1 FOR NO KEY UPDATE SKIP LOCKED)",
		TEXTOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "   ";
	Datum values[3];

	bind_text(values, nulls, 0, name);
	values[1] = TimestampTzGetDatum(now);
	bind_text(values, nulls, 2, because);
	return sql_run(&update, values, nulls) > 0;
}

int64
gateway_refunds_epoch(const char *name)
{
	static Sql find = SQL(
		"SELECT coalesce(refunds_epoch, -1) FROM " BOOKS "gateway WHERE gateway = $1", TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, name);
	return sql_run(&find, values, nulls) > 0 ? column_int64(0, 1) : -1;
}

bool
gateway_release_refunds(const char *name, int64 epoch)
{
	static Sql release = SQL("UPDATE " BOOKS "gateway SET refunds_epoch = $2 WHERE gateway = "
							 "coalesce($1, gateway)",
							 TEXTOID, INT8OID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, name);
	values[1] = Int64GetDatum(epoch);
	return sql_run(&release, values, nulls) > 0;
}

static PaymentMethod
read_method(uint64 row)
{
	return (PaymentMethod){
		.method = column_text(row, 1),
		.gateway = column_text(row, 2),
		.product = column_text(row, 3),
		.min_nano = column_nano(row, 4),
		.max_nano = column_nano(row, 5),
		.enabled = column_bool(row, 6),
	};
}

bool
gateway_find_method(const char *name, SqlRunner run, PaymentMethod *method)
{
	static Sql find = SQL(
		"SELECT method, gateway, product, amount_min, amount_max, enabled FROM " BOOKS
		"payment_method WHERE method = $1",
		TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, name);
	if (run(&find, values, nulls) == 0)
		return false;
	*method = read_method(0);
	return true;
}

void
gateway_store_method(const PaymentMethod *method)
{
	static Sql store = SQL(
		"INSERT INTO " BOOKS "payment_method (method, gateway, product, amount_min, amount_max, "
		"enabled) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (method) DO UPDATE SET gateway = $2, "
		"product = $3, amount_min = $4, amount_max = $5, enabled = $6",
		TEXTOID, TEXTOID, TEXTOID, NUMERICOID, NUMERICOID, BOOLOID);
	char nulls[] = "      ";
	Datum values[6];

	bind_text(values, nulls, 0, method->method);
	bind_text(values, nulls, 1, method->gateway);
	bind_text(values, nulls, 2, method->product);
	values[3] = nano_datum(method->min_nano);
	values[4] = nano_datum(method->max_nano);
	values[5] = BoolGetDatum(method->enabled);
	sql_write(&store, values, nulls);
}

OfferedMethod *
gateway_list_methods(int64 account_id, size_t *count)
{
	static Sql list = SQL(
		"SELECT m.method, m.gateway, m.product, m.amount_min, m.amount_max, m.enabled, g.provider, "
		"CASE WHEN NOT m.enabled THEN 'disabled' WHEN g.retired_at IS NOT NULL THEN 'retired' WHEN "
		"g.unavailable_since IS NOT NULL THEN 'gateway' END FROM " BOOKS "account AS a JOIN " BOOKS
		"gateway AS g ON g.region = a.region JOIN " BOOKS
		"payment_method AS m ON m.gateway = g.gateway WHERE a.account_id = $1 ORDER BY m.method",
		INT8OID);
	OfferedMethod *offered;

	*count = sql_read(&list, (Datum[]){Int64GetDatum(account_id)}, NULL);
	offered = palloc((*count + 1) * sizeof(OfferedMethod));
	for (size_t i = 0; i < *count; i++)
		offered[i] = (OfferedMethod){
			.method = read_method(i),
			.provider = column_text(i, 7),
			.unavailable = column_text_or_null(i, 8),
		};
	return offered;
}
