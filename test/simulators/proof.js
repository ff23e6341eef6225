'use strict';

// Proves the simulators over TLS: WeChat Pay and Alipay against their official SDKs,
// Waffo, Xiaomi and Nuonuo, which have none, against values made elsewhere. Prints TAP.

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');

const { toChina, toRfc3339 } = require('./clock');
const keys = require('./keys');
const { proveAlipayBills, proveWechatBills } = require('./proof_bills');
const { plantVectors, proveNuonuo, proveWaffo, proveXiaomi } = require('./proof_vectors');
const { fails, finish, ok } = require('./tap');

const HALF_AN_HOUR_MS = 30 * 60 * 1000;
const NUMBERS = { wechat: 'P20260101000001', alipay: 'P20260101000002', page: 'P20260101000003' };

function startServer(dir) {
	const child = spawn(process.execPath, [path.join(__dirname, 'server.js'), '--dir', dir],
		{ stdio: ['pipe', 'pipe', 'inherit'] });

	return new Promise((resolve) => {
		child.stdout.once('data', (line) => resolve({ child, ports: JSON.parse(line) }));
	});
}

function controlOf(port) {
	return async (route, body) => {
		const [method, target] = route.split(' ');
		const reply = await fetch(`http://127.0.0.1:${port}${target}`,
			{ method, body: body && JSON.stringify(body) });

		return reply.json();
	};
}

// The newest notice of a gateway; the queue is empty then.
async function takeNotice(control, gateway) {
	const notices = await control('GET /notices');
	const { headers, body_base64: body } = notices.filter((one) => one.gateway === gateway).pop();

	return { headers, body: Buffer.from(body, 'base64').toString() };
}

// ---- WeChat Pay

function wechatClient(secrets, port) {
	const { Wechatpay } = require('wechatpay-axios-plugin');
	const [merchant] = secrets.merchant_keys;

	return new Wechatpay({
		mchid: secrets.merchant_id,
		serial: merchant.serial,
		privateKey: merchant.private_key,
		certs: Object.fromEntries(secrets.platform_keys.map((pair) =>
			[pair.serial, pair.certificate ?? pair.public_key])),
		baseURL: `https://localhost:${port}/`,
	});
}

function wechatOrder(secrets, number) {
	return {
		mchid: secrets.merchant_id,
		appid: secrets.app_id,
		description: 'API 充值',
		out_trade_no: number,
		time_expire: toRfc3339(Date.now() + HALF_AN_HOUR_MS),
		notify_url: 'https://billing.example.com/notify/wechat',
		amount: { total: 8888, currency: 'CNY' },
	};
}

function isCode(code) {
	return (error) => error.response?.data?.code === code;
}

async function proveWechatOrders(client, secrets) {
	const mchid = secrets.merchant_id;
	const order = wechatOrder(secrets, NUMBERS.wechat);
	const other = wechatOrder(secrets, `${NUMBERS.wechat}B`);
	const byNumber = client.v3.pay.transactions.outTradeNo.$out_trade_no$;
	const query = (number) => byNumber.get({ params: { mchid }, out_trade_no: number });
	const close = (number) => byNumber.close.post({ mchid }, { out_trade_no: number });

	await fails(query(order.out_trade_no), 'wechat: an unknown order', isCode('ORDER_NOT_EXIST'));
	const made = await client.v3.pay.transactions.native.post(order);
	ok(made.data.code_url.startsWith('weixin://'), 'wechat: native order');
	ok((await client.v3.pay.transactions.native.post(order)).status === 200, 'wechat: the same again');
	await fails(client.v3.pay.transactions.native.post({ ...order, description: 'other' }),
		'wechat: another of that number', isCode('OUT_TRADE_NO_USED'));
	ok((await query(order.out_trade_no)).data.trade_state === 'NOTPAY', 'wechat: query, unpaid');
	const h5 = await client.v3.pay.transactions.h5.post({
		...other,
		scene_info: { payer_client_ip: '192.0.2.1', h5_info: { type: 'Wap' } },
	});
	ok(h5.data.h5_url.startsWith('https://'), 'wechat: h5 order');
	ok((await close(other.out_trade_no)).status === 204, 'wechat: close, its empty reply is signed');
	ok((await query(other.out_trade_no)).data.trade_state === 'CLOSED', 'wechat: query, closed');
	return { query, close };
}

