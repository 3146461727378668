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
SystemName = Annotated[str, typer.Option("--system", help="System of the stack.")]
Context = Annotated[
    str | None, typer.Option("--context", help="Context of the kubeconfig; by default the stack's, or the current.")
]
Kubeconfig = Annotated[Path | None, typer.Option("--kubeconfig", help="File, in place of KUBECONFIG.")]
Cluster = Annotated[str | None, typer.Option("--cluster", help="Cluster of the stack, if it has several.")]
Printed = Annotated[bool, typer.Option("--print", help="Print the Job as YAML in place of making it.")]
JobTimeout = Annotated[
    float | None, typer.Option("--timeout", min=1, help="Seconds to wait; by default the Job's own deadline.")
]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="For people, or for programs.")]

secrets = typer.Typer(no_args_is_help=True, help="What vendors issue and Slipway cannot make: fill it, see its age.")
app.add_typer(secrets, name="secrets")

policies = typer.Typer(help="The rules that plans are judged by.", invoke_without_command=True)
app.add_typer(policies, name="policies")


@app.command()
def preview(
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    output: Annotated[
        Literal["text", "json", "markdown"],
        typer.Option("--format", help="For people, for programs, or for a comment on a pull request."),
    ] = "text",
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


@app.command("hand-over")
def hand_over(
    system: Annotated[str, typer.Option("--system", help="System that has a new version.")],
    version: Annotated[str, typer.Option("--version", help="Version, that is an immutable image tag.")],
    slot: Annotated[Literal["blue", "green"], typer.Option("--slot", help="Copy of the system that gets it.")],
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
) -> None:
    """Write a new version into a stack's file: one value, all else as it is. It reaches nobody until that is applied."""
    from cli.hand_over import hand_over as run

    sys.exit(run(cwd, stack, config, system=system, slot=slot, version=version))


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


@app.command()
def ledger(
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    update: Annotated[bool, typer.Option("--update", help="Add what is new; nothing is taken out.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Exit with 1 when the ledger and the plan differ.")] = False,
) -> None:
    """Show what a stack must never lose, beside its plan: the policy pack refuses to delete it or to make it anew."""
    from cli.ledger import run

    sys.exit(run(cwd, stack, config, update=update, verify=verify))


@secrets.command("set", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def set_secret(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the secret, such as CLERK_SECRET_KEY; never its value.")],
    system: Annotated[str, typer.Option("--system", help="System that declares it.")],
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
) -> None:
    """Fill a supplied secret with what standard input says, or a terminal asks for. The value is never shown."""
    from cli.secrets import set_secret as run

    sys.exit(run(cwd, stack, config, system, name, surplus=len(context.args)))


@secrets.command("list")
def list_secrets(
    system: Annotated[str | None, typer.Option("--system", help="Only this system.")] = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
) -> None:
    """Show which secrets have a value, since when, and which are due for another. Values are never shown."""
    from cli.secrets import list_secrets as run

    sys.exit(run(cwd, stack, config, system))


@app.command()
def rehearse(
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    absent: Annotated[
        list[str] | None,
        typer.Option(
            "--absent", help="API group whose controller does not run, such as postgresql.cnpg.io; repeatable."
        ),
    ] = None,
    crds: Annotated[Path | None, typer.Option("--crds", help="CRDs to install first: a YAML file or a folder.")] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for each object.")] = 600,
) -> None:
    """Apply the Kubernetes part of a stack to a cluster, in order and with waits, as `pulumi up` would."""
    from cli.rehearse import Request
    from cli.rehearse import run as run_on
    from cli.target import Target

    target = Target(context=context, kubeconfig=kubeconfig, cluster=cluster)
    request = Request(target, frozenset(absent or ()), crds, timeout)
    sys.exit(run_on(cwd, stack, config, request))


@app.command()
def backups(
    stack: StackName = None, config: StackFile = None, cwd: Directory = Path(), output: Format = "text"
) -> None:
    """Show the newest backup and restore test of every database. Exit status 1 when one is too old or failed."""
    from cli.backups import backups as run

    sys.exit(run(cwd, stack, config, output=output))


@app.command()
def weights(
    system: Annotated[str, typer.Option("--system", help="System whose static sites are meant.")],
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
) -> None:
    """Show how visitors of each static site are split over the slots, beside what the stack says."""
    from cli.weights import weights as run

    sys.exit(run(cwd, stack, config, system))


@policies.callback()
def list_policies(
    context: typer.Context, stack: StackName = None, cwd: Directory = Path(), output: Format = "text"
) -> None:
    """List the rules: what each asks for, at which level, and who wants it."""
    if context.invoked_subcommand is None:
        from cli.policies import policies as run

        sys.exit(run(cwd, stack, output=output))


@policies.command("check")
def check_state(
    state: Annotated[Path, typer.Option("--state", help="File that `pulumi stack export` wrote.")],
    cwd: Directory = Path(),
    output: Format = "text",
) -> None:
    """Judge what a stack is made of today: an exported state, without the program. Exit status 1 for violations."""
    from cli.policies import check as run

    sys.exit(run(cwd, state, output=output))


@app.command()
def rollback(
    system: SystemName,
    migration: Annotated[str, typer.Option("--migration", help="Migration of the system, by its name.")],
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    printed: Printed = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    timeout: JobTimeout = None,
) -> None:
    """Take a migration back by its rollback file, with the Job that made it. Exit status 1 when that failed."""
    from cli.rollback import Request
    from cli.rollback import run as run_on
    from cli.target import Target

    target = Target(context=context, kubeconfig=kubeconfig, cluster=cluster)
    request = Request(system=system, migration=migration, target=target, printed=printed, sure=yes, timeout=timeout)
    sys.exit(run_on(cwd, stack, config, request))


@app.command()
def restore(
    system: SystemName,
    database: Annotated[str, typer.Option("--database", help="Database of the system, by its name.")],
    at: Annotated[
        str | None, typer.Option("--at", help="The newest dump by this time, UTC: 2026-11-05T02:30:00Z.")
    ] = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    printed: Printed = False,
    timeout: JobTimeout = None,
) -> None:
    """Restore a dump into a new database beside the live one. Exit status 1 when that failed."""
    from cli.restore import Request
    from cli.restore import run as run_on
    from cli.target import Target

    target = Target(context=context, kubeconfig=kubeconfig, cluster=cluster)
    request = Request(system=system, database=database, target=target, at=at, printed=printed, timeout=timeout)
    sys.exit(run_on(cwd, stack, config, request))


def main() -> None:
    """Runs the command and turns every way to fail into one message and an exit status."""
    from live.failure import CloudFailure
    from settings.problems import InvalidSettings

    try:
        app()
    except InvalidSettings as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(BAD_INPUT)
    except CloudFailure as error:
        print(f"slipway: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:
        from rehearsal import PackConfigError, RehearsalError, StateError

        if not isinstance(error, RehearsalError):
            raise
        print(f"slipway: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT if isinstance(error, PackConfigError | StateError) else FAILED)
