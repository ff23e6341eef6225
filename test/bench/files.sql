-- Events :from to :upto, ten to each account in 100,000, in no order, written to files: to go into the inbox, and
-- where :with_ready as the rows that settling them would leave behind, for the rival of the pipeline.
CREATE TEMP TABLE event AS
    SELECT 1 + i % :accounts AS account_id, 'req-' || md5(:'name' || i) AS request_id,
           100 + (hashint8(i + 1000000007) & 4095) AS input, 10 + (hashint8(i + 2000000011) & 511) AS output
    FROM generate_series(:from, :upto - 1) AS i ORDER BY hashint8(i);
COPY (SELECT account_id, 1, request_id, 'mimo-v2.5-pro', input, output, 0, 0, clock_timestamp() FROM event) TO :'inbox_file';
\if :with_ready
COPY (SELECT account_id, ('x' || encode(substring(sha256(request_id::bytea) FOR 8), 'hex'))::bit(64)::bigint,
             now(), now(), now(), 1, 1, input * 0.001, 1, 1, input, output, 0, 0, 0,
             round((input * 3.0885 + output * 6.177) / 1000000, 9), 'charged', request_id, 'mimo-v2.5-pro', 'bench', NULL
      FROM event) TO :'ready_file';
\endif
DROP TABLE event;
