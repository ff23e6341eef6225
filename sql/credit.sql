-- What operators give and take: grant_bonus, withdraw_bonus, adjust, write_off (R6, R19, R23, B&S 3).
-- Accounts 1250 to 1259.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1250, 1258) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(1250, 1258) AS account_id;
SELECT billing.set_price('credit', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;

-- A gift enters its lot whole, then pays arrears (R6, B&S 1.3): arrears 25, gift 10 -> arrears 15, blocked.
SELECT status, balance FROM billing.charge(1250, 1, 'owed', 'credit', 25, 0);
SELECT * FROM billing.grant_bonus(1250, 10, 'gift', reason => 'sorry');
SELECT entry_no, debit, credit, lot_no, amount, balance_before, balance_after, cash, bonus, arrears FROM billing.statement(1250);
SELECT cash, bonus, arrears, callable, total_topup FROM billing.balance(1250);
-- A larger one pays the rest; what is left of it is bonus.
SELECT * FROM billing.grant_bonus(1250, 20, 'gift 2');
SELECT lot_no, amount, remaining, is_open, expires_at FROM billing_books.lot WHERE account_id = 1250 ORDER BY lot_no;

-- The same call again, the same row, whatever the balance is by then, and nothing is done. Who and why are
-- no part of the request; 20 and 20.00 are one amount.
SELECT * FROM billing.grant_bonus(1250, 20.00, 'gift 2', reason => 'another reason', actor => 'another');
SELECT * FROM billing.grant_bonus(1250, 10, 'gift');
SELECT count(*) FROM billing_books.lot WHERE account_id = 1250;
SELECT action, object, new_value, reason FROM billing_books.audit_log WHERE account_id = 1250 ORDER BY audit_no;

-- R19: a bonus lives while expires_at > the booking instant. It is out of every balance at that instant with
-- no job run; the next booking books the breakage first, with the expiry as its occurred_at.
SELECT status FROM billing.grant_bonus(1251, 5, 'a', expires_at => now() + interval '1 day');
SELECT status FROM billing.grant_bonus(1251, 7, 'b', expires_at => now() + interval '2 days');
SELECT status, balance FROM billing.charge(1251, 1, 'part', 'credit', 2, 0);
SET billing.clock_offset = '25h';
SELECT bonus, balance, balance_shown FROM billing.balance(1251);
SELECT bonus FROM billing.balance_at(1251, now() + interval '25 hours');
SELECT bonus FROM billing.balance_at(1251, now() + interval '23 hours');
SELECT cash, bonus, last_entry_no FROM billing_books.account WHERE account_id = 1251;
SELECT status, charge, balance FROM billing.charge(1251, 1, 'after', 'credit', 1, 0);
SELECT entry_no, source_type, source, debit, credit, lot_no, amount, balance_after, actor FROM billing.statement(1251) WHERE entry_no > 3;
SELECT e.occurred_at = l.expires_at AS at_its_expiry FROM billing_books.ledger_entry AS e JOIN billing_books.lot AS l USING (account_id, lot_no)
WHERE e.account_id = 1251 AND e.credit = 'breakage';
-- Usage stamped before the expiry and reported after it does not find the bonus (R7: which lots exist is
-- decided when it is booked).
SET billing.clock_offset = '49h';
SELECT status, charge, balance FROM billing.charge(1251, 1, 'late', 'credit', 1, 0, occurred_at => clock_timestamp() + interval '24 hours');
SELECT arrears, bonus, next_expiry_at FROM billing_books.account WHERE account_id = 1251;
-- An expiry must lie ahead of the account's clock.
SELECT regexp_replace(test.attempt('SELECT billing.grant_bonus(1251, 1, ''past'', expires_at => now() + interval ''48 hours'')'), ', is .*', '') AS attempt;
RESET billing.clock_offset;

-- A mistaken gift is withdrawn: what is left of it. Used up, expired, another's or no gift: refused.
SELECT lot_no FROM billing.grant_bonus(1252, 10, 'mistake');
SELECT status, balance FROM billing.charge(1252, 1, 'used', 'credit', 4, 0);
SELECT * FROM billing.withdraw_bonus(1252, 1, 'withdraw');
SELECT * FROM billing.withdraw_bonus(1252, 1, 'withdraw');
SELECT test.attempt('SELECT billing.withdraw_bonus(1252, 1, ''again'')');
SELECT debit, credit, amount FROM billing.statement(1252);
SELECT lot_no FROM billing.adjust(1252, 3, 'credit');
SELECT test.attempt('SELECT billing.withdraw_bonus(1252, 2, ''an adjustment'')');
SELECT lot_no FROM billing.grant_bonus(1252, 10, 'short', expires_at => now() + interval '1 hour');
SET billing.clock_offset = '2h';
SELECT test.attempt('SELECT billing.withdraw_bonus(1252, 3, ''expired'')');
RESET billing.clock_offset;
SELECT status, lot_no, balance FROM billing.withdraw_bonus(1252, 3, 'expired');

-- adjust(+) gives credit like a gift, but out of adjustment; adjust(-) takes like a charge: bonus, cash, the
-- rest as arrears (28 to 31 of B&S 2.2). Neither is a top-up.
SELECT status FROM billing.record_offline_payment(1253, 10, 'payment', '1253 bank');
SELECT * FROM billing.adjust(1253, 4, 'up', expires_at => now() + interval '1 day', reason => 'for the outage');
SELECT * FROM billing.adjust(1253, -20.000000001, 'down', reason => 'mistake');
SELECT entry_no, source_type, source, debit, credit, lot_no, amount, balance_after FROM billing.statement(1253);
SELECT arrears, total_topup FROM billing.balance(1253);
SELECT * FROM billing.adjust(1253, 6.5, 'up again');
SELECT * FROM billing.adjust(1253, 6.50, 'up again');
SELECT balance, balance_shown FROM billing.balance(1253);

-- write_off gives arrears up, at most what is owed, and is no revenue.
SELECT status FROM billing.charge(1254, 1, 'owed', 'credit', 10, 0);
SELECT test.attempt('SELECT billing.write_off(1254, 10.000000001, ''too much'')');
SELECT * FROM billing.write_off(1254, 4, 'some', reason => 'agreed');
SELECT * FROM billing.write_off(1254, 4, 'some');
SELECT * FROM billing.write_off(1254, 6, 'rest');
SELECT test.attempt('SELECT billing.write_off(1254, 0.01, ''nothing owed'')');
SELECT debit, credit, amount, balance_after, actor = session_user AS by_me FROM billing.statement(1254);

-- A lock stops no correction, but a closed account takes no gift.
SELECT billing.lock_account(1255);
SELECT status FROM billing.grant_bonus(1255, 1, 'gift');
SELECT status, balance FROM billing.adjust(1255, -1, 'back');
SELECT billing.unlock_account(1255);
SELECT status FROM billing.close_account(1255, 'close');
SELECT test.attempt('SELECT billing.grant_bonus(1255, 1, ''too late'')');

-- second_person_above: above the limit the first call moves nothing and waits; the same call and key by
-- another actor and another session user carries it out. At the limit nobody waits; currencies are apart.
CREATE ROLE regress_credit_a;
CREATE ROLE regress_credit_b;
SELECT billing.grant_access('regress_credit_a', 'operator'), billing.grant_access('regress_credit_b', 'operator');
SELECT billing.set_policy('second_person_above', '100', 'CNY');
SET SESSION AUTHORIZATION regress_credit_a;
SELECT * FROM billing.grant_bonus(1256, 100, 'at the limit');
SELECT * FROM billing.grant_bonus(1256, 100.000000001, 'large', reason => 'big customer');
SELECT * FROM billing.grant_bonus(1256, 100.000000001, 'large');
SELECT * FROM billing.grant_bonus(1256, 100.000000001, 'large', actor => 'somebody else');
SELECT test.attempt('SELECT billing.grant_bonus(1256, 200, ''large'')');
SELECT test.attempt('SELECT billing.adjust(1256, 100.000000001, ''large'')');
-- A key that waits is taken, for requests below the limit and for functions that never wait as well.
SELECT test.attempt('SELECT billing.grant_bonus(1256, 50, ''large'')');
SELECT test.attempt('SELECT billing.withdraw_bonus(1256, 1, ''large'')');
SELECT test.attempt('SELECT billing.create_api_key(1256, ''other'', ''payg'', ''large'')');
RESET SESSION AUTHORIZATION;
SELECT idempotency_key, function, amount, requested_by, reason FROM billing.awaiting_second WHERE account_id = 1256;
SET SESSION AUTHORIZATION regress_credit_b;
SELECT * FROM billing.grant_bonus(1256, 100.000000001, 'large', actor => 'regress_credit_a');
SELECT * FROM billing.grant_bonus(1256, 100.000000001, 'large', reason => 'checked');
SELECT * FROM billing.grant_bonus(1256, 100.000000001, 'large');
SELECT * FROM billing.adjust(1256, -150, 'down');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_credit_a;
SELECT * FROM billing.grant_bonus(1256, 100.000000001, 'large');
SELECT status, lot_no, balance FROM billing.adjust(1256, -150, 'down');
RESET SESSION AUTHORIZATION;
SELECT count(*) AS waiting FROM billing.awaiting_second WHERE account_id = 1256;
SELECT action, new_value, actor, session_user_name, reason FROM billing_books.audit_log WHERE account_id = 1256 ORDER BY audit_no;
-- write_off, offline payments and reversals wait as well.
SELECT status FROM billing.charge(1257, 1, 'large', 'credit', 500, 0);
SELECT status FROM billing.write_off(1257, 101, 'large');
SELECT status FROM billing.record_offline_payment(1257, 101, 'payment', '1257 bank');
SELECT status FROM billing.reverse_charge(1257, 'large', 'undo');
SELECT count(*) AS entries FROM billing_books.ledger_entry WHERE account_id = 1257;
SELECT count(*) AS payments FROM billing_books.payment WHERE account_id = 1257;
-- Withdrawing and closing, too. Where the waiting call would move another amount by now, it is not carried out.
SELECT billing.create_account(1259, 'cn');
SELECT count(*) AS gifts FROM generate_series(1, 4) AS i, billing.grant_bonus(1259, 90, 'gift ' || i);
SET SESSION AUTHORIZATION regress_credit_a;
SELECT status, balance FROM billing.close_account(1259, 'close');
RESET SESSION AUTHORIZATION;
SELECT status, balance FROM billing.withdraw_bonus(1259, 1, 'mistake');
SET SESSION AUTHORIZATION regress_credit_b;
SELECT test.attempt('SELECT billing.close_account(1259, ''close'')');
SELECT status, balance FROM billing.close_account(1259, 'close again');
SET SESSION AUTHORIZATION regress_credit_a;
SELECT status, balance FROM billing.close_account(1259, 'close again');
RESET SESSION AUTHORIZATION;
-- What nobody will carry out is withdrawn, once, by whichever operator; its key is used up, and the books are as they were.
SET SESSION AUTHORIZATION regress_credit_a;
SELECT status FROM billing.adjust(1256, 200, 'wrong customer');
SELECT billing.withdraw_approval(1256, 'wrong customer', reason => 'not his');
SELECT billing.withdraw_approval(1256, 'wrong customer');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_credit_b;
SELECT test.attempt('SELECT billing.adjust(1256, 200, ''wrong customer'')');
SELECT test.attempt('SELECT billing.withdraw_approval(1256, ''large'')');
SELECT test.attempt('SELECT billing.withdraw_approval(1256, ''no such call'')');
RESET SESSION AUTHORIZATION;
SELECT count(*) AS waiting FROM billing.awaiting_second WHERE account_id = 1256 AND idempotency_key = 'wrong customer';
SELECT action, object, actor, reason FROM billing_books.audit_log WHERE action = 'withdraw_approval';
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
-- Without the policy a call that waited is carried out by whom it may.
SELECT status, balance FROM billing.write_off(1257, 101, 'large');
SELECT count(*) AS waiting FROM billing.awaiting_second WHERE account_id = 1257;
-- verify() puts in order what a clock that was set back stamps with one instant: a lot that is withdrawn, filled again and withdrawn.
SELECT billing.create_account(1249, 'cn'), billing.create_api_key(1249, 'prod') IS NOT NULL AS key;
SELECT status FROM billing.grant_bonus(1249, 10, 'gift');
SELECT status, charge FROM billing.charge(1249, 1, 'undone', 'credit', 4, 0);
SET billing.clock_offset = '3 min';
SELECT status, balance FROM billing.withdraw_bonus(1249, 1, 'mistake');
RESET billing.clock_offset;
SELECT status, balance FROM billing.reverse_charge(1249, 'undone', 'undo');
SELECT status, balance FROM billing.withdraw_bonus(1249, 1, 'mistake again');
SELECT count(*) AS withdrawn, count(DISTINCT recorded_at) AS instants FROM billing_books.ledger_entry WHERE account_id = 1249 AND credit = 'promotion';
DROP OWNED BY regress_credit_a, regress_credit_b;
DROP ROLE regress_credit_a, regress_credit_b;
SELECT * FROM test.verify();
