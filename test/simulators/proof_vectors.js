'use strict';

// Proves the simulators of Waffo, Xiaomi and Nuonuo, as far as that goes: none has an SDK that
// could be asked. Values made elsewhere, and node:crypto used here anew, show that
// signatures are right; not that the descriptions of the protocols are understood.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { Clock } = require('./clock');
const keys = require('./keys');
const { fails, ok } = require('./tap');
const vectors = require('./vectors.json');
const { Waffo } = require('./waffo');

const NUMBER = 'P20260101000004';
const UID = '100010';

function secretsFile(dir, name) {
	return path.join(dir, 'sim', `${name}.json`);
}

function readSecrets(dir, name) {
	return JSON.parse(fs.readFileSync(secretsFile(dir, name), 'utf8'));
}

// Before the server starts: the merchants are those of the vectors.
function plantVectors(dir) {
	const waffo = keys.loadSecrets(dir, 'waffo');
	const xiaomi = keys.loadSecrets(dir, 'xiaomi');
	const nuonuo = keys.loadSecrets(dir, 'nuonuo');

	waffo.merchant_keys[0].public_key = vectors.merchant_public_key;
	xiaomi.app_secret = vectors.xiaomi.app_secret;
	keys.saveSecrets(dir, waffo);
	keys.saveSecrets(dir, xiaomi);
	keys.saveSecrets(dir, { ...nuonuo, app_id: vectors.nuonuo.app_key, app_secret: vectors.nuonuo.app_secret });
}

function verifies(publicKey, text, signature) {
	return crypto.createVerify('RSA-SHA256').update(text).verify(publicKey, signature ?? '', 'base64');
}

// ---- Waffo

// signature: as it is given, or made by the merchant's key.
function waffoClient(dir, port) {
	return async (call, body, signature) => {
		const { api_key: apiKey, merchant_keys: [{ private_key: key }], platform_keys: [platform] } =
			readSecrets(dir, 'waffo');
		const text = typeof body === 'string' ? body : JSON.stringify(body);
		const made = () => crypto.createSign('RSA-SHA256').update(text).sign(key, 'base64');
		const reply = await fetch(`https://localhost:${port}/api/v1${call}`, {
			method: 'POST',
			body: text,
			headers: {
				'Content-Type': 'application/json',
				'X-API-KEY': apiKey,
				'X-API-VERSION': '1.0.0',
				'X-SIGNATURE': signature ?? made(),
			},
		});
		const answer = await reply.text();

		return {
			status: reply.status,
			isSigned: verifies(platform.public_key, answer, reply.headers.get('x-signature')),
			...JSON.parse(answer),
		};
	};
}

async function proveWaffoVectors(post, control) {
	const { request_body: body, x_signature: signature } = vectors.waffo;
	const made = await post('/order/create', body, signature);

	ok(made.code === '0' && made.isSigned && JSON.parse(made.data.orderAction).actionType === 'WEB',
		'waffo: the request of the vectors is accepted');
	const forged = await post('/order/create', body.replace('12.00', '12.01'), signature);
	ok(forged.status === 401 && forged.code === 'A0002' && !forged.isSigned,
		'waffo: not when it is changed');
	await control('POST /rotate', { gateway: 'waffo', what: 'merchant_key' });
	ok((await post('/order/create', body, signature)).code === 'A0002',
		'waffo: not after another key');
	return made.data;
}

