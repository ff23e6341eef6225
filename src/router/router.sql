\echo Use "CREATE EXTENSION billing_router" to load this file. \quit

SET LOCAL search_path TO pg_catalog, pg_temp;

-- As of billing itself: the schema must be empty, and nobody but superusers may add to it.
CREATE FUNCTION billing.claim_schema() RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_claim_schema';
SELECT billing.claim_schema();
DROP FUNCTION billing.claim_schema();

CREATE SCHEMA billing_router;
COMMENT ON SCHEMA billing_router IS 'Which database (cell) has which accounts; billing has the calls, as each cell has them, and billing_cell those that are of one cell.';
CREATE SCHEMA billing_cell;
COMMENT ON SCHEMA billing_cell IS 'The calls of billing with the cell in front: for what no account tells whose it is.';

CREATE TABLE billing_router.cell (
    cell integer PRIMARY KEY CHECK (cell >= 0),
    name text NOT NULL UNIQUE,
    first_id bigint NOT NULL CHECK (first_id > 0),
    last_id bigint NOT NULL CHECK (last_id >= first_id AND last_id <= 4611686018427387904),
    CONSTRAINT cell_range_overlaps EXCLUDE USING gist (int8range(first_id, last_id, '[]') WITH &&)
);
COMMENT ON TABLE billing_router.cell IS 'The cells and their accounts; cell n is option pn of server billing. A cell stays, and its range can be widened alone: accounts do not move.';
COMMENT ON COLUMN billing_router.cell.cell IS 'Its number, from 0 on without a gap.';
COMMENT ON COLUMN billing_router.cell.name IS 'What people call it.';
COMMENT ON COLUMN billing_router.cell.first_id IS 'Its lowest account id, as set_account_range() has it there.';
COMMENT ON COLUMN billing_router.cell.last_id IS 'Its highest.';

