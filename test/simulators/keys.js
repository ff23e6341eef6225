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
	waffo: { merchant_id: '1000000201' },
	xiaomi: { merchant_id: '1000000301', app_id: '2882303761517239138' },
	nuonuo: { merchant_id: '339902999999789113', app_id: 'SD63236305' },
};

// What a merchant's file calls a secret that is a text, and how its file's name ends.
const TEXT_FILES = { apiv3_key: 'apiv3.key', api_key: 'api.key', app_secret: 'app.secret' };

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

// One that WeChat Pay names by the serial number of a certificate, which merchants fetch.
function makeCertifiedPair() {
	const number = crypto.randomBytes(20);

	number[0] = (number[0] & 0x7f) | 1; // positive, of 20 bytes
	const serial = number.toString('hex').toUpperCase();
	const [private_key, certificate] = execFileSync('openssl', [
		'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', '-', '-days', '1826',
		'-set_serial', `0x${serial}`, '-subj', '/C=CN/O=Tenpay.com/CN=Tenpay.com sign',
	], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).match(/^-+BEGIN [^]*?^-+END .*\n/gm);
	const public_key = crypto.createPublicKey(private_key).export({ type: 'spki', format: 'pem' });

	return { serial, public_key, private_key, certificate };
}

// A secret that is a text: WeChat Pay's APIv3 key, Waffo's API key, Xiaomi's and Nuonuo's AppSecret.
function makeText() {
	return crypto.randomBytes(16).toString('hex');
}

// Newest keys stand first.
function makePairs(name) {
	return { merchant_keys: [makeMerchantPair(name)], platform_keys: [makePlatformPair(name)] };
}

const MAKERS = {
	wechat: () => ({ ...makePairs('wechat'), apiv3_key: makeText() }),
	alipay: () => makePairs('alipay'),
	waffo: () => ({ ...makePairs('waffo'), api_key: makeText() }),
	xiaomi: () => ({ app_secret: makeText() }),
	nuonuo: () => ({ app_secret: makeText() }),
};

function makeSecrets(name) {
	return { name, ...PARTIES[name], ...MAKERS[name]() };
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

// The lines of a gateway's keys. Certificates are fetched: their file is not written here.
function writePlatformKeys(dir, name, pairs) {
	return [
		...pairs.filter((pair) => !pair.certificate).map((pair) => writePublicKey(dir, name, pair)),
		...(pairs.some((pair) => pair.certificate) ? [`fetched_keys = ${name}-platform.pem`] : []),
	];
}

// The lines of the key pairs, and their files; none where a gateway has no such.
function writePairs(dir, { name, merchant_keys: [merchantPair] = [], platform_keys: pairs = [] }) {
	if (!merchantPair)
		return [];
	writePrivate(path.join(dir, `${name}-merchant.pem`), merchantPair.private_key);
	return [
		`private_key = ${name}-merchant.pem`,
		...(merchantPair.serial ? [`certificate_serial = ${merchantPair.serial}`] : []),
		...writePlatformKeys(dir, name, pairs),
	];
}

// The lines of the secrets that are texts, and their files.
function writeTexts(dir, secrets) {
	return Object.entries(TEXT_FILES)
		.filter(([setting]) => secrets[setting])
		.map(([setting, file]) => {
			writePrivate(path.join(dir, `${secrets.name}-${file}`), `${secrets[setting]}\n`);
			return `${setting} = ${secrets.name}-${file}`;
		});
}

function writeTransport(dir, isHttp) {
	if (isHttp)
		return 'allow_http = yes';
	writePrivate(path.join(dir, 'ca.pem'), loadCertificate(dir).cert);
	return 'ca_file = ca.pem';
}

// Writes the merchant's file, and those it names, as they are to be now.
function writeConfiguration(dir, secrets, { port, isHttp, notifyUrl, database }) {
	const { name } = secrets;

	replaceConfiguration(path.join(dir, `${name}.conf`), [
		`provider = ${name}`,
		`database = ${database}`,
		`merchant_id = ${secrets.merchant_id}`,
		...(secrets.app_id ? [`app_id = ${secrets.app_id}`] : []),
		'host = localhost',
		`port = ${port}`,
		// Xiaomi's is set at the gateway, by hand
		...(name === 'xiaomi' ? [] : [`notify_url = ${notifyUrl}`]),
		...writePairs(dir, secrets),
		...writeTexts(dir, secrets),
		...(name === 'nuonuo' ? ['token_file = nuonuo.token'] : []), // written by who calls
		writeTransport(dir, isHttp),
	]);
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
		console.error('usage: node keys.js DIR wechat|alipay|waffo|xiaomi|nuonuo PORT [--http]');
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
	makeCertificate,
	makeCertifiedPair,
	makeMerchantPair,
	makePlatformPair,
	makeText,
	saveSecrets,
	writeConfiguration,
};
