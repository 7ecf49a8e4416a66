"""The page of the command line, which MkDocs makes from the program: every command with its arguments and options."""

from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from pinner.cli.app import app

INTRODUCTION = """\
# Command line

Most options have a setting of the same name, which may also stand in a file or in the environment: see
[Configuration](configuration.md). A flag goes before both, and a list that is given by flags takes the place of the
whole list there.

Behind `--` everything is a path, also what begins with `-`. Names that another program lists reach pinner unchanged by
`git ls-files -z '*Dockerfile' | xargs -0 pinner check --`.

`pinner --install-completion` makes the shell complete commands, options and their values.

Colour depends on `--color`, else on `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb`, else on whether the output is a
terminal. A progress bar is shown at a terminal alone, and neither in CI nor in a hook.

In GitHub Actions `check`, `pin`, `update` and `unpin` accompany their text with annotations, unless `--format` chooses
something else.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    sections = [line for name, command in commands.items() for line in _section(name, command)]
    files.append(File.generated(config, "command-line.md", content="\n".join([INTRODUCTION, *sections])))
    return files


def _section(name: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    yield from (f"## {name}", "", command.help, "")
    yield from ("```text", " ".join(["pinner", name, "[OPTIONS]", *(each.metavar for each in arguments)]), "```", "")
    if arguments or options:
        yield from ("| | |", "|---|---|")
    yield from (f"| `{each.metavar}` | {each.help} |" for each in arguments)
    yield from (f"| {_spelling(each)} | {each.help} |" for each in options)
    yield ""


def _spelling(option: Any) -> str:
    value = option.metavar or "/".join(getattr(option.type, "choices", ()))
    spellings = ", ".join(f"`{each}`" for each in option.opts)
    return f"{spellings} `{value}`" if value and not option.is_flag else spellings
