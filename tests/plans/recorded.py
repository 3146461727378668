"""What plans are recorded as, in files that a reviewer reads.

- `kubernetes/SYSTEM.txt`: the objects of a system, and `cluster.txt` those of the cluster, as they are on AWS.
- `aws/`, `azure/`, `local/`: what the cloud itself has for them, and what differs of the objects there.
- `texts/`: scripts, pages and configuration files in them, each once; what is a file of the project already stands there.
- `stacks/`: the parts of each stack.

Each resource is written as what sets it apart from one that it is `like`. A system's resources are those of `prod`, moved
to the cloud in question.
"""

from __future__ import annotations

import difflib
import io
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from rich.console import Console

from slipway.rehearsal import Step
from slipway.reports.outline import outline
from slipway.reports.text import tree as outlined
from tests.plans.compact import ALIKE, WIDTH, Tree, Words, block, differences, dotted, leaves, readable, tree
from tests.plans.moved import CLUSTERS, moved
from tests.rehearsed import ROOT, rehearsed

FOLDER = ROOT / "tests" / "plans" / "snapshots"
STACKS = ("local", "prod", "staging")
OPTIONS = (
    "protect",
    "ignoreChanges",
    "retainOnDelete",
    "customTimeouts",
    "importID",
    "deleteBeforeReplace",
    "deletedWith",
)
LONG = 3
"""Lines of a text that is kept beside what it belongs to."""
NAMING = ("services", "databases", "buckets", "sites", "domains", "queues")
"""Keys of a system that resources are named after."""


def files() -> dict[str, str]:
    """Each file's text by its name."""
    return {**_of_clouds(), **{f"stacks/{stack}.txt": _parts(stack) for stack in STACKS}}


def _parts(stack: str) -> str:
    made = rehearsed(stack)
    out = io.StringIO()
    outlined(Console(file=out, width=120, highlight=False), made.stack, outline(made.plan, made.stack), every=False)
    return out.getvalue()


def _of_clouds() -> dict[str, str]:
    recording = _Recording()
    for cloud in CLUSTERS:
        steps = [
            step for step in moved(cloud).plan.steps if step.state["custom"] and step.type != "pulumi:pulumi:Stack"
        ]
        recording.add(cloud, steps)
    return recording.files()


@dataclass(frozen=True)
class _Resource:
    """One of a plan, without the names that it has because of where it belongs."""

    kind: str
    name: str
    words: Words
    tree: Tree
    leaves: frozenset[tuple[tuple[str, ...], str]]


