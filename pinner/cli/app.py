"""The command line: flags in, Settings out."""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.exceptions import TyperException

import pinner
from pinner.cli import commands
from pinner.cli.terminal import tell, write_text
from pinner.formats import labels
from pinner.model.errors import ExitCode
from pinner.output import OUTPUTS

if TYPE_CHECKING:
    from pinner.config import Settings

app = typer.Typer(
    name="pinner",
    help="Keep container image references pinned to digests.",
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or nothing to check, 3 something could not be checked.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich writes terminal sequences of its own among what users wrote
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


def main(arguments: list[str]) -> None:
    """Run the command line. Raises SystemExit.

    Of the commands only the one that is called is built: all would take twice as long.
    """
    commands_of_all = app.registered_commands
    called = [command for command in commands_of_all if command.name in arguments[:1]]
    app.registered_commands = called or commands_of_all
    try:
        code = app(args=arguments or ["--help"], prog_name="pinner", standalone_mode=False)
    except TyperException as error:
        command = " ".join(["pinner", *(each.name or "" for each in called)])
        tell(f"error: {error.format_message().rstrip('.')} (see {command} --help)")
        code = ExitCode.USAGE
    finally:
        app.registered_commands = commands_of_all
    sys.exit(code if arguments else ExitCode.USAGE)


Options = Mapping[str, Any]
"""Options of a command by the name of the setting, annotated as parameters are."""

Level = Literal["error", "warning", "note"]
ListFormat = Literal["text", "json"]
When = Literal["auto", "always", "never"]

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders, or - for standard input. Default: this folder."),
]

ConfigOption = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Read the configuration from this file.")
]
NoConfigOption = Annotated[bool | None, typer.Option("--no-config", help="Read no configuration file.")]
ListFormatOption = Annotated[ListFormat | None, typer.Option("--format", help="How to write the result.")]

