"""Reports to where the settings send them: standard output, standard error, files."""

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pinner import output
from pinner.cli.terminal import standard_stream, takes_hyperlinks, tell, wants_color, width_of
from pinner.config import Settings
from pinner.model.errors import ReadError, UsageError, WriteError
from pinner.model.escaping import clean, harmless
from pinner.model.files import file_to_write, read_file, write_file
from pinner.model.report import Report
from pinner.output import Style
from pinner.output.text import addresses, remedies, summary

if TYPE_CHECKING:
    from pinner.scanning.scan import Scan

GITHUB = "github"
"""The format that is made of workflow commands."""

SILENT = -2
"""The verbosity of `-qq`, at which nothing is told."""

MAX_PATHS = 3
"""As many paths are repeated in the command that mends findings; where more are named it is for the whole folder."""

HOOK_FILES = (".pre-commit-config.yaml", "prek.toml")
"""Where a project lists its hooks, for pre-commit and prek."""


def targets_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> tuple[tuple[str, str | None], ...]:
    """Return what is written, and where. In GitHub Actions annotations accompany the text unless a format is chosen."""
    usual = ("text", "github") if environ.get("GITHUB_ACTIONS") == "true" else ("text",)
    return settings.format or tuple((name, None) for name in usual)


def require_files(settings: Settings, scan: "Scan", *, is_stdin: bool) -> None:
    """Raise UsageError where a report or baseline cannot be written, or would replace another file of the run.

    Asked before anything is written or edited. Standard input is no file of the name that it is read as.
    """
    wanted = [(file, "report") for _, file in settings.format if file is not None]
    wanted += [(settings.write_baseline, "baseline")] if settings.write_baseline else []
    if not wanted:
        return
    checked = () if is_stdin else (*scan.files, *scan.builders, *(failure.path for failure in scan.failures))
    # By their real paths: a link or `./` is another name, not another file.
    taken = dict.fromkeys(map(os.path.realpath, checked), "a file that is checked")
    read = {"the ledger": settings.ledger, "the baseline": None if settings.write_baseline else settings.baseline}
    taken |= {os.path.realpath(file): what for what, file in read.items() if file}
    for file, what in wanted:
        try:
            target = file_to_write(file)
        except WriteError as error:
            raise UsageError(f"{file}: cannot write the {what}: {error.reason}") from error
        if target in taken:
            raise UsageError(f"{file}: cannot write the {what}: this is {taken[target]}; name another file")
        if target is not None:
            taken[target] = "where another report goes"


def write_report(report: Report, settings: Settings, *, paths: Sequence[str] = (), to_stderr: bool = False) -> None:
    """Write the report in all its formats, and on standard error its summary and what can be done.

    `paths` are those that were named, for the command that mends the findings.
    """
    stream = standard_stream(stderr=to_stderr)
    is_terminal, color = stream.isatty(), wants_color(settings.color, stream)
    plain = Style(statistics=settings.statistics, is_brief=settings.verbosity < 0, fail_on=settings.fail_on)
    style = plain._replace(
        color=color,
        context=is_terminal,
        width=width_of(stream) if is_terminal else None,
        links=color and is_terminal and takes_hyperlinks(),
    )
    for name, file in targets_of(settings):
        if file is not None:
            # The file may be standard output under its name in /dev.
            stream.flush()
            try:
                write_file(file, rendered(name, report, plain).encode("utf-8", "backslashreplace"))
            except WriteError as error:
                raise UsageError(f"{file}: cannot write the report: {error.reason}") from error
        elif settings.verbosity > SILENT:
            stream.write_harmless(rendered(name, report, style))
    if settings.verbosity >= 0:
        stream.flush()
        _close(report, settings, paths, has_links=style.links)


def rendered(name: str, report: Report, style: Style) -> str:
    """Return the report in a format, with nothing that acts on a terminal or in a log but what the format adds."""
    text = output.load_format(name).render(report, style)
    return harmless(text, styled=style.color, commands=name == GITHUB)


def command_line(command: str, paths: Sequence[str], environ: Mapping[str, str] = os.environ) -> str:
    """Return how to run a command on `paths`, for the whole folder where there are many.

    In the environment that a hook has made pinner is on nobody's PATH. There it is the hook that pins, if the project
    has it, else the path of this very program.
    """
    named = clean(shlex.join(paths)) if len(paths) <= MAX_PATHS else ""
    is_like_option = any(path.startswith("-") for path in paths)
    if environ.get("PRE_COMMIT") and command == "pin" and (hook := _hook_that_pins(paths)):
        # A hook for all stages runs in this one as well; one for this stage alone runs only when it is asked for.
        run = "prek run --stage" if "PREK_HOOK_STAGE" in environ else "pre-commit run --hook-stage"
        # Behind --files a name with a hyphen would be an option of pre-commit.
        return f"{run} manual {hook} {f'--files {named}' if named and not is_like_option else '--all-files'}"
    program = "pinner"
    if environ.get("PRE_COMMIT"):
        path, home = os.path.abspath(sys.argv[0]), os.path.join(os.path.expanduser("~"), "")
        program = f"~/{shlex.quote(path.removeprefix(home))}" if path.startswith(home) else shlex.quote(path)
        if os.path.basename(path) == "__main__.py":
            program = f"{shlex.quote(sys.executable)} -m pinner"
    return " ".join(filter(None, [program, command, "--" if named and is_like_option else "", named]))


def _hook_that_pins(paths: Sequence[str]) -> str | None:
    """Return the hook that pins such files, None where the project does not have it."""
    from pinner.formats import file_patterns

    has_usual_name = not paths or any(re.search(file_patterns(), path) for path in paths)
    hook = "pinner-pin" if has_usual_name else "pinner-pin-yaml"
    # Found by its line, be it YAML or TOML: to parse either would take longer than the whole check.
    written = re.compile(rf"""^[^#\n]*\bid["']?\s*[:=]\s*["']?{hook}["']?\s*(?:$|[#,}}])""", re.MULTILINE)
    for name in HOOK_FILES:
        with suppress(ReadError):
            if written.search(read_file(name).decode("utf-8", "replace")):
                return hook
    return None


def _close(report: Report, settings: Settings, paths: Sequence[str], *, has_links: bool) -> None:
    """Tell the counts, the commands that mend the findings, and the pages that explain them."""
    if os.environ.get("PRE_COMMIT"):  # which names all files of a commit, also those of no kind
        paths = tuple(dict.fromkeys(finding.path for finding in report.findings if finding.command))
    tell(summary(report))
    for line in remedies(report, lambda command: command_line(command, paths)):
        tell(line)
    if any(name == GITHUB for name, _ in targets_of(settings)):
        from pinner.output.github import left_out

        if (more := left_out(report)) is not None:
            tell(more)
    for line in () if has_links else addresses(report):
        tell(line)
