"""What leads on after a release was rolled back, in the same words wherever people look."""

from __future__ import annotations

from slipway.release.objects import ReleaseSpec
from slipway.release.status import Status


def on(spec: ReleaseSpec, status: Status) -> str:
    """Return what people can do about a release that was rolled back while the stack's file still wants it: the gates
    refuse it until then."""
    found = ["release another version", "set `attempt` one higher to try the same again"]
    if status.active is not None:
        found.append(f"take it back by `slipway release revert --stack {spec.stack} --system {spec.system}`")
    return f"{', '.join(found[:-1])} or {found[-1]}"
