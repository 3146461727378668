"""A Release as the API server has it, and its status written back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from slipway.ops.cluster.api import Api, Document
from slipway.release.controller.in_cluster import RELEASES
from slipway.release.objects import API_VERSION, ReleaseSpec
from slipway.release.status import IN_PROGRESS, Status


@dataclass(frozen=True)
class Release:
    """One look's copy. `spec` and `status` raise pydantic's ValidationError if they are not what their classes say."""

    document: Document

    @property
    def namespace(self) -> str:
        """Return the system's namespace."""
        return self.document["metadata"]["namespace"]

    @property
    def name(self) -> str:
        """Return its name."""
        return self.document["metadata"]["name"]

    @property
    def uid(self) -> str:
        """Return what tells it from one of the same name that was deleted."""
        return self.document["metadata"]["uid"]

    @property
    def generation(self) -> int:
        """Return the number of its spec."""
        return self.document["metadata"]["generation"]

    @cached_property
    def spec(self) -> ReleaseSpec:
        """Return what is wanted."""
        return ReleaseSpec.model_validate(self.document["spec"])

    @cached_property
    def status(self) -> Status:
        """Return what is known of it."""
        return Status.model_validate(self.document.get("status") or {})

    @property
    def id(self) -> str:
        """Return the id of the release in progress, or else of the one that is wanted."""
        status = self.status
        return status.id if status.id is not None and status.phase in IN_PROGRESS else self.spec.id

    @property
    def version(self) -> str:
        """Return what changes with every write."""
        return self.document["metadata"]["resourceVersion"]

    @property
    def path(self) -> str:
        """Return its path at the API server."""
        return f"{RELEASES.format(namespace=self.namespace)}/{self.name}"


def write_status(api: Api, release: Release, status: Status) -> None:
    """Write the status, unless somebody else wrote the Release since it was read: a former leader, or one that is late,
    is refused. Raises Refused and ApiUnavailable."""
    document = {"apiVersion": API_VERSION, "kind": "Release", **release.document}
    api.replace(f"{release.path}/status", {**document, "status": status.to_json()})
