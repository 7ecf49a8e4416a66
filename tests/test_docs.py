"""The documentation says what the program does: its commands parse, its tables and digests are the real ones."""

import json
import re
import shlex
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pinner.checking.linter import NOT_READ, UNKNOWN_KIND
from pinner.cli.app import app
from pinner.config import load
from pinner.config.schema import schema
from pinner.formats import kind_names
from pinner.output import Style, concise
from pinner.output._addresses import FILE_ERROR, REFUSED, SITE, UNCHECKED, address_of
from pinner.registry.errors import RegistryError
from pinner.rules import RULES
from tests.output import case
from tests.support import pages

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
MANIFESTS = ROOT / "pinner/demo/manifests"


def commands_of(page: Path) -> set[str]:
    """Every `pinner …` that the page shows: in code blocks, and as code in a sentence."""
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"^ *```\w+.*?\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE))
    lines = re.findall(r"^\s*(?:\$ |- |run: )?(pinner .*?)(?:\s+(?:#|\|\||>).*)?$", blocks, re.MULTILINE)
    return {*lines, *(span.partition(" || ")[0] for span in re.findall("`(pinner [^`]+)`", text))}


SYNTAX = "command-line.md"
"""The page that shows how commands are written, not commands."""
COMMANDS = sorted({(page.name, command) for page in PAGES if page.name != SYNTAX for command in commands_of(page)})


def slugs(error: type[RegistryError]) -> set[str]:
    return {error.reason}.union(*(slugs(each) for each in error.__subclasses__()))


def digests_of(path: Path) -> set[str]:
    """The digest of a manifest and those that it names."""
    body = path.read_bytes()
    return {f"sha256:{sha256(body).hexdigest()}", *re.findall("sha256:[0-9a-f]{64}", body.decode())}


def test_commands_are_found() -> None:
    assert ("index.md", "pinner check") in COMMANDS


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_commands_parse(page: str, command: str) -> None:
    name, *arguments = shlex.split(command)[1:]
    group: Any = typer.main.get_command(app)
    if name.startswith("-"):
        group.make_context("pinner", [name, *arguments], resilient_parsing=True)
    else:
        group.commands[name].make_context(name, arguments)


def test_every_reason_is_explained() -> None:
    table = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", (ROOT / "docs/registries.md").read_text(), re.MULTILINE)
    assert {reason for cell in table for reason in re.findall("`([a-z-]+)`", cell)} == slugs(RegistryError)


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/digests.svg"])
def test_digests_are_real(page: str) -> None:
    known = set().union(*(digests_of(path) for path in MANIFESTS.iterdir()))
    for shown in re.findall("sha256:[0-9a-f]+", (ROOT / page).read_text(encoding="utf-8")):
        assert any(digest.startswith(shown) for digest in known), shown


def test_the_picture_is_true() -> None:
    picture = (ROOT / "docs/digests.svg").read_text(encoding="utf-8")
    index = json.loads((MANIFESTS / "ubuntu-20.04.index.json").read_bytes())
    shown = re.findall(r">(\w+/\w+(?:/\w+)?)</text>\s*<text[^>]*>(sha256:[0-9a-f]+)", picture)
    assert len(shown) == 3
    for platform, digest in shown:
        listed = [
            each["digest"]
            for each in index["manifests"]
            if platform
            == "/".join(each["platform"][key] for key in ("os", "architecture", "variant") if key in each["platform"])
        ]
        assert listed[0].startswith(digest)
    assert "and two more" in picture
    assert len(index["manifests"]) == len(shown) + 2


