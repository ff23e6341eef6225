'use strict';

// Middleware for an API that is paid for, as Connect and Express have it:
//
//	const gate = createGate(billing);
//	app.post('/v1/chat', gate.authorize, async (req, res) => {
//		const usage = gate.begin(req.caller, 'the model');
//		try { ... usage.output_tokens++ ... } finally { gate.end(usage); }
//	});

const { randomUUID } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

const { isTransient } = require('./billing');

const RETRY_MS = 100;
const RETRY_MS_MAX = 5000;

// Reasons of authorize() as HTTP has them; what is not named is 403.
const STATUS = {
	malformed_key: 401,
	unknown_key: 401,
	key_deleted: 401,
	negative_balance: 402,
	zero_balance: 402,
	no_plan: 402,
	plan_ended: 402,
	plan_exhausted: 429,
};

function refuse(res, status, error) {
	res.writeHead(status, { 'Content-Type': 'application/json' });
	res.end(JSON.stringify({ error }));
}

function createGate(billing, { log = console.error } = {}) {
	const pending = new Set();

	// Before a call: may this key? Without an answer nobody may.
	async function authorize(req, res, next) {
		const [, apiKey = ''] = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '') ?? [];

		try {
			const { allowed, reason, shortfall, retryable, ...caller } = await billing.authorize({ api_key: apiKey });

			if (!allowed)
				return refuse(res, STATUS[reason] ?? 403, { code: reason, shortfall, retryable });
			req.caller = caller;
		} catch (error) {
			log('authorize:', error.message);
			return refuse(res, 503, { code: 'unavailable', retryable: true });
		}
		return next();
	}

	// What a call will have used. Its id is made before the call, and stays: by it the call is charged once.
	function begin({ account_id, key_id }, model) {
		return {
			account_id,
			key_id,
			request_id: randomUUID(),
			model,
			input_tokens: 0,
			output_tokens: 0,
			occurred_at: new Date().toISOString(),
		};
	}

	// Until it answers. A call whose answer was lost was perhaps carried out: then the next answer is 'duplicate'.
	async function charge(usage) {
		for (let wait = RETRY_MS; ; wait = Math.min(2 * wait, RETRY_MS_MAX)) {
			try {
				return await billing.charge(usage);
			} catch (error) {
				if (!isTransient(error))
					throw error;
				log(`charge ${usage.request_id}, once more in ${wait} ms:`, error.message);
				await sleep(wait);
			}
		}
	}

	// After a call, however it ended. Nobody waits for it but settled().
	function end(usage) {
		const charging = charge(usage)
			.catch((error) => log('not charged:', JSON.stringify(usage), error.code, error.message))
			.finally(() => pending.delete(charging));

		pending.add(charging);
	}

	// Before the program ends: all that was used has been charged.
	const settled = () => Promise.all(pending);

	return { authorize, begin, charge, end, settled };
}

module.exports = { createGate };
