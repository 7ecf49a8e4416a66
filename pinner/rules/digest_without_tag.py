"""## What it does

Reports a reference that is pinned to a digest but names no tag.

## Why is this bad

The content is fixed, but nobody can tell which version it is, and no tool can keep it fresh: there
is no tag to ask the registry about. Such pins grow old, with every hole that has been found since.

## Example

```dockerfile
FROM node@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```

## Remedy

Write the tag that the digest was taken from. Docker ignores it; people and updaters do not:

```dockerfile
FROM node:14.7.0@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```

## Ignoring it

```dockerfile
# pinner: ignore[digest-without-tag] the publisher makes no tags
FROM node@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts, finding_at, pinned_image

ID = "digest-without-tag"
SUMMARY = "a pinned image names no tag, so nothing can keep the pin fresh"
SEVERITY = Severity.WARNING
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every digest without a tag before it."""
    for occurrence in facts.occurrences:
        target = pinned_image(occurrence)
        if target and target.tag is None:
            message = f"{occurrence.text} names no tag: write the tag that the digest was taken from before it"
            yield finding_at(occurrence, ID, SEVERITY, message)
