"""## What it does

Reports a tag that the registry does not have, although the repository or the pin is there. Only
`pinner check --online` can tell.

## Why is this bad

A pin without its tag still builds, and can never be updated: the publisher has withdrawn the tag,
renamed it, or ended its support. An image that is not pinned cannot be built at all.

## Example

```dockerfile
FROM node:14.7.0@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```

where the publisher has removed the tag `14.7.0`.

## Remedy

Choose a tag that exists and run `pinner pin`.

## Ignoring it

```dockerfile
# pinner: ignore[missing-tag] archived on purpose
FROM node:14.7.0@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.model.resolution import PinState
from pinner.rules._base import Facts, finding_at, with_pin_status

ID = "missing-tag"
SUMMARY = "the registry does not have the tag"
SEVERITY = Severity.WARNING
ONLINE = True


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every place whose tag is not there."""
    for occurrence, status in with_pin_status(facts):
        if status.state is PinState.NO_TAG:
            message = f"the registry does not have the tag of {occurrence.text}: choose one that exists"
            yield finding_at(occurrence, ID, SEVERITY, message)
