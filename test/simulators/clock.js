'use strict';

// The simulators' clock, which a test can move, and instants as the gateways write them.

const CHINA_OFFSET_MS = 8 * 3600 * 1000;

class Clock {
	constructor() {
		this.offset_ms = 0;
	}

	now() {
		return Date.now() + this.offset_ms;
	}
}

// A bill asks for the same second many times.
const last = { second: NaN, text: '' };

// What a clock in China shows: '2026-01-01 10:00:05'.
function toChina(ms) {
	const second = Math.floor(ms / 1000);

	if (second !== last.second) {
		const iso = new Date(second * 1000 + CHINA_OFFSET_MS).toISOString();

		Object.assign(last, { second, text: iso.slice(0, 19).replace('T', ' ') });
	}
	return last.text;
}

function toRfc3339(ms) {
	return toChina(ms).replace(' ', 'T') + '+08:00';
}

// NaN where the text is no instant.
function fromChina(text) {
	const isWritten = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text);

	return isWritten ? Date.parse(text.replace(' ', 'T') + '+08:00') : NaN;
}

function fromRfc3339(text) {
	const isWritten = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(text);

	return isWritten ? Date.parse(text) : NaN;
}

module.exports = { Clock, toChina, toRfc3339, fromChina, fromRfc3339 };
