"""Images of services: the system's own, and those of others."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from slipway.settings.fields import Digest, ForeignRepository, OwnRepository, Repository, Variable, Version
from slipway.settings.setting import OVERRIDABLE, Choice, Setting

_NAMED = re.compile(r"[^/]*[.:][^/]*/.*|localhost/.*|.*[:@].*")
"""An image with a registry, a tag or a digest."""
FOREIGN = (
    "names a registry, a tag or a digest: write the cluster's own images without, and those of others as "
    "{repository: docker.io/valkey/valkey, tag: 8.1.4, digest: 'sha256:…'}"
)


class ForeignImage(Setting):
    """An image that others build, at a version of its own: both slots run the same, and `set-version` leaves it."""

    repository: ForeignRepository
    """Registry and repository. The cluster's `mirrors.images` take the registry's place."""
    tag: Version | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Its tag; by default none, and then `digest` is required."""
    digest: Digest | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Its digest, which names one image for ever. By default none, which the policy pack refuses unless the tags of the
    registry are immutable. Left out where `mirrors.digests` is false."""
    pull_secret: Variable | None = None
    """A supplied secret of the system: Docker's config.json with the login of a private registry. By default none, so
    that nodes pull it with their own rights or anonymously."""


def _own(value: Any) -> Any:
    if isinstance(value, str) and _NAMED.fullmatch(value):
        raise ValueError(FOREIGN)
    return OwnRepository.checked(value)


Image = Annotated[Repository | ForeignImage, Choice(lambda _: ForeignImage, _own), Field(examples=["fleet-api"])]
"""A repository in the cluster's registry, or the image of others."""
