"""Options that several commands share, and the groups of them that a command takes as one argument."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

if TYPE_CHECKING:
    from slipway.cli.cluster_options import ClusterOptions

Directory = Annotated[
    Path, typer.Option("--cwd", "-C", metavar="DIR", help="Folder of the project, or a folder below it.")
]
StackName = Annotated[
    str | None, typer.Option("--stack", "-s", metavar="STACK", help="Name of the stack, as in Pulumi.<stack>.yaml.")
]
StackFile = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Stack file, instead of --stack.")
]
SystemName = Annotated[str, typer.Option("--system", metavar="SYSTEM", help="System of the stack.")]
OnlySystem = Annotated[str | None, typer.Option("--system", metavar="SYSTEM", help="Only this system.")]
Context = Annotated[
    str | None,
    typer.Option(
        "--context", metavar="CONTEXT", help="Context of the kubeconfig; by default the stack's, or the current one."
    ),
]
Kubeconfig = Annotated[
    Path | None, typer.Option("--kubeconfig", metavar="FILE", help="Path of a kubeconfig, instead of KUBECONFIG.")
]
Cluster = Annotated[
    str | None, typer.Option("--cluster", metavar="CLUSTER", help="Cluster of the stack, if it has several.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Printed = Annotated[bool, typer.Option("--print", help="Print the Job as YAML instead of creating it.")]
JobTimeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=1, help="Seconds to wait; by default the Job's own deadline."),
]
PolicyPacks = Annotated[
    list[Path] | None,
    typer.Option(
        "--policy-pack",
        metavar="DIR",
        help="Folder of a policy pack, repeatable; by default the project's policies/, or that of its program.",
    ),
]
PolicyConfigs = Annotated[
    list[Path] | None,
    typer.Option(
        "--policy-config",
        metavar="PATH",
        help="For each pack, in order: a folder with its levels, exemptions and lists, by default the project's, of "
        "another pack its own; or a file as for pulumi's --policy-pack-config.",
    ),
]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="Output for people (text) or programs (json).")
]
Version = Annotated[str, typer.Option("--version", metavar="VERSION", help="Version: an immutable image tag.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """The stack that a command is about."""

    stack: StackName = None
    config: StackFile = None
    cwd: Directory = Path()

    @property
    def place(self) -> tuple[Path, str | None, Path | None]:
        """Return folder, name and file, as commands take them."""
        return self.cwd, self.stack, self.config


@dataclass(frozen=True, kw_only=True)
class TargetOptions(StackOptions):
    """The stack and the cluster of it that a command is about."""

    context: Context = None
    kubeconfig: Kubeconfig = None
    cluster: Cluster = None

    @property
    def target(self) -> ClusterOptions:
        from slipway.cli.cluster_options import ClusterOptions

        return ClusterOptions(context=self.context, kubeconfig=self.kubeconfig, cluster=self.cluster)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Replace each parameter whose type is a group by the options of that group."""
    signature = inspect.signature(command, eval_str=True)
    groups = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, StackOptions)
    }
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        parameters += (
            _options(groups[name]) if name in groups else [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)]
        )

    @wraps(command)
    def called(**values: Any) -> None:
        given = {
            name: group(**{each.name: values.pop(each.name) for each in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **values)

    del called.__wrapped__
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _options(group: type[StackOptions]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name])
        for each in fields(group)
    ]
