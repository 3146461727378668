"""Turns the configuration of one stack into its clusters and their systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from slipway.settings import inert, manifest_checks, stack_checks
from slipway.settings.clouds import CLOUDS
from slipway.settings.clouds.base import CloudSettings
from slipway.settings.document import LocatedDict, value_at, walk
from slipway.settings.environments import Environment, as_released, followed, own_name
from slipway.settings.fields import Name, PythonFile, StackName
from slipway.settings.foundations import Together
from slipway.settings.inert import InertKey
from slipway.settings.library import Library, name_rule, plain_secrets
from slipway.settings.members import digest, shared
from slipway.settings.overlay import overridable_keys, refusal
from slipway.settings.pointers import Path
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest, nearest_word
from slipway.settings.project import Project
from slipway.settings.setting import Setting
from slipway.settings.stacks import DeployedSystem, ExtensionModule, Stack, StackCluster, SystemDeployment
from slipway.settings.store_names import prefix_of
from slipway.settings.system import System
from slipway.settings.validation import problem_at, repaired, touches, validate


class StackConfig(Setting):
    """Configuration keys of a stack in the project's namespace."""

    environment: Environment
    """The environment of the stack: what its rules and releases depend on, and a name of its own if it has one."""
    systems_path: str = "systems"
    """Folder of the systems, from the project's folder. By default `systems`, where `slipway init` puts them."""
    extensions: PythonFile | None = Field(default=None, examples=["extensions.py"])
    """A Python file of the project's folder that adds resources to clusters and systems; none by default."""
    name_prefix: Name | None = None
    """What begins the names of clusters, and of all that is created for them in a cloud: with `shop` a cluster is called
    `shop-prod-main`. By default the name of the project, so that projects in one account do not clash. Set it to the old
    name before a project is renamed: another prefix replaces everything."""
    foundation: StackName | None = None
    """The stack that has the clusters, as `organization/project/stack`; `organization` itself for a backend of your own. The
    file of one of another project is copied to `foundations/<project>/`. This stack then has systems on them alone. None by
    default: a stack has its own clusters."""
    clusters: dict[Name, Any] = Field(min_length=1)
    """The stack's clusters by name, each with its systems. With a `foundation` those of it, each with `systems` alone."""


