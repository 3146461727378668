"""Stacks that share clusters: one has the clusters, the others have systems on them (`slipway:foundation`).

They are read and checked together, as if they were one stack: domains, namespaces and names in the cloud are unique among
all of them. Each then has its own systems only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from slipway.settings.document import LocatedDict, Mark
from slipway.settings.engine_config import in_key_order, in_namespace
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import Project, read_stack_file
from slipway.settings.stacks import StackCluster

KEY = "foundation"
SAME = ("environment", "namePrefix", "systemsPath")
"""Keys that stacks with the same clusters have in common."""


@dataclass(frozen=True)
class Together:
    """The configuration of a stack, with the clusters that it shares and all systems on them."""

    document: LocatedDict
    systems: Mapping[str, frozenset[str]] | None = None
    """The stack's own systems by cluster; None if it shares no cluster."""
    shared: bool = False
    """Whether other stacks have systems on the stack's own clusters."""
    problems: list[Problem] = field(default_factory=list)

    def own(self, clusters: Mapping[str, StackCluster]) -> dict[str, StackCluster]:
        """Return the clusters on which the stack has something, each with the stack's own systems."""
        if self.systems is None:
            return dict(clusters)
        return {
            name: replace(
                clusters[name],
                systems={each: system for each, system in clusters[name].systems.items() if each in mine},
                elsewhere={each: system for each, system in clusters[name].systems.items() if each not in mine},
                referenced=not self.shared,
            )
            for name, mine in self.systems.items()
            if name in clusters
        }


def together(project: Project, stack: str, document: LocatedDict) -> Together:
    """Return the configuration `document` of a stack with what it shares. Raises InvalidSettings if a file of another
    stack cannot be read."""
    named = document.get(KEY)
    if isinstance(named, str) and named.count("/") == 2:
        return _above(project, stack, named, document)
    others = _members(project, stack)
    if named is not None or not others:
        return Together(document)
    return _merged(stack, stack, {stack: document, **others})


def _above(project: Project, stack: str, named: str, document: LocatedDict) -> Together:
    """Return a stack of systems with the clusters of the stack that it names."""
    _, of, base = named.split("/")
    rule = None
    if of != project.name:
        rule = f"is of project '{of}': the foundation is a stack of this project, '{project.name}', whose file is beside this"
    elif base == stack:
        rule = "is the stack itself: name the stack that has the clusters"
    elif base not in project.stacks():
        rule = f"has no file: Pulumi.{base}.yaml does not exist{nearest(base, project.stacks())}"
    found = None if rule else _read(project, base)
    if found is not None and KEY in found:
        rule = f"has a foundation itself, {found[KEY]}: name that one"
    if rule is not None or found is None:
        raise InvalidSettings([_problem(document.marks[KEY], rule or "")])
    others = {name: each for name, each in _members(project, base).items() if name != stack}
    return _merged(stack, base, {base: found, **others, stack: document})


def _members(project: Project, base: str) -> dict[str, LocatedDict]:
    """Return the files of the stacks that name `base` as their foundation."""
    found: dict[str, LocatedDict] = {}
    for name in project.stacks():
        # Most stacks stand alone, and an unreadable one is a problem of its own.
        if name == base or KEY not in project.stack_file(name).read_text(encoding="utf-8", errors="replace"):
            continue
        document = _read(project, name)
        if str(document.get(KEY, "")).split("/")[1:] == [project.name, base]:
            found[name] = document
    return found


def _read(project: Project, stack: str) -> LocatedDict:
    path = project.stack_file(stack)
    document = in_key_order(in_namespace(read_stack_file(path, path.name), project.name))
    for key, value in project.defaults.items():
        document.setdefault(key.removeprefix(f"{project.name}:"), value)
    return document


