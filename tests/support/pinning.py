"""Files pinned and unpinned without a registry, through the same edits and the same second reading as the commands."""

import hashlib
from collections.abc import Callable

from pinner.fixing.fixer import Plan, fix
from pinner.formats import Format
from pinner.model.occurrence import Occurrence
from pinner.model.reference import Reference
from pinner.model.source import Source
from pinner.scanning.scan import scan_stdin
from tests.support.occurrences import digest_span, insertion

DIGEST = "sha256:" + "0123456789abcdef" * 4


def digest_of(reference: Reference) -> str:
    """A digest for each image: the hash of its canonical name with the tag."""
    return f"sha256:{hashlib.sha256(str(reference.by_tag()).encode()).hexdigest()}"


def pinned(source: Source, file_format: Format, digest: Callable[[Reference], str] = lambda _: DIGEST) -> bytes:
    """The file with a digest wherever one is missing and can be written."""
    return _edited(source, file_format, lambda each: _missing_digest(each, digest))


def unpinned(source: Source, file_format: Format) -> bytes:
    """The file without its digests."""
    return _edited(source, file_format, lambda each: Plan(each, None) if digest_span(each) is not None else None)


def _missing_digest(occurrence: Occurrence, digest: Callable[[Reference], str]) -> Plan | None:
    target = occurrence.target
    if isinstance(target, Reference) and target.digest is None and insertion(occurrence) is not None:
        return Plan(occurrence, digest(target))
    return None


def _edited(source: Source, file_format: Format, planned: Callable[[Occurrence], Plan | None]) -> bytes:
    scan = scan_stdin(source, file_format)
    plans = [plan for each in scan.occurrences if (plan := planned(each)) is not None]
    fixed = fix(scan, plans, write=False)
    assert fixed.failures == (), "the second reading differs"
    return fixed.contents.get(source.path, source.data)
