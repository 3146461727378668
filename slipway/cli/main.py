"""The commands; `slipway/settings/exit_statuses.py` has their exit statuses."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from slipway.cli import exits
from slipway.cli.command_groups import SECTIONS, Commands
from slipway.cli.options import (
    Context,
    Directory,
    DryRun,
    Format,
    JobTimeout,
    Kubeconfig,
    OnlySystem,
    PolicyConfigs,
    PolicyPacks,
    Printed,
    StackName,
    StackOptions,
    SystemName,
    TargetOptions,
    Version,
    Yes,
    grouped,
)
from slipway.cli.release.commands import release

RENAMED = {"hand-over": "set-version"}
"""New names of commands by the old one, which is refused."""


class Program(Commands):
    """All commands. Typer alone would exit with the status of a violation on a broken pipe, and silently on an
    interrupt."""

    sections = SECTIONS

    def make_context(self, *args: Any, **extra: Any) -> Any:
        with exits.translated_interrupts(), exits.plain_messages():
            return super().make_context(*args, **extra)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in RENAMED:
            ctx.fail(f"'{args[0]}' is now '{RENAMED[args[0]]}'.")
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
            if len(args) == 1:
                print(ctx.get_help())
                raise typer.Exit
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with exits.translated_interrupts(), exits.plain_messages():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Program,
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Deployment runbooks as a Pulumi program: previewed and policy-checked without a cloud account.",
    epilog="Exit status: 0 fine; 1 a plan or a state is refused, or an operation failed; 2 bad input; 3 any other failure; "
    "130 interrupted; 141 output closed. Each command has a -h of its own.",
)

secrets = typer.Typer(cls=Commands, no_args_is_help=True, help="Set supplied secrets, and list their age.")
app.add_typer(secrets, name="secrets")

prices = typer.Typer(cls=Commands, no_args_is_help=True, help="Update the list prices for cost estimates.")
app.add_typer(prices, name="prices")

policies = typer.Typer(
    cls=Commands, help="List the policy rules; check an exported state.", invoke_without_command=True
)
app.add_typer(policies, name="policies")

app.add_typer(release, name="release")

new = typer.Typer(cls=Commands, no_args_is_help=True, help="Write the definition of a new system.")
app.add_typer(new, name="new")


def _show_version(asked: bool) -> None:
    if asked:
        print(f"slipway {metadata.version('slipway')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Deployment runbooks as a Pulumi program: previewed and policy-checked without a cloud account."""


@app.command()
@grouped
def preview(
    on: StackOptions,
    output: Annotated[
        Literal["text", "json", "markdown", "html", "github"],
        typer.Option(
            "--format",
            help="Output for people, for programs, for a comment on a pull request, for a browser, or as GitHub annotations.",
        ),
    ] = "text",
    every: Annotated[bool, typer.Option("--resources", help="List every resource instead of counting them.")] = False,
    packs: PolicyPacks = None,
    data: PolicyConfigs = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--policy-base",
            metavar="REF",
            help="Folder or git ref of the base branch: use its policy pack, and report changes to the pack.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="REF",
            help="Show what differs from a git reference, such as origin/main, another checkout, a plan or an exported state; "
            "by default the merge base of the branch.",
        ),
    ] = None,
    alone: Annotated[bool, typer.Option("--no-against", help="Show the whole plan, without a comparison.")] = False,
    allowed: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-data-loss",
            metavar="RESOURCE",
            help="Resource whose data may be lost, as named by the preview; repeatable.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Also fail for violations that existed before.")] = False,
    uncached: Annotated[bool, typer.Option("--no-cache", help="Recompute the base's plan, without the cache.")] = False,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Also write GitHub annotations, to standard error.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Also write the page for a browser, to this file.")
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="First ask providers for what rehearsal.yaml lacks, with their plugins and credentials."
        ),
    ] = False,
    scan: Annotated[
        bool, typer.Option("--scan", help="Run checkov and kube-score on the plan too (make scan installs them).")
    ] = False,
) -> None:
    """Show what a stack would create or change, and check it with the policy pack. Needs no cloud, credentials or Pulumi CLI."""
    from slipway.cli.lookup import refused
    from slipway.cli.pack_choice import PackOptions
    from slipway.cli.preview import Comparing
    from slipway.cli.preview import preview as run

    if against is not None and alone:
        raise refused(f"--against {against} and --no-against: pass one of them")
    if record:
        from slipway.cli.recording import record as record_answers

        record_answers(*on.place)
    sys.exit(
        run(
            *on.place,
            output=output,
            every=every,
            annotate=annotate,
            page_file=page,
            pack_options=PackOptions(packs or (), data or (), base, scanned=scan),
            comparing=Comparing(
                against=against, alone=alone, allowed=allowed or (), strict=strict, cached=not uncached
            ),
        )
    )


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder; created if it does not exist.")] = Path(),
    cloud: Annotated[
        str,
        typer.Option("--cloud", metavar="CLOUD", help="Cloud of the first stack; by default a cluster of your own."),
    ] = "local",
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name of the project, which begins names in the cloud; by default that of the folder.",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave existing files as they are, and write the others.")
    ] = False,
) -> None:
    """Begin a project: stack, example system, levels of the rules, pipelines, and Slipway's program. Overwrites nothing."""
    from slipway.cli.init import init as run

    sys.exit(run(directory, cloud, name=name, keep=keep))


