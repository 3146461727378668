"""`slipway doctor`: what is missing before `pulumi up`, in the order in which to do it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from pathlib import Path

from slipway.cli.cluster_options import on_context
from slipway.cli.doctor_plan import Check, images, zones
from slipway.cli.progress import steps
from slipway.cli.selection import Selection, select_or_only
from slipway.ops.clouds import PACKAGES, QUOTAS, REGISTRATIONS, REPOSITORIES
from slipway.ops.cluster.connection import connect
from slipway.ops.failure import CloudFailure
from slipway.ops.quota_status import QuotaStatus
from slipway.ops.secret_stores import store_of
from slipway.rehearsal import Plan, Rehearsal, RehearsalError
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.cluster_services import API_GROUPS
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.services import supplied_by
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

TOOLS = {
    "git": "install git: previews compare with the base branch by it",
    "pulumi": "install Pulumi's CLI, https://www.pulumi.com/docs/install: `pulumi up` is the release",
}
"""Programs that a release needs, and what to do without them."""
BACKEND = "log in to a backend of states, `pulumi login ADDRESS`, or `pulumi login file://~` for a trial"
UNUSED = {"secrets"}
"""Controllers that a cluster of one's own does without."""
SIGNS = {True: "ok", False: "missing", None: "not checked"}


def doctor(cwd: Path, name: str | None, file: Path | None, *, context: str | None = None) -> int:
    """Print every check of the stack and what to do next; return the exit status, 1 if something is missing. Changes
    nothing and prints no secret. Raises InvalidSettings if the stack's files are not valid."""
    selection = select_or_only(cwd, name, file)
    stack = on_context(selection.stack, context, selection.stack.clusters)
    found: list[Check] = [Check(f"files of {stack.name}", good=True)]
    with steps(f"Checking {stack.name}") as report:
        found += _checks(selection, stack, report)
    width = max(len(check.what) for check in found)
    for check in found:
        print(f"{SIGNS[check.good]:<11}  {check.what:<{width}}  {check.detail}".rstrip())
    wrong = [check for check in found if check.good is False]
    if wrong:
        print(f"\nNext: {wrong[0].remedy}")
        return VIOLATED
    print("\nNothing that was checked is missing. Next: `pulumi preview`, then docs/first-deployment.md")
    return OK


def _checks(selection: Selection, stack: Stack, report: Callable[[str], None]) -> Iterator[Check]:
    for tool, remedy in TOOLS.items():
        place = shutil.which(tool)
        yield Check(tool, place is not None, place or "", remedy)
    backend = _backend()
    yield Check("backend of states", bool(backend), backend, BACKEND)
    reachable: list[StackCluster] = []
    for cluster in stack.clusters.values():
        report(f"cluster {cluster.name}")
        try:
            account = _login(cluster)
        except CloudFailure as failure:
            yield Check(f"login of {cluster.name}", good=False, detail=str(failure), remedy=str(failure))
            yield Check(f"secrets of {cluster.name}", good=None, detail="needs the login")
            if cluster.settings.cloud in QUOTAS:
                yield Check(f"quotas of {cluster.name}", good=None, detail="needs the login")
            continue
        reachable.append(cluster)
        yield Check(f"login of {cluster.name}", good=True, detail=account)
        yield from _controllers(cluster)
        for system in [*cluster.systems.values(), *cluster.services]:
            yield from _secrets(stack, cluster, system)
    rehearse = cache(partial(selection.rehearse, policies=False))
    yield from _registrations(rehearse, reachable, report)
    yield from _quotas(rehearse, reachable, report)
    yield from _images_and_zones(rehearse, stack, reachable, report)


def _backend() -> str:
    """Return the backend that the environment or Pulumi's login names; empty without one. Tokens are never read out."""
    if named := os.environ.get("PULUMI_BACKEND_URL"):
        return named.partition("?")[0].rpartition("@")[2]
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        current = json.loads((home / "credentials.json").read_text(encoding="utf-8")).get("current")
    except (OSError, ValueError, AttributeError):
        current = None
    token = "by PULUMI_ACCESS_TOKEN" if os.environ.get("PULUMI_ACCESS_TOKEN") else ""
    return current.partition("?")[0].rpartition("@")[2] if isinstance(current, str) else token


def _login(cluster: StackCluster) -> str:
    """Return whom the login of a cluster's cloud belongs to. Raises CloudFailure."""
    return import_module(f"{PACKAGES[cluster.settings.cloud]}.access").verified(cluster.settings)


def _controllers(cluster: StackCluster) -> Iterator[Check]:
    """Yield whether the kinds of controllers exist that the stack says are there; only a cluster of one's own has any
    before the first `pulumi up`."""
    settings = cluster.settings
    present = {name for name in API_GROUPS if getattr(settings.controllers, name) == "present"}
    if not isinstance(settings, LocalCluster):
        if not present:
            return
        yield Check(f"controllers of {cluster.name}", good=None, detail="only on clusters of your own")
        return
    present -= UNUSED
    if not present:
        return
    listed = connect(None, settings.context).api.get("/apis") or {}
    groups = {each["name"] for each in listed.get("groups", ())}
    for name in sorted(present):
        lacking = sorted(group for group in API_GROUPS[name] if group not in groups)
        remedy = f"install {name} in {cluster.name} ({', '.join(lacking)}), or set `controllers.{name}: installed`"
        yield Check(f"controller {name} of {cluster.name}", not lacking, ", ".join(lacking), remedy)


