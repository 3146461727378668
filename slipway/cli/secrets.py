"""`slipway secrets set`, `import` and `list`."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from slipway.cli.cluster_options import ClusterOptions, connected, on_context
from slipway.cli.lookup import find_system, refused
from slipway.cli.selection import select_slipway
from slipway.cli.table import minute, table
from slipway.ops import existing_values
from slipway.ops.cluster.api import Api
from slipway.ops.secret_stores import store_of
from slipway.settings import secrecy
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.exit_statuses import OK
from slipway.settings.fields import seconds
from slipway.settings.problems import nearest
from slipway.settings.services import Generated, InSecret, InStore, Origin, Secret, rotations, supplied_by
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster


def set_secret(
    cwd: Path,
    stack: str | None,
    file: Path | None,
    system: str,
    name: str,
    *,
    surplus: int,
    context: str | None = None,
) -> int:
    """Read the value and store it. Raises InvalidSettings and CloudFailure, which never quote the value.

    `surplus` is the number of words after the name on the command line: a value does not belong there.
    """
    if surplus:
        rule = "`secrets set` takes a name only and reads the value from standard input; if a word after the name was"
        raise refused(f"{rule} the value, it is now in the shell's history: have a new one issued")
    selected = select_slipway(cwd, stack, file).stack
    selected = on_context(selected, context, [find_system(selected, system)[0].name])
    cluster, found = find_system(selected, system)
    _check_supplied(found, name)
    store = store_of(selected, cluster, found)
    store.set(name, _value(name, store.limit))
    print(f"{system}: {name} is set in {store.place(name)}")
    return OK


def import_secrets(
    cwd: Path, stack: str | None, file: Path | None, system: str, context: str | None, *, replace: bool
) -> int:
    """Copy each value in use from where its secret's `from` says. Nothing is written unless every value was found and
    fits. Raises InvalidSettings and CloudFailure, which never quote a value."""
    selected = select_slipway(cwd, stack, file).stack
    cluster, found = find_system(selected, system)
    if isinstance(cluster.settings, LocalCluster):
        selected = on_context(selected, context, [cluster.name])
    cluster, found = find_system(selected, system)
    origins = {
        name: each.origin for name, each in found.definition.secrets.items() if each.origin and supplied_by(each)
    }
    if not origins:
        raise refused(f"no secret of {system} says where its value is: set `from`, such as {{secret: legacy/shop-env}}")
    store = store_of(selected, cluster, found)
    filled = {} if replace else {name: since for name, since in store.filled().items() if since is not None}
    wanted = {name: origin for name, origin in origins.items() if name not in filled}
    api = None
    if any(isinstance(each, InSecret) for each in wanted.values()):
        api = connected(selected, cluster.name, ClusterOptions(context=context)).api
    values = {name: _checked(name, _found(api, cluster, name, each), store.limit) for name, each in wanted.items()}
    for name, value in values.items():
        store.set(name, value)
        print(f"{system}: {name} is copied from {origins[name].place} into {store.place(name)}")
    for name in origins.keys() - values.keys():
        print(f"{system}: {name} is unchanged, set since {minute(filled[name])}; --replace copies it again")
    return OK


def _found(api: Api | None, cluster: StackCluster, name: str, origin: Origin) -> bytes:
    if isinstance(origin, InStore):
        return existing_values.in_store(cluster, origin)
    assert api is not None
    return existing_values.in_secret(api, name, origin)


def list_secrets(
    cwd: Path, stack: str | None, file: Path | None, system: str | None, context: str | None = None
) -> int:
    """Print every secret of the stack, or of `system`. Raises InvalidSettings and CloudFailure."""
    selected = select_slipway(cwd, stack, file).stack
    selected = on_context(selected, context, [find_system(selected, system)[0].name] if system else selected.clusters)
    systems = [find_system(selected, system)] if system else _everything(selected)
    now = datetime.now(UTC)
    rows = [row for cluster, each in systems for row in _rows(selected, cluster, each, now)]
    print(table(("system", "secret", "kind", "filled since", "due"), rows) if rows else "no secrets are declared")
    return OK


def _everything(stack: Stack) -> list[tuple[StackCluster, DeployedSystem]]:
    clusters = stack.clusters.values()
    return [(cluster, each) for cluster in clusters for each in [*cluster.systems.values(), *cluster.services]]


def _check_supplied(system: DeployedSystem, name: str) -> None:
    declared = system.definition.secrets
    if name in declared and supplied_by(declared[name]) is None:
        way = "to rotate it, change its `rotated` date; to supply an existing value, set `existing: true`"
        raise refused(f"{name} of {system.name} is generated: {way}")
    if name not in declared:
        supplied = [key for key, secret in declared.items() if supplied_by(secret)]
        # The user may have typed a value instead of the name.
        is_name = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name) and not secrecy.may_be_secret(name)
        raise refused(f"{name if is_name else 'this'} is not a secret of {system.name}{nearest(name, supplied)}")


def _value(name: str, limit: int) -> str:
    """Read the value from standard input, without one trailing newline; a terminal prompts without echo."""
    data = _typed(name) if sys.stdin.isatty() else sys.stdin.buffer.read(limit + 3)
    return _checked(name, re.sub(rb"\r?\n\Z", b"", data), limit)


def _checked(name: str, data: bytes, limit: int) -> str:
    """Return the value as text. Raises InvalidSettings, which never quotes it."""
    if not data.strip():
        raise refused(f"the value of {name} is empty: pipe it in, for example `slipway secrets set … {name} < file`")
    if len(data) > limit:
        raise refused(f"the value of {name} is longer than {limit} bytes, the limit of its store")
    if b"\0" in data:
        raise refused(
            f"the value of {name} contains a zero byte, which no variable can: encode it, for example with base64"
        )
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise refused(f"the value of {name} is not UTF-8 text: encode it, for example with base64") from None


def _typed(name: str) -> bytes:
    try:
        return getpass.getpass(f"{name}: ").encode(errors="surrogateescape")
    except EOFError:
        return b""


def _rows(
    stack: Stack, cluster: StackCluster, system: DeployedSystem, now: datetime
) -> Iterator[tuple[str, str, str, str, str]]:
    declared = system.definition.secrets
    supplied = any(map(supplied_by, declared.values()))
    filled = store_of(stack, cluster, system).filled() if supplied else {}
    for name, secret in declared.items():
        yield (system.name, name, *_state(secret, filled.get(name), now))


def _state(secret: Secret, since: datetime | None, now: datetime) -> tuple[str, str, str]:
    """Return the kind of the secret, the date of its value, and whether that is too old."""
    issuer = supplied_by(secret)
    if isinstance(secret, Generated) and issuer is None:
        return "generated", secret.rotated, ""
    if since is None:
        return "supplied", "never", f"supplied by {issuer}"
    late = now - since - timedelta(seconds=seconds(rotations({"": secret})[""]))
    return "supplied", minute(since), f"overdue by {late.days} d" if late > timedelta() else ""
