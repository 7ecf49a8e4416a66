"""The settings in force: a flag over the environment over the file, and what is wrong with each."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pinner.checking.rule_selection import Override
from pinner.config import Settings, load
from pinner.config.keys import KEYS
from pinner.config.layers import SettingOrigin, collect_layers, variable_of
from pinner.config.tables import ImageSettings, RegistryTable
from pinner.config.types import Table
from pinner.config.values import read_value
from pinner.formats import FORMATS
from pinner.model.errors import UsageError
from pinner.model.occurrence import Severity
from pinner.scanning.build_args import BuildArgs, ConfiguredBuilds
from pinner.scanning.gitignore import Patterns

FULL = """
exclude = ["vendor/"]
select = ["unpinned", "floating-tag"]
ignore = ["floating-tag"]
severity = { unpinned = "warning" }
fail-on = "note"
ignore-images = ["localhost/**", "!localhost/base"]
require-ignore-reason = true
platforms = ["linux/amd64", "linux/arm/v7"]
min-age = 7
verify = true
ca-file = "certs/all.pem"
trusted-realms = ["auth.example:8443"]
jobs = 8
timeout = 60
helm-write = "tag"
color = "never"
baseline = "ci/baseline.json"
ledger = "ci/ledger.json"
format = ["concise", "sarif=ci/out.sarif"]

[extend-include]
dockerfile = ["*.docker.in"]

[kinds]
kubernetes = "check"

[[images]]
match = ["quay.io/us/**"]
platforms = ["linux/amd64"]
min-age = 0
allow-lost-platforms = true

[[images]]
match = ["**", "!ghcr.io/**"]
update = false

[[overrides]]
files = ["tests/"]
select = ["unpinned"]

[[overrides]]
files = ["/prod/*.yaml"]
ignore = ["unpinned"]
severity.floating-tag = "error"

[registries."Index.Docker.io"]
mirror = "https://mirror.example/hub"

[registries."*"]
mirror = "http://127.0.0.1:5000"

[registries."registry.example:5000"]
insecure = true
ca-file = "own.pem"
trusted-realms = ["Auth.example"]

