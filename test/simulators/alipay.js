'use strict';

// Alipay's gateway.do, RSA2: codes, and the page for a browser.
//
// A code makes a trade only when it is scanned; until then nobody knows the order.

const crypto = require('node:crypto');

const alipayBills = require('./alipay_bills');
const { Bills, isDay } = require('./bills');
const { fromChina, toChina } = require('./clock');
const { Gateway } = require('./gateway');
const { Impossible } = require('./ledger');
const { yuan } = require('./money');
const rsa = require('./rsa');

// Nowhere documented; it finds who takes another time zone's clock.
const CLOCK_TOLERANCE_MS = 10 * 60 * 1000;
const STALE_MS = 24 * 3600 * 1000;
const DEFAULT_LIFE_MS = 3 * 3600 * 1000;
const URL_LIFE_MS = 2 * 3600 * 1000;
const AMOUNT_FEN_MAX = 100000000 * 100;

const METHODS = {
	'alipay.trade.precreate': 'create',
	'alipay.trade.page.pay': 'create',
	'alipay.trade.query': 'query',
	'alipay.trade.close': 'close',
	'alipay.trade.refund': 'refund',
	'alipay.trade.fastpay.refund.query': 'refund_query',
	'alipay.data.dataservice.bill.downloadurl.query': 'bill',
};

const OPERATIONS = [...new Set(Object.values(METHODS)), 'bill_file'];
const BILL_FILE = '/downloadBillFile.resource';
const PAYER = '/payer'; // the simulator's own

const PAGE = 'alipay.trade.page.pay';

const NOTICE_KINDS = [
	'lost', 'unsigned', 'wrong_signature', 'stale', 'with_sign_type', 'wrong_amount', 'wrong_number',
	'duplicate_keys',
];

const REFUND_FAULTS = {
	differs: ['ACQ.DISCORDANT_REPEAT_REQUEST', '不一致的请求'],
	unpaid: ['ACQ.TRADE_STATUS_ERROR', '交易状态不合法'],
	too_much: ['ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限'],
	too_many: ['ACQ.REFUND_FEE_ERROR', '退款次数超限'],
	no_funds: ['ACQ.SELLER_BALANCE_NOT_ENOUGH', '商户的支付宝账户中无足够的资金进行撤销'],
};

const MESSAGES = {
	10000: 'Success',
	20000: 'Service Currently Unavailable',
	40001: 'Missing Required Arguments',
	40002: 'Invalid Arguments',
	40004: 'Business Failed',
	40005: 'Call Limited',
	40006: 'Insufficient Permissions',
};

// An answer that is an error. The gateway itself signs none but those about signatures.
class Refusal extends Error {
	constructor(code, subCode, subMessage) {
		super(subMessage);
		this.code = code;
		this.subCode = subCode;
	}

	get isOfGateway() {
		return this.code !== '40004' && this.subCode !== 'isv.invalid-signature';
	}
}

function fail(subCode, subMessage) {
	throw new Refusal('40004', subCode, subMessage);
}

function missingOrInvalid(given, name) {
	const isMissing = given[name] === undefined;

	return new Refusal(isMissing ? '40001' : '40002',
		`isv.${isMissing ? 'missing' : 'invalid'}-${name.replaceAll('_', '-')}`,
		`参数${name}缺失或无效`);
}

function check(holds, name) {
	if (!holds)
		fail('ACQ.INVALID_PARAMETER', `参数无效：${name}`);
}

function matches(value, pattern) {
	return typeof value === 'string' && pattern.test(value);
}

// NaN where the text is no amount.
function fenOf(text) {
	const found = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text);

	return found ? Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0')) : NaN;
}

// Fields of the query and of the body together; a name that stands twice is none of theirs.
function readFields(target, body) {
	const { searchParams } = new URL(target, 'https://openapi.alipay.com');
	const fields = {};
	let isTwice = false;

	for (const [name, value] of [...searchParams, ...new URLSearchParams(body.toString('utf8'))]) {
		isTwice ||= Object.hasOwn(fields, name);
		fields[name] = value;
	}
	return { fields, isTwice };
}

// What is signed of a request: all but the signature and what is empty, by name.
function signedText(fields, without) {
	return Object.keys(fields)
		.filter((name) => !without.includes(name))
		.sort()
		.map((name) => `${name}=${fields[name]}`)
		.join('&');
}

