-- As meter.sql, all of one account.
\set account 1
\set input random(100, 4000)
\set output random(10, 600)
\set cached random(0, 2000)
\set n :n + 1
\set request :run_no * 10000000000000 + :client_id * 10000000000 + :n
SELECT * FROM billing.meter(:account, 1, :request::text, 'mimo-v2.5-pro', :input, :output, :cached);
