"""The commands: settings in, output and exit code out. `cli.app` declares their flags; docstrings are their help.

They stand apart from `cli` so that a plain `pinner check` in a hook need not import typer. Each imports
what it needs when it is run: the others would double the time that it takes to start.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pinner.cli.terminal import (
    abandon_broken_streams,
    prepare_streams,
    standard_stream,
    tell,
    width_of,
    write_bytes,
    write_text,
)
from pinner.model.clock import seconds_now
from pinner.model.errors import ExitCode, Interrupted, InvalidReference, PinnerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pinner.checking.rule_selection import RuleSelection
    from pinner.config import Settings
    from pinner.fixing.fixer import Fixed
    from pinner.model.reference import Reference
    from pinner.model.report import Report
    from pinner.model.resolution import Resolution
    from pinner.pipeline import Answered, Outcome
    from pinner.scanning.changed_lines import ChangedLines
    from pinner.scanning.kind_settings import KindSettings
    from pinner.scanning.scan import Scan
    from pinner.scanning.suppressions import SuppressionSettings

STDIN = "-"
ALONE = "digest-on-built-image"
"""The rule whose digests `unpin` can take away alone."""


def run(command: Callable[[], ExitCode]) -> ExitCode:
    """Run a command; what ends it becomes one line and an exit code, never a traceback."""
    prepare_streams()
    try:
        code = command()
        standard_stream().flush()
        return code
    except PinnerError as error:
        for line in str(error).split("\n"):
            tell(f"error: {line}")
        return ExitCode.USAGE
    except KeyboardInterrupt as error:
        tell(f"interrupted: {error}" if isinstance(error, Interrupted) else "interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        abandon_broken_streams()
        return ExitCode.FINDINGS
    except OSError as error:
        # As of a full disk: what could not be reported counts as unchecked.
        abandon_broken_streams()
        tell(f"error: {error.strerror or error}")
        return ExitCode.UNCHECKED


def check(paths: Sequence[str], settings: Settings) -> ExitCode:
    """Report images that are not pinned. With --online also pins that are stale, gone or broken. Writes nothing."""
    from pinner.checking.linter import one_for_a_variable
    from pinner.cli.reporting import require_files, write_report

    if settings.deep and not settings.online:
        raise UsageError("--deep asks registries: add --online")
    if settings.write_baseline == "":
        raise UsageError('--write-baseline: "" is no file name')
    if settings.policy_from and settings.write_baseline:
        raise UsageError("--write-baseline writes what is found now: it does not go with --policy-from")
    scan = _scan(paths, settings, accept_pinned_outside=not settings.online)
    if settings.policy_from:
        from pinner.scanning.policy import with_suppressions_of

        scan = with_suppressions_of(scan, settings.policy_from)
    require_files(settings, scan, is_stdin=list(paths) == [STDIN])
    changed = _changed_lines(scan, settings)
    report = _lint(scan, settings, changed)
    report = _without_known(report, scan, settings)
    # The baseline comes first: its entries are outdated only if no finding of the whole run needs them.
    report = one_for_a_variable(changed.restrict(report) if changed else report)
    write_report(report, settings, paths=paths)
    return _exit_code(report, settings)


def pin(paths: Sequence[str], settings: Settings) -> ExitCode:
    """Add the missing digests. Images that are pinned already stay as they are."""
    from pinner import pipeline
    from pinner.cli import registry_calls

    def edit(scan: Scan, write: bool) -> Outcome:
        @_before_writing()
        def resolve(asked: Iterable[Reference], answered: Answered) -> Mapping[Reference, Resolution]:
            return registry_calls.resolve(asked, settings, fetch=settings.verify, scan=scan, answered=answered)

        return pipeline.pin(scan, resolve, write=write, reuse=settings.reuse, selection=_rule_selection(settings))

    return _edit(paths, settings, edit)


def update(paths: Sequence[str], settings: Settings) -> ExitCode:
    """Refresh the digests: pins move to what their tags name now. The tags stay as they are."""
    from pinner import pipeline
    from pinner.cli import registry_calls

    # Before the files are read: a wrong flag needs no answer from them.
    is_wanted = _wanted_image(settings)

    def edit(scan: Scan, write: bool) -> Outcome:
        options_of = registry_calls.options_for(settings)
        find_updates = partial(
            registry_calls.find_updates, scan=scan, options_of=options_of, settings=settings, write=write
        )
        return pipeline.update(
            scan,
            _before_writing()(find_updates),
            options_of,
            write=write,
            add=settings.add,
            is_wanted=is_wanted,
            selection=_rule_selection(settings),
        )

    return _edit(paths, settings, edit)


def _wanted_image(settings: Settings) -> Callable[[Reference], bool] | None:
    """Return whether a pin is one of `--image`, None where all are. Raises UsageError for flags that make no sense."""
    from pinner.model.reference import is_digest

    if settings.to and settings.rollback:
        raise UsageError("--to and --rollback exclude each other")
    if settings.to and not is_digest(settings.to):
        raise UsageError(f"--to {settings.to}: a digest is needed: sha256: and 64 hexadecimal digits in lower case")
    if settings.image is None:
        if settings.to or settings.rollback:
            raise UsageError("--to and --rollback are about one image: name it with --image")
        return None
    image = _parse_argument(settings.image).by_tag()
    return lambda reference: reference.by_tag() == image


def unpin(paths: Sequence[str], settings: Settings) -> ExitCode:
    """Take all digests away. name:tag@sha256:... becomes name:tag."""
    from pinner import pipeline

    only_built = set(settings.select) == {ALONE}
    return _edit(paths, settings, lambda scan, write: pipeline.unpin(scan, write=write, only_built=only_built))


def list_references(paths: Sequence[str], settings: Settings) -> ExitCode:
    """Show every image reference, pinned or not. With the kind of its file and the image it stands for."""
    scan = _scan(paths, settings)
    online = None
    if settings.online:
        from pinner.cli import registry_calls

        online = registry_calls.detail(scan, settings)
    if settings.list_format == "json":
        from pinner.output import listing

        write_text(listing.render_list(scan.occurrences, scan.failures, online))
    else:
        from pinner.output import table
        from pinner.output.text import failure_line

        stream = standard_stream()
        write_text(table.render_list(scan.occurrences, online, width_of(stream) if stream.isatty() else None))
        for failure in scan.failures:
            tell(failure_line(failure))
    unanswered = any(each.reason for each in online or ())
    return ExitCode.UNCHECKED if scan.failures or unanswered else ExitCode.CLEAN


def resolve(texts: Sequence[str], settings: Settings) -> ExitCode:
    """Ask registries for the digests of images. JSON also shows the platforms of an index."""
    from pinner.cli import registry_calls
    from pinner.output import listing, table

    references = {text: _parse_argument(text) for text in texts}
    # Of `name:tag@digest` the digest decides, as in a pull: the tag is not asked for.
    asked = {text: each.by_digest() if each.digest else each.by_tag() for text, each in references.items()}
    as_json = settings.list_format == "json"
    with _before_writing():
        resolutions = registry_calls.resolve(asked.values(), settings, fetch=as_json or settings.verify)
    answers, unanswered = listing.sort_out(references, {text: resolutions[each] for text, each in asked.items()})
    write_text(listing.render_resolve(answers, unanswered) if as_json else table.render_resolve(answers))
    for text, reason, detail in unanswered:
        tell(f"{text}: unchecked[{reason}] {detail}")
    return ExitCode.UNCHECKED if unanswered else ExitCode.CLEAN


def explain(names: Sequence[str]) -> ExitCode:
    """Print the documentation of rules, or list all rules where none is named."""
    from pinner.cli.pages import page_of_rule, table_of_rules, write_page
    from pinner.config.values import unknown
    from pinner.rules import RULES

    rules = {rule.ID: rule for rule in RULES}
    for name in names:
        if name not in rules:
            raise UsageError(unknown("rule", name, rules))
    if names:
        write_page("\n".join(page_of_rule(rules[name]) for name in names))
    else:
        write_text(table_of_rules(RULES))
    return ExitCode.CLEAN


def show_config(flags: Mapping[str, object], *, as_json: bool) -> ExitCode:
    """Show the settings in force."""
    from pinner.config import show

    settings = show.in_force(flags, os.environ)
    write_text(show.as_json(settings) if as_json else show.as_text(settings))
    return ExitCode.CLEAN


def _scan(paths: Sequence[str], settings: Settings, *, accept_pinned_outside: bool = False) -> Scan:
    """Return what is behind `paths`. Raises UsageError where there is nothing to check."""
    from pinner.scanning.kind_settings import kind_settings
    from pinner.scanning.suppressions import SuppressionSettings

    if STDIN in paths and list(paths) != [STDIN]:
        raise UsageError("- stands for standard input and cannot be combined with other paths")
    kinds = kind_settings(settings.kinds, settings.kind, writes_tag=settings.helm_write == "tag")
    suppression_settings = SuppressionSettings(
        ignore_images=settings.ignore_images,
        require_ignore_reason=settings.require_ignore_reason,
        no_ignores=settings.no_ignores,
        today=time.strftime("%Y-%m-%d", time.gmtime(seconds_now())),
    )
    if STDIN in paths:
        scan = _scan_stdin(settings, kinds, suppression_settings)
    else:
        scan = _scan_files(paths, settings, kinds, suppression_settings, accept_pinned_outside)
    return scan._replace(platforms=settings.platforms)


def _scan_stdin(settings: Settings, kinds: KindSettings, suppression_settings: SuppressionSettings) -> Scan:
    from pinner.model.source import Source
    from pinner.scanning.discovery import format_of
    from pinner.scanning.scan import scan_stdin

    name = settings.stdin_filename or "Dockerfile"
    file_format = format_of(name, settings.extend_include, kinds)
    if sys.stdin is None:  # as Python has it where the shell closed it: `<&-`
        raise UsageError("- stands for standard input, which is closed")
    source = Source(name, sys.stdin.buffer.read())
    return scan_stdin(source, file_format, suppression_settings, kinds, settings.builds)


def _scan_files(
    paths: Sequence[str],
    settings: Settings,
    kinds: KindSettings,
    suppression_settings: SuppressionSettings,
    accept_pinned_outside: bool,
) -> Scan:
    from pinner.scanning.discovery import discover
    from pinner.scanning.scan import scan_files

    found = discover(paths or ["."], settings.exclude, settings.extend_include, kinds)
    for warning in found.warnings:
        tell(f"warning: {warning}")
    scan = scan_files(
        found.files,
        found.failures,
        suppression_settings,
        excluded=found.excluded,
        excludes=settings.exclude.matcher(),
        accept_pinned_outside=accept_pinned_outside,
        kind_settings=kinds,
        skip_unknown=settings.skip_unknown,
        builds=settings.builds,
    )
    if settings.verbosity > 0:
        from pinner.scanning.unclaimed import keys_elsewhere, keys_of_no_kind

        for path, line in keys_of_no_kind(scan):
            tell(f"note: {path}:{line} has a key for an image, and is of no kind: extend-include gives it one")
        for path, line in keys_elsewhere(scan):
            tell(f"note: {path}:{line} has a key for an image where files of its kind are not read for one")
    if not (scan.files or scan.failures or scan.unknown):
        _refuse_nothing(paths, scan.excluded)
    return scan


def _refuse_nothing(paths: Sequence[str], excluded: int) -> None:
    """Raise UsageError unless every path is a file that is excluded: a hook names such files, too."""
    where = ", ".join(paths) or "this folder"
    if not excluded:
        raise UsageError(f"nothing to check: no file in {where} is of a kind that pulls images")
    if any(map(os.path.isdir, paths or ["."])):
        raise UsageError(f"nothing to check: every file in {where} is excluded ({excluded})")


def _changed_lines(scan: Scan, settings: Settings) -> ChangedLines | None:
    if settings.diff_base is None:
        return None
    from pinner.scanning.changed_lines import changed_since
    from pinner.scanning.discovery import kinds_of_search

    kind_of = kinds_of_search(settings.exclude, settings.extend_include, scan.kind_settings)
    return changed_since(settings.diff_base, scan, kind_of)


def _lint(scan: Scan, settings: Settings, changed: ChangedLines | None) -> Report:
    selection = _rule_selection(settings)
    if not settings.online:
        # Without the pipeline, which imports what writes: hooks ask for no more than this.
        from pinner.checking.linter import lint

        return lint(scan, selection=selection)
    from pinner import pipeline
    from pinner.cli import registry_calls

    examine = _before_writing()(partial(registry_calls.examine, scan=scan, settings=settings))
    is_wanted = changed.touches_reference if changed else None
    return pipeline.check(scan, examine, selection=selection, is_wanted=is_wanted)


def _without_known(report: Report, scan: Scan, settings: Settings) -> Report:
    """Return `report` without the findings of the baseline; `--write-baseline` makes that of all of them first."""
    if not (settings.baseline or settings.write_baseline):
        return report
    from pinner.checking.baseline import baseline_of, held_by, read_baseline, write_baseline

    if settings.write_baseline:
        baseline = baseline_of(report.findings, settings.write_baseline)
        write_baseline(settings.write_baseline, baseline)
    else:
        assert settings.baseline
        baseline = read_baseline(settings.baseline, settings.policy_from)
    looked_for = _looked_for(report, settings)
    if settings.policy_from is None:
        return baseline.apply(report, looked_for)
    return baseline.apply(report, looked_for, held_by(settings.policy_from, report, scan))


def _looked_for(report: Report, settings: Settings) -> Callable[[str, str], bool]:
    """Return whether this run would have found what a rule says of a file; in a file that is gone no run would."""
    from pinner.rules import RULES

    selection = _rule_selection(settings)
    read = {os.path.relpath(path) for path in report.sources}
    # Without --online the findings of online rules are not missing, they were not looked for.
    possible = {rule.ID for rule in RULES if settings.online or not rule.ONLINE}

    def looked_for(path: str, rule: str) -> bool:
        return not os.path.lexists(path) or (path in read and rule in possible.intersection(selection(path)))

    return looked_for


def _rule_selection(settings: Settings) -> RuleSelection:
    from pinner.checking.rule_selection import select_rules

    return select_rules(
        select=settings.select, ignore=settings.ignore, severity=settings.severity, overrides=settings.overrides
    )


@contextmanager
def _before_writing() -> Iterator[None]:
    """Say of an interrupt while registries are asked that nothing was written."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("no file was written") from None


