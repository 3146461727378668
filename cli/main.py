"""The commands and their exit status: 0 fine, 1 a mandatory policy is violated, 2 bad input, 3 anything else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

VIOLATED, BAD_INPUT, FAILED, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Deployment runbooks as a Pulumi program: previewed and judged without a cloud account.",
)

Directory = Annotated[Path, typer.Option("--cwd", "-C", help="Folder of the project, or one below it.")]
StackName = Annotated[str | None, typer.Option("--stack", "-s", help="Stack, named by its file Pulumi.<stack>.yaml.")]
StackFile = Annotated[Path | None, typer.Option("--config", "-c", help="Stack file, in place of a stack's name.")]


@app.command()
def preview(
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    output: Annotated[Literal["text", "json"], typer.Option("--format", help="For people, or for programs.")] = "text",
    every: Annotated[bool, typer.Option("--resources", help="Name every resource in place of counting them.")] = False,
) -> None:
    """Show what a stack would create, judged by the policy pack. Needs no cloud, credentials, network or Pulumi CLI."""
    from cli.preview import preview as run

    sys.exit(run(cwd, stack, config, output=output, every=every))


@app.command()
def check(cwd: Directory = Path()) -> None:
    """Check every system and every stack file: all problems at once, in under a second."""
    from cli.check import check as run

    sys.exit(run(cwd))


@app.command()
def why(
    urn: Annotated[
        str, typer.Argument(help="URN of a resource, or its end, such as Deployment::fleet/fleet-api-blue.")
    ],
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
) -> None:
    """Show the lines of systems and stacks that a resource comes from."""
    from cli.why import why as run

    sys.exit(run(cwd, stack, config, urn))


def main() -> None:
    """Runs the command and turns every way to fail into one message and an exit status."""
    from settings.problems import InvalidSettings

    try:
        app()
    except InvalidSettings as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:
        from rehearsal import PackConfigError, RehearsalError

        if not isinstance(error, RehearsalError):
            raise
        print(f"slipway: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT if isinstance(error, PackConfigError) else FAILED)
