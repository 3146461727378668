"""What plans are recorded as, in files that a reviewer reads.

- `kubernetes/SYSTEM.txt`: the objects of a system, and `cluster.txt` those of the cluster, as they are on AWS.
- `aws/`, `azure/`, `local/`: what the cloud itself has for them, and what differs of the objects there.
- `texts/`: scripts, pages and configuration files in them, each once; what is a file of the project already stands there.
- `stacks/`: the parts of each stack.

Each resource is written as what sets it apart from one that it is `like`, and so is each long entry of one. What its type
says, or a file of the project, is not written again; of a dashboard, what its panels ask. A system's resources are those of
`prod`, moved to the cloud in question.
"""

from __future__ import annotations

import difflib
import io
import itertools
import json
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from rich.console import Console

from components.cluster.monitoring.manifests.charts import DASHBOARD_LABEL
from slipway.rehearsal import Step
from slipway.reports.outline import outline
from slipway.reports.text import tree as outlined
from tests.plans.compact import ALIKE, WIDTH, Tree, Words, block, differences, dotted, entry, leaves, readable, tree
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
_MIGRATION = re.compile(r"^(?:migrate|backup)-(.+?)(?:-[0-9a-f]{8})?$")
"""The migration in the name of its Job, its files, and the Job that backs up before it."""
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
        self._originals: dict[str, dict[str, str]] = defaultdict(dict)
        """What such files hold, by the key of the text and the file."""

    def files(self) -> dict[str, str]:
        lists = {name: "\n".join(lines) + "\n" for name, lines in self._lines.items()}
        return {**lists, **self._bodies}

    def add(self, cloud: str, steps: Iterable[Step]) -> None:
        """The resources of a cloud; those of Kubernetes that another has too are recorded by what differs."""
        ordered = sorted(map(_resource, steps), key=lambda each: (each.kind, each.name))
        before = {kind: dict(named) for kind, named in self._known.items()}
        written: dict[tuple[str, str], dict[tuple[str, ...], list[_Resource]]] = defaultdict(lambda: defaultdict(list))
        for each in ordered:
            place = f"{self._folder(cloud, each)}/{_owner(each.name)}.txt", each.kind
            written[place][tuple(self._written(each))].append(each)
        for (file, kind), groups in written.items():
            entries = [line for lines, which in groups.items() if lines for line in _entry(which, lines)]
            self._lines[file] += [kind, *entries] if entries else []
        here = {(each.kind, each.name) for each in ordered}
        for kind, named in before.items():
            absent: dict[str, list[str]] = defaultdict(list)
            for name in sorted(name for name in named if (kind, name) not in here and kind.startswith("kubernetes:")):
                absent[_owner(name)].append(name)
            for owner, names in absent.items():
                self._lines[f"{cloud}/{owner}.txt"] += _wrapped(f"not here: {kind} {', '.join(names)}")

    def _folder(self, cloud: str, resource: _Resource) -> str:
        return "kubernetes" if cloud == next(iter(CLUSTERS)) and resource.kind.startswith("kubernetes:") else cloud

    def _written(self, resource: _Resource) -> Iterator[str]:
        """The record of a resource, with placeholders for its own names: a first line about what it is like, then the rest."""
        known = self._known[resource.kind]
        same = known.get(resource.name)
        like = same or max(known.values(), key=lambda each: len(each.leaves & resource.leaves), default=None)
        known.setdefault(resource.name, resource)
        if like is None or (not same and len(like.leaves & resource.leaves) < ALIKE * len(resource.leaves)):
            yield ""
            yield from block(self._with_texts_in_files(resource, resource.tree), "    ")
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
                value = self._with_texts_in_files(resource, new, path[-1])
                first, *others = entry(path[-1], value, _before(resource.tree, path), "    ", f"{sign} {where}")
                yield first
                yield from (f"  {line}" for line in others)

    def _with_texts_in_files(self, resource: _Resource, value: Any, path: str = "") -> Any:
        """The same with long texts in files of their own."""
        if isinstance(value, Mapping):
            return {key: self._with_texts_in_files(resource, each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._with_texts_in_files(resource, each, path) for each in value]
        return f"({self._file(resource, path, value)})" if _is_long(value) else value

    def _file(self, resource: _Resource, key: str, taken: str) -> str:
        text = resource.words.put_into(taken)
        if text in _project():
            return _project()[text]
        if taken not in self._texts:
            name = re.sub(r"[^\w.]+", "-", readable(resource.words.put_into(f"{resource.name}-{key}")))
            self._texts[taken] = f"texts/{name}"
            lines = self._as_edits(key, taken)
            self._bodies[f"texts/{name}"] = "".join(f"{resource.words.put_into(line)}\n" for line in lines)
            self._originals[key].setdefault(f"texts/{name}", taken)
        return self._texts[taken]

    def _as_edits(self, key: str, text: str) -> Sequence[str]:
        """A text as what sets it apart, but for its names, from one under the same key, if they are near."""
        edits = {name: _edits(other, text) for name, other in self._originals[key].items() if _near(other, text)}
        like = min(edits, key=lambda name: len(edits[name]), default=None)
        return text.splitlines() if like is None else [f"like {like}", *edits[like]]


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _before(value: Tree, path: Sequence[str]) -> Mapping[str, Tree]:
    """The entries before one, in the same mapping."""
    for key in path[:-1]:
        value = value[key]
    return dict(itertools.takewhile(lambda item: item[0] != path[-1], value.items())) if path[-1] in value else {}


def _entry(which: Sequence[_Resource], lines: Sequence[str]) -> Iterator[str]:
    """The lines of resources that are recorded alike, under the names of all of them."""
    first, *others = which
    names = ", ".join([first.name, *(each.name.rpartition("/")[2] for each in others)])
    yield from _wrapped(f"{names}{lines[0]}", "  ")
    yield from map(first.words.put_into, lines[1:])


def _resource(step: Step) -> _Resource:
    options = {key: step.state[key] for key in OPTIONS if step.state.get(key)}
    value = readable({**inputs_of(step.type, step.name, step.inputs), **({"(options)": options} if options else {})})
    words = _words(step.name)
    taken = tree(words.taken_from(value))
    found = frozenset((path, repr(each)) for path, each in leaves(taken))
    return _Resource(step.type, step.name, words, taken, found)


def inputs_of(kind: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource is made of, without what its type and its owner say: kind and version, and a system's namespace."""
    inputs = dict(given)
    version = {"v1": "core/v1"}.get(str(inputs.get("apiVersion")), inputs.get("apiVersion"))
    if f"kubernetes:{version}:{inputs.get('kind')}" == kind:
        del inputs["apiVersion"], inputs["kind"]
    metadata = inputs.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("namespace") == _namespace(_owner(name)):
        inputs["metadata"] = {key: each for key, each in metadata.items() if key != "namespace"}
    if isinstance(metadata, Mapping) and DASHBOARD_LABEL in (metadata.get("labels") or {}):
        inputs["data"] = {file: _dashboard(json.loads(text)) for file, text in inputs["data"].items()}
    file = _specs().get(json.dumps(inputs.get("spec"), sort_keys=True))
    return {**inputs, "spec": f"({file})"} if file else inputs


def _dashboard(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a dashboard shows: its panels, with what they ask and how they measure it. How they are drawn and laid out is
    for tests/components/cluster/test_dashboards.py."""
    return {"uid": content["uid"], "title": content["title"], "panels": [_panel(each) for each in content["panels"]]}


def _panel(panel: Mapping[str, Any]) -> dict[str, Any]:
    defaults = (panel.get("fieldConfig") or {}).get("defaults") or {}
    shown = {
        "title": panel["title"],
        "description": panel.get("description"),
        "unit": defaults.get("unit"),
        "lines": [each["value"] for each in (defaults.get("thresholds") or {}).get("steps", ()) if each["value"]],
        "content": (panel.get("options") or {}).get("content"),
        "queries": [{"legend": each.get("legendFormat"), "expr": each["expr"]} for each in panel.get("targets") or ()],
    }
    return {key: each for key, each in shown.items() if each}


@cache
def _specs() -> Mapping[str, str]:
    """Files of the project by the `spec` of an object that is written in them."""
    found = {}
    for path in sorted((ROOT / "components").rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if isinstance(document, Mapping) and document.get("spec"):
                found[json.dumps(document["spec"], sort_keys=True)] = str(path.relative_to(ROOT))
    return found


@cache
def _definition(system: str) -> dict[str, Any]:
    file = ROOT / "systems" / system / "system.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}


def _namespace(system: str) -> str:
    return _definition(system).get("namespace", system)


def _words(name: str) -> Words:
    """What a resource's name shares with that of the same resource of another system, service or slot."""
    system, _, rest = name.partition("/")
    if _owner(name) == "cluster":
        return Words({})
    plain = rest.replace("_", "-")
    of = next((each for each in _named(system) if re.search(rf"\b{re.escape(each.replace('_', '-'))}\b", plain)), None)
    slot = re.search(r"\b(blue|green)\b", rest)
    words = {"system": system}
    migration = _MIGRATION.search(rest)
    if migration:
        words["migration"] = migration[1]
    if of is not None and of != system:
        words |= {"of": of, "-of": of.replace("_", "-")}
    return Words({**words, "slot": slot[1]} if slot else words)


@cache
def _named(system: str) -> list[str]:
    names = {str(name) for key in NAMING for name in _definition(system).get(key) or ()}
    return sorted(names, key=lambda name: (-len(name), name))


def _owner(name: str) -> str:
    system = name.partition("/")[0]
    return system if (ROOT / "systems" / system).is_dir() else "cluster"


@cache
def _project() -> Mapping[str, str]:
    """Files of the project by their text."""
    found = [path for room in ("systems", "components") for path in sorted((ROOT / room).rglob("*"))]
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
