'use strict';

// Nuonuo: invoices of the mainland, and the confirmations by which they are reversed.
//
// Requests are signed over the path's parts, the request's numbers and the body; replies
// are not. What the bureau does is here, too: Nuonuo learns of it when it is asked to look.

const crypto = require('node:crypto');

const { fromChina, toChina } = require('./clock');
const { Gateway } = require('./gateway');
const { Impossible } = require('./ledger');
const { yuan } = require('./money');

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const LAPSES_MS = 72 * HOUR_MS;
const TOKEN_QUOTA_MS = 30 * DAY_MS;
const RETRIES_A_DAY = 20;
const TAX_TOLERANCE_FEN = 6;
const JSON_TYPE = { 'Content-Type': 'application/json;charset=UTF-8' };
const SERVICES = '/open/v1/services';

const METHODS = {
	requestBillingNew: 'issue',
	queryInvoiceResult: 'issue_query',
	reInvoice: 'reseal',
	saveInvoiceRedConfirm: 'red',
	queryInvoiceRedConfirm: 'red_query',
	refreshInvoiceRedConfirm: 'red_refresh',
	confirm: 'red_answer',
	confirmInfoCancel: 'red_cancel',
};

const OPERATIONS = ['token', 'document', ...Object.values(METHODS)];
const STATUSES = ['2', '20', '21', '22', '24', '3', '31'];
const RED_STATES = [
	'01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '15', '16',
];
const FIRST_RED_STATES = { free: '01', buyer: '02', seller: '03', fails: '16' };
const SESSIONS = { login: ['420', '开票员未登录电子税务局'], face: ['430', '开票员需要实人认证'] };

// What a test may set; the value says what it is at first.
const SETTINGS = {
	issuing_ms: 300, // how long an invoice is 20
	sealing_ms: 200, // and then 21
	outcome: 'issued', // or refused (22), unsealed (24)
	cause: '', // of what is not issued
	confirms: 'free', // what an application becomes: FIRST_RED_STATES
	applying_ms: 0, // how long it is 15
	session: 'ok', // or login, face: what the drawer has to do
	credit_fen: null, // what may be issued yet; null: no end
	token_quota: 50, // in 30 days
	token_lives_s: 86400,
	document_bytes: 0, // how large a document is at least
	list_total: '', // how many confirmations a list says that it has; empty: what it has
	list_repeats: false, // behind its last page a list begins again
};

// An answer that is an error.
class Refusal extends Error {
	constructor(code, describe) {
		super(describe);
		this.code = code;
	}
}

function check(holds, field) {
	if (!holds)
		throw new Refusal('E9101', `参数错误: ${field}`);
}

function isText(value, lengthMax) {
	return typeof value === 'string' && value.length > 0 && value.length <= lengthMax;
}

// NaN where a text is no amount of money.
function fenOf(text) {
	const isWritten = typeof text === 'string' && /^-?\d{1,10}\.\d\d$/.test(text);

	return isWritten ? Number(text.replace('.', '')) : NaN;
}

function isDay(text) {
	return /^\d{4}-\d\d-\d\d$/.test(text ?? '');
}

// True of a confirmation that was entered on one of the days.
function isWithin({ entered_at: at }, from, to) {
	const day = toChina(at).slice(0, 10);

	return from <= day && day <= to;
}

function parseJson(body) {
	try {
		return Object(JSON.parse(body.toString('utf8')));
	} catch {
		throw new Refusal('E9101', '参数错误: body');
	}
}

// X-Nuonuo-Sign, over the path's parts from the last to the first but one.
function sign(secret, target, body) {
	const { pathname, searchParams: asked } = new URL(target, 'https://sdk.nuonuo.com');
	const [, p, l, a] = pathname.split('/');
	const text = `a=${a}&l=${l}&p=${p}&k=${asked.get('appkey')}&i=${asked.get('senid')}` +
		`&n=${asked.get('nonce')}&t=${asked.get('timestamp')}&f=`;

	return crypto.createHmac('sha1', secret).update(text).update(body).digest('base64');
}

// A page that says what it is of. Readers mend that it has no table of its parts.
function pdfOf(number, bytes) {
	const page = `BT /F 14 Tf 60 240 Td (${number}) Tj 0 -24 Td (simulated: no invoice, of no tax bureau) Tj ET`;
	const text = '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
		'3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 297]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n' +
		`4 0 obj<</Length ${page.length}>>stream\n${page}\nendstream endobj\n` +
		'5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';

	return Buffer.from(text.padEnd(bytes, '%'));
}

