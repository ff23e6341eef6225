'use strict';

// What a gateway's bills of a day hold, whatever they look like.
//
// A movement is a payment, a refund or a transfer; a flow is what one of them does to
// the merchant's balance: a payment that costs a fee is two. Bills of trade have a row
// for each movement that is no transfer, bills of funds one for each flow. Rows are made
// while they are written: a day may have a million.

const crypto = require('node:crypto');

const { toChina } = require('./clock');
const { Impossible } = require('./ledger');
const { feeOf } = require('./money');

const DAY_MS = 24 * 3600 * 1000;
const URL_LIFE_MS = 30 * 1000;
const BATCH_CHARS = 64 * 1024;
const BOMB_MB = 64;
const ZEROS = Buffer.alloc(1024 * 1024);
const TYPES = ['trade', 'fund'];

// What a test can plant: rows that are wrong until that is over, files that are so once.
const FAULTS = {
	missing_row: {},
	extra_row: {},
	wrong_amount: {},
	wrong_fee: {},
	duplicate_row: {},
	partial: { count: 1 },
	expired_url: { count: 1 },
	truncated: { count: 1 },
	garbage: { count: 1 },
	bomb: { count: 1 },
	bad_hash: { count: 1, only: 'wechat' },
	path: { count: 1, only: 'alipay' },
	encrypted: { count: 1, only: 'alipay' },
};

function dayOf(ms) {
	return toChina(ms).slice(0, 10);
}

function startOf(day) {
	return Date.parse(`${day}T00:00:00+08:00`);
}

function isDay(text) {
	return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(startOf(text)) &&
		dayOf(startOf(text)) === text;
}

// What a movement does to the balance: [what, fen], ...
function flowsOf({ kind, settled_fen: settled, fee_fen: fee }) {
	switch (kind) {
		case 'payment':
			return fee === 0 ? [[kind, settled]] : [[kind, settled], ['fee', -fee]];
		case 'refund':
			return fee === 0 ? [[kind, -settled]] : [[kind, -settled], ['fee_back', -fee]];
		case 'settlement':
			return [[kind, -settled]];
		default:
			return [[kind, settled]];
	}
}

function isMeant({ number, refund }, movement) {
	return number === movement.number && refund === movement.refund_number;
}

// An extra row: of the facts that are given.
function madeUp({ row = 'payment', number, refund, transaction_id: id, amount_fen: amount,
	fee_fen: fee = 0, at }, day) {
	return {
		kind: row,
		at: at === undefined ? startOf(day) : new Date(at).getTime(),
		number,
		transaction_id: id ?? `9${number}`,
		refund_number: refund,
		refund_id: refund && `9${refund}`,
		amount_fen: amount,
		settled_fen: amount,
		fee_fen: fee,
		fee_bp: 60,
		state: 'SUCCESS',
	};
}

// What is planted into a movement: itself, another, it twice, or nothing.
function planted(movement, faults) {
	let rows = [movement];

	for (const fault of faults.filter((one) => isMeant(one, movement))) {
		if (fault.kind === 'missing_row')
			rows = [];
		if (fault.kind === 'duplicate_row')
			rows = rows.flatMap((row) => [row, row]);
		if (fault.kind === 'wrong_fee')
			rows = rows.map((row) => ({ ...row, fee_fen: fault.fee_fen }));
		if (fault.kind === 'wrong_amount')
			rows = rows.map((row) => restated(row, fault.amount_fen ?? row.amount_fen + 1));
	}
	return rows;
}

function restated(movement, amountFen) {
	const more = amountFen - movement.amount_fen;

	return { ...movement, amount_fen: amountFen, settled_fen: movement.settled_fen + more };
}

// A day's bill as it was when it was asked for.
class Bill {
	// opening_fen: the balance before the day.
	constructor({ gateway, day, type, movements, madeUpCount, feeBp, opening_fen: opening, faults }) {
		Object.assign(this, { gateway, day, type, movements, madeUpCount, feeBp, faults });
		this.opening_fen = opening;
	}

	fault(kind) {
		return this.faults.find((one) => one.kind === kind);
	}

	*all() {
		yield* this.movements;
		yield* madeUpPayments(this.day, this.madeUpCount, this.feeBp);
	}

	*rows() {
		for (const movement of this.all()) {
			if (this.faults.length === 0)
				yield movement;
			else
				yield* planted(movement, this.faults);
		}
		for (const fault of this.faults.filter(({ kind }) => kind === 'extra_row'))
			yield madeUp(fault, this.day);
	}

	*trades() {
		for (const movement of this.rows()) {
			if (movement.kind === 'payment' || movement.kind === 'refund')
				yield movement;
		}
	}

	*flows() {
		let balance = this.opening_fen;
		let number = 0;

		for (const movement of this.rows()) {
			for (const [what, fen] of flowsOf(movement)) {
				balance += fen;
				yield { movement, what, fen, balance_fen: balance, number: ++number };
			}
		}
	}

	*lines() {
		yield* this.type === 'trade' ? this.trades() : this.flows();
	}

	// Lines that are really written: fewer where only a part is; sums are of all.
	*written() {
		const most = this.fault('partial')?.rows ?? Infinity;
		let count = 0;

		for (const line of this.lines()) {
			if (count++ >= most)
				return;
			yield line;
		}
	}

	get isEmpty() {
		return this.lines().next().done;
	}

	// Zeros before the text, of a size that only who unpacks it sees.
	*zeros() {
		const bomb = this.fault('bomb');

		for (let i = 0; bomb && i < (bomb.mb ?? BOMB_MB); i++)
			yield ZEROS;
	}
}

