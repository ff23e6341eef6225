'use strict';

// WeChat Pay, API v3: Native and H5.

const crypto = require('node:crypto');

const { Bills, isDay } = require('./bills');
const { fromRfc3339, toRfc3339 } = require('./clock');
const { Gateway } = require('./gateway');
const { makeCertifiedPair, makePlatformPair, makeText } = require('./keys');
const rsa = require('./rsa');
const wechatBills = require('./wechat_bills');

const OPERATIONS = ['create', 'query', 'close', 'refund', 'refund_query', 'bill', 'bill_file', 'keys'];
const CLOCK_TOLERANCE_S = 300;
const STALE_S = 600;
const LISTED_MAX = 2; // the newest, and the one before it
const DEFAULT_LIFE_MS = 7 * 24 * 3600 * 1000;
const URL_LIFE_MS = { native: 2 * 3600 * 1000, h5: 5 * 60 * 1000 };
const SCHEME = 'WECHATPAY2-SHA256-RSA2048';
const NUMBER = /^[0-9A-Za-z_\-|*]{6,32}$/;
const REFUND_NUMBER = /^[0-9A-Za-z_\-|*@]{1,64}$/;

const ROUTES = [
	['POST', /^\/v3\/pay\/transactions\/(native|h5)$/, 'create'],
	['GET', /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/, 'query'],
	['POST', /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/, 'close'],
	['POST', /^\/v3\/refund\/domestic\/refunds$/, 'refund'],
	['GET', /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/, 'refund_query'],
	['GET', /^\/v3\/bill\/(tradebill|fundflowbill)$/, 'bill'],
	['GET', /^\/v3\/billdownload\/file$/, 'bill_file'],
	['GET', /^\/v3\/certificates$/, 'keys'],
];

const NOTICE_KINDS = [
	'lost', 'unsigned', 'wrong_signature', 'wrong_serial', 'stale', 'probe', 'broken_tag',
	'wrong_amount', 'wrong_number', 'duplicate_keys', 'invalid_json', 'huge_numbers', 'wrong_charset',
];

