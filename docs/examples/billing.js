'use strict';

// All that the application asks of the database, in one place: the calls of access level app, and of level notice the
// one that takes gateways' messages. A call has the name and the arguments that it has in SQL:
//
//	const billing = connect({ app: 'postgres://my_app@...', notice: 'postgres://my_route@...' });
//	const { balance_shown } = await billing.balance({ account_id });

const pg = require('pg');

const CALLS = {
	create_account: 'value',
	authorize: 'row',
	charge: 'row',
	balance: 'row',
	payment_methods: 'rows',
	create_topup: 'row',
	order_status: 'row',
	refresh_order: 'row',
	cancel_order: 'row',
	list_orders: 'page',
	usage_report: 'rows',
	list_usage: 'page',
	list_api_keys: 'page',
	create_api_key: 'row',
	delete_api_key: 'value',
	list_statement: 'page',
	statement_csv: 'value',
	request_statement: 'row',
	statements: 'rows',
	statement_document: 'value',
	list_balance_alerts: 'page',
	set_balance_alert: 'value',
	set_invoice_title: 'value',
	invoiceable: 'rows',
	request_invoice: 'row',
	invoices: 'rows',
	invoice_document: 'value',
};

// What becomes of the rows that a call returns. A page ends with where the next one begins, perhaps in a row of its own.
const SHAPES = {
	rows: (rows) => rows,
	row: ([row]) => row,
	value: ([row]) => Object.values(row)[0],
	page: (rows) => ({
		next_cursor: rows.at(-1)?.next_cursor ?? null,
		rows: rows
			.map(({ next_cursor, ...row }) => row)
			.filter((row) => Object.values(row).some((value) => value !== null)),
	}),
};

// A number of JavaScript does not hold what numeric and bigint hold. They stay texts, as all does that is not named here.
const { builtins, getTypeParser } = pg.types;
const PARSED = new Set([builtins.BOOL, builtins.BYTEA, builtins.JSONB, builtins.TIMESTAMPTZ]);
const BIGINT_ARRAY = 1016; // of texts
const types = {
	getTypeParser: (oid, format) => PARSED.has(oid) || oid === BIGINT_ARRAY ? getTypeParser(oid, format) : String,
};

function openPool(connectionString) {
	const pool = new pg.Pool({ connectionString, types, max: 10, connectionTimeoutMillis: 5000, query_timeout: 10000 });

	pool.on('error', (error) => console.error('a connection that nobody used was lost:', error.message));
	return pool;
}

// Arguments by name: a later version may have more of them. Nothing is kept in the session, and no statement has a name:
// so it works behind PgBouncer in transaction mode.
async function call(pool, name, args) {
	const names = Object.keys(args).filter((key) => args[key] !== undefined);
	const list = names.map((key, i) => `"${key}" => $${i + 1}`).join(', ');
	const { rows } = await pool.query(`SELECT * FROM billing.${name}(${list})`, names.map((key) => args[key]));

	return rows;
}

function connect(urls) {
	const app = openPool(urls.app);
	const notice = openPool(urls.notice);
	const billing = {
		receive_notice: async (args) => SHAPES.row(await call(notice, 'receive_notice', args)),
		end: () => Promise.all([app.end(), notice.end()]),
	};

	for (const [name, shape] of Object.entries(CALLS))
		billing[name] = async (args) => SHAPES[shape](await call(app, name, args));
	return billing;
}

// Whether a call may succeed if it is repeated: the connection broke or there was none (and so perhaps it was carried
// out), somebody holds the account, the server is busy or starts anew.
function isTransient(error) {
	return !(error instanceof pg.DatabaseError) || /^(08|40|53|57P|55P03)/.test(error.code);
}

// Whether it is an answer for who asked: what he wants cannot be (class LB), or is malformed (class 22).
function isRefusal(error) {
	return error instanceof pg.DatabaseError && /^(LB[1-5]|22)/.test(error.code);
}

module.exports = { connect, isTransient, isRefusal };