def _merged(stack: str, base: str, documents: Mapping[str, LocatedDict]) -> Together:
    own, problems = documents[stack], [*_different(base, documents)]
    written = documents[base].get("clusters")
    if not isinstance(written, LocatedDict):
        raise InvalidSettings([*problems, _problem(documents[base].mark, "has no clusters")])
    clusters, stacks = LocatedDict(written.mark), dict[str, str]()
    for name, entry in written.items():
        clusters.put(name, _with_systems(entry, _systems_on(name, documents, stacks, problems)), written.marks[name])
    for name, document in documents.items():
        problems += [] if name == base else _beyond_systems(base, document, written)
    merged = LocatedDict(own.mark)
    for key, value in own.items():
        if key != "clusters":
            merged.put(key, value, own.marks[key]) if key in own.marks else merged.setdefault(key, value)
    merged.put("clusters", clusters, written.mark)
    mine = own.get("clusters")
    systems = {
        name: frozenset(each for each in _systems(own, name) if stacks[each] == stack)
        for name in (mine if isinstance(mine, LocatedDict) else ())
        if name in written
    }
    return Together(merged, systems, shared=stack == base, problems=problems)


def _systems(document: LocatedDict, cluster: str) -> LocatedDict:
    clusters = document.get("clusters")
    entry = clusters.get(cluster) if isinstance(clusters, LocatedDict) else None
    systems = entry.get("systems") if isinstance(entry, LocatedDict) else None
    return systems if isinstance(systems, LocatedDict) else LocatedDict(document.mark)


def _systems_on(
    cluster: str, documents: Mapping[str, LocatedDict], stacks: dict[str, str], problems: list[Problem]
) -> LocatedDict:
    """Return the systems of all stacks on a cluster, in the order of their names, as one stack would have them."""
    found: dict[str, tuple[object, Mark]] = {}
    mark = documents[next(iter(documents))].mark
    for stack, document in documents.items():
        systems = _systems(document, cluster)
        for name, value in systems.items():
            if stacks.setdefault(name, stack) != stack:
                problems.append(_problem(systems.marks[name], f"is a system of stack '{stacks[name]}' already"))
            else:
                found[name] = value, systems.marks[name]
    merged = LocatedDict(mark)
    for name in sorted(found):
        merged.put(name, *found[name])
    return merged


def _with_systems(entry: object, systems: LocatedDict) -> object:
    if not isinstance(entry, LocatedDict):
        return entry
    merged = entry.only([key for key in entry if key != "systems"])
    if systems or "systems" in entry:
        merged.put("systems", systems, entry.marks.get("systems", entry.mark))
    return merged


def _different(base: str, documents: Mapping[str, LocatedDict]) -> Iterator[Problem]:
    for stack, document in documents.items():
        for key in SAME:
            if document.get(key) != documents[base].get(key):
                mark = document.marks.get(key, document.mark)
                rule = (
                    f"of stack '{stack}' is not that of its foundation, Pulumi.{base}.yaml: {documents[base].get(key)}"
                )
                yield Problem(Place(mark.file, mark.line, mark.path), rule)


def _beyond_systems(base: str, document: LocatedDict, clusters: LocatedDict) -> Iterator[Problem]:
    """Yield what a stack of systems declares of clusters that are not its own. It repeats the cloud, by which the policy pack
    knows whose rules hold, and may repeat the account and the region, with which the pack then compares providers."""
    written = document.get("clusters")
    if not isinstance(written, LocatedDict):
        return
    for name, entry in written.items():
        if name not in clusters:
            yield _problem(written.marks[name], f"is not a cluster of stack '{base}'{nearest(name, clusters)}")
        elif not isinstance(entry, LocatedDict):
            yield _problem(written.marks[name], "is not a mapping of keys")
        else:
            if "cloud" not in entry:
                yield _problem(written.marks[name], f"needs 'cloud', as in Pulumi.{base}.yaml, for the policy pack")
            for key, value in entry.items():
                if key != "systems" and value != clusters[name].get(key):
                    rule = f"is not what Pulumi.{base}.yaml sets, which has the cluster: repeat that, or remove the key"
                    yield _problem(entry.marks[key], rule)


def _problem(mark: Mark, rule: str) -> Problem:
    return Problem(Place(mark.file, mark.line, mark.path), rule)
