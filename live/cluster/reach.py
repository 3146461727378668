"""The way to the cluster that a rehearsal is meant for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live.cluster.api import Api, Refused, Unreached
from live.failure import CloudFailure


class OutOfReach(CloudFailure):
    """There is no way to the cluster, or it does not let this login in. Nothing was changed."""


class UnknownContext(OutOfReach):
    """The kubeconfig leads nowhere."""


@dataclass(frozen=True)
class Reached:
    """A cluster that answers; `context` is what its kubeconfig calls it."""

    api: Api
    context: str


def reach(kubeconfig: Path | None, context: str | None) -> Reached:
    """The cluster of a kubeconfig's context, by default the current one. Raises OutOfReach."""
    client, name = _client(kubeconfig, context)
    probe = Api(client, pauses=())
    try:
        probe.get("/api/v1")
    except Unreached as failure:
        raise OutOfReach(f"kubernetes: {failure}; is context {name} right?") from None
    except Refused as refusal:
        if refusal.status in (401, 403):
            raise OutOfReach(f"kubernetes: context {name}: the login is unknown, expired or may do nothing") from None
        raise OutOfReach(f"kubernetes: context {name}: {refusal}") from None
    return Reached(Api(client), name)


def _client(kubeconfig: Path | None, context: str | None) -> tuple[Any, str]:
    import urllib3
    import yaml
    from kubernetes import client, config

    file = str(kubeconfig) if kubeconfig else None
    settings = client.Configuration()
    settings.retries = False  # type: ignore[assignment]
    settings.connection_pool_maxsize = 16
    place = f"kubeconfig {kubeconfig}" if kubeconfig else "kubeconfig"
    try:
        _, current = config.list_kube_config_contexts(config_file=file)
        name = context or current["name"]
        config.load_kube_config(config_file=file, context=name, client_configuration=settings)
    except config.ConfigException:
        wanted = f"context {context}" if context else "current context"
        raise UnknownContext(f"kubernetes: the {place} has no {wanted}, or there is none; see KUBECONFIG") from None
    except (yaml.YAMLError, OSError, TypeError, KeyError) as error:
        raise UnknownContext(f"kubernetes: the {place} cannot be read ({type(error).__name__})") from None
    if not settings.verify_ssl:
        # The kubeconfig says so itself; a warning at each request would hide all else.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return client.ApiClient(settings), name
