'use strict';

// Proves the bills: asked for through the SDKs, which verify what is signed; unpacked here.

const crypto = require('node:crypto');
const zlib = require('node:zlib');

const { toChina } = require('./clock');
const { fails, ok } = require('./tap');

const EMPTY_DAY = '2020-01-01';
const FULL_DAY = '2020-01-02';
const ROWS = 20000;

function today() {
	return toChina(Date.now()).slice(0, 10);
}

// Yuan with any number of decimals, in fen.
function fenOf(text) {
	return Math.round(Number(text) * 100);
}

// ---- WeChat Pay

function isCode(code) {
	return (error) => error.response?.data?.code === code;
}

function isStatus(status) {
	return (error) => error.response?.status === status;
}

// A day's bill: {asked, sum, rows, summary}, or what its SDK throws.
async function wechatBill(client, part, query) {
	const { Formatter } = require('wechatpay-axios-plugin');
	const { data: asked } = await client.v3.bill[part].get({ params: { ...query, tar_type: 'GZIP' } });
	const token = new URL(asked.download_url).searchParams.get('token');
	const file = await client.v3.billdownload.file.get({
		params: { token },
		responseType: 'arraybuffer',
	});
	const text = zlib.gunzipSync(file.data);
	const sum = crypto.createHash('sha1').update(text).digest('hex');

	return { asked, sum, ...Formatter.castCsvBill(text) };
}

function proveTradeRows(rows, summary, number) {
	const [payment] = rows.filter((row) => row['商户订单号'] === number && row['交易状态'] === 'SUCCESS');
	const refunds = rows.filter((row) => row['商户订单号'] === number && row['交易状态'] === 'REFUND');

	ok(payment['订单金额'] === '88.88' && payment['应结订单金额'] === '88.00' &&
		payment['代金券金额'] === '0.88' && payment['手续费'] === '0.53000' &&
		payment['费率'] === '0.60%', 'wechat: bill has the payment');
	ok(refunds.length === 1 && refunds[0]['商户退款单号'] === 'RF0001' &&
		refunds[0]['申请退款金额'] === '20.00' && refunds[0]['手续费'] === '-0.12000',
		'wechat: bill has the refund');
	ok(Number(summary['总交易单数']) === rows.length && summary['订单总金额'] === '88.88' &&
		summary['手续费总金额'] === '0.41000', 'wechat: bill has its sums');
}

async function proveWechatTrade(client, control, number) {
	const get = (day) => wechatBill(client, 'tradebill', { bill_date: day, bill_type: 'ALL' });

	await fails(get(today()), 'wechat: no bill before the next day', isCode('NO_STATEMENT_EXIST'));
	await control('POST /settings', { gateway: 'wechat', bills: 'at_once' });
	await fails(get(EMPTY_DAY), 'wechat: no bill of an empty day', isCode('NO_STATEMENT_EXIST'));
	const { asked, sum, rows, summary } = await get(today());

	ok(asked.hash_type === 'SHA1' && asked.hash_value === sum, 'wechat: bill has its sum');
	proveTradeRows(rows, summary, number);
	await control('POST /bill_fault', { gateway: 'wechat', kind: 'missing_row', number });
	ok((await get(today())).rows.length === rows.length - 1, 'wechat: bill without a row');
	await control('POST /no_faults', { gateway: 'wechat' });
	await control('POST /bill_fault', { gateway: 'wechat', kind: 'expired_url' });
	await fails(get(today()), 'wechat: address of a bill is too old', isStatus(400));
	await control('POST /bill_rows', { gateway: 'wechat', day: FULL_DAY, count: ROWS });
	const full = await get(FULL_DAY);

	ok(full.rows.length === ROWS && full.sum === full.asked.hash_value, 'wechat: a long bill');
}

async function proveWechatFunds(client, control) {
	await control('POST /settlement', { gateway: 'wechat', amount_fen: 1000, number: 'W1' });
	await control('POST /funding', { gateway: 'wechat', amount_fen: 300, number: 'D1' });
	const { rows, summary } = await wechatBill(client, 'fundflowbill',
		{ bill_date: today(), account_type: 'BASIC' });
	const signed = (row) => fenOf(row['收支金额(元)']) * (row['收支类型'] === '支出' ? -1 : 1);
	const types = rows.map((row) => row['业务类型']).join();

	ok(types === '交易,扣除交易手续费,退款,退还交易手续费,提现,充值', 'wechat: funds, what moved them');
	ok(rows.every((row, i) => i === 0 ||
		fenOf(row['账户结余(元)']) === fenOf(rows[i - 1]['账户结余(元)']) + signed(row)),
		'wechat: funds, balances follow');
	ok(Number(summary['资金流水总笔数']) === rows.length && summary['收入笔数'] === '3',
		'wechat: funds, sums');
}

async function proveWechatBills(client, control, number) {
	await proveWechatTrade(client, control, number);
	await proveWechatFunds(client, control);
}

// ---- Alipay