class StackReader:
    """Reads one stack's configuration; problems are collected until all of it was read."""

    def __init__(self, project: Project, name: str, read: Together) -> None:
        self._name, self._project, self._read = name, project, read
        self._document = document = read.document
        self._problems = [*_encrypted(document), *read.problems]
        if self._problems:
            raise InvalidSettings(self._problems)
        self._config, problems = validate(StackConfig, document)
        self._problems += [*problems, *plain_secrets(document)]
        self._library = self._opened(project)
        self._stood_in: list[Path] = []
        self._overlays: dict[str, tuple[str, LocatedDict]] = {}

    def stack(self) -> Stack:
        """Return the validated stack. Raises InvalidSettings with every problem of the stack and its systems."""
        entries = self._document.get("clusters")
        clusters: dict[str, StackCluster] = {}
        if isinstance(entries, LocatedDict):
            for name, entry in entries.items():
                cluster = self._cluster(name, entry)
                if cluster is not None:
                    clusters[name] = cluster
        environment = self._config.environment if self._config is not None else None
        for path, rule, related in stack_checks.findings(clusters, followed(environment)):
            if not any(touches(each, self._stood_in) for each in (path, *related)):
                self._problems.append(problem_at(self._document, path, rule))
        extensions = self._extensions(self._project)
        self._problems += self._library.problems
        if self._problems or self._config is None:
            raise InvalidSettings(self._problems)
        return Stack(
            self._name,
            followed(environment),
            self._read.own(clusters),
            extensions,
            own_name(environment),
            self._config.foundation,
            self._read.shared,
            self._read.prefix or self._config.name_prefix or prefix_of(self._project.name),
        )

    def _extensions(self, project: Project) -> ExtensionModule | None:
        name = self._config.extensions if self._config else None
        if name is None:
            return None
        file = project.root / name
        if not file.is_file():
            rule = "is not a file of the project's folder: write it (docs/extensions.md), or remove the key"
            self._problems.append(problem_at(self._document, ("extensions",), rule))
        return ExtensionModule(name, file)

    def _opened(self, project: Project) -> Library:
        mark = self._document.marks.get("systemsPath")
        place = None if mark is None else Place(mark.file, mark.line, mark.path)
        return Library(project, self._config.systems_path if self._config else "systems", place)

    def _cluster(self, name: str, entry: Any) -> StackCluster | None:
        if not isinstance(entry, LocatedDict):
            self._problems.append(problem_at(self._document, ("clusters", name), "is not a mapping of keys"))
            return None
        named = entry.get("cloud")
        cloud = CLOUDS.get(named) if isinstance(named, str) else None
        systems = self._systems(name, entry)
        if cloud is None:
            self._problems.append(_cloud_problem(entry))
            return None
        written = entry.only([key for key in entry if key != "systems"])
        settings, problems = validate(cloud.cluster, written)
        self._problems += problems
        draft = repaired(cloud.cluster, written) if settings is None else None
        if draft is not None:
            settings, _ = validate(cloud.cluster, draft.data)
            self._stood_in += [("clusters", name, *path) for path in draft.stood_in]
        unacted = self._inert(written, settings if draft is None else None, systems, cloud)
        if settings is None or self._config is None:
            return None
        for deployed in systems.values():
            definition = as_released(deployed.definition, followed(self._config.environment), settings)
            systems[deployed.name] = replace(deployed, definition=definition, inert=unacted.get(deployed.name, ()))
        cluster = StackCluster(name, settings, _acquainted(systems), settings_digest=digest(written))
        self._problems += manifest_checks.problems(cluster, stack_checks.reserved(cluster))
        return cluster

    def _systems(self, cluster: str, entry: LocatedDict) -> dict[str, DeployedSystem]:
        systems, self._overlays = entry.get("systems"), {}
        if systems is None:
            return {}
        if not isinstance(systems, LocatedDict):
            self._problems.append(problem_at(entry, ("systems",), "is not a mapping of systems by name"))
            return {}
        guests = self._read.guests.get(cluster, ())
        deployed = {
            name: self._guest(name, systems) if name in guests else self._system(name, systems) for name in systems
        }
        return {name: system for name, system in deployed.items() if system is not None}

    def _system(self, name: str, systems: LocatedDict) -> DeployedSystem | None:
        written = systems[name]
        if written is None:
            written = LocatedDict(systems.marks[name])
        if not isinstance(written, LocatedDict):
            self._problems.append(problem_at(systems, (name,), "is not a mapping of keys"))
            return None
        if not self._is_known(name, written, systems):
            return None
        self._problems += _unknown_keys(written)
        deployment, problems = validate(SystemDeployment, written.only(_DEPLOYMENT_KEYS))
        self._problems += problems
        defined_as = written.get("definition", name)
        overlay = written.only(overridable_keys(System))
        definition = self._library.merged(defined_as, overlay)
        self._overlays[name] = (defined_as, overlay)
        if definition is None or deployment is None:
            return None
        manifests, contract = self._library.manifests(defined_as), shared(self._library.overlaid(defined_as, overlay))
        return DeployedSystem(name, definition, deployment, manifests=manifests, contract=contract)

    def _guest(self, name: str, systems: LocatedDict) -> DeployedSystem | None:
        """Return a system of another project, by what its member file says of it."""
        written = systems[name]
        definition, problems = validate(System, written)
        rule = name_rule(name)
        self._problems += [*problems, *plain_secrets(written), *([problem_at(systems, (name,), rule)] if rule else [])]
        if definition is None or rule is not None:
            return None
        return DeployedSystem(name, definition, SystemDeployment(), contract=written)

    def _inert(
        self,
        written: LocatedDict,
        settings: Setting | None,
        systems: Mapping[str, DeployedSystem],
        cloud: CloudSettings,
    ) -> dict[str, list[InertKey]]:
        """Return the keys of each system's file that change nothing on a cluster, except those that the stack overrides. What
        the stack itself sets is for this cloud alone, so such a key there is a problem, of the cluster or of a system on it."""
        self._refuse(written, inert.asked(cloud.inert, written, None, settings, above=inert.CLUSTER), cloud)
        unacted: dict[str, list[InertKey]] = {}
        for name, (defined_as, overlay) in self._overlays.items():
            definition = systems[name].definition if name in systems else None
            self._refuse(overlay, inert.asked(cloud.inert, overlay, definition, settings), cloud)
            document = self._library.document(defined_as)
            found = {} if document is None else inert.asked(cloud.inert, document, definition, settings)
            unacted[name] = [each for path, each in found.items() if value_at(overlay, path) is None]
        return unacted

    def _refuse(self, written: LocatedDict, found: Mapping[Path, InertKey], cloud: CloudSettings) -> None:
        for path, key in found.items():
            on = f"on {cloud.title}" if key.row in cloud.own_inert else ""
            where = " ".join(filter(None, (on, key.row.condition)))
            self._problems.append(problem_at(written, path, f"has no effect {where}: {key.row.reason}"))

    def _is_known(self, name: str, written: LocatedDict, systems: LocatedDict) -> bool:
        """Return whether there is a definition for the system; else it is a problem of its name or of its definition."""
        known, folder = self._library.names, self._library.folder
        asked = written.get("definition")
        problem = None
        if asked is None and name not in known:
            hint = "" if nearest_word(name, known) else "; for an instance of one set 'definition' to its name"
            problem = problem_at(systems, (name,), f"is not a system in {folder}/{nearest(name, known)}{hint}")
        elif asked is not None and asked not in known:
            problem = problem_at(written, ("definition",), f"is not a system in {folder}/{nearest(str(asked), known)}")
        elif asked not in (None, name) and name in known:
            problem = problem_at(
                systems, (name,), f"is a system of its own in {folder}/: give the instance of '{asked}' another name"
            )
        elif (rule := name_rule(name)) is not None:
            problem = problem_at(systems, (name,), rule)
        self._problems += [problem] if problem and known else []
        return problem is None


