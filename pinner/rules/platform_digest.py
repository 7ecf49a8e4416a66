"""## What it does

Reports a pin to one platform's manifest, or to an attestation, where the tag is an index of several
platforms. Only `pinner check --online` can tell.

## Why is this bad

The build works for whoever wrote the pin and breaks, or runs under emulation, for everybody on
another platform. It happens when the digest is copied from `docker inspect`, from a web page that
shows one platform, or from a tool that asks for one.

## Example

```dockerfile
FROM ubuntu:20.04@sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24
```

That digest is the linux/amd64 manifest of the index.

## Remedy

Run `pinner update`: it pins to the index.

```dockerfile
FROM ubuntu:20.04@sha256:5d1d5407f353843ecf8b16524bc5565aa332e9e6a1297c73a92d3e754b8a636d
```

Where the place itself asks for that platform, by a literal `FROM --platform=linux/amd64` or `platform:`
in Compose, the pin is only noted; so it is where `pinner update` leaves it as it is, because `min-age` or the
configuration holds it.

## Ignoring it

```dockerfile
# pinner: ignore[platform-digest] our builders are amd64 only
FROM ubuntu:20.04@sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.model.platforms import fits
from pinner.model.resolution import ATTESTATION, PinState
from pinner.rules._base import Facts, finding_at, move_of, with_pin_status

ID = "platform-digest"
SUMMARY = "a pin names one platform's manifest while the tag is an index"
SEVERITY = Severity.ERROR
ONLINE = True


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every pin to a child of the index; its fix pins to the index."""
    for occurrence, status in with_pin_status(facts):
        if status.state is PinState.PLATFORM:
            digest, said = move_of(status)
            meant = fits(status.child or "", occurrence.platform or "")
            severity = Severity.NOTE if meant or status.held else SEVERITY
            what = status.child if status.child == ATTESTATION else f"the {status.child} manifest"
            message = f"{occurrence.text} is {what} of the index {status.current}, which is what to pin{said}"
            command = "update" if digest else None
            yield finding_at(occurrence, ID, severity, message, digest, command)
