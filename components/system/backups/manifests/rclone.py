"""rclone's configuration of the dump bucket: always named `store:`, with everything else in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REMOTE = "RCLONE_CONFIG_STORE_"


@dataclass(frozen=True, kw_only=True)
class Store:
    """`kind` is rclone's name of the backend, and `settings` are those of its remote, without secrets, which come with
    the pod's identity. `environment` has rclone's other variables."""

    kind: str
    bucket: str
    settings: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)


def remote(store: Store) -> dict[str, str]:
    """Returns the environment in which `store:$BUCKET` is the bucket."""
    settings = {"TYPE": store.kind, "ENV_AUTH": "true", **store.settings}
    return {
        "BUCKET": store.bucket,
        "RCLONE_CONFIG": "/tmp/rclone.conf",
        "RCLONE_CACHE_DIR": "/tmp",
        **{f"{REMOTE}{name}": value for name, value in settings.items()},
        **store.environment,
    }
