'use strict';

// Webhooks: verified by standardwebhooks, and nothing sent where nothing may be.

const crypto = require('node:crypto');
const https = require('node:https');
const { Webhook } = require('standardwebhooks');

const { configure, instant } = require('./courier');
const { fails, ok } = require('../simulators/tap');

const MASTER_KEY = crypto.randomBytes(24).toString('base64');
const PAYLOAD = JSON.stringify({ type: 'balance.low', timestamp: '2026-01-01T02:00:05Z', data: { note: '余额 "8.88"' } });

// What the owner of an endpoint was shown, made apart from what is tested.
function secretOf(version) {
	const key = crypto.createHmac('sha256', MASTER_KEY).update(`webhook 7 3 ${version}`).digest('base64');

	return `whsec_${key}`;
}

// Listens on all of 127.0.0.0/8, keeps what comes and where; state.reply answers, but never /silent.
async function startServer(certificate, state) {
	const server = https.createServer(certificate, (request, response) => {
		const chunks = [];

		request.on('data', (chunk) => chunks.push(chunk));
		request.on('end', () => {
			state.requests.push({ request, body: Buffer.concat(chunks).toString() });
			if (request.url !== '/silent')
				state.reply(response, request);
		});
	});

	server.on('connection', (socket) => state.addresses.push(socket.localAddress));
	server.on('tlsClientError', () => {});
	await new Promise((resolve) => server.listen(0, '0.0.0.0', resolve));
	return { server, port: server.address().port };
}

function parcelOf(port, fields) {
	return {
		channel: 'webhook',
		message: 'n-7-12',
		database: 'books',
		created_at: instant(),
		sent_at: instant(),
		url: `https://hooks.example.com:${port}/billing?a=%E4`,
		payload: PAYLOAD,
		account_id: 7,
		endpoint_id: 3,
		version: 2,
		...fields,
	};
}

function settingsOf(port, leadsTo = '127.0.0.1', rest = {}) {
	return {
		database: 'books', master_key: 'webhook.key', ca_file: 'ca.pem', allow_private: `127.0.0.1:${port}`,
		resolve: [`hooks.example.com:${port}:${leadsTo}`, `other.example.com:443:${leadsTo}`], ...rest,
	};
}

function answerWith(status, headers = {}) {
	return (response) => response.writeHead(status, headers).end('{}');
}

async function proveSignatures(deliver, state) {
	const verify = (version, { request, body }) => new Webhook(secretOf(version)).verify(body, request.headers);

	ok(await deliver() === 'sent', 'webhook: sent');
	const one = state.requests.at(-1);
	ok(one.request.method === 'POST' && one.request.url === '/billing?a=%E4' && one.body === PAYLOAD &&
		one.request.headers['content-type'] === 'application/json' &&
		one.request.headers['webhook-id'] === 'n-7-12', 'webhook: request');
	ok(verify(2, one).type === 'balance.low', 'webhook: signature holds');
	await fails((async () => verify(1, one))(), 'webhook: and not by the version before');
	await deliver({ previous_version: 1 });
	const both = state.requests.at(-1);
	ok(verify(2, both) && verify(1, both), 'webhook: while secrets change both hold');
	await fails((async () => verify(2, { ...both, body: `${both.body} ` }))(), 'webhook: of no other body');
	await deliver({ payload: `"${'x'.repeat(20 * 1024 - 2)}"` });
	ok(verify(2, state.requests.at(-1)).length === 20 * 1024 - 2, 'webhook: 20 KB');
}

async function proveReplies(deliver, state, port) {
	const cases = [[204, 'sent'], [302, 'later http_302'], [404, 'later http_404'], [410, 'refused gone'],
		[429, 'later http_429'], [503, 'later http_503']];

	for (const [status, expected] of cases) {
		state.requests.length = 0;
		state.reply = answerWith(status, { location: `https://hooks.example.com:${port}/moved` });
		const result = await deliver();
		ok(result === expected && state.requests.length === 1, `webhook: ${status}: ${expected}, was ${result}`);
	}
	state.reply = (response) => {
		response.writeHead(200);
		const timer = setInterval(() => response.write(Buffer.alloc(65536)), 5);
		response.on('close', () => clearInterval(timer));
	};
	ok(await deliver() === 'sent', 'webhook: a body without end is not waited for');
	state.reply = (response) => response.socket.destroy();
	ok(/^unknown (no_reply|receive)/.test(await deliver()), 'webhook: no reply is unknown');
	state.reply = answerWith(200);
}

