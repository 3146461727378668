"""Transforms, which run in the program while its request waits."""

from __future__ import annotations

from slipway.rehearsal import SECRET, UNKNOWN

ORDER = """
def stamp(mark):
    def transform(args):
        return pulumi.ResourceTransformResult({**args.props, "marks": [*args.props.get("marks", []), mark]}, args.opts)
    return transform

pulumi.runtime.register_resource_transform(stamp("stack"))
outer = Comp("outer", ResourceOptions(transforms=[stamp("outer")]))
inner = Comp("inner", ResourceOptions(parent=outer, transforms=[stamp("inner")]))
Res("leaf", ResourceOptions(parent=inner, transforms=[stamp("own")]))
Res("top")
"""

VALUES = """
def look(args):
    kinds = {key: type(value).__name__ for key, value in args.props.items()}
    return pulumi.ResourceTransformResult({**args.props, "kinds": kinds}, args.opts)

source = Res("source")
Res("seen", ResourceOptions(transforms=[look]), plain="x", unknown=source.id, secret=Output.secret("canary-5501"))
"""

OPTIONS = """
def guard(args):
    opts = ResourceOptions.merge(args.opts, ResourceOptions(protect=True, ignore_changes=["a"], depends_on=[first]))
    return pulumi.ResourceTransformResult(args.props, opts)

first = Res("first")
Res("own", ResourceOptions(transforms=[guard]))
comp = Comp("comp", ResourceOptions(transforms=[guard]))
Res("child", ResourceOptions(parent=comp))
"""

WAITING = """
first = Res("first", given="x")

async def wait_for_first(args):
    given = await first.given.future()
    return pulumi.ResourceTransformResult({**args.props, "given": given}, args.opts)

Res("second", ResourceOptions(transforms=[wait_for_first]))
"""


def test_own_transforms_run_first_then_the_nearest_ancestors_then_the_stacks(step):
    assert step(ORDER, "leaf").inputs["marks"] == ["own", "inner", "outer", "stack"]
    assert step(ORDER, "top").inputs["marks"] == ["stack"]


def test_unknowns_and_secrets_reach_a_transform_as_outputs_and_come_back_as_they_were(step):
    inputs = step(VALUES, "seen").inputs
    assert inputs["kinds"] == {"plain": "str", "unknown": "Output", "secret": "Output"}
    assert (inputs["plain"], inputs["unknown"], inputs["secret"]) == ("x", UNKNOWN, SECRET)


def test_a_transform_changes_options_but_adds_dependencies_only_to_its_own_resource(step):
    own, child = step(OPTIONS, "own"), step(OPTIONS, "child")
    assert (own.state["protect"], own.state["ignoreChanges"]) == (True, ["a"])
    assert [urn.rpartition("::")[2] for urn in own.dependencies] == ["first"]
    assert child.state["protect"] is True
    assert child.dependencies == ()


def test_a_transform_may_await_outputs_of_other_resources(step):
    assert step(WAITING, "second").inputs["given"] == "x"


def test_an_exception_in_a_transform_fails_the_program_and_names_its_line(run):
    rehearsal = run(
        """
        def broken(args):
            raise ValueError("not this one")

        Res("a", ResourceOptions(transforms=[broken]))
        """
    )
    assert "not this one" in rehearsal.failure
    assert "in broken" in rehearsal.failure


def test_callbacks_are_reached_through_the_sdks_server_where_its_table_is_unknown(step):
    no_table = "import slipway.rehearsal.callbacks\nslipway.rehearsal.callbacks._find = lambda token: None\n"
    assert step(no_table + ORDER, "top").inputs["marks"] == ["stack"]


def test_a_function_calls_arguments_pass_through_the_stacks_invoke_transforms(run):
    rehearsal = run(
        """
        seen = []

        def watch(args):
            seen.append((args.token, dict(args.args)))
            return pulumi.InvokeTransformResult(args=args.args, opts=args.opts)

        pulumi.runtime.register_invoke_transform(watch)
        result = pulumi.runtime.invoke_output("test:index:get", {"a": 1})
        pulumi.export("seen", Output.all(Res("a", given="x").given).apply(lambda _: seen))
        """
    )
    assert rehearsal.failure is None
    assert rehearsal.plan.outputs["seen"] == [["test:index:get", {"a": 1}]]