def _parse_argument(text: str) -> Reference:
    from pinner.model.reference import parse

    try:
        return parse(text)
    except InvalidReference as error:
        raise UsageError(f"{text}: {error}") from error


def _edit(paths: Sequence[str], settings: Settings, edit: Callable[[Scan, bool], Outcome]) -> ExitCode:
    """Scan, edit the files or with `--diff` none, and write a diff, standard input's new content, or a report."""
    from pinner.checking.linter import one_for_a_variable
    from pinner.cli.reporting import require_files, write_report

    scan, is_stdin = _scan(paths, settings), list(paths) == [STDIN]
    require_files(settings, scan, is_stdin=is_stdin)
    report, fixed = edit(scan, not settings.diff and not is_stdin)
    report = one_for_a_variable(report._replace(is_written=not settings.diff))
    if settings.diff:
        _write_diff(scan, fixed)
    elif is_stdin:
        for path, file in scan.files.items():
            write_bytes(fixed.contents.get(path, file.source.data))
    # Standard output holds the diff or the file, for `git apply` or an editor, and nothing else.
    write_report(report, settings, to_stderr=settings.diff or is_stdin)
    return _exit_code(report, settings)


def _write_diff(scan: Scan, fixed: Fixed) -> None:
    """Write the difference of each file to its new content, and on standard error what a diff cannot hold."""
    from pinner.fixing.diff import folder_to_apply_in, unified_diff

    folder = folder_to_apply_in(fixed.contents)
    if folder != os.getcwd():
        tell(f"the diff is for {os.path.relpath(folder)}: run git apply there")
    for path, data in sorted(fixed.contents.items()):
        diff = unified_diff(path, scan.files[path].source.data, data, folder)
        write_bytes(diff.data)
        for lines in diff.left_out:
            tell(
                f"{path}:{lines.start}: the diff leaves out lines {lines.start} to {lines.stop - 1}: they hold "
                "characters that must not reach a terminal; run pinner without --diff to write them"
            )


def _exit_code(report: Report, settings: Settings) -> ExitCode:
    """Return the exit code: what is wrong wins over what could not be checked, unless `--exit-zero` takes it back."""
    # 3 stays with --exit-zero: what was not looked at is not clean.
    failing = bool(report.refused) or any(finding.severity >= settings.fail_on for finding in report.findings)
    if (failing or (settings.diff and report.changes)) and not settings.exit_zero:
        return ExitCode.FINDINGS
    return ExitCode.UNCHECKED if report.unchecked or report.errors else ExitCode.CLEAN
