"""Connects to the cluster of a rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.ops.cluster.api import Api, ApiUnavailable, Refused
from slipway.ops.failure import CloudFailure

POOL = 16
"""Connections that are kept open. Chosen: twice the threads that apply or compare objects."""


class Unreachable(CloudFailure):
    """The cluster cannot be reached, or refuses this login. Nothing was changed."""


class UnknownContext(Unreachable):
    """The kubeconfig has no such context."""


@dataclass(frozen=True)
class Connection:
    """A cluster that responds at `server`; `context` is its name in the kubeconfig."""

    api: Api
    context: str
    server: str = ""


def connect(
    kubeconfig: Path | None,
    context: str | None,
    *,
    outage_timeout: float = 0,
    report: Callable[[str], None] = lambda line: None,
) -> Connection:
    """Connect to the cluster of a kubeconfig's context, by default the current one; for the other parameters see `Api`.
    Raises Unreachable."""
    client, name = _client(kubeconfig, context)
    probe = Api(client, pauses=())
    try:
        probe.get("/api/v1")
    except ApiUnavailable as failure:
        raise Unreachable(f"kubernetes: {failure}; is context {name} right?") from None
    except Refused as refusal:
        if refusal.status in (401, 403):
            raise Unreachable(
                f"kubernetes: context {name}: the login is unknown, expired or has no permissions"
            ) from None
        raise Unreachable(f"kubernetes: context {name}: {refusal}") from None
    return Connection(Api(client, outage_timeout=outage_timeout, report=report), name, client.configuration.host)


def _client(kubeconfig: Path | None, context: str | None) -> tuple[Any, str]:
    import yaml
    from kubernetes import config

    from slipway.ops.cluster.client import client_by_kubeconfig

    place = f"kubeconfig {kubeconfig}" if kubeconfig else "kubeconfig"
    try:
        _, current = config.list_kube_config_contexts(config_file=str(kubeconfig) if kubeconfig else None)
        name = context or current["name"]
        return client_by_kubeconfig(name, kubeconfig, pool=POOL), name
    except config.ConfigException:
        wanted = f"context {context}" if context else "current context"
        raise UnknownContext(f"kubernetes: the {place} has no {wanted}, or there is none; see KUBECONFIG") from None
    except (yaml.YAMLError, OSError, TypeError, KeyError) as error:
        raise UnknownContext(f"kubernetes: the {place} cannot be read ({type(error).__name__})") from None
