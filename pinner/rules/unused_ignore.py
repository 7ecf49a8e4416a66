"""## What it does

Reports a `# pinner: ignore[…]` comment that hides no finding, and one that cannot be read: a misspelt
`ignore`, a bracket or a colon that is missing, a space before the bracket, brackets that name no rule.

## Why is this bad

The comment outlived its reason, or it stands in the wrong place or names the wrong rule. It reads
as if something were wrong here, and it would hide the next real finding on this line.

## Example

```dockerfile
# pinner: ignore[unpinned] not published yet
FROM node:14.7.0@sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a
```

## Remedy

Remove the comment, or correct the name of the rule: `pinner check --no-ignores` shows what there is
to ignore.

## Ignoring it

In one file, by a comment of its own:

```dockerfile
# pinner: ignore-file[unused-ignore] the comments come from a template
```

Everywhere, in the configuration:

```toml
[tool.pinner]
ignore = ["unused-ignore"]
```
"""

from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts

ID = "unused-ignore"
SUMMARY = "an ignore comment hides no finding"
SEVERITY = Severity.WARNING
ONLINE = False
CONTEXT = "# pinner: ignore"
_MALFORMED = "this comment cannot be read and hides nothing: write # pinner: ignore[rule-id] reason"


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every ignore comment that hid nothing."""
    # The package imports this module, so it is asked for its rules only now.
    from pinner.rules import RULES

    known = {rule.ID for rule in RULES}
    for path, suppression in facts.unused_suppressions:
        rules = f"[{', '.join(suppression.rules)}]" if suppression.rules else ""
        unknown = sorted({*suppression.rules} - known)
        advice = f"there is no rule {' or '.join(unknown)}" if unknown else "remove the comment"
        message = f"ignore{rules} hides no finding: {advice}"
        yield Finding(
            rule=ID,
            severity=SEVERITY,
            path=path,
            where=suppression.where,
            text=suppression.text,
            context=CONTEXT,
            message=_MALFORMED if suppression.malformed else message,
        )