// Payments that nobody made; which they are follows from the day and their count.
function* madeUpPayments(day, count, feeBp) {
	const start = startOf(day);
	const prefix = day.replaceAll('-', '');

	for (let i = 0; i < count; i++) {
		const digits = String(i + 1).padStart(8, '0');
		const amount = 100 + i % 900;

		yield {
			kind: 'payment',
			at: start + Math.floor(i * (DAY_MS - 1000) / count),
			number: `S${prefix}${digits}`,
			transaction_id: `${prefix}220000000000${digits}`,
			amount_fen: amount,
			settled_fen: amount,
			fee_fen: feeOf(amount, feeBp),
			fee_bp: feeBp,
		};
	}
}

// Texts joined to pieces of a good size, as bytes.
function* batches(texts, encode) {
	let batch = '';

	for (const text of texts) {
		batch += text;
		if (batch.length >= BATCH_CHARS) {
			yield encode(batch);
			batch = '';
		}
	}
	if (batch !== '')
		yield encode(batch);
}

// A file as it is sent where its bill says that it is spoilt.
async function* distorted(chunks, bill) {
	if (bill.fault('garbage')) {
		yield crypto.randomBytes(4096);
		return;
	}
	if (!bill.fault('truncated')) {
		yield* chunks;
		return;
	}
	const pieces = [];

	for await (const chunk of chunks)
		pieces.push(chunk);
	const whole = Buffer.concat(pieces);

	yield whole.subarray(0, Math.floor(whole.length / 2));
}

class Bills {
	// movementsOf(): those of the gateway's ledger; readyHour: when a day's bill is made,
	// the day after.
	constructor(gateway, { movementsOf, readyHour }) {
		this.gateway = gateway;
		this.movementsOf = movementsOf;
		this.readyHour = readyHour;
		this.isAtOnce = false;
		this.hasMark = true;
		this.isStored = false;
		this.madeUp = new Map();
		this.faults = [];
		this.offers = new Map();
	}

	get now() {
		return this.gateway.clock.now();
	}

	isReady(day) {
		const readyAt = startOf(day) + DAY_MS + this.readyHour * 3600 * 1000;

		return this.now >= (this.isAtOnce ? startOf(day) : readyAt);
	}

	// By time, until now.
	movements() {
		return this.movementsOf()
			.filter(({ at }) => at <= this.now)
			.sort((one, other) => one.at - other.at);
	}

	// A day's bill with what is planted in it, which is used up; null where there is none (yet).
	bill(day, type) {
		if (!this.isReady(day))
			return null;
		const movements = this.movements();
		const bill = new Bill({
			gateway: this.gateway,
			day,
			type,
			movements: movements.filter(({ at }) => dayOf(at) === day),
			madeUpCount: this.madeUp.get(day) ?? 0,
			feeBp: this.gateway.ledger.fee_bp,
			opening_fen: this.balanceBefore(day, movements),
			faults: this.takeFaults(day, type),
		});

		return bill.isEmpty ? null : bill;
	}

	balanceBefore(day, movements) {
		let balance = 0;
		const add = (movement) => {
			for (const [, fen] of flowsOf(movement))
				balance += fen;
		};

		movements.filter(({ at }) => dayOf(at) < day).forEach(add);
		for (const [other, count] of this.madeUp) {
			if (other < day) {
				for (const movement of madeUpPayments(other, count, this.gateway.ledger.fee_bp))
					add(movement);
			}
		}
		return balance;
	}

	addFault({ kind, type = 'trade', ...rest }) {
		const known = FAULTS[kind];

		if (!known || !TYPES.includes(type) || (known.only ?? this.gateway.name) !== this.gateway.name)
			throw new Impossible(`${this.gateway.name} has no ${kind} in a bill of ${type}`);
		if (kind === 'partial' && !(rest.rows >= 0))
			throw new Impossible('a part has a number of rows');
		if (kind === 'extra_row' && !(rest.number && rest.amount_fen > 0))
			throw new Impossible('a row has a number and an amount');
		this.faults.push({ ...rest, kind, type, left: rest.count ?? known.count ?? Infinity });
	}

	takeFaults(day, type) {
		const due = this.faults.filter((one) => one.type === type && (one.day ?? day) === day);

		for (const fault of due)
			fault.left--;
		this.faults = this.faults.filter((one) => one.left > 0);
		return due;
	}

	addRows({ day, count }) {
		if (!isDay(day) || !Number.isSafeInteger(count) || count <= 0)
			throw new Impossible('rows need a day and a count');
		this.madeUp.set(day, (this.madeUp.get(day) ?? 0) + count);
	}

	// What makes the file of an address that lives for a while; its token.
	offer(bill, open) {
		const token = crypto.randomBytes(24).toString('base64url');

		for (const [old, { expires_at: at }] of this.offers) {
			if (at <= this.now)
				this.offers.delete(old);
		}
		this.offers.set(token, {
			open,
			expires_at: bill.fault('expired_url') ? this.now : this.now + URL_LIFE_MS,
		});
		return token;
	}

	// How to make the file; undefined where the address is unknown, or too old.
	redeem(token) {
		const offer = this.offers.get(token);

		return offer && this.now < offer.expires_at ? offer.open : undefined;
	}

	// What the bills of each day would say, without what is planted.
	books() {
		return {
			movements: this.movements().map((one) => ({
				day: dayOf(one.at),
				kind: one.kind,
				at: one.at,
				number: one.number,
				transaction_id: one.transaction_id,
				refund_number: one.refund_number,
				refund_id: one.refund_id,
				amount_fen: one.amount_fen,
				fee_fen: one.fee_fen,
			})),
			rows: Object.fromEntries(this.madeUp),
			faults: this.faults,
		};
	}
}

module.exports = { batches, Bills, dayOf, distorted, isDay, startOf };
