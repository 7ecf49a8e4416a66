"""## What it does

Reports a pin whose content the registry no longer has. Only `pinner check --online` can tell.

## Why is this bad

The build fails wherever the content is not in a cache, and it fails for everybody once caches are
emptied. Registries delete what no tag names any more; some do so within days.

## Example

```dockerfile
FROM registry.example.com/app:1.4@sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24
```

where `app:1.4` was pushed again and the registry removed what it named before.

## Remedy

Run `pinner update`: it replaces the digest by that of the index which the tag names now. Look at what
changed: the content is not what was reviewed. Mirrors that keep what they have served once, such as
a pull-through cache, prevent this.

The registry answered, so the network is not to blame. A registry that refuses, limits or fails leaves the
pin unchecked instead. Where it has not even the tag, there is nothing to update to: choose another tag, or
log in where the repository is not for everybody.

## Ignoring it

```dockerfile
# pinner: ignore[missing-digest] kept in our builders' cache
FROM registry.example.com/app:1.4@sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.model.reference import Reference
from pinner.model.resolution import PinState
from pinner.rules._base import Facts, finding_at, move_of, with_pin_status

ID = "missing-digest"
SUMMARY = "the registry no longer has the content of a pin"
SEVERITY = Severity.ERROR
ONLINE = True

_LOGIN = "whether the repository wants a login"


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every pin that is gone; its fix pins to the digest that `update` would take."""
    for occurrence, status in with_pin_status(facts):
        if status.state is PinState.GONE:
            digest, said = move_of(status)
            message = f"the registry no longer has {occurrence.text}"
            if status.current:
                message = f"{message}, and the tag names {status.current} now{said}"
            elif isinstance(occurrence.target, Reference) and occurrence.target.tag:
                message = (
                    f"the registry has neither {occurrence.text} nor its tag: choose another tag, or check {_LOGIN}"
                )
            command = "update" if digest else None
            yield finding_at(occurrence, ID, SEVERITY, message, digest, command)
