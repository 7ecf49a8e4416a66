"""## What it does

Reports a place where a build stage was meant but BuildKit pulls an image: the name of a stage that
comes only later in the file, or the number of a stage where numbers are not understood.

## Why is this bad

BuildKit sees no such stage at this point and asks Docker Hub for an image of that name. Somebody
else may own that name, now or later, and then their content is built in. pinner never pins such a
reference: a digest would make the mistake permanent.

## Example

```dockerfile
FROM tools AS app

FROM alpine:3.20 AS tools
```

The first line pulls `docker.io/library/tools`.

## Remedy

Put the stage above the line that uses it, and refer to it by its name:

```dockerfile
FROM alpine:3.20 AS tools

FROM tools AS app
```

If an image is meant indeed, write its full name, as in `docker.io/library/tools`, or rename the stage.

## Ignoring it

```dockerfile
# pinner: ignore[not-an-image] the image has the same name
FROM tools AS app
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts, finding_at

ID = "not-an-image"
SUMMARY = "a build stage is meant, but BuildKit pulls an image of that name"
SEVERITY = Severity.ERROR
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every name that is taken for an image although a stage is meant."""
    for occurrence in facts.occurrences:
        if occurrence.stage is not None:
            message = f"{occurrence.text} names no earlier build stage, so BuildKit pulls an image of that name"
            yield finding_at(occurrence, ID, SEVERITY, message)
