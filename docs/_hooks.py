"""Pages that MkDocs makes from the program, so that they cannot differ from it: rules, kinds, settings."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from pinner.config.page import page
from pinner.formats.places.page import page as kinds_page
from pinner.rules import RULES, Rule


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the rules' pages below their table in the navigation."""
    look_up = next(section["Look up"] for section in config.nav or () if "Look up" in section)
    rules = next(section["Rules"] for section in look_up if "Rules" in section)
    rules += [f"rules/{rule.ID}.md" for rule in RULES]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    files.append(File.generated(config, "configuration.md", content=page()))
    files.append(File.generated(config, "kinds.md", content=kinds_page()))
    files.append(File.generated(config, "rules/index.md", content=_table()))
    for rule in RULES:
        files.append(File.generated(config, f"rules/{rule.ID}.md", content=_page(rule)))
    return files


def _table() -> str:
    rows = [
        f"| [`{rule.ID}`]({rule.ID}.md) | {rule.SEVERITY.label} | {_online(rule)} | {rule.SUMMARY} |" for rule in RULES
    ]
    return "\n".join(
        [
            "# Rules",
            "",
            "`pinner explain RULE` prints the page of a rule. `--fail-on` chooses the severity that fails a run.",
            "",
            "| rule | severity | needs | what it finds |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _page(rule: Rule) -> str:
    needs = f" · needs {_online(rule)}" if rule.ONLINE else ""
    return f"# {rule.ID}\n\n**{rule.SEVERITY.label}**{needs} · {rule.SUMMARY}\n\n{rule.__doc__ or ''}"


def _online(rule: Rule) -> str:
    return "`--online`" if rule.ONLINE else ""
