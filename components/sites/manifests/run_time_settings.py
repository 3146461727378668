"""Run-time settings of a static site, so that one build serves every stack."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pulumi_kubernetes import core

from components.manifests import names
from components.manifests.scope import Scope
from slipway.settings.services import Site


def public_config(
    scope: Scope, *, name: str, slot: str, site: Site, settings: Mapping[str, str]
) -> core.v1.ConfigMapInitArgs:
    """Returns the file /config.json of a site in a slot."""
    metadata = scope.metadata(names.in_slot(name, slot), site.source, service=name, slot=slot)
    return core.v1.ConfigMapInitArgs(
        metadata=metadata, data={"config.json": json.dumps(settings, indent=2, sort_keys=True)}
    )