CONFIGURATION: Options = {"config": ConfigOption, "no_config": NoConfigOption}
FILES: Options = {
    "exclude": Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="PATTERN", help="Leave files out, in the syntax of .gitignore. Repeatable."),
    ],
    "stdin_filename": Annotated[
        str | None,
        typer.Option("--stdin-filename", metavar="NAME", help="What standard input is: decides its format."),
    ],
}
REPORT: Options = {
    "format": Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME[=FILE]",
            help=f"How to write the report: {', '.join(OUTPUTS)}. Repeatable.",
            autocompletion=lambda: list(OUTPUTS),
        ),
    ],
    "output_file": Annotated[
        str | None, typer.Option("--output-file", metavar="FILE", help="Write the report to this file.")
    ],
}
LIST: Options = {"list_format": ListFormatOption}
JUDGEMENT: Options = {
    "select": Annotated[
        list[str] | None,
        typer.Option("--select", metavar="RULE", help="Run this rule alone. Repeatable, or with commas."),
    ],
    "ignore": Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="RULE", help="Do not run this rule. Repeatable, or with commas."),
    ],
    "ignore_images": Annotated[
        list[str] | None,
        typer.Option("--ignore-images", metavar="GLOB", help="Leave images such as localhost/** alone. Repeatable."),
    ],
    "no_ignores": Annotated[bool | None, typer.Option("--no-ignores", help="Let no ignore comment count.")],
    "require_ignore_reason": Annotated[
        bool | None,
        typer.Option("--require-ignore-reason", help="Let only ignore comments count that give a reason."),
    ],
    "fail_on": Annotated[Level | None, typer.Option("--fail-on", help="The lowest severity that exits 1.")],
}
ADOPTION: Options = {
    "baseline": Annotated[
        str | None,
        typer.Option("--baseline", metavar="FILE", help="Let the findings that this file knows go."),
    ],
    "write_baseline": Annotated[
        str | None,
        typer.Option("--write-baseline", metavar="FILE", help="Write what is found to this file, for --baseline."),
    ],
    "diff_base": Annotated[
        str | None,
        typer.Option(
            "--diff-base",
            metavar="REV",
            help="Look only at what changed since this Git revision. No gate: see --policy-from.",
        ),
    ],
    "policy_from": Annotated[
        str | None,
        typer.Option(
            "--policy-from",
            metavar="REV",
            help="Take configuration, baseline and ignore comments from this Git revision.",
        ),
    ],
}
EDIT: Options = {
    "diff": Annotated[bool | None, typer.Option("--diff", help="Print a diff for git apply; write nothing.")],
}
REUSE: Options = {
    "reuse": Annotated[
        bool | None,
        typer.Option("--reuse", help="Use the digest to which the files pin the same tag elsewhere, without asking."),
    ],
}
UPDATE: Options = {
    "add": Annotated[bool | None, typer.Option("--add", help="Pin what has no digest, too.")],
    "all_changes": Annotated[
        bool | None,
        typer.Option("--all-changes", help="Move pins even if nothing changes for the platforms in use."),
    ],
    "allow_lost_platforms": Annotated[
        bool | None,
        typer.Option("--allow-lost-platforms", help="Move pins to indexes that lack platforms that the pins have."),
    ],
    "min_age": Annotated[
        int | None,
        typer.Option(
            "--min-age", min=0, metavar="DAYS", help="Move pins only to what is known for so long. Default: 0."
        ),
    ],
}
IMAGE: Options = {
    "image": Annotated[
        str | None,
        typer.Option("--image", metavar="IMAGE", help="Update the pins of this image alone, such as node:20."),
    ],
    "to": Annotated[
        str | None,
        typer.Option("--to", metavar="DIGEST", help="Move the pins of --image to this digest, which the ledger knows."),
    ],
    "rollback": Annotated[
        bool | None,
        typer.Option(
            "--rollback", help="Move the pins of --image back to the digest before, and reject the present one."
        ),
    ],
}
LEDGER: Options = {
    "ledger": Annotated[
        str | None,
        typer.Option("--ledger", metavar="FILE", help="What is known since when. Default: pinner-ledger.jsonl."),
    ],
}
ONLINE: Options = {
    "online": Annotated[bool | None, typer.Option("--online", help="Ask registries for the state of every image.")],
}
DEEP: Options = {
    "deep": Annotated[
        bool | None, typer.Option("--deep", help="With --online: ask for the manifests of every index, too.")
    ],
}
VERIFY: Options = {
    "verify": Annotated[
        bool | None,
        typer.Option("--verify", help="Fetch the content and check its digest. Counts as a pull on Docker Hub."),
    ],
}
REGISTRIES: Options = {
    "mirror": Annotated[
        list[str] | None,
        typer.Option(
            "--mirror",
            metavar="HOST=URL[/PREFIX]",
            help="Ask URL for the images of HOST; * is any other host. Repeatable.",
        ),
    ],
    "insecure": Annotated[
        list[str] | None,
        typer.Option("--insecure", metavar="HOST", help="Allow plain HTTP and any certificate. Repeatable."),
    ],
    "ca_file": Annotated[
        str | None, typer.Option("--ca-file", metavar="FILE", help="Trust the certificates in this PEM file, too.")
    ],
    "jobs": Annotated[int | None, typer.Option("--jobs", min=1, max=256, help="Requests at once. Default: 16.")],
    "jobs_per_host": Annotated[
        int | None, typer.Option("--jobs-per-host", min=1, max=16, help="Requests at once to one host. Default: 16.")
    ],
    "timeout": Annotated[
        float | None, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="For one request. Default: 30.")
    ],
}
COLOR: Options = {
    "color": Annotated[When | None, typer.Option("--color", help="When to use colour. Default: auto.")],
}
VERBOSITY: Options = {
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress.")],
    "verbose": Annotated[bool, typer.Option("--verbose", "-v", help="Show every request to a registry.")],
}


def _command(*groups: Options, name: str | None = None) -> Callable[[Callable[..., ExitCode]], Callable[..., ExitCode]]:
    """Make a command of a function: its own parameters, then the options of `groups`, which reach it as `settings`."""
    options = {key: option for group in (*groups, CONFIGURATION) for key, option in group.items()}

    def declare(function: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
        def run(**values: Any) -> None:
            flags = {key: values.pop(key) for key in options}
            raise typer.Exit(commands.run(lambda: function(**values, settings=_settings(flags))))

        own = [each for each in inspect.signature(function).parameters.values() if each.name != "settings"]
        added = [_parameter(key, option) for key, option in options.items()]
        run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*own, *added)}
        run.__doc__ = function.__doc__
        app.command(name or function.__name__)(run)
        return function

    return declare