// Fields of the vectors' notice are fields of the simulator's.
async function proveWaffoNotices(dir, control, number) {
	const [{ public_key: key }] = readSecrets(dir, 'waffo').platform_keys;
	const wanted = JSON.parse(vectors.waffo.webhook_body);
	const take = async () => {
		const [{ headers, body_base64: body }] = (await control('GET /notices')).slice(-1);
		const text = Buffer.from(body, 'base64').toString();

		return { isSigned: verifies(key, text, headers['X-SIGNATURE']), document: JSON.parse(text) };
	};
	const nested = await take();
	await control('POST /notice', { gateway: 'waffo', number, flat: true });
	const flat = await take();
	await control('POST /notice', { gateway: 'waffo', number, forge: true });

	ok(nested.isSigned && nested.document.eventType === wanted.eventType &&
		Object.keys(wanted.result).every((name) => nested.document.result[name] !== undefined),
		'waffo: notice');
	ok(flat.isSigned && flat.document.orderStatus === 'PAY_SUCCESS' && !flat.document.result,
		'waffo: notice that is flat');
	ok(!(await take()).isSigned, 'waffo: forged notice does not hold');
}

function proveWaffoAck() {
	const secrets = { merchant_keys: [{ public_key: vectors.merchant_public_key }] };
	const waffo = new Waffo({ secrets, clock: new Clock() });
	const { ack_body: body, ack_x_signature: signature } = vectors.waffo;
	const isAccepted = (text, given) => waffo.isAccepted(200, text, new Headers(given));

	ok(isAccepted(body, { 'X-SIGNATURE': signature }), 'waffo: the answer of the vectors is accepted');
	ok(!isAccepted(body, {}) && !isAccepted(`${body}\n`, { 'X-SIGNATURE': signature }),
		'waffo: not without its signature, nor another text');
}

async function proveWaffoRefunds(post, control, { acquiringOrderId, paymentRequestId }, merchantId) {
	const now = new Date().toISOString();
	const refund = (refundRequestId, refundAmount) => post('/order/refund', {
		refundRequestId, acquiringOrderId, merchantId, requestedAt: now, refundAmount, refundReason: 'x',
	});
	const made = await refund('RF0001', '2.00');

	ok(made.data.refundStatus === 'ORDER_PARTIALLY_REFUNDED' &&
		made.data.remainingRefundAmount === '10.00' && made.data.refundSource === 'MERCHANT',
		'waffo: refund');
	ok((await refund('RF0001', '2.00')).data.acquiringRefundOrderId ===
		made.data.acquiringRefundOrderId, 'waffo: the same again');
	ok((await refund('RF0001', '3.00')).code === 'A0011', 'waffo: another of that number');
	ok((await refund('RF0002', '10.01')).code === 'A0014', 'waffo: more than was paid');
	await control('POST /dispute', { gateway: 'waffo', number: paymentRequestId, source: 'RDR' })
		.then(({ error }) => ok(error, 'waffo: a dispute about more than is left'));
	const { number } = await control('POST /dispute',
		{ gateway: 'waffo', number: paymentRequestId, source: 'RDR', amount_fen: 1000 });
	const asked = await post('/refund/inquiry', { refundRequestId: number });

	ok(asked.data.refundSource === 'RDR' && asked.data.refundStatus === 'ORDER_FULLY_REFUNDED',
		'waffo: refund of a dispute');
	ok((await refund('RF0003', '1.00')).code === 'A0039', 'waffo: no refund after a dispute');
}

async function proveWaffo(dir, port, control) {
	const post = waffoClient(dir, port);
	const order = await proveWaffoVectors(post, control);
	const { paymentRequestId: number, orderAction: action } = order;
	const query = () => post('/order/inquiry', { paymentRequestId: number });
	const { merchant_id: merchantId } = readSecrets(dir, 'waffo');

	ok((await control('POST /visit', { url: JSON.parse(action).webUrl })).body.includes('USD 12.00'),
		'waffo: page for a payer');
	ok((await post('/order/inquiry', { paymentRequestId: 'X' })).code === 'A0009',
		'waffo: an unknown order');
	ok((await query()).data.orderStatus === 'AUTHORIZATION_REQUIRED', 'waffo: query, unpaid');
	await control('POST /pay', { gateway: 'waffo', number });
	ok((await query()).data.orderStatus === 'PAY_SUCCESS', 'waffo: query, paid');
	ok((await post('/order/cancel', { paymentRequestId: number, merchantId,
		orderRequestedAt: new Date().toISOString() })).code === 'A0013', 'waffo: cancel of a paid order');
	await proveWaffoNotices(dir, control, number);
	proveWaffoAck();
	await proveWaffoRefunds(post, control, order, merchantId);
}

