"""Stacks that share clusters: one has the clusters, the others have systems on them (`slipway:foundation`).

They are read and checked together, as if they were one stack: domains, namespaces and names in the cloud are unique among
all of them. Each then has its own systems only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from slipway.settings.document import LocatedDict, Mark
from slipway.settings.engine_config import in_key_order, in_namespace
from slipway.settings.members import Member, members
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import Project, read_stack_file
from slipway.settings.stacks import StackCluster
from slipway.settings.store_names import prefix_of

KEY = "foundation"
SAME = ("environment", "namePrefix", "systemsPath")
"""Keys that stacks with the same clusters have in common."""


FOLDER = "foundations"
"""Folder of the files of stacks of other projects whose clusters are used, by project."""
SAME_ELSEWHERE = ("environment",)
"""Keys that a stack has in common with the stack of another project whose clusters it uses."""


@dataclass(frozen=True)
class Base:
    """The stack that has the clusters."""

    stack: str
    """Its name; that of another project begins with the project's."""
    file: str
    prefix: str | None = None
    """What begins the names of its clusters, if it is of another project."""


@dataclass(frozen=True)
class Together:
    """The configuration of a stack, with the clusters that it shares and all systems on them."""

    document: LocatedDict
    systems: Mapping[str, frozenset[str]] | None = None
    """The stack's own systems by cluster; None if it shares no cluster."""
    shared: bool = False
    """Whether other stacks have systems on the stack's own clusters."""
    guests: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Systems of other projects by cluster: of their definitions only what is shared is there."""
    prefix: str | None = None
    """What begins the names of clusters of another project; None if the project has them."""
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
    others, guests = _members(project, [project.name, stack]), members(project, stack)
    if named is not None or not (others or guests):
        return Together(document)
    return _merged(stack, Base(stack, f"Pulumi.{stack}.yaml"), {stack: document, **others}, guests)


def _above(project: Project, stack: str, named: str, document: LocatedDict) -> Together:
    """Return a stack of systems with the clusters of the stack that it names."""
    _, of, base = named.split("/")
    if of != project.name:
        return _above_in(project, stack, of, base, document)
    rule = None
    if base == stack:
        rule = "is the stack itself: name the stack that has the clusters"
    elif base not in project.stacks():
        rule = f"has no file: Pulumi.{base}.yaml does not exist{nearest(base, project.stacks())}"
    found = None if rule else _read(project, base)
    if found is not None and KEY in found:
        rule = f"has a foundation itself, {found[KEY]}: name that one"
    if rule is not None or found is None:
        raise InvalidSettings([_problem(document.marks[KEY], rule or "")])
    others = {name: each for name, each in _members(project, [of, base]).items() if name != stack}
    documents = {base: found, **others, stack: document}
    return _merged(stack, Base(base, f"Pulumi.{base}.yaml"), documents, members(project, base))


def _above_in(project: Project, stack: str, of: str, base: str, document: LocatedDict) -> Together:
    """Return a stack of systems with the clusters of a stack of project `of`, by the copy of that stack's file. What others
    have on them is theirs to know."""
    file = f"{FOLDER}/{of}/Pulumi.{base}.yaml"
    if not (project.root / file).is_file():
        rule = f"is of project '{of}': copy the file of that stack, Pulumi.{base}.yaml, to {file} (docs/foundations.md)"
        raise InvalidSettings([_problem(document.marks[KEY], rule)])
    found = in_key_order(in_namespace(read_stack_file(project.root / file, file), of))
    problems = [
        _problem(document.marks[key], f"is that of the foundation, {file}: remove it")
        for key in ("namePrefix",)
        if key in document.marks
    ]
    if KEY in found:
        problems.append(_problem(document.marks[KEY], f"has a foundation itself, {found[KEY]}: name that one"))
    if problems:
        raise InvalidSettings(problems)
    own = found.get("namePrefix")
    there = Base(f"{of}/{base}", file, own if isinstance(own, str) else prefix_of(of))
    others = {name: each for name, each in _members(project, [of, base]).items() if name != stack}
    return _merged(stack, there, {there.stack: _without_systems(found), **others, stack: document}, [])


def _without_systems(document: LocatedDict) -> LocatedDict:
    clusters = document.get("clusters")
    if not isinstance(clusters, LocatedDict):
        return document
    bare, result = LocatedDict(clusters.mark), document.only(list(document))
    for name, entry in clusters.items():
        kept = entry.only([key for key in entry if key != "systems"]) if isinstance(entry, LocatedDict) else entry
        bare.put(name, kept, clusters.marks[name])
    result.put("clusters", bare, document.marks["clusters"])
    return result


def _members(project: Project, base: list[str]) -> dict[str, LocatedDict]:
    """Return the files of the project's stacks that name `base`, a project and a stack, as their foundation."""
    found: dict[str, LocatedDict] = {}
    for name in project.stacks():
        # Most stacks stand alone, and an unreadable one is a problem of its own.
        if [project.name, name] == base or KEY not in project.stack_file(name).read_text(
            encoding="utf-8", errors="replace"
        ):
            continue
        document = _read(project, name)
        if str(document.get(KEY, "")).split("/")[1:] == base:
            found[name] = document
    return found


