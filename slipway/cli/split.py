"""`slipway split`."""

from __future__ import annotations

import json
import tempfile
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slipway.cli import stack_file
from slipway.cli.lookup import find_system, refused
from slipway.cli.selection import LEVELS, POLICIES, Selection, select_slipway
from slipway.rehearsal import Plan, Step
from slipway.reports import ledger
from slipway.reports.words import many
from slipway.settings.document import read
from slipway.settings.engine_config import in_namespace
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.foundations import KEY
from slipway.settings.rewriting import without

REPEATED = ("cloud", "region", "account", "subscription")
"""Keys of a cluster that a stack of systems repeats, for the policy pack."""
SYSTEM = "slipway:system:System"
COMPARED = ("inputs", "protect", "retainOnDelete", "ignoreChanges")
"""Parts of a resource's state by which plans are compared."""
STEPS = """
In this order:
1. Write {new} as it is above, but without its systems, and create the stack: pulumi stack init {reference}
2. pulumi up --stack {base}  (changes no resource: it exports the facts of its clusters)
   pulumi up --stack {name}  (creates providers only)
3. pulumi state move --source {source} --dest {reference} \\
     {urns}
4. Write both files as they are above{entries}{thresholds}.
5. pulumi preview --stack {base} and pulumi preview --stack {name}: nothing is created, replaced or deleted; annotations and
   tags that name the file of a stack change.
"""


@dataclass(frozen=True)
class Files:
    """Both stack files as text."""

    base: str
    new: str


def split(cwd: Path, stack: str | None, file: Path | None, systems: Sequence[str], name: str, organization: str) -> int:
    """Print the files of a stack and of the stack of systems that is split off, whether they plan what the stack did, and how
    the state moves. Writes nothing. Raises InvalidSettings."""
    selection = select_slipway(cwd, stack, file)
    base = selection.stack.name
    if selection.stack.foundation is not None:
        raise refused(f"--stack {base} is a stack of systems: split its foundation, {selection.stack.base}")
    if name in selection.project.stacks():
        raise refused(f"--name {name} is a stack already, with the file Pulumi.{name}.yaml")
    for system in systems:
        find_system(selection.stack, system)
    reference = f"{organization}/{selection.project.name}/{name}"
    files = proposed(selection, systems, f"{organization}/{selection.project.name}/{base}")
    for shown, content in ((base, files.base), (name, files.new)):
        print(f"# Pulumi.{shown}.yaml\n{content}")
    different, moved = _compared(selection, files, systems, name)
    entries = _entries(selection, moved)
    for line in different:
        print(line)
    if different:
        print(f"Both stacks together do not plan what {base} does: nothing should be moved.")
        return VIOLATED
    print(
        f"Both stacks together plan what {base} does: {many(len(moved), 'resource')} of {many(len(systems), 'system')} can move."
    )
    urns = " ".join(f"'urn:pulumi:{base}::{selection.project.name}::slipway:system:System::{each}'" for each in systems)
    source = f"{organization}/{selection.project.name}/{base}"
    if entries:
        renamed = {urn.replace(f":{base}::", f":{name}::", 1): entry for urn, entry in entries.items()}
        print(f"\n# ledger/{name}.yaml\n{ledger.as_yaml(renamed)}\nRemove from ledger/{base}.yaml:")
        print("\n".join(f"  {line}" for line in _lines(selection, entries)))
    said = f", and ledger/{name}.yaml; remove its entries from ledger/{base}.yaml" if entries else ""
    thresholds = _thresholds(selection, name)
    if thresholds:
        print(f"\n# policies/{LEVELS}, below `stacks`\n{thresholds}", end="")
    steps = STEPS.format(
        new=f"Pulumi.{name}.yaml",
        base=base,
        name=name,
        reference=reference,
        source=source,
        urns=urns,
        entries=said,
        thresholds=f", and what policies/{LEVELS} has of {base} for {name} too" if thresholds else "",
    )
    print(steps, end="")
    return OK


def _thresholds(selection: Selection, name: str) -> str:
    """Return the stack's entry in the levels of the policy pack for the new stack: rules find thresholds by a stack's name."""
    file = selection.project.root / POLICIES / LEVELS
    stacks = read(file, f"{POLICIES}/{LEVELS}").get("stacks") if file.is_file() else None
    entry = stacks.get(selection.stack.name) if isinstance(stacks, dict) else None
    if not entry:
        return ""
    text = yaml.safe_dump(json.loads(json.dumps({name: entry})), sort_keys=False, allow_unicode=True, width=120)
    return textwrap.indent(text, "  ")


def _entries(selection: Selection, moved: Collection[str]) -> dict[str, Any]:
    """Return the entries of the stack's ledger that are about resources which move."""
    found = ledger.read(_ledger(selection))
    return {urn: entry for urn, entry in found.items() if urn.split("::", 2)[-1] in moved}