[[build-args]]
files = ["Dockerfile"]
values = { BASE = "node:20" }
contexts = ["base"]
"""


def test_every_key_of_a_file(folder: Path) -> None:
    built = BuildArgs(Patterns(("Dockerfile",), "."), {"BASE": "node:20"}, ("base",))
    (folder / "pinner.toml").write_text(FULL)
    assert load({}, config="pinner.toml") == Settings(
        exclude=Patterns(("vendor/",), "."),
        extend_include={"dockerfile": Patterns(("*.docker.in",), ".")},
        select=("unpinned", "floating-tag"),
        ignore=("floating-tag",),
        severity={"unpinned": Severity.WARNING},
        overrides=(
            Override(Patterns(("tests/",), "."), select=("unpinned",)),
            Override(Patterns(("/prod/*.yaml",), "."), ignore=("unpinned",), severity={"floating-tag": Severity.ERROR}),
        ),
        fail_on=Severity.NOTE,
        ignore_images=("localhost/**", "!localhost/base"),
        require_ignore_reason=True,
        platforms=("linux/amd64", "linux/arm/v7"),
        min_age=7,
        verify=True,
        ca_file="certs/all.pem",
        trusted_realms=("auth.example:8443",),
        registries={
            "docker.io": RegistryTable(mirror="https://mirror.example/hub"),
            "*": RegistryTable(mirror="http://127.0.0.1:5000"),
            "registry.example:5000": RegistryTable(None, True, "own.pem", ("auth.example",)),
        },
        jobs=8,
        timeout=60.0,
        kinds={"kubernetes": "check"},
        build_args=(built,),
        builds=(ConfiguredBuilds((built,), "pinner.toml"),),
        helm_write="tag",
        color="never",
        baseline="ci/baseline.json",
        ledger="ci/ledger.json",
        images=(
            ImageSettings(("quay.io/us/**",), ("linux/amd64",), 0, True),
            ImageSettings(("**", "!ghcr.io/**"), update=False),
        ),
        format=(("concise", None), ("sarif", "ci/out.sarif")),
    )


def test_paths_in_a_file_start_at_its_folder(folder: Path) -> None:
    (folder.parent / "pinner.toml").write_text('exclude = ["vendor/"]\nca-file = "certs/ca.pem"')
    settings = load()
    assert settings.exclude == Patterns(("vendor/",), "..")
    assert settings.ca_file == "../certs/ca.pem"
    assert settings.exclude.matcher()("../vendor/Dockerfile")
    assert not settings.exclude.matcher()("../app/Dockerfile")


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("PINNER_EXCLUDE", "vendor/, *.j2", "exclude", Patterns(("vendor/", "*.j2"), ".")),
        ("PINNER_SELECT", "unpinned", "select", ("unpinned",)),
        ("PINNER_IGNORE", "unpinned,floating-tag", "ignore", ("unpinned", "floating-tag")),
        ("PINNER_FAIL_ON", "warning", "fail_on", Severity.WARNING),
        ("PINNER_IGNORE_IMAGES", "localhost/**", "ignore_images", ("localhost/**",)),
        ("PINNER_REQUIRE_IGNORE_REASON", "true", "require_ignore_reason", True),
        ("PINNER_PLATFORMS", "linux/amd64", "platforms", ("linux/amd64",)),
        ("PINNER_MIN_AGE", "3", "min_age", 3),
        ("PINNER_VERIFY", "on", "verify", True),
        ("PINNER_MIRROR", "docker.io=https://m.example,*=http://n", "mirror",
         (("docker.io", "https://m.example"), ("*", "http://n"))),
        ("PINNER_INSECURE", "Registry.example:5000", "insecure", ("registry.example:5000",)),
        ("PINNER_CA_FILE", "ca.pem", "ca_file", "ca.pem"),
        ("PINNER_TRUSTED_REALMS", "auth.example", "trusted_realms", ("auth.example",)),
        ("PINNER_JOBS", "4", "jobs", 4),
        ("PINNER_TIMEOUT", "1.5", "timeout", 1.5),
        ("PINNER_COLOR", "always", "color", "always"),
        ("PINNER_BASELINE", "b.json", "baseline", "b.json"),
        ("PINNER_LEDGER", "l.json", "ledger", "l.json"),
        ("PINNER_FORMAT", "text,json=a", "format", (("text", None), ("json", "a"))),
    ],
)  # fmt: skip
def test_the_environment(folder: Path, variable: str, text: str, field: str, value: object) -> None:
    assert load({variable: text}) == Settings()._replace(**{field: value})


def test_every_key_without_a_table_has_a_variable() -> None:
    without = {key.name for key in KEYS if not key.in_environment}
    assert without == {"build-args", "extend-include", "kinds", "severity", "overrides", "registries", "images"}


@pytest.mark.parametrize(
    "variable", ["PINNER_JOBS", "PINNER_EXCLUDE", "PINNER_NO_CONFIG", "PINNER_CONFIG", "PINNER_JOB"]
)
def test_an_empty_variable_says_nothing(folder: Path, variable: str) -> None:
    (folder / "pinner.toml").write_text('jobs = 4\nexclude = ["a"]')
    assert load({variable: ""}) == Settings(jobs=4, exclude=Patterns(("a",), "."))


def test_variables_of_others_are_left_alone(folder: Path) -> None:
    assert load({"PINNER_VERSION": "1.0", "PINNERY": "x", "JOBS": "x"}) == Settings()


@pytest.mark.parametrize(
    ("flags", "environ", "jobs", "exclude"),
    [
        ({}, {}, 2, ("file",)),
        ({}, {"PINNER_JOBS": "3"}, 3, ("file",)),
        ({"jobs": 4}, {"PINNER_JOBS": "3"}, 4, ("file",)),
        ({"jobs": 4, "exclude": None}, {"PINNER_EXCLUDE": "variable"}, 4, ("variable",)),
        ({"exclude": ["flag", "too"]}, {"PINNER_EXCLUDE": "variable"}, 2, ("flag", "too")),
    ],
)
def test_a_flag_over_the_environment_over_the_file(
    folder: Path, flags: dict[str, Any], environ: dict[str, str], jobs: int, exclude: tuple[str, ...]
) -> None:
    (folder / "pinner.toml").write_text('jobs = 2\nexclude = ["file"]')
    settings = load(environ, **flags)
    assert (settings.jobs, settings.exclude.lines) == (jobs, exclude)


def test_commas_separate_the_rules_of_a_flag_but_not_patterns(folder: Path) -> None:
    settings = load({}, select=["unpinned,floating-tag", "stale-digest"], exclude=["a,b"])
    assert settings.select == ("unpinned", "floating-tag", "stale-digest")
    assert settings.exclude.lines == ("a,b",)


def test_what_only_flags_say(folder: Path) -> None:
    assert load({}, diff=True, stdin_filename="x", verbosity=-1) == Settings(
        diff=True, stdin_filename="x", verbosity=-1
    )


@pytest.mark.parametrize(
    ("flags", "environ", "jobs"),
    [
        ({}, {}, 2),
        ({"config": "other.toml"}, {}, 3),
        ({"no_config": True}, {}, 16),
        ({}, {"PINNER_CONFIG": "other.toml"}, 3),
        ({}, {"PINNER_NO_CONFIG": "1"}, 16),
        ({}, {"PINNER_NO_CONFIG": "0"}, 2),
        ({}, {"PINNER_NO_CONFIG": "1", "PINNER_CONFIG": "other.toml"}, 16),
        ({"config": "other.toml"}, {"PINNER_NO_CONFIG": "1"}, 3),
        ({"no_config": True}, {"PINNER_CONFIG": "other.toml"}, 16),
    ],
)
def test_which_file_is_read(folder: Path, flags: dict[str, Any], environ: dict[str, str], jobs: int) -> None:
    (folder / "pinner.toml").write_text("jobs = 2")
    (folder / "other.toml").write_text("jobs = 3")
    assert load(environ, **flags).jobs == jobs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ignore_images = []", 'pinner.toml:1: unknown key "ignore_images": did you mean "ignore-images"?'),
        ("\nexcludes = []", 'pinner.toml:2: unknown key "excludes": did you mean "exclude"?'),
        ("kind = ['dockerfile']",
         'pinner.toml:1: "kind" is no key here: switch the other kinds off, as [kinds] helm-values = "off"'),
        ("jobs = 'many'", 'pinner.toml:1: jobs: a whole number is needed, not "many"'),
        ("jobs = 0", "pinner.toml:1: jobs: at least 1 is needed, not 0"),
        ("timeout = 0", "pinner.toml:1: timeout: at least 0.1 is needed, not 0"),
        ("select = ['unpined']", 'pinner.toml:1: select[0]: unknown rule "unpined": did you mean "unpinned"?'),
        ("fail-on = 'errors'", 'pinner.toml:1: fail-on: unknown severity "errors": did you mean "error"?'),
        ("[severity]\nunpinned = 'off'",
         'pinner.toml:2: severity.unpinned: unknown severity "off": choose from error, note, warning'),
        ("[severity]\nunpined = 'note'",
         'pinner.toml:2: severity.unpined: unknown rule "unpined": did you mean "unpinned"?'),
        ("[[overrides]]\nselect = []", 'pinner.toml:1: overrides[0]: "files" is missing'),
        ("[[overrides]]\nfile = []", 'pinner.toml:2: overrides[0]: unknown key "file": did you mean "files"?'),
        ("extend-include = ['*.j2']", 'pinner.toml:1: extend-include: a table is needed, not ["*.j2"]'),
        ("[extend-include]\nhelm-value = ['*.j2']",
         'pinner.toml:2: extend-include.helm-value: unknown kind "helm-value": did you mean "helm-values"?'),
        ("ignore-images = ['node']",
         "pinner.toml:1: ignore-images[0]: node matches no image: canonical names start with a registry, "
         "as docker.io/library/node does"),
        ("platforms = ['amd64']",
         'pinner.toml:1: platforms[0]: "amd64" is not a platform such as linux/amd64 or linux/arm/v7'),
        ("color = 2024-01-01", 'pinner.toml:1: color: a string is needed, not "2024-01-01"'),
        ("[registries.ghcr.io]\ninsecure = true",
         'pinner.toml:1: registries.ghcr: "ghcr" is not a host of a registry in quotes, such as "ghcr.io"'),
        ("[registries.'https://ghcr.io']\ninsecure = true",
         'pinner.toml:1: registries."https://ghcr.io": "https://ghcr.io" is not a host of a registry in quotes, '
         'such as "ghcr.io"'),
        ("registries.'docker.io'.insecure = true\nregistries.'Index.docker.io'.insecure = true",
         'pinner.toml:2: registries."Index.docker.io": docker.io is there twice'),
        ("[registries.'*']\ninsecure = true",
         'pinner.toml:2: registries."*": unknown key "insecure": choose from mirror'),
        ("[registries.'ghcr.io']\nmirror = 'mirror.example'",
         'pinner.toml:2: registries."ghcr.io".mirror: "mirror.example" is not an http or https URL'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file(folder: Path, text: str, message: str) -> None:
    (folder / "pinner.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load({})
    assert str(caught.value) == message


def test_all_that_is_wrong_is_told_at_once(folder: Path) -> None:
    (folder / "pinner.toml").write_text(
        "jobs = 0\nmirror = ['docker.io=https://m.example']\nselct = []\n"
        "format = ['xml', 5, 'json=../x']\n"
        "[[overrides]]\nignore = ['x', 'y']\n[registries.'ghcr.io']\nmirror = 1\ninsecure = 2\n"
    )
    with pytest.raises(UsageError) as caught:
        load({"PINNER_TIMEOUT": "soon"}, select=["z"])
    assert [line.partition(": choose from")[0] for line in str(caught.value).split("\n")] == [
        "pinner.toml:1: jobs: at least 1 is needed, not 0",
        'pinner.toml: "mirror" is no key here: write it for each registry, as [registries."HOST"] mirror = …',
        'pinner.toml:3: unknown key "selct": did you mean "select"?',
        'pinner.toml:4: format: "json=../x" names a file to write, which a configuration that was found must not do: '
        "pass --format, or name the configuration with --config",
        'pinner.toml:4: format[0]: unknown format "xml"',
        "pinner.toml:4: format[1]: a string is needed, not 5",
        'pinner.toml:6: overrides[0].ignore[0]: unknown rule "x"',
        'pinner.toml:6: overrides[0].ignore[1]: unknown rule "y"',
        'pinner.toml:5: overrides[0]: "files" is missing',
        'pinner.toml: registries."ghcr.io".mirror: a string is needed, not 1',
        'pinner.toml:9: registries."ghcr.io".insecure: true or false is needed, not 2',
        'PINNER_TIMEOUT: a number is needed, not "soon"',
        '--select: unknown rule "z"',
    ]


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        ({}, {"PINNER_JOBS": "many"}, 'PINNER_JOBS: a number is needed, not "many"'),
        ({}, {"PINNER_JOBS": "1.5"}, "PINNER_JOBS: a whole number is needed, not 1.5"),
        ({}, {"PINNER_SELECT": "a"}, "PINNER_SELECT: unknown rule \"a\": choose from "),
        ({}, {"PINNER_NO_CONFIG": "x"}, 'PINNER_NO_CONFIG: true or false is needed, not "x"'),
        ({}, {"PINNER_JOB": "1"}, "PINNER_JOB: unknown variable: did you mean PINNER_JOBS?"),
        ({}, {"PINNER_NO_CONFG": "1"}, "PINNER_NO_CONFG: unknown variable: did you mean PINNER_NO_CONFIG?"),
        ({}, {"PINNER_ONLINE": "1"}, "PINNER_ONLINE: this setting is not read from the environment"),
        ({}, {"PINNER_REGISTRIES": "x"}, "PINNER_REGISTRIES: this setting is not read from the environment"),
        ({}, {"PINNER_CONFIG": "none"}, "none: cannot read the configuration: no such file or directory"),
        ({"select": ["x"]}, {}, '--select: unknown rule "x": choose from '),
        ({"mirror": ["ghcr.io"]}, {}, '--mirror: "ghcr.io" is not HOST=URL, with * for any other host'),
        ({"config": ""}, {}, '--config: "" is no file name'),
        ({"config": "", "no_config": True}, {"PINNER_CONFIG": "a"}, '--config: "" is no file name'),
        ({"config": "a", "no_config": True}, {}, "--config and --no-config exclude each other"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_flags_and_variables(
    folder: Path, flags: dict[str, Any], environ: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load(environ, **flags)
    assert str(caught.value).startswith(message)


def test_the_table_and_the_settings_agree() -> None:
    """The fast way, on which the table is not imported, gives the table's defaults."""
    for key in KEYS:
        default = None if key.default is None else read_value(key.type, key.default, ".")
        assert getattr(Settings(), key.field) == default, key.name
    for key in KEYS:
        for table in _tables(key.type):
            made = table.make(**{each.field: read_value(each.type, [], ".") for each in table.keys if each.required})
            if key.name == "extend-include":
                assert [each.name for each in table.keys] == [each.NAME for each in FORMATS]
            else:
                assert {each.field for each in table.keys} <= set(made._fields), key.name


