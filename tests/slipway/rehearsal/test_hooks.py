"""Resource hooks at preview."""

from __future__ import annotations

HOOKS = """
from pulumi import ResourceHook, ResourceHookBinding, ResourceHookOptions

called = []

def note(mark):
    def hook(args):
        called.append([mark, args.name, sorted(args.new_inputs or {}), sorted(args.new_outputs or {})])
    return hook

dry = ResourceHookOptions(on_dry_run=True)
before, after = ResourceHook("before", note("before"), dry), ResourceHook("after", note("after"), dry)
silent = ResourceHook("silent", note("silent"))
made = Res("made", ResourceOptions(hooks=ResourceHookBinding(before_create=[silent, before], after_create=[after])), x=1)

class Done(pulumi.ComponentResource):
    def __init__(self):
        binding = ResourceHookBinding(after_create=[after])
        super().__init__("my:index:Done", "done", {}, ResourceOptions(hooks=binding))
        self.register_outputs({"ready": True})

Done()
pulumi.export("called", Output.all(made.x, Res("last", ResourceOptions(depends_on=[made]), x=1).x).apply(lambda _: called))
"""

FAILING = """
from pulumi import ResourceHook, ResourceHookBinding, ResourceHookOptions

def refuse(args):
    raise ValueError("not today")

tolerant = ResourceHook("tolerant", refuse, ResourceHookOptions(on_dry_run=True, ignore_errors=True))
strict = ResourceHook("strict", refuse, ResourceHookOptions(on_dry_run=True))
Res("warned", ResourceOptions(hooks=ResourceHookBinding(before_create=[tolerant])))
Res("late", ResourceOptions(hooks=ResourceHookBinding(after_create=[strict])))
Res("stopped", ResourceOptions(hooks=ResourceHookBinding(before_create=[strict])))
"""


def test_only_hooks_that_ask_for_previews_run_and_a_components_after_hook_waits_for_its_outputs(run):
    rehearsal = run(HOOKS)
    assert rehearsal.failure is None
    called = rehearsal.plan.outputs["called"]
    assert ["before", "made", ["x"], []] in called
    assert ["after", "made", ["x"], ["x"]] in called
    assert "silent" not in [mark for mark, *_ in called]


def test_a_components_after_hook_sees_its_outputs(run):
    assert ["after", "done", [], ["ready"]] in run(HOOKS).plan.outputs["called"]


def test_hook_names_are_in_the_state(step):
    assert step(HOOKS, "made").state["resourceHooks"] == {
        "BeforeCreate": ["silent", "before"],
        "AfterCreate": ["after"],
    }


def test_a_failing_hook_warns_reports_or_stops_by_its_kind(run):
    rehearsal = run(FAILING)
    found = {(item.severity, item.urn.rpartition("::")[2], item.message) for item in rehearsal.diagnostics}
    assert ("warning", "warned", 'before hook "tolerant" failed: not today') in found
    assert ("error", "late", 'after hook "strict" failed: not today') in found
    assert rehearsal.failure == 'before hook "strict" failed: not today'
