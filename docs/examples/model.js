'use strict';

// Stands for a model: it says something about the question, a word at a time.

const { setTimeout: sleep } = require('node:timers/promises');

const MODELS = ['example-small', 'example-large'];
const WORD_MS = 15;

const countTokens = (text) => text.split(/\s+/).filter(Boolean).length;

async function* answer(question) {
	const text = `You asked: ${question} That is a good question, and this is where a model would answer it, at length and in detail.`;

	for (const word of text.split(' ')) {
		await sleep(WORD_MS);
		yield `${word} `;
	}
}

module.exports = { MODELS, answer, countTokens };
