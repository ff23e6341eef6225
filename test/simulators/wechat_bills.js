'use strict';

// WeChat Pay's bills: texts in UTF-8, each value after a backtick, packed by gzip.

const crypto = require('node:crypto');
const zlib = require('node:zlib');
const { Readable } = require('node:stream');

const { batches, distorted } = require('./bills');
const { toChina } = require('./clock');
const { yuan } = require('./money');

const PACKING = { level: zlib.constants.Z_BEST_SPEED };
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

const TRADE_COLUMNS = '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,' +
	'交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,' +
	'充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const TRADE_SUMS = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';
const FUND_COLUMNS = '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),' +
	'账户结余(元),资金变更提交申请人,备注,业务凭证号';
const FUND_SUMS = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额';

// 业务名称, 业务类型
const FLOWS = {
	payment: ['交易', '交易'],
	fee: ['交易', '扣除交易手续费'],
	refund: ['退款', '退款'],
	fee_back: ['退款', '退还交易手续费'],
	refund_closed: ['退款', '退款关闭'],
	settlement: ['提现', '提现'],
	funding: ['充值', '充值'],
};

const REFUND_STATES = { SUCCESS: 'SUCCESS', CLOSED: 'FAIL', PROCESSING: 'PROCESSING', ABNORMAL: 'PROCESSING' };

// A refund stands in the bill of the day on which it was asked for, whatever became of it.
function refundMovements(order, refund) {
	const movement = {
		kind: 'refund',
		at: refund.made_at,
		number: order.number,
		transaction_id: order.transaction_id,
		refund_number: refund.number,
		refund_id: refund.id,
		amount_fen: refund.amount_fen,
		settled_fen: refund.payer_fen,
		fee_fen: -refund.fee_fen,
		fee_bp: order.fee_bp,
		subject: order.subject,
		attach: order.attach,
		product: order.product,
		state: refund.state,
	};

	if (!refund.closed_at)
		return [movement];
	const back = refund.payer_fen - refund.fee_fen;

	return [movement, { ...movement, kind: 'refund_closed', at: refund.closed_at, settled_fen: back }];
}

function movementsOf(ledger) {
	const paid = [...ledger.orders.values()].filter((order) => order.state === 'paid');
	const payments = paid.map((order) => ({
		kind: 'payment',
		at: order.paid_at,
		number: order.number,
		transaction_id: order.transaction_id,
		amount_fen: order.paid_fen,
		settled_fen: order.payer_fen,
		fee_fen: order.fee_fen,
		fee_bp: order.fee_bp,
		subject: order.subject,
		attach: order.attach,
		product: order.product,
	}));
	const refunds = paid.flatMap((order) =>
		order.refunds.flatMap((refund) => refundMovements(order, refund)));
	const transfers = ledger.transfers.map((one) => ({ ...one, settled_fen: one.amount_fen, fee_fen: 0 }));

	return [...payments, ...refunds, ...transfers];
}

function row(values) {
	return `\`${values.join(',`')}\r\n`;
}

// Fees are whole fen, with zeros after them.
function fee(fen) {
	return `${yuan(fen)}000`;
}

function rate({ fee_bp: bp }) {
	return `${(bp / 100).toFixed(2)}%`;
}

function tradeRow({ app_id: appId, merchant_id: merchantId }, one) {
	const isRefund = one.kind === 'refund';

	return row([
		toChina(one.at), appId, merchantId, '0', '', one.transaction_id, one.number, OPENID,
		one.product === 'h5' ? 'MWEB' : 'NATIVE', isRefund ? 'REFUND' : 'SUCCESS', 'OTHERS', 'CNY',
		isRefund ? '0.00' : yuan(one.settled_fen),
		isRefund ? '0.00' : yuan(one.amount_fen - one.settled_fen),
		isRefund ? one.refund_id : '0',
		isRefund ? one.refund_number : '0',
		isRefund ? yuan(one.settled_fen) : '0.00',
		'0.00',
		isRefund ? 'ORIGINAL' : '',
		isRefund ? REFUND_STATES[one.state] : '',
		one.subject ?? '', one.attach ?? '', fee(one.fee_fen), rate(one),
		isRefund ? '0.00' : yuan(one.amount_fen),
		isRefund ? yuan(one.amount_fen) : '0.00',
		'',
	]);
}

function tradeSums(bill) {
	const sums = { count: 0, payment: [0, 0], refund: [0, 0], fees: 0 };

	for (const { kind, amount_fen: amount, settled_fen: settled, fee_fen: feeFen } of bill.trades()) {
		sums.count++;
		sums[kind][0] += settled;
		sums[kind][1] += amount;
		sums.fees += feeFen;
	}
	return row([sums.count, yuan(sums.payment[0]), yuan(sums.refund[0]), '0.00', fee(sums.fees),
		yuan(sums.payment[1]), yuan(sums.refund[1])]);
}

function fundRow({ merchant_id: merchantId }, { movement, what, fen, balance_fen: balance, number }) {
	const isTransfer = what === 'settlement' || what === 'funding';
	const time = toChina(movement.at);
	const date = `${time.slice(0, 4)}${time.slice(5, 7)}${time.slice(8, 10)}`;

	return row([
		time,
		movement.refund_id ?? movement.transaction_id ?? movement.number,
		`${merchantId}${date}${String(number).padStart(12, '0')}`,
		...FLOWS[what], fen < 0 ? '支出' : '收入', yuan(Math.abs(fen)), yuan(balance),
		isTransfer ? 'system' : `${merchantId}API`,
		what === 'refund' ? `退款总金额${yuan(movement.amount_fen)}元` : '',
		movement.refund_number ?? movement.number,
	]);
}

function fundSums(bill) {
	const sums = { in: [0, 0], out: [0, 0] };

	for (const { fen } of bill.flows()) {
		const side = sums[fen < 0 ? 'out' : 'in'];

		side[0]++;
		side[1] += Math.abs(fen);
	}
	return row([sums.in[0] + sums.out[0], sums.in[0], yuan(sums.in[1]), sums.out[0], yuan(sums.out[1])]);
}

function* texts(bill) {
	const { secrets } = bill.gateway;
	const [columns, rowOf, captions, sumsOf] = bill.type === 'trade'
		? [TRADE_COLUMNS, tradeRow, TRADE_SUMS, tradeSums]
		: [FUND_COLUMNS, fundRow, FUND_SUMS, fundSums];

	yield `${columns}\r\n`;
	for (const one of bill.written())
		yield rowOf(secrets, one);
	yield `${captions}\r\n`;
	yield sumsOf(bill);
}

function* chunks(bill) {
	if (bill.gateway.bills.hasMark)
		yield MARK;
	yield* bill.zeros();
	yield* batches(texts(bill), (text) => Buffer.from(text));
}

// Of the bill unpacked. Others are served meanwhile.
async function hash(bill) {
	const sum = crypto.createHash('sha1');
	let count = 0;

	for (const chunk of chunks(bill)) {
		sum.update(chunk);
		if (++count % 16 === 0)
			await new Promise(setImmediate);
	}
	if (bill.fault('bad_hash'))
		sum.update('X');
	return sum.digest('hex');
}

function open(bill, isPacked) {
	const plain = Readable.from(chunks(bill));

	return Readable.from(distorted(isPacked ? plain.pipe(zlib.createGzip(PACKING)) : plain, bill));
}

module.exports = { hash, movementsOf, open };
