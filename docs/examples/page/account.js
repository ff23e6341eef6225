import { $, attempt, button, count, createKeyed, createList, day, el, get, isZero, money, onSubmit, post, say, tag, time } from './ui.js';

const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const REASONS = {
	negative_balance: 'Calls are refused: top up what is owed',
	zero_balance: 'Calls are refused: nothing is left',
	locked_refund: 'Calls are refused while a refund is reviewed',
	locked_dispute: 'Calls are refused: a payment is disputed',
	locked_operator: 'Calls are refused: please write to us',
	account_closed: 'This account is closed',
};
const SOURCES = {
	charge: 'Usage', settlement: 'Usage', payment: 'Top-up', grant: 'Bonus', payment_order: 'Top-up', lot: 'Bonus expired',
	reversal: 'Usage given back', adjustment: 'Adjustment', refund: 'Refund', refund_item: 'Refund', take_back: 'Payment taken back',
	write_off: 'Written off', closing: 'Account closed', subscription: 'Token Plan',
};
const METHODS = { alipay: 'Alipay', wechat: 'WeChat Pay', offline: 'Bank transfer' };

// ---- overview

async function loadBalance() {
	const { balance, balance_shown: shown, cash, bonus, arrears, total_topup: total, callable, reason } = await get('balance');

	Object.assign($('balance'), { textContent: money(shown), title: money(balance) });
	$('callable').textContent = callable ? 'Your keys may call' : REASONS[reason] ?? reason;
	$('callable').classList.toggle('bad', !callable);
	$('cash').textContent = money(cash);
	$('bonus').textContent = money(bonus);
	$('arrears').textContent = money(arrears);
	$('owed').hidden = isZero(arrears);
	$('total').textContent = money(total);
}

async function loadMethods() {
	const methods = await get('payment_methods');

	$('methods').replaceChildren(...methods.filter(({ pays_with: by }) => by !== 'sdk').map(({ method, pays_with: by, unavailable }, i) => {
		const input = el('input', { type: 'radio', name: 'method', value: method, checked: i === 0, disabled: unavailable !== null, required: true });

		input.dataset.paysWith = by;
		return el('label', {}, input, el('span', { textContent: METHODS[method] ?? method }));
	}));
}

function lastDays(days) {
	const midnight = new Date();

	midnight.setHours(0, 0, 0, 0);
	return Array.from({ length: days }, (_, i) => new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - days + 1 + i));
}

async function loadChart() {
	const days = lastDays(14);
	const query = { from: days[0].toISOString(), by: 'occurred_at', time_zone: TIME_ZONE };
	const [lines, [sum]] = await Promise.all([
		get('usage_report', { ...query, group_by: '{day}' }), get('usage_report', { ...query, group_by: '{}' })]);
	const charges = new Map(lines.map(({ period, charge }) => [Date.parse(period), charge]));
	const most = Math.max(...[...charges.values()].map(Number)); // to draw, no more

	$('spent').textContent = `${money(sum?.charge ?? '0')} for ${count(sum?.requests ?? '0')} requests`;
	$('chart').replaceChildren(...days.map((date) => {
		const charge = charges.get(date.getTime()) ?? '0';
		const bar = el('i');

		bar.style.height = `${Number(charge) === 0 ? 0 : 85 * Number(charge) / most}%`;
		return el('div', { title: `${day(date)}: ${money(charge)}`, className: isZero(charge) ? 'none' : '' }, bar, el('span', { textContent: day(date) }));
	}));
}

// ---- top-up

const placeOrder = createKeyed('topup');
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

onSubmit('topup', async ({ amount, other, method }) => {
	const order = await placeOrder({ amount: other || amount, method });

	sessionStorage.order = order.order_id;
	await watchOrder(order.order_id, document.querySelector('[name=method]:checked').dataset.paysWith);
});

// Until it is paid or closed. By url: the browser goes there, and comes back; by code: it is shown meanwhile.
async function watchOrder(orderId, paysWith) {
	for (;;) {
		const order = await get('order', { order_id: orderId });

		if (['paid', 'closed'].includes(order.state))
			return endOrder(order);
		if (order.pay_url && paysWith === 'url')
			return location.assign(order.pay_url);
		if (order.pay_url && paysWith === 'code' && !$('paying').open)
			showCode(order);
		await sleep(order.state === 'created' ? 200 : 1000);
	}
}

