"""The Job that tells Elasticsearch how long to keep what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pulumi_kubernetes import batch, core, meta

from builders import artefact, names, pod
from builders.logs import places
from builders.logs.retention import Requests
from builders.parts import Parts

CONFIG = "logs-setup"
LIST = "requests"
"""The file that names the others in their order, each with its path."""

# Waiting and sending have an end each, and the Job one of its own: 540 seconds.
SCRIPT = """\
set -eu
umask 077
printf 'user = "%s:%s"\\n' "$LOGIN" "$PASSWORD" > "$SCRATCH/login"
unset PASSWORD

ask() {
  curl --silent --config "$SCRATCH/login" --cacert "$CA" --max-time 20 --output "$SCRATCH/answer" \\
    --write-out '%{http_code}' "$@" || true
}

left=$TRIES
until code=$(ask "$ADDRESS/_cluster/health?wait_for_status=yellow&timeout=10s"); [ "$code" = 200 ]; do
  left=$((left - 1))
  if [ "$left" -le 0 ]; then
    echo "Elasticsearch is not ready: status $code"
    exit 1
  fi
  sleep "$PAUSE"
done

send() {
  tries=5
  while :; do
    code=$(ask --request PUT --header 'Content-Type: application/json' --data-binary "@$FILES/$1" "$ADDRESS$2")
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
echo "done"
"""


def files(requests: Requests) -> dict[str, str]:
    """Each request's body as a file, and the list of them."""
    numbered = {f"{number:03}.json": path for number, path in enumerate(requests)}
    bodies = {file: json.dumps(requests[path], indent=1, sort_keys=True) for file, path in numbered.items()}
    return {LIST: "".join(f"{file} {path}\n" for file, path in numbered.items()), **bodies}


def job_name(parts: Parts, contents: Mapping[str, str]) -> str:
    """Holds a digest of all that is sent and of what sends it: a Job's template is immutable."""
    text = json.dumps([SCRIPT, parts.image("curl"), dict(contents)], sort_keys=True)
    return f"{CONFIG}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def job(parts: Parts, contents: Mapping[str, str], source: str) -> batch.v1.JobInitArgs:
    labels = {"app.kubernetes.io/name": CONFIG, "app.kubernetes.io/managed-by": names.MANAGER}
    return batch.v1.JobInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=job_name(parts, contents),
            namespace=places.NAMESPACE,
            labels=names.labels(names.CLUSTER, CONFIG),
            annotations={**names.source_annotation(source), "pulumi.com/replaceUnready": "true"},
        ),
        spec=batch.v1.JobSpecArgs(
            backoff_limit=3,
            active_deadline_seconds=540,
            template=core.v1.PodTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=labels), spec=_pod(parts)),
        ),
    )


def _pod(parts: Parts) -> core.v1.PodSpecArgs:
    ca = core.v1.SecretVolumeSourceArgs(
        secret_name=places.CA_SECRET, items=[core.v1.KeyToPathArgs(key="ca.crt", path="ca.crt")]
    )
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.security(artefact.USER),
        volumes=[
            core.v1.VolumeArgs(name="files", config_map=core.v1.ConfigMapVolumeSourceArgs(name=CONFIG)),
            core.v1.VolumeArgs(name="ca", secret=ca),
            *pod.scratch_volumes(["/tmp"]),
        ],
        containers=[_curl(parts)],
    )


def _curl(parts: Parts) -> core.v1.ContainerArgs:
    plain = {
        "ADDRESS": places.ADDRESS,
        "LOGIN": places.SETUP,
        "CA": "/ca/ca.crt",
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
        image=parts.image("curl"),
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
            *pod.scratch_mounts(["/tmp"]),
        ],
    )
