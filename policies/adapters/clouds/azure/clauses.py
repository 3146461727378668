"""Clauses of Azure standards by rule."""

from __future__ import annotations

from collections.abc import Mapping

_CIS = "CIS Azure Foundations 2.1:"

CLAUSES: Mapping[str, tuple[str, ...]] = {
    "audit-log-settings": ("CIS AKS 2.1.1",),
    "container-hardening": ("CIS AKS 4.2.1-4.2.5",),
    "cost-tags": ("Azure Cloud Adoption Framework: tagging",),
    "deletion-guards": (f"{_CIS} 8.5",),
    "encryption-in-transit": (f"{_CIS} 3.1, 3.15, 4.3.1",),
    "local-accounts": ("CIS AKS 5.5.1", "CIS Azure: shared key access disabled"),
    "secret-rotation": ("CIS Azure: key rotation",),
    "static-cloud-keys": ("CIS AKS 5.2.1",),
    "security-updates": ("Azure security baseline: AKS, PV-6",),
    "spot-availability": ("Azure AKS: spot node pools, limitations",),
    "vault-exposure": (f"{_CIS} 8.7", "Azure security baseline: Key Vault, NS-2"),
}