function showCode({ order_id: orderId, pay_amount: amount, currency, method, expires_at: until }) {
	$('paying-amount').textContent = money(amount, currency);
	$('paying-hint').textContent = `With ${METHODS[method] ?? method}, until ${time(until)}. This page notices by itself.`;
	$('code').src = `/api/code.svg?order_id=${orderId}`;
	$('cancel').onclick = () => attempt($('cancel'), () => post('cancel_order', { order_id: orderId }));
	$('paying').oncancel = (event) => event.preventDefault();
	$('paying').showModal();
}

async function endOrder({ state, amount, currency, reason }) {
	delete sessionStorage.order;
	$('paying').close();
	await show();
	if (state === 'paid')
		say(`Thank you: ${money(amount, currency)} has been added to your balance.`);
	else
		say(`The order is closed: ${reason}. Nothing was paid.`);
}

// The browser comes back from a payer's page: the gateway is asked at once, not only when its message is late.
async function resumeOrder() {
	const { order } = sessionStorage;

	history.replaceState(null, '', `/${location.hash}`);
	if (!order)
		return;
	await post('refresh_order', { order_id: order }).catch(() => {}); // it was paid meanwhile, or asked for just now
	await watchOrder(order);
}

// ---- alerts

const loadAlerts = createList('alerts', 'alerts', {
	empty: 'There is none yet.',
	columns: [
		{ label: 'When', show: ({ threshold, runway_hours: hours }) => hours === null ? `below ${money(threshold)}` : `less than ${hours} hours left` },
		{ label: 'State', show: ({ enabled, fired }) => enabled ? tag(fired ? 'told you' : 'on', fired ? 'bad' : 'good') : tag('off') },
		{ label: '', className: 'number', show: (alert) => button(alert.enabled ? 'Turn off' : 'Turn on', () => setAlert(alert, !alert.enabled)) },
	],
});

async function setAlert({ threshold, runway_hours: hours, notify_recovery }, enabled) {
	await post('set_alert', { ...hours === null ? { threshold } : { runway_hours: hours }, notify_recovery, enabled });
	await loadAlerts();
}

onSubmit('alert', async ({ value, unit }, form) => {
	await post('set_alert', { [unit]: value });
	form.reset();
	await loadAlerts();
});

// ---- usage

const GROUPS = {
	'{model}': { label: 'Model', show: ({ model }) => model },
	'{key}': { label: 'Key', show: ({ key_name: name }) => name },
	'{day}': { label: 'Day', show: ({ period }) => day(period) },
};

async function loadReport() {
	$('report').replaceChildren();
	await createList('report', 'usage_report', {
		empty: 'Nothing was used.',
		query: () => ({ from: lastDays(30)[0].toISOString(), group_by: $('group').value, by: 'occurred_at', time_zone: TIME_ZONE }),
		columns: [
			GROUPS[$('group').value],
			{ label: 'Requests', className: 'number', show: ({ requests }) => count(requests) },
			{ label: 'Input tokens', className: 'number', show: ({ input_tokens: tokens }) => count(tokens) },
			{ label: 'Output tokens', className: 'number', show: ({ output_tokens: tokens }) => count(tokens) },
			{ label: 'Charge', className: 'number', show: ({ charge }) => money(charge) },
		],
	})();
}

const REQUEST_COLUMNS = [
	{ label: 'Time', className: 'time', show: ({ occurred_at: at }) => time(at) },
	{ label: 'Model', show: ({ model }) => model },
	{ label: 'Key', show: ({ key_name: name }) => name },
	{ label: 'In', className: 'number', show: ({ input_tokens: tokens }) => count(tokens) },
	{ label: 'Out', className: 'number', show: ({ output_tokens: tokens }) => count(tokens) },
	{ label: 'Charge', className: 'number', show: ({ charge, status }) => status === 'charged' ? money(charge) : tag(status) },
];

const loadRequests = createList('requests', 'usage', {
	empty: 'There are none.',
	columns: REQUEST_COLUMNS,
	query: () => ({ status: $('status').value }),
});

