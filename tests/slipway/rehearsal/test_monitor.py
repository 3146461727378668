"""The engine's answers to registrations, one small program a rule."""

from __future__ import annotations

import pytest

from slipway.rehearsal import SECRET, UNKNOWN

NESTED = """
outer = Comp("outer")
inner = Comp("inner", ResourceOptions(parent=outer))
Res("leaf", ResourceOptions(parent=inner))
Res("top")
"""

PREVIEW = """
made = Res("made", plain="x")
pulumi.export("id", made.id)
pulumi.export("echoed", Res("user", given=made.id).urn)
Res("reader", known=made.urn, unknown=made.id)
made.id.apply(lambda value: Res("inside-apply"))
"""

ECHO = """
class Echo(pulumi.CustomResource):
    def __init__(self, name, **props):
        super().__init__("test:index:Echo", name, {"computed": None, **props})

echo = Echo("echo", given="x", nested={"known": "y", "unknown": Res("source").id})
pulumi.export("given", echo.given)
pulumi.export("computed", echo.computed)
pulumi.export("known part", echo.nested["known"])
pulumi.export("unknown part", echo.nested["unknown"])
echo.nested.apply(lambda nested: Res("whole-map-was-known"))
"""

COMPONENT_OUTPUTS = """
class Sized(pulumi.ComponentResource):
    size: Output[int]

    def __init__(self, name):
        super().__init__("my:index:Sized", name, {"size": 3})

pulumi.export("size", Sized("sized").size)
pulumi.export("nothing", None)
"""

INHERITED = """
parent = Comp("parent", ResourceOptions(protect=True, retain_on_delete=True, deleted_with=Res("host")))
child = Res("child", ResourceOptions(parent=parent))
Res("grandchild", ResourceOptions(parent=child))
Res("free", ResourceOptions(parent=parent, protect=False, retain_on_delete=False))
owner = Res("owner", ResourceOptions(ignore_changes=["a"]))
Res("owned", ResourceOptions(parent=owner))
"""

COMPONENT_DEPENDENCY = """
comp = Comp("comp")
early = Res("early", ResourceOptions(parent=comp))
Res("dependent", ResourceOptions(depends_on=[comp]))
inner = Comp("inner", ResourceOptions(parent=comp))
late = Res("late", ResourceOptions(parent=inner))
Res("below-custom", ResourceOptions(parent=late))
"""

OPTIONS = """
Res("it", ResourceOptions(
    ignore_changes=["a"], replace_on_changes=["b"], additional_secret_outputs=["c", "c"], import_="the-id",
    custom_timeouts=pulumi.CustomTimeouts(create="1h30m", delete="90s"), delete_before_replace=True,
))
"""


def test_a_urn_carries_all_component_types_above_but_not_the_stacks(run):
    assert [step.urn for step in run(NESTED).plan.steps if step.name in ("leaf", "top")] == [
        "urn:pulumi:dev::shop::my:index:Comp$my:index:Comp$test:index:Res::leaf",
        "urn:pulumi:dev::shop::test:index:Res::top",
    ]


def test_the_id_of_a_created_resource_is_unknown_so_applies_on_it_do_not_run(run):
    plan = run(PREVIEW).plan
    assert plan.outputs["id"] == UNKNOWN
    assert "inside-apply" not in [step.name for step in plan.steps]


def test_a_urn_is_known_at_preview(step):
    inputs = step(PREVIEW, "reader").inputs
    assert inputs == {"known": "urn:pulumi:dev::shop::test:index:Res::made", "unknown": UNKNOWN}


def test_inputs_read_back_known_and_everything_else_unknown(run):
    outputs = run(ECHO).plan.outputs
    assert (outputs["given"], outputs["computed"]) == ("x", UNKNOWN)


def test_of_a_partly_unknown_map_the_known_part_is_known_and_an_apply_on_the_whole_is_skipped(run):
    plan = run(ECHO).plan
    assert (plan.outputs["known part"], plan.outputs["unknown part"]) == ("y", UNKNOWN)
    assert "whole-map-was-known" not in [step.name for step in plan.steps]


def test_a_components_own_inputs_read_back_unknown(run):
    assert run(COMPONENT_OUTPUTS).plan.outputs["size"] == UNKNOWN


def test_a_stack_output_of_none_is_dropped(run):
    assert "nothing" not in run(COMPONENT_OUTPUTS).plan.outputs


@pytest.mark.parametrize("name", ["child", "grandchild"])
def test_protection_retention_and_deleted_with_pass_through_components_and_custom_parents(step, name):
    state = step(INHERITED, name).state
    assert (state["protect"], state["retainOnDelete"]) == (True, True)
    assert state["deletedWith"].endswith("::host")


def test_an_explicit_false_is_not_overridden_by_the_parent(step):
    assert not {"protect", "retainOnDelete"} & step(INHERITED, "free").state.keys()


def test_ignore_changes_does_not_pass_to_children(step):
    assert step(INHERITED, "owner").state["ignoreChanges"] == ["a"]
    assert "ignoreChanges" not in step(INHERITED, "owned").state


def test_depending_on_a_component_means_its_custom_descendants_also_those_made_later(step):
    names = [urn.rpartition("::")[2] for urn in step(COMPONENT_DEPENDENCY, "dependent").dependencies]
    assert sorted(names) == ["early", "late"]


