'use strict';

// An LLM API that is paid for, its customers' account page, and the route for the gateways' messages.
//
//	APP_DATABASE=postgres://my_app@... NOTICE_DATABASE=postgres://my_route@... PORT=8080 node server.js

const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const qrcode = require('qrcode-generator');

const { connect, isRefusal, isTransient } = require('./billing');
const { createGate } = require('./gate');
const { MODELS, answer, countTokens } = require('./model');

const BODY_MAX = 64 * 1024;
const FILES = {
	'/': ['index.html', 'text/html; charset=utf-8'],
	'/account.js': ['account.js', 'text/javascript; charset=utf-8'],
	'/ui.js': ['ui.js', 'text/javascript; charset=utf-8'],
	'/account.css': ['account.css', 'text/css; charset=utf-8'],
};

// What the page may ask for: a call, and the fields that are passed on to it. Whose account it is, the session says.
const ACCOUNT_API = {
	'GET /api/balance': ['balance'],
	'GET /api/payment_methods': ['payment_methods'],
	'GET /api/orders': ['list_orders', 'cursor', 'limit'],
	'GET /api/order': ['order_status', 'order_id'],
	'POST /api/topup': ['create_topup', 'amount', 'method', 'idempotency_key'],
	'POST /api/refresh_order': ['refresh_order', 'order_id'],
	'POST /api/cancel_order': ['cancel_order', 'order_id'],
	'GET /api/usage': ['list_usage', 'cursor', 'limit', 'key_id', 'status', 'entry_no'],
	'GET /api/usage_report': ['usage_report', 'from', 'to', 'group_by', 'time_zone', 'by'],
	'GET /api/keys': ['list_api_keys', 'cursor', 'limit'],
	'POST /api/create_key': ['create_api_key', 'name', 'idempotency_key'],
	'POST /api/delete_key': ['delete_api_key', 'key_id'],
	'GET /api/statement': ['list_statement', 'cursor', 'limit'],
	'GET /api/statement.csv': ['statement_csv', 'from', 'to'],
	'GET /api/statements': ['statements'],
	'POST /api/request_statement': ['request_statement', 'from', 'to', 'idempotency_key'],
	'GET /api/statement.pdf': ['statement_document', 'statement_no'],
	'GET /api/alerts': ['list_balance_alerts', 'cursor', 'limit'],
	'POST /api/set_alert': ['set_balance_alert', 'threshold', 'runway_hours', 'notify_recovery', 'enabled'],
	'GET /api/invoiceable': ['invoiceable'],
	'POST /api/set_title': ['set_invoice_title', 'title', 'kind', 'name', 'tax_number'],
	'POST /api/request_invoice': ['request_invoice', 'order_ids', 'title', 'kind', 'email', 'mobile', 'idempotency_key'],
	'GET /api/invoices': ['invoices'],
	'GET /api/invoice.pdf': ['invoice_document', 'invoice_id'],
};

const publicUrl = () => process.env.PUBLIC_URL ?? `http://127.0.0.1:${server.address().port}/`;
const billing = connect({ app: process.env.APP_DATABASE, notice: process.env.NOTICE_DATABASE });
const gate = createGate(billing);
const sessions = new Map();

function send(res, status, type, body, headers = {}) {
	res.writeHead(status, {
		'Content-Type': type,
		'Cache-Control': 'no-store',
		'Content-Security-Policy': "default-src 'self'; img-src 'self' data:",
		'X-Content-Type-Options': 'nosniff',
		...headers,
	});
	res.end(body);
}

const sendJson = (res, status, value, headers) => send(res, status, 'application/json', JSON.stringify(value ?? null), headers);

