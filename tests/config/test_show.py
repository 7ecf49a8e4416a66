"""`pinner config`: the values in force and where each comes from."""

import json
import tomllib
from pathlib import Path

import pytest

from pinner.config import show
from pinner.config.keys import KEYS

FILE = """
jobs = 2
severity.unpinned = "note"

[registries."ghcr.io"]
mirror = 'http://m.example/a"b'
insecure = true
"""


@pytest.fixture
def settings(folder: Path) -> show.InForce:
    (folder / "pinner.toml").write_text(FILE)
    environ = {"PINNER_EXCLUDE": "a,b", "PINNER_TIMEOUT": "5", "PINNER_MIRROR": "docker.io=http://m.example"}
    return show.in_force({"timeout": 2.5}, environ)


def test_text_is_toml_with_the_source_of_each_value(settings: show.InForce) -> None:
    lines = show.as_text(settings).splitlines()
    assert lines[0] == "# pinner.toml"
    assert [line for line in lines if not line.endswith("# default")][1:] == [
        'exclude = ["a", "b"]  # PINNER_EXCLUDE',
        'severity = {unpinned = "note"}  # pinner.toml:3',
        'registries = {"ghcr.io" = {mirror = "http://m.example/a\\"b", insecure = true}}  # pinner.toml:5',
        '# mirror = ["docker.io=http://m.example"]  # PINNER_MIRROR',
        "jobs = 2  # pinner.toml:2",
        "timeout = 2.5  # --timeout",
    ]
    assert "# ca-file = none  # default" in lines


def test_text_can_be_read_again(settings: show.InForce, folder: Path) -> None:
    text = show.as_text(settings)
    (folder / "again.toml").write_text(text)
    again = show.in_force({"config": "again.toml"}, {})
    in_file = [each.key.name for each in settings.settings if each.key.in_file]
    assert [(each.key.name, each.raw) for each in again.settings if each.key.name in in_file] == [
        (each.key.name, each.raw) for each in settings.settings if each.key.name in in_file
    ]
    assert tomllib.loads(text)["jobs"] == 2


def test_json_has_every_setting(settings: show.InForce) -> None:
    document = json.loads(show.as_json(settings))
    assert (document["schema_version"], document["file"]) == (1, "pinner.toml")
    assert list(document["settings"]) == [key.name for key in KEYS]
    assert document["settings"]["jobs"] == {"value": 2, "origin": "file", "source": "pinner.toml:2"}
    assert document["settings"]["exclude"] == {
        "value": ["a", "b"], "origin": "environment", "source": "PINNER_EXCLUDE",
    }  # fmt: skip
    assert document["settings"]["color"] == {"value": "auto", "origin": "default", "source": "default"}
    assert document["settings"]["timeout"] == {"value": 2.5, "origin": "flag", "source": "--timeout"}


def test_without_a_file(folder: Path) -> None:
    settings = show.in_force({}, {})
    assert show.as_text(settings).startswith("# no configuration file\nexclude = []  # default\n")
    assert json.loads(show.as_json(settings))["file"] is None
