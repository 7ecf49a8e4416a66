"""Settings of a run: flags, environment and configuration file as one value.

This module is what a hook imports. The rest of the package is imported only where there is something
to read: `keys` is the table of all settings, `types` reads their values, `files` finds and reads the
file, `tables` has the types of what it holds, `layers` puts one source over the other, `schema` and
`page` describe the table to others.
"""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pinner.model.occurrence import Severity
from pinner.scanning.gitignore import NO_PATTERNS, Patterns

if TYPE_CHECKING:
    from pinner.checking.rule_selection import Override
    from pinner.config.tables import ImageSettings, RegistryTable
    from pinner.scanning.build_args import BuildArgs, ConfiguredBuilds
    from pinner.scanning.revision import Revision
else:
    # In a string, a type would be compiled when the record is made, which takes longer than to read a file.
    Revision = object

ENVIRONMENT_PREFIX = "PINNER_"
_FLAGS_OF_LOAD = frozenset(("config", "no_config"))


class Settings(NamedTuple):
    """The settings of a run. Times are in seconds, `min_age` in days. `folder` is that of the configuration file.
    `builds` are what it says of builds, and with `policy_from` what the change's says as well. `format` has the name of
    each format and the file that a report in it goes to, None for standard output.

    Those of `pinner.config.keys` come from the file, the environment or a flag, the others from a flag alone.
    """

    folder: str = os.curdir
    exclude: Patterns = NO_PATTERNS
    extend_include: Mapping[str, Patterns] = {}
    kinds: Mapping[str, str] = {}
    build_args: tuple["BuildArgs", ...] = ()
    builds: tuple["ConfiguredBuilds", ...] = ()
    kind: tuple[str, ...] = ()
    helm_write: str = "digest"
    stdin_filename: str | None = None
    skip_unknown: bool = False

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    overrides: tuple["Override", ...] = ()
    ignore_images: tuple[str, ...] = ()
    require_ignore_reason: bool = False
    no_ignores: bool = False
    fail_on: Severity = Severity.ERROR
    exit_zero: bool = False
    baseline: str | None = None
    write_baseline: str | None = None
    diff_base: str | None = None
    policy_from: Revision | None = None

    platforms: tuple[str, ...] = ()
    images: tuple["ImageSettings", ...] = ()
    image: str | None = None
    to: str | None = None
    rollback: bool = False
    min_age: int = 0
    ledger: str | None = None
    verify: bool = False
    diff: bool = False
    online: bool = False
    deep: bool = False
    reuse: bool = False
    add: bool = False
    all_changes: bool = False
    allow_lost_platforms: bool = False

    mirror: tuple[tuple[str, str], ...] = ()
    insecure: tuple[str, ...] = ()
    ca_file: str | None = None
    trusted_realms: tuple[str, ...] = ()
    registries: Mapping[str, "RegistryTable"] = {}
    jobs: int = 16
    timeout: float = 15.0

    format: tuple[tuple[str, str | None], ...] = ()
    list_format: str = "text"
    statistics: bool = False
    color: str = "auto"
    verbosity: int = 0


def load(environ: Mapping[str, str] = os.environ, **flags: Any) -> Settings:
    """Return the settings in force. A flag that was not given is None and changes nothing.

    `config` names the file to read and `no_config` reads none; `policy_from` names the Git revision in which the file
    is looked for. Raises UsageError that names the source, the key and the nearest right one.
    """
    from pinner.config.files import find_config_file

    given = {name: value for name, value in flags.items() if value is not None}
    # What most hooks come to: nothing is said anywhere, and the table of settings, the rules and TOML stay unread.
    if (
        not given.keys() - {"verbosity"}
        and not any(name.startswith(ENVIRONMENT_PREFIX) for name in environ)
        and find_config_file(os.curdir) is None
    ):
        return Settings(**given)
    from pinner.config.layers import collect_layers

    if "policy_from" in given:
        from pinner.scanning.revision import find_revision

        given["policy_from"] = find_revision(given["policy_from"])
    layers = collect_layers(given, environ)
    read = {name: each.value for name, each in layers.given.items()}
    only_flags = {name: value for name, value in given.items() if name not in _FLAGS_OF_LOAD}
    settings = Settings(**only_flags | read, folder=os.path.dirname(layers.file or "") or os.curdir)
    settings = settings._replace(builds=tuple(_builds(settings, layers.file, given, environ)))
    # A flag goes before what the file says of some images, too.
    flags_for_images: dict[str, Any] = dict.fromkeys(given.keys() & {"min_age", "allow_lost_platforms"})
    return settings._replace(images=tuple(each._replace(**flags_for_images) for each in settings.images))


def _builds(
    settings: Settings, file: str | None, given: Mapping[str, Any], environ: Mapping[str, str]
) -> "Iterator[ConfiguredBuilds]":
    """Yield what configurations say of builds. Their values are references, not policy: the change's count as well."""
    from pinner.scanning.build_args import ConfiguredBuilds

    if settings.policy_from is None:
        if settings.build_args:
            yield ConfiguredBuilds(settings.build_args, file)
        return
    from pinner.config.layers import build_args_on_disk

    changed, path = build_args_on_disk(given, environ)
    # Without a path: it is the change's file in which digests are written, not the revision's.
    if changed != settings.build_args:
        yield ConfiguredBuilds(settings.build_args)
    if changed or settings.build_args:
        yield ConfiguredBuilds(changed, path)