// ---- Xiaomi

// As the description has it: sorted, decoded, joined; written here once more.
function hmac(fields) {
	const text = Object.entries(fields)
		.filter(([name, value]) => name !== 'signature' && value !== '')
		.map(([name, value]) => `${name}=${value}`)
		.sort()
		.join('&');

	return crypto.createHmac('sha1', vectors.xiaomi.app_secret).update(text).digest('hex');
}

async function proveXiaomiNotice(control) {
	const wanted = new URLSearchParams(vectors.xiaomi.get_query);
	const [notice] = (await control('GET /notices')).filter((one) => one.gateway === 'xiaomi');
	const fields = Object.fromEntries(new URLSearchParams(notice.query));

	ok(hmac(Object.fromEntries(wanted)) === vectors.xiaomi.signature,
		'xiaomi: what is checked with makes the signature of the vectors');
	ok(notice.method === 'GET' && hmac(fields) === fields.signature, 'xiaomi: notice is signed');
	ok([...wanted.keys()].every((name) => fields[name]), 'xiaomi: notice has what it should');
	await control('POST /notice', { gateway: 'xiaomi', number: NUMBER, forge: true });
	const [forged] = await control('GET /notices');
	const bad = Object.fromEntries(new URLSearchParams(forged.query));

	ok(hmac(bad) !== bad.signature, 'xiaomi: forged notice does not hold');
}

async function proveXiaomi(dir, port, control) {
	const { app_id: appId } = readSecrets(dir, 'xiaomi');
	const get = async (asked, signature = hmac(asked)) => {
		const query = new URLSearchParams({ ...asked, signature });
		const reply = await fetch(`https://localhost:${port}/api/biz/service/queryOrder.do?${query}`);

		return reply.json();
	};
	const asked = { appId, cpOrderId: NUMBER, uid: UID };

	ok((await get(asked)).errcode === 1506, 'xiaomi: an unknown order');
	await control('POST /scan', { gateway: 'xiaomi', number: NUMBER, uid: UID, amount_fen: 8888 });
	ok((await get(asked)).orderStatus === 'WAIT_BUYER_PAY', 'xiaomi: query, unpaid');
	await control('POST /pay', { gateway: 'xiaomi', number: NUMBER });
	const paid = await get(asked);

	ok(paid.orderStatus === 'TRADE_SUCCESS' && paid.payFee === '8888' && hmac(paid) === paid.signature,
		'xiaomi: query, paid');
	ok((await get({ ...asked, appId: '1' })).errcode === 1515, 'xiaomi: another app');
	ok((await get({ ...asked, uid: '1' })).errcode === 1516, 'xiaomi: another user');
	ok((await get(asked, '0')).errcode === 1525, 'xiaomi: request signed by a stranger');
	await proveXiaomiNotice(control);
	await control('POST /fault', { gateway: 'xiaomi', kind: 'drop' });
	await fails(get(asked), 'xiaomi: fault drop');
}

// ---- Nuonuo

// As the description has it, written here once more.
function nuonuoSign({ app_secret: secret, app_key: key, senid, nonce, timestamp }, body) {
	const text = `a=services&l=v1&p=open&k=${key}&i=${senid}&n=${nonce}&t=${timestamp}&f=${body}`;

	return crypto.createHmac('sha1', secret).update(text).digest('base64');
}

