"""The Job that creates a database's roles and grants; it is idempotent.

The owner has DDL, the application DML, backups read, and the exporter reads statistics only. The grants cover every
schema that the owner creates, tables with row-level security, and large objects. Since PostgreSQL 15 only the
database's owner can create objects in `public`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod
from components.manifests.scope import Scope
from slipway.settings.services import Resources

POSTGRES_USER = 70
"""User id of `postgres`. Source: docker-library/postgres, Alpine images."""

SCRIPT = """\
set -eu
exec psql --no-psqlrc --set=ON_ERROR_STOP=1 --quiet --file=/scripts/roles.sql
"""

SQL = """\
\\getenv database DATABASE
\\getenv owner OWNER
\\getenv owner_password OWNER_PASSWORD
\\getenv app APP
\\getenv app_password APP_PASSWORD
\\getenv backup BACKUP
\\getenv backup_password BACKUP_PASSWORD
\\getenv monitor MONITOR
\\getenv monitor_password MONITOR_PASSWORD
\\getenv extensions EXTENSIONS

SELECT format('CREATE ROLE %I LOGIN', name)
FROM (VALUES (:'owner'), (:'app'), (:'backup'), (:'monitor')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name)
\\gexec
ALTER ROLE :"owner" PASSWORD :'owner_password';
ALTER ROLE :"app" PASSWORD :'app_password';
ALTER ROLE :"backup" PASSWORD :'backup_password';
ALTER ROLE :"monitor" PASSWORD :'monitor_password';
GRANT pg_monitor TO :"monitor";
-- A managed server's administrator is no superuser: it hands a database over as a member of its new owner.
GRANT :"owner", :"app" TO CURRENT_USER;
-- The owner shares what the application makes at run time: large objects.
GRANT :"app" TO :"owner";
-- As PostgreSQL lets an administrator do. Where it does not, the function below makes a policy of each table.
SELECT format('ALTER ROLE %I BYPASSRLS', :'backup') FROM pg_catalog.pg_roles
WHERE rolname = CURRENT_USER
AND (rolsuper OR rolbypassrls AND current_setting('server_version_num')::integer >= 160000)
\\gexec

SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = :'database')
\\gexec
ALTER DATABASE :"database" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app", :"backup", :"monitor";
\\connect :"database"

SELECT format('CREATE EXTENSION IF NOT EXISTS %I', name)
FROM unnest(string_to_array(nullif(:'extensions', ''), ',')) AS name
\\gexec
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS slipway AUTHORIZATION :"owner";

-- What is there, in every schema of the owner's, and then what the owner will make in any of them.
SELECT format('GRANT USAGE ON SCHEMA %I TO %I, %I', nspname, :'app', :'backup'),
    format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', nspname, :'backup'),
    format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', nspname, :'backup'),
    format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', nspname, :'app'),
    format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', nspname, :'app')
FROM pg_catalog.pg_namespace WHERE nspowner = :'owner'::regrole
\\gexec
REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA slipway FROM :"app";
SELECT format('ALTER LARGE OBJECT %s OWNER TO %I', oid, :'app')
FROM pg_catalog.pg_largeobject_metadata WHERE lomowner <> :'app'::regrole
\\gexec
SET ROLE :"owner";
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO :"app", :"backup";
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO :"app";
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO :"backup";
ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO :"backup";

-- Before each dump, by the role that makes it: what no default privileges give.
CREATE OR REPLACE FUNCTION slipway.share_with_backups() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $slipway$
DECLARE
    reader CONSTANT regrole := quote_ident(session_user)::regrole;
    found record;
BEGIN
    FOR found IN
        SELECT object.oid FROM pg_largeobject_metadata AS object
        WHERE pg_has_role(object.lomowner, 'USAGE') AND NOT EXISTS (
            SELECT FROM aclexplode(object.lomacl) AS acl WHERE acl.grantee = reader AND acl.privilege_type = 'SELECT'
        )
    LOOP
        EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO %s', found.oid, reader);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE oid = reader AND (rolsuper OR rolbypassrls)) THEN
        RETURN;
    END IF;
    FOR found IN
        SELECT hidden.oid::regclass AS name FROM pg_class AS hidden
        WHERE hidden.relrowsecurity AND pg_has_role(hidden.relowner, 'USAGE') AND NOT EXISTS (
            SELECT FROM pg_policy WHERE polrelid = hidden.oid AND polname = 'slipway_backup'
        )
    LOOP
        EXECUTE format('CREATE POLICY slipway_backup ON %s FOR SELECT TO %s USING (true)', found.name, reader);
    END LOOP;
END;
$slipway$;
REVOKE ALL ON FUNCTION slipway.share_with_backups() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION slipway.share_with_backups() TO :"backup";
"""


def role_names(database: str, owner: str | None) -> dict[str, str]:
    """Returns the roles of a database by purpose."""
    others = {part: f"{database}_{part}" for part in ("app", "backup", "monitor")}
    return {"owner": owner or f"{database}_owner", **others}


@dataclass(frozen=True)
class RolesJob:
    """The inputs of the Job; `login` is the Secret with the logins of the administrator and of the roles."""

    database: str
    source: str
    login: str
    extensions: tuple[str, ...]
    image: str

    @property
    def name(self) -> str:
        """Returns a name with a digest of the Job's content, because a Job's template is immutable."""
        digest = hashlib.sha256("\n".join([SCRIPT, SQL, self.image, *self.extensions]).encode()).hexdigest()
        return names.hashed(self.scripts, digest)

    @property
    def scripts(self) -> str:
        return f"{names.kubernetes_name(self.database)}-roles"

    @property
    def pods(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.scripts}


def scripts(scope: Scope, job: RolesJob) -> core.v1.ConfigMapInitArgs:
    return core.v1.ConfigMapInitArgs(
        metadata=scope.metadata(job.scripts, job.source), data={"roles.sh": SCRIPT, "roles.sql": SQL}
    )


def job(scope: Scope, job: RolesJob) -> batch.v1.JobInitArgs:
    return batch.v1.JobInitArgs(
        metadata=scope.metadata(
            job.name, job.source, service=job.scripts, annotations={"pulumi.com/replaceUnready": "true"}
        ),
        spec=batch.v1.JobSpecArgs(
            backoff_limit=3,
            active_deadline_seconds=540,
            pod_failure_policy=pod.disruptions_ignored(),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels=names.labels(scope.system, job.scripts), annotations=pod.UNDISTURBED
                ),
                spec=_pod(job),
            ),
        ),
    )


def _pod(job: RolesJob) -> core.v1.PodSpecArgs:
    scripts = core.v1.VolumeArgs(name="scripts", config_map=core.v1.ConfigMapVolumeSourceArgs(name=job.scripts))
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.security(POSTGRES_USER),
        volumes=[scripts, *pod.scratch_volumes(["/tmp"])],
        containers=[
            core.v1.ContainerArgs(
                name="roles",
                image=job.image,
                command=["sh", "/scripts/roles.sh"],
                env=[core.v1.EnvVarArgs(name="EXTENSIONS", value=",".join(job.extensions))],
                env_from=[core.v1.EnvFromSourceArgs(secret_ref=core.v1.SecretEnvSourceArgs(name=job.login))],
                resources=pod.resources(Resources(cpu="50m", memory="64Mi", cpu_limit="500m", memory_limit="256Mi")),
                security_context=pod.container_security(),
                volume_mounts=[
                    core.v1.VolumeMountArgs(name="scripts", mount_path="/scripts", read_only=True),
                    *pod.scratch_mounts(["/tmp"]),
                ],
            )
        ],
    )
