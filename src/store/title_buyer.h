/*-------------------------------------------------------------------------
 *
 * title_buyer.h
 *	  SQL: who buys, as overseas invoices and statements say it: by the account's
 *	  profile p and the title t that is called default, where it has one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_TITLE_BUYER_H
#define STORE_TITLE_BUYER_H

#define TITLE_BUYER                                                                           \
	"jsonb_strip_nulls(jsonb_build_object('title', t.title, 'kind', t.kind, 'name', t.name, " \
	"'tax_number', t.tax_number, 'address', t.address, 'phone', t.phone, 'email', p.email, "  \
	"'account', coalesce(p.external_ref, p.account_id::text)))"

#define TITLE_BUYER_FROM                          \
	BOOKS "account_profile AS p LEFT JOIN " BOOKS \
		  "invoice_title AS t ON t.account_id = p.account_id AND t.title = 'default'"

#endif
