"""Collects the causes of a failure: logs, states and events of its pods, without values of Secrets."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.pod_problems import WITH_PODS, selector_of, shortened
from slipway.ops.cluster.verdict import conditions
from slipway.ops.failure import CloudFailure

Live = Mapping[str, Any]
PODS, LINES, EVENTS = 2, 12, 3
"""Most pods, lines of each log, and events of each pod that are shown."""
LONGEST_LINE = 400
"""Characters of a log line that is shown. Chosen: lines of JSON with a stack trace are far longer."""
SHORTEST_SECRET = 6
"""Characters; shorter secrets are not masked. Chosen: they would mask ordinary words."""
HIDDEN = "[secret]"


class Masks:
    """Replaces values of Secrets in text. A value of several lines is masked line by line."""

    def __init__(self, values: Iterable[str]) -> None:
        lines = {line.strip() for value in values for line in (value, *value.splitlines())}
        self._values = sorted((each for each in lines if len(each) >= SHORTEST_SECRET), key=len, reverse=True)

    def hide(self, text: str) -> str:
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return text


def values_of(secret: Mapping[str, Any]) -> Iterator[str]:
    """Yield all values of a Secret, in plain text and in base64."""
    yield from (value for value in (secret.get("stringData") or {}).values() if isinstance(value, str))
    data = secret.get("data")
    for value in data.values() if isinstance(data, Mapping) else ():
        if isinstance(value, str):
            yield value
            try:
                yield base64.b64decode(value, validate=True).decode(errors="replace")
            except (binascii.Error, ValueError):
                continue


def of(api: Api, target: Object, live: Live) -> tuple[str, ...]:
    """Return lines about a pod, or the pods of a workload; none for kinds without pods."""
    try:
        if target.kind.name == "Pod":
            found = [live]
        elif target.kind.name in WITH_PODS and (selector := selector_of(live)):
            found = api.items(f"/api/v1/namespaces/{target.namespace}/pods", labelSelector=selector)
        else:
            return ()
        secrets = api.items(f"/api/v1/namespaces/{target.namespace}/secrets")
        masks = Masks(value for secret in secrets for value in values_of(secret))
        lines = [line for pod in worst(found) for line in _of_pod(api, pod)]
        return tuple(masks.hide(line) for line in lines)
    except CloudFailure as failure:
        return (f"what its pods said cannot be read: {failure}",)


def worst(pods: Sequence[Live]) -> list[Live]:
    """Return the pods that are not well, the newest first."""
    newest = sorted(pods, key=lambda pod: pod["metadata"].get("creationTimestamp") or "", reverse=True)
    return [pod for pod in newest if not _is_well(pod)][:PODS]


def _is_well(pod: Live) -> bool:
    return (
        pod.get("status", {}).get("phase") == "Succeeded"
        or conditions(pod).get("Ready", {}).get("status") == "True"
        or "deletionTimestamp" in pod["metadata"]
    )


def _of_pod(api: Api, pod: Live) -> Iterator[str]:
    for container in containers(pod):
        if (ended := end_of(container)) is None and not is_unready(container):
            continue
        name, restarts = container["name"], container.get("restartCount", 0)
        how = _how(ended) if ended else "not ready"
        yield f"{pod['metadata']['name']}/{name}: {how}" + (f", {restarts} restarts" if restarts else "")
        # The log of a restarted container is that of its previous run, which shows why it failed.
        previous = bool(restarts) and "terminated" not in (container.get("state") or {})
        yield from (f"  | {line}" for line in _log(api, pod, name, previous=previous))
    for event in _events(api, pod):
        count = event.get("count") or (event.get("series") or {}).get("count") or 1
        times = f" ({count} times)" if count > 1 else ""
        yield f"{pod['metadata']['name']}: {event.get('reason')}: {shortened(event.get('message') or '')}{times}"


def containers(pod: Live) -> list[Live]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def end_of(container: Live) -> Live | None:
    """Return the last failed end of the container, current or before a restart."""
    for state in (container.get("state") or {}, container.get("lastState") or {}):
        if (ended := state.get("terminated")) and ended.get("exitCode"):
            return ended
    return None


def is_unready(container: Live) -> bool:
    return "running" in (container.get("state") or {}) and not container.get("ready")


def _how(ended: Live) -> str:
    reason, message = ended.get("reason"), shortened(ended.get("message") or "")
    reported = f" ({reason})" if reason and reason != "Error" else ""
    return f"ended with status {ended['exitCode']}{reported}{f': {message}' if message else ''}"


def _log(api: Api, pod: Live, container: str, *, previous: bool) -> list[str]:
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/log"
    query = {"container": container, "tailLines": str(LINES)} | ({"previous": "true"} if previous else {})
    try:
        lines = api.text(path, **query).splitlines()
    except CloudFailure:
        return []
    return [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in lines]


def _events(api: Api, pod: Live) -> Sequence[Live]:
    about = f"involvedObject.uid={pod['metadata'].get('uid', '')},type=Warning"
    found = api.items(f"/api/v1/namespaces/{pod['metadata']['namespace']}/events", fieldSelector=about)
    newest = sorted(found, key=lambda each: each.get("lastTimestamp") or each.get("eventTime") or "", reverse=True)
    return newest[:EVENTS]
