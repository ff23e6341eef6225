'use strict';

// Waffo's acquiring interface: orders in US dollars, paid at a page of Waffo's.
//
// What is signed is a body and nothing else: no time, no number that is used once.

const { Gateway } = require('./gateway');
const { Impossible } = require('./ledger');
const rsa = require('./rsa');

const DEFAULT_LIFE_MS = 4 * 3600 * 1000;
const CURRENCY = 'USD';
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DISPUTE_SOURCES = ['RDR', 'ETHOCA'];
const HTML = { 'Content-Type': 'text/html; charset=utf-8' };

const ROUTES = {
	'POST /api/v1/order/create': 'create',
	'POST /api/v1/order/inquiry': 'query',
	'POST /api/v1/order/cancel': 'close',
	'POST /api/v1/order/refund': 'refund',
	'POST /api/v1/refund/inquiry': 'refund_query',
};

const NOTICE_KINDS = [
	'lost', 'unsigned', 'wrong_signature', 'wrong_amount', 'wrong_number', 'duplicate_keys',
	'invalid_json', 'huge_numbers', 'wrong_charset',
];

const MESSAGES = {
	A0001: 'Invalid API Key',
	A0002: 'Invalid signature',
	A0003: 'Parameter validation failed',
	A0007: 'Unsupported transaction currency',
	A0009: 'Order does not exist',
	A0011: 'Idempotent parameters do not match',
	A0012: 'Insufficient merchant account balance',
	A0013: 'Order is paid and cannot be cancelled',
	A0014: 'Order cannot be refunded due to refund rules',
	A0027: 'Refunds have reached their limit (50)',
	A0034: 'Order expiry has passed',
	A0039: 'Order has been refunded by a chargeback prevention service',
	C0001: 'System error',
	C0003: 'Order state does not allow this',
	E0001: 'Unknown status',
};

const REFUND_FAULTS = {
	differs: 'A0011',
	unpaid: 'A0014',
	too_much: 'A0014',
	too_many: 'A0027',
	no_funds: 'A0012',
};

// The HTTP status of a code: of its letter, but for those of who asks.
function statusOf(code) {
	if (['A0001', 'A0002', 'A0004'].includes(code))
		return 401;
	return { A: 400, B: 400, C: 500, D: 406, E: 500 }[code[0]] ?? 400;
}

// An answer that is an error.
class Refusal extends Error {
	constructor(code, detail) {
		super(detail ?? MESSAGES[code]);
		this.code = code;
	}
}

function check(holds, field) {
	if (!holds)
		throw new Refusal('A0003', `${MESSAGES.A0003}: ${field}`);
}

function isText(value, lengthMax) {
	return typeof value === 'string' && value.length > 0 && value.length <= lengthMax;
}

function isInstant(text) {
	return typeof text === 'string' && INSTANT.test(text) && !Number.isNaN(Date.parse(text));
}

function toInstant(ms) {
	return new Date(ms).toISOString();
}

function amountText(fen) {
	return (fen / 100).toFixed(2);
}

// NaN where the text is no amount in dollars.
function fenOf(text) {
	const isWritten = typeof text === 'string' && /^\d{1,9}\.\d\d$/.test(text);

	return isWritten ? Number(text.replace('.', '')) : NaN;
}

function parseJson(body) {
	try {
		return Object(JSON.parse(body.toString('utf8')));
	} catch {
		throw new Refusal('A0003', `${MESSAGES.A0003}: body`);
	}
}

// What must not change where an order is sent again: all but when it was sent, as Waffo's own
// client writes the clock's time into each request.
function sameFields({ orderRequestedAt, ...rest }) {
	return JSON.stringify(rest);
}

class Waffo extends Gateway {
	constructor(options) {
		super('waffo', { ...options, refundsPerOrder: false });
		this.isFlat = false;
	}

	read({ method, target, headers, body }) {
		const path = target.split('?')[0];
		const page = method === 'GET' && /^\/checkout\/(\w+)$/.exec(path);

		return {
			headers,
			body,
			part: page?.[1],
			operation: page ? 'page' : ROUTES[`${method} ${path}`] ?? 'other',
		};
	}

	act(call) {
		try {
			if (call.operation === 'page')
				return this.page(call);
			this.authenticate(call);
			const data = this[call.operation](parseJson(call.body));

			return { status: 200, isSigned: true, document: { code: '0', msg: 'Success', data } };
		} catch (refusal) {
			if (refusal instanceof Refusal)
				return this.refusal(refusal);
			throw refusal;
		}
	}

