"""Encryption of data at rest and in transit, by type."""

from __future__ import annotations

from collections.abc import Mapping

from adapters import cache_pods, clouds, operated_settings
from adapters.clouds.contract import Evaluation

AT_REST = clouds.alone("encryption-at-rest")
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
PROVISIONERS = clouds.table(lambda cloud: cloud.provisioners)

IN_TRANSIT: Mapping[str, Evaluation] = {
    **clouds.alone("encryption-in-transit"),
    **cache_pods.IN_TRANSIT,
    **operated_settings.IN_TRANSIT,
}
