'use strict';

// Orders, payments and refunds of one gateway: what it knows, whatever it calls it.

const { toChina } = require('./clock');
const { feeOf } = require('./money');

const REFUNDS_PER_ORDER = 50;
const FEE_BP = 60;

// Something that cannot be asked of the simulator.
class Impossible extends Error {}

class Ledger {
	// refundsPerOrder: whether a refund's number is unique within its order only.
	constructor(clock, { refundsPerOrder }) {
		this.clock = clock;
		this.refundsPerOrder = refundsPerOrder;
		this.orders = new Map();
		this.transfers = [];
		this.fee_bp = FEE_BP;
		this.made = 0;
		this.balance_fen = null;
		this.holdsRefunds = false;
	}

	// A number that no other run of the simulator gives: its time is in it.
	newId(prefix) {
		const day = toChina(this.clock.now()).slice(0, 10).replaceAll('-', '');

		this.made = (this.made + 1) % 1000;
		return `${prefix}${day}${Date.now()}${String(this.made).padStart(3, '0')}`;
	}

	addOrder(order) {
		const added = {
			...order,
			state: 'unpaid',
			transaction_id: null,
			paid_fen: null,
			payer_fen: null,
			paid_at: null,
			fee_fen: null,
			fee_bp: null,
			refunds: [],
		};

		this.orders.set(order.number, added);
		return added;
	}

	order(number) {
		const order = this.orders.get(number);

		if (!order)
			throw new Impossible(`no order ${number}`);
		return order;
	}

	// The order that a refund is of: an order that was paid again is there twice.
	orderOf(refund) {
		return [...this.orders.values()].find((order) => order.refunds.includes(refund));
	}

	// The same order, for a second payment that is a transaction of its own.
	again(number) {
		const order = this.order(number);

		if (order.state !== 'paid')
			throw new Impossible(`${number} is not paid`);
		const copy = { ...order, state: 'unpaid', transaction_id: null, refunds: [] };

		this.orders.set(`${number} ${this.orders.size}`, copy);
		return copy;
	}

	ofTransaction(id) {
		return [...this.orders.values()].find((order) => order.transaction_id === id);
	}

	isExpired(order, at = this.clock.now()) {
		return at >= order.expires_at;
	}

	// force: what a gateway must not do, pay an order that is closed or over. again: or is paid.
	pay(number, { amount_fen, payer_fen, at, force, again }) {
		const order = again ? this.again(number) : this.order(number);
		const paidAt = at === undefined ? this.clock.now() : new Date(at).getTime();

		if (order.state === 'paid')
			throw new Impossible(`${number} is paid`);
		if (!force && order.state === 'closed')
			throw new Impossible(`${number} is closed`);
		if (!force && this.isExpired(order, paidAt))
			throw new Impossible(`${number} has expired`);
		if (!force && paidAt >= order.url_expires_at)
			throw new Impossible(`the address to pay ${number} at has expired`);
		order.state = 'paid';
		order.paid_at = paidAt;
		order.paid_fen = amount_fen ?? order.amount_fen;
		order.payer_fen = payer_fen ?? order.paid_fen;
		order.fee_bp = this.fee_bp;
		order.fee_fen = feeOf(order.paid_fen, order.fee_bp);
		return order;
	}

	refundedFen(order) {
		return order.refunds
			.filter((refund) => refund.state !== 'CLOSED')
			.reduce((sum, refund) => sum + refund.amount_fen, 0);
	}

	findRefund(number, order) {
		const orders = order && this.refundsPerOrder ? [order] : [...this.orders.values()];

		return orders.flatMap((one) => one.refunds).find((refund) => refund.number === number);
	}

	// Why a refund that is new cannot be; null where it can.
	refundFault(order, amountFen) {
		if (order.state !== 'paid')
			return 'unpaid';
		if (this.refundedFen(order) + amountFen > order.paid_fen)
			return 'too_much';
		if (order.refunds.length >= REFUNDS_PER_ORDER)
			return 'too_many';
		if (this.balance_fen !== null && amountFen > this.balance_fen)
			return 'no_funds';
		return null;
	}

	// fault: why not; else the refund, which isNew or was asked for before.
	refund(order, number, amountFen, rest) {
		const known = this.findRefund(number, order);

		if (known) {
			const isSame = known.order_number === order.number && known.amount_fen === amountFen;

			return isSame ? { refund: known, isNew: false } : { fault: 'differs' };
		}
		const fault = this.refundFault(order, amountFen);

		if (fault)
			return { fault };
		return { refund: this.addRefund(order, number, amountFen, rest), isNew: true };
	}

	// Its share of the fee: all shares together are the fee.
	feeShare(order, amountFen) {
		const before = this.refundedFen(order);
		const shareOf = (fen) => Math.round(order.fee_fen * fen / order.paid_fen);

		return shareOf(before + amountFen) - shareOf(before);
	}

	addRefund(order, number, amountFen, rest) {
		const refund = {
			...rest,
			number,
			order_number: order.number,
			id: this.newId('5030'),
			amount_fen: amountFen,
			payer_fen: Math.round(amountFen * order.payer_fen / order.paid_fen),
			fee_fen: this.feeShare(order, amountFen),
			state: 'PROCESSING',
			made_at: this.clock.now(),
			success_at: null,
			closed_at: null,
		};

		if (this.balance_fen !== null)
			this.balance_fen -= amountFen;
		order.refunds.push(refund);
		return refund;
	}

	settleRefund(refund, state) {
		refund.state = state;
		refund.success_at = state === 'SUCCESS' ? this.clock.now() : null;
		refund.closed_at = state === 'CLOSED' ? this.clock.now() : null;
	}

	// Money between the merchant's balance here and his bank: 'settlement', out; 'funding', in.
	transfer(kind, { number, amount_fen: amount, at }) {
		if (!Number.isSafeInteger(amount) || amount <= 0)
			throw new Impossible('a transfer has an amount');
		const transfer = {
			kind,
			number: number ?? this.newId(''),
			amount_fen: amount,
			at: at === undefined ? this.clock.now() : new Date(at).getTime(),
		};

		if (this.balance_fen !== null)
			this.balance_fen += kind === 'funding' ? amount : -amount;
		this.transfers.push(transfer);
		return transfer;
	}
}

module.exports = { Impossible, Ledger };
