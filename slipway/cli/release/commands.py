"""The commands below `slipway release`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from slipway.cli.options import (
    Cluster,
    Context,
    Directory,
    Format,
    JobTimeout,
    Kubeconfig,
    OnlySystem,
    StackFile,
    StackName,
    SystemName,
)

if TYPE_CHECKING:
    from slipway.cli.release.lookup import Request

Reason = Annotated[str, typer.Option("--reason", help="Why, for everybody who reads the history.")]
MaybeReason = Annotated[str | None, typer.Option("--reason", help="Why, for everybody who reads the history.")]
Comment = Annotated[str | None, typer.Option("--comment", help="Anything else, for the report.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the change, and write nothing.")]

release = typer.Typer(
    no_args_is_help=True, help="Show and steer releases, which a controller in the cluster carries out."
)


def _request(
    cwd: Path, stack: str | None, config: Path | None, context: str | None, kubeconfig: Path | None, cluster: str | None
) -> Request:
    from slipway.cli.cluster_options import ClusterOptions
    from slipway.cli.release.lookup import Request

    target = ClusterOptions(context=context, kubeconfig=kubeconfig, cluster=cluster)
    return Request(cwd=cwd, stack=stack, file=config, target=target)


@release.command()
def status(
    system: OnlySystem = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Follow one release until it ended. Exit status 1 if it did not succeed.")
    ] = False,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    output: Format = "text",
) -> None:
    """Show the release of each system: phase, step, who has the visitors, what it waits for."""
    from slipway.cli.release.status import status as run

    request = _request(cwd, stack, config, context, kubeconfig, cluster)
    sys.exit(run(request, system, output=output, follow=follow))


@release.command()
def plan(
    system: OnlySystem = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Time of the `pulumi up`, UTC: 2026-11-05T02:30:00Z; by default now.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Git reference to compare with; by default the base of the branch.")
    ] = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Annotated[
        str | None, typer.Option("--context", help="Compare with this context's cluster, instead of the base branch.")
    ] = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    output: Format = "text",
) -> None:
    """Show what the next `pulumi up` would release, with clock times: who is asked and told, steps, watch."""
    from slipway.cli.release.plan import plan as run

    request = _request(cwd, stack, config, context, kubeconfig, cluster)
    sys.exit(run(request, system, against=against, at=at, output=output))


@release.command()
def approve(
    system: SystemName,
    role: Annotated[str, typer.Option("--role", help="Role in which you approve, as the system declares it.")],
    when: Annotated[
        str | None,
        typer.Option("--when", help="What you approve, if the role approves several things: before, go-live, …"),
    ] = None,
    comment: Comment = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Approve the release of a system, as the user that the API server says you are."""
    from slipway.cli.release.approving import approve as run

    sys.exit(run(_request(cwd, stack, config, context, kubeconfig, cluster), system, role, when, comment))


