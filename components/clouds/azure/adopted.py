"""Existing resources, identified by their ids in Azure Resource Manager."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXAMPLE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/data/providers"


@dataclass(frozen=True)
class Adopted:
    """The name and resource group of an imported resource, under which it must be declared."""

    id: str
    resource_group: str
    name: str

    @classmethod
    def server(cls, id: str) -> Adopted:
        """Parses the id of a flexible server. Raises ValueError if it is not one."""
        return cls._parsed(id, "Microsoft.DBforPostgreSQL/flexibleServers")

    @classmethod
    def account(cls, id: str) -> Adopted:
        """Parses the id of a storage account. Raises ValueError if it is not one."""
        return cls._parsed(id, "Microsoft.Storage/storageAccounts")

    @classmethod
    def _parsed(cls, id: str, kind: str) -> Adopted:
        form = rf"/subscriptions/[^/]+/resourceGroups/([^/]+)/providers/{re.escape(kind)}/([^/]+)"
        parts = re.fullmatch(form, id, re.IGNORECASE)
        if parts is None:
            raise ValueError(f"adopt: {id} is not the id of a {kind}, for example {_EXAMPLE}/{kind}/existing")
        return cls(id, parts[1], parts[2])
