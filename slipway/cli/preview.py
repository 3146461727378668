"""`slipway preview`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.cli import against as compared_with
from slipway.cli import reference
from slipway.cli.against import Base, Origin, Running
from slipway.cli.budgets import over_budget
from slipway.cli.lookup import refused
from slipway.cli.pack_choice import ChosenPack, PackOptions, chosen_pack, places_of
from slipway.cli.pack_data import refuse_mistakes
from slipway.cli.progress import progress
from slipway.cli.screen import console
from slipway.cli.selection import Selection, select_or_only
from slipway.cost import Difference as CostDifference
from slipway.cost import compare as cost_compare
from slipway.cost import estimate
from slipway.cost import prices as cost_prices
from slipway.rehearsal import Finding, Plan, Rehearsal
from slipway.rehearsal.difference import Before, Difference, compare
from slipway.reports import annotations, changed_lines, grouped_findings, ledger, machine, markdown, page, text, unseen
from slipway.reports.applied import Applied, applied
from slipway.reports.changed_lines import ChangedLine
from slipway.reports.words import unevaluated
from slipway.settings.exit_statuses import FAILED, OK, VIOLATED
from slipway.settings.problems import InvalidSettings


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """Options of the command line for the base."""

    against: str | None = None
    """A git reference, a folder, a plan or a state; by default the base branch."""
    alone: bool = False
    """True if the plan is compared with nothing."""
    allowed: Sequence[str] = ()
    """Resources whose data may be lost."""
    strict: bool = False
    """True if violations that the base has too cause a failure."""
    cached: bool = True


def preview(
    cwd: Path,
    name: str | None,
    file: Path | None,
    *,
    output: str,
    every: bool,
    pack_options: PackOptions,
    annotate: bool = False,
    page_file: Path | None = None,
    comparing: Comparing,
) -> int:
    """Print the preview and return the exit status. Raises InvalidSettings and RehearsalError."""
    own_data = not (pack_options.packs or pack_options.data or pack_options.base)
    selection = _selected(cwd, name, file, output, annotate=annotate, own_data=own_data)
    with ExitStack() as opened:
        origin = opened.enter_context(compared_with.opened(selection, comparing.against, alone=comparing.alone))
        chosen = opened.enter_context(chosen_pack(_pack_options(pack_options, origin), selection.project.root))
        title = f"{selection.stack.name} against {origin.name}" if origin else selection.stack.name
        with progress(title) as report:
            running = Running(origin, selection, chosen.packs, cached=comparing.cached) if origin else None
            if running:
                opened.callback(running.close)
            key = running.marks_key if running else None
            rehearsal = selection.rehearse(policies=True, on_progress=report, packs=chosen.packs, marks_key=key)
            base = _base(running, selection, output) if running else None
        changed = None if base is None or rehearsal.failure else _difference(selection, base, rehearsal)
        scan = pack_options.scanned and not rehearsal.failure
        said = [*rehearsal.findings, *_options(rehearsal.plan, selection)]
        if not rehearsal.failure:
            said += _others(rehearsal.plan, selection, chosen, scan=scan)
        known = []
        if running and said and changed and not comparing.strict:
            known = _renamed(_found_before(running, selection, chosen, scan=scan), changed)
    found = grouped_findings.place(
        said, selection.project, selection.file, rehearsal.plan, grouped_findings.keys(known)
    )
    if changed is not None:
        changed = changed.allowing(comparing.allowed)
    effects = None if changed is None else applied(selection.stack, rehearsal.plan, changed, found)
    cost = None if changed is None or base is None else _cost(selection, base, rehearsal)
    explained = _explained(selection, origin, rehearsal, changed) if annotate or output == "github" else []
    _print(
        output,
        selection,
        rehearsal,
        found,
        chosen,
        changed,
        effects,
        cost,
        explained,
        every=every,
        by_default=bool(origin and origin.chosen),
    )
    if page_file is not None:
        page_file.write_text(_page(selection, rehearsal, found, chosen, changed, effects, cost), encoding="utf-8")
    if annotate:
        for line in annotations.lines(selection.stack.name, rehearsal, found, chosen.changes or (), changed, explained):
            print(line, file=sys.stderr)
    if rehearsal.failure:
        return FAILED
    if (why := unevaluated(rehearsal)) and (rehearsal.evaluated_by or selection.project.is_slipway):
        raise refused(f"the plan was not judged: {why}")
    lost = changed is not None and changed.blocks
    return VIOLATED if lost or any(each.blocks for each in (*found, *(chosen.changes or ()))) else OK


def _print(
    output: str,
    selection: Selection,
    rehearsal: Rehearsal,
    found: Sequence[grouped_findings.LocatedFinding],
    chosen: ChosenPack,
    changed: Difference | None,
    effects: Applied | None,
    cost: CostDifference | None,
    explained: Sequence[ChangedLine],
    *,
    every: bool,
    by_default: bool,
) -> None:
    changes = chosen.changes or ()
    if output == "json":
        print(machine.as_json(selection.stack, rehearsal, found, chosen.changes, changed, effects, cost))
    elif output == "markdown":
        comment = markdown.as_markdown(
            selection.stack,
            rehearsal,
            found,
            every=every,
            changes=changes,
            difference=changed,
            applied=effects,
            cost=cost,
        )
        print(comment, end="")
    elif output == "html":
        print(_page(selection, rehearsal, found, chosen, changed, effects, cost), end="")
    elif output == "github":
        for line in annotations.lines(selection.stack.name, rehearsal, found, changes, changed, explained):
            print(line)
    else:
        screen = console()
        text.show(
            screen,
            selection.stack,
            rehearsal,
            found,
            every=every,
            changes=changes,
            difference=changed,
            applied=effects,
            cost=cost,
        )
        if by_default:
            screen.print("[dim]Compared with the merge base; pass --no-against for the whole plan[/]", soft_wrap=True)


def _explained(
    selection: Selection, origin: Origin | None, rehearsal: Rehearsal, changed: Difference | None
) -> list[ChangedLine]:
    """Return what each changed line does; nothing without a commit to compare with."""
    if origin is None or origin.commit is None or changed is None:
        return []
    lines = reference.changed_lines(selection.project.root, origin.commit)
    return changed_lines.explained(selection.project, selection.file, lines, rehearsal.plan, changed)


def _base(running: Running, selection: Selection, output: str) -> Base:
    """Return the base of the comparison. A comment explains why there is none. Raises InvalidSettings and
    RehearsalError."""
    try:
        return running.result()
    except InvalidSettings as error:
        if output == "markdown":
            print(markdown.refusal(selection.stack.name, error.problems), end="")
        raise


def _page(
    selection: Selection,
    rehearsal: Rehearsal,
    found: Sequence[grouped_findings.LocatedFinding],
    chosen: ChosenPack,
    changed: Difference | None,
    effects: Applied | None,
    cost: CostDifference | None,
) -> str:
    """Return the HTML page; without a comparison everything counts as new."""
    whole = changed or compare(Before("nothing", {}), rehearsal.plan)
    shown = effects or applied(selection.stack, rehearsal.plan, whole, found)
    return page.as_html(selection.stack, rehearsal, found, whole, shown, changes=chosen.changes or (), cost=cost)


def _cost(selection: Selection, base: Base, rehearsal: Rehearsal) -> CostDifference | None:
    """Return the cost of the change at the project's prices, if it has any. Raises InvalidSettings."""
    places = selection.price_places
    if not cost_prices.priced(places):
        return None
    prices = cost_prices.load(*places)
    return cost_compare(estimate(base.before, prices), estimate(rehearsal.plan, prices))