async function proveWechatNotices(control, secrets) {
	const { Aes, Formatter, Rsa } = require('wechatpay-axios-plugin');
	const [pair] = secrets.platform_keys;
	const holds = ({ headers, body }) => Rsa.verify(
		Formatter.response(headers['Wechatpay-Timestamp'], headers['Wechatpay-Nonce'], body),
		headers['Wechatpay-Signature'], pair.public_key);
	const notice = await takeNotice(control, 'wechat');
	const { resource } = JSON.parse(notice.body);
	const plain = JSON.parse(Aes.AesGcm.decrypt(resource.ciphertext, secrets.apiv3_key,
		resource.nonce, resource.associated_data));

	ok(notice.headers['Wechatpay-Serial'] === pair.serial && holds(notice),
		'wechat: notice is signed');
	ok(plain.out_trade_no === NUMBERS.wechat && plain.trade_state === 'SUCCESS' &&
		plain.amount.total === 8888 && plain.amount.payer_total === 8800, 'wechat: notice opens');
	await control('POST /notice', { gateway: 'wechat', number: NUMBERS.wechat, forge: true });
	ok(!holds(await takeNotice(control, 'wechat')), 'wechat: forged notice does not hold');
	await control('POST /notice', { gateway: 'wechat', number: NUMBERS.wechat, probe: true });
	ok(!holds(await takeNotice(control, 'wechat')), 'wechat: probe does not hold');
	await control('POST /notice', { gateway: 'wechat', number: NUMBERS.wechat, kind: 'broken_tag' });
	const broken = JSON.parse((await takeNotice(control, 'wechat')).body).resource;
	await fails((async () => Aes.AesGcm.decrypt(broken.ciphertext, secrets.apiv3_key,
		broken.nonce, broken.associated_data))(), 'wechat: broken tag is found');
}

async function proveWechatRefunds(client, control, query) {
	const { transaction_id: id } = (await query(NUMBERS.wechat)).data;
	const asked = {
		transaction_id: id,
		out_refund_no: 'RF0001',
		amount: { refund: 2000, total: 8888, currency: 'CNY' },
	};
	const refunds = client.v3.refund.domestic.refunds;
	const made = await refunds.post(asked);

	ok(made.data.status === 'PROCESSING' && made.data.amount.payer_refund === 1980, 'wechat: refund');
	ok((await refunds.post(asked)).data.refund_id === made.data.refund_id, 'wechat: the same again');
	await fails(refunds.post({ ...asked, amount: { ...asked.amount, refund: 1 } }),
		'wechat: another of that number', isCode('INVALID_REQUEST'));
	await control('POST /settings', { gateway: 'wechat', balance_fen: 1 });
	await fails(refunds.post({ ...asked, out_refund_no: 'RF0002' }), 'wechat: no funds',
		isCode('NOT_ENOUGH'));
	await control('POST /settings', { gateway: 'wechat', balance_fen: null });
	const queried = await refunds.$out_refund_no$.get({ out_refund_no: 'RF0001' });
	ok(queried.data.status === 'SUCCESS' && queried.data.amount.refund === 2000,
		'wechat: refund query');
	await fails(refunds.$out_refund_no$.get({ out_refund_no: 'RF0009' }), 'wechat: an unknown refund',
		isCode('RESOURCE_NOT_EXISTS'));
	ok((await query(NUMBERS.wechat)).data.trade_state === 'REFUND', 'wechat: query, refunded');
}

