"""## What it does

Reports text in an image's place that is no image reference by the grammar that Docker, BuildKit and
Compose share.

## Why is this bad

The build or the service fails when it gets to this line. Often it is a typing error in a name or a
digest, and a mistyped digest is a pin that protects nothing.

## Example

```dockerfile
FROM Node:20
```

A repository is written in lower-case letters, and a sha256 digest has exactly 64 hexadecimal digits.

## Remedy

Correct the reference:

```dockerfile
FROM node:20
```

## Ignoring it

```dockerfile
# pinner: ignore[invalid-reference] this line is replaced before the build
FROM @IMAGE@
```
"""

import re
from collections.abc import Iterator

from pinner.model.occurrence import Finding, Invalid, Severity
from pinner.rules._base import Facts, finding_at

ID = "invalid-reference"
SUMMARY = "the text in an image's place is no image reference"
SEVERITY = Severity.ERROR
ONLINE = False

_DIGITS = {"sha256": 64, "sha512": 128}
_DIGEST = r"@(?P<algorithm>sha256|sha512):(?P<digits>[0-9a-fA-F]*)$"


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every text that is no reference, with the grammar's reason."""
    for occurrence in facts.occurrences:
        match occurrence.target:
            case Invalid(reason) if occurrence.stage is None and occurrence.built is None:
                message = f'"{occurrence.text}" is no image reference: {reason}'
                # A digest that is cut off when it is copied is what people look for longest.
                digest = re.search(_DIGEST, occurrence.text)
                if digest and len(digest["digits"]) != _DIGITS[digest["algorithm"]]:
                    wanted = f"{digest['algorithm']} has {_DIGITS[digest['algorithm']]}"
                    message += f"; the digest has {len(digest['digits'])} digits, and {wanted}"
                yield finding_at(occurrence, ID, SEVERITY, message)