def _lines(selection: Selection, entries: Collection[str]) -> Iterator[str]:
    """Yield the lines of the ledger with these entries, as `lines 12-15: URN`."""
    root = yaml.compose(_ledger(selection).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value in entries:
            # A block ends where the next entry begins.
            last = value.end_mark.line + (1 if value.end_mark.column else 0)
            yield f"lines {key.start_mark.line + 1}-{last}: {key.value}"


def _ledger(selection: Selection) -> Path:
    return selection.project.root / ledger.FOLDER / f"{selection.stack.name}.yaml"


def proposed(selection: Selection, systems: Sequence[str], foundation: str) -> Files:
    """Return both files: that of the stack without the systems, whose comments stay, and that of a stack of them."""
    project, text = selection.project.name, selection.file.read_text(encoding="utf-8")
    for system in systems:
        text = without(text, stack_file.deployment_path(selection, system))
    config = json.loads(json.dumps(in_namespace(selection.written(), project)))
    clusters: dict[str, Any] = {}
    for cluster, entry in config.pop("clusters").items():
        mine = {each: entry["systems"][each] for each in systems if each in entry.get("systems", {})}
        if mine:
            clusters[cluster] = {**{key: entry[key] for key in REPEATED if key in entry}, "systems": mine}
    new = {**config, KEY: foundation, "clusters": clusters}
    content = {"config": {f"{project}:{key}": value for key, value in new.items()}}
    return Files(text, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120))


def _compared(
    selection: Selection, files: Files, systems: Sequence[str], name: str
) -> tuple[list[str], frozenset[str]]:
    """Return a line for each difference between the plan of the stack and both plans together, and for each resource that its
    system does not take along; and the resources that move, without the stack in their URNs."""
    base, before = selection.stack.name, _plan(selection)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        replaced = {f"Pulumi.{base}.yaml": files.base, f"Pulumi.{name}.yaml": files.new}
        for each in selection.project.root.iterdir():
            if each.name not in replaced and each.name != ".git":
                (folder / each.name).symlink_to(each)
        for shown, content in replaced.items():
            (folder / shown).write_text(content, encoding="utf-8")
        staying, moving = (_plan(select_slipway(folder, each, None)) for each in (base, name))
    moved = _resources(moving, base, name)
    moved = {urn: state for urn, state in moved.items() if not urn.startswith("slipway:cluster:Cluster::")}
    lines = [
        *_differences(_resources(before, base, name), _resources(staying, base, name), moved),
        *_left_behind(before, systems, moved),
        *_other_providers(before, moving, moved),
    ]
    return lines, frozenset(moved)


def _left_behind(before: Plan, systems: Sequence[str], moved: Mapping[str, str]) -> Iterator[str]:
    """Yield what does not move with its system: Pulumi moves a resource with its children."""
    pending = [step.urn for step in before.steps if step.type == SYSTEM and step.name in systems]
    taken: set[str] = set()
    while pending:
        urn = pending.pop()
        taken.add(urn.split("::", 2)[2])
        pending += [child.urn for child in before.children_of(urn)]
    for urn in sorted(moved.keys() - taken):
        yield f"not below a system that moves: {urn}"
    for urn in sorted(taken - moved.keys()):
        yield f"moves, and is not in the new stack: {urn}"


def _other_providers(before: Plan, moving: Plan, moved: Mapping[str, str]) -> Iterator[str]:
    """Yield the providers of moved resources that the new stack has not, or with other inputs: Pulumi would replace."""
    there = {step.urn.split("::", 2)[2]: step.state.get("inputs") for step in moving.steps}
    used = {step.provider.rpartition("::")[0] for step in before.steps if step.urn.split("::", 2)[2] in moved}
    for urn in sorted(used & before.by_urn.keys()):
        if there.get(urn.split("::", 2)[2]) != before.by_urn[urn].state.get("inputs"):
            yield f"with another provider: {urn}"


def _plan(selection: Selection) -> Plan:
    rehearsal = selection.rehearse(policies=False)
    if rehearsal.failure:
        raise refused(f"the program of {selection.stack.name} fails:\n{rehearsal.failure}")
    return rehearsal.plan


def _resources(plan: Plan, base: str, name: str) -> dict[str, str]:
    """Return what is compared of each resource, by its URN without the stack; but for the file that declares it."""
    found = (step for step in plan.steps if not step.type.startswith("pulumi:"))
    return {
        step.urn.split("::", 2)[2]: _described(step).replace(f"Pulumi.{name}.yaml", f"Pulumi.{base}.yaml")
        for step in found
    }


def _described(step: Step) -> str:
    return json.dumps({key: step.state.get(key) for key in COMPARED}, sort_keys=True)


def _differences(before: Mapping[str, str], staying: Mapping[str, str], moving: Mapping[str, str]) -> Iterator[str]:
    for urn in sorted(staying.keys() & moving.keys()):
        yield f"in both stacks: {urn}"
    together = {**staying, **moving}
    for urn in sorted(before.keys() - together.keys()):
        yield f"in neither stack: {urn}"
    for urn in sorted(together.keys() - before.keys()):
        yield f"in no stack before: {urn}"
    for urn in sorted(before.keys() & together.keys()):
        if before[urn] != together[urn]:
            yield f"with other inputs: {urn}"
