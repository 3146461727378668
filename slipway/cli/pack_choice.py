"""The policy packs of a preview, their data, and the effect of a change on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from slipway.cli.lookup import refused
from slipway.cli.pack_data import configuration, refuse_mistakes_in
from slipway.cli.reference import tree
from slipway.cli.selection import LEVELS, PACK_FILE, POLICIES, own_pack, own_packs
from slipway.rehearsal import PolicyPack
from slipway.reports.policy_changes import PolicyChange, compared
from slipway.settings.project import PROJECT_FILE, find_project


@dataclass(frozen=True)
class PackOptions:
    """Options of the command line; None for the project's own."""

    packs: Sequence[Path] = ()
    data: Sequence[Path] = ()
    """For each pack, in their order: a folder of levels, or a file of Pulumi's `--policy-pack-config`."""
    base: str | None = None
    """A folder, or a git ref."""
    scanned: bool = False
    """True if checkov and kube-score run too."""


@dataclass(frozen=True)
class ChosenPack:
    """The packs, None for the project's own, and the effect of the change on them, which is None without a base."""

    packs: Sequence[PolicyPack] | None
    changes: Sequence[PolicyChange] | None
    root: Path
    """The tree whose answers to scanners apply."""


@contextmanager
def chosen_pack(options: PackOptions, root: Path) -> Iterator[ChosenPack]:
    """Yield the packs that check the project at `root`. Raises InvalidSettings if a pack, its data or the base is
    missing or has mistakes."""
    with _tree(options.base, root) as base:
        packs = _packs(options, root, base)
        for pack in packs or ():
            if not (pack.path / PACK_FILE).is_file():
                raise refused(f"--policy-pack {pack.path}: is not a policy pack: it has no {PACK_FILE}")
            folder = pack.data or pack.path
            refuse_mistakes_in(folder, _shown(folder, root, base, options.base), pack)
        changes = None if base is None else compared(base, root)
        folder = next((each.resolve().parent for each in options.data if each.is_dir()), root)
        yield ChosenPack(packs, changes, base or folder)


def _shown(folder: Path, root: Path, base: Path | None, named: str | None) -> str:
    """Return the folder as a message names it: one of a git ref as git does, one of the project without its path."""
    if base is not None and named is not None and base != Path(named) and folder.is_relative_to(base):
        return f"{named}:{folder.relative_to(base).as_posix()}"
    return str(folder.relative_to(root) if folder.is_relative_to(root) else folder)


def places_of(root: Path) -> tuple[Path, ...]:
    """Return the folders whose files apply in the tree `root`, each over those before it. Raises InvalidSettings."""
    return find_project(root).places if (root / PROJECT_FILE).is_file() else (root,)


def _packs(options: PackOptions, root: Path, base: Path | None) -> tuple[PolicyPack, ...] | None:
    """Return the packs that the command line names, or else those of the base; None for the project's own. Raises
    InvalidSettings."""
    if options.packs:
        named = [_named(pack, root) or PolicyPack(pack) for pack in options.packs]
    elif base is not None:
        named = list(_packs_of(base))
    elif options.data:
        named = list(own_packs(find_project(root)))
    else:
        return None
    if len(options.data) > len(named):
        raise refused(f"--policy-config {options.data[len(named)]}: pass one for each pack, in the order of the packs")
    return tuple(_configured(pack, data) for pack, data in zip_longest(named, options.data))


def _configured(pack: PolicyPack, data: Path | None) -> PolicyPack:
    """Return the pack with the folder or the file that the command line names for it. Raises InvalidSettings."""
    if data is None:
        return pack
    if data.is_file():
        return PolicyPack(pack.path, config=configuration(data, pack), data=pack.data)
    if not (data / LEVELS).is_file():
        rule = f"is neither a folder with {LEVELS} nor a file of pulumi's --policy-pack-config"
        raise refused(f"--policy-config {data}: {rule}")
    return PolicyPack(pack.path, data=data)


def _named(pack: Path, root: Path) -> PolicyPack | None:
    """Return the project's own pack if that is what the command line names: its levels are the project's. Raises
    InvalidSettings."""
    project = find_project(root)
    if pack.resolve() not in {(each / POLICIES).resolve() for each in project.places}:
        return None
    own = own_pack(project)
    return own if own is not None and own.path.resolve() == pack.resolve() else None


def _packs_of(base: Path) -> tuple[PolicyPack, ...]:
    """Return the packs that judge the base; a base whose program is not Slipway's may have none. Raises
    InvalidSettings."""
    project = find_project(base) if (base / PROJECT_FILE).is_file() else None
    if project is not None and not project.is_slipway:
        return own_packs(project)
    found = own_pack(project) if project else None
    return (found or PolicyPack(base / POLICIES, data=base / POLICIES),)


@contextmanager
def _tree(base: str | None, root: Path) -> Iterator[Path | None]:
    """Yield the folder of the base, extracted by git unless it is a folder already."""
    if base is None or Path(base).is_dir():
        yield None if base is None else Path(base)
        return
    with tree("--policy-base", base, root) as folder:
        yield folder
