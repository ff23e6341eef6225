'use strict';

// Xiaomi's public interface for apps: an order is made by the app, at Xiaomi.
//
// The server can ask about one and is told of it. It can neither make, close nor
// give back anything.

const crypto = require('node:crypto');

const { toChina } = require('./clock');
const { FILLER, GBK_TEXT, spoil } = require('./faults');
const { Gateway } = require('./gateway');
const { Impossible } = require('./ledger');

const QUERY = '/api/biz/service/queryOrder.do';
const HUGE_NUMBER = '9'.repeat(30);

const NOTICE_KINDS = [
	'lost', 'unsigned', 'wrong_signature', 'wrong_amount', 'wrong_number', 'duplicate_keys',
	'huge_numbers', 'wrong_charset',
];

// What a fault adds to a text, which is to be signed with it.
const ADDITIONS = {
	huge_body: { filler: FILLER },
	wrong_charset: { note: GBK_TEXT },
};

const MESSAGES = {
	1506: 'cpOrderId error',
	1515: 'appId error',
	1516: 'uid error',
	1525: 'signature error',
};

class Refusal extends Error {
	constructor(code) {
		super(MESSAGES[code]);
		this.code = code;
	}
}

function isEmpty(value) {
	return value === undefined || value === null || value.length === 0;
}

// What is signed: all that is not empty, by name, as bytes before they are written for a URL.
function signedBytes(fields) {
	const pairs = Object.keys(fields)
		.filter((name) => name !== 'signature' && !isEmpty(fields[name]))
		.sort()
		.flatMap((name, i) => [Buffer.from(`${i > 0 ? '&' : ''}${name}=`), Buffer.from(fields[name])]);

	return Buffer.concat(pairs);
}

function sign(secret, fields) {
	return crypto.createHmac('sha1', secret).update(signedBytes(fields)).digest('hex');
}

// As forms write values; bytes that are no text stay what they are.
function urlEncode(value) {
	return Buffer.from(value).toString('latin1').replace(/[^\w.*-]/g, (byte) =>
		byte === ' ' ? '+' : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

class Xiaomi extends Gateway {
	constructor(options) {
		super('xiaomi', { ...options, refundsPerOrder: false, operations: ['query'] });
	}

	read({ method, target }) {
		const { pathname, searchParams } = new URL(target, 'https://mis.migc.xiaomi.com');

		return {
			fields: Object.fromEntries(searchParams),
			operation: method === 'GET' && pathname === QUERY ? 'query' : 'other',
		};
	}

	act(call) {
		if (call.operation === 'other')
			return { status: 404, isSigned: false, document: '<h1>404 Not Found</h1>' };
		try {
			return { status: 200, isSigned: true, document: this.query(call.fields) };
		} catch (refusal) {
			if (refusal instanceof Refusal)
				return this.refusal(refusal.code, refusal.message);
			throw refusal;
		}
	}

	refusal(code, message) {
		return { status: 200, isSigned: false, document: { errcode: code, errMsg: message } };
	}

	// The answer of a fault; error: with any code.
	refuse(call, { kind, code }) {
		if (kind === 'error')
			return this.refusal(code, 'simulated');
		const text = kind === 'busy_429' ? '429 Too Many Requests' : '500 Internal Server Error';

		return { status: kind === 'busy_429' ? 429 : 500, isSigned: false, document: `<h1>${text}</h1>` };
	}

	query(fields) {
		if (fields.appId !== this.secrets.app_id)
			throw new Refusal(1515);
		if (sign(this.secrets.app_secret, fields) !== fields.signature)
			throw new Refusal(1525);
		const order = this.ledger.orders.get(fields.cpOrderId);

		if (!order)
			throw new Refusal(1506);
		if (order.uid !== fields.uid)
			throw new Refusal(1516);
		return this.orderDocument(order);
	}

	orderDocument(order) {
		const isPaid = order.state === 'paid';

		return {
			appId: this.secrets.app_id,
			cpOrderId: order.number,
			cpUserInfo: order.uid,
			uid: order.uid,
			orderId: order.transaction_id,
			orderStatus: isPaid ? 'TRADE_SUCCESS' : 'WAIT_BUYER_PAY',
			payFee: String(order.paid_fen ?? order.amount_fen),
			productCode: '01',
			productName: 'API 充值',
			productCount: '1',
			...(isPaid && { payTime: toChina(order.paid_at) }),
			orderConsumeType: '10',
		};
	}

	// The app makes an order, with what the merchant's server gave it.
	scan(number, { uid, amount_fen: amount }) {
		const known = this.ledger.orders.get(number);

		if (known)
			return known;
		if (!uid || !Number.isSafeInteger(amount) || amount <= 0)
			throw new Impossible('an order needs a uid and an amount');
		const order = this.ledger.addOrder({
			number,
			uid,
			product: 'app',
			amount_fen: amount,
			notify_url: this.notifyUrl,
			expires_at: Infinity,
			made_at: this.clock.now(),
		});

		order.transaction_id = this.ledger.newId('2114');
		return order;
	}

	pay(number, { uid, ...rest }) {
		this.scan(number, { uid, ...rest });
		return super.pay(number, rest);
	}

	// Its number is there from the start.
	markPaid(order) {
		order.transaction_id ??= this.ledger.newId('2114');
	}

	portalRefund() {
		throw new Impossible('xiaomi gives nothing back');
	}

	// ---- what goes out

	misstate(document, kind) {
		if (kind === 'wrong_amount' && document.payFee)
			document.payFee = String(Number(document.payFee) + 1);
		if (kind === 'wrong_number' && document.cpOrderId)
			document.cpOrderId += 'X';
		if (kind === 'huge_numbers' && document.payFee)
			document.payFee = HUGE_NUMBER;
	}

	// The signature is one of the fields.
	signed(fields, { kind }) {
		const secret = kind === 'wrong_signature' ? `${this.secrets.app_secret}X` : this.secrets.app_secret;

		return kind === 'unsigned'
			? fields
			: { ...fields, signature: sign(secret, { ...fields, ...ADDITIONS[kind] }) };
	}

	textOf({ document, isSigned }, how) {
		if (!isSigned)
			return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
		this.misstate(document, how.kind);
		const text = JSON.stringify(this.signed(document, how));

		return how.kind === 'huge_numbers' ? Buffer.from(text) : spoil(text, how.kind);
	}

	seal(call, { status, document }, body) {
		const type = typeof document === 'string' ? 'text/html' : 'application/json;charset=UTF-8';

		return { status, headers: { 'Content-Type': type }, body };
	}

	paymentNotice(order) {
		return { document: this.orderDocument(order) };
	}

	// A notice is a query: the text of its document is not sent.
	sealNotice({ document }, text, how) {
		this.misstate(document, how.kind);
		const fields = {
			...document,
			...(how.kind === 'wrong_charset' && ADDITIONS.wrong_charset),
		};
		const pairs = Object.entries(this.signed(fields, how)).filter(([, value]) => !isEmpty(value));

		if (how.kind === 'duplicate_keys')
			pairs.push(['payFee', document.payFee]);
		return {
			headers: {},
			query: pairs.map(([name, value]) => `${name}=${urlEncode(value)}`).join('&'),
		};
	}

	get noticeKinds() {
		return NOTICE_KINDS;
	}

	isAccepted(status, text) {
		try {
			return status === 200 && JSON.parse(text).errcode === 200;
		} catch {
			return false;
		}
	}
}

module.exports = { Xiaomi, sign, urlEncode };
