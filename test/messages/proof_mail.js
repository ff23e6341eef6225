'use strict';

// E-mail, to smtp-server and read by mailparser.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { SMTPServer } = require('smtp-server');
const { simpleParser } = require('mailparser');

const { configure, instant } = require('./courier');
const { ok } = require('../simulators/tap');

const PASSWORD = 'correct-horse';
const CREATED_MS = Date.UTC(2026, 0, 1, 2, 0, 5);
const SUBJECT = '余额不足：您的账户余额已低于提醒阈值，请及时充值以免影响接口调用 — balance ≤ ¥50.00 (账户 7)';
const TEXT = '您好，\n余额 8.88 元。\n.\nFrom here on: …\n';
const HTML = '<p>您好，<b>余额</b> &lt;8.88&gt;</p>\n';

// A server that keeps what it got; its behaviour is in state, and may change.
async function startServer(certificate, state, options = {}) {
	const server = new SMTPServer({
		...certificate,
		logger: false,
		onAuth: (auth, session, done) => (auth.username === 'billing' && auth.password === PASSWORD
			? done(null, { user: 'billing' }) : done(new Error('no'))),
		onMailFrom: (address, session, done) => {
			state.senders.push(address.address);
			done();
		},
		onRcptTo: (address, session, done) => done(state.fail('rcpt')),
		onData: (stream, session, done) => {
			const chunks = [];
			const { envelope } = session;

			stream.on('data', (chunk) => chunks.push(chunk));
			stream.on('end', async () => {
				state.messages.push({ raw: Buffer.concat(chunks), session, envelope });
				await state.delay;
				done(state.fail('data'));
			});
		},
		...options,
	});

	server.on('error', () => {});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { server, port: server.server.address().port };
}

function makeState() {
	const state = { senders: [], messages: [], failures: [], delay: null };

	// Fails at a stage with a code, once.
	state.fail = (stage) => {
		if (state.failures[0]?.stage !== stage)
			return null;
		const { code } = state.failures.shift();
		return Object.assign(new Error('as it was told'), { responseCode: code });
	};
	return state;
}

function parcelOf(fields) {
	return {
		channel: 'email',
		message: 'n-7-12',
		database: 'books',
		created_at: instant(CREATED_MS),
		sent_at: instant(),
		to: 'li.x+y@example.com',
		subject: SUBJECT,
		text: TEXT,
		...fields,
	};
}

const attach = (name, type, bytes) => ({ name, content_type: type, bytes: bytes.toString('base64') });

function settingsOf(port, rest) {
	return {
		database: 'books', host: 'localhost', port, security: 'starttls', user: 'billing',
		password: 'smtp.password', from: 'billing@example.org', from_name: '账单, "Billing"',
		reply_to: 'help@example.org', ca_file: 'ca.pem', timeout: 5, ...rest,
	};
}

async function proveMessage(courier, state) {
	const bytes = crypto.randomBytes(100001);
	const attachments = [attach('发票 2026-01；"一".pdf', 'application/pdf', bytes),
		attach('a.csv', 'text/csv', Buffer.from('a,b\r\n')), attach('empty', 'text/plain', Buffer.alloc(0))];

	ok(await courier.deliver(parcelOf({ html: HTML, attachments })) === 'sent', 'mail: sent');
	const { raw, session, envelope } = state.messages.at(-1);
	const mail = await simpleParser(raw, { skipTextToHtml: true });
	ok(session.secure && session.user === 'billing', 'mail: by STARTTLS, logged in');
	ok(session.hostNameAppearsAs === 'example.org', 'mail: hello by the domain of the sender');
	ok(envelope.mailFrom.address === 'billing@example.org' &&
		envelope.rcptTo.map((to) => to.address).join() === 'li.x+y@example.com', 'mail: envelope');
	ok(mail.subject === SUBJECT, 'mail: subject');
	ok(mail.from.value[0].name === '账单, "Billing"' && mail.from.value[0].address === 'billing@example.org' &&
		mail.to.text === 'li.x+y@example.com' && mail.replyTo.text === 'help@example.org', 'mail: addresses');
	ok(mail.messageId === '<n-7-12@example.org>' && +mail.date === CREATED_MS, 'mail: id and date');
	ok(mail.text === TEXT && mail.html === HTML, 'mail: text and html');
	ok(mail.attachments.length === 3 && mail.attachments.every((one, i) =>
		one.filename === attachments[i].name && one.contentType === attachments[i].content_type &&
		one.content.toString('base64') === attachments[i].bytes), 'mail: attachments');
	await courier.deliver(parcelOf({ html: HTML, attachments, sent_at: instant() + 1e6 }));
	ok(raw.equals(state.messages.at(-1).raw), 'mail: the same again is the same, to the byte');
}

async function provePlain(courier, state) {
	ok(await courier.deliver(parcelOf({ message: 'n-8', subject: 'Balance low' })) === 'sent', 'mail: text alone');
	const mail = await simpleParser(state.messages.at(-1).raw, { skipTextToHtml: true });
	ok(mail.subject === 'Balance low' && mail.text === TEXT && !mail.html && mail.attachments.length === 0,
		'mail: nothing but text');
}

// As much as may be attached, in three at a time.
async function proveLarge(courier, state) {
	const bytes = crypto.randomBytes(8 * 1024 * 1024);
	const parcel = parcelOf({ attachments: [attach('large.bin', 'application/octet-stream', bytes)] });
	const results = await Promise.all([1, 2, 3].map((i) => courier.deliver({ ...parcel, message: `n-${i}` })));

	ok(results.every((result) => result === 'sent'), 'mail: three of 8 MB');
	const mail = await simpleParser(state.messages.at(-1).raw);
	ok(mail.attachments[0].content.equals(bytes), 'mail: 8 MB come as they went');
	state.messages.length = 0;
}