// The entries of an archive, by its directory: [{name, text}]. Node has no unzip; this is
// as much of one as is needed, apart from what the simulator writes with.
function unzip(bytes) {
	const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06'));
	const count = bytes.readUInt16LE(end + 10);
	const entries = [];
	let at = bytes.readUInt32LE(end + 16);

	for (let i = 0; i < count; i++) {
		const nameSize = bytes.readUInt16LE(at + 28);

		entries.push(readEntry(bytes, at, nameSize));
		at += 46 + nameSize + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
	}
	return entries;
}

function readEntry(bytes, at, nameSize) {
	const decoder = new TextDecoder('gbk', { fatal: true });
	const start = bytes.readUInt32LE(at + 42);
	const dataAt = start + 30 + bytes.readUInt16LE(start + 26) + bytes.readUInt16LE(start + 28);
	const packed = bytes.subarray(dataAt, dataAt + bytes.readUInt32LE(at + 20));
	const data = bytes.readUInt16LE(at + 10) === 0 ? packed : zlib.inflateRawSync(packed);

	if (data.length !== bytes.readUInt32LE(at + 24))
		throw new Error('an entry has another size');
	return {
		name: decoder.decode(bytes.subarray(at + 46, at + 46 + nameSize)),
		text: decoder.decode(data),
	};
}

// The rows of a text by its columns; lines that begin with '#' are none.
function parseRows(text) {
	const [columns, ...rows] = text.split('\r\n')
		.filter((line) => line !== '' && !line.startsWith('#'))
		.map((line) => line.split(',').map((value) => value.trim()));

	return rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i], value])));
}

async function alipayBill(exec, billType, billDate) {
	const asked = await exec('alipay.data.dataservice.bill.downloadurl.query', { billType, billDate });

	if (!asked.billDownloadUrl)
		return asked;
	const reply = await fetch(asked.billDownloadUrl);

	return reply.ok ? unzip(Buffer.from(await reply.arrayBuffer())) : { status: reply.status };
}

function detailsOf(entries) {
	return parseRows(entries.find(({ name }) => name.endsWith('明细.csv')).text);
}

function proveAlipayRows(entries, number) {
	const rows = detailsOf(entries).filter((row) => row['商户订单号'] === number);
	const refunds = rows.filter((row) => row['业务类型'] === '退款');
	const [total] = parseRows(entries.find(({ name }) => name.endsWith('(汇总).csv')).text);

	ok(rows[0]['业务类型'] === '交易' && rows[0]['订单金额（元）'] === '88.88' &&
		rows[0]['支付宝红包（元）'] === '0.88' && rows[0]['服务费（元）'] === '0.53',
		'alipay: bill has the payment');
	ok(refunds.map((row) => row['订单金额（元）']).join() === '-20.00,-68.88' &&
		refunds.map((row) => row['服务费（元）']).join() === '-0.12,-0.41' &&
		refunds[0]['退款批次号/请求号'] === 'RF0001', 'alipay: bill has the refunds');
	ok(total['交易订单总笔数'] === '1' && total['退款订单总笔数'] === '2' &&
		total['订单金额（元）'] === '0.00', 'alipay: bill has its sums');
}

async function proveAlipayTrade(exec, control, number) {
	const get = (day) => alipayBill(exec, 'trade', day);

	ok((await get(today())).subCode === 'isp.bill_not_exist', 'alipay: no bill before the next day');
	await control('POST /settings', { gateway: 'alipay', bills: 'at_once' });
	ok((await get(EMPTY_DAY)).subCode === 'isp.bill_not_exist', 'alipay: no bill of an empty day');
	proveAlipayRows(await get(today()), number);
	await control('POST /settings', { gateway: 'alipay', zip: 'stored' });
	ok(detailsOf(await get(today())).length === 3, 'alipay: bill that is not compressed');
	await control('POST /settings', { gateway: 'alipay', zip: 'deflated' });
	await control('POST /bill_fault', { gateway: 'alipay', kind: 'expired_url' });
	ok((await get(today())).status === 404, 'alipay: address of a bill is too old');
	await control('POST /bill_rows', { gateway: 'alipay', day: FULL_DAY, count: ROWS });
	ok(detailsOf(await get(FULL_DAY)).length === ROWS, 'alipay: a long bill');
}

async function proveAlipayFunds(exec, control) {
	await control('POST /settlement', { gateway: 'alipay', amount_fen: 1000, number: 'W1' });
	await control('POST /funding', { gateway: 'alipay', amount_fen: 300, number: 'D1' });
	const rows = detailsOf(await alipayBill(exec, 'signcustomer', today()));
	const signed = (row) => fenOf(row['收入金额（+元）']) + fenOf(row['支出金额（-元）']);

	ok(rows.map((row) => row['业务类型']).join() ===
		'在线支付,收费,交易退款,退费,交易退款,退费,提现,充值', 'alipay: funds, what moved them');
	ok(rows.every((row, i) => i === 0 ||
		fenOf(row['账户余额（元）']) === fenOf(rows[i - 1]['账户余额（元）']) + signed(row)),
		'alipay: funds, balances follow');
}

async function proveAlipayBills(exec, control, number) {
	await proveAlipayTrade(exec, control, number);
	await proveAlipayFunds(exec, control);
}

module.exports = { proveAlipayBills, proveWechatBills };