	refusal({ code, message }, status = statusOf(code)) {
		return { status, isSigned: false, document: { code, msg: message, data: null } };
	}

	// The answer of a fault; error: with any code and status.
	refuse(call, { kind, code, status }) {
		if (kind === 'busy_429')
			return { status: 429, isSigned: false, document: '<h1>429 Too Many Requests</h1>' };
		return this.refusal(new Refusal(kind === 'error' ? code : 'C0001'), status);
	}

	authenticate({ headers, body }) {
		if (headers['x-api-key'] !== this.secrets.api_key)
			throw new Refusal('A0001');
		if (!rsa.holds(this.secrets.merchant_keys[0].public_key, body, headers['x-signature'] ?? ''))
			throw new Refusal('A0002');
		check(headers['x-api-version'] === '1.0.0', 'X-API-VERSION');
		check(/^application\/json\b/i.test(headers['content-type'] ?? ''), 'Content-Type');
	}

	other() {
		throw new Refusal('A0003', 'no such resource');
	}

	// What a payer's browser is shown.
	page({ part }) {
		const order = this.ledger.ofTransaction(part);
		const text = order
			? `<title>Waffo</title><p>${order.number} ${CURRENCY} ${amountText(order.amount_fen)}</p>`
			: '<title>Waffo</title><p>no such order</p>';

		return { status: order ? 200 : 404, isSigned: false, document: text };
	}

	// ---- orders

	create(asked) {
		this.checkOrder(asked);
		const { paymentRequestId: number, orderExpiredAt: until } = asked;
		const fields = sameFields(asked);
		const known = this.ledger.orders.get(number);

		if (known && known.fields !== fields)
			throw new Refusal('A0011');
		if (!known && until !== undefined && Date.parse(until) <= this.clock.now())
			throw new Refusal('A0034');
		return this.createdOrder(known ?? this.addOrder(asked, fields));
	}

	addOrder(asked, fields) {
		const now = this.clock.now();
		const order = this.ledger.addOrder({
			number: asked.paymentRequestId,
			merchant_number: asked.merchantOrderId,
			product: asked.paymentInfo.payMethodType ?? '',
			fields,
			asked,
			amount_fen: fenOf(asked.orderAmount),
			notify_url: asked.notifyUrl,
			expires_at: asked.orderExpiredAt ? Date.parse(asked.orderExpiredAt) : now + DEFAULT_LIFE_MS,
			made_at: now,
		});

		order.transaction_id = this.ledger.newId('ACQ');
		return order;
	}

	checkOrder(asked) {
		const { userInfo: user, paymentInfo: payment, goodsInfo: goods } = asked;
		const until = asked.orderExpiredAt;

		check(isText(asked.paymentRequestId, 32), 'paymentRequestId');
		check(isText(asked.merchantOrderId, 64), 'merchantOrderId');
		check(isText(asked.orderDescription, 128), 'orderDescription');
		check(isText(asked.notifyUrl, 256), 'notifyUrl');
		check(isInstant(asked.orderRequestedAt), 'orderRequestedAt');
		check(until === undefined || isInstant(until), 'orderExpiredAt');
		this.checkParty(asked.merchantInfo?.merchantId);
		check(isText(user?.userId, 64), 'userInfo.userId');
		check(isText(user.userEmail, 64), 'userInfo.userEmail');
		check(['WEB', 'APP'].includes(user.userTerminal), 'userInfo.userTerminal');
		check(payment?.productName === 'ONE_TIME_PAYMENT', 'paymentInfo.productName');
		check(goods === undefined || (isText(goods?.goodsName, 64) && isText(goods.appName, 64)),
			'goodsInfo');
		if (asked.orderCurrency !== CURRENCY)
			throw new Refusal('A0007');
		check(fenOf(asked.orderAmount) > 0, 'orderAmount');
	}

	checkParty(merchantId) {
		check(merchantId === this.secrets.merchant_id, 'merchantId');
	}

	createdOrder(order) {
		const status = this.statusOf(order);

		return {
			...this.numbersOf(order),
			orderStatus: status,
			...(status === 'AUTHORIZATION_REQUIRED' && { orderAction: this.actionOf(order) }),
		};
	}

	numbersOf(order) {
		return {
			paymentRequestId: order.number,
			merchantOrderId: order.merchant_number,
			acquiringOrderId: order.transaction_id,
		};
	}

