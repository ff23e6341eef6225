'use strict';

// Text to GBK, which Node can read but not write: its decoder's table, turned round.

const UNKNOWN = '?'.charCodeAt(0);

let table = null;

function makeTable() {
	const decoder = new TextDecoder('gbk');
	const codes = new Uint16Array(0x10000);

	for (let high = 0x81; high <= 0xfe; high++) {
		for (let low = 0x40; low <= 0xfe; low++) {
			const text = decoder.decode(Uint8Array.of(high, low));

			if (text.length === 1 && text !== '\ufffd' && codes[text.charCodeAt(0)] === 0)
				codes[text.charCodeAt(0)] = (high << 8) | low;
		}
	}
	return codes;
}

function encode(text) {
	table ??= makeTable();
	const bytes = Buffer.allocUnsafe(text.length * 2);
	let size = 0;

	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);

		if (unit < 0x80) {
			bytes[size++] = unit;
		} else if (table[unit] === 0) {
			bytes[size++] = UNKNOWN;
		} else {
			bytes[size++] = table[unit] >> 8;
			bytes[size++] = table[unit] & 0xff;
		}
	}
	return bytes.subarray(0, size);
}

module.exports = { encode };
