"""Releases of a cluster: what they want and where they are, what people said of them, and the word that steers one."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from slipway.ops.cluster.api import Api, Refused
from slipway.ops.failure import CloudFailure
from slipway.release.objects import API_VERSION, ApprovalSpec, ReleaseSpec, manifest
from slipway.release.status import Status

GROUP = f"/apis/{API_VERSION}"
RELEASES = f"{GROUP}/namespaces/{{namespace}}/releases"
APPROVALS = f"{GROUP}/namespaces/{{namespace}}/approvals"
REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
COMMAND = "slipway.dev/command"
"""Annotation of a Release by which people steer it."""
PAUSE = 1.0
"""Seconds between two looks at a Release. Chosen: as often as the controller looks."""
TIMEOUT = 30.0
"""Seconds until a command counts as unanswered. Chosen: twice the time in which a standby controller takes over."""


class NoRelease(CloudFailure):
    """There is no such Release on the cluster."""


class Unanswered(CloudFailure):
    """No controller carried out a command in time. It stays on the Release."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A Release as the API server has it."""

    namespace: str
    name: str
    generation: int
    spec: ReleaseSpec
    status: Status
    command: Mapping[str, Any]
    """The last command that a person wrote; empty without one."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Somebody's word as the API server has it."""

    name: str
    spec: ApprovalSpec
    at: datetime


def served(api: Api) -> bool:
    """Return whether the cluster knows Releases at all. Raises CloudFailure."""
    return api.get(GROUP) is not None


def find(api: Api, namespace: str, system: str) -> Release | None:
    """Return the Release of a system, or None. Raises CloudFailure."""
    with _explained("read releases", namespace):
        found = [_release(each) for each in api.items(RELEASES.format(namespace=namespace))]
    return next((each for each in found if each.spec.system == system), None)


def get(api: Api, namespace: str, system: str, context: str) -> Release:
    """Return the Release of a system. Raises NoRelease and CloudFailure."""
    found = find(api, namespace, system)
    if found is not None:
        return found
    if not served(api):
        raise NoRelease(
            f"{context} has no releases: `controllers.releases` installs them, and `pulumi up` creates that of {system}"
        )
    raise NoRelease(f"{context} has no Release of {system} in namespace {namespace}: run `pulumi up` first")


def again(api: Api, release: Release) -> Release:
    """Return the Release as it is now. Raises NoRelease and CloudFailure."""
    with _explained("read releases", release.namespace):
        found = api.get(f"{RELEASES.format(namespace=release.namespace)}/{release.name}")
    if found is None:
        raise NoRelease(f"somebody deleted Release {release.namespace}/{release.name}")
    return _release(found)


def approvals(api: Api, release: Release, identifier: str | None = None) -> list[Approval]:
    """Return what people said of the release with this `spec.id`, by default the wanted one, in the order of time.
    Raises CloudFailure."""
    about = identifier or release.spec.id
    return [each for each in all_approvals(api, release) if each.spec.id == about]


def all_approvals(api: Api, release: Release) -> list[Approval]:
    """Return what people said of any release of the system, in the order of time. Raises CloudFailure."""
    with _explained("read approvals", release.namespace):
        found = [_approval(each) for each in api.items(APPROVALS.format(namespace=release.namespace))]
    return sorted((each for each in found if each.spec.release == release.name), key=lambda each: each.at)