def _tables(kind: Any) -> list[Table]:
    if isinstance(kind, Table):
        return [kind]
    return [table for inner in ("item", "value") if hasattr(kind, inner) for table in _tables(getattr(kind, inner))]


def test_where_values_come_from(folder: Path) -> None:
    (folder / "pinner.toml").write_text('\njobs = 2\ncolor = "never"\nmin-age = 3')
    given = collect_layers({"jobs": 4}, {"PINNER_COLOR": "always"}).given
    assert {name: (each.raw, each.origin, each.source) for name, each in given.items()} == {
        "jobs": (4, SettingOrigin.FLAG, "--jobs"),
        "color": ("always", SettingOrigin.ENVIRONMENT, "PINNER_COLOR"),
        "min_age": (3, SettingOrigin.FILE, "pinner.toml:4"),
    }


def test_the_file_and_the_environment_can_say_everything(folder: Path) -> None:
    """The two tests above name every key."""
    (folder / "pinner.toml").write_text(FULL)
    given = {each.key.name for each in collect_layers({"config": "pinner.toml"}, {}).given.values()}
    assert given == {key.name for key in KEYS if key.in_file}


def test_variables_are_named_after_their_keys() -> None:
    assert variable_of("ignore-images") == "PINNER_IGNORE_IMAGES"


@pytest.mark.parametrize("environ", [{}, {"HOME": "/"}])
def test_nothing_is_imported_where_nothing_is_configured(folder: Path, environ: dict[str, str]) -> None:
    (folder / "pyproject.toml").write_text("[project]")
    code = "import sys; from pinner.config import load; load(); print(*sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path[:0] = [{str(root)!r}]; {code}"],
                          capture_output=True, text=True, check=True, env=environ)  # fmt: skip
    assert not {"tomllib", "json", "difflib", "pathspec", "pinner.config.keys"} & set(done.stdout.split())
