"""How Kubernetes objects find each other: by cluster, namespace, name and labels.

An unknown name or label may or may not match. What was made from the very object that it might mean does match.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum

from frame import Absence, Property, Resource


class Match(IntEnum):
    """Whether one object means another; the smallest of several holds for all of them."""

    NO = 0
    MAYBE = 1
    YES = 2


def same_text(left: Property, right: Property, default: str = "") -> Match:
    """Compare two texts, each `default` where missing."""
    if left.unknown or right.unknown:
        return Match.MAYBE
    texts = [default if each.missing else each.text for each in (left, right)]
    return Match.YES if None not in texts and texts[0] == texts[1] else Match.NO


def same_place(left: Resource, right: Resource) -> Match:
    """Whether two objects live in one namespace of one cluster."""
    if left.provider != right.provider:
        return Match.NO
    return same_text(left["metadata"]["namespace"], right["metadata"]["namespace"], "default")


def refers(referrer: Resource, name: Property, target: Resource) -> Match:
    """Whether `name`, in `referrer`, is the name of `target` in the same namespace."""
    own_name = target["metadata"]["name"]
    names = Match.MAYBE if own_name.missing else same_text(name, own_name)
    return _settled(min(same_place(referrer, target), names), referrer, target)


def selects(selector: Property, selecting: Resource, labels: Property, target: Resource) -> Match:
    """Whether the label selector of `selecting` picks pods with `labels`, made by `target`."""
    if selector.missing:
        return Match.NO
    picked = Match.MAYBE if selector.unknown else min(_requirements(selector, labels), default=Match.YES)
    return _settled(min(same_place(selecting, target), picked), selecting, target)


def _requirements(selector: Property, labels: Property) -> Iterable[Match]:
    wanted = selector["matchLabels"]
    if wanted.unknown:
        yield Match.MAYBE
    for key in wanted.keys:
        yield Match.NO if labels[key].missing else same_text(wanted[key], labels[key])
    if selector["matchExpressions"].unknown:
        yield Match.MAYBE
    for expression in selector["matchExpressions"].elements():
        yield _expression(expression, labels)


def _expression(expression: Property, labels: Property) -> Match:
    key, operator = expression["key"], expression["operator"]
    if key.unknown or operator.unknown:
        return Match.MAYBE
    label = labels[key.text or ""]
    if operator.text in ("Exists", "DoesNotExist"):
        return Match.MAYBE if label.unknown else _when(label.present is (operator.text == "Exists"))
    if operator.text not in ("In", "NotIn"):
        return Match.NO
    matches = [Match.NO if label.missing else same_text(label, each) for each in _values(expression)]
    among = max(matches, default=Match.NO)
    return among if operator.text == "In" else Match(Match.YES - among)


def _values(expression: Property) -> Iterable[Property]:
    values = expression["values"]
    return [values] if values.unknown else values.elements()


def _when(holds: bool) -> Match:
    return Match.YES if holds else Match.NO


def unknown_between(referrer: Resource, link: Property, target: Resource) -> Property:
    """The unknown for which nobody can say whether `referrer`, by its property `link`, means `target`."""
    for resource, properties in (
        (referrer, (link, referrer["metadata"]["namespace"])),
        (target, (target["metadata"], target["spec"]["template"]["metadata"])),
    ):
        for unknown in (each.first_unknown for each in properties):
            if unknown:
                return Property(Absence.UNKNOWN, f"{unknown.path} of {resource.name}")
    return Property(Absence.UNKNOWN, f"metadata.name of {target.name}")


def _settled(match: Match, referrer: Resource, target: Resource) -> Match:
    return Match.YES if match is Match.MAYBE and target.urn in referrer.dependencies else match


class Shortlist:
    """Objects by one text that a match must share with them, so that a thousand need not meet a thousand."""

    def __init__(self, objects: Sequence[Resource], texts: Sequence[Sequence[str]]) -> None:
        """`texts` has, for each object, those that a match must have all of; none if they are not all known."""
        self._objects = objects
        self._by_text: dict[str | None, list[Resource]] = defaultdict(list)
        count = Counter(text for each in texts for text in each)
        for found, each in zip(objects, texts, strict=True):
            self._by_text[min(each, key=count.__getitem__, default=None)].append(found)

    def sharing(self, texts: Sequence[str] | None) -> list[Resource]:
        """Objects that may match something with these texts; all of them if the texts are not known."""
        if texts is None:
            return list(self._objects)
        return [found for text in (*texts, None) for found in self._by_text.get(text, ())]


def label_pairs(labels: Property) -> list[str] | None:
    """Each label as `key=value`; `None` if one is unknown."""
    values = [labels[key] for key in labels.keys]
    if labels.unknown or any(each.unknown for each in values):
        return None
    return [f"{key}={each.text}" for key, each in zip(labels.keys, values, strict=True)]
