-- What every session of a migration begins with: how psql prints, and functions that end with the session.

\set VERBOSITY verbose
SET client_min_messages = warning;
SET idle_in_transaction_session_timeout = '60s';
-- A session whose client died ends within seconds, even in the middle of a long statement.
SET client_connection_check_interval = '1s';
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;

CREATE FUNCTION pg_temp.slipway_short(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $slipway$
    SELECT coalesce(left(regexp_replace(value, '[[:cntrl:]]+', ' ', 'g'), 80), 'NULL')
$slipway$;

CREATE FUNCTION pg_temp.slipway_line(migration text, step text, status text, began timestamptz, detail text)
RETURNS json LANGUAGE sql AS $slipway$
    SELECT json_build_object(
        'migration', migration, 'step', step, 'status', status,
        'seconds', round(extract(epoch FROM clock_timestamp() - began)::numeric, 3), 'detail', detail
    )
$slipway$;

-- Each check runs read-only, in a subtransaction whose end makes the transaction writable again.

CREATE PROCEDURE pg_temp.slipway_check(
    kind text, title text, query text, rows bigint, equals text, low numeric, high numeric
) LANGUAGE plpgsql AS $slipway$
DECLARE
    number CONSTANT text := '^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$';
    answer record;
    kept json;
    counted bigint := 0;
    width bigint;
    type text;
    found text;
    expected text;
    holds boolean := true;
BEGIN
    BEGIN
        PERFORM set_config('transaction_read_only', 'on', true);
        FOR answer IN EXECUTE query LOOP
            counted := counted + 1;
            IF counted = 1 THEN
                kept := row_to_json(answer);
            END IF;
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format('%s "%s": %s', kind, pg_temp.slipway_short(title), SQLERRM);
    END;
    IF rows IS NOT NULL AND counted <> rows THEN
        RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = format(
            '%s "%s": found %s rows, expected %s', kind, pg_temp.slipway_short(title), counted, rows
        );
    END IF;
    IF equals IS NULL AND low IS NULL THEN
        RETURN;
    END IF;
    SELECT count(*), min(json_typeof(value)), min(value #>> '{}') INTO width, type, found FROM json_each(kept);
    IF counted <> 1 OR width <> 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = format(
            '%s "%s": found %s rows of %s columns, expected a single value',
            kind, pg_temp.slipway_short(title), counted, width
        );
    END IF;
    IF equals IS NOT NULL THEN
        expected := equals;
        holds := CASE WHEN type = 'number' AND equals ~ number
            THEN found::numeric = equals::numeric ELSE found IS NOT DISTINCT FROM equals END;
    ELSE
        expected := format('from %s to %s', low, high);
        holds := CASE WHEN found ~ number THEN found::numeric BETWEEN low AND high ELSE false END;
    END IF;
    IF holds IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = format(
            '%s "%s": found %s, expected %s',
            kind, pg_temp.slipway_short(title), pg_temp.slipway_short(found), pg_temp.slipway_short(expected)
        );
    END IF;
END;
$slipway$;

CREATE PROCEDURE pg_temp.slipway_keep(number integer, title text, query text) LANGUAGE plpgsql AS $slipway$
DECLARE
    answer record;
    counted bigint := 0;
BEGIN
    PERFORM set_config('transaction_read_only', 'on', true);
    FOR answer IN EXECUTE query LOOP
        counted := counted + 1;
        INSERT INTO pg_temp.slipway_baseline VALUES (number, counted, row_to_json(answer));
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format('baseline "%s": %s', pg_temp.slipway_short(title), SQLERRM);
END;
$slipway$;

-- What the log says of a baseline: its numbers when it is one row of numbers, else how many rows. Rows may hold what is
-- personal, and stay in the database.
CREATE FUNCTION pg_temp.slipway_shown(number integer, title text) RETURNS text LANGUAGE plpgsql AS $slipway$
BEGIN
    RETURN (
        SELECT format('%s: %s', pg_temp.slipway_short(title), CASE
            WHEN count(DISTINCT b.position) = 1 AND bool_and(coalesce(json_typeof(v.value), 'null') = 'number')
            THEN string_agg(v.value #>> '{}', ', ' ORDER BY v.ordinality)
            ELSE format('%s rows', count(DISTINCT b.position))
        END)
        FROM pg_temp.slipway_baseline AS b, json_each(b.answer) WITH ORDINALITY AS v(key, value, ordinality)
        WHERE b.comparison = number
    );
END;
$slipway$;

-- Columns are compared by their position, so they may be renamed; numbers within the tolerance; NULL equals NULL.
CREATE PROCEDURE pg_temp.slipway_compare(number integer, title text, query text, tolerance numeric)
LANGUAGE plpgsql AS $slipway$
DECLARE
    answer record;
    kept json;
    counted bigint := 0;
    expected bigint;
    other record;
BEGIN
    SELECT count(*) INTO expected FROM pg_temp.slipway_baseline AS b WHERE b.comparison = number;
    BEGIN
        PERFORM set_config('transaction_read_only', 'on', true);
        FOR answer IN EXECUTE query LOOP
            counted := counted + 1;
            SELECT b.answer INTO kept FROM pg_temp.slipway_baseline AS b
            WHERE b.comparison = number AND b.position = counted;
            CONTINUE WHEN NOT FOUND;
            SELECT position, before.value #>> '{}' AS was, after.value #>> '{}' AS now INTO other
            FROM json_each(kept) WITH ORDINALITY AS before (key, value, position)
            FULL JOIN json_each(row_to_json(answer)) WITH ORDINALITY AS after (key, value, position) USING (position)
            WHERE NOT CASE
                WHEN before.value IS NULL OR after.value IS NULL THEN false
                WHEN json_typeof(before.value) = 'number' AND json_typeof(after.value) = 'number'
                    THEN abs(before.value::text::numeric - after.value::text::numeric) <= tolerance
                ELSE before.value::text = after.value::text
            END
            ORDER BY position LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = format(
                    'row %s, column %s: found %s, expected %s',
                    counted, other.position, pg_temp.slipway_short(other.now), pg_temp.slipway_short(other.was)
                );
            END IF;
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE,
            MESSAGE = format('comparison "%s": %s', pg_temp.slipway_short(title), SQLERRM);
    END;
    IF counted <> expected THEN
        RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = format(
            'comparison "%s": found %s rows, expected %s', pg_temp.slipway_short(title), counted, expected
        );
    END IF;
END;
$slipway$;

CREATE PROCEDURE pg_temp.slipway_act(title text, statement text) LANGUAGE plpgsql AS $slipway$
BEGIN
    EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format('trigger "%s": %s', pg_temp.slipway_short(title), SQLERRM);
END;
$slipway$;

CREATE FUNCTION pg_temp.slipway_holds(title text, query text, rows bigint, equals text, low numeric, high numeric)
RETURNS boolean LANGUAGE plpgsql AS $slipway$
BEGIN
    CALL pg_temp.slipway_check('condition', title, query, rows, equals, low, high);
    RETURN true;
EXCEPTION WHEN SQLSTATE 'SLW01' THEN
    RETURN false;
END;
$slipway$;

-- A text that was read from a file arrived as it was planned.
CREATE FUNCTION pg_temp.slipway_whole(sql text, wanted text) RETURNS text LANGUAGE plpgsql AS $slipway$
BEGIN
    IF encode(sha256(convert_to(sql, 'UTF8')), 'hex') IS DISTINCT FROM wanted THEN
        RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = 'the mounted file is not the one that was planned';
    END IF;
    RETURN sql;
END;
$slipway$;

-- What a function executes cannot end its transaction, whatever it is written like. The last statement is ours, for
-- EXECUTE refuses a SELECT INTO at the end.
CREATE PROCEDURE pg_temp.slipway_run(sql text, wanted text) LANGUAGE plpgsql AS $slipway$
BEGIN
    EXECUTE pg_temp.slipway_whole(sql, wanted) || E'\n;SELECT';
END;
$slipway$;

-- A statement outside of a transaction begins one at its own time.
CREATE PROCEDURE pg_temp.slipway_no_transaction() LANGUAGE plpgsql AS $slipway$
BEGIN
    IF transaction_timestamp() <> statement_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = 'the file left a transaction open, so what it did was taken back';
    END IF;
END;
$slipway$;

CREATE FUNCTION pg_temp.slipway_unusable() RETURNS oid[] LANGUAGE sql AS $slipway$
    SELECT coalesce(array_agg(indexrelid ORDER BY indexrelid), '{}') FROM pg_catalog.pg_index WHERE NOT indisvalid
$slipway$;

-- Indexes of the whole database that are invalid, of those that nobody builds at this moment: by their oid others than
-- the known ones, and by their names those that the file makes, which IF NOT EXISTS would leave as they are.
CREATE FUNCTION pg_temp.slipway_invalid(known oid[], made json) RETURNS SETOF oid LANGUAGE sql AS $slipway$
    SELECT found.indexrelid
    FROM pg_catalog.pg_index AS found
    JOIN pg_catalog.pg_class AS index ON index.oid = found.indexrelid
    JOIN pg_catalog.pg_class AS owner ON owner.oid = found.indrelid
    JOIN pg_catalog.pg_namespace AS space ON space.oid = owner.relnamespace
    WHERE NOT found.indisvalid
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_stat_progress_create_index AS building
        WHERE building.index_relid = found.indexrelid AND building.pid <> pg_backend_pid()
    )
    AND (NOT found.indexrelid = ANY (known) OR EXISTS (
        SELECT FROM json_to_recordset(made) AS own (schema text, "table" text, name text)
        WHERE own.name = index.relname AND own."table" = owner.relname
        AND coalesce(own.schema, space.nspname) = space.nspname
    ))
$slipway$;

CREATE PROCEDURE pg_temp.slipway_all_valid(known oid[], made json) LANGUAGE plpgsql AS $slipway$
DECLARE
    invalid text;
BEGIN
    SELECT string_agg(index::regclass::text, ', ') INTO invalid
    FROM pg_temp.slipway_invalid(known, made) AS index;
    IF invalid IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SLW01', MESSAGE = format('invalid, and so used by no query: index %s', invalid);
    END IF;
END;
$slipway$;

-- Who may use the public schema may read the ledger too: a dump by the backup role would fail otherwise.
CREATE PROCEDURE pg_temp.slipway_make_ledger() LANGUAGE plpgsql AS $slipway$
DECLARE
    ledger CONSTANT regclass := to_regclass('slipway.migrations');
    reader regrole;
BEGIN
    IF ledger IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = ledger AND attname = 'invalid_indexes') THEN
            ALTER TABLE slipway.migrations ADD COLUMN invalid_indexes oid[];
        END IF;
        RETURN;
    END IF;
    CREATE SCHEMA IF NOT EXISTS slipway;
    CREATE TABLE slipway.migrations (
        name text PRIMARY KEY,
        checksum text NOT NULL,
        status text NOT NULL CHECK (status IN ('started', 'applied', 'skipped')),
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        started_at timestamptz,
        version text,
        seconds numeric(12, 3),
        invalid_indexes oid[]
    );
    FOR reader IN
        SELECT DISTINCT acl.grantee::regrole
        FROM pg_namespace AS schema, aclexplode(schema.nspacl) AS acl
        WHERE schema.nspname = 'public' AND acl.privilege_type = 'USAGE' AND acl.grantee <> 0
        AND acl.grantee <> schema.nspowner
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA slipway TO %s', reader);
        EXECUTE format('REVOKE ALL ON slipway.migrations FROM %s', reader);
        EXECUTE format('GRANT SELECT ON slipway.migrations TO %s', reader);
    END LOOP;
END;
$slipway$;

-- `new`, `started`, `applied` or `skipped`. One that was never applied may still change.
CREATE FUNCTION pg_temp.slipway_state(migration text, wanted text) RETURNS text LANGUAGE plpgsql AS $slipway$
DECLARE
    entry record;
BEGIN
    IF to_regclass('slipway.migrations') IS NULL THEN
        RETURN 'new';
    END IF;
    SELECT status, checksum INTO entry FROM slipway.migrations WHERE name = migration;
    IF NOT FOUND THEN
        RETURN 'new';
    ELSIF entry.checksum = wanted OR entry.status = 'started' THEN
        RETURN entry.status;
    ELSIF entry.status = 'skipped' THEN
        RETURN 'new';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'SLW03', MESSAGE = format(
        'already applied with checksum %s; the file now has %s', left(entry.checksum, 12), left(wanted, 12)
    );
END;
$slipway$;

CREATE PROCEDURE pg_temp.slipway_record(migration text, wanted text, state text, needed_by text)
LANGUAGE plpgsql AS $slipway$
BEGIN
    INSERT INTO slipway.migrations AS entry (name, checksum, status, version, invalid_indexes)
    VALUES (migration, wanted, state, needed_by, CASE state WHEN 'started' THEN pg_temp.slipway_unusable() END)
    ON CONFLICT (name) DO UPDATE SET
        checksum = excluded.checksum, status = excluded.status, version = excluded.version,
        applied_at = excluded.applied_at, invalid_indexes = CASE entry.status
            WHEN 'started' THEN entry.invalid_indexes ELSE excluded.invalid_indexes END;
    IF state = 'applied' THEN
        UPDATE slipway.migrations
        SET seconds = extract(epoch FROM clock_timestamp() - coalesce(started_at, now())) WHERE name = migration;
    ELSE
        UPDATE slipway.migrations SET started_at = clock_timestamp() WHERE name = migration;
    END IF;
END;
$slipway$;

-- The journals of Prisma (schema-engine, sql-schema-connector) and Knex (lib/migrations/migrate/table-creator.js), made as
-- they make them.

CREATE PROCEDURE pg_temp.slipway_tell(tool text, entry text, wanted text) LANGUAGE plpgsql AS $slipway$
BEGIN
    IF tool = 'prisma' THEN
        CREATE TABLE IF NOT EXISTS public._prisma_migrations (
            id varchar(36) PRIMARY KEY NOT NULL,
            checksum varchar(64) NOT NULL,
            finished_at timestamptz,
            migration_name varchar(255) NOT NULL,
            logs text,
            rolled_back_at timestamptz,
            started_at timestamptz NOT NULL DEFAULT now(),
            applied_steps_count integer NOT NULL DEFAULT 0
        );
        INSERT INTO public._prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
        SELECT gen_random_uuid(), wanted, clock_timestamp(), entry, 1
        WHERE NOT EXISTS (
            SELECT FROM public._prisma_migrations AS p
            WHERE p.migration_name = entry AND p.finished_at IS NOT NULL AND p.rolled_back_at IS NULL
        );
    ELSE
        CREATE TABLE IF NOT EXISTS public.knex_migrations (
            id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz
        );
        INSERT INTO public.knex_migrations (name, batch, migration_time)
        SELECT entry, coalesce(max(k.batch), 0) + 1, clock_timestamp() FROM public.knex_migrations AS k
        HAVING NOT coalesce(bool_or(k.name = entry), false);
    END IF;
END;
$slipway$;

CREATE PROCEDURE pg_temp.slipway_untell(tool text, entry text) LANGUAGE plpgsql AS $slipway$
BEGIN
    IF tool = 'prisma' AND to_regclass('public._prisma_migrations') IS NOT NULL THEN
        DELETE FROM public._prisma_migrations WHERE migration_name = entry;
    ELSIF tool = 'knex' AND to_regclass('public.knex_migrations') IS NOT NULL THEN
        DELETE FROM public.knex_migrations WHERE name = entry;
    END IF;
END;
$slipway$;
