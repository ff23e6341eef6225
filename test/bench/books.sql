-- Accounts that can pay for all that is measured: one cash lot, one key each.
CREATE EXTENSION billing;
SELECT billing.install();
SELECT billing.set_price('mimo-v2.5-pro', 'CNY', 3.0885, 6.177, 0.02556,
                         effective_from => now() - interval '1 day');
SELECT count(billing.create_account(i, 'cn')) FROM generate_series(1, :accounts) AS i;
SELECT count(*)
    FROM generate_series(1, :accounts) AS i,
         billing.record_offline_payment(i, 10000000, 'fund', 'transfer ' || i);
CREATE TABLE bench_key AS
    SELECT i AS account_id, k.key_id, k.api_key
    FROM generate_series(1, :accounts) AS i, billing.create_api_key(i, 'bench') AS k;
VACUUM ANALYZE;