CREATE TABLE billing_router.open_cells (
    list_no bigint PRIMARY KEY,
    cells integer[] NOT NULL CHECK (cardinality(cells) > 0 AND array_position(cells, NULL) IS NULL),
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    set_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE billing_router.open_cells IS 'Lists of the cells that accounts without an id are made in; the newest counts, and older ones stay.';
COMMENT ON COLUMN billing_router.open_cells.list_no IS 'Number of the list.';
COMMENT ON COLUMN billing_router.open_cells.cells IS 'The cells; which of them, a hash of the external_ref says.';
COMMENT ON COLUMN billing_router.open_cells.set_at IS 'Since when it counts.';
COMMENT ON COLUMN billing_router.open_cells.set_by IS 'Who set it.';

SELECT pg_extension_config_dump('billing_router.cell', '');
SELECT pg_extension_config_dump('billing_router.open_cells', '');

CREATE FUNCTION billing_router.history_guard() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'cell' AND TG_OP = 'UPDATE' THEN
        IF NEW.cell = OLD.cell AND NEW.first_id <= OLD.first_id AND NEW.last_id >= OLD.last_id THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% of table "%" is refused: it is history', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'LB601', HINT = 'A cell stays, and its range can be widened alone; open_cells() sets a new list.';
END $$;
COMMENT ON FUNCTION billing_router.history_guard() IS 'Trigger of both tables: cells and lists stay (LB601).';
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON billing_router.cell FOR EACH ROW EXECUTE FUNCTION billing_router.history_guard();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON billing_router.cell EXECUTE FUNCTION billing_router.history_guard();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON billing_router.open_cells FOR EACH ROW EXECUTE FUNCTION billing_router.history_guard();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON billing_router.open_cells EXECUTE FUNCTION billing_router.history_guard();

CREATE FUNCTION billing_router.server_fault(cell integer) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    options text[];
BEGIN
    SELECT s.srvoptions INTO options FROM pg_foreign_server AS s WHERE s.srvname = 'billing';
    RETURN CASE
        WHEN NOT coalesce('modular_mapping=1' = ANY (options), false)
        THEN 'server billing has no option modular_mapping ''1'': without it PL/Proxy takes 1, 2, 4 or 8 cells and no other number'
        WHEN NOT EXISTS (SELECT FROM unnest(options) AS o (option) WHERE starts_with(o.option, format('p%s=', $1)) AND o.option ~ 'datestyle=ISO')
        THEN format('server billing has no option p%s ''host=... dbname=... options=-cdatestyle=ISO'': instants come as text, and a day must not be taken for a month', $1)
    END;
END $$;
COMMENT ON FUNCTION billing_router.server_fault(integer) IS 'What is wrong with the options of server billing, as far as a cell goes; null: nothing.';

CREATE FUNCTION billing_router.add_cell(name text, first_id bigint, last_id bigint) RETURNS integer
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    number integer;
BEGIN
    LOCK TABLE billing_router.cell IN EXCLUSIVE MODE;
    SELECT count(*) INTO number FROM billing_router.cell;
    IF billing_router.server_fault(number) IS NOT NULL THEN
        RAISE EXCEPTION '%', billing_router.server_fault(number) USING ERRCODE = 'LB108', HINT = 'ALTER SERVER billing OPTIONS (ADD ...); docs/several-databases.md.';
    END IF;
    INSERT INTO billing_router.cell (cell, name, first_id, last_id) VALUES (number, $1, $2, $3);
    RETURN number;
END $$;
COMMENT ON FUNCTION billing_router.add_cell(text, bigint, bigint) IS 'Tells the router of the next cell: option p0, p1, ... of server billing, and which accounts it has. Returns its number. For the owner of the router. Example: SELECT billing_router.add_cell(''a'', 1, 1000000000).';

CREATE FUNCTION billing_router.widen_cell(cell integer, first_id bigint, last_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE billing_router.cell AS c SET first_id = $2, last_id = $3 WHERE c.cell = billing_router.cell_number($1);
END $$;
COMMENT ON FUNCTION billing_router.widen_cell(integer, bigint, bigint) IS 'Gives a cell more accounts, after set_account_range() there. For the owner of the router.';

CREATE FUNCTION billing_router.open_cells(cells integer[]) RETURNS bigint
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM billing_router.cell_number(c.cell) FROM unnest($1) AS c (cell);
    LOCK TABLE billing_router.open_cells IN EXCLUSIVE MODE;
    SELECT coalesce(max(o.list_no), 0) + 1 INTO number FROM billing_router.open_cells AS o;
    INSERT INTO billing_router.open_cells (list_no, cells) SELECT number, array_agg(DISTINCT c.cell ORDER BY c.cell) FROM unnest($1) AS c (cell);
    RETURN number;
END $$;
COMMENT ON FUNCTION billing_router.open_cells(integer[]) IS 'Says which cells accounts without an id are made in from now on. Returns the number of the list. For the owner of the router.';

CREATE FUNCTION billing_router.cell_of(account_id bigint) RETURNS integer
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    found integer;
BEGIN
    SELECT c.cell INTO found FROM billing_router.cell AS c WHERE $1 OPERATOR(pg_catalog.>=) c.first_id AND $1 OPERATOR(pg_catalog.<=) c.last_id;
    IF found IS NULL THEN
        RAISE EXCEPTION 'account % is of no cell', coalesce($1::text, 'null') USING ERRCODE = 'LB209',
            HINT = 'billing_router.cell lists whose is what; accounts of the house are in every cell: the calls of schema billing_cell.';
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION billing_router.cell_of(bigint) IS 'The cell that has an account. Errors: LB209 where none has.';

CREATE FUNCTION billing_router.cell_of_key(api_key text) RETURNS integer
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    account_id CONSTANT bigint := billing.api_key_account($1);
BEGIN
    RETURN coalesce((SELECT c.cell FROM billing_router.cell AS c WHERE account_id OPERATOR(pg_catalog.>=) c.first_id AND account_id OPERATOR(pg_catalog.<=) c.last_id), 0);
END $$;
COMMENT ON FUNCTION billing_router.cell_of_key(text) IS 'The cell that can say something of a key: that of its account; the first one for texts that are no keys, or of no cell''s account. Never raises.';

CREATE FUNCTION billing_router.cell_number(cell integer) RETURNS integer
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_router.cell AS c WHERE c.cell OPERATOR(pg_catalog.=) $1) THEN
        RAISE EXCEPTION 'there is no cell %', coalesce($1::text, 'null') USING ERRCODE = 'LB108', HINT = 'billing_router.cell lists them.';
    END IF;
    RETURN $1;
END $$;
COMMENT ON FUNCTION billing_router.cell_number(integer) IS 'The number of a cell that there is. Errors: LB108.';

CREATE FUNCTION billing.find_account(external_ref text) RETURNS bigint
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    number integer;
    found bigint;
    failed boolean := false;
BEGIN
    FOR number IN SELECT c.cell FROM billing_router.cell AS c ORDER BY c.cell LOOP
        BEGIN
            found := billing_cell.find_account(number, $1);
        EXCEPTION WHEN connection_exception OR internal_error OR operator_intervention THEN
            failed := true;
        END;
        IF found IS NOT NULL THEN
            RETURN found;
        END IF;
    END LOOP;
    IF failed THEN
        RAISE EXCEPTION 'a cell does not answer, and none of the others has this account' USING ERRCODE = '08006', HINT = 'Try again when it does: it may have it.';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION billing.find_account(text) IS 'The account of an external_ref, in whatever cell; null where none has it. Errors: 08006 where a cell does not answer that may have it.';

CREATE FUNCTION billing_router.cell_for(account_id bigint, external_ref text) RETURNS integer
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    found bigint;
    open_now integer[];
BEGIN
    -- Two at once that ask for the same: the second finds what the first has made, whatever list counts by then.
    PERFORM pg_advisory_xact_lock(hashtextextended($2, 0));
    IF $2 IS NOT NULL THEN
        BEGIN
            found := billing.find_account($2);
        EXCEPTION WHEN connection_failure THEN
            IF $1 IS NULL THEN
                RAISE;
            END IF;
        END;
    END IF;
    IF found <> $1 THEN
        RAISE EXCEPTION 'account % exists with other values: account_id', found USING ERRCODE = 'LB202',
            HINT = 'Repeat create_account() with the same arguments, or use another account_id and external_ref.';
    ELSIF coalesce($1, found) IS NOT NULL THEN
        RETURN billing_router.cell_of(coalesce($1, found));
    END IF;
    SELECT o.cells INTO open_now FROM billing_router.open_cells AS o ORDER BY o.list_no DESC LIMIT 1;
    IF open_now IS NULL THEN
        RAISE EXCEPTION 'no cell is open for new accounts' USING ERRCODE = 'LB211', HINT = 'Say which are: billing_router.open_cells().';
    END IF;
    RETURN open_now[1 + abs(coalesce(hashtextextended($2, 0), (random() * 1000000)::bigint) % cardinality(open_now))];
END $$;
COMMENT ON FUNCTION billing_router.cell_for(bigint, text) IS 'The cell in which create_account() makes an account, or finds it: that of the id; else that which has the external_ref; else one that is open for new ones, by a hash of the external_ref, or any.';

CREATE FUNCTION billing_router.check(OUT cell integer, OUT name text, OUT fault text) RETURNS SETOF record
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    c billing_router.cell;
    said jsonb;
    first jsonb;
BEGIN
    FOR c IN SELECT * FROM billing_router.cell ORDER BY 1 LOOP
        BEGIN
            SELECT jsonb_object_agg(s.name, s.value) INTO said FROM billing_cell.status(c.cell) AS s;
            first := coalesce(first, said);
            fault := concat_ws('; ', billing_router.server_fault(c.cell),
                CASE WHEN said ->> 'account range' <> format('%s to %s', c.first_id, c.last_id) THEN format('its account range is %s, the router has %s to %s', said ->> 'account range', c.first_id, c.last_id) END,
                CASE WHEN said ->> 'library version' <> billing.version() THEN format('its library is %s, that of the router %s', said ->> 'library version', billing.version()) END,
                CASE WHEN said ->> 'price fingerprint' <> first ->> 'price fingerprint' THEN 'its prices are not those of the first cell that answers' END);
        EXCEPTION WHEN OTHERS THEN
            fault := SQLSTATE || ' ' || SQLERRM;
        END;
        IF fault <> '' THEN
            cell := c.cell;
            name := c.name;
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION billing_router.check() IS 'What is wrong with the cells: one does not answer, has another range than the router thinks, another library, or other prices than the rest. No row is the only good answer. It calls as an operator, auditor or monitor of the cells.';

CREATE FUNCTION billing_router.duplicate_references(OUT kind text, OUT reference text, OUT cells integer[], OUT accounts bigint[]) RETURNS SETOF record
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY
        SELECT r.kind, r.reference, array_agg(c.cell ORDER BY c.cell), array_agg(r.account_id ORDER BY c.cell)
        FROM billing_router.cell AS c, billing_cell.account_references(c.cell) AS r
        GROUP BY r.kind, r.reference
        HAVING count(DISTINCT c.cell) > 1;
END $$;
COMMENT ON FUNCTION billing_router.duplicate_references() IS 'Transactions of providers and banks, and external_refs, that more than one cell has claimed: within a cell none can be. No row is the only good answer. It calls as an operator or auditor of the cells.';
