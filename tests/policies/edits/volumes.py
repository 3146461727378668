"""Volumes that nobody backs up, on disks that nobody knows, that go with their pods or by mistake."""

from __future__ import annotations

from collections.abc import Mapping

from tests.policies.swift import Addition

SPACE = ("core/v1:Namespace", "fleet")
KEPT = {"slipway.dev/source": "systems/fleet/system.yaml:services.fleet-api.volumes.data"}
LABELS = {
    "app.kubernetes.io/managed-by": "slipway",
    "app.kubernetes.io/part-of": "fleet",
    "app.kubernetes.io/name": "new",
}
WITHOUT = {"slipway.dev/backup-retention": "none", "slipway.dev/unsaved": "It is made again"}


def claim(
    annotations: Mapping[str, str], storage_class: str | None = "managed-csi", *, protect: bool = True
) -> Addition:
    metadata = {"name": "new", "namespace": "fleet", "labels": LABELS, "annotations": {**KEPT, **annotations}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    named = {} if storage_class is None else {"storageClassName": storage_class}
    inputs = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {**spec, **named}}
    return Addition("kubernetes:core/v1:PersistentVolumeClaim", "new", inputs, SPACE, protect=protect)


ASKED = {"tcpSocket": {"port": 1}}
HARDENED = {
    "name": "new",
    "image": f"docker.io/library/postgres:17@sha256:{'0' * 64}",
    "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "1", "memory": "1Mi"}},
    "securityContext": {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "livenessProbe": ASKED,
    "readinessProbe": ASKED,
}


def stateful_set(**policy: str) -> Addition:
    pod = {"automountServiceAccountToken": False, "containers": [HARDENED]}
    template = {"metadata": {"labels": LABELS}, "spec": pod}
    spec = {"persistentVolumeClaimRetentionPolicy": policy, "template": template}
    metadata = {"name": "new", "namespace": "fleet", "labels": LABELS, "annotations": KEPT}
    inputs = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec}
    return Addition("kubernetes:apps/v1:StatefulSet", "new", inputs, SPACE)


def cron_job(name: str, *volumes: Mapping[str, object], suspend: bool = False) -> Addition:
    labels = {**LABELS, "app.kubernetes.io/component": "support"}
    container = {key: value for key, value in HARDENED.items() if not key.endswith("Probe")}
    pod = {"automountServiceAccountToken": False, "restartPolicy": "Never", "containers": [container]}
    job = {"activeDeadlineSeconds": 60, "backoffLimit": 1, "template": {"metadata": {"labels": labels}}}
    job["template"] |= {"spec": {**pod, "volumes": list(volumes)}}
    spec = {"schedule": "0 3 * * *", "startingDeadlineSeconds": 60, "concurrencyPolicy": "Forbid", "suspend": suspend}
    metadata = {"name": name, "namespace": "fleet", "labels": labels, "annotations": KEPT}
    inputs = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata}
    return Addition(
        "kubernetes:batch/v1:CronJob", name, {**inputs, "spec": {**spec, "jobTemplate": {"spec": job}}}, SPACE
    )


ARCHIVE = cron_job("new-archive", {"name": "volume", "persistentVolumeClaim": {"claimName": "new"}})
SCRATCH = {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "unheard-of"}}}}
TEST = cron_job("new-restore-test")
KEPT_14 = claim({"slipway.dev/backup-retention": "14"})
CAUGHT = {
    "volume-backups": {
        "prod": [
            (claim({}), TEST),
            claim({"slipway.dev/backup-retention": "none"}),
            (claim({"slipway.dev/backup-retention": "3"}), TEST),
            (KEPT_14, TEST),
        ]
    },
    "volume-restore-tests": {
        "prod": [(KEPT_14, ARCHIVE), (KEPT_14, ARCHIVE, cron_job("new-restore-test", suspend=True))]
    },
    "volume-encryption": {"prod": [claim(WITHOUT, None), claim(WITHOUT, "unheard-of"), cron_job("new", SCRATCH)]},
    "volume-retention": {"prod": [stateful_set(whenDeleted="Delete"), stateful_set(whenScaled="Delete")]},
    "data-protect": {"prod": [claim(WITHOUT, protect=False)]},
}
FINE = {"prod": [claim(WITHOUT), (KEPT_14, ARCHIVE, TEST)]}