async function proveWechatFaults(secrets, port, control, { query }) {
	const faults = [
		['wrong_signature', (error) => error.code === 'EV3_RES_HEADER_SIGNATURE_DIGEST'],
		['wrong_serial', (error) => error.code === 'EV3_RES_HEADER_PLATFORM_SERIAL'],
		['stale', (error) => error.code === 'EV3_RES_HEADER_TIMESTAMP_OFFSET'],
		['unsigned', (error) => error.code === 'EV3_RES_HEADERS_INCOMPLATE'],
		['busy_429', (error) => error.response.status === 429],
		['error_500', (error) => error.response.status === 500],
		['drop', (error) => error.code === 'ECONNRESET'],
	];

	for (const [kind, isExpected] of faults) {
		await control('POST /fault', { gateway: 'wechat', operation: 'query', kind, count: 1 });
		await fails(query(NUMBERS.wechat), `wechat: fault ${kind}`, isExpected);
	}
	ok((await query(NUMBERS.wechat)).status === 200, 'wechat: faults are over');
	const stranger = wechatClient({ ...secrets, merchant_keys: [
		{ ...keys.makeMerchantPair('wechat'), serial: secrets.merchant_keys[0].serial },
	] }, port);
	await fails(stranger.v3.refund.domestic.refunds.$no$.get({ no: 'RF0001' }),
		'wechat: request signed by a stranger', isCode('SIGN_ERROR'));
}

// Each opens to the certificate that its entry names, and that holds the key that signs.
function opensTo({ serial_no: serial, encrypt_certificate: sealed, expire_time: until }, secrets) {
	const { Aes } = require('wechatpay-axios-plugin');
	const pair = secrets.platform_keys.find((one) => one.serial === serial);
	const certificate = new crypto.X509Certificate(Aes.AesGcm.decrypt(sealed.ciphertext,
		secrets.apiv3_key, sealed.nonce, sealed.associated_data));

	return certificate.serialNumber === serial &&
		certificate.checkPrivateKey(crypto.createPrivateKey(pair.private_key)) &&
		Date.parse(until) === Date.parse(certificate.validTo);
}

async function proveWechatCertificates(dir, port, control) {
	const set = (kind) => control('POST /settings', { gateway: 'wechat', keys: kind });
	const fault = (kind) => control('POST /fault', { gateway: 'wechat', operation: 'keys', kind });

	await fails(wechatClient(keys.loadSecrets(dir, 'wechat'), port).v3.certificates.get(),
		'wechat: no certificates of who has the public key', isCode('RESOURCE_NOT_EXISTS'));
	await set('certificates');
	await control('POST /rotate', { gateway: 'wechat', what: 'platform_key' });
	const secrets = keys.loadSecrets(dir, 'wechat');
	const certificates = wechatClient(secrets, port).v3.certificates;
	const { data } = (await certificates.get()).data;

	ok(data.length === 2 && data.every((one) => opensTo(one, secrets)),
		'wechat: certificates are listed, sealed and signed by one of them');
	await fault('wrong_number');
	const named = (await certificates.get()).data.data;
	ok(named[0].serial_no !== data[0].serial_no, 'wechat: fault wrong_number of certificates');
	await fault('wrong_key');
	const other = (await certificates.get()).data.data;
	await fails((async () => opensTo(other[0], secrets))(), 'wechat: fault wrong_key');
	await fault('unsigned');
	await fails(certificates.get(), 'wechat: fault unsigned of certificates',
		(error) => error.code === 'EV3_RES_HEADERS_INCOMPLATE');
	await set('public_key');
}

async function proveWechat(dir, port, control) {
	const secrets = keys.loadSecrets(dir, 'wechat');
	const client = wechatClient(secrets, port);
	const calls = await proveWechatOrders(client, secrets);

	await control('POST /pay', { gateway: 'wechat', number: NUMBERS.wechat, payer_fen: 8800 });
	ok((await calls.query(NUMBERS.wechat)).data.trade_state === 'SUCCESS', 'wechat: query, paid');
	await fails(calls.close(NUMBERS.wechat), 'wechat: close of a paid order', isCode('ORDERPAID'));
	await proveWechatNotices(control, secrets);
	await proveWechatRefunds(client, control, calls.query);
	await proveWechatFaults(secrets, port, control, calls);
	await proveWechatBills(client, control, NUMBERS.wechat);
	await proveWechatCertificates(dir, port, control);
}

// ---- Alipay

function alipayClient(secrets, port) {
	const { AlipaySdk } = require('alipay-sdk');
	const [merchant] = secrets.merchant_keys;

	return new AlipaySdk({
		appId: secrets.app_id,
		privateKey: merchant.private_key,
		keyType: 'PKCS8',
		alipayPublicKey: secrets.platform_keys[0].public_key,
		gateway: `https://localhost:${port}/gateway.do`,
	});
}

