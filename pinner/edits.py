"""The edits that write, replace and remove a digest. A leaf."""

from pinner.model.occurrence import Applicability, Fix, Occurrence
from pinner.model.reference import DEFAULT_TAG, Reference, is_digest
from pinner.model.source import Edit, Span


def edit_of(occurrence: Occurrence, digest: str | None) -> Edit:
    """The edit that gives `occurrence` the `digest`, or takes its digest away.

    An untagged name becomes `name:latest@sha256:…`: that is what it means, and updaters read it.
    """
    target = occurrence.target
    assert isinstance(target, Reference)
    if digest is None:
        assert occurrence.digest is not None
        return Edit(Span(occurrence.digest.start - 1, occurrence.digest.end), "")
    assert is_digest(digest)
    if occurrence.digest is not None:
        return Edit(occurrence.digest, digest)
    assert occurrence.insert_at is not None
    tag = "" if target.tag else f":{DEFAULT_TAG}"
    return Edit(Span(occurrence.insert_at, occurrence.insert_at), f"{tag}@{digest}")


def fix_of(occurrence: Occurrence, digest: str) -> Fix | None:
    """The fix that a finding on `occurrence` offers, None where nothing can be written."""
    if occurrence.insert_at is None and occurrence.digest is None:
        return None
    return Fix(f"Pin to {digest}", Applicability.SAFE, (edit_of(occurrence, digest),))
