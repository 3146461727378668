"""Opens an Azure subscription, and translates its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slipway.ops.azure.resource_manager import ADDRESS
from slipway.ops.failure import CloudFailure

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.exceptions import HttpResponseError

    from slipway.settings.clouds.azure import AzureCluster

LOG_IN = "log in with `az login --tenant <the stack's tenant>`"


def credential(cluster: AzureCluster) -> TokenCredential:
    """Return the login of the Azure CLI, of a workload or of the environment, for the cluster's tenant."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(additionally_allowed_tenants=[cluster.tenant])


@contextmanager
def translated_errors(subject: str) -> Iterator[None]:
    """Turn an error of Azure's clients into a CloudFailure about `subject`."""
    from azure.core import exceptions as azure

    try:
        yield
    except azure.ClientAuthenticationError:
        raise CloudFailure(f"azure: no login for {subject}: {LOG_IN}") from None
    except azure.HttpResponseError as error:
        raise CloudFailure(f"azure: {_meaning(error, subject)}") from None
    except azure.AzureError as error:
        reason = type(error).__name__
        fix = "run `pulumi up` first, or connect to the private network"
        raise CloudFailure(f"azure: {subject} cannot be reached ({reason}); {fix}") from None


def _meaning(error: HttpResponseError, subject: str) -> str:
    status = error.status_code
    if status == 401:
        return f"no login for {subject}: {LOG_IN}"
    if status == 403:
        return f"the login may not use {subject}; ask for a role on it, or for an address inside its firewall"
    if status == 404:
        return f"{subject} does not exist; run `pulumi up` first"
    if status == 409:
        return f"{subject} is soft-deleted or being changed: recover it, or try again in a minute"
    return f"the request about {subject} failed (HTTP {status})"


def verified(cluster: AzureCluster) -> str:
    """Return the tenant, if there is a login that it accepts. Raises CloudFailure."""
    with translated_errors(f"tenant {cluster.tenant}"):
        credential(cluster).get_token(f"{ADDRESS}/.default")
    return f"tenant {cluster.tenant}"
