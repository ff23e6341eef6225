'use strict';

// billing-courier, started as a worker starts it: with a socket as descriptor 3.

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');

const PROGRAM = path.join(__dirname, '..', '..', 'billing-courier');
const EPOCH_US = 946684800000000;

// An instant of the server's, in microseconds.
function instant(ms = Date.now()) {
	return ms * 1000 - EPOCH_US;
}

function frameOf(object) {
	const json = Buffer.from(JSON.stringify(object));
	const prefix = Buffer.alloc(4);

	prefix.writeUInt32BE(json.length);
	return Buffer.concat([prefix, json]);
}

class Courier {
	constructor(dir) {
		this.dir = dir;
		this.next = 1;
		this.waiting = new Map();
		this.received = Buffer.alloc(0);
		this.child = spawn(PROGRAM, [dir], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
		this.socket = this.child.stdio[3];
		this.socket.on('data', (data) => this.take(data));
		this.socket.on('error', () => {});
		this.ended = new Promise((resolve) => this.child.once('exit', resolve));
	}

	take(data) {
		this.received = Buffer.concat([this.received, data]);
		while (this.received.length >= 4) {
			const size = 4 + this.received.readUInt32BE();

			if (this.received.length < size)
				return;
			const { id, result, code = '' } = JSON.parse(this.received.subarray(4, size));
			this.received = this.received.subarray(size);
			this.waiting.get(id)(code ? `${result} ${code}` : result);
			this.waiting.delete(id);
		}
	}

	// What becomes of a parcel: "sent", "later smtp_451".
	deliver(parcel) {
		const id = this.next++;

		return new Promise((resolve) => {
			this.waiting.set(id, resolve);
			this.socket.write(frameOf({ id, ...parcel }));
		});
	}

	end() {
		this.socket.end();
		return this.ended;
	}
}

// A file of the secrets directory, as lines of "name = value".
function configure(dir, file, settings) {
	const lines = Object.entries(settings).flatMap(([name, values]) =>
		[values].flat().map((value) => `${name} = ${value}\n`));

	fs.writeFileSync(path.join(dir, file), lines.join(''), { mode: 0o600 });
}

module.exports = { Courier, PROGRAM, configure, frameOf, instant };