def test_options_are_in_the_state_as_the_engine_writes_them(step):
    found = step(OPTIONS, "it")
    assert found.op == "import"
    assert found.state["importID"] == "the-id"
    assert found.state["ignoreChanges"] == ["a"]
    assert found.state["replaceOnChanges"] == ["b"]
    assert found.state["additionalSecretOutputs"] == ["c", "c"]
    assert found.state["customTimeouts"] == {"create": 5400, "delete": 90}


def test_property_dependencies_name_every_property_and_only_what_it_needs(step):
    state = step(PREVIEW, "reader").state
    made = "urn:pulumi:dev::shop::test:index:Res::made"
    assert state["propertyDependencies"] == {"known": [made], "unknown": [made]}
    assert step(PREVIEW, "made").state["propertyDependencies"] == {"plain": []}


def test_additional_secret_outputs_are_secret_even_while_unknown(run):
    outputs = run(
        """
        made = Res("made", ResourceOptions(additional_secret_outputs=["given", "out"]), given="canary-7731")
        pulumi.export("given", made.given)
        pulumi.export("out", made.out)
        """
    ).plan.outputs
    assert outputs == {"given": SECRET, "out": SECRET}


def test_a_duplicate_urn_cancels_the_run_and_names_both_places(run):
    rehearsal = run('Res("a")\nRes("twin")\nRes("twin")\nRes("after")\n')
    assert rehearsal.failure is not None
    assert "Duplicate resource URN 'urn:pulumi:dev::shop::test:index:Res::twin'" in rehearsal.failure
    assert "__main__.py#4" in rehearsal.failure
    assert "__main__.py#3" in rehearsal.failure
    assert [item.urn for item in rehearsal.diagnostics] == ["urn:pulumi:dev::shop::test:index:Res::twin"]
    assert [step.name for step in rehearsal.plan.steps] == ["shop-dev", "a", "twin"]


def test_a_parent_that_was_never_registered_cancels_the_run(run):
    rehearsal = run(
        """
        from pulumi.resource import DependencyResource
        ghost = DependencyResource("urn:pulumi:dev::shop::my:index:Comp::ghost")
        ghost._protect = None
        Res("orphan", ResourceOptions(parent=ghost))
        """
    )
    assert "could not find parent resource urn:pulumi:dev::shop::my:index:Comp::ghost" in (rehearsal.failure or "")


def test_a_cycle_of_dependencies_is_refused(run):
    rehearsal = run(
        """
        comp = Comp("comp")
        first = Res("first", ResourceOptions(parent=comp))
        Res("second", ResourceOptions(parent=first, depends_on=[comp]))
        Res("third", ResourceOptions(parent=comp, depends_on=[comp]))
        """
    )
    assert "circular dependency" in (rehearsal.failure or "")


def test_reads_are_external_and_all_that_they_yield_is_unknown(run):
    rehearsal = run(
        """
        found = Res("found", ResourceOptions(id="given-id"))
        Res("unknown-id", ResourceOptions(id=Res("made").id))
        pulumi.export("id", found.id)
        pulumi.export("out", found.out)
        """
    )
    states = {step.name: step for step in rehearsal.plan.steps if step.op == "read"}
    assert (states["found"].state["id"], states["found"].state["external"]) == ("given-id", True)
    assert states["unknown-id"].state["id"] == UNKNOWN
    assert rehearsal.plan.outputs == {"id": UNKNOWN, "out": UNKNOWN}


def test_another_stacks_outputs_are_unknown_and_it_is_read_from_pulumis_own_provider(run):
    rehearsal = run(
        """
        other = pulumi.StackReference("org/net/prod")
        pulumi.export("vpc", other.get_output("vpc"))
        """
    )
    (reference,) = [step for step in rehearsal.plan.steps if step.op == "read"]
    assert reference.inputs == {"name": "org/net/prod"}
    assert reference.provider == f"urn:pulumi:dev::shop::pulumi:providers:pulumi::default::{UNKNOWN}"
    assert rehearsal.plan.outputs == {"vpc": UNKNOWN}


def test_a_remote_component_is_one_opaque_node_and_a_diagnostic_says_so(run):
    rehearsal = run(
        """
        class Cluster(pulumi.ComponentResource):
            def __init__(self, name):
                props = {"kubeconfig": None, "password": Output.secret("canary-4412")}
                super().__init__("eks:index:Cluster", name, props, None, True)

        cluster = Cluster("main")
        pulumi.export("kubeconfig", cluster.kubeconfig)
        """
    )
    node = rehearsal.plan.by_urn["urn:pulumi:dev::shop::eks:index:Cluster::main"]
    assert (node.state["custom"], node.inputs) == (False, {"password": SECRET})
    assert rehearsal.plan.outputs == {"kubeconfig": UNKNOWN}
    assert [item.urn for item in rehearsal.diagnostics] == [node.urn]


def test_a_resource_passed_as_input_is_a_reference_that_the_program_can_follow(run):
    rehearsal = run(
        """
        made = Res("made", given="x")
        Res("holder", other=made)
        again = Res("made", ResourceOptions(urn=made.urn.future() and "urn:pulumi:dev::shop::test:index:Res::made"))
        """
    )
    (holder,) = [step for step in rehearsal.plan.steps if step.name == "holder"]
    assert holder.inputs["other"]["urn"] == "urn:pulumi:dev::shop::test:index:Res::made"
    assert holder.inputs["other"]["id"] == ""


def test_the_source_position_is_the_programs_line(step):
    assert step(NESTED, "leaf").state["sourcePosition"] == "project:///__main__.py#5"
