"""One database, its bucket, and the pods that stand between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pulumi_kubernetes.core.v1 import EnvVarArgs

from components.clouds.local import bucket_clients
from components.manifests.environment import BucketFacts
from components.manifests.pod import Identity
from components.manifests.scope import Scope
from components.manifests.secret import OBJECT_STORE
from components.system.backups.manifests import backup_job
from components.system.backups.manifests.dump_pod import Dumps
from slipway.cli.import_dump import SCRIPTS
from tests.dumps.bucket import Locked
from tests.dumps.live import EXTENSIONS, Server
from tests.dumps.pod_runner import Ended, Machine

SCOPE = Scope("fleet", "fleet")


def dumps(database: str = "fleet", bucket: str = "backups") -> Dumps:
    return Dumps(
        database=database,
        source="systems/fleet/system.yaml#databases.fleet",
        store=bucket_clients.store(BucketFacts(bucket, "local")),
        identity=Identity(secret=OBJECT_STORE),
        tls="prefer",
        storage=64,
        extensions=EXTENSIONS,
    )


@dataclass(frozen=True)
class Case:
    """Every step ends with what its last container did."""

    folder: Path
    server: Server
    locked: Locked
    database: str = "fleet"
    stand_ins: Mapping[str, str] | None = None
    changed: Mapping[str, Mapping[str, str]] | None = None
    """Entries of Secrets that are not as they should be."""

    def but(self, **changes: Any) -> Case:
        return replace(self, **changes)

    @property
    def dumps(self) -> Dumps:
        return dumps(self.database, self.locked.name)

    def back_up(self) -> Ended:
        return self._run(backup_job.nightly(SCOPE, self.dumps).spec.job_template.spec.template)  # type: ignore[union-attr]

    def back_up_for_a_migration(self) -> Ended:
        job = backup_job.BeforeMigration(
            scope=SCOPE, dumps=self.dumps, migration="fleet-005", content="CREATE", attempt=1
        ).job()
        return self._run(job.spec.template)  # type: ignore[union-attr]

    def test(self) -> Ended:
        return self._run(backup_job.restore_test(SCOPE, self.dumps, "week").spec.job_template.spec.template)  # type: ignore[union-attr]

    def restore(self, at: str = backup_job.NEWEST) -> Ended:
        return self._run(backup_job.restore(SCOPE, self.dumps, at=at, stamp="1").spec.template)  # type: ignore[union-attr]

    def import_dump(self, key: str, *, replace: bool = False, sha256: str = "", rows: str = "") -> Ended:
        """What `slipway import-dump` makes of the restore."""
        template = backup_job.restore(SCOPE, self.dumps, stamp="1").spec.template  # type: ignore[union-attr]
        variables = {"OBJECT": key, "SHA256": sha256, "REPLACE": "yes" if replace else "no", "ROWS": rows}
        for container in [*(template.spec.init_containers or ()), *template.spec.containers]:  # type: ignore[union-attr]
            container.command = ["sh", SCRIPTS[container.name]]  # type: ignore[union-attr,index]
            container.env = [*container.env, *(EnvVarArgs(name=name, value=value) for name, value in variables.items())]  # type: ignore[union-attr,misc]
        return self._run(template)

    def _run(self, template: Any) -> Ended:
        secrets = {**self.server.secrets(self.database), OBJECT_STORE: self.locked.secret}
        changed = {name: {**secrets[name], **values} for name, values in (self.changed or {}).items()}
        return Machine(self.folder, {**secrets, **changed}, self.stand_ins or {}).run(template)[-1]
