/*-------------------------------------------------------------------------
 *
 * nuonuo_reply.c
 *	  Reading what Nuonuo answers: first whether it is about the number that was
 *	  asked, then what it says.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/nuonuo_reply.h"

#include "core/money.h"
#include "core/text.h"
#include "gateway/document.h"
#include "gateway/instant.h"

#include <stdio.h>
#include <stdlib.h>

#define WORD_SIZE 17				  /* states and codes */
#define BUYER "1"					  /* who began a confirmation */
#define REPLY_BYTES_MAX (1024 * 1024) /* a page of confirmations with all their lines */
#define TOKEN_LIVES_S_MAX (INT64_C(366) * 86400)

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

const char *const nuonuo_red_reasons[NUONUO_RED_REASONS_COUNT] = {
	[RED_WRONG] = "2",
	[RED_RETURNED] = "1",
	[RED_SERVICE_ENDED] = "3",
	[RED_ALLOWANCE] = "4",
};

/* A state or a code, which is a text or a whole number; false where it is neither. */
static bool
read_word(const json_t *object, const char *name, char word[WORD_SIZE])
{
	int64_t number;

	if (!document_count(object, name, &number))
		return document_text(object, name, word, WORD_SIZE);
	return snprintf(word, WORD_SIZE, "%lld", (long long) number) < WORD_SIZE;
}

/* A whole number that is one, or a text of digits. */
static bool
read_count(const json_t *object, const char *name, int64_t *count)
{
	char word[WORD_SIZE];

	if (!read_word(object, name, word) || word[0] == '\0' ||
		word[strspn(word, "0123456789")] != '\0')
		return false;
	*count = strtoll(word, NULL, 10);
	return true;
}

/* The interface's own refusals, of apps, secrets, tokens and quotas, are of six digits from 07. */
static bool
is_of_interface(const char *code)
{
	return strlen(code) == 6 && strncmp(code, "07", 2) == 0;
}

/* ---- tokens -------------------------------------------------------------- */

/* A token becomes a header: it is of characters that stand in one. */
static bool
is_token(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	return true;
}

/* How long it lives, in seconds. */
static bool
read_life(const json_t *document, int64_t *life_s)
{
	return read_count(document, "expires_in", life_s) && *life_s > 0 &&
		   *life_s <= TOKEN_LIVES_S_MAX;
}

bool
nuonuo_reply_token(int64_t now_s, const HttpMessage *reply, ProviderToken *token,
				   GatewayAnswer *answer)
{
	json_t *document = reply->status < 500 ? document_read(reply->body) : NULL;
	int64_t life_s = 0;
	bool is_read = document && reply->status == 200 &&
				   document_text(document, "access_token", token->text, sizeof(token->text)) &&
				   is_token(token->text) && read_life(document, &life_s);

	*answer = (GatewayAnswer){.result = RESULT_NOT_DELIVERED};
	token->ends_s = now_s + life_s;
	if (!is_read &&
		(document_text(document, "code", answer->code, sizeof(answer->code)) ||
		 document_text(document, "error", answer->code, sizeof(answer->code))) &&
		is_of_interface(answer->code))
		answer->result = RESULT_MISCONFIGURED;
	json_decref(document);
	return is_read;
}

bool
nuonuo_reply_is_of_token(const GatewayAnswer *answer)
{
	return answer->result == RESULT_MISCONFIGURED &&
		   (strcmp(answer->code, "070301") == 0 || strcmp(answer->code, "070302") == 0 ||
			strcmp(answer->code, "070303") == 0);
}

/* ---- what is answered: texts and amounts ----------------------------------- */

/* Copies what people are told, as much of it as there is room for and ends with a character. */
static void
copy_cause(const json_t *object, const char *name, char cause[INVOICE_CAUSE_SIZE])
{
	Bytes text = document_bytes(object, name);

	if (text.size >= INVOICE_CAUSE_SIZE)
		for (text.size = INVOICE_CAUSE_SIZE - 1;
			 text.size > 0 && ((unsigned char) text.data[text.size] & 0xc0) == 0x80;)
			text.size--;
	memcpy(cause, text.data, text.size);
	cause[text.size] = '\0';
	(void) text_one_line(cause);
}

