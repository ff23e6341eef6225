'use strict';

// Keys, certificates and the merchants' configuration.
//
// DIR gets what a merchant has: NAME.conf and the files it names. DIR/sim gets
// what only the simulator knows. All of it is mode 0600, the directories 0700.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const PARTIES = {
	wechat: { merchant_id: '1900000001', app_id: 'wxd678efh567hg6787' },
	alipay: { merchant_id: '2088102119685838', app_id: '2021000000000001' },
};

function writePrivate(file, text) {
	fs.writeFileSync(file, text, { mode: 0o600 });
	fs.chmodSync(file, 0o600);
}

function makeDirectories(dir) {
	fs.mkdirSync(path.join(dir, 'sim'), { recursive: true, mode: 0o700 });
}

function makePair(serial) {
	const pair = crypto.generateKeyPairSync('rsa', {
		modulusLength: 2048,
		publicKeyEncoding: { type: 'spki', format: 'pem' },
		privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
	});

	return { serial, public_key: pair.publicKey, private_key: pair.privateKey };
}

// Serials as WeChat Pay names them; Alipay names none.
function makeMerchantPair(name) {
	return makePair(name === 'wechat' ? crypto.randomBytes(20).toString('hex').toUpperCase() : '');
}

function makePlatformPair(name) {
	const digits = () => String(crypto.randomInt(1e14)).padStart(14, '0');

	return makePair(name === 'wechat' ? `PUB_KEY_ID_${digits()}${digits()}` : '');
}

function makeApiv3Key() {
	return crypto.randomBytes(16).toString('hex');
}

// Newest keys stand first.
function makeSecrets(name) {
	return {
		name,
		...PARTIES[name],
		merchant_keys: [makeMerchantPair(name)],
		platform_keys: [makePlatformPair(name)],
		apiv3_key: name === 'wechat' ? makeApiv3Key() : null,
	};
}

function saveSecrets(dir, secrets) {
	writePrivate(path.join(dir, 'sim', `${secrets.name}.json`), JSON.stringify(secrets, null, '\t'));
}

// What stands in DIR/sim already, or new secrets.
function loadSecrets(dir, name) {
	const file = path.join(dir, 'sim', `${name}.json`);

	makeDirectories(dir);
	if (fs.existsSync(file))
		return JSON.parse(fs.readFileSync(file, 'utf8'));
	const secrets = makeSecrets(name);
	saveSecrets(dir, secrets);
	return secrets;
}

// A certificate that is its own authority: node:crypto makes none.
function makeCertificate(dir) {
	const file = (name) => path.join(dir, 'sim', name);

	execFileSync('openssl', [
		'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
		'-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
		'-keyout', file('tls-key.pem'), '-out', file('tls.pem'),
	], { stdio: 'ignore' });
	fs.chmodSync(file('tls-key.pem'), 0o600);
	fs.chmodSync(file('tls.pem'), 0o600);
}

function loadCertificate(dir) {
	const read = (name) => fs.readFileSync(path.join(dir, 'sim', name), 'utf8');

	makeDirectories(dir);
	if (!fs.existsSync(path.join(dir, 'sim', 'tls.pem')))
		makeCertificate(dir);
	return { key: read('tls-key.pem'), cert: read('tls.pem') };
}

// A public key's line, "SERIAL FILE" or "FILE", and the file.
function writePublicKey(dir, name, pair) {
	const file = pair.serial ? `${name}-${pair.serial}.pem` : `${name}-${fingerprint(pair)}.pem`;

	writePrivate(path.join(dir, file), pair.public_key);
	return `public_key = ${pair.serial ? `${pair.serial} ` : ''}${file}`;
}

function fingerprint(pair) {
	return crypto.createHash('sha256').update(pair.public_key).digest('hex').slice(0, 16);
}

// Writes the merchant's file, and those it names, as they are to be now.
function writeConfiguration(dir, secrets, { port, isHttp, notifyUrl, database }) {
	const { name } = secrets;
	const [merchantPair] = secrets.merchant_keys;
	const lines = [
		`provider = ${name}`,
		`database = ${database}`,
		`merchant_id = ${secrets.merchant_id}`,
		`app_id = ${secrets.app_id}`,
		'host = localhost',
		`port = ${port}`,
		`notify_url = ${notifyUrl}`,
		`private_key = ${name}-merchant.pem`,
	];

	writePrivate(path.join(dir, `${name}-merchant.pem`), merchantPair.private_key);
	if (merchantPair.serial)
		lines.push(`certificate_serial = ${merchantPair.serial}`);
	for (const pair of secrets.platform_keys)
		lines.push(writePublicKey(dir, name, pair));
	if (secrets.apiv3_key) {
		writePrivate(path.join(dir, `${name}-apiv3.key`), `${secrets.apiv3_key}\n`);
		lines.push(`apiv3_key = ${name}-apiv3.key`);
	}
	if (isHttp) {
		lines.push('allow_http = yes');
	} else {
		writePrivate(path.join(dir, 'ca.pem'), loadCertificate(dir).cert);
		lines.push('ca_file = ca.pem');
	}
	replaceConfiguration(path.join(dir, `${name}.conf`), lines);
}

// At once: who reads it meanwhile sees the old one or the new one.
function replaceConfiguration(file, lines) {
	writePrivate(`${file}.new`, `${lines.join('\n')}\n`);
	fs.renameSync(`${file}.new`, file);
}

function defaultNotifyUrl(name) {
	return `https://billing.example.com/notify/${name}`;
}

function main([dir, name, port, isHttp]) {
	if (!dir || !PARTIES[name] || !(port > 0)) {
		console.error('usage: node keys.js DIR wechat|alipay PORT [--http]');
		process.exit(2);
	}
	writeConfiguration(dir, loadSecrets(dir, name), {
		port: Number(port),
		isHttp: isHttp === '--http',
		database: 'postgres',
		notifyUrl: defaultNotifyUrl(name),
	});
}

if (require.main === module)
	main(process.argv.slice(2));

module.exports = {
	defaultNotifyUrl,
	loadCertificate,
	loadSecrets,
	makeApiv3Key,
	makeCertificate,
	makeMerchantPair,
	makePlatformPair,
	saveSecrets,
	writeConfiguration,
};
