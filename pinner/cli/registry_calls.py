"""The questions of the commands to registries: with the settings in force, a progress bar, and the ledger."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pinner.cli.terminal import progress, tell
from pinner.config import Settings
from pinner.model.errors import UsageError
from pinner.model.reference import Reference
from pinner.registry.settings import RegistryOverride, RegistrySettings, Timeouts
from pinner.scanning.scan import Scan

if TYPE_CHECKING:
    from pinner.model.resolution import Resolution, Unresolved
    from pinner.output._states import Detail
    from pinner.updating.decisions import Options
    from pinner.updating.ledger import Ledger
    from pinner.updating.pin_status import Examination
    from pinner.updating.updater import Update

LEDGER = "pinner-ledger.json"
_LEDGERS = (LEDGER, "pinner-ledger.jsonl")


def resolve(asked: Iterable[Reference], settings: Settings, *, fetch: bool) -> "Mapping[Reference, Resolution]":
    """What the registries say of references; `fetch` also gets the content."""
    from pinner.registry.resolver import resolve as resolve_references

    references = _in_order(asked)
    if not references:
        return {}
    with progress("Asking registries", settings.verbosity != 0) as tick:
        return resolve_references(references, registry_settings(settings), fetch=fetch, progress=tick)


def examine(
    asked: Iterable[Reference], settings: Settings, *, fetch: bool = False
) -> "Mapping[Reference, Examination]":
    """The statuses of references; `fetch` also gets the content, for its platforms."""
    from pinner.updating.pin_status import Depth
    from pinner.updating.pin_status import examine as examine_references

    references = _in_order(asked)
    if not references:
        return {}
    depth = Depth(fetch=fetch, deep=settings.deep)
    with progress("Asking registries", settings.verbosity != 0) as tick:
        return examine_references(references, registry_settings(settings), depth, progress=tick)


def find_updates(
    used: Mapping[Reference, tuple[str, ...]], options: "Options", settings: Settings, *, write: bool
) -> "Mapping[Reference, Update | Unresolved]":
    """What to do with the references in `used`. With `write` the ledger notes what was seen, if one is kept."""
    from datetime import UTC, datetime

    from pinner.updating.ledger import write_ledger
    from pinner.updating.updater import find_updates as find

    ledger = _ledger(settings)
    with progress("Asking registries", settings.verbosity != 0) as tick:
        updates = find(used, registry_settings(settings), options, ledger, datetime.now(UTC), progress=tick)
    if write and (settings.min_age or settings.ledger or ledger.seen):
        write_ledger(_ledger_file(settings), updates.ledger)
    return updates.by_reference


def detail(scan: Scan, settings: Settings) -> "list[Detail]":
    """The state of every place, with platforms and age."""
    from datetime import UTC, datetime

    from pinner.output._states import details
    from pinner.pipeline import pin_statuses

    ledger = _ledger(settings)
    statuses, unchecked = pin_statuses(scan, lambda asked: examine(asked, settings, fetch=True))
    return details(scan.occurrences, statuses, unchecked, ledger, datetime.now(UTC))


def registry_settings(settings: Settings) -> RegistrySettings:
    """What the registry client is told. Raises UsageError for a file of certificates that a change has touched."""
    if settings.policy_from:
        for file in filter(None, (settings.ca_file, *(each.ca_file for each in settings.registries.values()))):
            settings.policy_from.require_unchanged(file)
    mirrors = {host: each.mirror for host, each in settings.registries.items() if each.mirror}
    return RegistrySettings(
        mirrors=mirrors | dict(settings.mirror),
        insecure=settings.insecure,
        ca_file=settings.ca_file,
        registries={
            host: RegistryOverride(each.insecure, each.ca_file, each.trusted_realms)
            for host, each in settings.registries.items()
        },
        trusted_realms=settings.trusted_realms,
        jobs=settings.jobs,
        jobs_per_host=settings.jobs_per_host,
        timeouts=Timeouts(overall=settings.timeout),
        log=tell if settings.verbosity > 0 else None,
    )


def _ledger(settings: Settings) -> "Ledger":
    from pinner.updating.ledger import read_ledger

    return read_ledger(_ledger_file(settings))


def _ledger_file(settings: Settings) -> str:
    """The ledger that is named, else the default one, which a checkout must not turn into a file elsewhere."""
    if settings.ledger:
        return settings.ledger
    for name in _LEDGERS:
        if os.path.islink(name):
            raise UsageError(f"{name}: the ledger is a link: remove it, or name the file that is meant with --ledger")
    return LEDGER


def _in_order(references: Iterable[Reference]) -> list[Reference]:
    return sorted(set(references), key=str)
