'use strict';

// What all gateways share: their orders, keys and faults, and how notices go out.
//
// A gateway adds: read(request), act(call), refuse(call, kind, fault),
// misstate(document, kind), seal(answer, body, how), paymentNotice(order),
// refundNotice(order, refund), sealNotice(notice, body, how), noticeKinds and
// isAccepted. One that makes bills has them in this.bills.

const { Faults, spoil } = require('./faults');
const keys = require('./keys');
const { Impossible, Ledger } = require('./ledger');

const OPERATIONS = ['create', 'query', 'close', 'refund', 'refund_query'];
const REFUND_STATES = ['PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'];

// How a notice that a test asks for differs from a good one.
function howOf({ forge, stale, probe, serial, kind, ...rest }) {
	if (serial)
		return { kind: 'wrong_serial', serial };
	if (forge)
		return { ...rest, kind: 'wrong_signature' };
	return { ...rest, kind: stale ? 'stale' : probe ? 'probe' : kind };
}

const SETTERS = {
	balance_fen: ({ ledger }, value) => { ledger.balance_fen = value; },
	refunds: ({ ledger }, value) => { ledger.holdsRefunds = value === 'held'; },
	fee_rate: ({ ledger }, value) => { ledger.fee_bp = Math.round(value * 100); },
	flat: (gateway, value) => { gateway.isFlat = value; },
	bills: ({ bills }, value) => { bills.isAtOnce = value === 'at_once'; },
	bom: ({ bills }, value) => { bills.hasMark = value; },
	zip: ({ bills }, value) => { bills.isStored = value === 'stored'; },
	keys: (gateway, value) => gateway.renewKeys(value),
};

const BILL_SETTINGS = ['bills', 'bom', 'zip'];

// What a gateway can make anew, and where it is kept.
const ROTATIONS = {
	platform_key: ({ name, platform_keys: pairs }) => pairs.unshift(
		pairs[0].certificate ? keys.makeCertifiedPair() : keys.makePlatformPair(name)),
	merchant_key: ({ name, merchant_keys: pairs }) => pairs.unshift(keys.makeMerchantPair(name)),
	apiv3_key: (secrets) => { secrets.apiv3_key = keys.makeText(); },
	app_secret: (secrets) => { secrets.app_secret = keys.makeText(); },
};

class Gateway {
	constructor(name, { secrets, clock, notices, notifyUrl, refundsPerOrder, operations = OPERATIONS }) {
		this.name = name;
		this.secrets = secrets;
		this.clock = clock;
		this.notices = notices;
		this.notifyUrl = notifyUrl;
		this.ledger = new Ledger(clock, { refundsPerOrder });
		this.faults = new Faults(name, operations);
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

	// What is sent back for an answer. One that opens a file is sent while that is made.
	reply(call, answer, how) {
		if (answer.open)
			return answer;
		return this.seal(call, answer, this.textOf(answer, how), how);
	}

	send(order, notice, wanted) {
		const how = wanted ?? this.faults.take('notice') ?? {};

		if (how.kind === 'lost')
			return;
		this.notices.send(this.name, this.sealNotice(notice, this.textOf(notice, how), how),
			notice.url ?? order.notify_url, (...reply) => this.isAccepted(...reply));
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
	portalRefund({ number, amount_fen: amount, refund }) {
		return this.giveBack(number, amount, 'portal', {}, refund);
	}

	// A refund that settles a dispute before it is one.
	disputeRefund() {
		throw new Impossible(`${this.name} has no disputes`);
	}

	// A refund that nobody asked for by the interface; all of it where no amount is said.
	giveBack(number, amountFen, prefix, rest, refundNumber) {
		const order = this.ledger.order(number);
		const made = this.ledger.refund(order, refundNumber ?? this.ledger.newId(prefix),
			amountFen ?? order.paid_fen, rest);

		if (made.fault)
			throw new Impossible(`cannot refund ${number}: ${made.fault}`);
		this.settle(order, made.refund, 'SUCCESS');
		return made.refund;
	}

	// Settings that are of one gateway.
	set(name, value) {
		const setter = SETTERS[name];

		if (!setter || (BILL_SETTINGS.includes(name) && !this.bills) ||
			(name === 'flat' && this.isFlat === undefined) || (name === 'keys' && !this.renewKeys))
			throw new Impossible(`${this.name} has no setting ${name}`);
		setter(this, value);
	}

	// Money that is paid out to the merchant's bank, or in from there.
	transfer(kind, fields) {
		this.demandBills();
		return this.ledger.transfer(kind, fields);
	}

	demandBills() {
		if (!this.bills)
			throw new Impossible(`${this.name} has no bills`);
	}

	addBillFault(fault) {
		this.demandBills();
		this.bills.addFault(fault);
	}

	addBillRows(rows) {
		this.demandBills();
		this.bills.addRows(rows);
	}

	clearFaults() {
		this.faults.clear();
		if (this.bills)
			this.bills.faults = [];
	}

	rotate(what) {
		if (!ROTATIONS[what] || !(this.secrets[what] ?? this.secrets[`${what}s`]))
			throw new Impossible(`${this.name} has no ${what}`);
		ROTATIONS[what](this.secrets);
	}

	books() {
		return {
			orders: [...this.ledger.orders.values()],
			balance_fen: this.ledger.balance_fen,
			faults: this.faults.queue,
			...(this.bills && { transfers: this.ledger.transfers, bills: this.bills.books() }),
		};
	}
}

module.exports = { Gateway };