const REFUND_FAULTS = {
	differs: [400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试'],
	unpaid: [400, 'INVALID_REQUEST', '订单未支付'],
	too_much: [400, 'INVALID_REQUEST', '申请退款金额大于订单剩余可退金额'],
	too_many: [403, 'RULE_LIMIT', '退款次数超过限制'],
	no_funds: [403, 'NOT_ENOUGH', '基本账户余额不足，请充值后重新发起'],
};

const STATE_TEXTS = {
	SUCCESS: '支付成功',
	REFUND: '转入退款',
	NOTPAY: '订单未支付',
	CLOSED: '订单已关闭',
};

// An answer that is an error.
class Refusal extends Error {
	constructor(status, code, message) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

function check(holds, field) {
	if (!holds)
		throw new Refusal(400, 'PARAM_ERROR', `参数错误: ${field}`);
}

function isWhole(value) {
	return Number.isSafeInteger(value) && value > 0;
}

function isText(value, lengthMax) {
	return typeof value === 'string' && value.length > 0 && value.length <= lengthMax;
}

function isNumber(value, pattern) {
	return typeof value === 'string' && pattern.test(value);
}

function parseJson(body) {
	try {
		return Object(JSON.parse(body.toString('utf8')));
	} catch {
		throw new Refusal(400, 'PARAM_ERROR', '请求体不是JSON');
	}
}

// The parts of the header Authorization; none where it is not of this scheme.
function readAuthorization(header = '') {
	const parts = header.startsWith(`${SCHEME} `) ? header.slice(SCHEME.length + 1) : '';

	return Object.fromEntries([...parts.matchAll(/(\w+)="([^"]*)"/g)].map((part) => part.slice(1)));
}

class Wechat extends Gateway {
	constructor(options) {
		super('wechat', { ...options, refundsPerOrder: false, operations: OPERATIONS });
		this.bills = new Bills(this, {
			movementsOf: () => wechatBills.movementsOf(this.ledger),
			readyHour: 10,
		});
	}

	read({ method, target, headers, body }) {
		const url = new URL(target, 'https://api.mch.weixin.qq.com');
		const call = { method, target, headers, body, query: url.searchParams, operation: 'other' };

		for (const [routeMethod, path, operation] of ROUTES) {
			const found = method === routeMethod && path.exec(url.pathname);

			if (found)
				Object.assign(call, { operation, part: found[1] });
		}
		return call;
	}

	async act(call) {
		try {
			this.authenticate(call);
			const document = await this[call.operation](call);

			return document?.open ? document : { status: 200, isSigned: true, document };
		} catch (refusal) {
			if (refusal instanceof Refusal)
				return this.refusal(refusal);
			throw refusal;
		}
	}

	refusal({ status, code, message }) {
		return { status, isSigned: false, document: { code, message } };
	}

	// The answer of a fault; error: with any code and status.
	refuse(call, { kind, code, status }) {
		if (kind === 'busy_429')
			return this.refusal({ status: 429, code: 'FREQUENCY_LIMITED', message: '频率超限' });
		if (kind === 'error')
			return this.refusal({ status: status ?? 400, code, message: '模拟' });
		return this.refusal({ status: 500, code: 'SYSTEM_ERROR', message: '系统异常，请稍后重试' });
	}

	authenticate({ method, target, headers, body }) {
		const given = readAuthorization(headers.authorization);
		const pair = this.secrets.merchant_keys.find((one) => one.serial === given.serial_no);
		const drift = Math.abs(Number(given.timestamp) - this.clock.now() / 1000);
		const message = Buffer.concat([
			Buffer.from(`${method}\n${target}\n${given.timestamp}\n${given.nonce_str}\n`),
			body,
			Buffer.from('\n'),
		]);

		if (!headers.accept || !headers['user-agent'])
			throw new Refusal(400, 'PARAM_ERROR', 'Http头缺少Accept或User-Agent');
		if (!pair || given.mchid !== this.secrets.merchant_id || !given.nonce_str ||
			!rsa.holds(pair.public_key, message, given.signature ?? ''))
			throw new Refusal(401, 'SIGN_ERROR', '错误的签名，验签失败');
		if (!(drift <= CLOCK_TOLERANCE_S))
			throw new Refusal(401, 'SIGN_ERROR', 'Http头Authorization中的timestamp与发起请求的时间相差太多');
		if (method === 'POST' && !/^application\/json\b/i.test(headers['content-type'] ?? ''))
			throw new Refusal(400, 'PARAM_ERROR', 'Http头Content-Type应为application/json');
	}

	other() {
		throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '请求的资源不存在');
	}

	// ---- orders

	create({ part: product, body }) {
		const asked = parseJson(body);

		this.checkOrder(asked, product);
		const { out_trade_no: number, time_expire: until } = asked;
		const fields = JSON.stringify([product, asked]);
		const known = this.ledger.orders.get(number);

		if (known)
			this.checkAgain(known, fields);
		else
			check(until === undefined || fromRfc3339(until) > this.clock.now(), '/time_expire');
		const order = known ?? this.ledger.addOrder({
			number,
			product,
			fields,
			subject: asked.description,
			attach: asked.attach ?? '',
			amount_fen: asked.amount.total,
			notify_url: asked.notify_url,
			expires_at: until ? fromRfc3339(until) : this.clock.now() + DEFAULT_LIFE_MS,
		});

		order.url_expires_at = this.clock.now() + URL_LIFE_MS[product];
		return this.payAddress(product);
	}

	checkOrder(asked, product) {
		const { amount, scene_info: scene } = asked;

		this.checkParty(asked);
		check(isText(asked.description, 127), '/description');
		check(isNumber(asked.out_trade_no, NUMBER), '/out_trade_no');
		check(isText(asked.notify_url, 255) && !asked.notify_url.includes('?'), '/notify_url');
		check(isWhole(amount?.total), '/amount/total');
		check((amount.currency ?? 'CNY') === 'CNY', '/amount/currency');
		check(asked.time_expire === undefined || fromRfc3339(asked.time_expire), '/time_expire');
		check(product !== 'h5' || (isText(scene?.payer_client_ip, 45) &&
			isText(scene.h5_info?.type, 32)), '/scene_info');
	}

	checkParty({ mchid, appid }) {
		check(isText(mchid, 32), '/mchid');
		check(isText(appid, 32), '/appid');
		if (mchid !== this.secrets.merchant_id || appid !== this.secrets.app_id)
			throw new Refusal(400, 'APPID_MCHID_NOT_MATCH', '商户号与AppID不匹配');
	}

	// A number may come again with the same fields, while it can be paid.
	checkAgain(order, fields) {
		if (order.state === 'paid')
			throw new Refusal(400, 'ORDERPAID', '该订单已支付');
		if (order.state === 'closed')
			throw new Refusal(400, 'ORDERCLOSED', '该订单已关闭');
		if (order.fields !== fields)
			throw new Refusal(403, 'OUT_TRADE_NO_USED', '商户订单号重复');
		if (this.ledger.isExpired(order))
			throw new Refusal(400, 'INVALID_REQUEST', '订单已过期，请使用新的商户订单号');
	}

	payAddress(product) {
		const id = crypto.randomBytes(9).toString('base64url');

		return product === 'h5'
			? { h5_url: `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx${id}&package=1` }
			: { code_url: `weixin://wxpay/bizpayurl?pr=${id}` };
	}

	known(number) {
		const order = this.ledger.orders.get(number);

		if (!order)
			throw new Refusal(404, 'ORDER_NOT_EXIST', '订单不存在');
		return order;
	}

	query({ part, query }) {
		check(query.get('mchid') === this.secrets.merchant_id, '/mchid');
		return this.transaction(this.known(decodeURIComponent(part)));
	}

	close({ part, body }) {
		check(parseJson(body).mchid === this.secrets.merchant_id, '/mchid');
		const order = this.known(decodeURIComponent(part));

		if (order.state === 'paid')
			throw new Refusal(400, 'ORDERPAID', '该订单已支付');
		order.state = 'closed';
		return null;
	}

	stateOf(order) {
		if (order.state === 'paid')
			return order.refunds.length > 0 ? 'REFUND' : 'SUCCESS';
		return order.state === 'closed' ? 'CLOSED' : 'NOTPAY';
	}

	transaction(order) {
		const state = this.stateOf(order);
		const transaction = {
			appid: this.secrets.app_id,
			mchid: this.secrets.merchant_id,
			out_trade_no: order.number,
			trade_state: state,
			trade_state_desc: STATE_TEXTS[state],
			attach: '',
			amount: { total: order.paid_fen ?? order.amount_fen, currency: 'CNY' },
		};

		return order.state === 'paid' ? { ...transaction, ...this.payment(order) } : transaction;
	}

	// What only an order that was paid has.
	payment(order) {
		return {
			transaction_id: order.transaction_id,
			trade_type: order.product === 'h5' ? 'MWEB' : 'NATIVE',
			bank_type: 'OTHERS',
			success_time: toRfc3339(order.paid_at),
			payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
			amount: {
				total: order.paid_fen,
				payer_total: order.payer_fen,
				currency: 'CNY',
				payer_currency: 'CNY',
			},
		};
	}

	markPaid(order) {
		order.transaction_id = this.ledger.newId('4200');
	}

	// ---- refunds

	refund({ body }) {
		const asked = parseJson(body);

		check(isNumber(asked.out_refund_no, REFUND_NUMBER), '/out_refund_no');
		check(isWhole(asked.amount?.refund), '/amount/refund');
		check(isWhole(asked.amount.total), '/amount/total');
		check(asked.amount.currency === 'CNY', '/amount/currency');
		const order = this.refundable(asked);
		const fault = asked.amount.total !== (order.paid_fen ?? order.amount_fen) && 'differs';
		const made = fault ? { fault } : this.ledger.refund(order, asked.out_refund_no,
			asked.amount.refund, { notify_url: asked.notify_url });

		if (made.fault)
			throw new Refusal(...REFUND_FAULTS[made.fault]);
		const document = this.refundDocument(order, made.refund);

		if (made.isNew && !this.ledger.holdsRefunds)
			this.settle(order, made.refund, 'SUCCESS');
		return document;
	}

	refundable({ transaction_id: id, out_trade_no: number }) {
		const order = id ? this.ledger.ofTransaction(id) : this.ledger.orders.get(number);

		if (!order)
			throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '订单号不存在');
		return order;
	}

	refund_query({ part }) {
		const refund = this.ledger.findRefund(decodeURIComponent(part));

		if (!refund)
			throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '退款单不存在');
		return this.refundDocument(this.ledger.orderOf(refund), refund);
	}

	refundDocument(order, refund) {
		return {
			refund_id: refund.id,
			out_refund_no: refund.number,
			transaction_id: order.transaction_id,
			out_trade_no: order.number,
			channel: 'ORIGINAL',
			user_received_account: '支付用户零钱',
			...(refund.success_at && { success_time: toRfc3339(refund.success_at) }),
			create_time: toRfc3339(refund.made_at),
			status: refund.state,
			funds_account: 'AVAILABLE',
			amount: {
				total: order.paid_fen,
				refund: refund.amount_fen,
				payer_total: order.payer_fen,
				payer_refund: refund.payer_fen,
				settlement_refund: refund.payer_fen,
				settlement_total: order.payer_fen,
				discount_refund: refund.amount_fen - refund.payer_fen,
				currency: 'CNY',
			},
		};
	}

	// ---- bills

	async bill({ part, query }) {
		const day = query.get('bill_date') ?? '';
		const isTrade = part === 'tradebill';

		check(isDay(day), '/bill_date');
		check(['GZIP', null].includes(query.get('tar_type')), '/tar_type');
		check(isTrade ? (query.get('bill_type') ?? 'ALL') === 'ALL'
			: (query.get('account_type') ?? 'BASIC') === 'BASIC', isTrade ? '/bill_type' : '/account_type');
		const bill = this.bills.bill(day, isTrade ? 'trade' : 'fund');

		if (!bill)
			throw new Refusal(400, 'NO_STATEMENT_EXIST', '账单文件不存在');
		const isPacked = query.get('tar_type') === 'GZIP';
		const token = this.bills.offer(bill, () => wechatBills.open(bill, isPacked));

		return {
			hash_type: 'SHA1',
			hash_value: await wechatBills.hash(bill),
			download_url: `${this.origin}/v3/billdownload/file?token=${token}`,
		};
	}

	// What it holds is signed by nobody.
	bill_file({ query }) {
		const open = this.bills.redeem(query.get('token'));

		if (!open)
			throw new Refusal(400, 'INVALID_REQUEST', '请按第一步申请账单的API指引，重新获取账单地址后再请求');
		return { status: 200, headers: { 'Content-Type': 'text/plain' }, open };
	}

	// ---- its own keys

	// Others from now on: known by certificates, or by the one that the merchant downloads once.
	renewKeys(kind) {
		this.secrets.platform_keys = [
			kind === 'certificates' ? makeCertifiedPair() : makePlatformPair(this.name),
		];
	}

	keys() {
		const pairs = this.secrets.platform_keys.filter((pair) => pair.certificate);

		if (pairs.length === 0)
			throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥');
		return { data: pairs.slice(0, LISTED_MAX).map((pair) => this.listed(pair)) };
	}

	listed({ serial, certificate }, key = this.secrets.apiv3_key) {
		const { validFrom, validTo } = new crypto.X509Certificate(certificate);

		return {
			serial_no: serial,
			effective_time: toRfc3339(Date.parse(validFrom)),
			expire_time: toRfc3339(Date.parse(validTo)),
			encrypt_certificate: this.sealed('certificate', certificate, key),
		};
	}

	// ---- what goes out

	misstate(document, kind) {
		if (kind === 'wrong_key' && document.data)
			document.data = this.secrets.platform_keys.map((pair) => this.listed(pair, makeText()));
		if (kind === 'wrong_number' && document.data)
			document.data[0].serial_no = crypto.randomBytes(20).toString('hex').toUpperCase();
		if (kind === 'wrong_amount' && document.amount)
			document.amount[document.amount.refund ? 'refund' : 'total'] += 1;
		if (kind === 'wrong_number' && document.out_trade_no)
			document[document.out_refund_no ? 'out_refund_no' : 'out_trade_no'] += 'X';
	}

	// The key that is asked for by the header, or the newest.
	platformPair(serial) {
		const { platform_keys: pairs } = this.secrets;

		return pairs.find((pair) => pair.serial === serial) ?? pairs[0];
	}

	signatureHeaders(body, how, pair) {
		const stale = how.kind === 'stale' ? STALE_S : 0;
		const timestamp = Math.floor(this.clock.now() / 1000) - stale;
		const nonce = crypto.randomBytes(16).toString('hex');
		const message = Buffer.concat([
			Buffer.from(`${timestamp}\n${nonce}\n`),
			body,
			Buffer.from(how.kind === 'wrong_signature' ? ' \n' : '\n'),
		]);
		const signature = rsa.sign(pair.private_key, message);
		const serial = how.kind === 'wrong_serial'
			? how.serial ?? 'PUB_KEY_ID_0000000000000000000000000000'
			: pair.serial;

		return {
			'Wechatpay-Timestamp': String(timestamp),
			'Wechatpay-Nonce': nonce,
			'Wechatpay-Signature': how.kind === 'probe' ? `WECHATPAY/SIGNTEST/${signature}` : signature,
			'Wechatpay-Serial': serial,
			'Wechatpay-Signature-Type': SCHEME,
		};
	}

	seal(call, { status, isSigned, document }, body, how) {
		const pair = this.platformPair(call.headers['wechatpay-serial']);

		return {
			status: document === null ? 204 : status,
			headers: {
				'Request-ID': crypto.randomUUID(),
				...(document !== null && { 'Content-Type': 'application/json; charset=utf-8' }),
				...(isSigned && how.kind !== 'unsigned' && this.signatureHeaders(body, how, pair)),
			},
			body,
		};
	}

	paymentNotice(order) {
		return {
			event: 'TRANSACTION.SUCCESS',
			original: 'transaction',
			summary: '支付成功',
			document: this.transaction(order),
		};
	}

	refundNotice(order, refund) {
		const { status, amount, ...rest } = this.refundDocument(order, refund);
		const { total, refund: refunded, payer_total, payer_refund } = amount;

		return {
			event: `REFUND.${refund.state}`,
			original: 'refund',
			summary: '退款通知',
			url: refund.notify_url,
			document: {
				mchid: this.secrets.merchant_id,
				...rest,
				refund_status: status,
				amount: { total, refund: refunded, payer_total, payer_refund },
			},
		};
	}

	// As it seals: by an APIv3 key, with a name beside it.
	sealed(name, plain, key, isBroken = false) {
		const nonce = crypto.randomBytes(6).toString('hex');
		const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
		const text = Buffer.concat([
			cipher.setAAD(Buffer.from(name)).update(plain),
			cipher.final(),
			cipher.getAuthTag(),
		]);

		if (isBroken)
			text[text.length - 1] ^= 1;
		return {
			algorithm: 'AEAD_AES_256_GCM',
			ciphertext: text.toString('base64'),
			associated_data: name,
			nonce,
		};
	}

	resource(original, plain, how) {
		return {
			original_type: original,
			...this.sealed(original, plain, this.secrets.apiv3_key, how.kind === 'broken_tag'),
		};
	}

	sealNotice({ event, original, summary }, plain, how) {
		const body = Buffer.from(JSON.stringify({
			id: crypto.randomUUID(),
			create_time: toRfc3339(this.clock.now()),
			resource_type: 'encrypt-resource',
			event_type: event,
			summary,
			resource: this.resource(original, plain, how),
		}));

		return {
			headers: {
				'Content-Type': 'application/json',
				'User-Agent': 'Mozilla/4.0',
				'Request-ID': crypto.randomUUID(),
				...(how.kind !== 'unsigned' && this.signatureHeaders(body, how, this.platformPair())),
			},
			body,
		};
	}

	get noticeKinds() {
		return NOTICE_KINDS;
	}

	isAccepted(status) {
		return status === 200 || status === 204;
	}
}

module.exports = { Wechat };
