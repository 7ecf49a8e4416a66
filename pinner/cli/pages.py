"""Pages of the documentation on standard output: what `pinner explain` prints."""

from collections.abc import Sequence

from pinner.cli.terminal import standard_stream, wants_color, width_of, write_text
from pinner.model.escaping import harmless
from pinner.output._addresses import SITE, address_of
from pinner.rules import Rule

_WIDEST = 100
"""Lines of prose that are longer than this are hard to read."""


def page_of_rule(rule: Rule) -> str:
    """Return the page of a rule as Markdown."""
    needs = ", needs `--online`" if rule.ONLINE else ""
    head = f"# {rule.ID} ({rule.SEVERITY.label}{needs})\n\n{rule.SUMMARY}\n\n<{address_of(rule.ID)}>"
    return f"{head}\n\n{rule.__doc__}"


def table_of_rules(rules: Sequence[Rule]) -> str:
    """Return one line for each rule: its name, its severity and what it finds."""
    width = max(len(rule.ID) for rule in rules)
    lines = [f"{rule.ID:<{width}}  {rule.SEVERITY.label:<7}  {rule.SUMMARY}\n" for rule in rules]
    return f"{''.join(lines)}\npinner explain RULE prints the page of a rule. All pages: {SITE}rules/\n"


def write_page(markdown: str) -> None:
    """Put a page on standard output: rendered at a terminal, as it is in a pipe."""
    stream = standard_stream()
    if not (stream.isatty() and wants_color("auto", stream)):
        write_text(markdown)
        return
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    # rich writes into a string, which is cleaned of all but colours.
    page = StringIO()
    console = Console(file=page, force_terminal=True, color_system="standard", width=min(width_of(stream), _WIDEST))
    # Without hyperlinks rich writes the addresses out, which every terminal shows.
    console.print(Markdown(markdown, hyperlinks=False))
    stream.write_harmless(harmless(page.getvalue(), styled=True))