class _Recording:
    def __init__(self) -> None:
        self._known: dict[str, dict[str, _Resource]] = defaultdict(dict)
        """By kind and name; what is there on several clouds as it is on the first."""
        self._lines: dict[str, list[str]] = defaultdict(list)
        self._texts: dict[str, str] = {}
        """Names of files by what they hold."""
        self._bodies: dict[str, str] = {}

    def files(self) -> dict[str, str]:
        lists = {name: "\n".join(lines) + "\n" for name, lines in self._lines.items()}
        return {**lists, **self._bodies}

    def add(self, cloud: str, steps: Iterable[Step]) -> None:
        """The resources of a cloud; those of Kubernetes that another has too are told by what differs."""
        ordered = sorted(map(_resource, steps), key=lambda each: (each.kind, each.name))
        before = {kind: dict(named) for kind, named in self._known.items()}
        written: dict[tuple[str, str], dict[tuple[str, ...], list[_Resource]]] = defaultdict(lambda: defaultdict(list))
        for each in ordered:
            place = f"{self._folder(cloud, each)}/{_owner(each.name)}.txt", each.kind
            written[place][tuple(self._written(each))].append(each)
        for (file, kind), groups in written.items():
            told = [line for lines, which in groups.items() if lines for line in _told(which, lines)]
            self._lines[file] += [kind, *told] if told else []
        here = {(each.kind, each.name) for each in ordered}
        for kind, named in before.items():
            for name in sorted(name for name in named if (kind, name) not in here and kind.startswith("kubernetes:")):
                self._lines[f"{cloud}/{_owner(name)}.txt"].append(f"not here: {kind} {name}")

    def _folder(self, cloud: str, resource: _Resource) -> str:
        return "kubernetes" if cloud == next(iter(CLUSTERS)) and resource.kind.startswith("kubernetes:") else cloud

    def _written(self, resource: _Resource) -> Iterator[str]:
        """What is to be said of it, with places for its own names: a first line about what it is like, then the rest."""
        known = self._known[resource.kind]
        same = known.get(resource.name)
        like = same or max(known.values(), key=lambda each: len(each.leaves & resource.leaves), default=None)
        known.setdefault(resource.name, resource)
        if like is None or (not same and len(like.leaves & resource.leaves) < ALIKE * len(resource.leaves)):
            yield ""
            yield from block(self._kept(resource, resource.tree), "    ")
            return
        changes = list(self._changes(resource, like))
        if changes or not same:
            yield "" if same else f" like {like.name}"
        yield from changes

    def _changes(self, resource: _Resource, like: _Resource) -> Iterator[str]:
        for sign, path, old, new in differences(like.tree, resource.tree):
            where = dotted(path)
            if sign == "-":
                yield f"    - {where}"
            elif _is_long(old) and _is_long(new) and _near(old, new):
                yield f"    = {where}:"
                yield from (f"        {line}" for line in _edits(old, new))
            else:
                first, *others = block(self._kept(resource, new, path[-1]), "    ", f"{sign} {where}: ")
                yield first
                yield from (f"  {line}" for line in others)

    def _kept(self, resource: _Resource, value: Any, path: str = "") -> Any:
        """The same with long texts in files of their own."""
        if isinstance(value, Mapping):
            return {key: self._kept(resource, each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._kept(resource, each, path) for each in value]
        return f"({self._file(resource, path, value)})" if _is_long(value) else value

    def _file(self, resource: _Resource, key: str, taken: str) -> str:
        text = resource.words.put_into(taken)
        if text in _project():
            return _project()[text]
        if taken not in self._texts:
            name = re.sub(r"[^\w.]+", "-", readable(resource.words.put_into(f"{resource.name}-{key}")))
            self._texts[taken] = f"texts/{name}"
            self._bodies[f"texts/{name}"] = text if text.endswith("\n") else text + "\n"
        return self._texts[taken]


def _told(which: Sequence[_Resource], lines: Sequence[str]) -> Iterator[str]:
    """Of several of which the same is to be said, it is said of the first."""
    first, *others = which
    names = ", ".join([first.name, *(each.name.rpartition("/")[2] for each in others)])
    yield from textwrap.wrap(
        f"{names}{lines[0]}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from map(first.words.put_into, lines[1:])


def _resource(step: Step) -> _Resource:
    options = {key: step.state[key] for key in OPTIONS if step.state.get(key)}
    value = readable({**step.inputs, **({"(options)": options} if options else {})})
    words = _words(step.name)
    taken = tree(words.taken_from(value))
    found = frozenset((path, repr(each)) for path, each in leaves(taken))
    return _Resource(step.type, step.name, words, taken, found)


def _words(name: str) -> Words:
    """What a resource's name shares with that of the same resource of another system, service or slot."""
    system, _, rest = name.partition("/")
    if not rest:
        return Words({})
    plain = rest.replace("_", "-")
    of = next((each for each in _named(system) if re.search(rf"\b{re.escape(each.replace('_', '-'))}\b", plain)), None)
    slot = re.search(r"\b(blue|green)\b", rest)
    words = {"system": system}
    if of is not None and of != system:
        words |= {"of": of, "-of": of.replace("_", "-")}
    return Words({**words, "slot": slot[1]} if slot else words)


@cache
def _named(system: str) -> list[str]:
    file = ROOT / "systems" / system / "system.yaml"
    definition = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    names = {str(name) for key in NAMING for name in definition.get(key) or ()}
    return sorted(names, key=lambda name: (-len(name), name))


def _owner(name: str) -> str:
    system, _, rest = name.partition("/")
    return system if rest and (ROOT / "systems" / system).is_dir() else "cluster"


@cache
def _project() -> Mapping[str, str]:
    """Files of the project by their text."""
    found = [path for room in ("systems", "builders", "components") for path in sorted((ROOT / room).rglob("*"))]
    texts = {}
    for path in found:
        if path.is_file() and path.suffix not in (".pyc", ".py"):
            texts[path.read_text(encoding="utf-8")] = str(path.relative_to(ROOT))
    return texts


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and value.count("\n") > LONG


def _edits(old: str, new: str) -> list[str]:
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""))[2:]


def _near(old: str, new: str) -> bool:
    return len(_edits(old, new)) < new.count("\n") / 2
