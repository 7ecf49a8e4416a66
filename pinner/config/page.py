"""The configuration's page of the documentation, in Markdown."""

from pinner.config.keys import KEYS
from pinner.config.layers import variable_of
from pinner.config.schema import ADDRESS
from pinner.config.types import (
    Boolean,
    Choice,
    File,
    Integer,
    List,
    Number,
    OpenTable,
    PatternList,
    Reports,
    String,
    Table,
    Type,
)
from pinner.config.values import quoted

_INTRODUCTION = """\
# Configuration

pinner reads `pinner.toml`, `.pinner.toml` or the table `[tool.pinner]` of a `pyproject.toml`: the first of them, in
this order, in the working directory, else in the folder above it, and so on. `--config FILE` (`PINNER_CONFIG`) reads
that file instead, `--no-config` (`PINNER_NO_CONFIG=1`) reads none. Paths and patterns in a file start at its folder,
those of flags and of the environment at the working directory. All errors are reported in one run.

A file that was found, and not named, may be part of what is checked. It names no file to write: no `format` has a
`=FILE`, and `baseline` and `ledger` lie in its own folder, not below `.git` and behind no link. It must not be a link
that leaves the checkout. Anything else ends the run with exit code 2; flags, the environment and a file that `--config`
names may name any file. What is read is a regular file of at most 32 MiB, and 1 MiB for the configuration.

A flag goes before the environment, and the environment before the file. A list that is given in one place takes the
place of the whole list in another. In the environment commas separate the items of a list; an empty variable counts
as unset. A key that is unknown, or has a value of another type, ends the run with exit code 2, and so does a
variable that looks like a misspelt one of these.

`pinner config` shows the values in force and where each comes from. Editors check and complete the file by its JSON
schema, which they find through a first line such as

```toml
#:schema ADDRESS
```

!!! warning "The configuration is part of what is checked"

    Who may change the file may switch rules off. Where pinner judges the pull requests of strangers, take the
    configuration from the target branch with [`--policy-from`](how-to/pipeline.md), or none with `--no-config`.
"""


def page() -> str:
    """Return the page on all settings: what they mean, their types, their defaults, their variables."""
    lines = [_INTRODUCTION.replace("ADDRESS", ADDRESS)]
    for key in KEYS:
        lines += [f"## {key.name}", "", key.summary, "", f"* Type: {_words(key.type)}"]
        lines.append(f"* Default: {'none' if key.default is None else f'`{quoted(key.default)}`'}")
        lines.append(f"* Environment: {f'`{variable_of(key.name)}`' if key.in_environment else 'none'}")
        lines.append("")
        table = key.type.item if isinstance(key.type, List) else key.type
        table = table.value if isinstance(table, OpenTable) else table
        if isinstance(table, Table):
            lines += ["| key | type | |", "|---|---|---|"]
            lines += [f"| `{each.name}` | {_words(each.type)} | {each.summary} |" for each in table.keys]
            lines.append("")
        if key.example:
            lines += ["```toml", key.example, "```", ""]
    return "\n".join(lines)


def _words(kind: Type) -> str:
    match kind:
        case List(item):
            return f"list; each item is {_words(item)}"
        case PatternList():
            return "list of strings"
        case Reports(formats):
            return f"list; each item is {_choices(formats)}, perhaps with `=FILE` behind it"
        case OpenTable(name, value):
            return f"table; each name is {_words(name)}, each value {_words(value)}"
        case Table():
            return "a table"
    return _words_of_scalar(kind)


def _words_of_scalar(kind: Boolean | Integer | Number | Choice | String | File) -> str:
    match kind:
        case Boolean():
            return "`true` or `false`"
        case Integer(minimum, maximum):
            return f"whole number, {minimum}" + (" or more" if maximum is None else f" to {maximum}")
        case Number(minimum, maximum):
            return f"number, {minimum:g}" + (" or more" if maximum is None else f" to {maximum:g}")
        # The names of all rules would hide the rest of the line, and each has a page of its own.
        case Choice("rule"):
            return "a rule"
        case Choice(choices=choices):
            return _choices(choices)
        case String(meaning):
            return meaning
        case File():
            return "path of a file"


def _choices(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words[:-1]) + f" or `{words[-1]}`"
