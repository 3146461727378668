"""Queues of SQS and topics of SNS: dead letters, encryption, and requests without TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapters.clouds.aws.policy_documents import conditions, principals, statements, texts
from adapters.clouds.contract import Evaluation, guarded
from adapters.json_documents import parsed
from adapters.safeguards import PLAIN_AT_REST, Safeguard
from framework import Property, Resource, Settings, Verdict

QUEUE, TOPIC = "aws:sqs/queue:Queue", "aws:sns/topic:Topic"
REDRIVES = ("aws:sqs/redrivePolicy:RedrivePolicy", "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy")
"""Types that name a queue's dead-letter queue, and that make one."""
POLICIES: Mapping[str, tuple[str, str, str]] = {
    QUEUE: ("aws:sqs/queuePolicy:QueuePolicy", "queueUrl", "sqs"),
    TOPIC: ("aws:sns/topicPolicy:TopicPolicy", "arn", "sns"),
}
"""The type that attaches a policy, its property with the queue or topic, and the prefix of actions."""
HOUR = 3600
"""Seconds for which messages wait at least. Chosen: receivers that fail come back within it; the default is four days."""
_KEY = "kmsMasterKeyId"
_MANAGED = Safeguard(path=("sqsManagedSseEnabled",), safe=(True,), by_default=True, otherwise=PLAIN_AT_REST)


def _evaluate_encryption(queue: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that a queue has a key, or the one of SQS."""
    if not queue[_KEY].present:
        _MANAGED.evaluate(queue, verdict)


AT_REST: Mapping[str, Evaluation] = {
    QUEUE: _evaluate_encryption,
    TOPIC: guarded(Safeguard(path=(_KEY,), otherwise=PLAIN_AT_REST)),
}


def dead_letters(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check that each queue names a dead-letter queue or is one."""
    apart = [each for each in resources if each.type in REDRIVES]
    for queue in (each for each in resources if each.type == QUEUE):
        own, allowed = queue["redrivePolicy"], queue["redriveAllowPolicy"]
        if allowed.present or any(queue.urn in each.dependencies or _names(each, queue) for each in apart):
            continue
        if own.missing:
            verdict.violated(queue, f"loses what no receiver can process: {own.path} is not set", "deliveryLimit")
        elif not own.unknown and not _leads(own):
            verdict.violated(queue, f"loses what no receiver can process: {own.path} names no queue", "deliveryLimit")
    for queue in (each for each in resources if each.type == QUEUE):
        kept = queue["messageRetentionSeconds"]
        if kept.present and not kept.unknown and (kept.whole_number or 0) < HOUR:
            verdict.violated(queue, f"loses what nobody received within an hour: {kept.path}", "retention", "1h")


def _names(apart: Resource, queue: Resource) -> bool:
    name = queue["name"].text
    return name is not None and (apart["queueUrl"].text or "").endswith(f"/{name}")


def _leads(redrive: Property) -> bool:
    try:
        document = parsed(redrive.text or "")
    except ValueError:
        return False
    return isinstance(document, dict) and bool(document.get("deadLetterTargetArn"))


def plain_http(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check that each queue and each topic refuses requests without TLS."""
    for each in (each for each in resources if each.type in POLICIES):
        kind, link, service = POLICIES[each.type]
        policies = [*_attached(each, kind, link, resources), each["policy"]]
        if any(_refuses(policy, service) for policy in policies):
            continue
        unknown = next((policy for policy in policies if policy.unknown), None)
        if unknown is not None:
            verdict.undecided(each, unknown)
        else:
            verdict.violated(
                each, f"accepts plain HTTP: no statement of {each['policy'].path} denies requests without TLS"
            )


def _attached(owner: Resource, kind: str, link: str, resources: Sequence[Resource]) -> Iterator[Property]:
    name = owner["name"].text
    for each in (each for each in resources if each.type == kind):
        named = name is not None and (each[link].text or "").rpartition("/")[2].rpartition(":")[2] == name
        if named or owner.urn in each.dependencies:
            yield each["policy"]


def _refuses(policy: Property, service: str) -> bool:
    everything = {"*", f"{service}:*", *(["sns:Publish"] if service == "sns" else [])}
    return any(
        statement.get("Effect") == "Deny"
        and "*" in principals(statement, "AWS")
        and not everything.isdisjoint(texts(statement.get("Action")))
        and list(conditions(statement)) == [("bool", "aws:securetransport", ["false"])]
        for statement in statements(policy) or ()
    )
