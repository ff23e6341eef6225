'use strict';

// SHA256withRSA, PKCS#1 v1.5, in base64: how both gateways sign.

const crypto = require('node:crypto');

function sign(privateKey, message) {
	return crypto.sign('sha256', Buffer.from(message), privateKey).toString('base64');
}

function holds(publicKey, message, signature) {
	return crypto.verify('sha256', Buffer.from(message), publicKey,
		Buffer.from(signature, 'base64'));
}

module.exports = { sign, holds };
