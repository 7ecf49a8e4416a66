"""The pages of the documentation that come from the program, and the navigation that lists those of the rules."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from pinner.cli.app import PANELS, app
from pinner.config.page import page as configuration
from pinner.formats.places.page import page as kinds
from pinner.rules import RULES, Rule

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NAVIGATION = ROOT / "mkdocs.yml"
_GENERATED = "<!-- Written by `make regenerate`. -->\n\n"

_COMMAND_LINE = """\
# Command line

Most options have a setting of the same name, which may also stand in a file or in the environment: see
[Configuration](configuration.md). A flag goes before both, and a list that is given by flags takes the place of the
whole list there.

Behind `--` everything is a path, also what begins with `-`. Names that another program lists reach pinner unchanged by
`git ls-files -z '*Dockerfile' | xargs -0 pinner check --`.

`pinner --install-completion` makes the shell complete commands, options and their values.

Colour depends on `--color`, else on `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb`, else on whether the output is a
terminal. Names of rules are hyperlinks on terminals that are known to show them; `FORCE_HYPERLINK=1` or `0` decides for
others. At a terminal a bar shows how many questions are answered and which host is waited for; in CI that is a line a
minute.

In GitHub Actions `check`, `pin`, `update` and `unpin` accompany their text with annotations, unless `--format` chooses
something else. GitHub shows ten of each severity, so no more are written, and the text says how many there are beside
them.
"""


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated page, and the navigation that lists those of the rules."""
    yield DOCS / "configuration.md", _with_note(configuration())
    yield DOCS / "kinds.md", _with_note(kinds())
    yield DOCS / "command-line.md", _with_note(_command_line())
    yield DOCS / "rules" / "index.md", _with_note(_table())
    for rule in RULES:
        yield DOCS / "rules" / f"{rule.ID}.md", _with_note(_page(rule))
    yield NAVIGATION, with_rules(NAVIGATION.read_text(encoding="utf-8"))


def with_rules(navigation: str) -> str:
    """The text of mkdocs.yml with the pages of all rules."""
    entries = "".join(f"          - rules/{name}.md\n" for name in ("index", *(rule.ID for rule in RULES)))
    return re.sub(r"(      - Rules:\n)(?:          - .*\n)*", rf"\g<1>{entries}", navigation)


def _with_note(page: str) -> str:
    title, _, rest = page.partition("\n\n")
    return f"{title}\n\n{_GENERATED}{rest.strip()}\n"


def _table() -> str:
    rows = [
        f"| [`{rule.ID}`]({rule.ID}.md) | {rule.SEVERITY.label} | {_online(rule)} | {rule.SUMMARY} |" for rule in RULES
    ]
    lines = [
        "# Rules",
        "",
        "`pinner explain` lists the rules, `pinner explain RULE` prints the page of one. `--fail-on` chooses the "
        "severity that fails a run.",
        "",
        "| rule | severity | needs | what it finds |",
        "|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines)


def _page(rule: Rule) -> str:
    needs = f" · needs {_online(rule)}" if rule.ONLINE else ""
    return f"# {rule.ID}\n\n**{rule.SEVERITY.label}**{needs} · {rule.SUMMARY}\n\n{rule.__doc__ or ''}"


def _online(rule: Rule) -> str:
    return "`--online`" if rule.ONLINE else ""


def _command_line() -> str:
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return "\n".join([_COMMAND_LINE, *(line for name, command in commands.items() for line in _section(name, command))])


def _section(name: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    yield from (f"## {name}", "", " ".join(command.help.split()), "")
    yield from ("```text", " ".join(["pinner", name, "[OPTIONS]", *(each.metavar for each in arguments)]), "```", "")
    if arguments:
        yield from ("| argument | |", "|---|---|")
        yield from (f"| `{each.metavar}` | {each.help} |" for each in arguments)
        yield ""
    for panel in PANELS:
        yield from _panel(name, panel, [each for each in command.params if _panel_of(each) == panel])


def _panel(name: str, panel: str, options: list[Any]) -> Iterator[str]:
    if options:
        yield from (f"| {panel.lower()} | |", "|---|---|")
        yield from (f"| {_anchor(name, each)}{_spelling(each)} | {each.help} |" for each in options)
        yield ""


def _panel_of(parameter: Any) -> str | None:
    if parameter.param_type_name != "option" or parameter.hidden:
        return None
    return getattr(parameter, "rich_help_panel", None) or "Options"


def _anchor(name: str, option: Any) -> str:
    """An anchor such as `check--fail-on`, to which others can link."""
    longest = max(option.opts, key=len)
    return f'<a id="{name}{longest}"></a>'


def _spelling(option: Any) -> str:
    spellings = ", ".join(f"`{each}`" for each in option.opts)
    return f"{spellings} `{option.metavar}`" if option.metavar and not option.is_flag else spellings
