'use strict';

// Drives docs/examples as its customers do, and looks at what its pages show. TAP.
//
//	node drive.js            with a server of test/lib/with_server.sh; SCREENSHOTS: where pictures of the pages go

const { connect } = require('../../docs/examples/billing');
const { createGate } = require('../../docs/examples/gate');
const { fails, finish, ok } = require('../simulators/tap');
const { ask, close, end, open, sleep, startPooler, until, urlOf } = require('./place');

const WIDE = { width: 1200, height: 900 };
const NARROW = { width: 375, height: 812 };
const { SCREENSHOTS } = process.env;

let place;
let page;
const complaints = [];

function is(got, wanted, what) {
	ok(got === wanted, what);
	if (got !== wanted)
		console.log(`# got ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}

const text = async (selector) => (await page.locator(selector).first().innerText()).trim();
const rowsOf = (id) => page.locator(`#${id} tbody tr`).count();
const shows = (selector, wanted) => until(async () => (await text(selector)).includes(wanted), `${selector} shows ${wanted}`);

async function go(hash) {
	await page.goto(`${place.url}#${hash}`);
	await page.reload();
	await page.waitForLoadState('networkidle');
}

// Pictures of a page in a wide and in a narrow window, in which nothing may stand beside the edge.
async function picture(name) {
	await page.evaluate(() => { document.getElementById('toast').hidden = true; });
	for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
		await page.setViewportSize(viewport);
		await page.screenshot({ path: `${SCREENSHOTS}/${name}-${size}.png`, fullPage: true });
		ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: all of it is in a ${size} window`);
	}
	await page.setViewportSize(WIDE);
}

async function signIn(email) {
	await page.goto(place.url);
	await page.fill('#sign-in [name=email]', email);
	await page.click('#sign-in button');
	await page.waitForSelector('#signed-in:not([hidden])');
	await page.waitForLoadState('networkidle');
}

async function signOut() {
	await page.click('#sign-out');
	await page.waitForSelector('#signed-out:not([hidden])');
}

// A call of the LLM API: its status, the error's body, its words; onWord is called at the first.
async function chat(key, { model = 'example-large', content = 'What does a prepaid balance do?', onWord = () => {} } = {}) {
	const response = await fetch(`${place.url}v1/chat/completions`, {
		method: 'POST',
		headers: { Authorization: `Bearer ${key}` },
		body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
	});
	let said = '';

	for await (const chunk of response.body) {
		said || onWord();
		said += Buffer.from(chunk).toString();
	}
	const words = [...said.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json).choices[0].delta.content);

	return { status: response.status, request: response.headers.get('x-request-id'), words: words.join(''), isWhole: said.endsWith('data: [DONE]\n\n'), error: response.ok ? null : JSON.parse(said).error };
}

const isCharged = (request) => until(() => ask(`SELECT count(*) FROM billing_books.usage_event WHERE request_id = '${request}'`) === '1', `${request} is charged`);

// ---- numbers

async function proveNumbers(billing) {
	const account_id = '4611686018427387904';
	const { balance, currency } = await billing.balance({ account_id });
	const { rows: [key], next_cursor } = await billing.list_api_keys({ account_id });
	const user = { account_id: null, region: 'cn', email: 'big@customer.example', external_ref: 'user big@customer.example' };

	is(balance, '399999999.999999999', 'a numeric comes as the text that it is');
	ok(Number(balance) === 400000000, '... which no number of JavaScript holds');
	is(currency, 'CNY', 'a text as it is');
	is((await billing.authorize({ api_key: 'sk-nothing' })).allowed, false, 'a boolean as a boolean');
	is(key.key_id, '1', 'a bigint as a text');
	is(next_cursor, null, 'a page says where it ends');
	is(await billing.create_account(user), account_id, 'a bigint above 2^53 comes whole');
	await fails(billing.create_account({ ...user, email: null }), 'a refusal has its code', ({ code }) => code === 'LB202');

	await signIn('big@customer.example');
	is(await text('#balance'), '¥399,999,999.99', 'the page shows a large balance, rounded down');
	is(await page.locator('#balance').getAttribute('title'), '¥399,999,999.999999999', '... and exactly');
	await signOut();
}

// ---- a customer of ten days

async function showBusy() {
	await signIn('busy@customer.example');
	is(await page.locator('#chart div:not(.none)').count(), 10, 'ten days of use are ten bars');
	is(await page.locator('#methods label').count(), 2, 'two ways of paying');
	await picture('busy-overview');
	await go('usage');
	is(await rowsOf('report'), 2, 'usage by model');
	is(await rowsOf('requests'), 10, 'a page of requests');
	const charged = ask('SELECT count(*) FROM billing_books.usage_event WHERE account_id = 7');

	for (let rows = 10; await page.locator('#requests .more').isVisible(); rows = await rowsOf('requests')) {
		await page.click('#requests .more');
		await until(async () => await rowsOf('requests') > rows, 'the next page');
	}
	is(String(await rowsOf('requests')), charged, 'all pages have all requests');
	await page.reload();
	await page.waitForLoadState('networkidle');
	await page.selectOption('#group', '{key}');
	await shows('#report', 'production');
	await picture('busy-usage');
	await signOut();
}

// ---- a new customer

async function createFirstKey() {
	await picture('sign-in');
	await signIn('new@customer.example');
	is(await text('#balance'), '¥0.00', 'a new account has nothing');
	await picture('new-overview');
	await go('keys');
	is(await text('#key-list .empty'), 'You have no key yet.', 'and no key');
	await page.fill('#create-key [name=name]', 'production');
	await page.click('#create-key button');
	await page.waitForSelector('#new-key:not([hidden])');
	const key = await text('#secret');

	ok(/^sk-\w{20,}$/.test(key), 'a new key is shown');
	await shows('#key-list', 'production');
	await picture('new-keys');
	await page.reload();
	await page.waitForLoadState('networkidle');
	ok(!(await page.content()).includes(key), '... this once');
	is(await rowsOf('key-list'), 1, '... and listed');
	return key;
}

async function topUpByPage(amount) {
	await go('overview');
	await page.check(`[name=amount][value="${amount}"]`, { force: true });
	await page.check('[name=method][value=alipay]', { force: true });
	await page.click('#topup button');
	await page.waitForURL(/gateway\.do/);
	ok((await page.content()).includes(`¥${amount}.00`), 'the payer is at the payer\'s page, which says the amount');
	await page.screenshot({ path: `${SCREENSHOTS}/payer-page.png` });
	await page.click('button');
	await page.waitForURL(`${place.url}**`);
	await shows('#toast', `¥${amount}.00 has been added`);
	await page.waitForLoadState('networkidle');
}

async function topUpByCode(amount) {
	await page.fill('#topup [name=other]', amount);
	await page.check('[name=method][value=wechat]', { force: true });
	await page.click('#topup button');
	await page.waitForSelector('#paying[open]');
	await until(() => page.evaluate(() => document.getElementById('code').naturalWidth > 0), 'a code is drawn');
	await page.screenshot({ path: `${SCREENSHOTS}/code.png` });
	return (await place.simulate('books')).wechat.orders.at(-1).number;
}

async function topUp() {
	await topUpByPage('20');
	is(await text('#balance'), '¥20.00', 'the money is there when the payer comes back');
	const cancelled = await topUpByCode('15');

	await page.click('#cancel');
	await shows('#toast', 'The order is closed');
	is((await place.simulate('books')).wechat.orders.find(({ number }) => number === cancelled).state, 'closed', 'a cancelled order is closed at the gateway');
	is(await text('#balance'), '¥20.00', '... and costs nothing');
	const number = await topUpByCode('12.34');

	await place.simulate('pay', { gateway: 'wechat', number });
	await shows('#toast', '¥12.34 has been added');
	is(await text('#balance'), '¥32.34', 'the page notices that the code was paid');
	await page.fill('#topup [name=other]', '90000');
	await page.click('#topup button');
	await page.waitForSelector('#toast.bad:not([hidden])');
	const refusal = await text('#toast');

	ok(/50,?000/.test(refusal), `an amount that cannot be is refused: ${refusal}`);
}

async function setAlert() {
	await page.fill('#alert [name=value]', '10');
	await page.click('#alert button');
	await shows('#alerts', 'below ¥10.00');
	is(await text('#alerts .tag'), 'on', 'an alert is set');
	await page.fill('#alert [name=value]', '24');
	await page.selectOption('#alert [name=unit]', 'runway_hours');
	await page.click('#alert button');
	await shows('#alerts', '24 hours');
	await page.click('#alerts tbody tr:first-child button');
	await shows('#alerts tbody tr:first-child', 'Turn on');
	ok(true, 'another is set, and turned off');
}

async function callUntilBlocked(key) {
	let calls = 0;
	let answer = await chat(key);

	ok(answer.words.includes('a good question') && answer.isWhole, 'a call is answered');
	for (; answer.status === 200; answer = await chat(key)) {
		calls++;
		await isCharged(answer.request);
	}
	is(answer.status, 402, `after ${calls} calls the key is refused`);
	is(answer.error.code, 'negative_balance', '... with the reason');
	is(answer.error.shortfall.replace(/0+$/, ''), ask('SELECT trim_scale(ceil(-balance * 100) / 100) FROM billing_books.account_profile AS p, billing.balance(p.account_id) WHERE external_ref = \'user new@customer.example\''), '... and what would help');
	await go('overview');
	ok((await text('#balance')).startsWith('-¥') && (await text('#callable')).includes('refused'), 'the page says so');
	await shows('#alerts', 'told you');
	await picture('blocked-overview');
	await go('usage');
	is((await text('#report tbody td:nth-child(2)')), String(calls), 'and all calls');
	const exact = ask(`SELECT to_char(sum(charge), 'FM9990.009999999') FROM billing_books.usage_event JOIN billing_books.account_profile USING (account_id) WHERE external_ref = 'user new@customer.example'`);

	is(await text('#report tbody td:last-child'), `¥${exact}`, '... to the last decimal');
	await picture('new-usage');
	return calls;
}

// ---- what breaks

async function breakConnections(key) {
	await topUpByPage('50');
	let pooler;
	const answer = await chat(key, { onWord: () => { pooler = end('pooler'); } });

	await pooler;
	ok(answer.isWhole, 'an answer goes on while the database cannot be reached');
	is((await chat(key)).status, 503, '... when nobody is let in');
	await startPooler();
	await isCharged(answer.request);
	ok(true, '... and is charged, once, when it can be');
	await go('overview');
	is(await text('#callable'), 'Your keys may call', 'the page is there again');
}

// The answer of a call that was carried out is lost; who repeats it is told so.
async function loseAnswers(billing, key) {
	const caller = await billing.authorize({ api_key: key });
	const answers = [];
	const deaf = {
		...billing,
		charge: async (usage) => {
			answers.push(await billing.charge(usage));
			if (answers.length < 3)
				throw Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' });
			return answers.at(-1);
		},
	};
	const gate = createGate(deaf, { log: () => {} });
	const usage = { ...gate.begin(caller, 'example-small'), input_tokens: 1000, output_tokens: 7 };

	gate.end(usage);
	await gate.settled();
	is(answers.map(({ status }) => status).join(), 'charged,duplicate,duplicate', 'a charge is repeated under its id, and charged once');
	const broken = createGate(billing, { log: () => {} });

	await fails(broken.charge({ ...usage, output_tokens: 8 }), 'another payload under that id is an error, and not repeated', ({ code }) => code.startsWith('LB3'));
}

// Who goes away pays for what was made until then.
async function goAway(key) {
	const controller = new AbortController();
	const response = await fetch(`${place.url}v1/chat/completions`, {
		method: 'POST',
		signal: controller.signal,
		headers: { Authorization: `Bearer ${key}` },
		body: JSON.stringify({ model: 'example-small', messages: [{ content: 'word '.repeat(50) }] }),
	});

	await response.body.getReader().read();
	controller.abort();
	await isCharged(response.headers.get('x-request-id'));
	const tokens = Number(ask(`SELECT output_tokens FROM billing_books.usage_event WHERE request_id = '${response.headers.get('x-request-id')}'`));

	ok(tokens > 0 && tokens < 50, 'who goes away pays for what was made until then');
}

async function lockOut(key) {
	is((await chat('sk-nobody')).error.code, 'malformed_key', 'who has no key is refused');
	is((await chat(key, { model: 'another' })).status, 404, 'a model that is none costs nothing');
	is((await fetch(`${place.url}api/balance`)).status, 401, 'who is not signed in sees nothing');
	is(await page.evaluate(async () => (await (await fetch('/api/orders?account_id=7')).json()).rows.length), 4, 'nobody sees another account');
	is((await fetch(`${place.url}notify/alipay`, { method: 'POST', body: 'trade_status=TRADE_SUCCESS' })).status, 500, 'a message that nobody signed is not accepted');
	is(ask(`SELECT count(*) FROM billing_books.payment JOIN billing_books.account_profile USING (account_id) WHERE external_ref = 'user new@customer.example'`), '3', '... and believed by nobody');
}

// ---- books

async function readBooks(calls) {
	await go('billing');
	is(await rowsOf('orders'), 4, 'four orders');
	ok((await text('#orders')).includes('closed'), '... of which one is closed');
	await shows('#entries', 'Top-up');
	const usage = page.locator('#entries button', { hasText: 'Usage' }).first();

	await usage.click();
	await page.waitForSelector('.opened table tbody tr');
	is(await page.locator('.opened tbody tr').count(), 1, `a line of usage opens into its request (of ${calls} and more)`);
	const [csv] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
	const content = (await (await csv.createReadStream()).toArray()).join('');

	ok(content.startsWith('entry_no,') && content.split('\r\n').length > calls, 'the statement is there as CSV');
	await page.click('#pdf');
	await shows('#statements', 'PDF');
	is(await pdfOf('#statements a'), '%PDF', '... and as PDF');
}

async function pdfOf(selector) {
	const [file] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);

	return Buffer.concat(await (await file.createReadStream()).toArray()).subarray(0, 4).toString();
}

async function getInvoice() {
	is(await page.locator('#invoiceable input').count(), 3, 'three orders can be invoiced');
	await page.fill('#invoice [name=name]', '某某科技有限公司');
	await page.fill('#invoice [name=tax_number]', '91330106673959654X');
	await page.click('#invoice button');
	await page.waitForSelector('#toast.bad:not([hidden])');
	ok(true, 'a tax number that is none is refused');
	await page.fill('#invoice [name=tax_number]', '91330106673959654P');
	await page.click('#invoice button');
	await shows('#invoices', '某某科技有限公司');
	ok((await text('#invoices')).includes('¥82.34'), 'an invoice of all orders is requested');
	is(await page.locator('#invoice').isVisible(), false, '... and nothing is left to be invoiced');
	ask('SELECT billing.issue_due_invoices()'); // a job does that each minute
	await until(async () => { await go('billing'); return (await text('#invoices')).includes('issued'); }, 'the invoice is issued');
	is(await page.evaluate(async () => (await (await fetch('/api/invoices')).json())[0].order_ids.join()), '1,3,4', 'an array of bigint is an array of texts');
	is(await pdfOf('#invoices a'), '%PDF', 'it is issued, with its document');
	await page.locator('#entries button').first().click();
	await page.waitForSelector('.opened table tbody tr');
	await picture('billing');
}

async function deleteKey(key) {
	await go('keys');
	page.once('dialog', (dialog) => dialog.dismiss());
	await page.click('#key-list button');
	is((await chat(key, { model: 'example-small' })).status, 200, 'who is asked whether to delete a key may say no');
	page.once('dialog', (dialog) => dialog.accept());
	await page.click('#key-list button');
	await shows('#key-list', 'deleted');
	const { status, error } = await chat(key);

	is(`${status} ${error.code}`, '401 key_deleted', 'a key that was deleted is refused');
	await picture('deleted-key');
}

// ---- all of it

async function walk() {
	const billing = connect({ app: urlOf('my_app'), notice: urlOf('my_route') });
	const context = await place.browser.newContext({ viewport: WIDE, locale: 'en-GB', timezoneId: 'Asia/Shanghai' });

	page = await context.newPage();
	page.setDefaultTimeout(20000);
	page.on('pageerror', (error) => complaints.push(error.message));
	page.on('console', (message) => { if (message.type() === 'error' && !message.text().includes('status of 400')) complaints.push(message.text()); });
	await page.goto(place.url);
	await proveNumbers(billing);
	await showBusy();
	const key = await createFirstKey();

	await topUp();
	await setAlert();
	const calls = await callUntilBlocked(key);

	await breakConnections(key);
	await loseAnswers(billing, key);
	await goAway(key);
	await lockOut(key);
	await readBooks(calls);
	await getInvoice();
	await deleteKey(key);
	is(complaints.join('; '), '', 'the browser has nothing to complain about');
	await sleep(500); // what was charged last
	is(ask('SELECT count(*) FROM billing.verify()'), '0', 'the books are right');
	await billing.end();
}

async function main() {
	place = await open();
	try {
		await walk();
	} catch (error) {
		ok(false, error.stack);
		await page?.screenshot({ path: `${SCREENSHOTS}/failed.png`, fullPage: true });
	}
	await close(place);
	process.exitCode = finish();
}

main();
