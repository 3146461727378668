"""The SQL of a migration that claims to be compatible, its way back and its checks."""

from __future__ import annotations

from tests.policies.plan_under_test import Edit

MAP, MIGRATION = "core/v1:ConfigMap", "fleet/migrate-005-personal-business-use"
CHECK = "CALL pg_temp.slipway_check($q1$verification$q1$, $q2$a$q2$, $q3${}$q3$, NULL, $q4$1$q4$, NULL, NULL);\n"


def sql(text: str, name: str = "migration.sql") -> Edit:
    return Edit(MAP, MIGRATION, ("data", name), f"{text};\n" if text else "")


def block(text: str) -> Edit:
    return sql(f"DO $$ DECLARE t text; BEGIN {text}; END $$")


CAUGHT = {
    "migration-online": {
        "staging": [
            sql("TRUNCATE vehicles"),
            sql("DELETE FROM vehicles"),
            sql("DELETE FROM vehicles WHERE true"),
            sql("DELETE FROM vehicles WHERE 1 = 1"),
            sql("DELETE FROM vehicles WHERE id = id"),
            sql("DELETE FROM vehicles WHERE id IS NULL OR id IS NOT NULL"),
            sql("UPDATE vehicles SET colour = 'red'"),
            sql("UPDATE vehicles SET colour = 'red' WHERE make = 'x' OR true"),
            sql("WITH gone AS (DELETE FROM vehicles RETURNING *) SELECT count(*) FROM gone"),
            sql("PREPARE p AS DELETE FROM vehicles"),
            sql("MERGE INTO vehicles USING trips ON true WHEN MATCHED THEN DELETE"),
            sql("DROP TRIGGER touched ON vehicles"),
            sql("DROP MATERIALIZED VIEW totals"),
            sql("DROP OWNED BY old_role"),
            sql("ALTER TABLE vehicles DISABLE TRIGGER ALL"),
            sql("ALTER TABLE vehicles SET UNLOGGED"),
            sql("ALTER TABLE trips DETACH PARTITION trips_2020"),
            sql("ALTER TABLE vehicles SET SCHEMA archive"),
            sql("LOCK TABLE vehicles"),
            sql("REVOKE SELECT ON vehicles FROM fleet_app"),
            sql("REFRESH MATERIALIZED VIEW totals"),
            sql("ALTER VIEW totals RENAME TO sums"),
            sql("CREATE FUNCTION empty() RETURNS void LANGUAGE sql AS 'DELETE FROM vehicles'"),
            sql("CREATE FUNCTION empty() RETURNS void LANGUAGE plpgsql AS $$ BEGIN TRUNCATE vehicles; END $$"),
            sql("CREATE FUNCTION empty() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM vehicles; END"),
            sql("CREATE RULE none AS ON INSERT TO trips DO ALSO DELETE FROM vehicles"),
            block("TRUNCATE vehicles"),
            block("EXECUTE 'DROP TABLE vehicles'"),
            block("EXECUTE format('DELETE FROM %I', 'vehicles')"),
            block("t := 'x'; EXECUTE t"),
            block("IF true THEN UPDATE vehicles SET colour = 'red'; END IF"),
            block("FOR t IN SELECT 'a' LOOP EXECUTE 'TRUNCATE ' || quote_ident(t); END LOOP"),
        ]
    },
    "migration-rights": {
        "staging": [
            sql("COPY vehicles FROM PROGRAM 'curl example.com'"),
            sql("COPY vehicles TO '/tmp/vehicles'"),
            sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC"),
            sql("GRANT rds_superuser TO fleet_app"),
            sql("GRANT SELECT ON vehicles TO fleet_app WITH GRANT OPTION"),
            sql("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"),
            sql("CREATE ROLE somebody LOGIN"),
            sql("ALTER ROLE fleet_app SUPERUSER"),
            sql("SET ROLE postgres"),
            sql("SET SESSION AUTHORIZATION postgres"),
            sql("ALTER TABLE vehicles OWNER TO fleet_app"),
            sql("ALTER TABLE vehicles DISABLE ROW LEVEL SECURITY"),
            sql("DROP POLICY tenants ON vehicles"),
            sql("CREATE POLICY everybody ON vehicles USING (true)"),
            sql("SET session_replication_role = replica"),
            sql("SET LOCAL row_security = off"),
            sql("SET lock_timeout = 0"),
            sql("SET LOCAL statement_timeout = '1h'"),
            sql("RESET ALL"),
            sql("SELECT set_config('lock_timeout', '0', false)"),
            sql("ALTER DATABASE fleet SET statement_timeout = 0"),
            sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"),
            sql("SELECT pg_read_file('/etc/passwd')"),
            sql("CREATE EXTENSION dblink"),
            sql("CREATE FUNCTION f() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'"),
            sql("CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'return 1'"),
            block("EXECUTE 'GRANT ALL ON vehicles TO PUBLIC'"),
            block("PERFORM lo_import('/etc/passwd')"),
            sql("GRANT ALL ON vehicles TO PUBLIC", "rollback.sql"),
            (
                sql("GRANT ALL ON products TO PUBLIC"),
                Edit(MAP, MIGRATION, ("metadata", "annotations", "slipway.dev/migration-compatible"), "false"),
            ),
        ]
    },
    "migration-lint-ignores": {
        "staging": [
            sql(
                "-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX vehicles_colour ON vehicles (colour)"
            ),
            sql("-- squawk-ignore-file\nDROP TABLE vehicles"),
            sql("SELECT 1; -- squawk-disable-assume-in-transaction"),
        ]
    },
    "migration-rollback": {
        "staging": [
            sql("", "rollback.sql"),
            sql("SELECT 1", "rollback.sql"),
            sql("-- nothing to do\nDO $$ BEGIN NULL; END $$", "rollback.sql"),
        ]
    },
    "migration-verification": {
        "staging": [
            Edit(MAP, MIGRATION, ("data", "apply.sql"), CHECK.format(query))
            for query in ("SELECT 1", "SELECT true", "SELECT count(*) >= 0 FROM vehicles", "SELECT 1 FROM vehicles")
        ]
    },
}

