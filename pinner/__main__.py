"""The entry point. The form in which hooks call pinner, `check|pin [--skip-unknown] [--] PATHS`, goes straight to its
command: typer alone takes several times as long to import as a whole check takes."""

import sys

PLAIN = ("check", "pin")
"""The commands that hooks call."""
SKIP_UNKNOWN = "--skip-unknown"
"""The flag that they give."""


def main() -> None:
    """Run the command line. Raises SystemExit with the exit code."""
    from pinner.cli.terminal import prepare_streams

    prepare_streams()
    arguments = sys.argv[1:]
    plain = _plain_form(arguments)
    if plain is None:
        from pinner.cli import app

        app.main(arguments)
        return
    from pinner.cli import commands
    from pinner.config import load

    paths, skip_unknown = plain
    command = commands.check if arguments[0] == "check" else commands.pin
    sys.exit(commands.run(lambda: command(paths, load(skip_unknown=skip_unknown or None))))


def _plain_form(arguments: list[str]) -> tuple[list[str], bool] | None:
    """Return the paths of a hook's command and its flag; None where the command line has to be parsed."""
    if not (arguments and arguments[0] in PLAIN):
        return None
    end = arguments.index("--") if "--" in arguments else len(arguments)
    named, after = arguments[1:end], arguments[end + 1 :]
    skips_unknown = SKIP_UNKNOWN in named
    named = [each for each in named if each != SKIP_UNKNOWN]
    return None if any(each.startswith("-") for each in named) else (named + after, skips_unknown)


if __name__ == "__main__":
    main()
