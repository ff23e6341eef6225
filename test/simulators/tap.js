'use strict';

// What proofs say, as TAP.

let count = 0;
let failures = 0;

function ok(holds, what) {
	count++;
	failures += holds ? 0 : 1;
	console.log(`${holds ? 'ok' : 'not ok'} ${count} - ${what}`);
}

async function fails(promise, what, isExpected = () => true) {
	const error = await promise.then(() => null, (caught) => caught);

	ok(error && isExpected(error), what);
}

// The exit status.
function finish() {
	console.log(`1..${count}`);
	return failures > 0 ? 1 : 0;
}

module.exports = { fails, finish, ok };