async function proveRefusals(courier, state) {
	const cases = [['rcpt', 451, 'later smtp_451'], ['rcpt', 550, 'refused smtp_550'],
		['rcpt', 530, 'misconfigured smtp_530'], ['data', 452, 'later smtp_452'], ['data', 554, 'refused smtp_554']];

	for (const [stage, code, expected] of cases) {
		state.failures = [{ stage, code }];
		const result = await courier.deliver(parcelOf());
		ok(result === expected, `mail: ${code} at ${stage} is ${expected}, was ${result}`);
		ok(await courier.deliver(parcelOf()) === 'sent', `mail: sent after ${code} at ${stage}`);
	}
}

async function proveFiles(courier, dir, port) {
	const cases = [
		[{ password: 'wrong.password' }, 'misconfigured smtp_535', 'a wrong password'],
		[{ ca_file: 'other.pem' }, 'not_sent tls_verify', 'a certificate of somebody else\'s'],
		[{ security: 'tls' }, 'not_sent tls', 'TLS where there is none'],
		[{ port: 1 }, 'not_sent connect', 'nobody there'],
		[{ database: 'others' }, 'misconfigured database', 'other books'],
		[{ user: [] }, 'misconfigured mail.conf: user or password needs the other', 'half a login'],
		[{ ca_file: 'none.pem' }, 'misconfigured ca_file', 'no authorities'],
	];

	for (const [change, expected, what] of cases) {
		configure(dir, 'mail.conf', settingsOf(port, change));
		const result = await courier.deliver(parcelOf());
		ok(result === expected, `mail: ${what}: ${expected}, was ${result}`);
	}
	configure(dir, 'mail.conf', settingsOf(port));
	fs.chmodSync(path.join(dir, 'mail.conf'), 0o640);
	ok(await courier.deliver(parcelOf()) === 'misconfigured mail.conf: the file can be accessed by group or others',
		'mail: a file that others can read');
	fs.chmodSync(path.join(dir, 'mail.conf'), 0o600);
}

// What can be known, where a server falls silent.
async function proveSilence(courier, dir, state, port, meanwhile) {
	let release;

	configure(dir, 'mail.conf', settingsOf(port, { timeout: 2 }));
	state.delay = new Promise((resolve) => { release = resolve; });
	const silent = courier.deliver(parcelOf());
	while (!state.messages.length)
		await new Promise((resolve) => { setTimeout(resolve, 20); });
	const first = await Promise.race([silent, meanwhile()]);
	ok(first === 'sent', `mail: others go on while a server is silent, was ${first}`);
	ok(await silent === 'unknown timeout', 'mail: silence after the message is unknown');
	release();
	state.delay = null;
	configure(dir, 'mail.conf', settingsOf(port));
}

async function proveOtherServers(courier, dir, certificate) {
	const cases = [
		[{ secure: true }, { security: 'tls' }, 'sent', 'TLS from the first byte on'],
		[{ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] }, {}, 'misconfigured no_starttls', 'no STARTTLS'],
		[{ onConnect: (session, done) => done(Object.assign(new Error('no'), { responseCode: 554 })) }, {},
			'later smtp_554', '554 as greeting'],
		[{ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], authOptional: true },
			{ security: 'none', allow_plain: 'yes', user: [], password: [] }, 'sent', 'no TLS, for tests'],
	];

	for (const [options, change, expected, what] of cases) {
		const state = makeState();
		const { server, port } = await startServer(certificate, state, options);

		configure(dir, 'mail.conf', settingsOf(port, change));
		const result = await courier.deliver(parcelOf());
		ok(result === expected && state.messages.length === (expected === 'sent' ? 1 : 0),
			`mail: ${what}: ${expected}, was ${result}`);
		ok(expected === 'sent' || state.senders.length === 0, `mail: ${what}: told nothing else`);
		server.close();
	}
}

async function proveCut(courier, dir, certificate) {
	const state = makeState();
	const onData = (stream, session) => {
		stream.once('data', () => session.socket?.destroy());
		stream.resume();
		for (const client of server.connections)
			client._socket.destroy();
	};
	const { server, port } = await startServer(certificate, state, { onData });
	const attachments = [attach('large.bin', 'application/octet-stream', crypto.randomBytes(4 << 20))];

	configure(dir, 'mail.conf', settingsOf(port));
	const result = await courier.deliver(parcelOf({ attachments }));
	ok(/^not_sent (send|receive)/.test(result), `mail: cut off in the midst is not sent, was ${result}`);
	server.close();
}

async function proveMail(courier, dir, certificate, meanwhile) {
	const state = makeState();
	const { server, port } = await startServer(certificate, state);

	ok(await courier.deliver(parcelOf()) === 'misconfigured no mail.conf', 'mail: no file');
	configure(dir, 'mail.conf', settingsOf(port));
	await proveMessage(courier, state);
	await provePlain(courier, state);
	await proveLarge(courier, state);
	await proveRefusals(courier, state);
	await proveFiles(courier, dir, port);
	state.messages.length = 0;
	await proveSilence(courier, dir, state, port, meanwhile);
	server.close();
	await proveOtherServers(courier, dir, certificate);
	await proveCut(courier, dir, certificate);
}

module.exports = { PASSWORD, proveMail };
