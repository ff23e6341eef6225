-- What others do for a request, in plain SQL, on tables of their own: a ledger of transfers between two accounts with balances
-- before and after on each entry, by one function; and a request that is recorded alone, under usage's key.
CREATE SCHEMA rival;
CREATE TABLE rival.account (account_id bigint PRIMARY KEY, balance numeric NOT NULL, version bigint NOT NULL, allow_negative boolean NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE rival.transfer (transfer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, from_id bigint NOT NULL REFERENCES rival.account, to_id bigint NOT NULL REFERENCES rival.account,
                             amount numeric NOT NULL CHECK (amount > 0), created_at timestamptz NOT NULL, metadata jsonb);
CREATE TABLE rival.entry (entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL REFERENCES rival.account, transfer_id bigint NOT NULL REFERENCES rival.transfer,
                          amount numeric NOT NULL, balance_before numeric NOT NULL, balance_after numeric NOT NULL, version bigint NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX ON rival.entry (account_id, version);
CREATE INDEX ON rival.entry (transfer_id);
INSERT INTO rival.account SELECT i, 10000000, 0, false, now() FROM generate_series(1, :accounts) AS i;
CREATE FUNCTION rival.transfer(from_account bigint, to_account bigint, amount numeric) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
    payer rival.account;
    payee rival.account;
BEGIN
    -- Who is held first does not depend on who pays.
    PERFORM FROM rival.account WHERE account_id IN (from_account, to_account) ORDER BY account_id FOR UPDATE;
    UPDATE rival.account AS a SET balance = a.balance - amount, version = a.version + 1, updated_at = now() WHERE a.account_id = from_account RETURNING * INTO STRICT payer;
    UPDATE rival.account AS a SET balance = a.balance + amount, version = a.version + 1, updated_at = now() WHERE a.account_id = to_account RETURNING * INTO STRICT payee;
    IF payer.balance < 0 AND NOT payer.allow_negative THEN
        RAISE EXCEPTION 'account % has not that much', from_account;
    END IF;
    INSERT INTO rival.transfer (from_id, to_id, amount, created_at) VALUES (from_account, to_account, amount, now()) RETURNING transfer_id INTO id;
    INSERT INTO rival.entry (account_id, transfer_id, amount, balance_before, balance_after, version, created_at)
        VALUES (from_account, id, -amount, payer.balance + amount, payer.balance, payer.version, now()),
               (to_account, id, amount, payee.balance - amount, payee.balance, payee.version, now());
    RETURN id;
END $$;
CREATE TABLE rival.request (LIKE billing_books.usage_event);
CREATE UNIQUE INDEX ON rival.request (account_id, request_hash, probe);
VACUUM ANALYZE rival.account;
