'use strict';

// Alipay's bills: two texts in GBK, details and sums, in a ZIP archive.

const { Readable } = require('node:stream');

const { batches, distorted, startOf } = require('./bills');
const { toChina } = require('./clock');
const gbk = require('./gbk');
const { yuan } = require('./money');
const { archive } = require('./zip');

const DAY_MS = 24 * 3600 * 1000;
const PAYER = '*(159****5620)';

const TRADE_COLUMNS = '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,' +
	'操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,' +
	'商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,' +
	'服务费（元）,分润（元）,备注';
const TRADE_SUMS = '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,' +
	'支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）';
const FUND_COLUMNS = '账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,' +
	'支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注';
const FUND_SUMS = '业务类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）';

const FLOWS = {
	payment: '在线支付',
	fee: '收费',
	refund: '交易退款',
	fee_back: '退费',
	settlement: '提现',
	funding: '充值',
};

// What the two bills call themselves, and what their sums are called.
const TITLES = {
	trade: { name: '业务', file: '业务明细', sumsFile: '业务明细(汇总)' },
	fund: { name: '账务', file: '账务明细', sumsFile: '账务明细(汇总)' },
};

function movementsOf(ledger) {
	const paid = [...ledger.orders.values()].filter((order) => order.state === 'paid');
	const payments = paid.map((order) => ({
		kind: 'payment',
		at: order.paid_at,
		made_at: order.made_at,
		number: order.number,
		transaction_id: order.transaction_id,
		amount_fen: order.paid_fen,
		settled_fen: order.paid_fen,
		payer_fen: order.payer_fen,
		fee_fen: order.fee_fen,
		fee_bp: order.fee_bp,
		subject: order.subject,
	}));
	const refunds = paid.flatMap((order) => order.refunds
		.filter((refund) => refund.state === 'SUCCESS')
		.map((refund) => refundMovement(order, refund)));
	const transfers = ledger.transfers.map((one) => ({ ...one, settled_fen: one.amount_fen, fee_fen: 0 }));

	return [...payments, ...refunds, ...transfers];
}

function refundMovement(order, refund) {
	return {
		kind: 'refund',
		at: refund.success_at,
		made_at: order.made_at,
		number: order.number,
		transaction_id: order.transaction_id,
		refund_number: refund.number,
		refund_id: refund.id,
		amount_fen: refund.amount_fen,
		settled_fen: refund.amount_fen,
		payer_fen: refund.payer_fen,
		fee_fen: -refund.fee_fen,
		fee_bp: order.fee_bp,
		subject: order.subject,
	};
}

// Its account's number has four digits more than the merchant's.
function accountOf({ merchant_id: merchantId }) {
	return `${merchantId}0156`;
}

function sinceText(ms) {
	const [date, time] = toChina(ms).split(' ');
	const [year, month, day] = date.split('-');

	return `${year}年${month}月${day}日 ${time}`;
}

function dashes(text) {
	return `#-----------------------------------------${text}------------------------------------\r\n`;
}

function* heading({ type, day, gateway }, what) {
	const { name } = TITLES[type];
	const start = startOf(day);

	yield `#支付宝${name}${what}查询\r\n`;
	yield `#账号：[${accountOf(gateway.secrets)}]\r\n`;
	yield `#起始日期：[${sinceText(start)}]   终止日期：[${sinceText(start + DAY_MS)}]\r\n`;
	yield dashes(`${name}${what}列表`);
}

function exported({ gateway }) {
	return `#导出时间：[${sinceText(gateway.clock.now())}]\r\n`;
}

function tradeRow(one) {
	const sign = one.kind === 'refund' ? -1 : 1;
	const discount = one.amount_fen - (one.payer_fen ?? one.amount_fen);
	const madeAt = toChina(one.made_at ?? one.at);

	return `${one.transaction_id}\t,${one.number}\t,${sign < 0 ? '退款' : '交易'}\t,${one.subject ?? ''},` +
		`${madeAt},${toChina(one.at)},\t,\t,\t,\t,${PAYER}\t,` +
		`${yuan(sign * one.amount_fen)},${yuan(sign * one.settled_fen)},${yuan(sign * discount)},` +
		`0.00,0.00,0.00,0.00,,0.00\t,0.00,${one.refund_number ?? ''}\t,${yuan(one.fee_fen)},0.00,\r\n`;
}

function tradeTotals(bill) {
	const sums = { payment: [0, 0], refund: [0, 0], fees: 0 };

	for (const { kind, amount_fen: amount, fee_fen: fee } of bill.trades()) {
		sums[kind][0]++;
		sums[kind][1] += amount;
		sums.fees += fee;
	}
	return sums;
}