static bool
has(const json_t *object, const char *name)
{
	Bytes text = document_bytes(object, name);

	return text.size > 0;
}

/* An amount that need not be there, without its sign: those of red invoices are below zero. */
static bool
read_amount(const json_t *object, const char *name, int64_t *nano)
{
	char text[MONEY_TEXT_SIZE];

	*nano = 0;
	if (!has(object, name))
		return true;
	return document_text(object, name, text, sizeof(text)) &&
		   money_parse(text + (text[0] == '-'), nano) && *nano % MONEY_NANO_PER_CENT == 0;
}

/* A number of the bureau that need not be there; false where it is there and is none. */
static bool
read_bureau_number(const json_t *object, const char *name, char number[INVOICE_NUMBER_SIZE])
{
	number[0] = '\0';
	return !has(object, name) || (document_text(object, name, number, INVOICE_NUMBER_SIZE) &&
								  strlen(number) == INVOICE_NUMBER_SIZE - 1 &&
								  strspn(number, "0123456789") == INVOICE_NUMBER_SIZE - 1);
}

/* True where a member is not there, or says what it should. */
static bool
agrees(const json_t *object, const char *name, const char *text)
{
	return text[0] == '\0' || !has(object, name) ||
		   bytes_equal(document_bytes(object, name), bytes_of(text));
}

/* The one object of a list whose member says this; NULL where there is none, or another one. */
static const json_t *
find_one(const json_t *list, const char *name, const char *text)
{
	const json_t *found = NULL;
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!bytes_equal(document_bytes(item, name), bytes_of(text)))
			continue;
		if (found)
			return NULL;
		found = item;
	}
	return found;
}

/* ---- what is answered: invoices -------------------------------------------- */

typedef struct Word
{
	const char *word;
	int means;
} Word;

/* What a state means; false where it is none of the list. */
static bool
read_state(const json_t *object, const char *name, const Word *words, size_t count, int *means)
{
	char word[WORD_SIZE];

	if (!read_word(object, name, word))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].word, word) == 0)
		{
			*means = words[i].means;
			return true;
		}
	return false;
}

static bool
read_invoice_state(const json_t *invoice, InvoiceFactState *state)
{
	static const Word words[] = {
		{"2", INVOICE_FACT_ISSUED},	  {"20", INVOICE_FACT_ISSUING},	 {"21", INVOICE_FACT_ISSUING},
		{"22", INVOICE_FACT_REFUSED}, {"24", INVOICE_FACT_UNSEALED}, {"3", INVOICE_FACT_VOIDED},
		{"31", INVOICE_FACT_ISSUING},
	};
	int means = 0;
	bool is_read = read_state(invoice, "status", words, LENGTH(words), &means);

	*state = (InvoiceFactState) means;
	return is_read;
}

/* Milliseconds of Unix's epoch, which need not be there. */
static int64_t
read_milliseconds(const json_t *object, const char *name)
{
	int64_t ms;

	if (!document_count(object, name, &ms) || ms / 1000 < INSTANT_EPOCH_S || ms > INT64_MAX / 1000)
		return 0;
	return (ms - INSTANT_EPOCH_S * 1000) * 1000;
}

/* The bureau's number; by its other name where it has not the first. */
static bool
read_invoice_number(const json_t *invoice, char number[INVOICE_NUMBER_SIZE])
{
	return read_bureau_number(
		invoice,
		has(invoice, "allElectronicInvoiceNumber") ? "allElectronicInvoiceNumber" : "invoiceNo",
		number);
}

