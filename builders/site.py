"""What a static frontend is told at run time, so that one build serves every stack."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pulumi_kubernetes import core

from builders import names
from builders.scope import Scope
from settings.services import Site


def public_config(
    scope: Scope, *, name: str, slot: str, site: Site, settings: Mapping[str, str]
) -> core.v1.ConfigMapInitArgs:
    """The file /config.json of a site in a slot."""
    metadata = scope.metadata(names.in_slot(name, slot), site.source, service=name, slot=slot)
    return core.v1.ConfigMapInitArgs(
        metadata=metadata, data={"config.json": json.dumps(settings, indent=2, sort_keys=True)}
    )
