"""The questions of the commands to registries: with the settings in force, a progress bar, and the ledger."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pinner.cli.terminal import progress, tell
from pinner.config import Settings
from pinner.model.clock import require_plausible, seconds_now
from pinner.model.errors import UsageError
from pinner.model.reference import Reference, parse
from pinner.scanning.scan import Scan

if TYPE_CHECKING:
    from datetime import datetime

    from pinner.model.resolution import Resolution, Unresolved
    from pinner.output._states import Detail
    from pinner.pipeline import Answered
    from pinner.registry.settings import RegistrySettings
    from pinner.updating.decisions import OptionsOf
    from pinner.updating.ledger import Ledger
    from pinner.updating.pin_status import Examination
    from pinner.updating.updater import Choices, Update, Updates

LEDGER = "pinner-ledger.jsonl"
OLD_LEDGER = "pinner-ledger.json"
"""The name of the ledger in the older format, which is read where there is no other, and taken over."""


MAX_NAMED = 5
"""As many images of a repository are named where one that is asked for is not there."""


def resolve(
    asked: Iterable[Reference],
    settings: Settings,
    *,
    fetch: bool,
    scan: Scan | None = None,
    answered: "Answered | None" = None,
) -> "Mapping[Reference, Resolution]":
    """Return what the registries say of references, those of a scan if there is one; `fetch` also gets the content.

    `answered` is told of answers while others are waited for.
    """
    from pinner.registry.resolver import resolve as resolve_references

    references = list(dict.fromkeys(asked))
    if not references:
        return {}
    with progress("Asking registries", settings.verbosity != 0) as tick:
        beside = _references(scan) if scan else ()
        return resolve_references(
            references, registry_settings(settings), fetch=fetch, beside=beside, progress=tick, answered=answered
        )


def examine(asked: Iterable[Reference], scan: Scan, settings: Settings) -> "Mapping[Reference, Examination]":
    """Return the statuses of references for a check, with what `update` would do with their pins."""
    from pinner.updating.decisions import platforms_in_use
    from pinner.updating.pin_status import Depth
    from pinner.updating.updater import Update

    references = set(asked)
    if not references:
        return {}
    options_of = options_for(settings)
    ledger = _ledger(settings)
    in_use = platforms_in_use(scan.occurrences, options_of)
    used = {each: platforms for each, platforms in in_use.items() if each in references}
    found = _find(used, scan, options_of, ledger, settings, depth=Depth(deep=settings.deep))
    answers = found.by_reference.items()
    return {each: answer.judged if isinstance(answer, Update) else answer for each, answer in answers}


def find_updates(
    used: "Mapping[Reference, tuple[str, ...]]",
    scan: Scan,
    options_of: "OptionsOf",
    settings: Settings,
    *,
    write: bool,
) -> "Mapping[Reference, Update | Unresolved]":
    """Return what to do with the references in `used`. With `write` the ledger notes what was seen, if one is kept."""
    from pinner.updating.ledger import write_ledger

    if settings.image is not None and not (used or scan.failures):
        raise UsageError(_no_pin_of(settings.image, scan))
    ledger = _ledger(settings)
    choices = _choices(used, ledger, settings) if settings.to or settings.rollback else None
    found = _find(used, scan, options_of, ledger, settings, choices=choices)
    if write and (_ages_matter(settings) or settings.ledger or ledger.path):
        path = ledger_file(settings)
        # All references, also with --image: what is pinned is not forgotten because another image is updated.
        write_ledger(path, found.ledger, now(), _references(scan))
        # In this order: where the run ends in between there are two ledgers, and none is lost.
        if ledger.path and ledger.path != path:
            os.unlink(ledger.path)
            tell(f"{ledger.path} is now {path}: commit both")
    return found.by_reference


def detail(scan: Scan, settings: Settings) -> "list[Detail]":
    """Return the status of every place, with platforms and age."""
    from pinner.output._states import details
    from pinner.pipeline import pin_statuses
    from pinner.updating.pin_status import Depth
    from pinner.updating.pin_status import examine as examine_references

    def fetch(asked: Iterable[Reference]) -> "Mapping[Reference, Examination]":
        depth = Depth(fetch=True, deep=settings.deep)
        with progress("Asking registries", settings.verbosity != 0) as tick:
            return examine_references(sorted(set(asked), key=str), registry_settings(settings), depth, progress=tick)

    ledger = _ledger(settings)
    statuses, unchecked = pin_statuses(scan, fetch)
    return details(scan.occurrences, statuses, unchecked, ledger, now())


def now() -> "datetime":
    """Return the time by which ages count. Raises UsageError for one that cannot be."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(require_plausible(seconds_now()), UTC)


def options_for(settings: Settings) -> "OptionsOf":
    """Return what `update` may do with an image, by the settings for all and those for some."""
    from datetime import timedelta

    from pinner.scanning.image_globs import glob_matcher
    from pinner.updating.decisions import Options

    usual = Options(
        platforms=settings.platforms,
        add=settings.add,
        all_changes=settings.all_changes,
        allow_lost_platforms=settings.allow_lost_platforms,
        min_age=timedelta(days=settings.min_age),
        verify=settings.verify,
    )
    # Globs are compiled once: a tree may name thousands of images.
    some = [(glob_matcher(each.match), each) for each in settings.images]

    def options_of(image: Reference) -> Options:
        options = usual
        for matches, each in some:
            if matches(image):
                min_age = None if each.min_age is None else timedelta(days=each.min_age)
                given = {**each._asdict(), "min_age": min_age, "match": None}
                options = options._replace(**{name: value for name, value in given.items() if value is not None})
        return options

    return options_of


