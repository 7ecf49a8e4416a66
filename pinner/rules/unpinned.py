"""## What it does

Reports an image reference that names no digest.

## Why is this bad

A tag is a name that its publisher may move at any time: the same file builds from other content
tomorrow, and whoever takes over the tag takes over the build. A digest is the content's own name,
so an image that is pinned to one cannot change unnoticed.

## Example

```dockerfile
FROM node:14.7.0
```

## Remedy

Run `pinner pin`. It asks the registry which index the tag names now and writes its digest behind
the tag, which stays for people and for the tools that keep pins fresh:

```dockerfile
FROM node:14.7.0@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```

Where pinner cannot write a digest without making a variable useless, the finding says why and how
to rewrite the line by hand. In the values of a chart it fills an existing key `digest`; charts whose tags
may hold one take [`helm-write`](https://digest-pinner.github.io/pinner/configuration/#helm-write).
In kinds other than Dockerfiles and Compose files an image for which nothing can be written is a warning, unless
it takes away the digest of another, as `tagSuffix` does in a kustomization.

## Ignoring it

```dockerfile
# pinner: ignore[unpinned] built by the step before this one
FROM localhost/app:dev
```

In YAML the comment may stand at the end of the line as well. A whole family of images is left
alone by `ignore-images` in the configuration, and files that are not yours by
[`exclude`](https://digest-pinner.github.io/pinner/how-to/adopt/#exclude).
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts, finding_at, severity_at, unpinned_image

ID = "unpinned"
SUMMARY = "an image is named by a tag alone, which may name other content tomorrow"
SEVERITY = Severity.ERROR
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every image without a digest; it names the rewrite where only a person can make it."""
    for occurrence in facts.occurrences:
        target = unpinned_image(occurrence)
        if target is None:
            continue
        message = f"{occurrence.text} is not pinned to a digest"
        if occurrence.unwritable:
            message = f"{message}, and pinner cannot write one here: {occurrence.unwritable}"
        if occurrence.similar_stage:
            message = f"{message}; if a stage is meant, it is called {occurrence.similar_stage}"
        is_error = occurrence.place or occurrence.drops_digest
        severity = SEVERITY if is_error else severity_at(occurrence, SEVERITY)
        # What is decided elsewhere is no unpinned image; what is left is written by a controller, Flux's for instance.
        severity = severity if occurrence.decision is None else Severity.NOTE
        status = facts.statuses.get(target) if facts.statuses else None
        digest = status.current if status and not status.broken else None
        command = None if occurrence.similar_stage or (status and not digest) else "pin"
        yield finding_at(occurrence, ID, severity, message, digest, command)
