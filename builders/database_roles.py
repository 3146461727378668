"""The Job that makes a database's roles and what they may do; it can run again at any time.

The owner has DDL, the application DML, backups read, and the exporter of metrics sees statistics only. Since PostgreSQL
15 nobody but an owner may create in `public`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pulumi_kubernetes import batch, core, meta

from builders import names, pod
from builders.scope import Scope
from settings.services import Resources

POSTGRES_USER = 70
"""The user `postgres` of that image."""

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
GRANT :"owner" TO CURRENT_USER;

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
GRANT USAGE ON SCHEMA public TO :"app", :"backup";

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"app";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"backup";
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO :"backup";
SET ROLE :"owner";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"app";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO :"backup";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO :"backup";
"""


@dataclass(frozen=True)
class RolesJob:
    """What the Job works on; `login` names the Secret with the administrator's and the roles' logins."""

    database: str
    source: str
    login: str
    extensions: tuple[str, ...]
    image: str

    @property
    def name(self) -> str:
        """Holds a digest of what the Job does: a Job's template is immutable, another job has another name."""
        digest = hashlib.sha256("\n".join([SCRIPT, SQL, self.image, *self.extensions]).encode()).hexdigest()[:8]
        return f"{names.kubernetes_name(self.database)}-roles-{digest}"

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
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=names.labels(scope.system, job.scripts)),
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
