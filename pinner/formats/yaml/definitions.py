"""Leaves custom resource definitions out of what is composed: many are large, and none pulls an image."""

import re

from pinner.formats._suppressions import MARK

_KIND = "kind: CustomResourceDefinition"
_KEY = re.compile(rf"apiVersion: apiextensions\.k8s\.io/\w+|{_KIND}|metadata:|spec:|status:")
_BETWEEN = re.compile(r"^(---[ \t]*\r?\n)", re.MULTILINE)
_NO_BREAK = re.compile(r"[^\r\n]")


def without_definitions(text: str) -> str:
    """Return a text with spaces in the place of each document that is a definition as Kubernetes' tools write it.

    Every index and every line stays.
    """
    if _KIND not in text:
        return text
    return "".join(_NO_BREAK.sub(" ", each) if _is_definition(each) else each for each in _BETWEEN.split(text))


def _is_definition(document: str) -> bool:
    """Return whether a document is a definition by its lines.

    What begins in the first column is one of its keys, whatever stands before: no other kind can hide there.
    """
    if _KIND not in document or MARK in document:
        return False
    is_first = True
    # At every break that any reader of YAML knows. Where they disagree, more lines are looked at.
    for line in document.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith((" ", "\t")):
            # Keys of a document whose first one is indented need not begin in the first column.
            if is_first:
                return False
        elif not _KEY.fullmatch(line.rstrip()):
            return False
        is_first = False
    return True
