"""The accounts whose resources policies of identities name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from adapters.clouds.aws.statements import DOCUMENTS, Holder, allowing, documents_of
from framework import Property, Resource


def _of_documents(resource: Resource) -> Iterator[tuple[Property, str]]:
    for document, holder in documents_of(resource):
        if holder is Holder.IDENTITY and document.text is not None:
            for statement in allowing(document.text) or ():
                yield from ((document, account) for account in statement.reached)


REACHED: Mapping[str, Callable[[Resource], Iterator[tuple[Property, str]]]] = {
    **{type_: _of_documents for type_, (_, holder) in DOCUMENTS.items() if holder is Holder.IDENTITY},
    "aws:iam/role:Role": _of_documents,
}