@pytest.mark.parametrize("number", range(5))
def test_ignore_comments_hide_what_they_say(number: int, tmp_path: Path) -> None:
    page = (ROOT / "docs/ignoring.md").read_text(encoding="utf-8")
    language, text = re.findall(r"^```(dockerfile|yaml)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[number]
    path = tmp_path / {"dockerfile": "Dockerfile", "yaml": "compose.yaml"}[language]
    path.write_text(text, encoding="utf-8")
    hidden = CliRunner().invoke(app, ["check", "--fail-on=note", str(path)])
    assert hidden.exit_code == 0, hidden.output
    assert " ignored" in hidden.output
    shown = CliRunner().invoke(app, ["check", "--no-ignores", str(path)])
    assert "error[unpinned]" in shown.output


@pytest.mark.parametrize("page", [path for path, _ in pages.pages()], ids=lambda path: path.name)
def test_generated_pages_are_up_to_date(page: Path) -> None:
    expected = dict(pages.pages())[page]
    assert page.read_text(encoding="utf-8") == expected, "run: make regenerate"


def test_every_page_of_a_rule_is_generated() -> None:
    assert set((ROOT / "docs/rules").iterdir()) == {path for path, _ in pages.pages() if path.parent.name == "rules"}


def test_every_kind_is_on_the_page_of_kinds() -> None:
    table = (ROOT / "docs/kinds.md").read_text(encoding="utf-8").partition("\n## ")[0]
    assert re.findall(r"^\| \[?`([a-z-]+)`", table, re.MULTILINE) == list(kind_names())


def test_the_schema_is_published_where_it_says() -> None:
    published = json.loads((ROOT / "docs/pinner.schema.json").read_text())
    assert published == schema()
    assert published["$id"] == f"{SITE}pinner.schema.json"


@pytest.mark.parametrize("name", [*(rule.ID for rule in RULES), UNCHECKED, FILE_ERROR, REFUSED, NOT_READ, UNKNOWN_KIND])
def test_every_address_in_a_report_leads_to_a_heading(name: str) -> None:
    assert f"site_url: {SITE}\n" in (ROOT / "mkdocs.yml").read_text()
    page, _, anchor = address_of(name).removeprefix(SITE).partition("#")
    text = (ROOT / "docs" / f"{page.rstrip('/')}.md").read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^a-z0-9-]", "", title.lower().replace(" ", "-")) for title in re.findall("^#+ (.*)$", text, re.M)
    }
    assert not anchor or anchor in headings


def test_the_readme_has_absolute_links_alone() -> None:
    """The package index shows it as well."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https://)[^)]*\)", text) == []
    for page in re.findall(rf"\]\({SITE}([^)#]*)", text):
        source = page.rstrip("/") or "index"
        assert any((ROOT / "docs" / name).exists() for name in (f"{source}.md", f"{source}/index.md", source)), page


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_configurations_are_read(page: Path, tmp_path: Path) -> None:
    for text in re.findall(r"^```toml[^\n]*\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        path = tmp_path / ("pyproject.toml" if "[tool.pinner" in text else "pinner.toml")
        path.write_text(text, encoding="utf-8")
        load({}, config=str(path))


def test_the_problem_matcher_reads_what_is_printed() -> None:
    page = (ROOT / "docs/how-to/editor.md").read_text(encoding="utf-8")
    (task,) = json.loads(re.findall(r"^```json[^\n]*\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[0])["tasks"]
    pattern = task["problemMatcher"]["pattern"]
    lines = concise.render(case.REPORT._replace(changes=(), kept=()), Style()).splitlines()
    matches = [re.search(pattern["regexp"], line) for line in lines]
    with_lines = [match for match in matches if match]
    assert len(matches) - len(with_lines) == 1  # the file that failed as a whole
    first = with_lines[0]
    assert [first[pattern[key]] for key in ("file", "line", "column", "severity", "code")] == [
        "Dockerfile", "1", "10", "error", "unpinned",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_to_files_lead_somewhere(name: str) -> None:
    """The links of docs/ are checked by `mkdocs build --strict`."""
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / link).exists(), link


def comparison() -> list[list[str]]:
    """The rows of the second table of the comparison, without their titles."""
    page = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
    _, _, text = page.partition("## More programs, row by row")
    rows = [[cell.strip() for cell in row.split("|")[2:-1]] for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)]
    return rows[2:]


def test_every_cell_of_the_comparison_says_how_it_was_found_out() -> None:
    rows = comparison()
    assert len(rows) > 15
    unmarked = [cell for row in rows for cell in row if not re.fullmatch(r"-|.+ \*[rsd]\*|\*\*no\*\*.*", cell)]
    assert unmarked == []
    assert {len(row) for row in rows} == {7}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ID)
def test_links_of_rules_lead_to_headings(rule: Any) -> None:
    for page, anchor in re.findall(rf"\]\({SITE}([^)#]*)/#([^)]*)\)", rule.__doc__):
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        titles = [title.lower().replace(" ", "-") for title in re.findall("^#+ (.*)$", text, re.MULTILINE)]
        assert anchor in titles, f"{page}#{anchor}"
