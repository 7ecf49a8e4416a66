"""## What it does

Reports an image that the repository itself builds: Skaffold's artifacts, services of Compose files that have `build`
and `image`, the `tags` of Bake files and of `docker/build-push-action`. Registry and repository are the same, and so is
the tag, unless what builds the image names none. In the Dockerfile of a service whose build makes the image it is none:
the base of a build is there before its result.

## Why is this bad

Such an image has no digest before it is built, so it is not pinned, and `unpinned` is silent about it. If it is in
truth pulled from a registry, nothing pins it.

## Example

```yaml
# skaffold.yaml
apiVersion: skaffold/v4beta11
kind: Config
build:
  artifacts:
    - image: registry.example.com/cart
---
# deployment.yaml: spec.template.spec.containers
containers:
  - image: registry.example.com/cart
```

## Remedy

None is needed. Give the image another name where another one is meant.

## Ignoring it

```yaml
    image: registry.example.com/cart  # pinner: ignore[built-here] the release replaces it
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity, is_built
from pinner.rules._base import Facts, finding_at

ID = "built-here"
SUMMARY = "the repository builds the image itself, so it is not pinned"
SEVERITY = Severity.NOTE
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every image that is built here; it names what builds it."""
    for occurrence in facts.occurrences:
        if is_built(occurrence):
            message = f"{occurrence.text} is built by this repository ({occurrence.decision}), so it is not pinned"
            yield finding_at(occurrence, ID, SEVERITY, message)
