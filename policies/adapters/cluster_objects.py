"""How Kubernetes objects refer to each other: by cluster, namespace, name and labels.

An unknown name or label may or may not match. It does match if it depends on the very object that it may refer to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum

from framework import Absence, Property, Resource


class Match(IntEnum):
    """Whether one object refers to another; combined matches take the smallest."""

    NO = 0
    MAYBE = 1
    YES = 2


def same_text(left: Property, right: Property, default: str = "") -> Match:
    """Compare two texts, with `default` for a missing one."""
    if left.unknown or right.unknown:
        return Match.MAYBE
    texts = [default if each.missing else each.text for each in (left, right)]
    return Match.YES if None not in texts and texts[0] == texts[1] else Match.NO


def same_place(left: Resource, right: Resource) -> Match:
    """Return whether two objects are in the same namespace of one cluster."""
    if left.provider != right.provider:
        return Match.NO
    return same_text(left["metadata"]["namespace"], right["metadata"]["namespace"], "default")


def refers(referrer: Resource, name: Property, target: Resource) -> Match:
    """Return whether `name`, in `referrer`, is the name of `target` in the same namespace."""
    own_name = target["metadata"]["name"]
    names = Match.MAYBE if own_name.missing else same_text(name, own_name)
    return _settled(min(same_place(referrer, target), names), referrer, target)


def selects(selector: Property, selecting: Resource, labels: Property, target: Resource) -> Match:
    """Return whether the label selector of `selecting` selects pods with `labels`, created by `target`."""
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
    """Return the unknown that leaves open whether the property `link` of `referrer` refers to `target`."""
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
    """Index of objects by texts that a match must share, so that a thousand objects are not each compared with a
    thousand."""

    def __init__(self, objects: Sequence[Resource], texts: Sequence[Sequence[str]]) -> None:
        """`texts` has, for each object, the texts that a match must all have; none if they are not all known."""
        self._objects = objects
        self._by_text: dict[str | None, list[Resource]] = defaultdict(list)
        count = Counter(text for each in texts for text in each)
        for found, each in zip(objects, texts, strict=True):
            self._by_text[min(each, key=count.__getitem__, default=None)].append(found)

    def sharing(self, texts: Sequence[str] | None) -> list[Resource]:
        """Return the objects that may match something with these texts; all objects if the texts are not known."""
        if texts is None:
            return list(self._objects)
        return [found for text in (*texts, None) for found in self._by_text.get(text, ())]


def label_pairs(labels: Property) -> list[str] | None:
    """Return each label as `key=value`; None if one is unknown."""
    values = [labels[key] for key in labels.keys]
    if labels.unknown or any(each.unknown for each in values):
        return None
    return [f"{key}={each.text}" for key, each in zip(labels.keys, values, strict=True)]