@new.command("system")
def new_system(
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Name of the system; with --from by default that of the file's folder."
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="File of Docker Compose to translate, such as compose.yaml."),
    ] = None,
    cwd: Directory = Path(),
) -> None:
    """Write systems/NAME/system.yaml: a small system with comments, or what a file of Docker Compose describes, and what is
    left to do by hand. Secrets are never copied. Overwrites nothing."""
    from slipway.cli.new import new_system as run

    sys.exit(run(cwd, name, source))


@app.command()
def upgrade(
    cwd: Directory = Path(),
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="REF",
            help="Tag, branch or commit of the submodule; by default its newest version. A copy gets this tool's.",
        ),
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option("--stack", "-s", metavar="STACK", help="Preview only this stack, instead of all of them."),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Move the pin although the new version refuses or blocks something.")
    ] = False,
    dry: DryRun = False,
) -> None:
    """Move a project to another version of its program: preview both against each other, show the changelog. Commits nothing."""
    from slipway.cli.upgrade import upgrade as run

    sys.exit(run(cwd, to, stack, anyway=anyway, dry=dry))


@app.command()
def check(cwd: Directory = Path()) -> None:
    """Validate every system and stack file. Reports all problems at once, in under a second."""
    from slipway.cli.check import check as run

    sys.exit(run(cwd))


@app.command()
@grouped
def split(
    on: StackOptions,
    system: Annotated[list[str], typer.Option("--system", metavar="NAME", help="System that moves; repeatable.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the new stack.")],
    organization: Annotated[
        str,
        typer.Option(
            "--organization", metavar="NAME", help="Organization of Pulumi Cloud; by default that of other backends."
        ),
    ] = "organization",
) -> None:
    """Show how systems of a stack get a stack of their own: both files, whether they plan the same, how the state moves. Writes
    nothing."""
    from slipway.cli.split import split as run

    sys.exit(run(*on.place, systems=system, name=name, organization=organization))


@app.command()
@grouped
def member(on: StackOptions) -> None:
    """Print what the foundation of another project must know of a stack: the file that belongs into its folder members/."""
    from slipway.cli.member import member as run

    sys.exit(run(*on.place))


@app.command("operator")
def operator_stacks(cwd: Directory = Path()) -> None:
    """Print a `Stack` object for each stack, for Pulumi's Kubernetes Operator, from operator.yaml."""
    from slipway.cli.operator_stacks import operator_stacks as run

    sys.exit(run(cwd))


@app.command()
@grouped
def doctor(
    on: StackOptions,
    context: Context = None,
) -> None:
    """Check what `pulumi up` of a stack needs: tools, logins, controllers, supplied secrets, quotas. Says what to do next."""
    from slipway.cli.doctor import doctor as run

    sys.exit(run(*on.place, context=context))


