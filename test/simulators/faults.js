'use strict';

// Ways to misbehave, and which of them is due.
//
// acts: whether the call takes effect nevertheless; a test may say otherwise.

const { Impossible } = require('./ledger');

const FILLER = 'x'.repeat(2 * 1024 * 1024);
const GBK_TEXT = Buffer.from([0xd6, 0xa7, 0xb8, 0xb6]); // is no UTF-8

// Of notices alone; others are those of replies that concern a text or its signature.
const NOTICE_KINDS = {
	probe: { acts: true, only: 'wechat' },
	broken_tag: { acts: true, only: 'wechat' },
	with_sign_type: { acts: true, only: 'alipay' },
};

const KINDS = {
	...NOTICE_KINDS,
	// no reply
	drop: { acts: false },
	lost: { acts: true },
	hang: { acts: false },
	// a reply that comes badly
	delay: { acts: true },
	slow: { acts: true },
	endless_headers: { acts: true },
	truncated: { acts: true },
	// another reply
	error_500: { acts: false },
	busy_429: { acts: false },
	error: { acts: false },
	redirect: { acts: false },
	wrong_content_type: { acts: true },
	// a reply that is not, or badly, signed
	unsigned: { acts: true },
	wrong_signature: { acts: true },
	wrong_serial: { acts: true, only: 'wechat' },
	stale: { acts: true, only: 'wechat' },
	wrong_key: { acts: true, only: 'wechat' },
	duplicate_root: { acts: true, only: 'alipay' },
	// a reply that is well signed, and unsound
	wrong_amount: { acts: true },
	wrong_number: { acts: true },
	duplicate_keys: { acts: true },
	invalid_json: { acts: true },
	huge_numbers: { acts: true },
	huge_body: { acts: true },
	wrong_charset: { acts: true },
};

// Those of a text and its signature: a bill's file, or an invoice's, is neither signed nor JSON.
const OF_TEXTS = [
	'unsigned', 'wrong_signature', 'wrong_serial', 'stale', 'wrong_key', 'duplicate_root', 'wrong_amount',
	'wrong_number', 'duplicate_keys', 'invalid_json', 'huge_numbers', 'huge_body', 'wrong_charset',
];

// Unsound texts of a document, before it is signed.
const SPOILERS = {
	duplicate_keys: (text) => text.replace(/^\{("[^"]*"):/, '{$1:"",$1:'),
	invalid_json: (text) => text.slice(0, -1),
	huge_numbers: (text) => text
		.replace(/^\{/, `{"huge":${'9'.repeat(400)},`)
		.replace(/(":)\d+(?=[,}])/g, `$1${'9'.repeat(30)}`)
		.replace(/"\d+\.\d\d"/g, `"${'9'.repeat(30)}.99"`),
	huge_body: (text) => text.replace(/\}$/, `,"filler":"${FILLER}"}`),
	wrong_charset: (text) => Buffer.concat([
		Buffer.from(`${text.slice(0, -1)},"note":"`),
		GBK_TEXT,
		Buffer.from('"}'),
	]),
};

function spoil(text, kind) {
	return Buffer.from(text && SPOILERS[kind] ? SPOILERS[kind](text) : text);
}

class Faults {
	// operations: those that the gateway has.
	constructor(gateway, operations) {
		this.gateway = gateway;
		this.operations = [...operations, 'notice', '*'];
		this.queue = [];
	}

	add({ operation = '*', kind, count = 1, ...rest }) {
		if (!KINDS[kind] || !this.operations.includes(operation) ||
			(NOTICE_KINDS[kind] && operation !== 'notice') ||
			(['bill_file', 'document'].includes(operation) && OF_TEXTS.includes(kind)) ||
			(KINDS[kind].only ?? this.gateway) !== this.gateway)
			throw new Impossible(`${this.gateway} has no fault ${kind} of ${operation}`);
		this.queue.push({ acts: KINDS[kind].acts, ...rest, operation, kind, left: count });
	}

	// The fault that is due, which is one fewer then; null where none is.
	take(operation) {
		const fault = this.queue.find((one) =>
			one.operation === operation || (one.operation === '*' && operation !== 'notice'));

		if (!fault)
			return null;
		fault.left--;
		this.queue = this.queue.filter((one) => one.left > 0);
		return fault;
	}

	clear() {
		this.queue = [];
	}
}

module.exports = { Faults, FILLER, GBK_TEXT, spoil };