def _acquainted(systems: Mapping[str, DeployedSystem]) -> dict[str, DeployedSystem]:
    """Return the systems, of which each knows the others."""
    return {
        name: replace(each, neighbours={key: other for key, other in systems.items() if key != name})
        for name, each in systems.items()
    }


_DEPLOYMENT_KEYS = [field.alias or name for name, field in SystemDeployment.model_fields.items()]


def _cloud_problem(entry: LocatedDict) -> Problem:
    if "cloud" in entry:
        return problem_at(entry, ("cloud",), f"is not supported{nearest(entry['cloud'], CLOUDS)}")
    misspelt = next((key for key in entry if nearest_word(key, ["cloud"])), None)
    if misspelt is not None:
        mark = entry.marks[misspelt]
        return Problem(Place(mark.file, mark.line, mark.path), "is not a known key; did you mean 'cloud'?")
    return problem_at(entry, (), f"needs 'cloud': {', '.join(list(CLOUDS)[:-1])} or {list(CLOUDS)[-1]}")


def _unknown_keys(written: LocatedDict) -> Iterator[Problem]:
    allowed = [*_DEPLOYMENT_KEYS, *overridable_keys(System)]
    for key, mark in written.marks.items():
        if key not in allowed:
            yield Problem(Place(mark.file, mark.line, mark.path), refusal(System, str(key), _DEPLOYMENT_KEYS))


def _encrypted(document: LocatedDict) -> Iterator[Problem]:
    """Refuse `secure:` here: one encrypted part makes Pulumi treat the whole value as secret."""
    for mark, value in walk(document):
        if isinstance(value, LocatedDict) and set(value) == {"secure"}:
            rule = "cannot be encrypted here: declare it under 'secrets' of the system"
            yield Problem(Place(mark.file, mark.line, mark.path), rule)
