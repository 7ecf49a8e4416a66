"""## What it does

Reports a digest that stands behind a variable which chooses the tag.

## Why is this bad

Where a reference has both a tag and a digest, the digest alone decides. The variable looks as if it
chose the version, but changing it changes nothing: the build goes on with the old content, without
a word.

## Example

```dockerfile
ARG VERSION=14.7.0
FROM node:${VERSION}@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```

`docker build --build-arg VERSION=22` still builds on node 14.7.0.

## Remedy

Move the digest into the variable's default, where a new value replaces both at once:

```dockerfile
ARG VERSION=14.7.0@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
FROM node:${VERSION}
```

A variable before a literal tag, such as `${REGISTRY}/node:14.7.0@sha256:…`, is fine: the digest names
the same content on every mirror.

## Ignoring it

```dockerfile
# pinner: ignore[digest-after-variable] a script changes both together
FROM node:${VERSION}@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts, finding_at, pinned_image

ID = "digest-after-variable"
SUMMARY = "a digest switches off the variable that seems to choose the tag"
SEVERITY = Severity.ERROR
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every digest that switches a variable off."""
    for occurrence in facts.occurrences:
        if occurrence.dead_variable and pinned_image(occurrence):
            variable = occurrence.dead_variable
            message = f"the digest switches {variable} off: move it into the default of {variable}"
            yield finding_at(occurrence, ID, SEVERITY, message)
