"""Checks that the clouds share."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic.alias_generators import to_snake

from slipway.settings.cluster_settings import Kubernetes, Network
from slipway.settings.databases import Database
from slipway.settings.fields import Parsed
from slipway.settings.finding import Finding, Found
from slipway.settings.limits import most
from slipway.settings.pointers import Path
from slipway.settings.stacks import DeployedSystem, StackCluster

_PEM = "-----BEGIN CERTIFICATE-----"


def _certificate(text: str) -> None:
    """Raise ValueError unless the text is a certificate in base64, as in a kubeconfig."""
    if not base64.b64decode(text, validate=True).decode("ascii").startswith(_PEM):
        raise ValueError


Base64 = Annotated[
    str, Parsed("a certificate authority in base64, as in a kubeconfig", "LS0tLS1CRUdJTi…", _certificate)
]


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


def existing_network(path: Path, network: Network, of_new: Sequence[str]) -> Found:
    """Check that an existing network is not sized as a new one: `of_new` are the keys of a new one alone."""
    existing = getattr(network, "existing", None)
    for key in of_new if existing is not None else ():
        if to_snake(key) in network.model_fields_set:
            rule = "is of a network that Slipway creates, and this one exists: leave it out"
            yield Finding((*path, key), rule, ((*path, "existing"),))


def existing_cluster(path: Path, kubernetes: Kubernetes, network: Network) -> Found:
    """Check that the network of an existing cluster exists too."""
    if kubernetes.not_evaluated and not network.not_evaluated:
        rule = "is required with 'kubernetes.existing': databases are created in the network of the cluster"
        yield Finding((*path, "network", "existing"), rule, ((*path, "kubernetes", "existing"),))


def of_new_cluster(path: Path, kubernetes: Kubernetes, of_new: Sequence[str]) -> Found:
    """Check that an existing cluster has no key of a new one."""
    for key in of_new:
        if to_snake(key) in kubernetes.model_fields_set:
            rule = "is of a cluster that Slipway creates, and this one exists: leave it out"
            yield Finding((*path, key), rule, ((*path, "existing"),))


def databases(cluster: StackCluster) -> Iterator[tuple[DeployedSystem, str, Database]]:
    for system in cluster.systems.values():
        for name, database in system.definition.databases.items():
            if database.hosting == "managed":
                yield system, name, database