/* One that is issued has a number: without it nothing is known of it. */
static bool
read_invoice(const json_t *invoice, const Merchant *merchant, InvoiceFact *fact)
{
	*fact = (InvoiceFact){0};
	if (!invoice || !agrees(invoice, "salerTaxNum", merchant->merchant_id) ||
		!read_invoice_state(invoice, &fact->state) || !read_invoice_number(invoice, fact->number) ||
		!read_amount(invoice, "orderAmount", &fact->total_nano) ||
		!read_amount(invoice, "taxAmount", &fact->tax_nano))
		return false;
	fact->issued_at = read_milliseconds(invoice, "invoiceTime");
	(void) document_text(invoice, "pdfUrl", fact->pdf_url, sizeof(fact->pdf_url));
	(void) document_text(invoice, "ofdUrl", fact->ofd_url, sizeof(fact->ofd_url));
	if (fact->state == INVOICE_FACT_REFUSED || fact->state == INVOICE_FACT_UNSEALED)
		copy_cause(invoice, has(invoice, "failCause") ? "failCause" : "statusMsg", fact->cause);
	return fact->state != INVOICE_FACT_ISSUED || fact->number[0] != '\0';
}

/* ---- what is answered: confirmations --------------------------------------- */

static bool
read_red_state(const json_t *confirmation, RedFactState *state)
{
	static const Word words[] = {
		{"15", RED_FACT_APPLYING},
		{"01", RED_FACT_FREE},
		{"02", RED_FACT_WAITS_FOR_BUYER},
		{"03", RED_FACT_WAITS_FOR_SELLER},
		{"04", RED_FACT_AGREED},
		{"05", RED_FACT_VOID},
		{"06", RED_FACT_VOID},
		{"07", RED_FACT_VOID},
		{"08", RED_FACT_VOID},
		{"10", RED_FACT_VOID},
		{"09", RED_FACT_WITHDRAWN_LATE},
		{"16", RED_FACT_FAILED},
	};
	int means = 0;
	bool is_read = read_state(confirmation, "billStatus", words, LENGTH(words), &means);

	*state = (RedFactState) means;
	return is_read;
}

/* What it reverses: its sum without tax, and its tax. */
static bool
read_red_amount(const json_t *confirmation, bool is_buyers, int64_t whole_nano, RedFact *fact)
{
	int64_t net_nano;
	int64_t tax_nano;

	if (!read_amount(confirmation, "taxExcludedAmount", &net_nano) ||
		!read_amount(confirmation, "taxAmount", &tax_nano) ||
		!money_add(net_nano, tax_nano, &fact->amount_nano) || (is_buyers && fact->amount_nano == 0))
		return false;
	fact->is_partial = fact->amount_nano > 0 && fact->amount_nano < whole_nano;
	return true;
}

/* What a line of it reverses of which line of the invoice; false where it is none. */
static bool
read_red_line(const json_t *line, int64_t *place, int64_t *amount_nano)
{
	int64_t net_nano;
	int64_t tax_nano;

	return read_count(line, "blueDetailIndex", place) && *place >= 1 &&
		   *place <= INVOICE_LINES_MAX && read_amount(line, "taxExcludedAmount", &net_nano) &&
		   read_amount(line, "taxAmount", &tax_nano) && money_add(net_nano, tax_nano, amount_nano);
}

/* What of each line a partial one reverses; without lines where they are not its sum. */
static void
read_red_lines(const json_t *confirmation, RedFact *fact)
{
	const json_t *lines = json_object_get(confirmation, "detail");
	const json_t *line;
	int64_t sum_nano = 0;
	size_t count = 0;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		int64_t place;
		int64_t nano;

		if (!read_red_line(line, &place, &nano) || !money_add(sum_nano, nano, &sum_nano))
			return;
		fact->lines_nano[place - 1] += nano; /* not above the sum */
		count = (size_t) place > count ? (size_t) place : count;
	}
	if (sum_nano == fact->amount_nano)
		fact->lines_count = count;
}

/* When it was entered, which need not be there: 2020-03-26 18:44:05, of China. */
static int64_t
read_entered_at(const json_t *confirmation)
{
	char text[INSTANT_TEXT_SIZE];
	int64_t instant;

	return document_text(confirmation, "billTime", text, sizeof(text)) &&
				   instant_from_china(text, &instant)
			   ? instant
			   : 0;
}

