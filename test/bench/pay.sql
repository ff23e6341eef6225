-- A top-up of any account.
\set account random(1, :accounts)
\set n :n + 1
SELECT * FROM billing.record_offline_payment(:account, 10, 'top-up ' || :client_id || '-' || :n, 'soak ' || :client_id || '-' || :n);
