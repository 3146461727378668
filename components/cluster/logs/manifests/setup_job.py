"""The Job that configures retention in Elasticsearch and data views in Kibana."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_kubernetes import batch, core, meta

from components.cluster.logs.manifests import places
from components.cluster.logs.manifests.retention import Requests
from components.manifests import names, pod
from components.manifests.versions import Pins
from components.sites.manifests import artefact

CONFIG = "logs-setup"
LIST = "requests"
"""File that lists the requests to Elasticsearch in order, each with its path."""
VIEWS = "views"
"""File that lists the data views for Kibana."""
SECONDS = 900
"""Deadline of the Job in seconds. Chosen: longer than waiting and sending take, each of which has its own timeout."""

SCRIPT = """\
set -eu
umask 077
printf 'user = "%s:%s"\\n' "$LOGIN" "$PASSWORD" > "$SCRATCH/login"
unset PASSWORD

# ask CA ARGUMENT...
ask() {
  curl --silent --config "$SCRATCH/login" --max-time 20 --output "$SCRATCH/answer" \\
    --write-out '%{http_code}' --cacert "$@" || true
}

# ready CA ADDRESS
ready() {
  left=$TRIES
  until code=$(ask "$1" "$2"); [ "$code" = 200 ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep "$PAUSE"
  done
}

if ! ready "$CA" "$ADDRESS/_cluster/health?wait_for_status=yellow&timeout=10s"; then
  echo "Elasticsearch is not ready: status $code"
  exit 1
fi

send() {
  tries=5
  while :; do
    code=$(ask "$CA" --request PUT --header 'Content-Type: application/json' --data-binary "@$FILES/$1" "$ADDRESS$2")
    echo "$code $2"
    case "$code" in
      2*) return 0 ;;
      000 | 429 | 5*) ;;
      *) break ;;
    esac
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || break
    sleep "$PAUSE"
  done
  head -c 500 "$SCRATCH/answer" 2>/dev/null || true
  echo
  return 1
}

while read -r file path; do
  send "$file" "$path"
done < "$FILES/requests"

# Logs are kept and searched without them: a Kibana that does not take them stops nothing.
if ready "$KIBANA_CA" "$KIBANA/api/status"; then
  while read -r file; do
    code=$(ask "$KIBANA_CA" --request POST --header 'Content-Type: application/json' --header 'kbn-xsrf: slipway' \\
      --data-binary "@$FILES/$file" "$KIBANA/api/data_views/data_view")
    echo "$code data view $(sed -n 's/^ *"title": "\\(.*\\)".*/\\1/p' "$FILES/$file")"
  done < "$FILES/views"
else
  echo "no data views: Kibana answered with status $code; docs/logs.md says how to make one by hand"
fi
echo "done"
"""


def files(requests: Requests, views: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Returns each request's body as a file, and the lists of these files."""
    numbered = {f"{number:03}.json": path for number, path in enumerate(requests)}
    seen = {f"view-{number:03}.json": view for number, view in enumerate(views)}
    bodies = {file: requests[path] for file, path in numbered.items()} | seen
    return {
        LIST: "".join(f"{file} {path}\n" for file, path in numbered.items()),
        VIEWS: "".join(f"{file}\n" for file in seen),
        **{file: json.dumps(body, indent=1, sort_keys=True) for file, body in bodies.items()},
    }


def job_name(pins: Pins, contents: Mapping[str, str]) -> str:
    """Returns a name with a digest of all requests and of the script, because a Job's template is immutable."""
    text = json.dumps([SCRIPT, pins.image("curl"), dict(contents)], sort_keys=True)
    return names.hashed(CONFIG, hashlib.sha256(text.encode()).hexdigest())


def job(pins: Pins, contents: Mapping[str, str], source: str) -> batch.v1.JobInitArgs:
    labels = {"app.kubernetes.io/name": CONFIG, "app.kubernetes.io/managed-by": names.MANAGER}
    return batch.v1.JobInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=job_name(pins, contents),
            namespace=places.NAMESPACE,
            labels=names.labels(names.CLUSTER, CONFIG),
            annotations={**names.source_annotation(source), "pulumi.com/replaceUnready": "true"},
        ),
        spec=batch.v1.JobSpecArgs(
            backoff_limit=3,
            active_deadline_seconds=SECONDS,
            pod_failure_policy=pod.disruptions_ignored(),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=labels, annotations=pod.UNDISTURBED), spec=_pod(pins)
            ),
        ),
    )


def _authority(name: str, secret: str) -> core.v1.VolumeArgs:
    key = core.v1.KeyToPathArgs(key="ca.crt", path="ca.crt")
    return core.v1.VolumeArgs(name=name, secret=core.v1.SecretVolumeSourceArgs(secret_name=secret, items=[key]))


def _pod(pins: Pins) -> core.v1.PodSpecArgs:
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.security(artefact.USER),
        volumes=[
            core.v1.VolumeArgs(name="files", config_map=core.v1.ConfigMapVolumeSourceArgs(name=CONFIG)),
            _authority("ca", places.CA_SECRET),
            _authority("kibana-ca", places.KIBANA_CA_SECRET),
            *pod.scratch_volumes(["/tmp"]),
        ],
        containers=[_curl(pins)],
    )


def _curl(pins: Pins) -> core.v1.ContainerArgs:
    plain = {
        "ADDRESS": places.ADDRESS,
        "LOGIN": places.SETUP,
        "CA": "/ca/ca.crt",
        "KIBANA": places.KIBANA_ADDRESS,
        "KIBANA_CA": "/kibana-ca/ca.crt",
        "FILES": "/files",
        "SCRATCH": "/tmp",
        "TRIES": "30",
        "PAUSE": "5",
    }
    password = core.v1.EnvVarSourceArgs(
        secret_key_ref=core.v1.SecretKeySelectorArgs(name=places.user_secret(places.SETUP), key="password")
    )
    return core.v1.ContainerArgs(
        name="setup",
        image=pins.image("curl"),
        command=["sh", "-c", SCRIPT],
        env=[
            *(core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()),
            core.v1.EnvVarArgs(name="PASSWORD", value_from=password),
        ],
        resources=pod.resources(artefact.SMALL),
        security_context=pod.container_security(),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="files", mount_path="/files", read_only=True),
            core.v1.VolumeMountArgs(name="ca", mount_path="/ca", read_only=True),
            core.v1.VolumeMountArgs(name="kibana-ca", mount_path="/kibana-ca", read_only=True),
            *pod.scratch_mounts(["/tmp"]),
        ],
    )
