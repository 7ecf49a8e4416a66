"""## What it does

Reports the `image` of a Compose service that also has a `build`, where Compose pulls that image before
it builds it.

## Why is this bad

The name is meant for the result of the build. Unless `pull_policy` says otherwise, Compose asks the
registry for it first, and where somebody has put an image there it is used instead of being built: it
is not pinned, and cannot be, since Docker gives no name with a digest to what it builds. That is an
error where a `pull_policy` asks for it, and a warning where none is given.

## Example

```yaml
services:
  web:
    build: .
    image: acme/web:dev
    pull_policy: always
```

## Remedy

```yaml
services:
  web:
    build: .
    image: acme/web:dev
    pull_policy: build
```

`pull_policy: never` does as well.

## Ignoring it

```yaml
    image: acme/web:dev  # pinner: ignore[pulled-before-build] the registry is our own
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts, finding_at

ID = "pulled-before-build"
SUMMARY = "Compose pulls an image before it builds it"
SEVERITY = Severity.ERROR
ONLINE = False
_BUILT_ONLY = ("build", "never")


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every image that a service builds and that its pull policy lets Compose pull first."""
    for occurrence in facts.occurrences:
        policy = occurrence.built
        if policy is None or policy in _BUILT_ONLY:
            continue
        # Compose expands variables here as well: what one becomes may still forbid the pull.
        is_said = policy != "" and "$" not in policy
        why = f"pull_policy is {policy}" if is_said else "no pull_policy forbids it"
        message = f"{occurrence.text} is built here, but Compose pulls it first, since {why}: write pull_policy: build"
        yield finding_at(occurrence, ID, SEVERITY if is_said else Severity.WARNING, message)