def _secrets(stack: Stack, cluster: StackCluster, system: DeployedSystem) -> Iterator[Check]:
    """Yield which supplied secrets of a system are empty; before the first `pulumi up` there is no store."""
    supplied = [name for name, secret in system.definition.secrets.items() if supplied_by(secret)]
    if not supplied:
        return
    what = f"secrets of {system.name}"
    try:
        filled = store_of(stack, cluster, system).filled()
    except CloudFailure as failure:
        yield Check(what, good=None, detail=str(failure))
        return
    empty = [name for name in supplied if filled.get(name) is None]
    yield Check(what, not empty, ", ".join(empty), _filling(stack, system, empty[0]) if empty else "")


def _filling(stack: Stack, system: DeployedSystem, name: str) -> str:
    """Return the command that fills a supplied secret: it copies a value in use, if the system says where that is."""
    known = system.definition.secrets[name].origin is not None
    return f"slipway secrets {'import' if known else f'set {name}'} --stack {stack.name} --system {system.name}"


Rehearse = Callable[[], Rehearsal]
FAILED_PROGRAM = "the program failed: `slipway preview` says where"


def _registrations(rehearse: Rehearse, clusters: list[StackCluster], report: Callable[[str], None]) -> Iterator[Check]:
    """Yield the services of a cloud that an account has not registered; all others together."""
    for cloud, module in REGISTRATIONS.items():
        members = [cluster for cluster in clusters if cluster.settings.cloud == cloud]
        what = f"registrations of {', '.join(cluster.name for cluster in members)}"
        if not members:
            continue
        report(what)
        try:
            rehearsal = rehearse()
            found = [] if rehearsal.failure else list(import_module(module).registrations(rehearsal.plan, members))
        except (CloudFailure, RehearsalError) as failure:
            yield Check(what, good=None, detail=str(failure))
            continue
        lacking = [each for each in found if not each.registered]
        yield from (Check(f"registration of {each.name}", good=False, remedy=each.remedy) for each in lacking)
        if found and not lacking:
            yield Check(what, good=True, detail=f"all {len(found)} that the plan needs")


def _images_and_zones(
    rehearse: Rehearse, stack: Stack, reachable: list[StackCluster], report: Callable[[str], None]
) -> Iterator[Check]:
    """Yield what comes last: images before a version runs, and delegation once there are zones."""
    if not stack.clusters:
        return
    report("images")
    try:
        rehearsal = rehearse()
    except RehearsalError as failure:
        yield Check("images", good=None, detail=str(failure))
        return
    if rehearsal.failure:
        yield Check("images", good=None, detail=FAILED_PROGRAM)
        return
    for name, cluster in stack.clusters.items():
        if cluster in reachable and not cluster.referenced:
            yield from _repositories(rehearsal.plan, stack, cluster)
        yield from images(rehearsal.plan, name, ask=cluster in reachable)
        yield from zones(rehearsal.plan, name)


def _repositories(plan: Plan, stack: Stack, cluster: StackCluster) -> Iterator[Check]:
    """Yield the image repositories that the plan creates and somebody else has in the account."""
    module = REPOSITORIES.get(cluster.settings.cloud)
    if module is None:
        return
    try:
        found = list(import_module(module).taken(plan, stack.cluster_name(cluster.name), cluster.settings))
    except CloudFailure as failure:
        yield Check(f"image repositories of {cluster.name}", good=None, detail=str(failure))
        return
    for each in found:
        owner = f"cluster {each.owner} has it" if each.owner else "it exists, and no stack has it"
        yield Check(f"image repository {each.name}", good=False, detail=owner, remedy=each.remedy)


def _quotas(rehearse: Rehearse, clusters: list[StackCluster], report: Callable[[str], None]) -> Iterator[Check]:
    """Yield the quotas that the plan exceeds and those that nobody could read; all others together."""
    for cloud, module in QUOTAS.items():
        members = [cluster for cluster in clusters if cluster.settings.cloud == cloud]
        what = f"quotas of {', '.join(cluster.name for cluster in members)}"
        if not members:
            continue
        report(what)
        try:
            rehearsal = rehearse()
            if rehearsal.failure:
                yield Check(what, good=None, detail=FAILED_PROGRAM)
                continue
            statuses = list(import_module(module).statuses(rehearsal.plan, members))
        except (CloudFailure, RehearsalError) as failure:
            yield Check(what, good=None, detail=str(failure))
            continue
        if not statuses:
            yield Check(what, good=None, detail="the plan has nothing that they count")
        yield from map(_quota, (status for status in statuses if not status.enough))
        if enough := sum(status.enough is True for status in statuses):
            yield Check(what, good=True, detail=f"{enough} of {len(statuses)} allow what the plan has")


def _quota(status: QuotaStatus) -> Check:
    """Return the check of a quota that does not allow what is needed, or is not known."""
    what = f"quota {status.name}"
    if status.limit is None:
        return Check(what, good=None, detail=f"{status.planned} needed; {status.problem}")
    others = "what others have is not counted" if status.existing is None else f"{status.existing} of others"
    need = f"{status.planned} of the plan, {others}"
    return Check(
        what,
        good=False,
        detail=f"{status.limit:g}, needed {status.needed} ({need}): {status.remedy}",
        remedy=status.remedy,
    )
