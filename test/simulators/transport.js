'use strict';

// The network side of a gateway: HTTPS on loopback, faults of the connection, a log.

const http = require('node:http');
const https = require('node:https');
const { pipeline } = require('node:stream/promises');

const REFUSES = ['error_500', 'busy_429', 'error'];
const REPLIES_NOTHING = ['drop', 'lost', 'hang'];
const DELAY_MS = 3000;
const SLOW_MS = 200;
const ENDLESS_EVERY_MS = 5;

async function readBody(incoming) {
	const chunks = [];

	for await (const chunk of incoming)
		chunks.push(chunk);
	return Buffer.concat(chunks);
}

function sleep(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

async function writeSlowly(outgoing, { status, headers, body }, ms) {
	outgoing.writeHead(status, { ...headers, 'Content-Length': body.length });
	outgoing.flushHeaders();
	for (let i = 0; i < body.length && !outgoing.destroyed; i++) {
		outgoing.write(body.subarray(i, i + 1));
		await sleep(ms);
	}
	outgoing.end();
}

// Headers that never end, until the other side has enough.
function writeHeadersForever({ socket }) {
	const timer = setInterval(() => {
		if (socket.destroyed)
			clearInterval(timer);
		else if (!socket.writableNeedDrain)
			socket.write(`X-Endless: ${'x'.repeat(1000)}\r\n`);
	}, ENDLESS_EVERY_MS);

	socket.on('error', () => socket.destroy());
	socket.write('HTTP/1.1 200 OK\r\n');
}

function writeTruncated(outgoing, { status, headers, body }) {
	outgoing.writeHead(status, { ...headers, 'Content-Length': body.length + 100 });
	outgoing.write(body, () => outgoing.socket.destroy());
}

function alter(reply, kind) {
	if (kind === 'redirect')
		return { status: 302, headers: { Location: '/redirected' }, body: Buffer.alloc(0) };
	if (kind === 'wrong_content_type')
		return { ...reply, headers: { ...reply.headers, 'Content-Type': 'image/png' } };
	return reply;
}

function write(outgoing, { status, headers, body }) {
	const length = status === 204 ? {} : { 'Content-Length': body.length };

	outgoing.writeHead(status, { ...headers, ...length });
	outgoing.end(body);
}

// A file is written while it is made: its length is not known before.
async function writeFile(outgoing, { status, headers, open }) {
	outgoing.writeHead(status, headers);
	await pipeline(open(), outgoing).catch(() => {
		// whoever asked is gone
	});
}

// The reply with a whole body, as most faults need one.
async function whole({ open, ...reply }) {
	return open ? { ...reply, body: await readBody(open()) } : reply;
}

class Transport {
	constructor(gateway, certificate) {
		this.gateway = gateway;
		this.log = [];
		this.hanging = new Set();
		this.server = certificate
			? https.createServer(certificate, this.listener())
			: http.createServer(this.listener());
	}

	listener() {
		return (incoming, outgoing) => {
			this.serve(incoming, outgoing).catch((error) => {
				console.error(error);
				outgoing.socket?.destroy();
			});
		};
	}

	listen(port) {
		return new Promise((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, '127.0.0.1', () => resolve(this.server.address().port));
		});
	}

	// at: when its headers had come.
	async serve(incoming, outgoing) {
		const entry = { at: Date.now(), method: incoming.method, target: incoming.url.split('?')[0] };
		const body = await readBody(incoming);
		const call = this.gateway.read({
			method: incoming.method,
			target: incoming.url,
			headers: incoming.headers,
			body,
		});
		const fault = this.gateway.isHanging
			? { kind: 'hang' }
			: this.gateway.faults.take(call.operation) ?? {};

		Object.assign(entry, { operation: call.operation, fault: fault.kind ?? null });
		this.log.push(entry);
		await this.answer(outgoing, call, fault, entry);
	}

	async answer(outgoing, call, fault, entry) {
		const acted = fault.kind === undefined || fault.acts ? await this.gateway.act(call) : null;
		const answer = !acted || REFUSES.includes(fault.kind) ? this.gateway.refuse(call, fault) : acted;
		const reply = alter(this.gateway.reply(call, answer, fault), fault.kind);

		entry.status = REPLIES_NOTHING.includes(fault.kind) ? null : reply.status;
		if (reply.open && fault.kind === undefined)
			return writeFile(outgoing, reply);
		return this.transmit(outgoing, await whole(reply), fault);
	}

	async transmit(outgoing, reply, { kind, ms }) {
		switch (kind) {
			case 'drop':
			case 'lost':
				return outgoing.socket.destroy();
			case 'hang':
				return this.hanging.add(outgoing.socket);
			case 'delay':
				await sleep(ms ?? DELAY_MS);
				return write(outgoing, reply);
			case 'slow':
				return writeSlowly(outgoing, reply, ms ?? SLOW_MS);
			case 'endless_headers':
				return writeHeadersForever(outgoing);
			case 'truncated':
				return writeTruncated(outgoing, reply);
			default:
				return write(outgoing, reply);
		}
	}

	// Drops what hangs.
	release() {
		for (const socket of this.hanging)
			socket.destroy();
		this.hanging.clear();
	}

	requestCounts() {
		const counts = {};

		for (const { operation } of this.log)
			counts[operation] = (counts[operation] ?? 0) + 1;
		return counts;
	}
}

module.exports = { Transport, readBody };