class Nuonuo extends Gateway {
	constructor(options) {
		super('nuonuo', { ...options, refundsPerOrder: false, operations: OPERATIONS });
		this.settings = { ...SETTINGS };
		this.pagesListed = 0;
		this.tokens = new Map(); // its text -> { given_at, ends_at, isRevoked }
		this.tokensAsked = 0;
		this.invoices = new Map(); // by their own numbers
		this.confirmations = new Map();
		this.issuedTimes = {}; // how often the bureau issued each
		this.numbersGiven = 0;
	}

	read({ method, target, headers, body }) {
		const { pathname } = new URL(target, 'https://sdk.nuonuo.com');
		const document = method === 'GET' && /^\/doc\/(\d{20})\.(pdf|ofd)$/.exec(pathname);
		const called = /^nuonuo\.OpeMplatform\.(\w+)$/.exec(headers.method ?? '')?.[1];
		const operation = document ? 'document'
			: method === 'POST' && pathname === '/accessToken' ? 'token'
				: method === 'POST' && pathname === SERVICES ? METHODS[called] : undefined;

		return { target, headers, body, part: document?.[1], operation: operation ?? 'other' };
	}

	act(call) {
		try {
			if (call.operation === 'document')
				return this.document(call);
			if (call.operation === 'token')
				return { status: 200, document: this.token(new URLSearchParams(call.body.toString())) };
			this.authenticate(call);
			const result = this[call.operation](parseJson(call.body));

			return { status: 200, document: { code: 'E0000', describe: '请求成功', result } };
		} catch (refusal) {
			if (refusal instanceof Refusal)
				return this.refusal(refusal);
			throw refusal;
		}
	}

	refusal({ code, message }, status = 200) {
		return { status, document: { code, describe: message } };
	}

	// The answer of a fault; error: with any code and description.
	refuse(call, { kind, code, describe, status }) {
		if (kind === 'error')
			return this.refusal({ code, message: describe ?? 'simulated' }, status);
		return { status: kind === 'busy_429' ? 429 : 500, document: '<h1>simulated</h1>' };
	}

	other() {
		throw new Refusal('E9999', 'no such method');
	}

	// ---- who calls

	// A token, of which there are few.
	token(asked) {
		const now = this.clock.now();

		this.tokensAsked++;
		if (asked.get('client_id') !== this.secrets.app_id ||
			asked.get('client_secret') !== this.secrets.app_secret ||
			asked.get('grant_type') !== 'client_credentials')
			return { error: '070304', error_description: 'bad credentials' };
		const lately = [...this.tokens.values()].filter((one) => one.given_at > now - TOKEN_QUOTA_MS);

		if (lately.length >= this.settings.token_quota)
			return { error: '070306', error_description: 'token quota' };
		const text = crypto.randomBytes(16).toString('hex');
		const lives = this.settings.token_lives_s;

		this.tokens.set(text, { given_at: now, ends_at: now + lives * 1000, isRevoked: false });
		return { access_token: text, expires_in: lives };
	}

	authenticate({ target, headers, body }) {
		const asked = new URL(target, 'https://sdk.nuonuo.com').searchParams;
		const token = this.tokens.get(headers.accesstoken);

		if (asked.get('appkey') !== this.secrets.app_id)
			throw new Refusal('070101', 'appkey');
		if (!/^[0-9a-zA-Z]{32}$/.test(asked.get('senid')) || !/^[1-9]\d{7}$/.test(asked.get('nonce')) ||
			!/^\d{10}$/.test(asked.get('timestamp')) ||
			headers['x-nuonuo-sign'] !== sign(this.secrets.app_secret, target, body))
			throw new Refusal('070201', 'signature');
		if (!token || token.isRevoked || token.ends_at <= this.clock.now())
			throw new Refusal('070301', 'accessToken');
		if (headers.usertax !== this.secrets.merchant_id)
			throw new Refusal('070401', 'userTax');
		check(/^application\/json\b/i.test(headers['content-type'] ?? ''), 'Content-Type');
	}

	// What the drawer has to do first.
	demandSession() {
		const wanted = SESSIONS[this.settings.session];

		if (wanted)
			throw new Refusal(...wanted);
	}

	// ---- invoices

