-- What a gate and a customer's page ask of any account.
\set account random(1, :accounts)
SELECT * FROM billing.authorize(:account, 1::bigint);
SELECT * FROM billing.balance(:account);
SELECT * FROM billing.list_statement(:account, "limit" => 20);
