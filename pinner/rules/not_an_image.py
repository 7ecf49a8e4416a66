"""## What it does

Reports a place where a build stage was meant but BuildKit pulls an image: the name of a stage that
comes only later in the file, or the number of a stage where numbers are not understood.

`FROM base-$TARGETARCH` needs a stage for each of the `platforms` in the configuration. Where none are
configured, the platforms that have a stage are taken for those in use, and a note says which.

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

from collections.abc import Iterator, Sequence

from pinner.model.occurrence import Finding, PlatformStages, Severity
from pinner.model.platforms import fits
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
    noted: set[tuple[str, str]] = set()
    for path, stages in facts.platform_stages:
        if facts.platforms:
            for name, platforms in _without_stage(stages, facts.platforms).items():
                message = f"{name} names no earlier build stage, so BuildKit pulls an image of that name"
                yield _finding(path, stages, SEVERITY, f"{message} on {_joined(platforms)}")
        elif (path, stages.text) not in noted and not set(stages.with_stage).issuperset(stages.usual):
            noted.add((path, stages.text))
            in_use = [each for each in stages.with_stage if each in stages.usual] or stages.with_stage
            yield _finding(
                path,
                stages,
                Severity.NOTE,
                f"{stages.text} is a build stage on {_joined(in_use)}, and an image of that name is pulled "
                "on others: name those that you build for as platforms in the configuration",
            )


def _without_stage(stages: PlatformStages, platforms: Sequence[str]) -> dict[str, list[str]]:
    """Return the images that would be pulled on some platforms, with those."""
    pulled: dict[str, list[str]] = {}
    for platform in platforms:
        known = [(each, name) for each, name in stages.names if fits(each, platform)]
        # More than one fits where a variant is left out: linux/arm64 is linux/arm64/v8 too.
        exact, name = next((pair for pair in known if pair[0] == platform), next(iter(known), ("", None)))
        if exact not in stages.with_stage:
            pulled.setdefault(name or stages.text, []).append(platform)
    return pulled


def _finding(path: str, stages: PlatformStages, severity: Severity, message: str) -> Finding:
    return Finding(
        rule=ID,
        severity=severity,
        path=path,
        where=stages.where,
        text=stages.text,
        context=stages.context,
        message=message,
    )


def _joined(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
