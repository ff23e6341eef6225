'use strict';

// Amounts as texts, and what a gateway keeps of them.

function yuan(fen) {
	const whole = Math.abs(fen);

	return `${fen < 0 ? '-' : ''}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`;
}

// rateBp: hundredths of a percent. Halves go up.
function feeOf(fen, rateBp) {
	return Math.floor((fen * rateBp + 5000) / 10000);
}

module.exports = { feeOf, yuan };
