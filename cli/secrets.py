"""`slipway secrets set` and `slipway secrets list`."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.placed import placed, refused
from cli.selection import select
from cli.table import minute, table
from live.stores import store_of
from settings import secrecy
from settings.fields import seconds
from settings.problems import nearest
from settings.services import Generated, Secret, Supplied
from settings.stacks import PlacedCluster, PlacedSystem, Stack


def set_secret(cwd: Path, stack: str | None, file: Path | None, system: str, name: str, *, surplus: int) -> int:
    """Reads the value and keeps it. Raises InvalidSettings and CloudFailure, which never quote it.

    `surplus` is how many words follow the name on the command line: a value does not belong there.
    """
    if surplus:
        rule = "`secrets set` takes a name only and reads the value from standard input; if a word after the name was"
        raise refused(f"{rule} the value, it stands in the shell's history now: have it issued anew")
    selected = select(cwd, stack, file).stack
    cluster, found = placed(selected, system)
    _check_supplied(found, name)
    store = store_of(selected, cluster, found)
    store.set(name, _value(name, store.limit))
    print(f"{system}: {name} is set in {store.place(name)}")
    return 0


def list_secrets(cwd: Path, stack: str | None, file: Path | None, system: str | None) -> int:
    """Prints every secret of the stack, or of `system`. Raises InvalidSettings and CloudFailure."""
    selected = select(cwd, stack, file).stack
    systems = [placed(selected, system)] if system else _everything(selected)
    now = datetime.now(UTC)
    rows = [row for cluster, each in systems for row in _rows(selected, cluster, each, now)]
    print(table(("system", "secret", "kind", "filled since", "due"), rows) if rows else "no secrets are declared")
    return 0


def _everything(stack: Stack) -> list[tuple[PlacedCluster, PlacedSystem]]:
    clusters = stack.clusters.values()
    return [(cluster, each) for cluster in clusters for each in [*cluster.systems.values(), cluster.monitoring]]


def _check_supplied(system: PlacedSystem, name: str) -> None:
    declared = system.definition.secrets
    if isinstance(declared.get(name), Generated):
        raise refused(f"Slipway makes {name} of {system.name}; for another value change its `rotated` date")
    if name not in declared:
        supplied = [key for key, secret in declared.items() if isinstance(secret, Supplied)]
        # A value may have been typed in place of the name.
        is_name = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name) and not secrecy.may_be_secret(name)
        raise refused(f"{name if is_name else 'this'} is no secret of {system.name}{nearest(name, supplied)}")


def _value(name: str, limit: int) -> str:
    """What standard input says, without one newline at its end; a terminal is asked without echo."""
    data = _typed(name) if sys.stdin.isatty() else sys.stdin.buffer.read(limit + 3)
    data = re.sub(rb"\r?\n\Z", b"", data)
    if not data.strip():
        raise refused(f"the value of {name} is empty; pipe it in, for example `slipway secrets set … {name} < file`")
    if len(data) > limit:
        raise refused(f"the value of {name} is longer than {limit} bytes, the most that its store keeps")
    if b"\0" in data:
        raise refused(f"the value of {name} holds a zero byte, which no variable can; encode it, such as by base64")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise refused(f"the value of {name} is not UTF-8 text; encode it, for example by base64") from None


def _typed(name: str) -> bytes:
    try:
        return getpass.getpass(f"{name}: ").encode(errors="surrogateescape")
    except EOFError:
        return b""


def _rows(
    stack: Stack, cluster: PlacedCluster, system: PlacedSystem, now: datetime
) -> Iterator[tuple[str, str, str, str, str]]:
    declared = system.definition.secrets
    supplied = any(isinstance(secret, Supplied) for secret in declared.values())
    filled = store_of(stack, cluster, system).filled() if supplied else {}
    for name, secret in declared.items():
        yield (system.name, name, *_state(secret, filled.get(name), now))


def _state(secret: Secret, since: datetime | None, now: datetime) -> tuple[str, str, str]:
    """Kind, since when it has its value, and whether that is too long."""
    if isinstance(secret, Generated):
        return "generated", secret.rotated, ""
    if since is None:
        return "supplied", "never", f"supplied by {secret.supplied}"
    late = now - since - timedelta(seconds=seconds(secret.rotate_every))
    return "supplied", minute(since), f"overdue by {late.days} d" if late > timedelta() else ""