@app.command()
@grouped
def destroy(
    on: StackOptions,
    planned: Annotated[bool, typer.Option("--plan", help="Show what destroying the stack would take.")] = False,
    output: Format = "text",
) -> None:
    """Show what leaving costs: what is protected, which data goes, what stays, in which order. Destroys nothing."""
    from slipway.cli.destroy import destroy as run

    sys.exit(run(*on.place, planned=planned, output=output))


@app.command("set-version")
@grouped
def set_version(
    on: StackOptions,
    system: SystemName,
    version: Version,
    slot: Annotated[Literal["blue", "green"], typer.Option("--slot", help="Slot to change.")],
    service: Annotated[
        str | None,
        typer.Option("--service", metavar="SERVICE", help="The one service to change; by default the whole slot."),
    ] = None,
) -> None:
    """Set the version of a slot in a stack's file, or of one service in it. Nothing else changes, and nothing is
    deployed."""
    from slipway.cli.set_version import set_version as run

    sys.exit(run(*on.place, system=system, slot=slot, version=version, service=service))


@app.command()
@grouped
def why(
    on: StackOptions,
    urn: Annotated[
        str,
        typer.Argument(metavar="URN", help="URN of a resource, or its end, such as Deployment::fleet/fleet-api-blue."),
    ],
) -> None:
    """Show the lines of system and stack files that a resource comes from."""
    from slipway.cli.why import why as run

    sys.exit(run(*on.place, urn))


@app.command()
def explain(
    path: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="Key of a system or a stack, such as services.api.replicas; all first keys without it."
        ),
    ] = "",
    cwd: Directory = Path(),
) -> None:
    """Explain a key of system and stack files: meaning, type, bounds, default, example."""
    from slipway.cli.explain import show_key

    sys.exit(show_key(cwd, path))


@app.command()
@grouped
def ledger(
    on: StackOptions,
    update: Annotated[bool, typer.Option("--update", help="Add new entries; never removes any.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Exit with status 1 if the ledger and the plan differ.")
    ] = False,
) -> None:
    """Show the resources that a stack must never lose. The policy pack rejects a plan that deletes or replaces one."""
    from slipway.cli.ledger import run

    sys.exit(run(*on.place, update=update, verify=verify))


@secrets.command("set", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@grouped
def set_secret(
    on: StackOptions,
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the secret, such as CLERK_SECRET_KEY; never its value.")
    ],
    system: SystemName,
    where: Context = None,
) -> None:
    """Set a supplied secret, read from standard input or a prompt. The value is never shown."""
    from slipway.cli.secrets import set_secret as run

    sys.exit(run(*on.place, system, name, surplus=len(context.args), context=where))


@secrets.command("import")
@grouped
def import_secrets(
    on: StackOptions,
    system: SystemName,
    context: Context = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Copy secrets again that have a value: pods get the other one.")
    ] = False,
) -> None:
    """Copy values in use from where `from` of their secrets says, so that no session is lost. Values are never shown."""
    from slipway.cli.secrets import import_secrets as run

    sys.exit(run(*on.place, system, context, replace=replace))


@secrets.command("list")
@grouped
def list_secrets(
    on: StackOptions,
    system: OnlySystem = None,
    context: Context = None,
) -> None:
    """List which secrets are set, since when, and which are due for rotation. Values are never shown."""
    from slipway.cli.secrets import list_secrets as run

    sys.exit(run(*on.place, system, context))


