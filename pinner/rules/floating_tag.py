"""## What it does

Notes an image reference without a digest whose tag is `latest` or missing, which means `latest`.

## Why is this bad

`latest` is only a default name: it promises no version, not even a major one, so a build may break
or change its meaning from one day to the next, and nobody can tell from the file what was meant.
Pinning such a reference fixes the content but not the intention: the next update may jump to
anything.

## Example

```yaml
services:
  cache:
    image: redis
```

## Remedy

Name the version that is meant, then pin it:

```yaml
services:
  cache:
    image: redis:7.4
```

A reference that has a digest is not reported: its content cannot move.

## Ignoring it

```yaml
    image: redis  # pinner: ignore[floating-tag] any version does for this test
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.model.reference import DEFAULT_TAG
from pinner.rules._base import Facts, finding_at, unpinned_image

ID = "floating-tag"
SUMMARY = "an image has the tag latest, or no tag, which means latest"
SEVERITY = Severity.NOTE
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every image without a digest whose tag is `latest`, written or implied."""
    for occurrence in facts.occurrences:
        target = unpinned_image(occurrence)
        if target and target.tag in (None, DEFAULT_TAG) and not occurrence.is_partial:
            how = "has the tag latest" if target.tag else "has no tag, which means latest"
            yield finding_at(occurrence, ID, SEVERITY, f"{occurrence.text} {how}: name the version that is meant")
