'use strict';

// Notices that are due: kept for whoever fetches them, and sent to an address on this machine.

class Notices {
	constructor() {
		this.isOn = true;
		this.queue = [];
		this.counts = { made: 0, accepted: 0, refused: 0 };
	}

	// isAccepted(status, text): whether an answer ends the matter.
	send(gateway, { headers, body }, url, isAccepted) {
		this.counts.made++;
		this.queue.push({ gateway, headers, query: '', body_base64: body.toString('base64') });
		if (/^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(url))
			this.deliver({ headers, body }, url, isAccepted);
	}

	async deliver({ headers, body }, url, isAccepted) {
		let accepted = false;

		try {
			const reply = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });

			accepted = isAccepted(reply.status, await reply.text());
		} catch {
			// nobody there: as refused
		}
		this.counts[accepted ? 'accepted' : 'refused']++;
	}

	take() {
		return this.queue.splice(0);
	}
}

module.exports = { Notices };