FINE = {
    "staging": [
        sql("ALTER TABLE vehicles ADD COLUMN colour text"),
        sql("ALTER TABLE vehicles ADD COLUMN colour text NOT NULL DEFAULT 'red'"),
        sql(
            "CREATE TABLE paints (id uuid PRIMARY KEY, name text NOT NULL);\nCREATE INDEX paints_name ON paints (name)"
        ),
        sql("UPDATE vehicles SET colour = 'red' WHERE colour IS NULL"),
        sql("DELETE FROM trips USING vehicles WHERE trips.vehicle_id = vehicles.id AND vehicles.retired"),
        sql("CREATE TEMP TABLE seen (id uuid);\nTRUNCATE seen"),
        sql("GRANT SELECT ON vehicles TO fleet_app"),
        sql("REVOKE ALL ON vehicles FROM PUBLIC"),
        sql("ALTER TABLE vehicles ENABLE ROW LEVEL SECURITY"),
        sql("INSERT INTO makers (name) VALUES ('Oak') ON CONFLICT DO NOTHING"),
        sql("CREATE OR REPLACE VIEW reds AS SELECT id FROM vehicles WHERE colour = 'red'"),
        sql("COMMENT ON TABLE vehicles IS 'TRUNCATE is not what this does'"),
        block("IF NOT EXISTS (SELECT FROM makers) THEN INSERT INTO makers (name) VALUES ('Oak'); END IF"),
        Edit(MAP, MIGRATION, ("data", "apply.sql"), CHECK.format("SELECT count(*) FROM vehicles WHERE colour IS NULL")),
        (
            Edit(MAP, MIGRATION, ("data", "migration.sql"), "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON cars (a);\n"),
            Edit(MAP, MIGRATION, ("metadata", "annotations", "slipway.dev/migration-transactional"), "false"),
        ),
    ]
}