function withoutEmpty(fields) {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function escapeHtml(text) {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// What a payer's browser is shown, with a button that pays.
function payerPage({ number, subject, amount_fen: fen }) {
	return `<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>支付宝</title><style>body { font: 16px sans-serif; margin: 0; background: #f0f4fa; color: #222; text-align: center }
header { background: #1677ff; color: #fff; padding: 14px; font-weight: bold } strong { display: block; font-size: 40px; margin: 24px }
form { max-width: 360px; margin: 40px auto; padding: 24px; background: #fff; border-radius: 8px } small { color: #777 }
button { width: 100%; margin-top: 24px; padding: 12px; font-size: 17px; color: #fff; background: #1677ff; border: 0; border-radius: 6px }</style>
<header>支付宝 · 模拟</header><form method="post" action="${PAYER}">${escapeHtml(subject)}<strong>¥${yuan(fen)}</strong><small>${number}</small>
<input type="hidden" name="out_trade_no" value="${number}"><button>确认付款</button></form></html>`;
}

function parseContent(text) {
	try {
		return Object(JSON.parse(text ?? '{}'));
	} catch {
		return fail('ACQ.INVALID_PARAMETER', 'biz_content不是JSON');
	}
}

// timeout_express: 1m to 15d, or 1c, until the day is over.
function lifeOf(text, now) {
	const units = { m: 60 * 1000, h: 3600 * 1000, d: 24 * 3600 * 1000 };
	const found = /^(\d{1,5})([mhd])$/.exec(text);

	if (text === '1c')
		return fromChina(`${toChina(now).slice(0, 10)} 23:59:59`) - now;
	return found ? Number(found[1]) * units[found[2]] : NaN;
}

class Alipay extends Gateway {
	constructor(options) {
		super('alipay', { ...options, refundsPerOrder: true, operations: OPERATIONS });
		this.bills = new Bills(this, {
			movementsOf: () => alipayBills.movementsOf(this.ledger),
			readyHour: 9,
		});
	}

	read({ target, headers, body }) {
		const { fields, isTwice } = readFields(target, body);
		const path = target.split('?')[0];
		const method = path === '/gateway.do' ? METHODS[fields.method] ?? 'other' : 'other';
		const operations = { [BILL_FILE]: 'bill_file', [PAYER]: 'payer' };

		return {
			headers,
			fields,
			isTwice,
			isPage: fields.method === PAGE,
			operation: operations[path] ?? method,
		};
	}

	act(call) {
		if (call.operation === 'bill_file')
			return this.billFile(call);
		if (call.operation === 'payer')
			return this.payer(call);
		try {
			this.authenticate(call);
			const content = parseContent(call.fields.biz_content);

			return this.answer(call, { code: '10000', ...this[call.operation](content, call) });
		} catch (refusal) {
			if (refusal instanceof Refusal)
				return this.refusal(call, refusal);
			throw refusal;
		}
	}

	answer({ fields }, { code, ...rest }) {
		return {
			status: 200,
			root: `${(fields.method ?? 'error').replaceAll('.', '_')}_response`,
			isSigned: true,
			document: { code, msg: MESSAGES[code], ...rest },
		};
	}

	refusal(call, refusal) {
		const answer = this.answer(call, {
			code: refusal.code,
			sub_code: refusal.subCode,
			sub_msg: refusal.message,
		});

		return refusal.isOfGateway ? { ...answer, root: 'error_response', isSigned: false } : answer;
	}

	// The answer of a fault; error: with any sub_code and code.
	refuse(call, { kind, code, sub_code: subCode }) {
		if (kind === 'busy_429')
			return this.refusal(call, new Refusal('40005', 'aop.app-call-limited', '应用调用次数超限'));
		if (kind === 'error')
			return this.refusal(call, new Refusal(code ?? '40004', subCode, '模拟'));
		return { status: 500, isHtml: true, isSigned: false, document: '<h1>500 Internal Error</h1>' };
	}

	authenticate({ fields, isTwice, isPage }) {
		const tolerance = isPage ? URL_LIFE_MS : CLOCK_TOLERANCE_MS;
		const given = withoutEmpty(fields);
		const expect = (holds, name) => {
			if (!holds)
				throw missingOrInvalid(given, name);
		};

		expect(given.app_id === this.secrets.app_id, 'app_id');
		expect(METHODS[given.method], 'method');
		expect(given.sign_type === 'RSA2', 'sign_type');
		expect(given.version === '1.0', 'version');
		expect((given.charset ?? '').toLowerCase() === 'utf-8', 'charset');
		expect((given.format ?? 'JSON').toUpperCase() === 'JSON', 'format');
		expect(Math.abs(fromChina(given.timestamp ?? '') - this.clock.now()) <= tolerance,
			'timestamp');
		if (!given.sign)
			throw new Refusal('40001', 'isv.missing-signature', '缺少签名参数');
		if (isTwice || !rsa.holds(this.secrets.merchant_keys[0].public_key,
			signedText(given, ['sign']), given.sign))
			throw new Refusal('40002', 'isv.invalid-signature', '验签出错');
	}

	other() {
		throw new Refusal('40002', 'isv.invalid-method', '不存在的方法名');
	}

	// ---- orders

	create(asked, { isPage, fields }) {
		this.checkOrder(asked, isPage);
		const number = asked.out_trade_no;
		const same = JSON.stringify(asked);
		const order = this.ledger.orders.get(number) ?? this.newOrder(asked, isPage, fields, same);

		this.checkAgain(order, same);
		order.url_expires_at = this.clock.now() + URL_LIFE_MS;
		if (isPage)
			return { page: payerPage(order) };
		return {
			out_trade_no: number,
			qr_code: `https://qr.alipay.com/bax${crypto.randomBytes(9).toString('hex')}`,
		};
	}

	newOrder(asked, isPage, fields, same) {
		return this.ledger.addOrder({
			number: asked.out_trade_no,
			product: isPage ? 'page' : 'qr',
			fields: same,
			subject: asked.subject,
			amount_fen: fenOf(asked.total_amount),
			notify_url: fields.notify_url ?? '',
			return_url: fields.return_url,
			expires_at: this.expiryOf(asked),
			made_at: this.clock.now(),
			isScanned: false,
		});
	}

	expiryOf({ time_expire: until, timeout_express: life }) {
		const now = this.clock.now();
		const expiresAt = until !== undefined
			? fromChina(until)
			: now + (life === undefined ? DEFAULT_LIFE_MS : lifeOf(life, now));

		check(!Number.isNaN(expiresAt), 'time_expire');
		if (expiresAt <= now)
			fail('ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR', '当前时间已超过允许支付的时间');
		return expiresAt;
	}

	checkOrder(asked, isPage) {
		const fen = fenOf(asked.total_amount);
		const product = isPage ? 'FAST_INSTANT_TRADE_PAY' : 'FACE_TO_FACE_PAYMENT';

		check(matches(asked.out_trade_no, /^\w{1,64}$/), 'out_trade_no');
		check(fen > 0 && fen <= AMOUNT_FEN_MAX, 'total_amount');
		check(matches(asked.subject, /^[^/=&]{1,256}$/), 'subject');
		check(asked.product_code === product || (!isPage && asked.product_code === undefined),
			'product_code');
	}

	checkAgain(order, same) {
		const state = this.stateOf(order);

		if (state === 'TRADE_SUCCESS')
			fail('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
		if (state === 'TRADE_CLOSED')
			fail('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
		if (order.fields !== same)
			fail('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改');
		if (this.ledger.isExpired(order))
			fail('ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR', '当前时间已超过允许支付的时间');
	}

	// The button of the page: he pays, and his browser is sent back to the merchant.
	payer({ fields }) {
		try {
			const order = this.pay(fields.out_trade_no, {});
			const headers = order.return_url && { Location: `${order.return_url}?out_trade_no=${order.number}` };

			return { status: headers ? 303 : 200, isHtml: true, headers, document: '已付款' };
		} catch (error) {
			if (!(error instanceof Impossible))
				throw error;
			return { status: 409, isHtml: true, document: escapeHtml(error.message) };
		}
	}

	// The code is scanned, or somebody logs in at the page: now there is a trade.
	scan(number) {
		return this.markScanned(this.ledger.order(number));
	}

	markScanned(order) {
		order.isScanned = true;
		order.transaction_id ??= this.ledger.newId('').replace(/^(\d{8})/, '$12200');
		return order;
	}

	markPaid(order) {
		this.markScanned(order);
	}

	tradeOf({ out_trade_no: number, trade_no: id }) {
		const order = id ? this.ledger.ofTransaction(id) : this.ledger.orders.get(number);

		if (!order?.isScanned)
			fail('ACQ.TRADE_NOT_EXIST', '交易不存在');
		return order;
	}

	refundedFen(order) {
		return order.refunds
			.filter((refund) => refund.state === 'SUCCESS')
			.reduce((sum, refund) => sum + refund.amount_fen, 0);
	}

	stateOf(order) {
		if (order.state === 'paid')
			return this.refundedFen(order) === order.paid_fen ? 'TRADE_CLOSED' : 'TRADE_SUCCESS';
		if (order.state === 'closed' || (order.isScanned && this.ledger.isExpired(order)))
			return 'TRADE_CLOSED';
		return 'WAIT_BUYER_PAY';
	}

	// What query and notice have in common.
	amounts(order) {
		return {
			trade_no: order.transaction_id,
			out_trade_no: order.number,
			trade_status: this.stateOf(order),
			total_amount: yuan(order.paid_fen ?? order.amount_fen),
			...(order.state === 'paid' && {
				receipt_amount: yuan(order.paid_fen),
				buyer_pay_amount: yuan(order.payer_fen),
				invoice_amount: yuan(order.payer_fen),
				point_amount: '0.00',
			}),
		};
	}

	query(asked) {
		const order = this.tradeOf(asked);

		return {
			...this.amounts(order),
			buyer_logon_id: '159****5620',
			buyer_user_id: '2088102116773037',
			...(order.state === 'paid' && { send_pay_date: toChina(order.paid_at) }),
		};
	}

	close(asked) {
		const order = this.tradeOf(asked);

		if (order.state === 'paid')
			fail('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
		if (this.stateOf(order) === 'TRADE_CLOSED')
			fail('ACQ.REASON_TRADE_STATUS_INVALID', '交易状态异常');
		order.state = 'closed';
		return { out_trade_no: order.number, trade_no: order.transaction_id };
	}

	// ---- refunds

	refund(asked) {
		const order = this.tradeOf(asked);
		const fen = fenOf(asked.refund_amount);

		check(fen > 0, 'refund_amount');
		check(asked.out_request_no ?? fen === order.paid_fen, 'out_request_no');
		const made = this.ledger.refund(order, asked.out_request_no ?? order.number, fen, {});

		if (made.fault)
			fail(...REFUND_FAULTS[made.fault]);
		const moves = made.isNew && !this.ledger.holdsRefunds;

		if (moves)
			this.settle(order, made.refund, 'SUCCESS');
		return this.refundReply(order, moves);
	}

	// refund_fee is of all refunds; fund_change of this call alone.
	refundReply(order, moves) {
		return {
			trade_no: order.transaction_id,
			out_trade_no: order.number,
			buyer_logon_id: '159****5620',
			buyer_user_id: '2088102116773037',
			fund_change: moves ? 'Y' : 'N',
			...(moves && { gmt_refund_pay: toChina(this.clock.now()) }),
			refund_fee: yuan(this.refundedFen(order)),
		};
	}

	refund_query(asked) {
		const order = this.tradeOf(asked);
		const refund = this.ledger.findRefund(asked.out_request_no ?? order.number, order);
		const asksTime = asked.query_options?.includes('gmt_refund_pay');

		if (refund?.state !== 'SUCCESS')
			return {};
		return {
			trade_no: order.transaction_id,
			out_trade_no: order.number,
			out_request_no: refund.number,
			refund_status: 'REFUND_SUCCESS',
			total_amount: yuan(order.paid_fen),
			refund_amount: yuan(refund.amount_fen),
			...(asksTime && { gmt_refund_pay: toChina(refund.success_at) }),
		};
	}

	// ---- bills

	bill({ bill_type: type, bill_date: day }) {
		if (!['trade', 'signcustomer'].includes(type))
			fail('isv.type-not-supported', '账单类型不支持');
		if (!isDay(day))
			fail('isv.invalid-arguments', '参数不合法');
		const bill = this.bills.bill(day, type === 'trade' ? 'trade' : 'fund');

		if (!bill)
			fail('isp.bill_not_exist', '账单不存在');
		return { bill_download_url: this.billAddress(bill, type, day.replaceAll('-', '')) };
	}

	billAddress(bill, type, date) {
		const { isStored } = this.bills;
		const account = alipayBills.accountOf(this.secrets);
		const query = new URLSearchParams({
			bizType: type,
			userId: account,
			fileType: 'csv.zip',
			bizDates: date,
			downloadFileName: `${account}_${date}.csv.zip`,
			fileId: this.bills.offer(bill, () => alipayBills.open(bill, { isStored })),
		});

		return `${this.origin}${BILL_FILE}?${query}`;
	}

	// Who has the address has the file: the request is not signed.
	billFile({ fields }) {
		const open = this.bills.redeem(fields.fileId);

		return open
			? { status: 200, headers: { 'Content-Type': 'application/zip' }, open }
			: { status: 404, isHtml: true, isSigned: false, document: '<h1>404 Not Found</h1>' };
	}

	// ---- what goes out

	misstate(document, kind) {
		const amount = document.refund_amount ? 'refund_amount' : 'total_amount';

		if (kind === 'wrong_amount' && document[amount])
			document[amount] = yuan(fenOf(document[amount]) + 1);
		if (kind === 'wrong_number' && document.out_trade_no)
			document.out_trade_no += 'X';
	}

	// As Alipay writes it: its slashes are escaped.
	write(document) {
		return typeof document === 'string'
			? document
			: JSON.stringify(document).replaceAll('/', '\\/');
	}

	sign(text) {
		return rsa.sign(this.secrets.platform_keys[0].private_key, text);
	}

	textOf(answer, how) {
		if (answer.document.page)
			return Buffer.from(answer.document.page);
		return super.textOf(answer, how);
	}

	seal(call, answer, text, how) {
		const isHtml = answer.isHtml || call.isPage;

		return {
			status: answer.status,
			headers: { 'Content-Type': 'text/html;charset=utf-8', ...answer.headers },
			body: isHtml ? text : this.envelope(answer, text, how),
		};
	}

	// The document and its signature, which is over these very bytes.
	envelope({ root, isSigned }, text, how) {
		const signed = how.kind === 'wrong_signature' ? Buffer.concat([text, Buffer.from(' ')]) : text;
		const twin = how.kind === 'duplicate_root' ? `"${root}":{"code":"10000","msg":"Success"},` : '';
		const sign = isSigned && how.kind !== 'unsigned' ? `,"sign":"${this.sign(signed)}"` : '';

		return Buffer.concat([Buffer.from(`{${twin}"${root}":`), text, Buffer.from(`${sign}}`)]);
	}

	paymentNotice(order) {
		return { document: this.noticeFields(order) };
	}

	refundNotice(order, refund) {
		return {
			document: {
				...this.noticeFields(order),
				out_biz_no: refund.number,
				refund_fee: yuan(this.refundedFen(order)),
				gmt_refund: `${toChina(refund.success_at ?? refund.made_at)}.000`,
			},
		};
	}

	noticeFields(order) {
		const now = this.clock.now();

		return {
			...this.amounts(order),
			notify_time: toChina(now),
			notify_type: 'trade_status_sync',
			notify_id: crypto.randomBytes(17).toString('hex'),
			app_id: this.secrets.app_id,
			auth_app_id: this.secrets.app_id,
			seller_id: this.secrets.merchant_id,
			buyer_id: '2088102116773037',
			charset: 'utf-8',
			version: '1.0',
			subject: order.subject,
			gmt_create: toChina(order.made_at),
			...(order.state === 'paid' && { gmt_payment: toChina(order.paid_at) }),
			fund_bill_list: JSON.stringify([
				{ amount: yuan(order.payer_fen ?? order.amount_fen), fundChannel: 'ALIPAYACCOUNT' },
			]),
		};
	}

	// A notice is a form: the text of its document is not sent.
	sealNotice({ document }, text, how) {
		const fields = { ...document, sign_type: 'RSA2' };

		if (how.kind === 'stale')
			fields.notify_time = toChina(this.clock.now() - STALE_MS);
		const signed = signedText(fields, how.kind === 'with_sign_type' ? [] : ['sign_type']);
		const form = new URLSearchParams(fields);

		if (how.kind !== 'unsigned')
			form.append('sign', this.sign(how.kind === 'wrong_signature' ? `${signed} ` : signed));
		if (how.kind === 'duplicate_keys')
			form.append('total_amount', fields.total_amount);
		return {
			headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
			body: Buffer.from(form.toString()),
		};
	}

	get noticeKinds() {
		return NOTICE_KINDS;
	}

	isAccepted(status, text) {
		return status === 200 && text === 'success';
	}
}

module.exports = { Alipay };
