"""## What it does

Reports an image reference that nothing in the tree determines: a variable without a value, a part that
depends on the platform, a template.

## Why is this bad

Nobody who reads the file can tell which image is used, and nobody can pin it: the image is chosen
by whoever sets the variable, perhaps far away and differently every time. Such a reference is never
counted as checked. References of one file that lack the values of the same variables have one finding, at
the first of them, which names the lines of the others.

## Example

```dockerfile
ARG BASE
FROM ${BASE}
```

## Remedy

Give the variable a default that is a whole reference. pinner writes the digest into the default,
and `--build-arg` still replaces it:

```dockerfile
ARG BASE=node:20
FROM ${BASE}
```

A value that only the build passes can stand in pinner's configuration instead, under
[`build-args`](https://digest-pinner.github.io/pinner/configuration/#build-args). The file is judged with
it, and `pinner pin` writes the digest there:

```toml
[[build-args]]
files = ["services/*/Dockerfile"]
values = { BASE = "node:20" }
```

What is to stay open on purpose is a warning by `severity`: see
[the tour of adoption](https://digest-pinner.github.io/pinner/how-to/adopt/#severity).

In a Compose file a default inside the variable serves the same end: `image: ${IMAGE:-node:20}`.

## Ignoring it

```dockerfile
# pinner: ignore[opaque-reference] the release job passes a pinned image
FROM ${BASE}
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Opaque, Severity
from pinner.rules._base import Facts, finding_at, severity_at

ID = "opaque-reference"
SUMMARY = "nothing in the tree says which image is used"
SEVERITY = Severity.ERROR
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every opaque reference, with the reader's reason."""
    for occurrence in facts.occurrences:
        match occurrence.target:
            case Opaque(reason, variables) if occurrence.stage is None and occurrence.built is None:
                message = f"{occurrence.text} cannot be known: {reason}"
                finding = finding_at(occurrence, ID, severity_at(occurrence, SEVERITY), message)
                yield finding._replace(variables=variables)
