-- What the platform's gateway does for a request. Client c of :clients takes requests c, c + :clients, ...
\set n :count * :clients + :client_id
\set count :count + 1
\if :n < :requests
SELECT r.request_id, r.account_id, r.model, r.prompt_tokens, r.generated_tokens, c.api_key,
       greatest(0, r.due_ms + :started_ms::bigint - extract(epoch FROM clock_timestamp()) * 1000)::int AS wait_ms
    FROM demo.request AS r JOIN demo.customer AS c USING (account_id) WHERE r.n = :n \gset
\sleep :wait_ms ms
-- May this key call?
SELECT allowed, reason, key_id, shortfall FROM billing.authorize(:api_key) \gset
\if :allowed
-- Here the model would answer. Then the tokens are charged.
SELECT status FROM billing.charge(:account_id, :key_id, :request_id, :model, :prompt_tokens, :generated_tokens) \gset
\set retry :n % 100
\if :retry = 0
-- The answer to that was lost: the gateway reports the same request once more.
SELECT status FROM billing.charge(:account_id, :key_id, :request_id, :model, :prompt_tokens, :generated_tokens) \gset
\endif
\else
INSERT INTO demo.refused (n, account_id, reason, shortfall) VALUES (:n, :account_id, :reason, :shortfall);
\endif
\endif
