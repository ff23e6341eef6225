-- Accounts from :first on that can pay for all that is measured: one cash lot, one key each. Size is counted from here on.
CREATE EXTENSION billing;
SELECT billing.install();
SELECT billing.set_price('mimo-v2.5-pro', 'CNY', 3.0885, 6.177, 0.02556,
                         effective_from => now() - interval '60 days');
SELECT count(billing.create_account(i, 'cn')) FROM generate_series(:first, :first + :accounts - 1) AS i;
SELECT count(*)
    FROM generate_series(:first, :first + :accounts - 1) AS i,
         billing.record_offline_payment(i, 10000000, 'fund', 'transfer ' || i);
CREATE TABLE bench_key AS
    SELECT i AS account_id, k.key_id, k.api_key
    FROM generate_series(:first, :first + :accounts - 1) AS i, billing.create_api_key(i, 'bench') AS k;
-- Processor time of a server process so far, in microseconds.
CREATE FUNCTION bench_cpu_us(pid int) RETURNS bigint LANGUAGE sql AS $$
    SELECT (stat[12]::bigint + stat[13]::bigint) * 10000 -- 100 ticks a second: proc(5), fields 14 and 15
    FROM regexp_split_to_array(regexp_replace(pg_read_file('/proc/' || pid || '/stat'), '^.*\) ', ''), ' ') AS stat
$$;
-- Waits until the settler has settled so many events since it started; fails if it comes no further for a minute.
CREATE PROCEDURE bench_wait(target bigint) LANGUAGE plpgsql AS $$
DECLARE
    done bigint := -1;
    moved_at timestamptz;
BEGIN
    LOOP
        IF (SELECT events_total FROM billing.settler()) IS DISTINCT FROM done THEN
            SELECT events_total, clock_timestamp() INTO done, moved_at FROM billing.settler();
        END IF;
        EXIT WHEN done >= target;
        IF moved_at < clock_timestamp() - interval '1 min' THEN
            RAISE EXCEPTION 'the settler stands still at % of % events', done, target;
        END IF;
        COMMIT;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
-- All tables and indexes of the books.
CREATE FUNCTION bench_size() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_total_relation_size(c.oid))::bigint
    FROM pg_class AS c WHERE c.relnamespace = 'billing_books'::regnamespace AND c.relkind = 'r'
$$;
VACUUM ANALYZE;
