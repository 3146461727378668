"""`operator.yaml`: how Pulumi's Kubernetes Operator runs the stacks of a project."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import Field

from slipway.settings.document import LocatedDict, read
from slipway.settings.fields import ImageReference, Matching, Name, Text, Variable
from slipway.settings.library import plain_secrets
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import Project
from slipway.settings.setting import Setting
from slipway.settings.validation import problem_at, validate

FILE = "operator.yaml"
EXAMPLE = "repository: https://github.com/acme/deployments, branch: main, image: registry.example.com/pulumi:3.272.0"
Git = Annotated[
    str,
    Matching(
        "the address of a Git repository",
        "https://github.com/acme/deployments",
        r"(https://[^\s@]+|ssh://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+)",
        500,
    ),
]
Backend = Annotated[
    str, Matching("the address of a backend", "https://pulumi.example.com", r"(?!file:)[a-z][a-z0-9]*://[^\s]+", 500)
]
SecretsProvider = Annotated[
    str, Matching("the address of a key", "hashivault://slipway", r"[a-z][a-z0-9]*://[^\s]+", 500)
]
Commit = Annotated[str, Matching("a commit of Git", "0123456789abcdef0123456789abcdef01234567", r"[0-9a-f]{40}")]
ProjectFolder = Annotated[
    str, Matching("a folder of the repository", "deploy/shop", r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*", 200)
]
Organization = Annotated[str, Matching("an organization of Pulumi", "acme", r"[A-Za-z0-9][A-Za-z0-9_-]*", 40)]


class SecretKey(Setting):
    """A key of a Secret in the namespace of the stacks."""

    secret: Name
    """Name of the Secret."""
    key: Text
    """Its key."""


class StackRun(Setting):
    """How one stack is run, where it differs from the others."""

    branch: Text | None = None
    """Branch in place of the project's; a push to it updates the stack."""
    commit: Commit | None = None
    """Commit in place of a branch, for stacks that are updated by a change of this file."""
    service_account: Name | None = None
    """Service account of its pods, with the roles of its clouds; by default the project's."""
    variables: dict[Variable, SecretKey | Text] = Field(default_factory=dict)
    """Variables besides the project's."""
    secrets_provider: SecretsProvider | None = None
    """Key that encrypts its secrets, if it is another than the project's."""
    preview: bool = False
    """Whether the operator only previews it, and changes nothing. Off by default, because an operator that updates
    nothing is seldom meant."""


class OperatorFile(Setting):
    """The content of `operator.yaml`."""

    repository: Git
    """Repository of the project."""
    branch: Text
    """Branch of the stacks."""
    folder: ProjectFolder | None = None
    """Folder of `Pulumi.yaml` in the repository; by default its root."""
    image: ImageReference
    """Image of the pods in which Pulumi runs: Pulumi with Python, and the clouds' programs for logins."""
    namespace: Name = "pulumi"
    """Namespace of the stacks, their Secrets and their pods. By default one of their own."""
    service_account: Name = "pulumi"
    """Service account of the pods. By default one named like the namespace."""
    organization: Organization | None = None
    """Organization of the stacks in Pulumi Cloud; none for backends of your own."""
    backend: Backend | None = None
    """Backend of the state; by default Pulumi Cloud."""
    secrets_provider: SecretsProvider | None = None
    """Key that encrypts the secrets of stacks; by default that of the backend."""
    git_auth: SecretKey | None = None
    """Token that may read the repository; none for one that everybody may read."""
    variables: dict[Variable, SecretKey | Text] = Field(default_factory=dict)
    """Variables of all stacks, such as `PULUMI_ACCESS_TOKEN: {secret: pulumi, key: token}`."""
    stacks: dict[Name, StackRun] = Field(default_factory=dict)
    """Stacks that differ from the others."""
    without: list[Name] = Field(default_factory=list)
    """Stacks that the operator does not run, such as `[local]`."""

    def run_of(self, stack: str) -> StackRun:
        return self.stacks.get(stack) or StackRun()


def read_operator_file(project: Project) -> OperatorFile:
    """Return the content of the project's `operator.yaml`. Raises InvalidSettings."""
    if not (project.root / FILE).is_file():
        raise InvalidSettings([Problem(Place(FILE), "does not exist beside Pulumi.yaml", example=EXAMPLE)])
    document = read(project.root / FILE, FILE)
    found, problems = validate(OperatorFile, document)
    problems += plain_secrets(document)
    if found is not None:
        problems += _problems(found, document, project.stacks())
    if found is None or problems:
        raise InvalidSettings(problems)
    return found


def _problems(found: OperatorFile, document: LocatedDict, stacks: Collection[str]) -> Iterator[Problem]:
    unknown = "is not a stack of the project"
    for name, run in found.stacks.items():
        path = ("stacks", name)
        if name not in stacks:
            yield problem_at(document, path, f"{unknown}{nearest(name, stacks)}")
        if name in found.without:
            yield problem_at(document, path, "is in 'without' too: the operator runs it, or does not")
        if run.branch is not None and run.commit is not None:
            yield problem_at(document, (*path, "commit"), "is in place of a branch: set one of 'branch' and 'commit'")
    for index, name in enumerate(found.without):
        if name not in stacks:
            yield problem_at(document, ("without", index), f"{unknown}{nearest(name, stacks)}")
    if found.organization is not None and found.backend is not None and not found.backend.startswith("https:"):
        yield problem_at(document, ("organization",), "is of Pulumi Cloud, and 'backend' names a store without any")
