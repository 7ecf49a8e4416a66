"""The command line: flags in, Settings out."""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

import pinner
from pinner.cli import commands
from pinner.cli.terminal import tell, write_text
from pinner.config import Settings, load
from pinner.formats import kind_names
from pinner.model.errors import ExitCode
from pinner.output import OUTPUTS
from pinner.rules import RULES

app = typer.Typer(
    name="pinner",
    help="Keep container image references pinned to digests.",
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or nothing to check, 3 something could not be checked.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they may show the values of variables: a password
    rich_markup_mode=None,  # rich writes terminal sequences of its own among what users wrote
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


FIX = "there is no fix: run pinner pin, which adds the missing digests, or pinner update, which refreshes them"
"""The answer to those who know `--fix` from other linters."""


def main(arguments: list[str]) -> None:
    """Run the command line. Raises SystemExit.

    Of the commands only the one that is called is built: all would take twice as long.
    """
    commands_of_all = app.registered_commands
    called = [command for command in commands_of_all if command.name in arguments[:1]]
    app.registered_commands = called or commands_of_all
    try:
        # In its standalone mode click words the errors, and ends the process.
        code = app(args=arguments or ["--help"], prog_name="pinner", standalone_mode=False)
    except TyperException as error:
        command = " ".join(["pinner", *(each.name or "" for each in called)])
        wants_fix = arguments[0] == "fix" or (bool(called) and "--fix" in arguments)
        wrong = FIX if wants_fix else error.format_message().rstrip(".")
        tell(f"error: {wrong} (see {command} --help)")
        code = ExitCode.USAGE
    finally:
        app.registered_commands = commands_of_all
    sys.exit(code if arguments else ExitCode.USAGE)


class CommandWithPanels(TyperCommand):
    """A command whose help shows its options in panels, as plain text: rich would style users' texts as well."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options below the headings of their panels."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
            if (record := parameter.get_help_record(ctx)) is not None:
                panels.setdefault(getattr(parameter, "rich_help_panel", None) or usual, []).append(record)
        for heading in sorted(panels, key=PANELS.index):
            with formatter.section(heading):
                formatter.write_dl(panels[heading])


OptionGroup = Mapping[str, Any]
"""Options of a command by the name of the setting, annotated as parameters are."""

ListFormat = Literal["text", "json"]
When = Literal["auto", "always", "never"]

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders, or - for standard input. Default: this folder."),
]
ReferencesArgument = Annotated[list[str], typer.Argument(metavar="REF...", help="Image references, such as node:20.")]

CHECKING, WRITING, REPORTING = "What to check", "What to write", "What to report"
ASKING, CONFIG = "Registries", "Configuration"
PANELS = ("Arguments", CHECKING, WRITING, REPORTING, ASKING, CONFIG, "Options")
"""Headings of the help, in their order."""


def _option(panel: str, *declarations: str, **settings: Any) -> Any:
    return typer.Option(*declarations, rich_help_panel=panel, **settings)


ConfigOption = Annotated[
    str | None,
    _option(CONFIG, "--config", metavar="FILE", help="Read the configuration from FILE."),
]
NoConfigOption = Annotated[bool | None, _option(CONFIG, "--no-config", help="Read no configuration file.")]
ListFormatOption = Annotated[
    ListFormat | None,
    _option(REPORTING, "--format", metavar="NAME", help="Write the result as text or json. Default: text."),
]

CONFIGURATION: OptionGroup = {"config": ConfigOption, "no_config": NoConfigOption}
FILES: OptionGroup = {
    "exclude": Annotated[
        list[str] | None,
        _option(
            CHECKING, "--exclude", metavar="PATTERN", help="Exclude files, in the syntax of .gitignore. Repeatable."
        ),
    ],
    "kind": Annotated[
        list[str] | None,
        _option(
            CHECKING,
            "--kind",
            metavar="KIND",
            help="Read files of this kind alone, such as kubernetes. Repeatable, or with commas.",
            autocompletion=kind_names,
        ),
    ],
    # A string and no path: standard input need not be a file, and its kind follows from the name.
    "stdin_filename": Annotated[
        str | None,
        _option(CHECKING, "--stdin-filename", metavar="NAME", help="Read standard input as a file of this name."),
    ],
    "skip_unknown": Annotated[
        bool | None,
        _option(CHECKING, "--skip-unknown", help="Pass over named files that are of no kind, as a hook names them."),
    ],
}


def _check_unpin(rules: list[str] | None) -> list[str] | None:
    if rules and set(rules) != {commands.ALONE}:
        raise typer.BadParameter(f"the digests of {commands.ALONE} are the only ones that can be taken away alone")
    return rules


UNPIN: OptionGroup = {
    "select": Annotated[
        list[str] | None,
        _option(
            WRITING,
            "--select",
            metavar="RULE",
            help=f"Take away those of {commands.ALONE} alone.",
            callback=_check_unpin,
        ),
    ],
}
REPORT: OptionGroup = {
    "format": Annotated[
        list[str] | None,
        _option(
            REPORTING,
            "--format",
            metavar="NAME[=FILE]",
            help=f"Write the report in this format: {', '.join(OUTPUTS)}. Repeatable.",
            autocompletion=lambda: list(OUTPUTS),
        ),
    ],
}
COUNTS: OptionGroup = {
    "statistics": Annotated[
        bool | None, _option(REPORTING, "--statistics", help="Count findings by rule instead of listing them.")
    ],
}
EXIT: OptionGroup = {
    "exit_zero": Annotated[
        bool | None, _option(REPORTING, "--exit-zero", help="Exit with 0 where it would be 1; 2 and 3 stay.")
    ],
}
LIST: OptionGroup = {"list_format": ListFormatOption}
SELECTION: OptionGroup = {
    "select": Annotated[
        list[str] | None,
        _option(CHECKING, "--select", metavar="RULE", help="Run only this rule. Repeatable, or with commas."),
    ],
    "ignore": Annotated[
        list[str] | None,
        _option(CHECKING, "--ignore", metavar="RULE", help="Do not run this rule. Repeatable, or with commas."),
    ],
    "ignore_images": Annotated[
        list[str] | None,
        _option(CHECKING, "--ignore-images", metavar="GLOB", help="Ignore images such as localhost/**. Repeatable."),
    ],
    "no_ignores": Annotated[bool | None, _option(CHECKING, "--no-ignores", help="Disable all ignore comments.")],
    "require_ignore_reason": Annotated[
        bool | None,
        _option(CHECKING, "--require-ignore-reason", help="Disable ignore comments that give no reason."),
    ],
    "fail_on": Annotated[
        str | None,
        _option(
            REPORTING,
            "--fail-on",
            metavar="SEVERITY",
            help="Exit with 1 from this severity on: error, warning or note. Default: error.",
            # Judged with the other settings: here a wrong one would hide what else is wrong.
            autocompletion=lambda: ["error", "warning", "note"],
        ),
    ],
}
ADOPTION: OptionGroup = {
    "baseline": Annotated[
        str | None,
        _option(CHECKING, "--baseline", metavar="FILE", help="Ignore findings listed in FILE."),
    ],
    "write_baseline": Annotated[
        str | None,
        _option(REPORTING, "--write-baseline", metavar="FILE", help="List the findings in FILE, for --baseline."),
    ],
    "diff_base": Annotated[
        str | None,
        _option(
            CHECKING,
            "--diff-base",
            metavar="REV",
            help="Check only what changed since this Git revision. No gate: see --policy-from.",
        ),
    ],
    "policy_from": Annotated[
        str | None,
        _option(
            CHECKING,
            "--policy-from",
            metavar="REV",
            help="Take configuration, baseline and ignore comments from this Git revision.",
        ),
    ],
}
EDIT: OptionGroup = {
    "diff": Annotated[bool | None, _option(WRITING, "--diff", help="Print a diff for git apply; write nothing.")],
}
REUSE: OptionGroup = {
    "reuse": Annotated[
        bool | None,
        _option(WRITING, "--reuse", help="Take digests of the same tag from other places in the files, before asking."),
    ],
}
UPDATE: OptionGroup = {
    "add": Annotated[bool | None, _option(WRITING, "--add", help="Pin references without a digest as well.")],
    "all_changes": Annotated[
        bool | None,
        _option(WRITING, "--all-changes", help="Move pins even if nothing changes for the platforms in use."),
    ],
    "allow_lost_platforms": Annotated[
        bool | None,
        _option(WRITING, "--allow-lost-platforms", help="Move pins to indexes that lack platforms of the pins."),
    ],
    "min_age": Annotated[
        int | None,
        _option(
            WRITING,
            "--min-age",
            metavar="DAYS",
            help="Move pins only to digests that have been known for so many days. Default: 0.",
        ),
    ],
}
IMAGE: OptionGroup = {
    "image": Annotated[
        str | None,
        _option(WRITING, "--image", metavar="IMAGE", help="Update the pins of this image alone, such as node:20."),
    ],
    "to": Annotated[
        str | None,
        _option(WRITING, "--to", metavar="DIGEST", help="Move the pins of --image to this digest of the ledger."),
    ],
    "rollback": Annotated[
        bool | None,
        _option(WRITING, "--rollback", help="Move the pins of --image back, and reject the digest that they have."),
    ],
}
LEDGER: OptionGroup = {
    "ledger": Annotated[
        str | None,
        _option(
            CONFIG,
            "--ledger",
            metavar="FILE",
            help="The ledger: since when digests are known, for min-age. Default: pinner-ledger.jsonl.",
        ),
    ],
}
ONLINE: OptionGroup = {
    "online": Annotated[bool | None, _option(CHECKING, "--online", help="Ask registries for the status of every pin.")],
}
DEEP: OptionGroup = {
    "deep": Annotated[
        bool | None, _option(CHECKING, "--deep", help="With --online: ask for the manifests of every index as well.")
    ],
}
VERIFY: OptionGroup = {
    "verify": Annotated[
        bool | None,
        _option(ASKING, "--verify", help="Fetch the content and check its digest: a pull on Docker Hub."),
    ],
}
REGISTRIES: OptionGroup = {
    "mirror": Annotated[
        list[str] | None,
        _option(
            ASKING,
            "--mirror",
            metavar="HOST=URL",
            help="Ask URL, which may have a path, for the images of HOST; * is any other host. Repeatable.",
        ),
    ],
    "insecure": Annotated[
        list[str] | None,
        _option(ASKING, "--insecure", metavar="HOST", help="Allow plain HTTP and any certificate of HOST. Repeatable."),
    ],
    "ca_file": Annotated[
        str | None,
        _option(ASKING, "--ca-file", metavar="FILE", help="Trust the certificates in this PEM file as well."),
    ],
    "jobs": Annotated[
        int | None, _option(ASKING, "--jobs", metavar="N", help="Send up to N requests at once. Default: 16.")
    ],
    "timeout": Annotated[
        float | None,
        _option(
            ASKING,
            "--timeout",
            metavar="SECONDS",
            help="Give up a request when its host answers nothing for so long. Default: 15.",
        ),
    ],
}
COLOR: OptionGroup = {
    "color": Annotated[
        When | None,
        _option(REPORTING, "--color", metavar="WHEN", help="Use colour: auto, always or never. Default: auto."),
    ],
}
QUIET: OptionGroup = {
    "quiet": Annotated[
        int,
        _option(
            REPORTING,
            "--quiet",
            "-q",
            count=True,
            show_default=False,
            help="Report findings and failures only; -qq nothing.",
        ),
    ],
}
NO_PROGRESS: OptionGroup = {
    "quiet": Annotated[
        int, _option(REPORTING, "--quiet", "-q", count=True, show_default=False, help="Show no progress.")
    ],
}
VERBOSE: OptionGroup = {
    "verbose": Annotated[
        bool,
        _option(
            REPORTING,
            "--verbose",
            "-v",
            help="Show every request to a registry, and keys for images in YAML files at which none is read.",
        ),
    ],
}


def _command(
    function: Callable[[list[str], Settings], ExitCode], argument: Any, *groups: OptionGroup, name: str | None = None
) -> None:
    """Declare the command that calls `function` with its arguments and the settings that the options of `groups` make.

    The help of the command is the function's docstring.
    """

    def run(arguments: list[str] | None, **values: Any) -> None:
        verbosity = values.pop("verbose", False) - values.pop("quiet", 0)
        # A list is empty where its flag was not given.
        flags = {key: value for key, value in values.items() if value != []}
        raise typer.Exit(commands.run(lambda: function(arguments or [], load(verbosity=verbosity or None, **flags))))

    # typer makes parameters of a signature, and takes one without a default for one that has to be given.
    options = {key: option for group in (*groups, CONFIGURATION) for key, option in group.items()}
    defaults = {bool: False, int: 0, list[str]: inspect.Parameter.empty}
    parameters = [
        inspect.Parameter(
            key, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(annotation.__origin__), annotation=annotation
        )
        for key, annotation in {"arguments": argument, **options}.items()
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__doc__ = function.__doc__
    app.command(name or function.__name__, cls=CommandWithPanels)(run)


_HELP = """Keep container image references pinned to digests.

Reads Dockerfiles, Compose files, manifests, pipelines and all other files that pull images, asks the registry for the
digest of the tag's index, and writes name:tag@sha256:... without changing any other byte.
"""


@app.callback(invoke_without_command=True, help=_HELP)
def options(
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version.", is_eager=True)] = False,
) -> None:
    """Handle the options that stand before a command."""
    if version:
        write_text(f"pinner {pinner.__version__}\n")
        raise typer.Exit


REPORTS: tuple[OptionGroup, ...] = (REPORT, COUNTS, EXIT, COLOR, QUIET, VERBOSE)

# In the order in which the help lists them.
_command(commands.check, PathsArgument, ONLINE, DEEP, FILES, SELECTION, ADOPTION, *REPORTS, REGISTRIES, LEDGER)
_command(commands.pin, PathsArgument, EDIT, REUSE, FILES, SELECTION, *REPORTS, VERIFY, REGISTRIES)
_command(commands.update, PathsArgument, EDIT, UPDATE, IMAGE, FILES, SELECTION, *REPORTS, VERIFY, REGISTRIES, LEDGER)
_command(commands.unpin, PathsArgument, EDIT, UNPIN, FILES, REPORT, EXIT, COLOR, QUIET)
_command(
    commands.list_references, PathsArgument, ONLINE, FILES, LIST, NO_PROGRESS, VERBOSE, REGISTRIES, LEDGER, name="list"
)
_command(commands.resolve, ReferencesArgument, LIST, NO_PROGRESS, VERBOSE, VERIFY, REGISTRIES)


@app.command("config", cls=CommandWithPanels)
def show_config(
    config: ConfigOption = None,
    no_config: NoConfigOption = None,
    list_format: ListFormatOption = None,
) -> None:
    """Show the settings in force, and their sources. A source is the file, the environment or a default."""
    flags = {"config": config, "no_config": no_config}
    raise typer.Exit(commands.run(lambda: commands.show_config(flags, as_json=list_format == "json")))


@app.command("explain", cls=CommandWithPanels)
def explain(
    rules: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RULE]...",
            help="Names of rules, such as unpinned. Default: list all rules.",
            autocompletion=lambda: [rule.ID for rule in RULES],
        ),
    ] = None,
) -> None:
    """Print the documentation of rules, or list them all."""
    raise typer.Exit(commands.run(lambda: commands.explain(rules or [])))


@app.command("demo")
def demo() -> None:
    """Show pinner at work on a sample project. It brings its own registry, and needs no network."""
    from pinner.cli.demo import show

    raise typer.Exit(commands.run(show))