function alipayOrder(number) {
	return {
		outTradeNo: number,
		totalAmount: '88.88',
		subject: 'API 充值 100%',
		timeoutExpress: '30m',
	};
}

async function proveAlipayOrders(exec, control) {
	const notify = { notifyUrl: 'https://billing.example.com/notify/alipay' };
	const order = alipayOrder(NUMBERS.alipay);
	const query = () => exec('alipay.trade.query', { outTradeNo: NUMBERS.alipay });
	const made = await exec('alipay.trade.precreate', order, notify);

	ok(made.code === '10000' && made.qrCode.startsWith('https://qr.alipay.com/'), 'alipay: precreate');
	ok((await query()).subCode === 'ACQ.TRADE_NOT_EXIST', 'alipay: no trade before the scan');
	ok((await exec('alipay.trade.precreate', { ...order, subject: 'other' }, notify)).subCode ===
		'ACQ.CONTEXT_INCONSISTENT', 'alipay: another of that number');
	await control('POST /scan', { number: NUMBERS.alipay });
	ok((await query()).tradeStatus === 'WAIT_BUYER_PAY', 'alipay: query, scanned');
	await control('POST /pay', { gateway: 'alipay', number: NUMBERS.alipay, payer_fen: 8800 });
	const paid = await query();
	ok(paid.tradeStatus === 'TRADE_SUCCESS' && paid.totalAmount === '88.88' &&
		paid.invoiceAmount === '88.00', 'alipay: query, paid');
	ok((await exec('alipay.trade.close', { outTradeNo: NUMBERS.alipay })).subCode ===
		'ACQ.TRADE_STATUS_ERROR', 'alipay: close of a paid order');
}

async function proveAlipayNotices(sdk, control) {
	const fieldsOf = async () =>
		Object.fromEntries(new URLSearchParams((await takeNotice(control, 'alipay')).body));
	const fields = await fieldsOf();

	ok(sdk.checkNotifySignV2(fields) && fields.trade_status === 'TRADE_SUCCESS' &&
		fields.out_trade_no === NUMBERS.alipay, 'alipay: notice is signed');
	ok(!sdk.checkNotifySignV2({ ...fields, total_amount: '88.89' }),
		'alipay: changed notice does not hold');
	await control('POST /notice', { gateway: 'alipay', number: NUMBERS.alipay, forge: true });
	ok(!sdk.checkNotifySignV2(await fieldsOf()), 'alipay: forged notice does not hold');
	await control('POST /notice', { gateway: 'alipay', number: NUMBERS.alipay, kind: 'wrong_amount' });
	const wrong = await fieldsOf();
	ok(sdk.checkNotifySignV2(wrong) && wrong.total_amount === '88.89',
		'alipay: wrong amount is signed');
}

async function proveAlipayRefunds(exec) {
	const asked = { outTradeNo: NUMBERS.alipay, refundAmount: '20.00', outRequestNo: 'RF0001' };
	const refundQuery = (number) => exec('alipay.trade.fastpay.refund.query',
		{ outTradeNo: NUMBERS.alipay, outRequestNo: number });
	const made = await exec('alipay.trade.refund', asked);

	ok(made.fundChange === 'Y' && made.refundFee === '20.00', 'alipay: refund');
	ok((await exec('alipay.trade.refund', asked)).fundChange === 'N', 'alipay: the same again');
	ok((await exec('alipay.trade.refund', { ...asked, refundAmount: '1.00' })).subCode ===
		'ACQ.DISCORDANT_REPEAT_REQUEST', 'alipay: another of that number');
	const queried = await refundQuery('RF0001');
	ok(queried.refundStatus === 'REFUND_SUCCESS' && queried.refundAmount === '20.00',
		'alipay: refund query');
	ok((await refundQuery('RF0009')).refundStatus === undefined, 'alipay: an unknown refund');
	await exec('alipay.trade.refund', { ...asked, refundAmount: '68.88', outRequestNo: 'RF0002' });
	const whole = await exec('alipay.trade.query', { outTradeNo: NUMBERS.alipay });
	ok(whole.tradeStatus === 'TRADE_CLOSED' && whole.sendPayDate, 'alipay: query, given back whole');
}