	issue({ order }) {
		check(order && typeof order === 'object', 'order');
		this.checkOrder(order);
		if (this.invoices.has(order.orderNo))
			throw new Refusal('E9106', '订单编号不能重复');
		this.demandSession();
		const total = order.invoiceDetail.reduce((sum, line) => sum + fenOf(line.taxIncludedAmount), 0);

		this.takeCredit(total);
		const tax = order.invoiceDetail.reduce((sum, line) => sum + fenOf(line.tax), 0);

		return { invoiceSerialNum: this.addInvoice(order.orderNo, total, tax, { asked: order }).serial };
	}

	checkOrder(order) {
		const isCompany = order.naturalPersonFlag !== '1';

		check(/^[0-9A-Za-z]{1,20}$/.test(order.orderNo ?? ''), 'orderNo');
		check(!Number.isNaN(fromChina(order.invoiceDate ?? '')), 'invoiceDate');
		check(order.invoiceType === '1', 'invoiceType');
		check(['pc', 'bs'].includes(order.invoiceLine), 'invoiceLine');
		check(order.salerTaxNum === this.secrets.merchant_id, 'salerTaxNum');
		check(isText(order.buyerName, 100), 'buyerName');
		check(isText(order.buyerTaxNum, 20) || (!isCompany && order.invoiceLine === 'pc'), 'buyerTaxNum');
		check(isText(order.clerk, 20), 'clerk');
		check(order.pushMode === '-1', 'pushMode'); // else it would send mails to people
		check(Array.isArray(order.invoiceDetail) && order.invoiceDetail.length > 0 &&
			order.invoiceDetail.length <= 2000, 'invoiceDetail');
		order.invoiceDetail.forEach((line) => this.checkLine(line));
	}

	checkLine(line) {
		const total = fenOf(line.taxIncludedAmount);
		const net = fenOf(line.taxExcludedAmount);
		const tax = fenOf(line.tax);

		check(isText(line.goodsName, 90), 'goodsName');
		check(line.goodsCode === undefined || /^\d{19}$/.test(line.goodsCode), 'goodsCode');
		check(line.withTaxFlag === '1' && line.num === '1' && line.price === line.taxIncludedAmount, 'price');
		check(/^0\.\d{1,4}$/.test(line.taxRate), 'taxRate');
		check(total > 0 && total === net + tax, 'taxIncludedAmount');
		check(Math.abs(tax - net * Number(line.taxRate)) <= TAX_TOLERANCE_FEN, 'tax');
	}

	takeCredit(fen) {
		const { credit_fen: left } = this.settings;

		if (left !== null && left < fen)
			throw new Refusal('E9999', '可用授信额度不足');
		if (left !== null)
			this.settings.credit_fen -= fen;
	}

	addInvoice(number, totalFen, taxFen, rest) {
		const { outcome, cause } = this.settings;
		const invoice = {
			number,
			serial: `2601011000${String(++this.numbersGiven).padStart(10, '0')}`,
			made_at: this.clock.now(),
			outcome,
			cause,
			status: null, // one that a test has set
			bureau_number: null,
			total_fen: totalFen,
			tax_fen: taxFen,
			retries: [],
			...rest,
		};

		this.invoices.set(number, invoice);
		return invoice;
	}

	// What it is by now; the bureau gives it a number once.
	statusOf(invoice) {
		const status = invoice.status ?? this.statusByTime(invoice);

		if (['2', '21', '24'].includes(status) && !invoice.bureau_number) {
			invoice.bureau_number = `26332${String(++this.numbersGiven).padStart(15, '0')}`;
			invoice.issued_at = this.clock.now();
			this.issuedTimes[invoice.number] = (this.issuedTimes[invoice.number] ?? 0) + 1;
		}
		return status;
	}

	statusByTime({ made_at: madeAt, outcome }) {
		const { issuing_ms: issuing, sealing_ms: sealing } = this.settings;
		const passed = this.clock.now() - madeAt;

		if (passed < issuing)
			return '20';
		if (outcome === 'refused')
			return '22';
		if (passed < issuing + sealing)
			return '21';
		return outcome === 'unsealed' ? '24' : '2';
	}

	known(number) {
		const invoice = this.invoices.get(number);

		if (!invoice)
			throw new Refusal('E9500', '未查询到发票');
		this.statusOf(invoice);
		return invoice;
	}

	issue_query({ orderNos: numbers }) {
		check(Array.isArray(numbers) && numbers.length > 0 && numbers.length <= 50, 'orderNos');
		return numbers.map((number) => this.invoiceDocument(this.known(number)));
	}