async function readBody(req) {
	const chunks = [];
	let size = 0;

	for await (const chunk of req) {
		size += chunk.length;
		if (size > BODY_MAX)
			throw new SyntaxError('the body is too long');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

const readJson = async (req) => Object(JSON.parse((await readBody(req)).toString() || '{}'));

// ---- the LLM API

async function chat(req, res) {
	const { model, messages = [] } = await readJson(req);

	if (!MODELS.includes(model))
		return sendJson(res, 404, { error: { code: 'unknown_model' } });
	const question = messages.map(({ content }) => String(content)).join('\n');
	const usage = gate.begin(req.caller, model);

	usage.input_tokens = countTokens(question);
	res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Request-Id': usage.request_id });
	try {
		for await (const content of answer(question)) {
			if (res.destroyed)
				break; // he went away; what was made until then is charged
			usage.output_tokens += countTokens(content);
			res.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
		}
		res.end('data: [DONE]\n\n');
	} finally {
		gate.end(usage);
	}
}

// ---- the gateways' messages: handed over as they came, answered with what the call returns

async function notify(req, res, { pathname, search }) {
	const { status, headers, body } = await billing.receive_notice({
		gateway: pathname.slice('/notify/'.length),
		method: req.method,
		headers: JSON.stringify(req.headers),
		query: search.slice(1) || null,
		body: await readBody(req),
	});

	res.writeHead(Number(status), headers);
	res.end(body);
}

// ---- the account page

// Stands for the application's own way of signing in: here, whoever says an address has its account. An account is made
// with the first visit; external_ref makes that once.
async function signIn(req, res) {
	const { email } = await readJson(req);
	const account_id = await billing.create_account({ account_id: null, region: 'cn', email, external_ref: `user ${email}` });
	const { currency } = await billing.balance({ account_id });
	const session = randomBytes(24).toString('base64url');

	sessions.set(session, { account_id, email, currency });
	// Lax: no other site can post in his name, and who comes back from a payer's page is still signed in.
	sendJson(res, 200, sessions.get(session), { 'Set-Cookie': `session=${session}; HttpOnly; SameSite=Lax; Path=/` });
}

const sessionOf = (req) => /(?:^|; )session=([\w-]+)/.exec(req.headers.cookie ?? '')?.[1];

function signOut(req, res) {
	sessions.delete(sessionOf(req));
	sendJson(res, 200, null, { 'Set-Cookie': 'session=; Max-Age=0; Path=/' });
}

// What an order by code is paid with, drawn.
async function code(res, { account_id }, order_id) {
	const { pay_url } = await billing.order_status({ account_id, order_id });
	const drawing = qrcode(0, 'M');

	drawing.addData(pay_url ?? '');
	drawing.make();
	send(res, 200, 'image/svg+xml', drawing.createSvgTag({ scalable: true, margin: 0 }));
}

function pick(given, fields) {
	return Object.fromEntries(fields.filter((field) => given[field] !== undefined).map((field) => [field, given[field]]));
}

async function askAccount(req, res, url, { account_id }, [name, ...fields]) {
	const given = req.method === 'GET' ? Object.fromEntries(url.searchParams) : await readJson(req);
	const args = { account_id, ...pick(given, fields) };

	if (name === 'create_topup') {
		args.payer = JSON.stringify({ client_ip: req.socket.remoteAddress });
		args.return_url = publicUrl();
	}
	const value = await billing[name](args);
	const [, file, ending] = /\/(\w+)\.(csv|pdf)$/.exec(url.pathname) ?? [];

	if (!ending)
		return sendJson(res, 200, value);
	if (value === null)
		return sendJson(res, 404, { message: 'It is not ready yet.' });
	const type = ending === 'pdf' ? 'application/pdf' : 'text/csv; charset=utf-8';

	return send(res, 200, type, value, { 'Content-Disposition': `attachment; filename="${file}.${ending}"` });
}

async function account(req, res, url) {
	const route = `${req.method} ${url.pathname}`;
	const session = sessions.get(sessionOf(req));

	if (route === 'POST /api/sign_in')
		return signIn(req, res);
	if (route === 'GET /api/session')
		return sendJson(res, 200, session);
	if (!session)
		return sendJson(res, 401, { message: 'Please sign in.' });
	if (route === 'POST /api/sign_out')
		return signOut(req, res);
	if (route === 'GET /api/code.svg')
		return code(res, session, url.searchParams.get('order_id'));
	if (ACCOUNT_API[route])
		return askAccount(req, res, url, session, ACCOUNT_API[route]);
	return sendJson(res, 404, { message: 'There is no such thing.' });
}

function serveFile(res, [file, type]) {
	send(res, 200, type, fs.readFileSync(path.join(__dirname, 'page', file)));
}

// ---- all of it

function route(req, res) {
	const url = new URL(req.url, 'http://localhost');

	if (req.method === 'POST' && url.pathname === '/v1/chat/completions')
		return gate.authorize(req, res, () => chat(req, res));
	if (/^\/notify\/\w+$/.test(url.pathname))
		return notify(req, res, url);
	if (req.method === 'GET' && FILES[url.pathname])
		return serveFile(res, FILES[url.pathname]);
	return account(req, res, url);
}

function fail(res, error) {
	if (res.headersSent)
		return res.destroy();
	if (isRefusal(error))
		return sendJson(res, 400, { code: error.code, message: error.message, hint: error.hint });
	if (error instanceof SyntaxError)
		return sendJson(res, 400, { message: error.message });
	console.error(error);
	if (isTransient(error))
		return sendJson(res, 503, { message: 'We cannot reach our books. Please try again.' });
	return sendJson(res, 500, { message: 'Something went wrong. We have noted it down.' });
}

const server = http.createServer((req, res) => Promise.resolve().then(() => route(req, res)).catch((error) => fail(res, error)));

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log(publicUrl()));

process.once('SIGTERM', async () => {
	server.close();
	server.closeIdleConnections();
	await gate.settled();
	await billing.end();
});
