"""What is spent can be split, is watched, and stays within what may be spent."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, PACK, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

TAGS, LABELS, BUDGET = "cost-tags", "object-labels", "cost-budget"
RULES = (TAGS, LABELS)

SOURCE = "systems/fleet/system.yaml:services.api"
NAMES = ("managed-by", "slipway.dev/stack", "slipway.dev/cluster")
FULL = dict.fromkeys(NAMES, "x") | {"slipway.dev/system": "fleet", "slipway.dev/source": SOURCE}


def aws(tags: Any) -> Fact:
    return Fact("aws:s3/bucket:Bucket", {} if tags is None else {"tags": tags})


def azure(tags: Any) -> Fact:
    if isinstance(tags, dict):
        tags = {key.replace("slipway.dev/", "slipway-"): value for key, value in tags.items()}
    return Fact("azure-native:storage:StorageAccount", {} if tags is None else {"tags": tags})


CLOUDS = {"aws": aws, "azure": azure}


@pytest.mark.parametrize("make", CLOUDS.values(), ids=CLOUDS)
class TestTags:
    """Each cloud's way to write them."""

    def test_tagged_satisfies(self, preview: Evaluator, update: Evaluator, make: Any) -> None:
        """All tags that a bill is split by; what they say may be unknown or secret."""
        for tags in (FULL, FULL | {"managed-by": UNKNOWN}, FULL | {"slipway.dev/stack": secret("prod")}):
            assert preview.evaluate(make(tags)) == []
            assert update.evaluate(make(tags)) == []

    @pytest.mark.parametrize("name", [*NAMES, "slipway.dev/system"])
    @pytest.mark.parametrize("value", [None, "", " ", 7, ["x"]])
    def test_each_tag_is_needed(self, preview: Evaluator, make: Any, name: str, value: Any) -> None:
        """One that is missing, empty or no text is named; a system's resources say which system."""
        tags = {key: text for key, text in (FULL | {name: value}).items() if text is not None}
        findings = preview.evaluate(make(tags))
        assert outcomes(findings) == [(TAGS, "mandatory")]
        assert name.removeprefix("slipway.dev/") in findings[0].message
        assert findings[0].message.endswith(f"fix: {SOURCE}.tags")

    @pytest.mark.parametrize("tags", [None, {}, "none", 7, [{"key": "managed-by"}], secret(CANARY)])
    def test_no_tags_violate(self, preview: Evaluator, make: Any, tags: Any) -> None:
        """Tags that are missing or of the wrong type are one finding."""
        findings = preview.evaluate(make(tags))
        assert outcomes(findings) == [(TAGS, "mandatory")]
        assert CANARY not in findings[0].message

    def test_unknown_tags_are_reported_and_block_later(self, preview: Evaluator, update: Evaluator, make: Any) -> None:
        """Tags that are not known at all may be any."""
        assert outcomes(preview.evaluate(make(UNKNOWN))) == [(TAGS, "advisory")]
        assert outcomes(update.evaluate(make(UNKNOWN))) == [(TAGS, "mandatory")]

    def test_own_tags_are_configured(self, make: Any) -> None:
        """A company may ask for more."""
        pack = Pack(config={TAGS: {"own": ["cost-center"]}})
        try:
            findings = pack.about(TAGS).evaluate(make(FULL))
            assert outcomes(findings) == [(TAGS, "mandatory")]
            place = 'fix: Pulumi.trial.yaml:config.slipway:clusters.cluster.tags["cost-center"]'
            assert findings[0].message.endswith(place)
            assert pack.about(TAGS).evaluate(make(FULL | {"cost-center": "platform"})) == []
        finally:
            pack.close()


def test_what_takes_no_tags_needs_none(preview: Evaluator) -> None:
    """A part of another resource is paid with it."""
    assert (
        preview.evaluate(Fact("aws:s3/bucketPolicy:BucketPolicy", {}), Fact("random:index/randomPassword:X", {})) == []
    )


def test_types_that_take_tags_are_those_of_the_sdks() -> None:
    """Every type that the rule judges has the argument `tags`, so that a remedy writes nothing that a cloud refuses."""
    written = "\n".join(each.read_text() for each in PACK.glob("adapters/clouds/*/costs.py"))
    types = re.findall(r'^ +"((?:aws|azure-native):[^"]+)",$', written, re.MULTILINE)
    assert len(types) > 50
    for each in types:
        package, module, name = each.split(":")
        sdk = f"pulumi_aws.{module.split('/')[0]}" if package == "aws" else f"pulumi_azure_native.{module}"
        made = getattr(importlib.import_module(sdk), name)
        assert "tags" in inspect.signature(made._internal_init).parameters, each


GOOD = {"app.kubernetes.io/managed-by": "slipway", "app.kubernetes.io/part-of": "fleet"}