// signed: what it is signed with, where that is not what is sent.
function nuonuoClient(port, accessToken, userTax) {
	const { senid, nonce, timestamp, app_key: appkey } = vectors.nuonuo;

	return async (method, content, { signature, token = accessToken } = {}) => {
		const body = typeof content === 'string' ? content : JSON.stringify(content);
		const query = new URLSearchParams({ senid, nonce, timestamp, appkey });
		const reply = await fetch(`https://localhost:${port}/open/v1/services?${query}`, {
			method: 'POST',
			body,
			headers: {
				'Content-Type': 'application/json',
				'X-Nuonuo-Sign': signature ?? nuonuoSign(vectors.nuonuo, body),
				accessToken: token,
				userTax,
				method: `nuonuo.OpeMplatform.${method}`,
			},
		});

		return reply.json();
	};
}

async function nuonuoToken(port) {
	const { app_key: id, app_secret: secret } = vectors.nuonuo;
	const reply = await fetch(`https://localhost:${port}/accessToken`, {
		method: 'POST',
		body: new URLSearchParams({ client_id: id, client_secret: secret, grant_type: 'client_credentials' }),
	});

	return reply.json();
}

function nuonuoOrder(orderNo, salerTaxNum) {
	return {
		order: {
			orderNo,
			invoiceDate: '2026-01-01 10:00:00',
			invoiceType: '1',
			invoiceLine: 'bs',
			salerTaxNum,
			buyerName: '某某科技有限公司',
			buyerTaxNum: '91330106MA2XXXXXX7',
			naturalPersonFlag: '0',
			pushMode: '-1',
			clerk: '张三',
			invoiceDetail: [{
				goodsName: '*信息技术服务*API调用服务', withTaxFlag: '1', price: '88.88', num: '1', taxRate: '0.06',
				taxIncludedAmount: '88.88', taxExcludedAmount: '83.85', tax: '5.03', invoiceLineProperty: '0',
			}],
		},
	};
}

async function proveNuonuoVectors(call) {
	const { body, signature } = vectors.nuonuo;

	ok(nuonuoSign(vectors.nuonuo, body) === signature,
		'nuonuo: what is checked with makes the signature of the vectors');
	ok((await call('queryInvoiceResult', body, { signature })).code === 'E9500',
		'nuonuo: the request of the vectors is accepted, its number unknown');
	ok((await call('queryInvoiceResult', body.replace('R1', 'R2'), { signature })).code === '070201',
		'nuonuo: not when it is changed');
	ok((await call('queryInvoiceResult', body, { token: '0' })).code === '070301',
		'nuonuo: not with a token that nobody gave');
}

async function proveNuonuoInvoices(call, control, tax) {
	const set = (settings) => control('POST /settings', { gateway: 'nuonuo', ...settings });
	const issue = (number) => call('requestBillingNew', nuonuoOrder(number, tax));
	const query = async (number) =>
		(await call('queryInvoiceResult', { orderNos: [number], isOfferInvoiceDetail: '0' })).result[0];

	await set({ issuing_ms: 60000 });
	ok((await issue('INV1')).result.invoiceSerialNum, 'nuonuo: an invoice is accepted');
	ok((await issue('INV1')).code === 'E9106', 'nuonuo: another of that number');
	ok((await query('INV1')).status === '20', 'nuonuo: it is being issued');
	await set({ issuing_ms: 0, sealing_ms: 60000 });
	ok((await query('INV1')).status === '21', 'nuonuo: and sealed');
	await set({ sealing_ms: 0, outcome: 'unsealed' });
	const issued = await query('INV1');
	ok(issued.status === '2' && /^\d{20}$/.test(issued.allElectronicInvoiceNumber) &&
		issued.orderAmount === '88.88' && issued.taxAmount === '5.03', 'nuonuo: it is issued');
	const file = await fetch(issued.pdfUrl);
	ok(file.status === 200 && (await file.text()).startsWith('%PDF-'), 'nuonuo: its document');
	await issue('INV2');
	ok((await query('INV2')).status === '24', 'nuonuo: a seal fails');
	await set({ outcome: 'issued' });
	await call('reInvoice', { orderno: 'INV2' });
	ok((await query('INV2')).status === '2', 'nuonuo: sealed again');
	await set({ session: 'login' });
	ok((await issue('INV3')).code === '420', 'nuonuo: the drawer has to log in');
	await set({ session: 'ok', credit_fen: 8887 });
	ok((await issue('INV3')).describe.includes('授信额度'), 'nuonuo: the credit line is used up');
	await set({ credit_fen: null, outcome: 'refused', cause: '税号有误' });
	await issue('INV3');
	ok((await query('INV3')).failCause === '税号有误', 'nuonuo: an invoice is refused');
	await set({ outcome: 'issued' });
	const wrong = nuonuoOrder('INV4', tax);
	wrong.order.invoiceDetail[0].tax = '5.04';
	ok((await call('requestBillingNew', wrong)).code === 'E9101', 'nuonuo: amounts that do not agree');
	return issued.allElectronicInvoiceNumber;
}

