"""The answers of a rehearsal, with the outputs of the stack that has a stack's clusters: that stack is rehearsed too."""

from __future__ import annotations

from slipway.cli.answers import answers_of
from slipway.cli.lookup import refused
from slipway.rehearsal import UNKNOWN, Answers, ConfigValue, rehearse
from slipway.rehearsal.answers import StackOutputs
from slipway.settings.document import LocatedDict
from slipway.settings.engine_config import in_namespace
from slipway.settings.foundations import KEY
from slipway.settings.project import Project, configuration, read_stack_file


def answers_for(project: Project, written: LocatedDict, seed: str | None = None) -> Answers:
    """Return the answers for a stack with the configuration `written`: of its foundation those of `rehearsal.yaml`, or else
    what its own rehearsal exports. Raises InvalidSettings."""
    answers = answers_of(project.root)
    named = in_namespace(written, project.name).get(KEY) if project.is_slipway else None
    if not isinstance(named, str) or any(each.stack == named for each in answers.stacks):
        return answers
    return Answers(answers.functions, (*answers.stacks, _rehearsed(project, named, answers, seed)))


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
