"""The policy pack of a preview, its data, and the effect of a change on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.cli.lookup import refused
from slipway.cli.reference import tree
from slipway.cli.selection import LEVELS, PACK_FILE, POLICIES, own_pack
from slipway.rehearsal import PolicyPack
from slipway.reports.policy_changes import PolicyChange, compared
from slipway.settings.project import PROJECT_FILE, find_project


@dataclass(frozen=True)
class PackOptions:
    """Options of the command line; None for the project's own."""

    pack: Path | None = None
    data: Path | None = None
    base: str | None = None
    """A folder, or a git ref."""
    scanned: bool = False
    """True if checkov and kube-score run too."""


@dataclass(frozen=True)
class ChosenPack:
    """A pack and the effect of the change on it, which is None without a base."""

    pack: PolicyPack | None
    changes: Sequence[PolicyChange] | None
    root: Path
    """The tree whose answers to scanners apply."""


@contextmanager
def chosen_pack(options: PackOptions, root: Path) -> Iterator[ChosenPack]:
    """Yield the pack that checks the project at `root`. Raises InvalidSettings if a pack, its data or the base is
    missing."""
    with _tree(options.base, root) as base:
        based = _pack_of(base) if base else _named(options.pack, root)
        pack = options.pack or (based.path if based else None)
        data = options.data or (based.data if based else None)
        for option, folder, needed in (("--policy-pack", pack, PACK_FILE), ("--policy-config", data, LEVELS)):
            if folder is not None and not (folder / needed).is_file():
                raise refused(f"{option} {folder}: is not a policy pack: it has no {needed}")
        changes = None if base is None else compared(base, root)
        yield ChosenPack(
            pack and PolicyPack(pack, data=data),
            changes,
            base or (options.data.resolve().parent if options.data else root),
        )


def places_of(root: Path) -> tuple[Path, ...]:
    """Return the folders whose files apply in the tree `root`, each over those before it. Raises InvalidSettings."""
    return find_project(root).places if (root / PROJECT_FILE).is_file() else (root,)


def _named(pack: Path | None, root: Path) -> PolicyPack | None:
    """Return the project's own pack if that is what the command line names: its levels are the project's. Raises
    InvalidSettings."""
    project = find_project(root)
    if pack is None or pack.resolve() not in {(each / POLICIES).resolve() for each in project.places}:
        return None
    own = own_pack(project)
    return own if own is not None and own.path.resolve() == pack.resolve() else None


def _pack_of(base: Path) -> PolicyPack:
    """Return the pack that judges the base. Raises InvalidSettings."""
    found = own_pack(find_project(base)) if (base / PROJECT_FILE).is_file() else None
    return found or PolicyPack(base / POLICIES, data=base / POLICIES)


@contextmanager
def _tree(base: str | None, root: Path) -> Iterator[Path | None]:
    """Yield the folder of the base, extracted by git unless it is a folder already."""
    if base is None or Path(base).is_dir():
        yield None if base is None else Path(base)
        return
    with tree("--policy-base", base, root) as folder:
        yield folder
