"""Stack configuration as a program receives it: texts, some of them secret.

Engine: sdk/go/common/resource/config/map.go (Decrypt).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from slipway.rehearsal.plan import UNKNOWN


@dataclass(frozen=True)
class ConfigValue:
    """One value; objects and lists are compact JSON. A structured value with any secret part is secret as a whole."""

    value: str
    secret: bool = False

    @classmethod
    def of(cls, value: Any, *, secret: bool = False) -> ConfigValue:
        """Return the engine's text for a plain value: `true`, `3`, `text`, `{"a":1}`."""
        return cls(
            value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False), secret
        )

    @classmethod
    def sealed(cls) -> ConfigValue:
        """Return a secret that cannot be decrypted here: on the wire it is unknown as well as secret."""
        return cls(UNKNOWN, secret=True)