def _pack_options(options: PackOptions, origin: Origin | None) -> PackOptions:
    """Return the pack to check with: the base's in a pipeline that names the base, unless the command line names
    one."""
    if origin is None or not origin.of_pipeline or options.base or options.packs or options.data:
        return options
    return replace(options, base=str(origin.root()))


def _difference(selection: Selection, base: Base, rehearsal: Rehearsal) -> Difference:
    """Return the difference, with lost entries of the ledger (unless an alias replaces them) and changed encrypted
    values."""
    found = compare(base.before, rehearsal.plan, old_urns=rehearsal.old_urns, marks=rehearsal.marks)
    named = ledger.urns(selection.project.root / ledger.FOLDER / f"{selection.stack.name}.yaml")
    moved = {old for urn in named for old in rehearsal.old_urns.get(urn, ())}
    now = compared_with.sealed(selection.written())
    before = base.sealed or {}
    return replace(
        found,
        entries=tuple(sorted(base.ledger - named - moved)),
        config_secrets=tuple(sorted(key for key in now.keys() & before.keys() if now[key] != before[key])),
    )


def _renamed(found: Sequence[Finding], changed: Difference) -> list[Finding]:
    """Return the base's findings with the current URNs."""
    now = {each.old_urn: each.urn for each in changed.resources if each.old_urn}
    return [replace(each, urn=now.get(each.urn, each.urn)) for each in found]


def _found_before(running: Running, selection: Selection, chosen: ChosenPack, *, scan: bool) -> list[Finding]:
    """Return the findings in the base, by the pack that checks the change."""
    found, plan = list(running.findings()), running.result().plan
    if plan is not None:
        found += [*_options(plan, selection), *_others(plan, selection, chosen, scan=scan)]
    return found


def _options(plan: Plan, selection: Selection) -> list[Finding]:
    """Return the findings of Slipway's own rule on options; another program is judged by the packs alone."""
    return list(unseen.options(plan, selection.stack.environment)) if selection.project.is_slipway else []


def _others(plan: Plan, selection: Selection, chosen: ChosenPack, *, scan: bool) -> list[Finding]:
    """Return the findings of checks outside the pack. Raises InvalidSettings."""
    found = over_budget(plan, selection, chosen)
    return [*found, *_scanned(plan, selection.stack.environment, chosen)] if scan else found


def _scanned(plan: Plan, environment: str, chosen: ChosenPack) -> list[Finding]:
    """Return the scanners' findings in the plan. Raises InvalidSettings if a scanner is not installed."""
    from slipway.scanners import second_opinion

    try:
        return second_opinion.findings(plan, environment, places_of(chosen.root))
    except second_opinion.NotInstalled as missing:
        raise refused(str(missing)) from None


def _selected(
    cwd: Path, name: str | None, file: Path | None, output: str, *, annotate: bool, own_data: bool
) -> Selection:
    """Return the stack, by default the only one of its project, once what the project tells its pack is valid, if that
    counts. A comment also reports problems of the files, since nobody opens a log for them."""
    try:
        selection = select_or_only(cwd, name, file)
        if own_data:
            refuse_mistakes(selection.project, selection.stack.name)
        return selection
    except InvalidSettings as error:
        if output == "markdown" and name is not None:
            print(markdown.refusal(name, error.problems), end="")
        if output == "github" or annotate:
            for line in annotations.refusal(error.problems):
                print(line, file=sys.stderr if annotate else sys.stdout)
        raise
