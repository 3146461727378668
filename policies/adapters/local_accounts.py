"""Authentication besides the cloud's own identities, and the settings of each service that disable it."""

from __future__ import annotations

from adapters import clouds

AUTH_SETTINGS = clouds.table(lambda cloud: cloud.auth)
LOGINS = clouds.types(lambda cloud: cloud.logins)
CLUSTERS = clouds.types(lambda cloud: cloud.clusters)