	invoiceDocument(invoice) {
		const status = this.statusOf(invoice);
		const number = invoice.bureau_number;
		const isSealed = status === '2';

		return {
			serialNo: invoice.serial,
			orderNo: invoice.number,
			status,
			statusMsg: `状态${status}`,
			failCause: ['22', '24'].includes(status) ? invoice.cause || '开票失败' : null,
			allElectronicInvoiceNumber: number,
			invoiceTime: invoice.issued_at ?? null,
			pdfUrl: isSealed ? `${this.origin}/doc/${number}.pdf` : null,
			ofdUrl: isSealed ? `${this.origin}/doc/${number}.ofd` : null,
			exTaxAmount: yuan(invoice.total_fen - invoice.tax_fen),
			taxAmount: yuan(invoice.tax_fen),
			orderAmount: yuan(invoice.total_fen),
			salerTaxNum: this.secrets.merchant_id,
		};
	}

	// Another try of what failed, under its number.
	reseal({ orderno: number }) {
		const invoice = this.known(number);
		const now = this.clock.now();

		if (!['22', '24'].includes(this.statusOf(invoice)))
			throw new Refusal('E9600', '发票已生成，无需再重试开票');
		invoice.retries = [...invoice.retries.filter((at) => at > now - DAY_MS), now];
		if (invoice.retries.length > RETRIES_A_DAY)
			throw new Refusal('E9613', '同一订单号单日最多重试20次');
		Object.assign(invoice, { status: null, made_at: now, outcome: this.settings.outcome });
	}

	document({ part }) {
		const invoice = [...this.invoices.values()].find((one) => one.bureau_number === part);

		if (!invoice || this.statusOf(invoice) !== '2')
			return { status: 404, document: '<h1>404 Not Found</h1>' };
		return { status: 200, bytes: pdfOf(part, this.settings.document_bytes) };
	}

	// ---- confirmations

	red(asked) {
		const blue = this.blueOf(asked.blueElecInvoiceNumber);

		check(isText(asked.billId, 32), 'billId');
		check(['0'].includes(asked.applySource), 'applySource');
		check(['1', '2', '3', '4'].includes(asked.redReason), 'redReason');
		check(asked.sellerTaxNo === this.secrets.merchant_id && isText(asked.buyerName, 100), 'parties');
		check(asked.blueInvoiceLine === blue.asked.invoiceLine, 'blueInvoiceLine');
		check(asked.detail === undefined, 'detail');
		if (this.confirmations.has(asked.billId))
			throw new Refusal('E9999', '申请号重复');
		if (this.isReversed(blue))
			throw new Refusal('E9103', '该发票不能重复冲红');
		if (this.invoices.has(asked.orderNo))
			throw new Refusal('E9106', '订单编号不能重复');
		this.demandSession();
		return this.addConfirmation(asked, blue).number;
	}

	blueOf(number) {
		const blue = [...this.invoices.values()].find((one) => one.bureau_number === number && one.asked);

		check(number && blue, 'blueElecInvoiceNumber');
		return blue;
	}

	// By one that lives, or has done so.
	isReversed(blue) {
		return [...this.confirmations.values()].some((one) =>
			one.blue === blue.number && ['15', '01', '02', '03', '04'].includes(this.bureauState(one)));
	}

	addConfirmation(asked, blue) {
		const now = this.clock.now();
		const first = FIRST_RED_STATES[this.settings.confirms];
		const confirmation = {
			number: asked.billId,
			bureau_number: `99000000${String(++this.numbersGiven).padStart(10, '0')}`,
			uuid: crypto.randomBytes(16).toString('hex'),
			blue: blue.number,
			red_order: asked.orderNo ?? asked.billId,
			reason: asked.redReason,
			amount_fen: blue.total_fen,
			tax_fen: blue.tax_fen,
			entered_at: now,
			applied_at: now + this.settings.applying_ms,
			source: 0, // whoever entered it: 0 seller, 1 buyer
			state: first, // at the bureau
			seen: first, // by Nuonuo
			agreed_at: first === '01' ? now + this.settings.applying_ms : null,
			cause: first === '16' ? this.settings.cause || '申请失败' : '',
		};

		this.confirmations.set(asked.billId, confirmation);
		return confirmation;
	}

