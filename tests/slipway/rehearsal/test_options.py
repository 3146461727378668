"""Resource options: inheritance, durations, old names."""

from __future__ import annotations

import pytest

from slipway.rehearsal.options import Inheritance, inherit, old_urns, seconds
from slipway.rehearsal.wire import Alias, MonitorError, Options, RegisterRequest

URN = "urn:pulumi:dev::shop::my:a:Comp$test:i:Res::app-db"
PARENT = "urn:pulumi:dev::shop::my:a:Comp::app"
OLD_LEAF = "urn:pulumi:dev::shop::my:index:Comp$test:index:Res::old-leaf"


def old(*aliases: Alias, parents: tuple[str, ...] = ()) -> tuple[str, ...]:
    return old_urns(Options(aliases=aliases), URN, PARENT, parents)


@pytest.mark.parametrize(
    ("text", "expected"), [("5m", 300), ("1h30m", 5400), ("1.5h", 5400), ("90s", 90), ("250ms", 0.25)]
)
def test_durations_are_those_of_go(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["5", "5 minutes", "m", "-5m", "5m!"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(MonitorError) as caught:
        seconds(text)
    assert repr(text) in caught.value.details()
    assert "'5m'" in caught.value.details()


def test_a_provider_is_inherited_only_by_resources_of_its_package():
    above = Inheritance(provider="urn:pulumi:dev::shop::pulumi:providers:aws::main::id")
    same, other = RegisterRequest(type="aws:s3/bucket:Bucket"), RegisterRequest(type="gcp:storage/bucket:Bucket")
    inherit(same, above)
    inherit(other, above)
    assert (same.provider, other.provider) == (above.provider, "")


def test_an_alias_replaces_the_parts_that_it_names():
    assert old(Alias(spec=Alias.Spec(name="db"))) == ("urn:pulumi:dev::shop::my:a:Comp$test:i:Res::db",)
    assert old(Alias(spec=Alias.Spec(type="old:i:Res"))) == ("urn:pulumi:dev::shop::my:a:Comp$old:i:Res::app-db",)
    assert old(Alias(spec=Alias.Spec(noParent=True))) == ("urn:pulumi:dev::shop::test:i:Res::app-db",)
    assert old(Alias(spec=Alias.Spec(stack="s", project="p"))) == ("urn:pulumi:s::p::my:a:Comp$test:i:Res::app-db",)
    assert old(Alias(urn="urn:pulumi:x::y::z:z:Z::w")) == ("urn:pulumi:x::y::z:z:Z::w",)


def test_a_parents_alias_reaches_children_whose_name_starts_with_the_parents():
    renamed = "urn:pulumi:dev::shop::my:a:Comp::web"
    assert old(parents=(renamed,)) == ("urn:pulumi:dev::shop::my:a:Comp$test:i:Res::web-db",)


def test_own_and_inherited_aliases_multiply():
    found = old(Alias(spec=Alias.Spec(name="app-store")), parents=("urn:pulumi:dev::shop::my:b:Old::app",))
    assert [urn.split("::", 2)[2] for urn in found] == [
        "my:a:Comp$test:i:Res::app-store",
        "my:b:Old$test:i:Res::app-db",
        "my:b:Old$test:i:Res::app-store",
    ]


def test_the_alias_that_a_state_knows_is_in_the_plan_also_a_child_s(step):
    """As in the engine: the one that matched, and none where the resource is known by its own name."""
    text = """
    parent = Comp("new", ResourceOptions(aliases=[pulumi.Alias(name="old")]))
    Res("new-leaf", ResourceOptions(parent=parent))
    """
    assert "aliases" not in step(text, "new-leaf").state
    assert step(text, "new-leaf", existing=[OLD_LEAF]).state["aliases"] == [OLD_LEAF]
    assert "aliases" not in step(text, "new-leaf", existing=[OLD_LEAF, OLD_LEAF.replace("old", "new")]).state