def map_of(labels: Any, type_: str = "kubernetes:core/v1:ConfigMap") -> Fact:
    metadata = {"name": "it", "annotations": {"slipway.dev/source": SOURCE}}
    return Fact(type_, {"metadata": metadata if labels is None else {**metadata, "labels": labels}})


class TestLabels:
    """Labels of the object itself."""

    def test_labelled_satisfies(self, preview: Evaluator, update: Evaluator) -> None:
        """Both labels, known or not; a chart's release has none."""
        for labels in (GOOD, GOOD | {"app.kubernetes.io/part-of": UNKNOWN}):
            assert preview.evaluate(map_of(labels)) == []
            assert update.evaluate(map_of(labels)) == []
        assert preview.evaluate(Fact("kubernetes:helm.sh/v3:Release", {})) == []

    @pytest.mark.parametrize("name", GOOD)
    @pytest.mark.parametrize("value", [None, "", 7, {"a": "b"}])
    def test_each_label_is_needed(self, preview: Evaluator, name: str, value: Any) -> None:
        """One that is missing, empty or no text is named."""
        labels = {key: text for key, text in (GOOD | {name: value}).items() if text is not None}
        for type_ in ("kubernetes:core/v1:ConfigMap", "kubernetes:example.com/v1:Anything"):
            findings = preview.evaluate(map_of(labels, type_))
            assert outcomes(findings) == [(LABELS, "mandatory")]
            assert name in findings[0].message
            assert findings[0].message.endswith(f"fix: {SOURCE}")

    @pytest.mark.parametrize("labels", [None, {}, "none", ["a"], secret(CANARY)])
    def test_no_labels_violate(self, preview: Evaluator, labels: Any) -> None:
        """Labels that are missing or of the wrong type are one finding."""
        findings = preview.evaluate(map_of(labels))
        assert outcomes(findings) == [(LABELS, "mandatory")]
        assert CANARY not in findings[0].message

    def test_unknown_labels_are_reported_and_block_later(self, preview: Evaluator, update: Evaluator) -> None:
        """Labels that are not known at all may be any."""
        assert outcomes(preview.evaluate(map_of(UNKNOWN))) == [(LABELS, "advisory")]
        assert outcomes(update.evaluate(map_of(UNKNOWN))) == [(LABELS, "mandatory")]


MAIN = "urn:pulumi:test::slipway::pulumi:providers:aws::main"


def aws_budget(amount: Any = "1000", name: str = "budget", system: Any = None, **more: Any) -> Fact:
    tags = {**FULL, "slipway.dev/source": "Pulumi.prod.yaml:clusters.main"}
    del tags["slipway.dev/system"]
    if system is not None:
        tags |= {"slipway.dev/system": system, "slipway.dev/source": "systems/fleet/system.yaml:budget"}
    subscribers = [{"threshold": 80, "subscriberEmailAddresses": ["billing@example.com"]}]
    properties = {"limitAmount": amount, "timeUnit": "MONTHLY", "notifications": subscribers, "tags": tags, **more}
    return Fact(
        "aws:budgets/budget:Budget", {key: each for key, each in properties.items() if each is not None}, name, MAIN
    )


def azure_budget(amount: Any = 1000, name: str = "budget", system: Any = None, **more: Any) -> Fact:
    notifications = {"actual": {"enabled": True, "threshold": 80, "contactEmails": ["billing@example.com"]}}
    chosen = None if system is None else {"tags": {"name": "slipway-system", "operator": "In", "values": [system]}}
    properties = {"amount": amount, "timeGrain": "Monthly", "notifications": notifications, "filter": chosen, **more}
    return Fact(
        "azure-native:consumption:Budget",
        {key: each for key, each in properties.items() if each is not None},
        name,
        MAIN,
    )


def cost(of: Any, amount: Any, name: str = "thing", provider: str = MAIN) -> Fact:
    note = {"slipway.dev/monthly-cost": amount}
    return Fact(of(FULL | note).type, of({**FULL, **note}).properties, name, provider)


