"""## What it does

Reports a digest in the `image` of a Compose service that also has a `build`.

## Why is this bad

`image` is the name that the result of the build gets, and Docker refuses to give a name with a digest:
the build fails. A service builds also where its `build` comes from a file that it extends or includes,
or that Compose merges with this one.

## Example

```yaml
services:
  web:
    build: .
    image: acme/web:dev@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```

## Remedy

Take the digest off, as `pinner unpin --select digest-on-built-image` does:

```yaml
services:
  web:
    build: .
    image: acme/web:dev
```

## Ignoring it

```yaml
    # pinner: ignore[digest-on-built-image] the build is taken away by another file
    image: acme/web:dev@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.model.reference import Reference
from pinner.rules._base import Facts, finding_at

ID = "digest-on-built-image"
SUMMARY = "the name of what is built has a digest, which Docker refuses"
SEVERITY = Severity.ERROR
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every digest in the name of an image that a service builds."""
    for occurrence in facts.occurrences:
        target = occurrence.target
        if occurrence.built is not None and isinstance(target, Reference) and target.digest:
            message = (
                f"{occurrence.text} is the name of what is built here, and Docker refuses a digest in it: remove it"
            )
            yield finding_at(occurrence, ID, SEVERITY, message, command=f"unpin --select {ID}")
