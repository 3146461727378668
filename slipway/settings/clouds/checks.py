"""Checks that the clouds share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slipway.settings.databases import Database
from slipway.settings.finding import Finding, Found
from slipway.settings.limits import most
from slipway.settings.pointers import Path
from slipway.settings.stacks import DeployedSystem, StackCluster


@dataclass(frozen=True, kw_only=True)
class Forms:
    """The valid form of the id of an adopted resource, and an example."""

    postgres: tuple[str, str]
    document_database: tuple[str, str]
    bucket: tuple[str, str]


def adopted(path: Path, cluster: StackCluster, forms: Forms) -> Found:
    """Check that adopted resources are named by a valid id."""
    for system in cluster.systems.values():
        definition = system.definition
        asked = [
            ("databases", name, forms.postgres if each.engine == "postgres" else forms.document_database, each.adopt)
            for name, each in definition.databases.items()
        ]
        asked += [("buckets", name, forms.bucket, each.adopt) for name, each in definition.buckets.items()]
        for key, name, (form, example), adopt in asked:
            if adopt is not None and not re.fullmatch(form, adopt, re.IGNORECASE if adopt.startswith("/") else 0):
                rule = f"is not the id of one on this cloud, for example {example}"
                yield Finding((*path, "systems", system.name, key, name, "adopt"), rule)


def certificates(path: Path, system: DeployedSystem) -> Found:
    """Check the length of common names: a certificate's is limited to 64 characters, and each site has its own
    certificate."""
    for name, site in system.definition.sites.items():
        domain = system.definition.domains.get(site.domain, "")
        if len(domain) > most("aws certificate"):
            rule = f"has a site '{name}' at a domain of {len(domain)} characters; a certificate allows {most('aws certificate')}"
            yield Finding(path, rule)


def second_region(path: Path, settings: Any) -> Found:
    if settings.second_region == settings.region:
        yield Finding((*path, "secondRegion"), "is the cluster's own region", ((*path, "region"),))
    if settings.second_region is not None and settings.network.second_cidr is None:
        rule = "requires 'secondCidr' with a second region, for example 10.21.0.0/16"
        yield Finding((*path, "network"), rule, ((*path, "secondRegion"),))


def databases(cluster: StackCluster) -> Iterator[tuple[DeployedSystem, str, Database]]:
    for system in cluster.systems.values():
        for name, database in system.definition.databases.items():
            if database.hosting == "managed":
                yield system, name, database
