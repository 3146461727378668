"""Names of cloud objects that commands look up: the program and the commands both compute them here."""

from __future__ import annotations

import hashlib
import re

from slipway.settings.limits import most

MANAGER = "slipway"
"""Who writes a supplied secret, by the field managers of Kubernetes."""
UNSAID = "slipway-"
"""What the shortest names on Azure leave out: it begins the names of a project that is called `slipway`."""


def prefix_of(project: str) -> str:
    """Return what begins the names in the cloud of a project's clusters: its name, as clouds accept it. Names that differ in
    case or signs only get digits, so that `my_shop` and `my.shop` remain distinct."""
    plain = re.sub("[^a-z0-9]+", "-", project.lower()).strip("-")
    legal = plain if plain[:1].isalpha() else f"p-{plain}".rstrip("-")
    return legal if legal == project else f"{legal}-{_digits(project)}"


def cluster_name(prefix: str, stack: str, cluster: str) -> str:
    """Return the cloud's name of a cluster, the prefix of everything that belongs to it: `slipway-prod-main`, at most
    50 characters."""
    return shortened(f"{prefix}-{stack}-{cluster}", most("cluster"))


def database_server(cluster_name: str, system: str, database: str) -> str:
    """Return the cloud's name of a database server: `slipway-prod-main-fleet-fleet-db`, at most 63 characters."""
    return hyphenated(f"{cluster_name}-{system}-{database}", most("rds identifier"))


def flexible_server(subscription: str, cluster_name: str, system: str, database: str) -> str:
    """Return the name of a server on Azure, where names of servers are unique across all customers."""
    return globally_unique(subscription, database_server(cluster_name, system, database), most("azure database server"))


def site(cluster_name: str, system: str, site: str) -> str:
    """Return the KeyValueStore with a static site's weights: `slipway-prod-main-shop-web`, at most 64 characters."""
    return shortened(f"{cluster_name}-{system}-{site}", most("cloudfront name"))


def secret_entry(cluster_name: str, system: str, name: str) -> str:
    """Return the entry of a supplied secret in AWS Secrets Manager:
    `slipway-prod-main/smartwallet/CLERK_SECRET_KEY`."""
    return f"{cluster_name}/{system}/{name}"


def registry(subscription: str, cluster_name: str) -> str:
    """Return the registry of a cluster on Azure, where its name is unique across all customers: `slipwayprodmain1f2e3d`."""
    return globally_unique(subscription, cluster_name, most("azure registry"), hyphens=False)


def vault_name(subscription: str, cluster_name: str, system: str) -> str:
    """Return the Key Vault of a system: `prod-fleet-fleet-1f2e3d`, at most 24 characters.

    The name is unique across all customers of Azure: a letter first, then letters, digits and single hyphens.
    """
    prefix = re.sub(r"[^a-z0-9]+", "-", f"{cluster_name}-{system}".lower().removeprefix(UNSAID)).strip("-")
    prefix = prefix if prefix[:1].isalpha() else f"s{prefix}"
    return f"{prefix[:17].rstrip('-')}-{_digits(f'{subscription}/{cluster_name}/{system}')}"


def vault_secret(name: str) -> str:
    """Return the name of a variable in Key Vault, without underscores: `CLERK-SECRET-KEY`."""
    return shortened(name.replace("_", "-"), 127)


def supplied_secret(system: str, key: str) -> str:
    """Return the Kubernetes Secret of one supplied secret; a missing one does not affect others. If variables differ in
    case or underscores only, digits are added."""
    prefix = "-".join(part for part in key.lower().split("_") if part)
    name = f"{system}-supplied-{prefix}"
    return shortened(name if prefix.upper().replace("-", "_") == key else f"{name}-{_digits(key)}", 253)


PULL_KEY = ".dockerconfigjson"
"""Key of a Secret with which nodes pull images. Source: Kubernetes, kubernetes.io/dockerconfigjson."""

CLIENT_KEY = "client-secret"
"""Key of a Secret with which the gateway logs visitors in. Source: Envoy Gateway, SecurityPolicy."""

NO_LOGIN = '{"auths":{}}'
"""Value of such a Secret that nobody filled yet."""


def globally_unique(scope: str, name: str, limit: int, *, hyphens: bool = True) -> str:
    """Return `name` with six digits that depend on `scope` (an account or a subscription), for names that must be
    unique in the whole cloud. The same arguments give the same name, so a plan can show it. It has no two adjacent
    hyphens."""
    prefix = re.sub("-+", "-" if hyphens else "", name)
    separator = "-" if hyphens else ""
    return f"{prefix[: limit - 6 - len(separator)].rstrip('-')}{separator}{_digits(f'{scope}/{name}')}"


def kubernetes_name(database: str) -> str:
    """Return `fleet_db` as `fleet-db`, the prefix of the names of a database's objects in a cluster."""
    return hyphenated(database, most("cloudnative-pg cluster"))


def restoring(database: str) -> str:
    """Return the suspended CronJob from which Jobs that restore a database are created."""
    return shortened(f"{kubernetes_name(database)}-restore", most("kubernetes cron job"))


def claim(service: str, slot: str, volume: str) -> str:
    """Return the claim of a volume: `shop-shared-data`, or `shop-blue-data` where each slot has one."""
    return f"{service}-{slot}-{volume}"


def archive(claim: str) -> str:
    """Return the CronJob that archives a volume each night."""
    return f"{shortened(claim, most('kubernetes cron job') - len('-archive'))}-archive"


def unpacking(claim: str) -> str:
    """Return the suspended CronJob from which Jobs that unpack an archive of a volume are created."""
    return f"{shortened(claim, most('kubernetes cron job') - len('-unpack'))}-unpack"


def archive_test(claim: str) -> str:
    """Return the CronJob that restores the newest archive of a volume onto a disk of its own."""
    return f"{shortened(claim, most('kubernetes cron job') - len('-restore-test'))}-restore-test"


def restore_test(database: str) -> str:
    """Return the CronJob that restores the newest dump of a database into a scratch database."""
    return shortened(f"{kubernetes_name(database)}-restore-test", most("kubernetes cron job"))


def container(bucket: str) -> str:
    """Return a bucket's container in its storage account on Azure: three letters or more, and single hyphens."""
    return hyphenated(bucket if len(bucket) > 2 else f"{bucket}-files", most("azure container"))


def shortened(name: str, limit: int) -> str:
    """Return `name`, or its beginning and a digest if it is longer than `limit`."""
    return name if len(name) <= limit else f"{name[: limit - 7].rstrip('-')}-{_digits(name)}"


def hyphenated(name: str, limit: int) -> str:
    """Return `fleet_db` as `fleet-db`: no underscore, no two adjacent hyphens and none at the end, which many targets
    refuse.

    A name that loses more than its underscores gets a digest, so that `shop_` and `shop__` remain distinct.
    """
    plain = name.replace("_", "-")
    tidy = re.sub("-+", "-", plain).rstrip("-")
    return tidy if tidy == plain and len(tidy) <= limit else f"{tidy[: limit - 7].rstrip('-')}-{_digits(name)}"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
