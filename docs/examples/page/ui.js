// What the page is made of: how things are shown, and asked for. Amounts are texts here as well: they are shown as they
// come, and never added up.

export const $ = (id) => document.getElementById(id);
const SYMBOLS = { CNY: '¥', USD: '$' };

// ---- showing

export function el(tag, properties = {}, ...children) {
	const node = Object.assign(document.createElement(tag), properties);

	node.append(...children);
	return node;
}

// "-1234.500000000" -> "-¥1,234.50": all decimals that say something, two at least.
export function money(text, currency = money.currency) {
	const [, sign, whole, decimals = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);

	return `${sign}${SYMBOLS[currency]}${count(whole)}.${decimals.replace(/0+$/, '').padEnd(2, '0')}`;
}

export const count = (text) => text.replace(/\B(?=(\d{3})+$)/g, ',');
export const day = (instant) => new Date(instant).toLocaleDateString('en', { month: 'short', day: 'numeric' });
export const time = (instant) => new Date(instant).toLocaleString('en', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
export const isZero = (text) => /^-?0+(\.0+)?$/.test(text);
export const tag = (text, kind = '') => el('span', { className: `tag ${kind}`, textContent: text });

export function say(message, kind = '') {
	clearTimeout(say.timer);
	Object.assign($('toast'), { textContent: message, className: kind, hidden: false });
	say.timer = setTimeout(() => { $('toast').hidden = true; }, 6000);
}

// columns: label, show(row) -> text or node, and a class.
function tableRow(columns, row) {
	const cells = columns.map(({ label, show, className = '' }) => {
		const cell = el('td', { className }, show(row) ?? '');

		cell.dataset.label = label;
		return cell;
	});

	return el('tr', { className: row.deleted_at ? 'gone' : '' }, ...cells);
}

// A list that grows by pages. Returns what shows it anew.
export function createList(id, path, { columns, empty, query = () => ({}), limit = 10 }) {
	const body = el('tbody');
	const head = el('thead', {}, el('tr', {}, ...columns.map(({ label, className = '' }) => el('th', { className, textContent: label }))));
	const table = el('table', {}, head, body);
	const none = el('p', { className: 'empty', textContent: empty });
	const more = el('button', { className: 'quiet more', textContent: 'Show older' });

	$(id).append(table, none, more);
	async function load(cursor) {
		const answer = await get(path, { ...query(), cursor, limit });
		const { rows, next_cursor: next = null } = Array.isArray(answer) ? { rows: answer } : answer;

		if (!cursor)
			body.replaceChildren();
		body.append(...rows.map((row) => tableRow(columns, row)));
		more.hidden = next === null;
		more.onclick = () => attempt(more, () => load(next));
		table.hidden = body.rows.length === 0;
		none.hidden = !table.hidden || !more.hidden;
	}
	return () => load();
}

// ---- asking

async function ask(path, options) {
	const response = await fetch(path, options);
	const answer = await response.json();

	if (response.status === 401)
		dispatchEvent(new Event('signedout'));
	if (!response.ok)
		throw new Error([answer.message, answer.hint].filter(Boolean).join('. '));
	return answer;
}

export function get(path, fields = {}) {
	const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');

	return ask(`/api/${path}?${new URLSearchParams(given)}`);
}

export function post(path, fields = {}) {
	return ask(`/api/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(fields) });
}

// For what is done once: while no answer has come, the same wish is sent again under the same key.
export function createKeyed(path) {
	let wish;
	let key;

	return async (fields) => {
		if (JSON.stringify(fields) !== wish)
			[wish, key] = [JSON.stringify(fields), crypto.randomUUID()];
		const answer = await post(path, { ...fields, idempotency_key: key });

		wish = undefined;
		return answer;
	};
}

export async function attempt(button, work) {
	button.disabled = true;
	try {
		await work();
	} catch (error) {
		say(error.message, 'bad');
	} finally {
		button.disabled = false;
	}
}

export function onSubmit(id, work) {
	$(id).onsubmit = (event) => {
		event.preventDefault();
		attempt(event.submitter, () => work(Object.fromEntries(new FormData(event.target)), event.target));
	};
}

export const button = (text, work, className = 'quiet') => {
	const node = el('button', { type: 'button', className, textContent: text });

	node.onclick = () => attempt(node, work);
	return node;
};