@app.command()
@grouped
def rehearse(
    on: TargetOptions,
    absent: Annotated[
        list[str] | None,
        typer.Option(
            "--absent",
            metavar="GROUP",
            help="API group without a running controller, such as postgresql.cnpg.io; repeatable.",
        ),
    ] = None,
    crds: Annotated[
        Path | None, typer.Option("--crds", metavar="PATH", help="CRDs to install first: a YAML file or a folder.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="Seconds to wait for each object.")
    ] = 600,
    dry: DryRun = False,
    yes: Yes = False,
    first: Annotated[bool, typer.Option("--first", help="Allow a cluster without an earlier rehearsal.")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Take over objects, including Secrets, that are managed by others.")
    ] = False,
) -> None:
    """Apply the Kubernetes objects of a stack to a cluster, in order and waiting for each, as `pulumi up` would."""
    from slipway.cli.rehearse import Request
    from slipway.cli.rehearse import run as run_on

    request = Request(
        on.target, frozenset(absent or ()), crds, timeout, sure=yes, first=first, take_over=take_over, dry=dry
    )
    sys.exit(run_on(*on.place, request))


@app.command()
@grouped
def backups(
    on: StackOptions,
    output: Format = "text",
    context: Context = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="CLUSTER", help="Only this cluster of the stack.")
    ] = None,
) -> None:
    """Show the newest backup and restore test of every database and volume. Exit status 1 if one is too old, failed, or was
    not checked."""
    from slipway.cli.backups import backups as run
    from slipway.cli.cluster_options import ClusterOptions

    sys.exit(run(*on.place, ClusterOptions(context=context, cluster=cluster), output=output))


@app.command()
@grouped
def runbook(
    on: StackOptions,
    system: SystemName,
    output: Annotated[
        Literal["markdown", "html"], typer.Option("--format", help="Output as text, or for a browser.")
    ] = "markdown",
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Write it to this file instead of printing it.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Compute clock times from this time on, by default now: 2026-12-01T10:00:00Z."
        ),
    ] = None,
) -> None:
    """Print the runbook of a system's release: the timeline, what happens by itself and what a person does. Asks no cluster."""
    from slipway.cli.runbook import runbook as run

    sys.exit(run(*on.place, system, output=output, page=page, at=at))


@app.command()
@grouped
def cost(
    on: StackOptions,
    output: Annotated[
        Literal["text", "json", "markdown"],
        typer.Option("--format", help="Output for people, for programs, or for a comment on a pull request."),
    ] = "text",
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="REF",
            help="Show what it costs more than a git reference, such as origin/main, another checkout, a plan or an exported state.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--resources", help="List every resource with the components of its cost.")
    ] = False,
) -> None:
    """Show what a stack costs a month at list prices: by cluster and system, with what is assumed and what is unknown."""
    from slipway.cli.cost import cost as run

    sys.exit(run(*on.place, output=output, against=against, every=every))


@prices.command("update")
def update_prices(
    cwd: Directory = Path(),
    cloud: Annotated[
        list[str] | None, typer.Option("--cloud", metavar="NAME", help="Only this file of prices/; repeatable.")
    ] = None,
) -> None:
    """Fetch the clouds' published prices into prices/. Needs no account; an incomplete answer changes nothing."""
    from slipway.cli.prices import update as run

    sys.exit(run(cwd, cloud or ()))


