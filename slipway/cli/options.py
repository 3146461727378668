"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Directory = Annotated[Path, typer.Option("--cwd", "-C", help="Folder of the project, or a folder below it.")]
StackName = Annotated[str | None, typer.Option("--stack", "-s", help="Name of the stack, as in Pulumi.<stack>.yaml.")]
StackFile = Annotated[Path | None, typer.Option("--config", "-c", help="Stack file, instead of --stack.")]
SystemName = Annotated[str, typer.Option("--system", help="System of the stack.")]
OnlySystem = Annotated[str | None, typer.Option("--system", help="Only this system.")]
Context = Annotated[
    str | None, typer.Option("--context", help="Context of the kubeconfig; by default the stack's, or the current one.")
]
Kubeconfig = Annotated[Path | None, typer.Option("--kubeconfig", help="Path of a kubeconfig, instead of KUBECONFIG.")]
Cluster = Annotated[str | None, typer.Option("--cluster", help="Cluster of the stack, if it has several.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Printed = Annotated[bool, typer.Option("--print", help="Print the Job as YAML instead of creating it.")]
JobTimeout = Annotated[
    float | None, typer.Option("--timeout", min=1, help="Seconds to wait; by default the Job's own deadline.")
]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="Output for people (text) or programs (json).")
]
