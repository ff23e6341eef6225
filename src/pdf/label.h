/*-------------------------------------------------------------------------
 *
 * label.h
 *	  The words on a page that are not the document's own, in each language.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_LABEL_H
#define PDF_LABEL_H

#define LABEL_PAGE_SIZE 64

typedef enum LabelLanguage
{
	LABEL_EN,
	LABEL_ZH,
	LABEL_LANGUAGES
} LabelLanguage;

typedef enum Label
{
	LABEL_INVOICE,
	LABEL_CREDIT_NOTE,
	LABEL_STATEMENT,
	LABEL_NUMBER,
	LABEL_ISSUED_ON,
	LABEL_OF_INVOICE,
	LABEL_REASON,
	LABEL_CURRENCY,
	LABEL_SELLER,
	LABEL_BUYER,
	LABEL_TAX_NUMBER,
	LABEL_REGISTRATION,
	LABEL_EMAIL,
	LABEL_PHONE,
	LABEL_ACCOUNT,
	LABEL_DESCRIPTION,
	LABEL_QUANTITY,
	LABEL_UNIT_PRICE,
	LABEL_AMOUNT,
	LABEL_SUBTOTAL,
	LABEL_DISCOUNT,
	LABEL_TAX,
	LABEL_TOTAL,
	LABEL_TOTAL_CREDITED,
	LABEL_PAYMENT_METHOD,
	LABEL_PAID_AT,
	LABEL_REFERENCE,
	LABEL_NOTES,
	LABEL_PERIOD_FROM,
	LABEL_PERIOD_TO,
	LABEL_TIME_ZONE,
	LABEL_OPENING,
	LABEL_CLOSING,
	LABEL_AT,
	LABEL_DETAIL,
	LABEL_BALANCE,
	LABEL_NO_ENTRIES,
	LABEL_COLON,
	LABELS
} Label;

extern const char *label_of(LabelLanguage language, Label label);

/* "Page 2 of 3" */
extern void label_page(LabelLanguage language, int number, int count, char text[LABEL_PAGE_SIZE]);

#endif
