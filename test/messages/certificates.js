'use strict';

// An authority, and a certificate of its own for the names of the tests.

const path = require('node:path');
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');

const NAMES = ['localhost', 'hooks.example.com', 'other.example.com'];

// node:crypto makes none.
function makeCertificate(names = NAMES) {
	const [key, cert] = execFileSync('openssl', [
		'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-',
		'-days', '7', '-subj', '/CN=billing tests',
		'-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
	], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().split(/(?=-----BEGIN CERTIFICATE)/);

	return { key, cert };
}

function writeAuthority(dir, { cert }) {
	fs.writeFileSync(path.join(dir, 'ca.pem'), cert, { mode: 0o600 });
}

module.exports = { makeCertificate, writeAuthority };
