"""Tells the files of custom resource definitions by their lines: many are large, and none pulls an image."""

import re

_KIND = "kind: CustomResourceDefinition"
_TOP = re.compile(rf"apiVersion: apiextensions\.k8s\.io/\w+|{_KIND}|metadata:|spec:|status:|---")


def are_all_definitions(data: bytes) -> bool:
    """Return whether every document of a file is a CustomResourceDefinition, written as Kubernetes' tools write it.

    What begins in the first column is a key of the document, whatever stands before: no other kind can hide there.
    """
    if _KIND.encode() not in data:
        return False
    is_first = True
    # At every break that any reader of YAML knows. Where they disagree, more lines are looked at.
    for line in data.decode("utf-8", "replace").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith((" ", "\t")):
            # Keys of a document whose first one is indented need not begin in the first column.
            if is_first:
                return False
        elif not _TOP.fullmatch(line.rstrip()):
            return False
        is_first = line.startswith("---")
    return True