static bool
read_red(const json_t *confirmation, const GatewayCall *call, RedFact *fact)
{
	*fact = (RedFact){0};
	if (!agrees(confirmation, "blueElecInvoiceNumber", call->invoice.blue_number) ||
		!agrees(confirmation, "blueInvoiceNumber", call->invoice.blue_number) ||
		!read_red_state(confirmation, &fact->state) ||
		!read_bureau_number(confirmation, "redInvoiceNumber", fact->red_number) ||
		!read_red_amount(confirmation, call->invoice.confirmation_id[0] != '\0', call->amount_nano,
						 fact))
		return false;
	if (fact->is_partial)
		read_red_lines(confirmation, fact);
	fact->entered_at = read_entered_at(confirmation);
	(void) document_text(confirmation, "billNo", fact->confirmation_number, INVOICE_ID_SIZE);
	(void) document_text(confirmation, "billUuid", fact->confirmation_id, INVOICE_ID_SIZE);
	if (fact->state == RED_FACT_FAILED)
		copy_cause(confirmation, "billMessage", fact->cause);
	return true;
}

/* An empty list is one in which it is not. */
static CallResult
read_asked_red(const json_t *result, const GatewayCall *call, RedFact *fact)
{
	const bool is_buyers = call->invoice.confirmation_id[0] != '\0';
	const json_t *list = json_object_get(result, "list");
	const json_t *found = is_buyers ? find_one(list, "billUuid", call->invoice.confirmation_id)
									: find_one(list, "billId", call->invoice.red_number);

	if (json_is_array(list) && json_array_size(list) == 0)
		return RESULT_ABSENT;
	return found && read_red(found, call, fact) ? RESULT_DONE : RESULT_UNANSWERED;
}

/* One that a buyer began, and that may come to something. */
static bool
is_buyers(const json_t *confirmation)
{
	char source[WORD_SIZE];
	RedFactState state;

	return read_word(confirmation, "applySource", source) && strcmp(source, BUYER) == 0 &&
		   read_red_state(confirmation, &state) && state != RED_FACT_VOID &&
		   state != RED_FACT_WITHDRAWN_LATE && state != RED_FACT_FAILED;
}

/* The bureau's reason; 0 where it is none that is known. */
static int64_t
read_red_reason(const json_t *confirmation)
{
	char code[WORD_SIZE];

	if (!read_word(confirmation, "redReason", code))
		return 0;
	for (int64_t reason = RED_WRONG; reason <= RED_ALLOWANCE; reason++)
		if (strcmp(nuonuo_red_reasons[reason], code) == 0)
			return reason;
	return 0;
}

/* By its other name where it has not the first. */
static bool
read_blue_number(const json_t *confirmation, char number[INVOICE_NUMBER_SIZE])
{
	const char *name = has(confirmation, "blueElecInvoiceNumber") ? "blueElecInvoiceNumber"
																  : "blueInvoiceNumber";

	return read_bureau_number(confirmation, name, number) && number[0] != '\0';
}

/* One that can be asked for further, of an invoice without paper: ours are no others. */
static bool
read_seen(const json_t *confirmation, RedSeen *seen)
{
	*seen = (RedSeen){0};
	if (!is_buyers(confirmation) || !read_blue_number(confirmation, seen->blue_number) ||
		!document_text(confirmation, "billUuid", seen->confirmation_id, INVOICE_ID_SIZE) ||
		!document_text(confirmation, "billNo", seen->confirmation_number, INVOICE_ID_SIZE))
		return false;
	seen->reason = read_red_reason(confirmation);
	seen->entered_at = read_entered_at(confirmation);
	return seen->confirmation_id[0] != '\0' && seen->confirmation_number[0] != '\0';
}

static CallResult
read_red_list(const json_t *result, GatewayAnswer *answer)
{
	const json_t *list = json_object_get(result, "list");
	const json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > RED_SEEN_MAX ||
		!read_count(result, "total", &answer->rows))
		return RESULT_UNANSWERED;
	if (json_array_size(list) == 0)
		answer->rows = 0; /* whatever it says: behind it are no more */
	json_array_foreach(list, i, item)
		answer->seen_count += read_seen(item, &answer->seen[answer->seen_count]);
	return RESULT_DONE;
}

