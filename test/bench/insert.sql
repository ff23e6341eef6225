-- A request that is recorded, under usage's key, and nothing else.
\set n :n + 1
\set account_id random(1, :accounts)
INSERT INTO rival.request (account_id, request_hash, occurred_at, recorded_at, settled_at, price_id, first_entry_no, key_id, entry_count, input_tokens, output_tokens,
                           cache_read_tokens, cache_write_tokens, probe, charge, status, request_id, model, key_name)
    VALUES (:account_id, hashint8extended(:n, :client_id * 1000 + :run_no), now(), now(), now(), 1, 1, 1, 1, 1000, 100, 0, 0, 0, 0.010101, 'charged',
            'req-' || :run_no || '-' || :client_id || '-' || :n, 'mimo-v2.5-pro', 'bench');
