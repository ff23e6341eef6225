/*-------------------------------------------------------------------------
 *
 * test_bill_csv.c
 *	  Bills that operators bring.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/bill_csv.h"

#include "unit.h"

#include <string.h>

static BillRow rows[4];
static size_t rows_count;
static char fault[BILL_CSV_FAULT_SIZE];

static void
take(void *argument, const BillRow *row)
{
	(void) argument;
	assert_true(rows_count < LENGTH(rows));
	rows[rows_count++] = *row;
}

static bool
read_it(const char *csv)
{
	char text[1024];

	assert_true(strlen(csv) < sizeof(text));
	strcpy(text, csv);
	rows_count = 0;
	return bill_csv_read(text, take, NULL, fault);
}

static void
test_rows(void **state)
{
	(void) state;
	assert_true(read_it("fee,kind,amount,transaction_id,refund_id,at,order_number,refund_number\n"
						"0.36,payment,12.00,T1,,2026-01-01T02:01:00.000Z,R1,\r\n"
						"-0.1,refund,\"5\",T1,F1,2026-01-01T10:01:00+08:00,R1,N1\n"
						",settlement,9.5,,,,,\n"
						",funding,1,,,,,\n"));
	assert_int_equal(rows_count, 4);
	assert_int_equal(rows[0].kind, BILL_PAYMENT);
	assert_string_equal(rows[0].order_number, "R1");
	assert_string_equal(rows[0].transaction_id, "T1");
	assert_true(rows[0].amount_nano == INT64_C(12000000000) && rows[0].fee_nano == 360000000);
	assert_int_equal(rows[1].kind, BILL_REFUND);
	assert_string_equal(rows[1].refund_id, "F1");
	assert_string_equal(rows[1].refund_number, "N1");
	assert_true(rows[1].fee_nano == -100000000 && rows[1].amount_nano == INT64_C(5000000000));
	assert_true(rows[0].at == rows[1].at && rows[0].at > 0);
	assert_int_equal(rows[2].kind, BILL_SETTLEMENT);
	assert_int_equal(rows[3].kind, BILL_FUNDING);
	assert_true(read_it("kind,amount\n"));
	assert_int_equal(rows_count, 0);
}

static void
test_refused(void **state)
{
	static const struct
	{
		const char *csv;
		const char *fault;
	} cases[] = {
		{"", "line 1: a header is needed"},
		{"kind\n", "line 1: kind and amount are needed"},
		{"kind,amount,what\n", "line 1: there is no such column"},
		{"kind,amount,kind\n", "line 1: a column stands twice"},
		{"kind,amount\nsettlement\n", "line 2: it has another number of fields than the header"},
		{"kind,amount\nother,1\n",
		 "line 2: kind is none of payment, refund, settlement and funding"},
		{"kind,amount\npayment,1\n",
		 "line 2: transaction_id, and refund_id of a refund alone, are needed"},
		{"kind,amount,transaction_id\nrefund,1,T\n",
		 "line 2: transaction_id, and refund_id of a refund alone, are needed"},
		{"kind,amount,transaction_id,refund_id\npayment,1,T,F\n",
		 "line 2: transaction_id, and refund_id of a refund alone, are needed"},
		{"kind,amount,transaction_id\npayment,1,T 1\n",
		 "line 2: a number is too long, or has blanks"},
		{"kind,amount,transaction_id\n"
		 "payment,1,12345678901234567890123456789012345678901234567890123456789012345\n",
		 "line 2: a number is too long, or has blanks"},
		{"kind,amount\nsettlement,0\n", "line 2: amount or fee is none"},
		{"kind,amount\nsettlement,-1\n", "line 2: amount or fee is none"},
		{"kind,amount\nsettlement,0.001\n", "line 2: amount or fee is none"},
		{"kind,amount\nsettlement,NaN\n", "line 2: amount or fee is none"},
		{"kind,amount,fee\nsettlement,1,--1\n", "line 2: amount or fee is none"},
		{"kind,amount,at\nsettlement,1,yesterday\n", "line 2: at is no time"},
		{"kind,amount\nsettlement,1\nsettlement,\"1\n", "line 3: it is no CSV"},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_false(read_it(cases[i].csv));
		assert_string_equal(fault, cases[i].fault);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