/* ---- what is answered ---------------------------------------------------- */

/* What a success says. What is accepted is queried by our number. */
static CallResult
read_result(const json_t *document, const GatewayCall *call, const Merchant *merchant,
			GatewayAnswer *answer)
{
	const json_t *result = json_object_get(document, "result");
	const char *number = call->invoice.number;

	switch (call->operation)
	{
		case CALL_ISSUE:
			return has(result, "invoiceSerialNum") ? RESULT_DONE : RESULT_UNANSWERED;
		case CALL_ISSUE_QUERY:
			return read_invoice(find_one(result, "orderNo", number), merchant, &answer->invoice)
					   ? RESULT_DONE
					   : RESULT_UNANSWERED;
		case CALL_RED:
			return agrees(document, "result", call->invoice.red_number) ? RESULT_DONE
																		: RESULT_UNANSWERED;
		case CALL_RED_QUERY:
			return read_asked_red(result, call, &answer->red);
		case CALL_RED_LIST:
			return read_red_list(result, answer);
		case CALL_RESEAL:
		case CALL_RED_ANSWER:
			return RESULT_DONE;
		default:
			return RESULT_UNANSWERED;
	}
}

static bool
is_query(CallOperation operation)
{
	return operation == CALL_ISSUE_QUERY || operation == CALL_RED_QUERY ||
		   operation == CALL_RED_LIST;
}

/* Of what has no public code: words that its description has. */
static CallResult
result_of_words(const char *words)
{
	static const struct
	{
		const char *word;
		CallResult result;
	} results[] = {
		{"授信额度", RESULT_NO_FUNDS},		{"登录", RESULT_MISCONFIGURED},
		{"实名认证", RESULT_MISCONFIGURED}, {"实人认证", RESULT_MISCONFIGURED},
		{"人脸", RESULT_MISCONFIGURED},		{"扫码", RESULT_MISCONFIGURED},
	};

	for (size_t i = 0; i < LENGTH(results); i++)
		if (strstr(words, results[i].word))
			return results[i].result;
	return RESULT_UNANSWERED;
}

/*
 * What a code other than success says. E9103: the invoice is reversed already, perhaps by the
 * confirmation that was asked for before. What is not here, nobody knows.
 */
static CallResult
result_of_code(CallOperation operation, const char *code, const char *words)
{
	const bool creates = operation == CALL_ISSUE || operation == CALL_RED;

	if (is_of_interface(code) || strcmp(code, "420") == 0 || strcmp(code, "430") == 0)
		return RESULT_MISCONFIGURED;
	if (strcmp(code, "E9500") == 0)
		return creates ? RESULT_UNANSWERED : RESULT_ABSENT;
	if (is_query(operation))
		return RESULT_UNANSWERED;
	if (strcmp(code, "E9106") == 0 || strcmp(code, "E9103") == 0)
		return RESULT_UNCLEAR;
	if (strcmp(code, "E9613") == 0)
		return RESULT_BUSY; /* 20 times a day are over */
	if (strncmp(code, "E91", 3) == 0)
		return RESULT_REFUSED;
	return result_of_words(words);
}

static void
read_error(const json_t *document, CallOperation operation, GatewayAnswer *answer)
{
	const bool is_of_red = operation >= CALL_RED;

	answer->result = result_of_code(operation, answer->code,
									document_bytes(document, "describe").data);
	copy_cause(document, "describe", is_of_red ? answer->red.cause : answer->invoice.cause);
}

void
nuonuo_reply_read(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
				  const HttpMessage *reply, GatewayAnswer *answer)
{
	json_t *document = reply->status < 500 ? document_read_loosely(reply->body, REPLY_BYTES_MAX)
										   : NULL;

	(void) now_s;
	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	if (document_text(document, "code", answer->code, sizeof(answer->code)))
	{
		if (strcmp(answer->code, "E0000") != 0)
			read_error(document, call->operation, answer);
		else if (reply->status == 200)
			answer->result = read_result(document, call, merchant, answer);
	}
	json_decref(document);
}