def whoami(api: Api) -> str:
    """Return the user name that the API server gives this login. Raises CloudFailure."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        found = api.create(REVIEWS, body)
    except Refused as refusal:
        raise CloudFailure(f"kubernetes: the API server does not say who this login is: {refusal}") from None
    name = ((found.get("status") or {}).get("userInfo") or {}).get("username")
    if not name:
        raise CloudFailure("kubernetes: the API server does not say who this login is")
    return name


def approve(api: Api, release: Release, spec: ApprovalSpec) -> Approval:
    """Create the Approval, or return the one with the same meaning that this user created before. Raises
    CloudFailure."""
    path, name = APPROVALS.format(namespace=release.namespace), approval_name(spec)
    with _explained(f"create approvals as {spec.role}", release.namespace):
        try:
            return _approval(api.create(path, manifest("Approval", release.namespace, name, spec)))
        except Refused as refusal:
            found = api.get(f"{path}/{name}") if refusal.status == 409 else None
            if found is None:
                raise
            return _approval(found)


def approval_name(spec: ApprovalSpec) -> str:
    """Return a name that is the same for the same word of the same person: `fleet-1a2b3c4d5e-approval-6f7a8b9c`."""
    meaning = json.dumps([spec.role, spec.when, spec.name, spec.by, spec.link])
    return f"{spec.release}-{spec.id}-{spec.kind}-{hashlib.sha256(meaning.encode()).hexdigest()[:8]}"


def command(api: Api, release: Release, verb: str, by: str, reason: str | None) -> str:
    """Write a command on the Release and return its id. Raises CloudFailure."""
    identifier = uuid.uuid4().hex
    said = {"id": identifier, "verb": verb, "by": by} | ({"reason": reason} if reason else {})
    text = json.dumps(said, ensure_ascii=False)
    with _explained(f"{verb} releases", release.namespace):
        path = f"{RELEASES.format(namespace=release.namespace)}/{release.name}"
        api.merge(path, {"metadata": {"annotations": {COMMAND: text}}})
    return identifier


def wait_until_handled(api: Api, release: Release, identifier: str, timeout: float | None = None) -> Release:
    """Return the Release once its controller has carried out the command. Raises Unanswered and CloudFailure."""
    most = TIMEOUT if timeout is None else timeout
    latest = time.monotonic() + most
    while True:
        now = again(api, release)
        if identifier in now.status.handled:
            return now
        if time.monotonic() >= latest:
            raise Unanswered(
                f"no controller has answered within {most:.0f} s; the command stays on the Release and is carried out "
                "when one runs: see docs/releases.md, When the controller is gone"
            )
        api.pause(PAUSE)


def is_pending(release: Release) -> bool:
    """Return whether somebody's command was not carried out yet."""
    return bool(release.command) and release.command.get("id") not in release.status.handled


@contextmanager
def _explained(what: str, namespace: str) -> Iterator[None]:
    """Turn a refusal of the API server into one line."""
    try:
        yield
    except Refused as refusal:
        if refusal.status in (401, 403):
            raise CloudFailure(f"kubernetes: this login may not {what} in namespace {namespace}: {refusal}") from None
        if refusal.status == 422:
            raise CloudFailure(f"kubernetes: the API server does not accept it: {refusal}") from None
        raise


def _release(found: Mapping[str, Any]) -> Release:
    metadata = found["metadata"]
    place = f"{metadata['namespace']}/{metadata['name']}"
    return Release(
        namespace=metadata["namespace"],
        name=metadata["name"],
        generation=metadata.get("generation", 0),
        spec=_read(ReleaseSpec, found.get("spec") or {}, f"the spec of Release {place}"),
        status=_read(Status, found.get("status") or {}, f"the status of Release {place}"),
        command=_command(metadata),
    )


def _approval(found: Mapping[str, Any]) -> Approval:
    metadata = found["metadata"]
    spec = _read(ApprovalSpec, found.get("spec") or {}, f"Approval {metadata['namespace']}/{metadata['name']}")
    return Approval(name=metadata["name"], spec=spec, at=datetime.fromisoformat(metadata["creationTimestamp"]))


def _command(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads((metadata.get("annotations") or {}).get(COMMAND, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read(model: Any, content: Mapping[str, Any], what: str) -> Any:
    """Return the object. The message of a failure has names of fields and none of their values."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        fields = ", ".join(dict.fromkeys(".".join(map(str, each["loc"])) for each in error.errors()))
        raise CloudFailure(
            f"{what} cannot be read ({fields}): is this `slipway` of another version than the controller?"
        ) from None