@release.command()
def attest(
    system: SystemName,
    name: Annotated[str, typer.Option("--name", help="Name of the attestation, as the system declares it.")],
    link: Annotated[str, typer.Option("--link", help="Address of the evidence.")],
    role: Annotated[str | None, typer.Option("--role", help="Role in which you checked it.")] = None,
    comment: Comment = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Record a manual check, with a link to its evidence."""
    from slipway.cli.release.approving import attest as run

    sys.exit(run(_request(cwd, stack, config, context, kubeconfig, cluster), system, name, role, link, comment))


@release.command()
def pause(
    system: SystemName,
    reason: MaybeReason = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Stay at the present step. The candidate is still judged, and rolled back if it fails."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(cwd, stack, config, context, kubeconfig, cluster), system, "pause", reason))


@release.command()
def resume(
    system: SystemName,
    reason: MaybeReason = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """End a pause."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(cwd, stack, config, context, kubeconfig, cluster), system, "resume", reason))


@release.command()
def promote(
    system: SystemName,
    reason: Reason,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Do not wait for the rest of the holds. What was judged as bad still ends the release."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(cwd, stack, config, context, kubeconfig, cluster), system, "promote", reason))


@release.command()
def abort(
    system: SystemName,
    reason: Reason,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Give the release up: all visitors return to the active slot, at once."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(cwd, stack, config, context, kubeconfig, cluster), system, "abort", reason))


@release.command()
def close(
    system: SystemName,
    reason: Reason,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Show visitors the maintenance page, while no release is in progress."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(cwd, stack, config, context, kubeconfig, cluster), system, "close", reason))


@release.command(name="open")
def open_(
    system: SystemName,
    reason: Reason,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Let visitors back to the active slot after `close`, or after a release that left the system closed."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(cwd, stack, config, context, kubeconfig, cluster), system, "open", reason))


@release.command()
def history(
    system: SystemName,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    output: Format = "text",
) -> None:
    """Show what happened in this release, and how those before ended."""
    from slipway.cli.release.reporting import history as run

    sys.exit(run(_request(cwd, stack, config, context, kubeconfig, cluster), system, output=output))


@release.command()
def report(
    system: SystemName,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    output: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="Output for people, or for programs.")
    ] = "markdown",
) -> None:
    """Print the report: steps, evidence, decisions, figures, who and when."""
    from slipway.cli.release.reporting import report as run

    sys.exit(run(_request(cwd, stack, config, context, kubeconfig, cluster), system, output=output))


@release.command()
def due(
    system: OnlySystem = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    output: Format = "text",
) -> None:
    """List what people owe: sign-offs, checks after releases, drills. Exit status 1 if something is due."""
    from slipway.cli.release.due import due as run

    sys.exit(run(_request(cwd, stack, config, context, kubeconfig, cluster), system, output=output))


@release.command("hand-over")
def hand_over(
    system: SystemName,
    version: Annotated[str, typer.Option("--version", help="Version: an immutable image tag.")],
    hotfix: Annotated[str | None, typer.Option("--hotfix", help="Release outside the window, for this reason.")] = None,
    dry: DryRun = False,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Annotated[
        str | None, typer.Option("--context", help="Ask this context's cluster which slot visitors have.")
    ] = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Set the version of the slot without visitors in the stack's file, and make it the active one, in one change."""
    from slipway.cli.release.stack_changes import hand_over as run

    request = _request(cwd, stack, config, context, kubeconfig, cluster)
    sys.exit(run(request, system, version, hotfix, dry=dry))


@release.command()
def revert(
    system: OnlySystem = None,
    dry: DryRun = False,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Write what is in force after a rollback into the stack's file."""
    from slipway.cli.release.stack_changes import revert as run

    sys.exit(run(_request(cwd, stack, config, context, kubeconfig, cluster), system, dry=dry))


@release.command()
def retire(
    system: OnlySystem = None,
    dry: DryRun = False,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
) -> None:
    """Remove the former version from the stack's file, once its watch is over."""
    from slipway.cli.release.stack_changes import retire as run

    sys.exit(run(_request(cwd, stack, config, context, kubeconfig, cluster), system, dry=dry))


@release.command()
def drill(
    system: SystemName,
    kind: Annotated[Literal["restore", "failover"], typer.Option("--kind", help="What to practise.")],
    database: Annotated[str | None, typer.Option("--database", help="Only this database.")] = None,
    stack: StackName = None,
    config: StackFile = None,
    cwd: Directory = Path(),
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    cluster: Cluster = None,
    timeout: JobTimeout = None,
) -> None:
    """Run the declared restore test now, or show how to fail over. Exit status 1 if the restore failed."""
    from slipway.cli.release import drill as run

    request = _request(cwd, stack, config, context, kubeconfig, cluster)
    if kind == "failover":
        sys.exit(run.failover(request, system, database))
    sys.exit(run.restore(request, system, database, timeout))
