'use strict';

// Where a test's messages arrive: a mail server and a host of webhooks, with the files by which billing-courier finds them.
// usage: sink.js DIR DATABASE [MAILBOXES]. Takes a line of JSON from stdin, answers by one. MAILBOXES: a directory where each mail is
// kept, by whom it is to: N.eml as it came, N.txt as it is read.

const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const readline = require('node:readline');
const { SMTPServer } = require('smtp-server');
const { simpleParser } = require('mailparser');
const { Webhook } = require('standardwebhooks');

const { makeCertificate, writeAuthority } = require('./certificates');
const { configure } = require('./courier');

const [, , dir, database, mailboxes] = process.argv;
const PASSWORD = crypto.randomBytes(12).toString('hex');
const HOSTS = ['hooks', 'slow1', 'slow2', 'slow3', 'slow4', 'slow5'].map((name) => `${name}.example.com`);
const certificate = makeCertificate(['localhost', ...HOSTS]);
const mails = [];
const hooks = [];
const messages = [];
const mood = { refuses: 0, delay_ms: 0, status: 204, slow_ms: 0 }; // slow_ms: of hooks below /slow

// In one go: who sees a text sees the whole of it.
function keep(raw, { to, subject, text }, attachments) {
	const mailbox = path.join(mailboxes, path.basename(to));
	const name = path.join(mailbox, String(mails.length).padStart(4, '0'));
	const attached = attachments.map(({ filename }) => `Attached: ${filename}\n`).join('');

	fs.mkdirSync(mailbox, { recursive: true });
	fs.writeFileSync(`${name}.eml`, raw);
	fs.writeFileSync(`${name}.part`, `To: ${to}\nSubject: ${subject}\n${attached}\n${text}`);
	fs.renameSync(`${name}.part`, `${name}.txt`);
}

function startMail(port) {
	const server = new SMTPServer({
		...certificate,
		logger: false,
		onAuth: (auth, session, done) => done(auth.password === PASSWORD ? null : new Error('no'), { user: 'billing' }),
		onRcptTo: (address, session, done) => done(mood.refuses
			? Object.assign(new Error('as it was told'), { responseCode: mood.refuses }) : null),
		onData: (stream, session, done) => {
			const chunks = [];

			stream.on('data', (chunk) => chunks.push(chunk));
			stream.on('end', async () => {
				const raw = Buffer.concat(chunks);
				const mail = await simpleParser(raw);

				mails.push({
					to: mail.to.text, subject: mail.subject, text: mail.text, id: mail.messageId,
					attached: mail.attachments.map((one) => `${one.filename} ${one.content.toString()}`),
				});
				if (mailboxes)
					keep(raw, mails.at(-1), mail.attachments);
				setTimeout(done, mood.delay_ms);
			});
		},
	});

	server.on('error', () => {});
	return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

function startHooks() {
	const server = https.createServer(certificate, (request, response) => {
		const chunks = [];

		request.on('data', (chunk) => chunks.push(chunk));
		request.on('end', () => {
			const body = Buffer.concat(chunks).toString();

			if (request.url === '/sms')
				messages.push(JSON.parse(body));
			else
				hooks.push({ headers: request.headers, body });
			setTimeout(() => response.writeHead(request.url === '/sms' ? 200 : mood.status).end(),
				request.url.startsWith('/slow') ? mood.slow_ms : 0);
		});
	});

	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function writeFiles(mail, hook) {
	fs.writeFileSync(path.join(dir, 'smtp.password'), PASSWORD, { mode: 0o600 });
	fs.writeFileSync(path.join(dir, 'webhook.key'), crypto.randomBytes(32).toString('base64'), { mode: 0o600 });
	writeAuthority(dir, certificate);
	configure(dir, 'mail.conf', {
		database, host: 'localhost', port: mail, security: 'starttls', user: 'billing', password: 'smtp.password',
		from: 'billing@example.org', from_name: 'Billing', ca_file: 'ca.pem', timeout: 10,
	});
	configure(dir, 'webhook.conf', {
		database, master_key: 'webhook.key', ca_file: 'ca.pem', allow_private: `127.0.0.1:${hook}`,
		resolve: HOSTS.map((host) => `${host}:${hook}:127.0.0.1`),
	});
}

function writeSmsFile(port) {
	fs.writeFileSync(path.join(dir, 'sms.secret'), `whsec_${crypto.randomBytes(24).toString('base64')}`, { mode: 0o600 });
	configure(dir, 'sms.conf', {
		database, driver: 'https', url: `https://localhost:${port}/sms`, secret: 'sms.secret', ca_file: 'ca.pem',
	});
	return true;
}

// The bodies that verify by a secret.
function verified({ secret }) {
	const webhook = new Webhook(secret);

	return hooks.filter(({ headers, body }) => {
		try {
			webhook.verify(body, headers);
			return true;
		} catch {
			return false;
		}
	}).map(({ headers, body }) => ({ id: headers['webhook-id'], ...JSON.parse(body) }));
}

async function main() {
	const hookServer = await startHooks();
	let mailServer = await startMail(0);
	const { port } = mailServer.server.address();
	const actions = {
		mails: () => mails,
		bring_sms: () => writeSmsFile(hookServer.address().port),
		sms: () => messages,
		verified,
		mood: (wanted) => Object.assign(mood, wanted),
		down: () => new Promise((resolve) => mailServer.close(() => resolve(true))),
		up: async () => {
			mailServer = await startMail(port);
			return true;
		},
	};

	writeFiles(port, hookServer.address().port);
	console.log(JSON.stringify({ mail: port, hooks: hookServer.address().port }));
	readline.createInterface({ input: process.stdin }).on('line', async (line) => {
		const { action, ...rest } = JSON.parse(line);

		console.log(JSON.stringify(await actions[action](rest)));
	}).on('close', () => process.exit(0));
}

main();
