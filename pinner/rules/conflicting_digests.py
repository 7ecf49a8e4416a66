"""## What it does

Reports a tag that is pinned to different digests in different places of the files that were read.

## Why is this bad

The places look alike but get different content. Usually one of them was forgotten when the others
were updated, and so it keeps the defects that the update was meant to remove.

## Example

```dockerfile
FROM ubuntu:20.04@sha256:5d1d5407f353843ecf8b16524bc5565aa332e9e6a1297c73a92d3e754b8a636d AS build
RUN make

FROM ubuntu:20.04@sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24
```

## Remedy

Decide for one digest. `pinner update` brings all places to what the tag names now.

## Ignoring it

```dockerfile
# pinner: ignore[conflicting-digests] the old image is kept for the comparison
FROM ubuntu:20.04@sha256:5d1d5407f353843ecf8b16524bc5565aa332e9e6a1297c73a92d3e754b8a636d
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Occurrence, Severity
from pinner.model.reference import Reference
from pinner.rules._base import Facts, finding_at, pinned_image

ID = "conflicting-digests"
SUMMARY = "one tag is pinned to different digests in different places"
SEVERITY = Severity.WARNING
ONLINE = False

_Pins = dict[str, list[Occurrence]]
"""The places of one tag by the digest that they name."""


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding at every place of a tag that has more than one digest; it names one other place."""
    tags: dict[Reference, _Pins] = {}
    for occurrence in facts.occurrences:
        target = pinned_image(occurrence)
        if target and target.tag and target.digest:
            tags.setdefault(target.by_tag(), {}).setdefault(target.digest, []).append(occurrence)
    for tag, pins in tags.items():
        if len(pins) > 1:
            yield from _conflicts(tag, pins)


def _conflicts(tag: Reference, pins: _Pins) -> Iterator[Finding]:
    first, second, *_ = pins
    for digest, places in pins.items():
        other = second if digest == first else first
        first_other = pins[other][0]
        where = f"{first_other.path}:{first_other.where.line}"
        message = f"{tag.familiar} is pinned to {digest} here and to {other} at {where}"
        for occurrence in places:
            yield finding_at(occurrence, ID, SEVERITY, message)