	// A buyer's: Nuonuo has it when it has looked at the days of its entry. lines: [[index, fen, of it tax], ...]
	beginRed({ invoice: number, state = '03', amount_fen: amount, lines, has_lines: hasLines = true }) {
		const blue = number && [...this.invoices.values()].find((one) => one.bureau_number === number);

		if (number && !blue)
			throw new Impossible(`the bureau has no invoice ${number}`);
		const now = this.clock.now();
		const uuid = crypto.randomBytes(16).toString('hex');
		const confirmation = {
			number: null,
			bureau_number: `99000000${String(++this.numbersGiven).padStart(10, '0')}`,
			uuid,
			blue: blue?.number,
			red_order: `BUYER${this.numbersGiven}`,
			reason: '2',
			amount_fen: amount ?? blue?.total_fen ?? 100,
			tax_fen: lines ? lines.reduce((sum, [, , tax]) => sum + tax, 0) : blue?.tax_fen ?? 6,
			lines: hasLines ? lines : undefined,
			entered_at: now,
			applied_at: now,
			source: 1,
			state,
			seen: null,
			agreed_at: ['01', '04'].includes(state) ? now : null,
			cause: '',
		};

		this.confirmations.set(uuid, confirmation);
		return { number: uuid };
	}

	// What the bureau has by now: what nobody confirms lapses, what is agreed to is followed by a red one.
	bureauState(confirmation) {
		const now = this.clock.now();

		if (now < confirmation.applied_at)
			return '15';
		if (['02', '03'].includes(confirmation.state) && now >= confirmation.entered_at + LAPSES_MS)
			confirmation.state = '07';
		if (['01', '04'].includes(confirmation.state) && !this.invoices.has(confirmation.red_order))
			this.addInvoice(confirmation.red_order, -confirmation.amount_fen, -confirmation.tax_fen,
				{ made_at: confirmation.agreed_at, outcome: 'issued' });
		return confirmation.state;
	}

	seenState(confirmation) {
		const state = this.bureauState(confirmation);

		return state === '15' ? state : confirmation.seen;
	}

	// One by a number of it, or a page of those of some days. What Nuonuo has not looked for it has not got.
	red_query({ identity, billId: number, billUuid: uuid, billTimeStart: from, billTimeEnd: to, pageSize, pageNo }) {
		check(identity === '0', 'identity');
		const known = [...this.confirmations.values()].filter((one) => one.seen !== null);

		if (number ?? uuid) {
			const list = known.filter((one) => one.number === (number ?? null) && (!uuid || one.uuid === uuid))
				.map((one) => this.confirmationDocument(one));

			return { total: list.length, list };
		}
		check(isDay(from) && isDay(to), 'billTimeStart');
		check(/^\d+$/.test(pageSize ?? '') && Number(pageSize) >= 1 && Number(pageSize) <= 50, 'pageSize');
		check(/^[1-9]\d*$/.test(pageNo ?? ''), 'pageNo');
		const listed = known.filter((one) => isWithin(one, from, to));
		const first = (Number(pageNo) - 1) * Number(pageSize) % (this.settings.list_repeats ? listed.length : Infinity);

		this.pagesListed++;
		return {
			total: this.settings.list_total || String(listed.length),
			list: listed.slice(first, first + Number(pageSize)).map((one) => this.confirmationDocument(one)),
		};
	}

	confirmationDocument(confirmation) {
		const state = this.seenState(confirmation);
		const red = ['01', '04'].includes(state) ? this.invoices.get(confirmation.red_order) : undefined;
		const isIssued = red && ['2', '21', '24'].includes(this.statusOf(red));

		return {
			billId: confirmation.number,
			billNo: confirmation.bureau_number,
			billUuid: confirmation.uuid,
			billStatus: state,
			billMessage: confirmation.cause,
			openStatus: isIssued ? 1 : 0,
			applySource: confirmation.source,
			blueElecInvoiceNumber: this.invoices.get(confirmation.blue)?.bureau_number ?? '26332999999999999999',
			billTime: toChina(confirmation.entered_at),
			taxExcludedAmount: yuan(confirmation.tax_fen - confirmation.amount_fen),
			taxAmount: yuan(-confirmation.tax_fen),
			redReason: confirmation.reason,
			redInvoiceNumber: isIssued ? red.bureau_number : null,
			invoiceSerialNum: isIssued ? red.serial : null,
			orderNo: isIssued ? red.number : null,
			detail: confirmation.lines?.map(([index, fen, tax]) => ({
				blueDetailIndex: String(index),
				taxExcludedAmount: yuan(tax - fen),
				taxAmount: yuan(-tax),
			})),
		};
	}

