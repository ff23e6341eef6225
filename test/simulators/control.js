'use strict';

// What a test says to the simulators, and asks of them: JSON over plain HTTP.

const http = require('node:http');
const https = require('node:https');

const { Impossible } = require('./ledger');
const { readBody } = require('./transport');

// Opens an address as a browser does.
function visit(url, certificate) {
	const { protocol } = new URL(url);
	const client = protocol === 'https:' ? https : http;

	return new Promise((resolve, reject) => {
		client.get(url, { ca: certificate?.cert, agent: false }, async (incoming) => {
			resolve({ status: incoming.statusCode, body: (await readBody(incoming)).toString() });
		}).on('error', reject);
	});
}

class Control {
	// world: clock, notices, gateways, transports; certificate(), configure(), renewCertificate()
	constructor(world) {
		this.world = world;
		this.server = http.createServer((incoming, outgoing) => this.serve(incoming, outgoing));
	}

	listen(port) {
		return new Promise((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, '127.0.0.1', () => resolve(this.server.address().port));
		});
	}

	async serve(incoming, outgoing) {
		const text = (await readBody(incoming)).toString();
		let status = 200;
		let reply;

		try {
			reply = await this.answer(`${incoming.method} ${incoming.url}`, text);
		} catch (error) {
			status = error instanceof Impossible || error instanceof SyntaxError ? 400 : 500;
			reply = { error: error.message };
		}
		outgoing.writeHead(status, { 'Content-Type': 'application/json' });
		outgoing.end(JSON.stringify(reply ?? {}));
	}

	answer(route, text) {
		const action = this.actions[route];

		if (!action)
			throw new Impossible(`no ${route}`);
		return action.call(this, text ? JSON.parse(text) : {});
	}

	gateway(name) {
		const gateway = this.world.gateways[name];

		if (!gateway)
			throw new Impossible(`no gateway ${name}`);
		return gateway;
	}

	// One that issues invoices.
	issuer(name) {
		const gateway = this.gateway(name);

		if (!gateway.settleInvoice)
			throw new Impossible(`${name} issues no invoices`);
		return gateway;
	}

	get actions() {
		return {
			'GET /books': this.books,
			'GET /notices': () => this.world.notices.take(),
			'POST /pay': ({ gateway, number, ...rest }) => this.gateway(gateway).pay(number, rest),
			'POST /scan': this.scan,
			'POST /visit': ({ url }) => visit(url, this.world.certificate()),
			'POST /notice': ({ gateway, ...rest }) => this.gateway(gateway).sendAgain(rest),
			'POST /fault': ({ gateway, ...rest }) => this.gateway(gateway).addFault(rest),
			'POST /no_faults': this.clearFaults,
			'POST /hang': this.hang,
			'POST /refund': ({ gateway, ...rest }) => this.gateway(gateway).settleRefund(rest),
			'POST /portal_refund': ({ gateway, ...rest }) => this.gateway(gateway).portalRefund(rest),
			'POST /dispute': ({ gateway, ...rest }) => this.gateway(gateway).disputeRefund(rest),
			'POST /invoice': ({ gateway, ...rest }) => this.issuer(gateway).settleInvoice(rest),
			'POST /red': ({ gateway, ...rest }) => this.issuer(gateway).settleRed(rest),
			'POST /red_begin': ({ gateway, ...rest }) => this.issuer(gateway).beginRed(rest),
			'POST /revoke_tokens': ({ gateway }) => this.issuer(gateway).revokeTokens(),
			'POST /settlement': ({ gateway, ...rest }) => this.gateway(gateway).transfer('settlement', rest),
			'POST /funding': ({ gateway, ...rest }) => this.gateway(gateway).transfer('funding', rest),
			'POST /bill_fault': ({ gateway, ...rest }) => this.gateway(gateway).addBillFault(rest),
			'POST /bill_rows': ({ gateway, ...rest }) => this.gateway(gateway).addBillRows(rest),
			'POST /rotate': this.rotate,
			'POST /configure': ({ gateway }) => this.world.configure(this.gateway(gateway).name),
			'POST /settings': this.set,
		};
	}

	books() {
		const books = { notices: this.world.notices.counts };

		for (const [name, gateway] of Object.entries(this.world.gateways)) {
			const transport = this.world.transports[name];

			books[name] = {
				...gateway.books(),
				requests: transport.requestCounts(),
				log: transport.log,
			};
		}
		return books;
	}

	scan({ gateway: name = 'alipay', number, ...rest }) {
		const gateway = this.gateway(name);

		if (!gateway.scan)
			throw new Impossible(`${name} has nothing to scan`);
		return gateway.scan(number, rest);
	}

	clearFaults({ gateway }) {
		this.gateway(gateway).clearFaults();
		this.hang({ gateway, on: false });
	}

	hang({ gateway, on }) {
		this.gateway(gateway).isHanging = on;
		if (!on)
			this.world.transports[gateway].release();
	}

	// configure: false leaves the merchant with what it had.
	rotate({ gateway, what, configure = true }) {
		const { name, secrets } = this.gateway(gateway);

		if (what === 'certificate')
			this.world.renewCertificate();
		else
			this.gateway(gateway).rotate(what);
		if (configure)
			this.world.configure(name);
		return {
			platform_serial: secrets.platform_keys?.[0].serial,
			merchant_serial: secrets.merchant_keys?.[0].serial,
		};
	}

	set({ notices, clock_offset_s: offset, gateway, ...rest }) {
		if (notices !== undefined)
			this.world.notices.isOn = notices === 'on';
		if (offset !== undefined)
			this.world.clock.offset_ms = offset * 1000;
		for (const [name, value] of Object.entries(rest))
			this.gateway(gateway).set(name, value);
	}
}

module.exports = { Control };