// More than may be under way: the rest waits, none is lost.
async function proveMany(deliver, state) {
	let now = 0;
	let most = 0;

	state.reply = (response) => {
		most = Math.max(most, ++now);
		setTimeout(() => {
			now--;
			response.end();
		}, 100);
	};
	const results = await Promise.all(Array.from({ length: 80 }, (_, i) => deliver({ message: `n-${i}` })));
	ok(results.every((result) => result === 'sent'), 'webhook: 80 at once');
	ok(most > 16 && most <= 32, `webhook: at most 32 are under way, there were ${most}`);
	state.reply = answerWith(200);
}

async function proveForbidden(courier, dir, state, port) {
	const forbidden = ['127.0.0.2', '127.0.0.2,127.0.0.3', '10.0.0.1', '169.254.169.254', '[::ffff:127.0.0.1]',
		'[::ffff:10.0.0.1]', '[::1]', '[fe80::1]', '[fd00:ec2::254]', '[64:ff9b::7f00:1]', '0.0.0.0'];

	for (const address of forbidden) {
		configure(dir, 'webhook.conf', settingsOf(port, address));
		state.addresses.length = 0;
		const result = await courier.deliver(parcelOf(port));
		ok(result === 'later forbidden_address' && state.addresses.length === 0,
			`webhook: a name that leads to ${address}: no byte, was ${result}`);
	}
	configure(dir, 'webhook.conf', settingsOf(port, '127.0.0.1'));
	ok(await courier.deliver(parcelOf(port, { url: 'https://other.example.com/' })) === 'later forbidden_address',
		'webhook: the address of the tests is no other port');
}

// A name is asked for when it is called, and the address that it has then is what counts.
async function proveChange(courier, dir, state, port) {
	configure(dir, 'webhook.conf', settingsOf(port));
	ok(await courier.deliver(parcelOf(port)) === 'sent', 'webhook: a name that leads where it may');
	state.addresses.length = 0;
	configure(dir, 'webhook.conf', settingsOf(port, '127.0.0.2'));
	ok(await courier.deliver(parcelOf(port)) === 'later forbidden_address' && state.addresses.length === 0,
		'webhook: and now elsewhere: no byte');
	configure(dir, 'webhook.conf', settingsOf(port, '127.0.0.2,127.0.0.1'));
	ok(await courier.deliver(parcelOf(port)) === 'sent' && state.addresses.join() === '127.0.0.1',
		'webhook: of two addresses the one that may be');
	configure(dir, 'webhook.conf', settingsOf(port));
}

async function proveUrls(courier, port) {
	const bad = ['http://hooks.example.com/', 'https://hooks.example.com:8443/', 'https://127.0.0.1/',
		`https://127.0.0.1:${port}/`, 'https://2130706433/', 'https://[::1]/', 'https://localhost/',
		'https://u:p@hooks.example.com/'];

	for (const url of bad)
		ok(await courier.deliver(parcelOf(port, { url })) === 'refused url', `webhook: ${url} is refused`);
}

async function proveFiles(courier, dir, port) {
	const cases = [
		[{ ca_file: 'other.pem' }, 'later tls_verify', 'a certificate of somebody else\'s'],
		[{ database: 'others' }, 'misconfigured database', 'other books'],
		[{ master_key: 'smtp.password' }, 'misconfigured webhook.conf: master_key is too short', 'a short key'],
		[{ allow_private: [] }, 'misconfigured webhook.conf: resolve is for tests', 'names of tests'],
		[{ allow_private: [], resolve: [] }, 'refused url', 'the port of tests'],
	];

	for (const [change, expected, what] of cases) {
		configure(dir, 'webhook.conf', settingsOf(port, '127.0.0.1', change));
		const result = await courier.deliver(parcelOf(port));
		ok(result === expected, `webhook: ${what}: ${expected}, was ${result}`);
	}
	configure(dir, 'webhook.conf', settingsOf(port));
}

// Gives what is to be waited for at the end, and functions: one that delivers one more, one after which none is
// answered, one that ends the server.
async function proveWebhooks(courier, dir, certificate) {
	const state = { requests: [], addresses: [], reply: answerWith(200) };
	const { server, port } = await startServer(certificate, state);
	const deliver = (fields) => courier.deliver(parcelOf(port, fields));

	ok(await deliver() === 'misconfigured no webhook.conf', 'webhook: no file');
	configure(dir, 'webhook.conf', settingsOf(port));
	await proveSignatures(deliver, state);
	await proveReplies(deliver, state, port);
	await proveMany(deliver, state);
	await proveForbidden(courier, dir, state, port);
	await proveChange(courier, dir, state, port);
	await proveUrls(courier, port);
	await proveFiles(courier, dir, port);
	return {
		silent: deliver({ url: `https://hooks.example.com:${port}/silent` }),
		deliver,
		hang: () => { state.reply = () => {}; },
		close: () => server.close(),
	};
}

module.exports = { MASTER_KEY, proveWebhooks };