def registry_settings(settings: Settings) -> "RegistrySettings":
    """Return what the registry client is told. Raises UsageError for a certificate file that a change has touched."""
    # Imported where something is asked: it brings httpx with it.
    from pinner.registry.settings import RegistryOverride, RegistrySettings, Timeouts

    if settings.policy_from:
        for file in filter(None, (settings.ca_file, *(each.ca_file for each in settings.registries.values()))):
            settings.policy_from.require_unchanged(file)
    # A flag goes before the file, host by host.
    mirrors = {host: each.mirror for host, each in settings.registries.items() if each.mirror}
    return RegistrySettings(
        mirrors=mirrors | dict(settings.mirror),
        insecure=settings.insecure,
        ca_file=settings.ca_file,
        registries={
            host: RegistryOverride(insecure=each.insecure, ca_file=each.ca_file, trusted_realms=each.trusted_realms)
            for host, each in settings.registries.items()
        },
        trusted_realms=settings.trusted_realms,
        jobs=settings.jobs,
        timeouts=Timeouts(overall=settings.timeout),
        log=tell if settings.verbosity > 0 else None,
    )


def _find(
    used: "Mapping[Reference, tuple[str, ...]]",
    scan: Scan,
    options_of: "OptionsOf",
    ledger: "Ledger",
    settings: Settings,
    **others: Any,
) -> "Updates":
    from pinner.updating.updater import find_updates as find

    beside, asked = _references(scan), registry_settings(settings)
    with progress("Asking registries", settings.verbosity != 0) as tick:
        return find(used, asked, options_of, ledger, now(), beside=beside, progress=tick, **others)


def _references(scan: Scan) -> list[Reference]:
    """Return all references in the files, lest a mirror answer for one registry what another has."""
    return [each.target for each in scan.occurrences if isinstance(each.target, Reference)]


def _choices(used: Iterable[Reference], ledger: "Ledger", settings: Settings) -> "Choices":
    """Return where `--to` and `--rollback` want the pins to go. Raises UsageError for what the ledger does not know."""
    from pinner.updating.updater import earlier_pins

    path = ledger_file(settings)
    choices = {}
    for pin in used:
        known = [fact.digest for fact in ledger.facts_of(pin.by_tag())]
        choices[pin] = (settings.to,) if settings.to else earlier_pins(pin, ledger)
        if settings.to and settings.to not in known:
            raise UsageError(f"--to {settings.to}: the ledger {path} does not know this digest of {settings.image}")
        if not choices[pin]:
            raise UsageError(f"--rollback: the ledger {path} knows no digest of {settings.image} before {pin.digest}")
    return choices


def _no_pin_of(image: str, scan: Scan) -> str:
    """Return that no file pins an image, with what is there of its repository: a tag may be missing or another."""
    name = parse(image).name
    there = dict.fromkeys(each.by_tag() for each in _references(scan) if each.name == name)
    if parse(image).by_tag() in there:
        return f"--image {image}: no reference to {image} has a digest that could be updated; `pinner pin` adds one"
    shown = ", ".join(each.familiar for each in list(there)[:MAX_NAMED])
    more = f" and {len(there) - MAX_NAMED} more" if len(there) > MAX_NAMED else ""
    advice = f"of this repository there is {shown}{more}" if there else "`pinner list` shows what there is"
    return f"--image {image}: no reference to {image}; {advice}"


def _ages_matter(settings: Settings) -> bool:
    return bool(settings.min_age) or any(each.min_age for each in settings.images)


def _ledger(settings: Settings) -> "Ledger":
    """Read the ledger that is named, else the one beside the configuration, in the older format where need be.

    With `--policy-from` it is the one of that revision: an age is evidence that a change must not bring along.
    """
    from pinner.updating.ledger import read_ledger

    path, time = ledger_file(settings), now()
    revision = settings.policy_from
    read = revision.read if revision and revision.holds(path) else None
    ledger = read_ledger(path, time, read)
    # A ledger that is named is meant: nothing else is read in its place.
    if ledger.path is None and not settings.ledger:
        ledger = read_ledger(os.path.join(settings.folder, OLD_LEDGER), time, read)
    if ledger.path is None and _ages_matter(settings):
        tell(f"no ledger at {path}: every age starts today")
    if ledger.from_future:
        lines = "1 line" if ledger.from_future == 1 else f"{ledger.from_future} lines"
        tell(f"warning: the ledger {ledger.path} holds {lines} from the future, which count from today")
    return ledger


def ledger_file(settings: Settings) -> str:
    """Return the ledger that is named, else the one beside the configuration.

    Raises UsageError for a link by the default name, with which a checkout could turn it into a file elsewhere.
    """
    if settings.ledger:
        return settings.ledger
    for name in (LEDGER, OLD_LEDGER):
        path = os.path.normpath(os.path.join(settings.folder, name))
        if os.path.islink(path):
            raise UsageError(f"{path}: the ledger is a link: remove it, or name the file that is meant with --ledger")
    return os.path.normpath(os.path.join(settings.folder, LEDGER))
