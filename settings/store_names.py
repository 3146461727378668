"""Names of what commands look up in a running cloud. The program and the commands compute the same ones from here."""

from __future__ import annotations

import hashlib
import re

PREFIX = "slipway"


def cluster_name(stack: str, cluster: str) -> str:
    """The cloud's name of a cluster and the prefix of what belongs to it: `slipway-prod-main`."""
    return f"{PREFIX}-{stack}-{cluster}"


def database_server(cluster_name: str, system: str, database: str) -> str:
    """The cloud's name of a database server: `slipway-prod-main-fleet-fleet-db`, at most 63 characters."""
    return shortened(f"{cluster_name}-{system}-{database.replace('_', '-')}", 63)


def flexible_server(subscription: str, cluster_name: str, system: str, database: str) -> str:
    """The same on Azure, where all customers share the names of servers."""
    return globally_unique(subscription, database_server(cluster_name, system, database), 63)


def site(cluster_name: str, system: str, site: str) -> str:
    """The KeyValueStore that holds a static site's weights: `slipway-prod-main-shop-web`, at most 64 characters."""
    return shortened(f"{cluster_name}-{system}-{site}", 64)


def secret_entry(cluster_name: str, system: str, name: str) -> str:
    """The entry of a supplied secret in AWS Secrets Manager: `slipway-prod-main/smartwallet/CLERK_SECRET_KEY`."""
    return f"{cluster_name}/{system}/{name}"


def vault_name(subscription: str, cluster_name: str, system: str) -> str:
    """The Key Vault of a system: `prod-fleet-fleet-1f2e3d`, at most 24 characters.

    All customers of Azure share these names: a letter first, then letters, digits and single hyphens.
    """
    stem = re.sub(r"[^a-z0-9]+", "-", f"{cluster_name}-{system}".lower().removeprefix(f"{PREFIX}-")).strip("-")
    stem = stem if stem[:1].isalpha() else f"s{stem}"
    return f"{stem[:17].rstrip('-')}-{_digits(f'{subscription}/{cluster_name}/{system}')}"


def vault_secret(name: str) -> str:
    """A variable as Key Vault takes it, without underscores: `CLERK-SECRET-KEY`."""
    return shortened(name.replace("_", "-"), 127)


def supplied_secret(system: str) -> str:
    """The Kubernetes Secret, in the system's namespace, of what others supply."""
    return f"{system}-supplied"


def globally_unique(scope: str, name: str, limit: int, *, hyphens: bool = True) -> str:
    """`name` and six digits that differ by `scope` (an account or a subscription), for names that the whole cloud
    shares. The same arguments give the same name, so a plan can show it."""
    stem = name if hyphens else name.replace("-", "")
    separator = "-" if hyphens else ""
    return f"{stem[: limit - 6 - len(separator)].rstrip('-')}{separator}{_digits(f'{scope}/{name}')}"


def shortened(name: str, limit: int) -> str:
    """`name`, or its beginning and a digest when it is longer than `limit`."""
    return name if len(name) <= limit else f"{name[: limit - 7].rstrip('-')}-{_digits(name)}"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
