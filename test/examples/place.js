'use strict';

// Where the example application is driven: PgBouncer in transaction mode before the server, the application, the gateways'
// simulators, a browser. Ends what it started.

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const readline = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');

const { chromium } = require('playwright-core');

const POOLER_PORT = 6432;
const WAIT_MS = 20000;
const root = path.join(__dirname, '..', '..');
const { BILLING_WORK: work, PGHOST, PGPORT } = process.env;
const started = new Map();

function start(name, command, args, env = {}) {
	const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });

	started.set(name, child);
	return child;
}

async function end(name) {
	const child = started.get(name);

	started.delete(name);
	if (child.exitCode === null && child.signalCode === null) {
		const ended = new Promise((resolve) => { child.once('exit', resolve); });

		child.stdin.end();
		child.kill('SIGTERM');
		setTimeout(() => child.kill('SIGKILL'), 10000).unref();
		await ended;
	}
}

async function firstLine(child) {
	const lines = readline.createInterface({ input: child.stdout });

	for await (const line of lines)
		return line;
	throw new Error('a program ended before it said where it is');
}

async function until(is, what) {
	for (const began = Date.now(); Date.now() - began < WAIT_MS; await sleep(50)) {
		const value = await is();

		if (value)
			return value;
	}
	throw new Error(`${what}: it does not come to that`);
}

const psql = (...args) => execFileSync('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', ...args], { encoding: 'utf8' }).trim();
const ask = (sql) => psql('-c', sql);

async function startPooler() {
	fs.writeFileSync(`${work}/users.txt`, '"my_app" ""\n"my_route" ""\n');
	fs.writeFileSync(`${work}/pgbouncer.ini`, `[databases]
postgres = host=${PGHOST} port=${PGPORT} dbname=postgres
[pgbouncer]
pool_mode = transaction
default_pool_size = 2
listen_addr =
listen_port = ${POOLER_PORT}
unix_socket_dir = ${work}
auth_type = trust
auth_file = ${work}/users.txt
log_connections = 0
log_disconnections = 0
`);
	start('pooler', 'pgbouncer', ['-q', `${work}/pgbouncer.ini`]);
	await until(() => fs.existsSync(`${work}/.s.PGSQL.${POOLER_PORT}`), 'pgbouncer');
}

const urlOf = (role) => `postgres://${role}@${encodeURIComponent(work)}:${POOLER_PORT}/postgres`;

async function startApplication() {
	const urls = { APP_DATABASE: urlOf('my_app'), NOTICE_DATABASE: urlOf('my_route'), PORT: '0' };

	return firstLine(start('application', 'node', [`${root}/docs/examples/server.js`], urls));
}

async function startSimulators(url) {
	const args = ['--dir', `${work}/secrets`, '--notify', `${url}notify`, '--http'];
	const { control } = JSON.parse(await firstLine(start('simulators', 'node', [`${root}/test/simulators/server.js`, ...args])));

	return (route, fields) => new Promise((resolve, reject) => {
		const request = http.request({ port: control, path: `/${route}`, method: fields ? 'POST' : 'GET', agent: false }, async (answer) => {
			const text = (await answer.toArray()).join('');

			if (answer.statusCode !== 200)
				reject(new Error(text));
			else
				resolve(JSON.parse(text));
		});

		request.on('error', reject).end(fields && JSON.stringify(fields));
	});
}

async function open() {
	for (const signal of ['SIGINT', 'SIGTERM'])
		process.once(signal, () => process.exit(1));
	process.once('exit', () => { for (const child of started.values()) child.kill(); });
	fs.chmodSync(`${work}/secrets`, 0o700);
	await startPooler();
	const url = await startApplication();
	const simulate = await startSimulators(url);

	psql('-f', `${__dirname}/setup.sql`);
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-dev-shm-usage'],
	});

	return { url, simulate, browser };
}

async function close({ browser }) {
	await browser.close();
	for (const name of [...started.keys()].reverse())
		await end(name);
}

module.exports = { ask, close, end, open, sleep, startPooler, until, urlOf };
