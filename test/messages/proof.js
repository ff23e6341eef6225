'use strict';

// Proves billing-courier against the libraries of those who receive what it sends. Prints TAP.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { makeCertificate, writeAuthority } = require('./certificates');
const { Courier, PROGRAM, frameOf } = require('./courier');
const { PASSWORD, proveMail } = require('./proof_mail');
const { ACCESS_KEY, SECRET, proveSms } = require('./proof_sms');
const { MASTER_KEY, proveWebhooks } = require('./proof_webhooks');
const { finish, ok } = require('../simulators/tap');

function writeSecrets(dir) {
	const files = {
		'smtp.password': `${PASSWORD}\n`, 'wrong.password': 'wrong\n', 'webhook.key': `${MASTER_KEY}\n`,
		'aliyun.secret': ACCESS_KEY, 'sms.secret': SECRET,
	};

	for (const [name, text] of Object.entries(files))
		fs.writeFileSync(path.join(dir, name), text, { mode: 0o600 });
	fs.writeFileSync(path.join(dir, 'other.pem'), makeCertificate().cert, { mode: 0o600 });
}

// It says why it does not start, and that is all that it ever prints.
function proveStart(dir) {
	ok(spawnSync(PROGRAM, [dir]).status === 2 && spawnSync(PROGRAM, []).status === 2,
		'courier: starts by a worker alone');
}

async function proveEnds(dir) {
	const broken = [Buffer.alloc(4, 0xff), frameOf({}), frameOf({ id: 1, channel: 'email' }), Buffer.from('\0\0\0\u0001x')];

	for (const frame of broken) {
		const courier = new Courier(dir);

		courier.socket.write(frame);
		ok(await courier.ended === 1, `courier: ends where a frame is none: ${frame.subarray(0, 20)}`.replace(/[^ -~]/g, '?'));
	}
	const half = new Courier(dir);
	half.socket.write(frameOf({ id: 1, channel: 'email' }).subarray(0, 9));
	ok(await half.end() === 0, 'courier: ends with its worker');
}

// With more to do than it takes at a time.
async function proveEndsWhileFull(courier, webhooks) {
	webhooks.hang();
	for (let i = 0; i < 40; i++)
		webhooks.deliver({ message: `n-${i}` });
	await new Promise((resolve) => { setTimeout(resolve, 300); });
	const began = Date.now();
	ok(await courier.end() === 0 && Date.now() - began < 1000, 'courier: ends with its worker at once, however much waits');
}

async function prove(dir) {
	const certificate = makeCertificate();

	writeSecrets(dir);
	writeAuthority(dir, certificate);
	proveStart(dir);
	await proveEnds(dir);
	const courier = new Courier(dir);
	const webhooks = await proveWebhooks(courier, dir, certificate);
	await proveMail(courier, dir, certificate, webhooks.deliver);
	await proveSms(courier, dir, certificate);
	ok(await webhooks.silent === 'unknown timeout', 'webhook: silence is unknown');
	await proveEndsWhileFull(courier, webhooks);
	webhooks.close();
}

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'messages-'));
const guard = setTimeout(() => {
	console.log('Bail out! it takes too long');
	process.exit(1);
}, 120000);

prove(dir).then(() => finish(), (error) => {
	console.log(`Bail out! ${error.stack}`);
	return 1;
}).then((status) => {
	clearTimeout(guard);
	fs.rmSync(dir, { recursive: true });
	process.exit(status);
});