	// JSON in a text.
	actionOf(order) {
		return JSON.stringify({
			actionType: 'WEB',
			webUrl: `${this.origin}/checkout/${order.transaction_id}`,
		});
	}

	statusOf(order) {
		if (order.state === 'paid')
			return 'PAY_SUCCESS';
		return order.state === 'closed' || this.ledger.isExpired(order)
			? 'ORDER_CLOSE'
			: 'AUTHORIZATION_REQUIRED';
	}

	known({ paymentRequestId: number, acquiringOrderId: id }) {
		const order = id ? this.ledger.ofTransaction(id) : this.ledger.orders.get(number);

		if (!order)
			throw new Refusal('A0009');
		return order;
	}

	query(asked) {
		return this.orderDocument(this.known(asked));
	}

	close(asked) {
		this.checkParty(asked.merchantId);
		check(isInstant(asked.orderRequestedAt), 'orderRequestedAt');
		const order = this.known(asked);

		if (order.state === 'paid')
			throw new Refusal('A0013');
		order.state = 'closed';
		return this.createdOrder(order);
	}

	orderDocument(order) {
		const { asked } = order;
		const status = this.statusOf(order);
		const isPaid = status === 'PAY_SUCCESS';

		return {
			...this.createdOrder(order),
			orderCurrency: CURRENCY,
			orderAmount: amountText(order.paid_fen ?? order.amount_fen),
			finalDealAmount: amountText(order.payer_fen ?? order.amount_fen),
			orderDescription: asked.orderDescription,
			merchantInfo: asked.merchantInfo,
			userInfo: asked.userInfo,
			paymentInfo: asked.paymentInfo,
			orderRequestedAt: asked.orderRequestedAt,
			orderExpiredAt: toInstant(order.expires_at),
			...(isPaid && { orderCompletedAt: toInstant(order.paid_at) }),
			...(status === 'ORDER_CLOSE' && { orderFailedReason: this.failureOf(order) }),
		};
	}

	// JSON in a text, too.
	failureOf(order) {
		const isClosed = order.state === 'closed';

		return JSON.stringify({
			orderFailedCode: isClosed ? 'CANCELLED' : 'B0004',
			orderFailedDescription: isClosed ? 'cancelled' : 'expired',
		});
	}

	// Its number is there from the start.
	markPaid(order) {
		order.transaction_id ??= this.ledger.newId('ACQ');
	}

	// ---- refunds

	refund(asked) {
		this.checkParty(asked.merchantId);
		check(isText(asked.refundRequestId, 32), 'refundRequestId');
		check(isInstant(asked.requestedAt), 'requestedAt');
		check(isText(asked.refundReason, 256), 'refundReason');
		check(fenOf(asked.refundAmount) > 0, 'refundAmount');
		const order = this.known({ acquiringOrderId: asked.acquiringOrderId ?? '' });
		const made = this.makeRefund(order, asked);

		if (made.isNew && !this.ledger.holdsRefunds)
			this.settle(order, made.refund, 'SUCCESS');
		return this.refundReply(order, made.refund);
	}

	makeRefund(order, asked) {
		const number = asked.refundRequestId;
		const isKnown = this.ledger.findRefund(number) !== undefined;

		if (!isKnown && order.refunds.some(({ source }) => DISPUTE_SOURCES.includes(source)))
			throw new Refusal('A0039');
		const made = this.ledger.refund(order, number, fenOf(asked.refundAmount), {
			source: 'MERCHANT',
			reason: asked.refundReason,
			merchant_number: asked.merchantRefundOrderId,
			notify_url: asked.refundNotifyUrl,
		});

		if (made.fault)
			throw new Refusal(REFUND_FAULTS[made.fault]);
		return made;
	}

	// Waffo knows none that left and reached nobody.
	settle(order, refund, state) {
		if (state === 'ABNORMAL')
			throw new Impossible('waffo has no refund that is ABNORMAL');
		super.settle(order, refund, state);
	}

	portalRefund({ number, amount_fen: amount }) {
		return this.giveBack(number, amount, 'portal', { source: 'MERCHANT', reason: 'portal' });
	}

	disputeRefund({ number, amount_fen: amount, source }) {
		if (!DISPUTE_SOURCES.includes(source))
			throw new Impossible(`no source ${source} of a refund`);
		return this.giveBack(number, amount, source, { source, reason: 'dispute' });
	}