def _rule_names() -> list[str]:
    from pinner.rules import RULES

    return [rule.ID for rule in RULES]


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    default = False if annotation.__origin__ is bool else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _settings(flags: dict[str, Any]) -> "Settings":
    """The settings of these flags. A list is empty where its flag was not given."""
    from pinner.config import load

    verbosity = flags.pop("verbose", False) - flags.pop("quiet", False)
    return load(verbosity=verbosity or None, **{name: value for name, value in flags.items() if value != []})


_HELP = f"""Keep container image references pinned to digests.

Reads {labels("and", "s")} at every place that pulls an image, asks the registry for the
digest of the tag's index, and writes name:tag@sha256:... without changing any other byte.
"""


@app.callback(invoke_without_command=True, help=_HELP)
def options(
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    """Handle the options that stand before a command."""
    if version:
        write_text(f"pinner {pinner.__version__}\n")
        raise typer.Exit


@_command(ONLINE, DEEP, LEDGER, FILES, JUDGEMENT, ADOPTION, REPORT, REGISTRIES, COLOR, VERBOSITY)
def check(settings: "Settings", paths: PathsArgument = None) -> ExitCode:
    """Report images that are not pinned, and with --online pins that are stale, gone or broken. Writes nothing."""
    return commands.check(paths or [], settings)


@_command(EDIT, REUSE, FILES, JUDGEMENT, REPORT, VERIFY, REGISTRIES, COLOR, VERBOSITY)
def pin(settings: "Settings", paths: PathsArgument = None) -> ExitCode:
    """Add the missing digests. Images that are pinned already stay as they are."""
    return commands.pin(paths or [], settings)


@_command(EDIT, UPDATE, IMAGE, LEDGER, FILES, JUDGEMENT, REPORT, VERIFY, REGISTRIES, COLOR, VERBOSITY)
def update(settings: "Settings", paths: PathsArgument = None) -> ExitCode:
    """Refresh the digests: pins move to what their tags name now. The tags stay as they are."""
    return commands.update(paths or [], settings)


@_command(EDIT, FILES, REPORT, COLOR, VERBOSITY)
def unpin(settings: "Settings", paths: PathsArgument = None) -> ExitCode:
    """Take all digests away. name:tag@sha256:... becomes name:tag."""
    return commands.unpin(paths or [], settings)


@_command(ONLINE, LEDGER, FILES, LIST, REGISTRIES, COLOR, VERBOSITY, name="list")
def list_references(settings: "Settings", paths: PathsArgument = None) -> ExitCode:
    """Show every image reference, pinned or not, and what it stands for."""
    return commands.list_references(paths or [], settings)


@_command(LIST, VERIFY, REGISTRIES, VERBOSITY)
def resolve(
    settings: "Settings",
    references: Annotated[list[str], typer.Argument(metavar="REF...", help="Image references, such as node:20.")],
) -> ExitCode:
    """Ask registries for the digests of images. JSON also shows the platforms of an index."""
    return commands.resolve(references, settings)


@app.command("config")
def show_config(
    config: ConfigOption = None,
    no_config: NoConfigOption = None,
    list_format: ListFormatOption = "text",
) -> None:
    """Show the settings in force and where each comes from: file, environment or default."""
    flags = {"config": config, "no_config": no_config}
    raise typer.Exit(commands.run(lambda: commands.show_config(flags, as_json=list_format == "json")))


@app.command("explain")
def explain(
    rules: Annotated[
        list[str],
        typer.Argument(metavar="RULE...", help="Rules by their names, such as unpinned.", autocompletion=_rule_names),
    ],
) -> None:
    """Print the documentation of rules."""
    raise typer.Exit(commands.run(lambda: commands.explain(rules)))


@app.command("demo")
def demo() -> None:
    """Show pinner at work on a sample project with an embedded registry. Needs no network."""
    raise typer.Exit(commands.run(commands.demo))
