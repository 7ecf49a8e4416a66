"""The JSON schema: what is shipped is what the code says, and it takes and refuses what the code does."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from pinner.config import load
from pinner.config.keys import KEYS
from pinner.config.schema import schema
from pinner.model.errors import UsageError
from tests.config.test_load import FULL

SHIPPED = Path(__file__).parents[2] / "pinner" / "pinner.schema.json"
GOOD = [
    "",
    FULL,
    "timeout = 1",
    "format = ['text', 'github', 'sarif=a=b']",
    'registries."[::1]:5000".insecure = true',
    'registries."localhost".mirror = "http://127.0.0.1:5000/a/b"',
    'registries.LOCALHOST5000.mirror = "http://x"'.replace("LOCALHOST5000", '"build-host:5000"'),
    'registries."*".mirror = "https://mirror.example"',
    'ignore-images = ["**", "!docker.io/library/*"]',
]
BAD = [
    "exclude = 'a'",
    "exclude = ['']",
    "exclude = [1]",
    "excludes = []",
    "jobs = 0",
    "jobs = 257",
    "jobs = 1.5",
    "jobs = '1'",
    "timeout = 0",
    "min-age = -1",
    "min-age = true",
    "fail-on = 'fatal'",
    "color = true",
    "select = ['unpined']",
    "severity = ['unpinned']",
    "severity.unpinned = 'off'",
    "severity.unpined = 'note'",
    "require-ignore-reason = 'yes'",
    "extend-include.helm = ['x']",
    "overrides = [{ select = [] }]",
    "overrides = [{ files = ['a'], exclude = [] }]",
    "overrides = { files = ['a'] }",
    "ignore-images = ['a b']",
    "platforms = ['amd64']",
    "registries.ghcr.io.insecure = true",
    "registries.'https://ghcr.io'.insecure = true",
    "registries.'ghcr.io'.insecure = 1",
    "registries.'ghcr.io'.mirror = 'ghcr.io'",
    "registries.'ghcr.io'.user = 'me'",
    "registries.'*'.insecure = true",
    "trusted-realms = ['https://auth.example']",
    "mirror = []",
    "insecure = []",
    "ca-file = ''",
    "baseline = 1",
    "format = 'json'",
    "format = ['yaml']",
    "format = ['json=']",
]


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    document = json.loads(SHIPPED.read_text())
    Draft7Validator.check_schema(document)
    return Draft7Validator(document)


def test_the_shipped_schema_is_the_code_s() -> None:
    assert json.loads(SHIPPED.read_text()) == schema(), "run: make regenerate"


@pytest.mark.parametrize("text", GOOD)
def test_what_is_right(folder: Path, validator: Draft7Validator, text: str) -> None:
    (folder / "pinner.toml").write_text(text)
    load({}, config="pinner.toml")
    assert not list(validator.iter_errors(tomllib.loads(text)))


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong(folder: Path, validator: Draft7Validator, text: str) -> None:
    (folder / "pinner.toml").write_text(text)
    with pytest.raises(UsageError, match=r"^pinner.toml:1: "):
        load({})
    assert list(validator.iter_errors(tomllib.loads(text)))


@pytest.mark.parametrize("key", [key for key in KEYS if key.in_file], ids=lambda key: key.name)
def test_every_example_is_right(folder: Path, validator: Draft7Validator, key: Any) -> None:
    (folder / "pinner.toml").write_text(key.example)
    assert load({}) != load({}, no_config=True)
    assert not list(validator.iter_errors(tomllib.loads(key.example)))
    assert list(tomllib.loads(key.example)) == [key.name]