	red_refresh({ identity, billUuid: uuid, startTime: from, endTime: to }) {
		check(identity === '0', 'identity');
		check(uuid || (isDay(from) && isDay(to)), 'billUuid');
		for (const confirmation of this.confirmations.values())
			if (uuid ? confirmation.uuid === uuid : isWithin(confirmation, from, to))
				confirmation.seen = this.bureauState(confirmation);
	}

	confirmation({ identity, billId: number, billNo: bureauNumber }) {
		const confirmation = this.confirmations.get(number) ??
			[...this.confirmations.values()].find((one) => bureauNumber && one.bureau_number === bureauNumber);

		check(identity === '0', 'identity');
		if (!confirmation)
			throw new Refusal('E9500', '未查询到红字确认单');
		return confirmation;
	}

	red_answer(asked) {
		const confirmation = this.confirmation(asked);

		check(['0', '1'].includes(asked.confirmAgreement), 'confirmAgreement');
		if (this.bureauState(confirmation) !== '03')
			throw new Refusal('E9999', '确认单状态不允许确认');
		this.demandSession();
		this.move(confirmation, asked.confirmAgreement === '1' ? '04' : '06');
		confirmation.seen = confirmation.state;
	}

	red_cancel(asked) {
		const confirmation = this.confirmation(asked);
		const state = this.bureauState(confirmation);

		if (!['01', '02', '04'].includes(state) || this.invoices.has(confirmation.red_order))
			throw new Refusal('E9999', '确认单状态不允许撤销');
		this.demandSession();
		this.move(confirmation, state === '02' ? '08' : '09');
		confirmation.seen = confirmation.state;
	}

	move(confirmation, state) {
		confirmation.state = state;
		confirmation.agreed_at = ['01', '04'].includes(state) ? this.clock.now() : confirmation.agreed_at;
	}

	// ---- what a test does

	set(name, value) {
		if (SETTINGS[name] === undefined)
			throw new Impossible(`nuonuo has no setting ${name}`);
		this.settings[name] = value;
	}

	settleInvoice({ number, status, cause }) {
		const invoice = this.invoices.get(number);

		if (!invoice || !STATUSES.includes(status))
			throw new Impossible(`no invoice ${number}, or no status ${status}`);
		Object.assign(invoice, { status, cause: cause ?? invoice.cause });
		this.statusOf(invoice);
		return invoice;
	}

	// At the bureau: Nuonuo sees it when it is asked to look.
	settleRed({ number, state, amount_fen: amount, cause }) {
		const confirmation = this.confirmations.get(number);

		if (!confirmation || (state !== undefined && !RED_STATES.includes(state)))
			throw new Impossible(`no confirmation ${number}, or no state ${state}`);
		if (state !== undefined)
			this.move(confirmation, state);
		confirmation.amount_fen = amount ?? confirmation.amount_fen;
		confirmation.cause = cause ?? confirmation.cause;
		return confirmation;
	}

	revokeTokens() {
		for (const token of this.tokens.values())
			token.isRevoked = true;
	}

	addFault(fault) {
		if (['unsigned', 'wrong_signature'].includes(fault.kind) || fault.operation === 'notice')
			throw new Impossible('nuonuo signs nothing, and sends no notices');
		super.addFault(fault);
	}

	books() {
		return {
			invoices: [...this.invoices.values()].map((one) => ({ ...one, status: this.statusOf(one) })),
			confirmations: [...this.confirmations.values()]
				.map((one) => ({ ...one, state: this.bureauState(one) })),
			issued_times: this.issuedTimes,
			pages_listed: this.pagesListed,
			tokens: { asked: this.tokensAsked, given: this.tokens.size },
			settings: this.settings,
			faults: this.faults.queue,
		};
	}

	// ---- what goes out

	misstate({ result }, kind) {
		const fact = Array.isArray(result) ? result[0] : result?.list?.[0];

		if (kind === 'wrong_number' && fact)
			fact[fact.billId ? 'billId' : 'orderNo'] += 'X';
		if (kind === 'wrong_amount' && fact?.orderAmount)
			fact.orderAmount = yuan(fenOf(fact.orderAmount) + 1);
	}

	textOf(answer, how) {
		return answer.bytes ?? super.textOf(answer, how);
	}

	write(document) {
		return typeof document === 'string' ? document : JSON.stringify(document);
	}

	seal(call, { status, document, bytes }, body) {
		const headers = bytes ? { 'Content-Type': 'application/pdf' }
			: typeof document === 'string' ? { 'Content-Type': 'text/html' } : JSON_TYPE;

		return { status, headers, body };
	}
}

module.exports = { Nuonuo, sign };