	refund_query({ refundRequestId: number, acquiringRefundOrderId: id }) {
		const refund = id
			? [...this.ledger.orders.values()].flatMap((order) => order.refunds).find((one) => one.id === id)
			: this.ledger.findRefund(number);

		if (!refund)
			throw new Refusal('A0009');
		return this.refundDocument(this.ledger.orderOf(refund), refund);
	}

	refundStatusOf(order, { state }) {
		if (state !== 'SUCCESS')
			return state === 'PROCESSING' ? 'REFUND_IN_PROGRESS' : 'ORDER_REFUND_FAILED';
		const givenBack = order.refunds
			.filter((refund) => refund.state === 'SUCCESS')
			.reduce((sum, refund) => sum + refund.amount_fen, 0);

		return givenBack === order.paid_fen ? 'ORDER_FULLY_REFUNDED' : 'ORDER_PARTIALLY_REFUNDED';
	}

	refundReply(order, refund) {
		return {
			refundRequestId: refund.number,
			...(refund.merchant_number && { merchantRefundOrderId: refund.merchant_number }),
			acquiringOrderId: order.transaction_id,
			acquiringRefundOrderId: refund.id,
			refundAmount: amountText(refund.amount_fen),
			refundStatus: this.refundStatusOf(order, refund),
			remainingRefundAmount: amountText(order.paid_fen - this.ledger.refundedFen(order)),
			refundSource: refund.source,
		};
	}

	refundDocument(order, refund) {
		const status = this.refundStatusOf(order, refund);

		return {
			...this.refundReply(order, refund),
			origPaymentRequestId: order.number,
			userCurrency: CURRENCY,
			finalDealAmount: amountText(refund.payer_fen),
			refundReason: refund.reason,
			refundRequestedAt: toInstant(refund.made_at),
			refundUpdatedAt: toInstant(refund.success_at ?? refund.made_at),
			...(refund.success_at && { refundCompletedAt: toInstant(refund.success_at) }),
			...(status === 'ORDER_REFUND_FAILED' && {
				refundFailedReason: JSON.stringify({ orderFailedCode: 'C0005' }),
			}),
		};
	}

	// ---- what goes out

	misstate(document, kind) {
		const facts = document.data ?? document.result ?? document;
		const amount = facts.refundAmount ? 'refundAmount' : 'orderAmount';
		const number = facts.refundRequestId ? 'refundRequestId' : 'paymentRequestId';

		if (kind === 'wrong_amount' && facts[amount])
			facts[amount] = amountText(fenOf(facts[amount]) + 1);
		if (kind === 'wrong_number' && facts[number])
			facts[number] += 'X';
	}

	write(document) {
		return typeof document === 'string' ? document : JSON.stringify(document);
	}

	signatureHeaders(body, how) {
		const text = how.kind === 'wrong_signature' ? Buffer.concat([body, Buffer.from(' ')]) : body;

		return { 'X-SIGNATURE': rsa.sign(this.secrets.platform_keys[0].private_key, text) };
	}

	seal(call, { status, isSigned, document }, body, how) {
		return {
			status,
			headers: {
				...(typeof document === 'string' ? HTML : { 'Content-Type': 'application/json' }),
				...(isSigned && how.kind !== 'unsigned' && this.signatureHeaders(body, how)),
			},
			body,
		};
	}

	paymentNotice(order) {
		return { document: { eventType: 'PAYMENT_NOTIFICATION', result: this.orderDocument(order) } };
	}

	refundNotice(order, refund) {
		return {
			url: refund.notify_url,
			document: { eventType: 'REFUND_NOTIFICATION', result: this.refundDocument(order, refund) },
		};
	}

	// A notice's facts stand under "result", or beside its event's type.
	textOf(answer, how) {
		const { eventType, result } = answer.document;

		return eventType && (how.flat ?? this.isFlat)
			? super.textOf({ document: { eventType, ...result } }, how)
			: super.textOf(answer, how);
	}

	sealNotice(notice, body, how) {
		return {
			headers: {
				'Content-Type': 'application/json',
				...(how.kind !== 'unsigned' && this.signatureHeaders(body, how)),
			},
			body,
		};
	}

	get noticeKinds() {
		return NOTICE_KINDS;
	}

	// Its answer must be signed by the merchant.
	isAccepted(status, text, headers) {
		return status === 200 && text === '{"message":"success"}' &&
			rsa.holds(this.secrets.merchant_keys[0].public_key, text, headers.get('x-signature') ?? '');
	}
}

module.exports = { Waffo };
