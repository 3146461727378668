"""What was said of each resource, in a line of digests, where the whole of it is too long to keep:

    python tests/fidelity/digests.py preview.json > tests/fidelity/programs/stacks/engine.tsv

of what `pulumi preview --json` answered.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ASPECTS = ("inputs", "parent", "provider", "dependencies", "propertyDependencies")
"""Each has a digest of its own, so that a difference tells what it is about; `options` is all the rest."""
PLACES = ("sourcePosition", "stackTrace", "created", "modified")
HEAD = "\t".join(("operation", "resource", *ASPECTS, "options"))


def lines(steps: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """In order of names, below a line that tells the columns."""
    yield HEAD
    yield from sorted(map(_line, steps))


def _line(step: Mapping[str, Any]) -> str:
    state = {key: value for key, value in step["newState"].items() if key not in PLACES}
    # Dependencies are sets: the engine has them as the program happened to send them.
    state["dependencies"] = sorted(state.get("dependencies") or ())
    by_property = state.get("propertyDependencies") or {}
    state["propertyDependencies"] = {key: sorted(urns or ()) for key, urns in by_property.items() if urns}
    rest = {key: value for key, value in state.items() if key not in ASPECTS}
    values = [*(state.get(aspect) for aspect in ASPECTS), {**rest, "provider": step.get("provider")}]
    return "\t".join((step["op"], step["urn"].split("::", 2)[2], *map(_digest, values)))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:6] if value else "-"


if __name__ == "__main__":
    print("\n".join(lines(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["steps"])))
