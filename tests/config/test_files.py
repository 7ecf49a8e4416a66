"""Which file configures a run, and where in it a key stands."""

from pathlib import Path

import pytest

from pinner.config.files import ConfigFile, find_config_file, read_named
from pinner.model.errors import UsageError


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"pinner.toml": ""}, "pinner.toml"),
        ({".pinner.toml": ""}, ".pinner.toml"),
        ({"pyproject.toml": "[tool.pinner]"}, "pyproject.toml"),
        ({"pinner.toml": "", ".pinner.toml": "", "pyproject.toml": "[tool.pinner]"}, "pinner.toml"),
        ({".pinner.toml": "", "pyproject.toml": "[tool.pinner]"}, ".pinner.toml"),
        ({"../pinner.toml": ""}, "../pinner.toml"),
        ({"../pinner.toml": "", "pyproject.toml": "[tool.pinner]"}, "pyproject.toml"),
        ({"../pinner.toml": "", "pyproject.toml": "[tool.other]"}, "../pinner.toml"),
        ({"../pinner.toml": "", "pyproject.toml": 'dependencies = ["digest-pinner"]'}, "../pinner.toml"),
        ({"../.pinner.toml": "", "../../pinner.toml": ""}, "../.pinner.toml"),
        ({"pinner.toml/readme": ""}, None),
    ],
)
def test_the_nearest_file_is_found(folder: Path, files: dict[str, str], expected: str | None) -> None:
    for name, text in files.items():
        write(folder / name, text)
    found = find_config_file(".")
    assert (found.path if found else None) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[tool.pinner]\njobs = 3",
        "[ tool . pinner ]\njobs = 3",
        '["tool"."pinner"]\njobs = 3',
        "tool.pinner.jobs = 3",
        "tool.'pinner'.jobs = 3",
        "[tool]\npinner.jobs = 3",
        "[tool]\npinner = { jobs = 3 }",
        "tool = { pinner = { jobs = 3 } }",
        r'[tool."pinn\u0065r"]' + "\njobs = 3",
        r'[tool."\u0070\u0069\u006e\u006e\u0065\u0072"]' + "\njobs = 3",
        r'[tool."\U00000070inne\u0072"]' + "\njobs = 3",
        r'["\u0074ool".pinner]' + "\njobs = 3",
    ],
)
def test_every_spelling_of_the_table_counts(folder: Path, text: str) -> None:
    write(folder / "pyproject.toml", text)
    found = find_config_file(".")
    assert found is not None
    assert found.table == {"jobs": 3}


def test_a_project_that_does_not_name_pinner_is_not_parsed(folder: Path) -> None:
    write(folder / "pyproject.toml", "this is [ no TOML")
    assert find_config_file(".") is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pinner.toml", "jobs = ", r"pinner.toml: this is no TOML: Invalid value \(at end of document\)"),
        ("pinner.toml", "a = 1\njobs =\n", r"pinner.toml: this is no TOML: Invalid value \(at line 2, column 7\)"),
        ("pyproject.toml", "pinner [", "pyproject.toml: this is no TOML: "),
        ("pyproject.toml", "[tool]\npinner = 1", "pyproject.toml: tool.pinner is not a table"),
        ("pinner.toml", f"jobs = {'1' * 5000}", "pinner.toml: this is no TOML: a number has too many digits"),
        ("pinner.toml", "x = " + "[" * 100000, "pinner.toml: this is no TOML: it is nested too deeply"),
    ],
)
def test_a_broken_file_is_an_error(folder: Path, name: str, text: str, message: str) -> None:
    write(folder / name, text)
    with pytest.raises(UsageError, match=f"^{message}"):
        find_config_file(".")


def test_bytes_that_are_no_text_are_an_error(folder: Path) -> None:
    (folder / "pinner.toml").write_bytes(b'exclude = ["\xff"]')
    with pytest.raises(UsageError, match=r"^pinner.toml: this is no TOML: 'utf-8' codec"):
        find_config_file(".")


def test_a_byte_order_mark_is_no_error(folder: Path) -> None:
    (folder / "pinner.toml").write_bytes(b"\xef\xbb\xbfjobs = 3")
    assert read_named("pinner.toml").table == {"jobs": 3}


def test_a_named_file_may_have_any_name(folder: Path) -> None:
    write(folder / "ci" / "strict.toml", "jobs = 3")
    file = read_named("ci/strict.toml")
    assert (file.table, file.folder) == ({"jobs": 3}, "ci")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.toml", "none.toml: cannot read the configuration: no such file"),
        ("pyproject.toml", r"pyproject.toml: there is no table \[tool.pinner\] in it"),
        (".", ".: cannot read the configuration: is a directory"),
    ],
)
def test_a_named_file_has_to_be_there(folder: Path, name: str, message: str) -> None:
    write(folder / "pyproject.toml", "[project]")
    with pytest.raises(UsageError, match=f"^{message}"):
        read_named(name)


@pytest.mark.parametrize(
    ("text", "key", "place"),
    [
        ("jobs = 1", "jobs", "a.toml:1"),
        ("# jobs\n\n  'jobs'= 1", "jobs", "a.toml:3"),
        ('[registries."ghcr.io"]', "ghcr.io", "a.toml:1"),
        ("[severity]\nunpinned = 1\n[[overrides]]\nseverity.unpinned = 2", "unpinned", "a.toml"),
        ("overrides = [\n{ files = [], select = 1 },\n]", "select", "a.toml:2"),
        ("jobs_all = 1", "jobs", "a.toml"),
    ],
)
def test_a_key_s_line_is_told_where_there_is_just_one(text: str, key: str, place: str) -> None:
    assert ConfigFile("a.toml", text, {}).place_of(key) == place