def _read(project: Project, stack: str) -> LocatedDict:
    path = project.stack_file(stack)
    document = in_key_order(in_namespace(read_stack_file(path, path.name), project.name))
    for key, value in project.defaults.items():
        document.setdefault(key.removeprefix(f"{project.name}:"), value)
    return document


def _merged(stack: str, base: Base, documents: Mapping[str, LocatedDict], guests: Sequence[Member]) -> Together:
    own, problems = documents[stack], [*_different(base, documents), *_foreign(base, documents[base.stack], guests)]
    written = documents[base.stack].get("clusters")
    if not isinstance(written, LocatedDict):
        raise InvalidSettings([*problems, _problem(documents[base.stack].mark, "has no clusters")])
    every = {**documents, **{each.stack: each.document for each in guests}}
    clusters, stacks = LocatedDict(written.mark), dict[str, str]()
    for name, entry in written.items():
        clusters.put(name, _with_systems(entry, _systems_on(name, every, stacks, problems)), written.marks[name])
    for name, document in documents.items():
        problems += [] if name == base.stack else _beyond_systems(base, document, written)
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
    theirs = {name: frozenset[str]().union(*(_systems(each.document, name) for each in guests)) for name in written}
    return Together(merged, systems, stack == base.stack, theirs, base.prefix, problems)


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


def _different(base: Base, documents: Mapping[str, LocatedDict]) -> Iterator[Problem]:
    wanted = documents[base.stack]
    for stack, document in documents.items():
        for key in SAME if base.prefix is None else SAME_ELSEWHERE:
            if document.get(key) != wanted.get(key):
                mark = document.marks.get(key, document.mark)
                rule = f"of stack '{stack}' is not that of its foundation, {base.file}: {wanted.get(key)}"
                yield Problem(Place(mark.file, mark.line, mark.path), rule)


def _foreign(base: Base, document: LocatedDict, guests: Sequence[Member]) -> Iterator[Problem]:
    """Yield what stacks of other projects say of the clusters that these have not."""
    clusters = document.get("clusters", ())
    for each in guests:
        written = each.document["clusters"]
        if each.document.get("environment") != document.get("environment"):
            rule = f"of stack '{each.stack}' is not that of its foundation, {base.file}: {document.get('environment')}"
            yield _problem(each.document.marks["environment"], rule)
        for name in written:
            if name not in clusters:
                yield _problem(
                    written.marks[name], f"is not a cluster of stack '{base.stack}'{nearest(name, clusters)}"
                )


def _beyond_systems(base: Base, document: LocatedDict, clusters: LocatedDict) -> Iterator[Problem]:
    """Yield what a stack of systems declares of clusters that are not its own. It repeats the cloud, by which the policy pack
    knows whose rules hold, and may repeat the account and the region, with which the pack then compares providers."""
    written = document.get("clusters")
    if not isinstance(written, LocatedDict):
        return
    for name, entry in written.items():
        if name not in clusters:
            yield _problem(written.marks[name], f"is not a cluster of stack '{base.stack}'{nearest(name, clusters)}")
        elif not isinstance(entry, LocatedDict):
            yield _problem(written.marks[name], "is not a mapping of keys")
        else:
            if "cloud" not in entry:
                yield _problem(written.marks[name], f"needs 'cloud', as in {base.file}, for the policy pack")
            for key, value in entry.items():
                if key != "systems" and value != clusters[name].get(key):
                    rule = f"is not what {base.file} sets, which has the cluster: repeat that, or remove the key"
                    yield _problem(entry.marks[key], rule)


def _problem(mark: Mark, rule: str) -> Problem:
    return Problem(Place(mark.file, mark.line, mark.path), rule)