$('group').onchange = () => attempt($('group'), loadReport);
$('status').onchange = () => attempt($('status'), loadRequests);

// ---- keys

const createKey = createKeyed('create_key');

const loadKeys = createList('key-list', 'keys', {
	empty: 'You have no key yet.',
	columns: [
		{ label: 'Name', show: ({ name }) => name },
		{ label: 'Made', className: 'time', show: ({ created_at: at }) => time(at) },
		{ label: 'State', show: ({ deleted_at: at }) => at === null ? tag('active', 'good') : tag(`deleted ${day(at)}`) },
		{ label: '', className: 'number', show: (key) => key.deleted_at === null ? button('Delete', () => deleteKey(key), 'quiet danger') : '' },
	],
});

async function deleteKey({ key_id, name }) {
	if (!confirm(`Delete the key "${name}"? Programs that use it are refused from now on.`))
		return;
	await post('delete_key', { key_id });
	$('new-key').hidden = true;
	await loadKeys();
}

onSubmit('create-key', async (fields, form) => {
	const { api_key: secret } = await createKey(fields);

	form.reset();
	$('new-key').hidden = secret === null;
	$('secret').textContent = secret ?? '';
	if (secret === null)
		say('That key was made before, and cannot be shown again. Please make another one.', 'bad');
	await loadKeys();
});

$('copy').onclick = () => attempt($('copy'), async () => {
	await navigator.clipboard.writeText($('secret').textContent);
	say('Copied.');
});

// ---- orders and statement

const STATES = { paid: 'good', issued: 'good', closed: '', failed: 'bad', reversed: 'bad' };

const loadOrders = createList('orders', 'orders', {
	empty: 'You have not topped up yet.',
	columns: [
		{ label: 'Order', show: ({ order_id: id }) => id },
		{ label: 'Placed', className: 'time', show: ({ created_at: at }) => time(at) },
		{ label: 'By', show: ({ method }) => METHODS[method] ?? method },
		{ label: 'State', show: ({ state }) => tag(state, STATES[state]) },
		{ label: 'Amount', className: 'number', show: ({ amount, currency }) => money(amount, currency) },
	],
});

function change({ change: text }) {
	if (isZero(text))
		return '–'; // money that moves within the account
	return text.startsWith('-') ? money(text) : el('span', { className: 'plus', textContent: `+${money(text)}` });
}

// A line of usage opens into its requests.
function showRequests({ entry_no: entryNo }, node) {
	const row = node.closest('tr');

	if (row.nextSibling?.className === 'opened')
		return row.nextSibling.remove();
	const inner = el('div', { className: 'inner', id: `entry-${entryNo}` });

	row.after(el('tr', { className: 'opened' }, el('td', { colSpan: 4 }, inner)));
	return createList(inner.id, 'usage', { empty: 'They are not kept any more.', columns: REQUEST_COLUMNS, query: () => ({ entry_no: entryNo }) })();
}

const loadEntries = createList('entries', 'statement', {
	empty: 'Nothing has moved yet.',
	columns: [
		{ label: 'No.', show: ({ entry_no: no }) => no },
		{ label: 'Booked', className: 'time', show: ({ recorded_at: at }) => time(at) },
		{ label: 'What', show: (entry) => {
			const text = SOURCES[entry.source_type] ?? entry.source_type;
			const node = SOURCES[entry.source_type] === 'Usage' ? button(text, () => showRequests(entry, node)) : text;

			return node;
		} },
		{ label: 'Change', className: 'number', show: change },
	],
});

function thisMonth() {
	const now = new Date();

	return { from: new Date(now.getFullYear(), now.getMonth(), 1).toISOString(), to: now.toISOString() };
}

$('csv').onclick = () => { $('csv').href = `/api/statement.csv?${new URLSearchParams(thisMonth())}`; };

const requestStatement = createKeyed('request_statement');

$('pdf').onclick = () => attempt($('pdf'), async () => {
	await requestStatement(thisMonth());
	for (let i = 0; i < 20 && await loadStatements(); i++)
		await sleep(500);
});

