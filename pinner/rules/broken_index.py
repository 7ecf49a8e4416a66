"""## What it does

Reports what cannot be used as an image: an index that lists none, the manifest of a chart, a signature or an
attestation, or, with `--deep`, an index whose manifests the registry has lost. Whether a pin of a single
manifest is an image is asked with `--deep` only: `pinner pin` and `pinner update` take none that is not.
Only registries can tell.

## Why is this bad

The pin resolves, so every check by tag and digest passes, and the build fails all the same: on
every platform, or only on the one that was lost.

## Example

A clean-up job that deletes "untagged" manifests deletes the platforms of an index, which have no tag
of their own, and leaves the index.

## Remedy

Push the image again, or restore what was deleted, and run `pinner update`. Tell the clean-up job to
spare what an index lists.

## Ignoring it

```dockerfile
# pinner: ignore[broken-index] only amd64 is used, and it is there
FROM registry.example.com/app:1.4@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts, finding_at, with_pin_status

ID = "broken-index"
SUMMARY = "what is named is no image, or an index whose manifests are gone"
SEVERITY = Severity.ERROR
ONLINE = True


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every index that cannot be used."""
    for occurrence, status in with_pin_status(facts):
        if status.broken:
            yield finding_at(occurrence, ID, SEVERITY, f"{occurrence.text} is broken: {status.broken}")