function* tradeDetails(bill) {
	const { payment, refund } = tradeTotals(bill);

	yield* heading(bill, '明细');
	yield `${TRADE_COLUMNS}\r\n`;
	for (const one of bill.written())
		yield tradeRow(one);
	yield dashes('业务明细列表结束');
	yield `#交易合计：${payment[0]}笔，商家实收共${yuan(payment[1])}元，商家优惠共0.00元\r\n`;
	yield `#退款合计：${refund[0]}笔，商家实收退款共${yuan(-refund[1])}元，商家优惠退款共0.00元\r\n`;
	yield exported(bill);
}

function* tradeSums(bill) {
	const { payment, refund, fees } = tradeTotals(bill);
	const amount = payment[1] - refund[1];

	yield* heading(bill, '汇总');
	yield `${TRADE_SUMS}\r\n`;
	yield `合计\t,\t,${payment[0]},${refund[0]},${yuan(amount)},${yuan(amount)},0.00,0.00,0.00,` +
		`${yuan(fees)},0.00,${yuan(amount - fees)}\r\n`;
	yield dashes('业务汇总列表结束');
	yield exported(bill);
}

function fundRow({ movement, what, fen, balance_fen: balance, number }, date) {
	return `${date}${String(number).padStart(12, '0')}\t,${movement.transaction_id ?? movement.number}\t,` +
		`${movement.refund_number && what === 'refund' ? movement.refund_number : movement.number}\t,` +
		`${movement.subject ?? ''}\t,${toChina(movement.at)},${PAYER}\t,` +
		`${yuan(Math.max(fen, 0))},${yuan(Math.min(fen, 0))},${yuan(balance)},支付宝,${FLOWS[what]},\r\n`;
}

// By kind of flow: counts and sums in, counts and sums out.
function fundTotals(bill) {
	const kinds = new Map([['合计', [0, 0, 0, 0]]]);

	for (const { what, fen } of bill.flows()) {
		for (const name of [FLOWS[what], '合计']) {
			const sums = kinds.get(name) ?? [0, 0, 0, 0];

			sums[fen < 0 ? 2 : 0]++;
			sums[fen < 0 ? 3 : 1] += fen;
			kinds.set(name, sums);
		}
	}
	return kinds;
}

function* fundDetails(bill) {
	const [inCount, inFen, outCount, outFen] = fundTotals(bill).get('合计');

	yield* heading(bill, '明细');
	yield `${FUND_COLUMNS}\r\n`;
	for (const one of bill.written())
		yield fundRow(one, bill.day.replaceAll('-', ''));
	yield dashes('账务明细列表结束');
	yield `#支出合计：${outCount}笔，共${yuan(outFen)}元\r\n`;
	yield `#收入合计：${inCount}笔，共${yuan(inFen)}元\r\n`;
	yield exported(bill);
}

function* fundSums(bill) {
	yield* heading(bill, '汇总');
	yield `${FUND_SUMS}\r\n`;
	for (const [name, [inCount, inFen, outCount, outFen]] of fundTotals(bill))
		yield `${name}\t,${inCount},${yuan(inFen)},${outCount},${yuan(outFen)}\r\n`;
	yield dashes('账务汇总列表结束');
	yield exported(bill);
}

function* chunks(bill, texts) {
	yield* bill.zeros();
	yield* batches(texts, gbk.encode);
}

// Details stand first in bills of trade, sums in bills of funds.
function files(bill) {
	const { file, sumsFile } = TITLES[bill.type];
	const start = `${accountOf(bill.gateway.secrets)}_${bill.day.replaceAll('-', '')}_`;
	const name = (text) => bill.fault('path') ? `../../${start}${text}.csv` : `${start}${text}.csv`;
	const [details, sums] = bill.type === 'trade'
		? [tradeDetails, tradeSums]
		: [fundDetails, fundSums];
	const pair = [
		{ name: gbk.encode(name(file)), chunks: chunks(bill, details(bill)) },
		{ name: gbk.encode(name(sumsFile)), chunks: chunks(bill, sums(bill)) },
	];

	return bill.type === 'trade' ? pair : pair.reverse();
}

function open(bill, { isStored }) {
	const isEncrypted = bill.fault('encrypted') !== undefined;

	return Readable.from(distorted(archive(files(bill), { isStored, isEncrypted }), bill));
}

module.exports = { accountOf, movementsOf, open };
