"""## What it does

Reports a pin that still resolves while its tag names something else by now. Only
`pinner check --online` can tell.

## Why is this bad

The build is safe from surprises, and from security fixes as well: the publisher has rebuilt the
image, and this place still uses the old one.

## Example

```dockerfile
FROM ubuntu:20.04@sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24
```

where the publisher has pushed `ubuntu:20.04` again.

## Remedy

Run `pinner update`, once a week in CI for instance, and review what it changes. It is a warning, and
exits 0 unless `--fail-on warning` is given: an older pin is no error.

It is only a note where `pinner update` would leave the pin as it is: because nothing but attestations
changed for the platforms in use, because `min-age` holds it, or because the configuration or somebody
who rejected the newer digest wants it. It stays a warning, and names the reason, where `pinner update` refuses
what the tag names now.

## Ignoring it

```dockerfile
# pinner: ignore[stale-digest] the last one that works with our kernel
FROM ubuntu:20.04@sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.model.resolution import PinState
from pinner.rules._base import Facts, finding_at, move_of, with_pin_status

ID = "stale-digest"
SUMMARY = "the tag of a pin names something else by now"
SEVERITY = Severity.WARNING
ONLINE = True


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every pin whose tag has moved; its fix pins to the digest that `update` would take."""
    for occurrence, status in with_pin_status(facts):
        if status.state is PinState.STALE:
            digest, said = move_of(status)
            message = f"{occurrence.text} is stale: its tag names {status.current} now{said}"
            severity = Severity.NOTE if status.held else SEVERITY
            command = "update" if digest else None
            yield finding_at(occurrence, ID, severity, message, digest, command)
