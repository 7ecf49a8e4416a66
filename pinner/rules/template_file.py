"""## What it does

Reports a file that still has to be rendered: the tool that reads such files would refuse it, and the
line that it refuses holds a mark of a template language (`{{ }}`, `{% %}`, `{# #}`, `<% %>`, `%%X%%`, `@X@`,
`#X#`).

## Why is this bad

What such a file names is decided when it is rendered, so nothing in it was checked and pinner never
writes to it. A file that the tool accepts is never taken for a template.

## Example

```dockerfile
FROM node:{{ version }}
```

## Remedy

Run pinner on what the template renders to, or write whole references with digests into the template
by hand: the message names the lines of those that are written out.

## Ignoring it

Leave the files out, in the configuration:

```toml
[tool.pinner]
exclude = ["*.tmpl"]
```

or let one be, by a comment in it: `# pinner: ignore-file[template-file] rendered by the release job`.
"""

import posixpath
from collections.abc import Iterator

from pinner.model.occurrence import Finding, Severity
from pinner.rules._base import Facts

ID = "template-file"
SUMMARY = "a template: nothing in it was checked"
SEVERITY = Severity.WARNING
ONLINE = False


def check(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every file that still has to be rendered."""
    in_folder: dict[str, int] = {}
    for path, _ in facts.templates:
        in_folder[_group(path)] = in_folder.get(_group(path), 0) + 1
    for path, (where, text, literals) in facts.templates:
        # The first file of a folder takes the count away and speaks for the others.
        others = in_folder.pop(_group(path), 0) - 1
        if others < 0:
            continue
        message = "this is a template, of which nothing was checked: run pinner on what it renders to"
        if others:
            message += f"; so {'are' if others > 1 else 'is'} {others} more in this folder"
        if literals:
            lines = ", ".join(map(str, literals))
            message += f"; line{'s' if len(literals) > 1 else ''} {lines} hold{'' if len(literals) > 1 else 's'} "
            message += "references that are written out"
        yield Finding(
            rule=ID, severity=SEVERITY, path=path, where=where, text=text, context="template", message=message
        )


def _group(path: str) -> str:
    """Return what has one finding: the YAML files of a folder, such as the templates of a chart, or one other file."""
    folder, name = posixpath.split(path.replace("\\", "/"))
    return f"{folder}/*" if name.endswith((".yaml", ".yml")) else path
