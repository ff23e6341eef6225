'use strict';

// A ZIP archive, written while its entries are made: sizes and sums follow their data.

const zlib = require('node:zlib');
const { Readable } = require('node:stream');

const VERSION = 20;
const ENCRYPTED = 1;
const SIZES_FOLLOW = 8;
const PACKING = { level: zlib.constants.Z_BEST_SPEED };
const STORED = 0;
const DEFLATED = 8;
const DOS_DATE = (2026 - 1980) << 9 | 1 << 5 | 1;

// zlib.crc32() is younger than Node 18.
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
	let sum = byte;

	for (let bit = 0; bit < 8; bit++)
		sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
	return sum;
});

function updateCrc(crc, bytes) {
	let sum = crc;

	for (let i = 0; i < bytes.length; i++)
		sum = CRC_TABLE[(sum ^ bytes[i]) & 0xff] ^ (sum >>> 8);
	return sum;
}

// Fields of 2 or 4 bytes: [size, value], ...
function record(...fields) {
	const bytes = Buffer.alloc(fields.reduce((sum, [size]) => sum + size, 0));
	let at = 0;

	for (const [size, value] of fields)
		at = bytes.writeUIntLE(value, at, size);
	return bytes;
}

// What the header of an entry and the directory say of it alike.
function described({ flags, method, crc, packed, size, name }) {
	return [
		[2, VERSION], [2, flags], [2, method], [2, 0], [2, DOS_DATE], [4, crc], [4, packed],
		[4, size], [2, name.length], [2, 0],
	];
}

function header(entry) {
	const unknown = { ...entry, crc: 0, packed: 0, size: 0 };

	return Buffer.concat([record([4, 0x04034b50], ...described(unknown)), entry.name]);
}

function descriptor({ crc, packed, size }) {
	return record([4, 0x08074b50], [4, crc], [4, packed], [4, size]);
}

function directoryRow(entry) {
	return Buffer.concat([
		record([4, 0x02014b50], [2, VERSION], ...described(entry), [2, 0], [2, 0], [2, 0], [4, 0],
			[4, entry.at]),
		entry.name,
	]);
}

function directoryEnd(count, size, at) {
	return record([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, at], [2, 0]);
}

// Counts an entry's bytes as they pass.
async function* measured(chunks, entry) {
	let sum = -1;

	for await (const chunk of chunks) {
		sum = updateCrc(sum, chunk);
		entry.size += chunk.length;
		yield chunk;
	}
	entry.crc = (sum ^ -1) >>> 0;
}

// files: [{name, chunks}], names as bytes, what they hold as Buffers.
async function* archive(files, { isStored = false, isEncrypted = false }) {
	const rows = [];
	let at = 0;

	for (const { name, chunks } of files) {
		const entry = {
			name,
			at,
			flags: SIZES_FOLLOW | (isEncrypted ? ENCRYPTED : 0),
			method: isStored ? STORED : DEFLATED,
			size: 0,
			packed: 0,
		};
		const plain = Readable.from(measured(chunks, entry));

		yield header(entry);
		for await (const chunk of isStored ? plain : plain.pipe(zlib.createDeflateRaw(PACKING))) {
			entry.packed += chunk.length;
			yield chunk;
		}
		yield descriptor(entry);
		at += header(entry).length + entry.packed + 16;
		rows.push(directoryRow(entry));
	}
	const directory = Buffer.concat(rows);

	yield directory;
	yield directoryEnd(rows.length, directory.length, at);
}

module.exports = { archive };