const download = (path, name) => el('a', { className: 'button quiet', href: path, download: name, textContent: 'PDF' });

// Returns whether one is being drawn.
async function loadStatements() {
	const statements = (await get('statements')).slice(0, 3);

	$('statements').replaceChildren(...statements.map(({ statement_no: no, period_from: from, period_to: to, closing, state }) => el('p', { className: 'inner' },
		`Statement ${no}, ${day(from)} to ${time(to)}: ${money(closing)} at its end `,
		state === 'ready' ? download(`/api/statement.pdf?statement_no=${no}`, `statement-${no}.pdf`) : tag(state))));
	return statements.some(({ state }) => state === 'rendering');
}

// ---- invoices

const requestInvoice = createKeyed('request_invoice');

const loadInvoices = createList('invoices', 'invoices', {
	empty: 'There is none yet.',
	columns: [
		{ label: 'Number', show: ({ number, invoice_id: id }) => number ?? `(application ${id})` },
		{ label: 'Issued to', show: ({ name }) => name },
		{ label: 'State', show: ({ state, reason }) => Object.assign(tag(state, STATES[state]), { title: reason ?? '' }) },
		{ label: 'Amount', className: 'number', show: ({ amount }) => money(amount) },
		{ label: '', className: 'number', show: ({ invoice_id: id, has_document: has }) => has ? download(`/api/invoice.pdf?invoice_id=${id}`, `invoice-${id}.pdf`) : '' },
	],
});

async function loadInvoiceable() {
	const orders = (await get('invoiceable')).filter(({ invoiceable }) => !isZero(invoiceable));

	$('invoice').hidden = orders.length === 0;
	$('invoiceable').replaceChildren(...orders.map(({ order_id: id, paid_at: at, method, invoiceable }) => el('label', {},
		el('input', { type: 'checkbox', name: 'order', value: id, checked: true }),
		`Order ${id} of ${day(at)}, ${METHODS[method] ?? method}: ${money(invoiceable)}`)));
}

onSubmit('invoice', async ({ name, kind, tax_number }, form) => {
	const [who, paper] = kind.split(' ');

	await post('set_title', { title: 'default', kind: who, name, ...tax_number && { tax_number } });
	await requestInvoice({ order_ids: new FormData(form).getAll('order'), title: 'default', kind: paper, email: $('email').textContent, mobile: null });
	say('Your invoice will come by e-mail, and stand here.');
	await Promise.all([loadInvoices(), loadInvoiceable()]);
});

// ---- the whole

const PAGES = {
	'#overview': [loadBalance, loadMethods, loadChart, loadAlerts],
	'#usage': [loadReport, loadRequests],
	'#keys': [loadKeys],
	'#billing': [loadOrders, loadEntries, loadStatements, loadInvoices, loadInvoiceable],
};

async function show() {
	const hash = PAGES[location.hash] ? location.hash : '#overview';

	for (const section of document.querySelectorAll('section'))
		section.hidden = `#${section.id}` !== hash;
	for (const link of document.querySelectorAll('nav a'))
		link.className = link.hash === hash ? 'here' : '';
	$('new-key').hidden = true;
	await Promise.all(PAGES[hash].map((load) => load())).catch((error) => say(error.message, 'bad'));
}

function showSignedOut() {
	$('signed-out').hidden = false;
	for (const id of ['signed-in', 'nav', 'who'])
		$(id).hidden = true;
}

async function showSignedIn({ email, currency }) {
	money.currency = currency;
	$('email').textContent = email;
	$('currency').textContent = currency;
	for (const chip of document.querySelectorAll('#amounts span'))
		chip.textContent = money(chip.previousElementSibling.value);
	$('signed-out').hidden = true;
	for (const id of ['signed-in', 'nav', 'who'])
		$(id).hidden = false;
	await show();
	await resumeOrder();
}

onSubmit('sign-in', async (fields) => showSignedIn(await post('sign_in', fields)));
$('sign-out').onclick = () => attempt($('sign-out'), async () => { await post('sign_out'); showSignedOut(); });
addEventListener('hashchange', show);
addEventListener('signedout', showSignedOut);
get('session').then((session) => session ? showSignedIn(session) : showSignedOut());
