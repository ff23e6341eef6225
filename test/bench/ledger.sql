-- A request's money in the rival ledger: from its account to another one, so that no account of revenue is in everybody's way.
\set account_id random(1, :accounts)
\set other_id 1 + (:account_id + random(0, :accounts - 2)) % :accounts
SELECT rival.transfer(:account_id, :other_id, 0.010101);