@pytest.mark.parametrize(("budget", "thing"), [(aws_budget, aws), (azure_budget, azure)], ids=CLOUDS)
class TestBudget:
    """Each cloud's way to say what may be spent."""

    @pytest.fixture
    def preview(self, previewing: Pack) -> Evaluator:
        """This rule alone, in a preview."""
        return previewing.about(BUDGET)

    @pytest.fixture
    def update(self, updating: Pack) -> Evaluator:
        """This rule alone, in an update."""
        return updating.about(BUDGET)

    def test_watched_satisfies(self, preview: Evaluator, update: Evaluator, budget: Any, thing: Any) -> None:
        """A monthly budget of each provider, that tells somebody."""
        facts = (cost(thing, "999.5"), cost(thing, "0.5", "other"), budget())
        assert preview.evaluate(*facts) == []
        assert update.evaluate(*facts) == []
        assert preview.evaluate(*facts, outputs=False) == []

    def test_cloud_without_a_budget_violates(self, preview: Evaluator, budget: Any, thing: Any) -> None:
        """One that is for a system only, or another provider's, does not count."""
        alone = cost(thing, "1")
        for others in ((), (budget(system="fleet"),), (cost(thing, "1", "far", "urn::other"), budget())):
            findings = preview.evaluate(alone, *others)
            assert outcomes(findings) == [(BUDGET, "mandatory")]
            assert "monthlyBudget" in findings[0].message

    @pytest.mark.parametrize("amount", ["much", "", True, -1, ["1000"], {}, None, secret(CANARY)])
    def test_an_amount_that_is_none_violates(self, preview: Evaluator, budget: Any, thing: Any, amount: Any) -> None:
        """An amount that is missing or no money limits nothing."""
        findings = preview.evaluate(budget(amount))
        assert outcomes(findings) == [(BUDGET, "mandatory")]
        assert CANARY not in findings[0].message

    @pytest.mark.parametrize("message", [None, [], {}, [{"threshold": 80}], {"actual": {"enabled": False}}, "mail"])
    def test_a_budget_that_notifies_nobody_violates(
        self, preview: Evaluator, budget: Any, thing: Any, message: Any
    ) -> None:
        """Notifications need somebody whom they reach."""
        assert outcomes(preview.evaluate(budget(notifications=message))) == [(BUDGET, "mandatory")]

    def test_another_period_violates(self, preview: Evaluator, budget: Any, thing: Any) -> None:
        """A budget of a year is none of a month."""
        for period in ("ANNUALLY", 7):
            assert outcomes(preview.evaluate(budget(timeUnit=period, timeGrain=period))) == [(BUDGET, "mandatory")]

    @pytest.mark.parametrize("changed", ["amount", "notifications"])
    def test_unknown_is_told_and_blocks_later(
        self, preview: Evaluator, update: Evaluator, budget: Any, thing: Any, changed: str
    ) -> None:
        """What a budget allows and whom it tells decide."""
        unsure = (
            budget(UNKNOWN) if changed == "amount" else budget(notifications=[{"subscriberEmailAddresses": UNKNOWN}])
        )
        if changed == "notifications" and budget is azure_budget:
            unsure = budget(notifications={"actual": {"contactEmails": UNKNOWN}})
        assert outcomes(preview.evaluate(unsure)) == [(BUDGET, "advisory")]
        assert outcomes(update.evaluate(unsure)) == [(BUDGET, "mandatory")]

    def test_planned_cost_above_the_budget_violates(self, preview: Evaluator, budget: Any, thing: Any) -> None:
        """The notes of what resources cost are added up."""
        findings = preview.evaluate(cost(thing, "600"), cost(thing, "600.4", "other"), budget())
        assert outcomes(findings) == [(BUDGET, "mandatory")]
        assert "allows 1000 US dollars a month, and what is planned costs 1200" in findings[0].message

    def test_planned_cost_of_a_system_is_held_to_its_budget(self, preview: Evaluator, budget: Any, thing: Any) -> None:
        """A system's own budget holds for what carries its tag."""
        own = budget(100, "own", "fleet") if budget is azure_budget else budget("100", "own", "fleet")
        findings = preview.evaluate(cost(thing, "101"), budget(), own)
        assert [(each.policy, each.name) for each in findings] == [(BUDGET, "own")]
        other = budget(100, "own", "other") if budget is azure_budget else budget("100", "own", "other")
        assert preview.evaluate(cost(thing, "101"), budget(), other) == []

    @pytest.mark.parametrize(
        ("note", "level"), [("dear", "mandatory"), (12, None), (["1"], "mandatory"), (UNKNOWN, "advisory")]
    )
    def test_notes_that_cannot_be_counted(
        self, preview: Evaluator, budget: Any, thing: Any, note: Any, level: Any
    ) -> None:
        """A note that is no money violates; an unknown one is told."""
        expected = [] if level is None else [(BUDGET, level)]
        assert outcomes(preview.evaluate(cost(thing, note), budget())) == expected

    def test_budgets_together_stay_within_the_stacks_limit(self, budget: Any, thing: Any) -> None:
        """A limit for the whole stack is compared with all clusters' budgets, and not with those of systems."""
        for limit, found in ((1000, []), (999, [(BUDGET, "mandatory")])):
            pack = Pack(config={BUDGET: {"monthlyBudget": limit}})
            try:
                assert outcomes(pack.about(BUDGET).evaluate(budget(), budget(name="own", system="fleet"))) == found
            finally:
                pack.close()


def test_stack_without_a_cloud_needs_no_budget(previewing: Pack) -> None:
    """Objects of Kubernetes cost nothing by themselves."""
    assert previewing.about(BUDGET).evaluate(map_of(GOOD)) == []
