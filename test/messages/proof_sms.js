'use strict';

// SMS: what Aliyun's own client would have sent, and JSON verified by standardwebhooks.

const http = require('node:http');
const https = require('node:https');
const { RPCClient } = require('@alicloud/pop-core');
const { Webhook } = require('standardwebhooks');

const { configure, instant } = require('./courier');
const { fails, ok } = require('../simulators/tap');

const ACCESS_KEY = 'access-key-secret';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

// Keeps requests; state.reply is [status, body].
async function startServer(module, certificate, state) {
	const server = module.createServer(certificate, (request, response) => {
		const chunks = [];

		request.on('data', (chunk) => chunks.push(chunk));
		request.on('end', () => {
			state.requests.push({ request, body: Buffer.concat(chunks).toString() });
			response.writeHead(state.reply[0]).end(state.reply[1]);
		});
	});

	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { server, port: server.address().port };
}

function parcelOf(fields) {
	return {
		channel: 'sms',
		message: 'n-7-12',
		database: 'books',
		created_at: instant(),
		sent_at: instant(),
		mobile: '+8613900000000',
		sign_name: '账单 (测试) *~!\'',
		template_code: 'SMS_1',
		parameters: JSON.stringify({ amount: '8.88 元', name: 'Li & Co' }),
		text: '余额 8.88 元',
		...fields,
	};
}

function settingsOf(driver, port, rest) {
	return {
		database: 'books', driver, url: `https://localhost:${port}/`, ca_file: 'ca.pem',
		...(driver === 'aliyun' ? { access_key_id: 'testId', region: 'cn-hangzhou', secret: 'aliyun.secret' }
			: { secret: 'sms.secret' }),
		...rest,
	};
}

// pop-core sends the same fields, with the nonce and the time that were ours: its signature must be ours.
async function sendByClient(fields) {
	const state = { requests: [], reply: [200, '{"Code":"OK"}'] };
	const { server, port } = await startServer(http, {}, state);
	const client = new RPCClient({
		accessKeyId: 'testId', accessKeySecret: ACCESS_KEY, endpoint: `http://127.0.0.1:${port}`,
		apiVersion: '2017-05-25',
	});
	const { Action, AccessKeyId, Signature, ...params } = fields;

	await client.request(Action, params, { method: 'POST' });
	client.keepAliveAgent.destroy();
	server.close();
	return Object.fromEntries(new URLSearchParams(state.requests[0].body));
}

async function proveAliyun(courier, state) {
	const parcel = parcelOf();

	ok(await courier.deliver(parcel) === 'sent', 'sms: sent');
	const { request, body } = state.requests.at(-1);
	const fields = Object.fromEntries(new URLSearchParams(body));
	const theirs = await sendByClient(fields);
	ok(request.method === 'POST' && request.headers['content-type'] === 'application/x-www-form-urlencoded',
		'sms: a form');
	ok(fields.PhoneNumbers === '8613900000000' && fields.SignName === parcel.sign_name &&
		fields.TemplateParam === parcel.parameters && fields.OutId === 'n-7-12', 'sms: fields');
	ok(Object.keys(theirs).length === Object.keys(fields).length &&
		Object.entries(theirs).every(([name, value]) => fields[name] === value), 'sms: as pop-core sends and signs it');
	await courier.deliver(parcel);
	const again = new URLSearchParams(state.requests.at(-1).body);
	ok(again.get('SignatureNonce') !== fields.SignatureNonce, 'sms: a nonce of its own each time');
}

async function proveReplies(courier, state) {
	const cases = [[200, '{"Code":"isv.BUSINESS_LIMIT_CONTROL"}', 'later isv.BUSINESS_LIMIT_CONTROL'],
		[200, '{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}', 'refused isv.MOBILE_NUMBER_ILLEGAL'],
		[403, '{"Code":"Forbidden.RAM"}', 'misconfigured Forbidden.RAM'], [503, 'busy', 'later http_503'],
		[200, '<html>', 'unknown http_200']];

	for (const [status, body, expected] of cases) {
		state.reply = [status, body];
		const result = await courier.deliver(parcelOf());
		ok(result === expected, `sms: ${body}: ${expected}, was ${result}`);
	}
	state.reply = [200, '{"Code":"OK"}'];
}

async function proveHttps(courier, state) {
	const parcel = parcelOf({ template_code: undefined });

	ok(await courier.deliver(parcel) === 'sent', 'sms: by https');
	const { request, body } = state.requests.at(-1);
	const read = new Webhook(SECRET).verify(body, request.headers);
	ok(read.id === 'n-7-12' && read.mobile === parcel.mobile && read.text === parcel.text &&
		read.parameters.name === 'Li & Co', 'sms: https, verified');
	await fails((async () => new Webhook(SECRET.replace('M', 'N')).verify(body, request.headers))(),
		'sms: https, by no other secret');
	state.reply = [422, ''];
	ok(await courier.deliver(parcel) === 'refused http_422', 'sms: https, 422');
}

async function proveSms(courier, dir, certificate) {
	const state = { requests: [], reply: [200, '{"Code":"OK"}'] };
	const { server, port } = await startServer(https, certificate, state);

	ok(await courier.deliver(parcelOf()) === 'misconfigured no sms.conf', 'sms: no file');
	configure(dir, 'sms.conf', settingsOf('aliyun', port));
	await proveAliyun(courier, state);
	await proveReplies(courier, state);
	configure(dir, 'sms.conf', settingsOf('aliyun', port, { ca_file: 'other.pem' }));
	ok(await courier.deliver(parcelOf()) === 'not_sent tls_verify', 'sms: a certificate of somebody else\'s');
	configure(dir, 'sms.conf', settingsOf('https', port));
	await proveHttps(courier, state);
	server.close();
}

module.exports = { ACCESS_KEY, SECRET, proveSms };
