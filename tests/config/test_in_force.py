"""What the settings do: which files are read, and what the registry client is told."""

from pathlib import Path

import pytest

from pinner.cli import registry_calls
from pinner.config import Settings, load
from pinner.registry.settings import RegistryOverride
from pinner.scanning.discovery import discover, format_of
from pinner.scanning.gitignore import Patterns


def found(settings: Settings, *paths: str) -> list[tuple[str, str]]:
    discovery = discover(paths or ["."], settings.exclude, settings.extend_include)
    return [(file.path, file.format.NAME) for file in discovery.files]


@pytest.fixture
def tree(folder: Path) -> Path:
    for name in ("Dockerfile", "app.docker.in", "stack.yaml", "vendor/Dockerfile", "sub/vendor/compose.yaml"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return folder


def test_further_files_are_read_by_their_format(tree: Path) -> None:
    include = {
        "dockerfile": Patterns(("*.docker.in",)),
        "compose": Patterns(("/stack.yaml", "Dockerfile", "!vendor/Dockerfile")),
    }
    assert found(Settings(extend_include=include)) == [
        ("Dockerfile", "compose"),
        ("app.docker.in", "dockerfile"),
        ("stack.yaml", "compose"),
        ("sub/vendor/compose.yaml", "compose"),
        ("vendor/Dockerfile", "dockerfile"),
    ]
    assert found(Settings(extend_include=include), "app.docker.in", "stack.yaml") == [
        ("app.docker.in", "dockerfile"),
        ("stack.yaml", "compose"),
    ]
    assert format_of("-/stack.docker.in", include).NAME == "dockerfile"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("*.in",), ["Dockerfile", "stack.yaml", "sub/vendor/compose.yaml", "vendor/Dockerfile"]),
        (("vendor/",), ["Dockerfile", "stack.yaml"]),
        (("/vendor/",), ["Dockerfile", "stack.yaml", "sub/vendor/compose.yaml"]),
        (("*", "!/Dockerfile"), ["Dockerfile"]),
    ],
)
def test_files_are_left_out(tree: Path, lines: tuple[str, ...], expected: list[str]) -> None:
    settings = Settings(exclude=Patterns(lines))
    assert [path for path, _ in found(settings)] == expected
    named = found(settings, "Dockerfile", "stack.yaml", "vendor/Dockerfile", "sub/vendor/compose.yaml")
    assert [path for path, _ in named] == expected, "what a hook names obeys, too"


def test_patterns_of_a_file_start_at_its_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "pinner.toml").write_text('exclude = ["/vendor/"]\nextend-include.dockerfile = ["/sub/vendor/*.yaml"]')
    monkeypatch.chdir(tree / "sub")
    assert found(load({}), "..") == [
        ("../Dockerfile", "dockerfile"),
        ("../stack.yaml", "places"),
        ("../sub/vendor/compose.yaml", "dockerfile"),
    ]
    assert found(load({}), str(tree / "vendor" / "Dockerfile"), "vendor/compose.yaml") == [
        ("vendor/compose.yaml", "dockerfile")
    ]
    assert [path for path, _ in found(load({}, exclude=["/vendor/"]), "..")] == [
        "../Dockerfile",
        "../stack.yaml",
        "../vendor/Dockerfile",
    ]


def test_what_the_registry_client_is_told(folder: Path) -> None:
    (folder / "pinner.toml").write_text("""
jobs = 3
timeout = 7
trusted-realms = ["auth.example"]
ca-file = "all.pem"
[registries."docker.io"]
mirror = "https://mirror.example/hub"
[registries."*"]
mirror = "https://mirror.example"
[registries."r.example"]
insecure = true
ca-file = "ca.pem"
trusted-realms = ["auth.r.example"]
""")
    told = registry_calls.registry_settings(
        load({}, mirror=["index.docker.io=http://127.0.0.1:5000"], insecure=["s.example"])
    )
    assert told.mirrors == {"docker.io": "http://127.0.0.1:5000", "*": "https://mirror.example"}
    assert told.registries["r.example"] == RegistryOverride(True, "ca.pem", ("auth.r.example",))
    assert told.insecure == ("s.example",)
    assert (told.trusted_realms, told.ca_file) == (("auth.example",), "all.pem")
    assert (told.jobs, told.timeouts.overall) == (3, 7.0)