async function proveNuonuoRed(call, control, tax, blue) {
	const set = (settings) => control('POST /settings', { gateway: 'nuonuo', ...settings });
	const apply = (billId, blueElecInvoiceNumber) => call('saveInvoiceRedConfirm', {
		billId, blueInvoiceLine: 'bs', applySource: '0', blueElecInvoiceNumber, sellerTaxNo: tax,
		buyerName: 'x', redReason: '1', autoInvoice: '1', orderNo: billId,
	});
	const query = async (billId) =>
		(await call('queryInvoiceRedConfirm', { identity: '0', billId })).result.list[0];

	await set({ confirms: 'buyer' });
	ok((await apply('RC1', blue)).result === 'RC1', 'nuonuo: a confirmation');
	ok((await query('RC1')).billStatus === '02', 'nuonuo: it waits for the buyer');
	ok((await apply('RC2', blue)).code === 'E9103', 'nuonuo: no other of that invoice');
	await control('POST /red', { gateway: 'nuonuo', number: 'RC1', state: '04' });
	ok((await query('RC1')).billStatus === '02', 'nuonuo: what happens at the bureau is not seen');
	await call('refreshInvoiceRedConfirm', { identity: '0', billUuid: (await query('RC1')).billUuid });
	const red = await query('RC1');
	ok(red.billStatus === '04' && /^\d{20}$/.test(red.redInvoiceNumber) &&
		red.taxExcludedAmount === '-83.85', 'nuonuo: until it is asked to look: the red invoice is there');
	const { invoices } = (await control('GET /books')).nuonuo;
	const other = invoices.find(({ number }) => number === 'INV2').bureau_number;
	await apply('RC3', other);
	await control('POST /settings', { clock_offset_s: 72 * 3600 });
	ok((await control('GET /books')).nuonuo.confirmations[1].state === '07', 'nuonuo: after 72 hours it lapses');
	await control('POST /settings', { clock_offset_s: 0 });
	ok((await query('RC9')) === undefined, 'nuonuo: an unknown confirmation');
}

async function proveNuonuo(dir, port, control) {
	const { merchant_id: tax } = readSecrets(dir, 'nuonuo');
	const { access_token: token, expires_in: lives } = await nuonuoToken(port);
	const call = nuonuoClient(port, token, tax);

	ok(/^\w+$/.test(token) && lives === 86400, 'nuonuo: a token');
	await proveNuonuoVectors(call);
	const blue = await proveNuonuoInvoices(call, control, tax);
	await proveNuonuoRed(call, control, tax, blue);
	await control('POST /settings', { gateway: 'nuonuo', token_quota: 1 });
	ok((await nuonuoToken(port)).error === '070306', 'nuonuo: tokens are used up');
	await control('POST /revoke_tokens', { gateway: 'nuonuo' });
	ok((await call('queryInvoiceResult', vectors.nuonuo.body)).code === '070301', 'nuonuo: a token is revoked');
	await control('POST /fault', { gateway: 'nuonuo', kind: 'drop' });
	await fails(call('queryInvoiceResult', vectors.nuonuo.body), 'nuonuo: fault drop');
}

module.exports = { plantVectors, proveNuonuo, proveWaffo, proveXiaomi };
