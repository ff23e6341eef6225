'use strict';

// What both gateways share: their orders, keys and faults, and how notices go out.
//
// A gateway adds: read(request), act(call), refuse(call, kind, fault),
// misstate(document, kind), seal(answer, body, how), paymentNotice(order),
// refundNotice(order, refund), sealNotice(notice, body, how), noticeKinds and
// isAccepted.

const { Faults, spoil } = require('./faults');
const keys = require('./keys');
const { Impossible, Ledger } = require('./ledger');

const REFUND_STATES = ['PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'];

// How a notice that a test asks for differs from a good one.
function howOf({ forge, stale, probe, serial, kind }) {
	if (serial)
		return { kind: 'wrong_serial', serial };
	if (forge)
		return { kind: 'wrong_signature' };
	return { kind: stale ? 'stale' : probe ? 'probe' : kind };
}

class Gateway {
	constructor(name, { secrets, clock, notices, refundsPerOrder }) {
		this.name = name;
		this.secrets = secrets;
		this.clock = clock;
		this.notices = notices;
		this.ledger = new Ledger(clock, { refundsPerOrder });
		this.faults = new Faults(name);
		this.isHanging = false;
	}

	// The text of an answer, or of a notice, as it is signed.
	textOf({ document }, how) {
		if (document === null)
			return Buffer.alloc(0);
		this.misstate(document, how.kind);
		return spoil(this.write(document), how.kind);
	}

	write(document) {
		return JSON.stringify(document);
	}

	// What is sent back for an answer.
	reply(call, answer, how) {
		return this.seal(call, answer, this.textOf(answer, how), how);
	}

	send(order, notice, wanted) {
		const how = wanted ?? this.faults.take('notice') ?? {};

		if (how.kind === 'lost')
			return;
		this.notices.send(this.name, this.sealNotice(notice, this.textOf(notice, how), how),
			notice.url ?? order.notify_url, this.isAccepted);
	}

	// Sends what happened just now, unless notices are off.
	notify(order, notice) {
		if (this.notices.isOn)
			this.send(order, notice);
	}

	pay(number, body) {
		const order = this.ledger.pay(number, body);

		this.markPaid(order);
		this.notify(order, this.paymentNotice(order));
		return order;
	}

	// Sends a notice again, or a bad one.
	sendAgain({ number, refund, ...wanted }) {
		const order = this.ledger.order(number);

		if (!order.transaction_id)
			throw new Impossible(`nothing happened to ${number}`);
		const notice = refund === undefined
			? this.paymentNotice(order)
			: this.refundNotice(order, this.refundOf(refund, order));

		const how = howOf(wanted);

		this.checkNoticeKind(how.kind);
		this.send(order, notice, how);
	}

	checkNoticeKind(kind) {
		if (kind !== undefined && !this.noticeKinds.includes(kind))
			throw new Impossible(`${this.name} has no notice that is ${kind}`);
	}

	addFault(fault) {
		if (fault.operation === 'notice')
			this.checkNoticeKind(fault.kind);
		this.faults.add(fault);
	}

	refundOf(number, order) {
		const refund = this.ledger.findRefund(number, order);

		if (!refund)
			throw new Impossible(`no refund ${number}`);
		return refund;
	}

	settleRefund({ number, refund: refundNumber, state }) {
		const order = this.ledger.order(number);
		const refund = this.refundOf(refundNumber, order);

		if (!REFUND_STATES.includes(state))
			throw new Impossible(`no state ${state} of a refund`);
		this.settle(order, refund, state);
		return refund;
	}

	settle(order, refund, state) {
		this.ledger.settleRefund(refund, state);
		if (state !== 'PROCESSING')
			this.notify(order, this.refundNotice(order, refund));
	}

	// A refund that somebody made at the merchant's portal.
	portalRefund({ number, amount_fen }) {
		const order = this.ledger.order(number);
		const made = this.ledger.refund(order, this.ledger.newId('portal'),
			amount_fen ?? order.paid_fen, {});

		if (made.fault)
			throw new Impossible(`cannot refund ${number}: ${made.fault}`);
		this.markRefunded(order);
		this.settle(order, made.refund, 'SUCCESS');
		return made.refund;
	}

	rotate(what) {
		const pairs = {
			platform_key: () => this.secrets.platform_keys.unshift(keys.makePlatformPair(this.name)),
			merchant_key: () => this.secrets.merchant_keys.unshift(keys.makeMerchantPair(this.name)),
			apiv3_key: () => { this.secrets.apiv3_key = keys.makeApiv3Key(); },
		};

		if (!pairs[what] || (what === 'apiv3_key' && !this.secrets.apiv3_key))
			throw new Impossible(`${this.name} has no ${what}`);
		pairs[what]();
	}

	books() {
		return {
			orders: [...this.ledger.orders.values()],
			balance_fen: this.ledger.balance_fen,
			faults: this.faults.queue,
		};
	}
}

module.exports = { Gateway };