@app.command()
@grouped
def weights(
    on: StackOptions,
    system: SystemName,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Show how traffic is split, at the edge or at the gateway, compared with the stack's file."""
    from slipway.cli.cluster_options import ClusterOptions
    from slipway.cli.weights import weights as run

    sys.exit(run(*on.place, system, ClusterOptions(context=context, kubeconfig=kubeconfig)))


@policies.callback()
def list_policies(
    context: typer.Context, stack: StackName = None, cwd: Directory = Path(), output: Format = "text"
) -> None:
    """List the rules with level, source and resource types."""
    if context.invoked_subcommand is None:
        from slipway.cli.policies import policies as run

        sys.exit(run(cwd, stack, output=output))


@policies.command("check")
def check_state(
    state: Annotated[Path, typer.Option("--state", metavar="FILE", help="Output file of `pulumi stack export`.")],
    cwd: Directory = Path(),
    output: Format = "text",
    packs: PolicyPacks = None,
    data: PolicyConfigs = None,
) -> None:
    """Check an exported state, without the program. Exit status 1 for violations."""
    from slipway.cli.pack_choice import PackOptions
    from slipway.cli.policies import check as run

    sys.exit(run(cwd, state, output=output, options=PackOptions(packs or (), data or ())))


@app.command()
@grouped
def rollback(
    on: TargetOptions,
    system: SystemName,
    migration: Annotated[str, typer.Option("--migration", metavar="NAME", help="Name of the migration.")],
    printed: Printed = False,
    yes: Yes = False,
    timeout: JobTimeout = None,
) -> None:
    """Roll back a migration with its rollback file and the Job that applied it. Exit status 1 if that failed."""
    from slipway.cli.rollback import Request
    from slipway.cli.rollback import run as run_on

    request = Request(system=system, migration=migration, target=on.target, printed=printed, sure=yes, timeout=timeout)
    sys.exit(run_on(*on.place, request))


@app.command()
@grouped
def restore(
    on: TargetOptions,
    system: SystemName,
    database: Annotated[
        str | None, typer.Option("--database", metavar="DATABASE", help="Name of the database.")
    ] = None,
    volume: Annotated[
        str | None, typer.Option("--volume", metavar="CLAIM", help="Name of the volume's claim: code-shared-data.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Use the newest backup at this time, UTC: 2026-11-05T02:30:00Z."),
    ] = None,
    printed: Printed = False,
    timeout: JobTimeout = None,
) -> None:
    """Restore a dump into a new database next to the live one, or an archive into a new folder of its volume. Exit status 1
    if that failed."""
    from slipway.cli.restore import Request
    from slipway.cli.restore import run as run_on

    request = Request(
        system=system, database=database, volume=volume, target=on.target, at=at, printed=printed, timeout=timeout
    )
    sys.exit(run_on(*on.place, request))


@app.command("import-dump")
@grouped
def import_dump(
    on: TargetOptions,
    system: SystemName,
    database: Annotated[str, typer.Option("--database", metavar="DATABASE", help="Database that gets the dump.")],
    dump: Annotated[
        str,
        typer.Option(
            "--object", metavar="KEY", help="Key of the dump in the bucket of backups, such as imports/shop.dump."
        ),
    ],
    sha256: Annotated[
        str | None, typer.Option("--sha256", metavar="DIGEST", help="SHA-256 of the dump, to be sure of it.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="COMMAND",
            help="Also compare with the rows of the database of before: what runs psql there, such as "
            "'kubectl -n shop exec -i postgres-0 -- env PGUSER=shop PGDATABASE=shop'.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Import over data: what is there is kept under another name.")
    ] = False,
    printed: Printed = False,
    timeout: JobTimeout = None,
) -> None:
    """Import a dump of pg_dump into a system's database, checked by its rows before it takes the database's place. Exit
    status 1 if that failed."""
    from slipway.cli.import_dump import Request
    from slipway.cli.import_dump import run as run_on

    request = Request(
        system=system,
        database=database,
        target=on.target,
        object=dump,
        sha256=sha256,
        source=source,
        replace=replace,
        printed=printed,
        timeout=timeout,
    )
    sys.exit(run_on(*on.place, request))


@app.command("run")
@grouped
def run_job(
    on: TargetOptions,
    system: SystemName,
    schedule: Annotated[
        str | None, typer.Option("--schedule", metavar="SCHEDULE", help="Schedule of the system to run now.")
    ] = None,
    service: Annotated[
        str | None,
        typer.Option(
            "--service",
            metavar="SERVICE",
            help="Service of the system: the command runs in a pod like those of the live slot.",
        ),
    ] = None,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND", help="Command instead of the schedule's own, after --: -- bin/reindex orders."
        ),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(
            "--deadline",
            metavar="DURATION",
            help="With --service: how long the command may take, such as 6h; by default 1h.",
        ),
    ] = None,
    printed: Printed = False,
    timeout: JobTimeout = None,
) -> None:
    """Run a schedule now, or a command in its pod or in one like those of a service, in the live slot, and follow its
    log. Exit status 1 if that failed."""
    from slipway.cli.run import Request
    from slipway.cli.run import run as run_on

    request = Request(
        system=system,
        target=on.target,
        schedule=schedule,
        service=service,
        command=command or (),
        deadline=deadline,
        printed=printed,
        timeout=timeout,
    )
    sys.exit(run_on(*on.place, request))


def main() -> None:
    """Run the command that the command line names."""
    exits.open_standard_streams()
    exits.quiet_libraries()
    with exits.reported():
        app()
