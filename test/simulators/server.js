'use strict';

// All simulators and their control in one process, which ends when its stdin does.
//
// node server.js --dir DIR [--wechat-port 0] [--alipay-port 0] [--waffo-port 0]
//                [--xiaomi-port 0] [--nuonuo-port 0] [--control-port 0]
//                [--notify URL_BASE] [--database NAME] [--http]

const { parseArgs } = require('node:util');

const { Alipay } = require('./alipay');
const { Clock } = require('./clock');
const { Control } = require('./control');
const keys = require('./keys');
const { Notices } = require('./notices');
const { Nuonuo } = require('./nuonuo');
const { Transport } = require('./transport');
const { Waffo } = require('./waffo');
const { Wechat } = require('./wechat');
const { Xiaomi } = require('./xiaomi');

const CLASSES = { wechat: Wechat, alipay: Alipay, waffo: Waffo, xiaomi: Xiaomi, nuonuo: Nuonuo };

function readOptions() {
	const port = { type: 'string', default: '0' };
	const { values } = parseArgs({
		options: {
			dir: { type: 'string' },
			'wechat-port': port,
			'alipay-port': port,
			'waffo-port': port,
			'xiaomi-port': port,
			'nuonuo-port': port,
			'control-port': port,
			notify: { type: 'string' },
			database: { type: 'string', default: 'postgres' },
			http: { type: 'boolean', default: false },
		},
	});

	if (!values.dir)
		throw new Error('--dir is missing');
	return values;
}

class World {
	constructor(options) {
		this.options = options;
		this.clock = new Clock();
		this.notices = new Notices();
		this.gateways = {};
		this.transports = {};
		this.ports = {};
	}

	certificate() {
		return this.options.http ? null : keys.loadCertificate(this.options.dir);
	}

	async open(name) {
		const gateway = new CLASSES[name]({
			secrets: keys.loadSecrets(this.options.dir, name),
			clock: this.clock,
			notices: this.notices,
			notifyUrl: this.notifyUrl(name),
		});

		this.gateways[name] = gateway;
		this.transports[name] = new Transport(gateway, this.certificate());
		this.ports[name] = await this.transports[name].listen(Number(this.options[`${name}-port`]));
		gateway.origin = `${this.options.http ? 'http' : 'https'}://localhost:${this.ports[name]}`;
		this.configure(name);
	}

	notifyUrl(name) {
		const { notify } = this.options;

		return notify ? `${notify}/${name}` : keys.defaultNotifyUrl(name);
	}

	// Writes what the merchant has to know, as it is now.
	configure(name) {
		const { secrets } = this.gateways[name];
		const { dir, http, database } = this.options;

		keys.saveSecrets(dir, secrets);
		keys.writeConfiguration(dir, secrets, {
			port: this.ports[name],
			isHttp: http,
			database,
			notifyUrl: this.notifyUrl(name),
		});
	}

	// Another authority: who still has the old one no longer connects.
	renewCertificate() {
		keys.makeCertificate(this.options.dir);
		for (const { server } of Object.values(this.transports)) {
			server.setSecureContext(this.certificate());
			server.closeIdleConnections();
		}
	}
}

async function main() {
	const options = readOptions();
	const world = new World(options);

	process.umask(0o077);
	for (const name of Object.keys(CLASSES))
		await world.open(name);
	const control = await new Control(world).listen(Number(options['control-port']));

	process.stdin.on('close', () => process.exit(0)).resume();
	console.log(JSON.stringify({ ...world.ports, control }));
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
