"""The commands below `slipway release`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from slipway.cli.command_groups import Commands
from slipway.cli.options import (
    DryRun,
    Format,
    JobTimeout,
    OnlySystem,
    SystemName,
    TargetOptions,
    Version,
    grouped,
)

if TYPE_CHECKING:
    from slipway.cli.release.lookup import Request

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for everybody who reads the history.")]
MaybeReason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why, for everybody who reads the history.")
]
Comment = Annotated[str | None, typer.Option("--comment", metavar="TEXT", help="Anything else, for the report.")]


@dataclass(frozen=True, kw_only=True)
class ComparedOptions(TargetOptions):
    """The same, where a cluster is asked only if it is named."""

    context: Annotated[
        str | None,
        typer.Option(
            "--context", metavar="CONTEXT", help="Compare with this context's cluster, instead of the base branch."
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class AskedOptions(TargetOptions):
    """The same, where the stack's file says what visitors have unless a cluster is named."""

    context: Annotated[
        str | None,
        typer.Option("--context", metavar="CONTEXT", help="Ask this context's cluster which slot visitors have."),
    ] = None


release = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Show and steer releases, which a controller in the cluster carries out."
)


def _request(on: TargetOptions) -> Request:
    from slipway.cli.release.lookup import Request

    return Request(cwd=on.cwd, stack=on.stack, file=on.config, target=on.target)


@release.command()
@grouped
def status(
    on: TargetOptions,
    system: OnlySystem = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Follow one release until it ended. Exit status 1 if it did not succeed.")
    ] = False,
    output: Format = "text",
) -> None:
    """Show the release of each system: phase, step, who has the visitors, what it waits for."""
    from slipway.cli.release.status import status as run

    request = _request(on)
    sys.exit(run(request, system, output=output, follow=follow))


@release.command()
@grouped
def plan(
    on: ComparedOptions,
    system: OnlySystem = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Time of the `pulumi up`, UTC: 2026-11-05T02:30:00Z; by default now."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="REF", help="Git reference to compare with; by default the base of the branch."
        ),
    ] = None,
    output: Format = "text",
) -> None:
    """Show what the next `pulumi up` would release, with clock times: who is asked and told, steps, watch."""
    from slipway.cli.release.plan import plan as run

    request = _request(on)
    sys.exit(run(request, system, against=against, at=at, output=output))


@release.command()
@grouped
def approve(
    on: TargetOptions,
    system: SystemName,
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help="Role in which you approve, as the system declares it.")
    ],
    when: Annotated[
        str | None,
        typer.Option(
            "--when", metavar="MOMENT", help="What you approve, if the role approves several things: before, go-live, …"
        ),
    ] = None,
    comment: Comment = None,
) -> None:
    """Approve the release of a system, as the user that the API server says you are."""
    from slipway.cli.release.approving import approve as run

    sys.exit(run(_request(on), system, role, when, comment))


@release.command()
@grouped
def attest(
    on: TargetOptions,
    system: SystemName,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name of the attestation, as the system declares it.")
    ],
    link: Annotated[str, typer.Option("--link", metavar="URL", help="Address of the evidence.")],
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Role in which you checked it.")] = None,
    comment: Comment = None,
) -> None:
    """Record a manual check, with a link to its evidence."""
    from slipway.cli.release.approving import attest as run

    sys.exit(run(_request(on), system, name, role, link, comment))


@release.command()
@grouped
def pause(
    on: TargetOptions,
    system: SystemName,
    reason: MaybeReason = None,
) -> None:
    """Stay at the present step. The candidate is still judged, and rolled back if it fails."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(on), system, "pause", reason))


@release.command()
@grouped
def resume(
    on: TargetOptions,
    system: SystemName,
    reason: MaybeReason = None,
) -> None:
    """End a pause."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(on), system, "resume", reason))


@release.command()
@grouped
def promote(
    on: TargetOptions,
    system: SystemName,
    reason: Reason,
) -> None:
    """Do not wait for the rest of the holds. What was judged as bad still ends the release."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(on), system, "promote", reason))


@release.command()
@grouped
def abort(
    on: TargetOptions,
    system: SystemName,
    reason: Reason,
) -> None:
    """Give the release up: all visitors return to the active slot, at once."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(on), system, "abort", reason))


@release.command()
@grouped
def close(
    on: TargetOptions,
    system: SystemName,
    reason: Reason,
) -> None:
    """Show visitors the maintenance page, while no release is in progress."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(on), system, "close", reason))


@release.command(name="open")
@grouped
def open_(
    on: TargetOptions,
    system: SystemName,
    reason: Reason,
) -> None:
    """Let visitors back to the active slot after `close`, or after a release that left the system closed."""
    from slipway.cli.release.steering import steer

    sys.exit(steer(_request(on), system, "open", reason))


@release.command()
@grouped
def history(
    on: TargetOptions,
    system: SystemName,
    output: Format = "text",
) -> None:
    """Show what happened in this release, and how those before ended."""
    from slipway.cli.release.reporting import history as run

    sys.exit(run(_request(on), system, output=output))


@release.command()
@grouped
def report(
    on: TargetOptions,
    system: SystemName,
    output: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="Output for people, or for programs.")
    ] = "markdown",
) -> None:
    """Print the report: steps, evidence, decisions, figures, who and when."""
    from slipway.cli.release.reporting import report as run

    sys.exit(run(_request(on), system, output=output))


@release.command()
@grouped
def due(
    on: TargetOptions,
    system: OnlySystem = None,
    output: Format = "text",
) -> None:
    """List what people owe: sign-offs, checks after releases, drills. Exit status 1 if something is due."""
    from slipway.cli.release.due import due as run

    sys.exit(run(_request(on), system, output=output))


@release.command("hand-over")
@grouped
def hand_over(
    on: AskedOptions,
    system: SystemName,
    version: Version,
    hotfix: Annotated[
        str | None, typer.Option("--hotfix", metavar="REASON", help="Release outside the window, for this reason.")
    ] = None,
    dry: DryRun = False,
) -> None:
    """Set the version of the slot without visitors in the stack's file, and make it the active one, in one change."""
    from slipway.cli.release.stack_changes import hand_over as run

    request = _request(on)
    sys.exit(run(request, system, version, hotfix, dry=dry))


@release.command()
@grouped
def revert(
    on: TargetOptions,
    system: OnlySystem = None,
    dry: DryRun = False,
) -> None:
    """Write what is in force after a rollback into the stack's file."""
    from slipway.cli.release.stack_changes import revert as run

    sys.exit(run(_request(on), system, dry=dry))


@release.command()
@grouped
def retire(
    on: TargetOptions,
    system: OnlySystem = None,
    dry: DryRun = False,
) -> None:
    """Remove the former version from the stack's file, once its watch is over."""
    from slipway.cli.release.stack_changes import retire as run

    sys.exit(run(_request(on), system, dry=dry))


@release.command()
@grouped
def drill(
    on: TargetOptions,
    system: SystemName,
    kind: Annotated[Literal["restore", "failover"], typer.Option("--kind", help="What to practise.")],
    database: Annotated[str | None, typer.Option("--database", metavar="DATABASE", help="Only this database.")] = None,
    timeout: JobTimeout = None,
) -> None:
    """Run the declared restore test now, or show how to fail over. Exit status 1 if the restore failed."""
    from slipway.cli.release import drill as run

    request = _request(on)
    if kind == "failover":
        sys.exit(run.failover(request, system, database))
    sys.exit(run.restore(request, system, database, timeout))
