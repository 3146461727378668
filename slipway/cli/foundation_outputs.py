"""The answers of a rehearsal, with the outputs of the stack that has a stack's clusters: that stack is rehearsed too."""

from __future__ import annotations

from slipway.cli.answers import answers_of
from slipway.cli.lookup import refused
from slipway.rehearsal import UNKNOWN, Answers, ConfigValue, rehearse
from slipway.rehearsal.answers import FILE, StackOutputs
from slipway.settings.document import LocatedDict
from slipway.settings.engine_config import in_namespace
from slipway.settings.foundations import KEY
from slipway.settings.problems import InvalidSettings, Place, Problem
from slipway.settings.project import Project, configuration, full_key, read_stack_file


def answers_for(project: Project, written: LocatedDict, seed: str | None = None) -> Answers:
    """Return the answers for a stack with the configuration `written`: of its foundation those of `rehearsal.yaml`, or else
    what its own rehearsal exports. Raises InvalidSettings."""
    answers = answers_of(project.root)
    named = in_namespace(written, project.name).get(KEY) if project.is_slipway else None
    if not isinstance(named, str) or any(each.stack == named for each in answers.stacks):
        return answers
    if named.count("/") == 2 and named.split("/")[1] != project.name:
        raise InvalidSettings([_unanswered(project, named, written)])
    return Answers(answers.functions, (*answers.stacks, _rehearsed(project, named, answers, seed)))


def _unanswered(project: Project, named: str, written: LocatedDict) -> Problem:
    """Return what is missing: the outputs of a stack whose program cannot be rehearsed here."""
    mark = next(mark for key, mark in written.marks.items() if full_key(project.name, str(key)).endswith(f":{KEY}"))
    rule = (
        f"is of another project, whose outputs a preview cannot know: add them to {FILE}, below `stacks: {{{named}: …}}`, "
        f"from pulumi stack output --json --stack {named}"
    )
    return Problem(Place(mark.file, mark.line, mark.path), rule)


def _rehearsed(project: Project, named: str, answers: Answers, seed: str | None) -> StackOutputs:
    stack = named.rpartition("/")[2]
    file = project.stack_file(stack)
    entries = configuration(project, read_stack_file(file, file.name), sealed=UNKNOWN)
    rehearsal = rehearse(
        project.program,
        root=project.root,
        project=project.name,
        stack=stack,
        config={key: ConfigValue(entry.text, secret=entry.secret) for key, entry in entries.items()},
        seed=seed,
        answers=answers,
    )
    if rehearsal.failure:
        raise refused(f"the program of its foundation, stack {stack}, fails:\n{rehearsal.failure}")
    return StackOutputs(named, rehearsal.plan.outputs, file.name)