async function proveAlipayPage(sdk, exec, control) {
	const url = sdk.pageExecute('alipay.trade.page.pay', 'GET', {
		returnUrl: 'https://shop.example.com/back?a=b&c=d',
		bizContent: {
			...alipayOrder(NUMBERS.page),
			timeExpire: toChina(Date.now() + HALF_AN_HOUR_MS),
			productCode: 'FAST_INSTANT_TRADE_PAY',
		},
	});
	const page = await control('POST /visit', { url });
	const forged = await control('POST /visit', { url: url.replace('88.88', '88.80') });

	ok(page.status === 200 && page.body.includes(NUMBERS.page), 'alipay: page for a browser');
	ok(forged.body.includes('isv.invalid-signature'), 'alipay: changed address of a page');
	await control('POST /scan', { number: NUMBERS.page });
	ok((await exec('alipay.trade.close', { outTradeNo: NUMBERS.page })).outTradeNo === NUMBERS.page,
		'alipay: close');
	ok((await exec('alipay.trade.query', { outTradeNo: NUMBERS.page })).tradeStatus === 'TRADE_CLOSED',
		'alipay: query, closed');
}

async function proveAlipayFaults(secrets, port, exec, control) {
	const query = () => exec('alipay.trade.query', { outTradeNo: NUMBERS.alipay });

	for (const kind of ['wrong_signature', 'unsigned', 'error_500', 'invalid_json', 'drop']) {
		// twice: what its connection lost, the SDK sends again
		await control('POST /fault', { gateway: 'alipay', operation: 'query', kind, count: 2 });
		await fails(query(), `alipay: fault ${kind}`);
		await control('POST /no_faults', { gateway: 'alipay' });
	}
	ok((await query()).code === '10000', 'alipay: faults are over');
	const otherPair = keys.makeMerchantPair('alipay');
	const stranger = alipayClient({ ...secrets, merchant_keys: [otherPair] }, port);
	const asked = { bizContent: { outTradeNo: NUMBERS.alipay } };
	const refused = await stranger.exec('alipay.trade.query', asked, { validateSign: true });

	ok(refused.subCode === 'isv.invalid-signature', 'alipay: request signed by a stranger');
}

async function proveAlipay(dir, port, control) {
	const secrets = keys.loadSecrets(dir, 'alipay');
	const sdk = alipayClient(secrets, port);
	const exec = (method, bizContent, rest) =>
		sdk.exec(method, { ...rest, bizContent }, { validateSign: true });

	await proveAlipayOrders(exec, control);
	await proveAlipayNotices(sdk, control);
	await proveAlipayRefunds(exec);
	await proveAlipayPage(sdk, exec, control);
	await proveAlipayFaults(secrets, port, exec, control);
	await proveAlipayBills(exec, control, NUMBERS.alipay);
}

async function prove(dir) {
	plantVectors(dir);
	const { child, ports } = await startServer(dir);
	const control = controlOf(ports.control);

	await proveWechat(dir, ports.wechat, control);
	await proveAlipay(dir, ports.alipay, control);
	await proveWaffo(dir, ports.waffo, control);
	await proveXiaomi(dir, ports.xiaomi, control);
	await proveNuonuo(dir, ports.nuonuo, control);
	child.stdin.end();
	const code = await new Promise((resolve) => child.once('exit', resolve));
	ok(code === 0, 'the server ends with its stdin');
	process.exit(finish());
}

// Runs this file again in an environment that trusts the simulators' certificate,
// which Node reads at its start only, and in Alipay's time zone, as its SDK needs it.
function proveInEnvironment() {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'simulators-'));

	keys.loadCertificate(dir);
	const { status } = spawnSync(process.execPath, [__filename, dir], {
		stdio: 'inherit',
		env: {
			...process.env,
			TZ: 'Asia/Shanghai',
			NODE_EXTRA_CA_CERTS: path.join(dir, 'sim', 'tls.pem'),
		},
	});

	fs.rmSync(dir, { recursive: true });
	process.exit(status ?? 1);
}

function giveUp(error) {
	console.log(`Bail out! ${error.stack}`);
	process.exit(1);
}

if (process.argv[2])
	prove(process.argv[2]).catch(giveUp);
else
	proveInEnvironment();
