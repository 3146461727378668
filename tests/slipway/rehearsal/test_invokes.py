"""Function calls, methods and existence checks, which only a provider could answer."""

from __future__ import annotations

from slipway.rehearsal import UNKNOWN

CALLS = """
source = Res("source")
known = pulumi.runtime.invoke_output("test:index:get", {"a": 1})
unknown = pulumi.runtime.invoke_output("test:index:never", {"a": source.id})
blind = Prov("blind", region=source.id)
bare = pulumi.runtime.invoke_output("test:index:bare", {"a": 1}, pulumi.InvokeOptions(provider=blind))
method = pulumi.runtime.call("test:index:Res/method", {}, source)
for name, result in {"known": known, "unknown": unknown, "method": method}.items():
    result.apply(lambda value, name=name: Res("ran-" + name))
bare.apply(lambda value: pulumi.log.info(f"bare: {value}"))
pulumi.export("known", known)
pulumi.export("method", method)
"""


def test_a_call_that_nobody_can_answer_is_unknown_so_applies_on_it_do_not_run(run):
    plan = run(CALLS).plan
    assert plan.outputs == {"known": UNKNOWN, "method": UNKNOWN}
    assert not [step for step in plan.steps if step.name.startswith("ran-")]


def test_each_unanswered_token_is_named_once_and_is_no_error(run):
    rehearsal = run(CALLS)
    assert rehearsal.failure is None
    assert {item.severity for item in rehearsal.diagnostics} == {"info"}
    named = [item.message for item in rehearsal.diagnostics if "was not called" in item.message]
    assert sorted(message.partition(" was")[0] for message in named) == [
        "method test:index:Res/method",
        "test:index:get",
    ]


def test_a_provider_with_unknown_configuration_answers_a_call_with_nothing(run):
    assert "bare: {}" in [item.message for item in run(CALLS).diagnostics]


def test_a_call_that_depends_on_a_resource_yet_to_be_created_is_unknown(run):
    rehearsal = run(
        """
        comp = Comp("comp")
        Res("inside", ResourceOptions(parent=comp))
        options = pulumi.InvokeOutputOptions(depends_on=[comp])
        result = pulumi.runtime.invoke_output("pulumi:pulumi:getResource", {"urn": "urn:none"}, options)
        pulumi.export("result", result)
        """
    )
    assert rehearsal.failure is None
    assert rehearsal.plan.outputs == {"result": UNKNOWN}


def test_a_resource_of_the_run_can_be_looked_up_by_its_urn(run):
    rehearsal = run(
        """
        made = Res("made", given="x")
        again = made.urn.apply(lambda urn: Res("made", ResourceOptions(urn=urn), given=None).given)
        pulumi.export("given", again)
        """
    )
    assert rehearsal.failure is None
    assert rehearsal.plan.outputs == {"given": "x"}


def test_the_plain_form_fails_on_one_line_that_says_what_to_add(run):
    rehearsal = run(
        """
        import pulumi_kubernetes as k8s
        from pulumi_aws import get_caller_identity
        get_caller_identity()
        """
    )
    assert rehearsal.failure.startswith("__main__.py:5: aws:index/getCallerIdentity:getCallerIdentity was not called")
    assert "add it to rehearsal.yaml" in rehearsal.failure
    assert "\n" not in rehearsal.failure
    assert rehearsal.diagnostics == ()
