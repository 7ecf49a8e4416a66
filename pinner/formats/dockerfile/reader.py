"""Dockerfiles: every place of a build that pulls an image."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from pinner.formats._base import Refused
from pinner.formats._templates import TEMPLATE, as_template
from pinner.formats.dockerfile.comments import Comments
from pinner.formats.dockerfile.flags import (
    Command,
    InvalidMount,
    mount_source,
    quoted_word_spans,
    read_command,
    word_spans,
)
from pinner.formats.dockerfile.instructions import INSTRUCTIONS, Division, Instruction, LogicalLine, Malformed, divide
from pinner.formats.variables.digest_placement import (
    WrittenReference,
    is_template,
    literal,
    occurrence_at,
    read_reference,
    read_word,
)
from pinner.formats.variables.expansion import Dialect, ExpansionError
from pinner.formats.variables.scope import PLATFORM_ARGS, USUAL_PLATFORMS, Scope, Word, tells_platform
from pinner.formats.variables.text import Text, line_in_file
from pinner.model.errors import InvalidReference, WriteError
from pinner.model.occurrence import Occurrence, Opaque, PlatformStages, Problem, Reading, Suppression
from pinner.model.reference import parse
from pinner.model.source import UTF16_BOMS, Source, Span

_FRONTENDS_OF_DOCKER = ("docker/dockerfile", "docker/dockerfile-upstream")
_SAFE_NAME = r"[A-Z+]{1,16}|[<=>]{7}"
_NAMING_FLAGS = {"COPY": "from", "RUN": "mount"}
_NOT_IN_ONBUILD = ("FROM", "MAINTAINER", "ONBUILD")
_MAX_COMPARED_STAGES = 50
_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")


class Build(NamedTuple):
    """What is known of the build beside its Dockerfile.

    `args` take the place of ARG defaults: the indexes that they have in `scope`; None stands for a value that is not
    known. `contexts` are the names of additional contexts, which BuildKit takes instead of the images of those names.
    What one lacks that is not run as it is (`is_run`) does not matter where others have it.
    """

    args: Mapping[str, int | None]
    contexts: Collection[str]
    scope: Scope | None = None
    is_run: bool = True

    @property
    def is_known(self) -> bool:
        """Whether all arguments have values."""
        indexes, scope = self.args.values(), self.scope
        return all(each is not None and scope and scope.argument_value(each) is not None for each in indexes)


PLAIN_BUILD = Build({}, frozenset())


class Statement(NamedTuple):
    """An instruction whose words matter, with its lines joined."""

    instruction: Instruction
    line: LogicalLine
    command: Command


class From(NamedTuple):
    """A FROM instruction: the image (None: malformed), its literal platform, the name of its stage."""

    image: Word | WrittenReference | None
    platform: str | None
    stage: str | None


def open_source(source: Source, build: Build = PLAIN_BUILD) -> "DockerfileReader | Refused":
    """Return a reader of the Dockerfile in `source`."""
    if source.data.startswith(UTF16_BOMS):
        return Refused(Problem(1, "the file is UTF-16: save it as UTF-8"))
    return open_text(Text.of_bytes(source.data, source.base), source, build=build)


def open_text(text: Text, source: Source, prefix: str = "", build: Build = PLAIN_BUILD) -> "DockerfileReader | Refused":
    """Return a reader of the Dockerfile `text`, which stands somewhere in `source`.

    `prefix` comes before the context of every occurrence.
    """
    try:
        return DockerfileReader(divide(text), source, prefix, build)
    except Malformed as error:
        refused = Refused(Problem(line_in_file(text, error.line, source), error.message))
        return refused if prefix else refused.unless_template(source)


class DockerfileReader:
    """Reads one Dockerfile. BuildKit resolves stages in their order, so the order of steps matters."""

    def __init__(self, division: Division, source: Source, prefix: str, build: Build) -> None:
        self.division = division
        self.text = division.text
        self.source = source
        self.prefix = prefix
        self.build = build
        self.scope = Scope(Dialect(division.escape), source, build.scope)
        self._bind_platform()
        self.froms: list[From] = []
        self.occurrences: dict[Span, Occurrence] = {}
        self.platform_stages: list[PlatformStages] = []
        # Where no digest goes, for what does not seem to be meant as an image would get it as well.
        self.suspicions: dict[Span, str] = {}
        self.problems: list[Problem] = []
        self.comments = Comments(division, source)
        self.has_foreign_frontend = _is_foreign(division.syntax)
        self.statements: list[Statement] = []
        self._collect()

    def read(self) -> Reading:
        """Return everything that the Dockerfile says."""
        self._read_syntax()
        self._read_references()
        for place, suspicion in self.suspicions.items():
            if place in self.occurrences:
                self.occurrences[place] = self.occurrences[place]._replace(place=None, unwritable=suspicion)
        occurrences = sorted(self.occurrences.values(), key=lambda occurrence: occurrence.span)
        reading = Reading(
            occurrences=tuple(occurrences),
            # One that stands behind an instruction speaks to its findings alone: it is no comment.
            suppressions=tuple(each for each in self.comments.suppressions if not each.void),
            problems=tuple(sorted(self.problems)),
            platform_stages=tuple(self.platform_stages),
        )
        # An inline Dockerfile is a part of its file.
        return reading if self.prefix else as_template(reading, self.source)

    # Stages and variables: what the references need to know of the whole file.

    def _collect(self) -> None:
        """Read the ARGs, the FROMs and the stage names, and say what BuildKit would refuse."""
        for instruction in self.division.instructions:
            if not instruction.name:
                line = instruction.joined()
                statement = Statement(instruction=instruction, line=line, command=read_command(line.chars))
                self.statements.append(statement)
                self._collect_from(statement)
            elif not self.froms:
                self._complain(instruction, f"{instruction.name} stands before the first FROM")
        if not (self.froms or self.problems or self.has_foreign_frontend):
            self._complain(self.division.instructions[0], "the file has no FROM")
        names = [(base.stage, index) for index, base in enumerate(self.froms) if base.stage]
        self._last_stages = dict(names)
        self._first_stages = dict(reversed(names))
        self._note_trigger_arguments()

    def _collect_from(self, statement: Statement) -> None:
        instruction, line, command = statement
        if command.name not in INSTRUCTIONS:
            self._complain_of_unknown(instruction, line, command)
        elif command.name == "FROM":
            self.froms.append(self._read_from(statement))
        elif command.name == "ARG":
            self._read_arg(statement)
        elif not self.froms:
            self._complain(instruction, f"{command.name} stands before the first FROM")

    def _complain(self, instruction: Instruction, message: str) -> None:
        first = self.text.chars.rfind("\n", 0, instruction.start) + 1
        self.problems.append(Problem(self.source.line_of(self.text.offsets[first]), message))

    def _complain_of_unknown(self, instruction: Instruction, line: LogicalLine, command: Command) -> None:
        if is_template(line.chars):
            self._complain(instruction, TEMPLATE)
        elif not self.has_foreign_frontend:
            # A link may lead to secrets: only what could be an instruction, or a conflict of Git, is repeated.
            name = f": {command.name}" if re.fullmatch(_SAFE_NAME, command.name) else ""
            self._complain(instruction, f"unknown instruction{name}")

    def _bind_platform(self) -> None:
        """Let what the build passes stand for BuildKit's own arguments, which need no ARG (`dockerfile2llb`)."""
        for name in sorted(PLATFORM_ARGS.intersection(self.build.args)):
            index = self.build.args[name]
            if index is not None:
                self.scope.bind(name, index)
                self.scope.note_reader(index, f"BuildKit itself reads {name}, and would see the digest")

    def _read_arg(self, statement: Statement) -> None:
        instruction, line, command = statement
        for start, end in quoted_word_spans(line.chars, command.start, command.end, self.division.escape):
            name, equals, _ = line.chars[start:end].partition("=")
            if self.froms:
                self._note_stage_argument(name, has_default=bool(equals))
                continue
            index = self.build.args.get(name)
            if index is not None:
                self.scope.bind(name, index)
                continue
            try:
                default = line.cut(start + len(name) + 1, end) if equals else None
                self.scope.declare(name, None if name in self.build.args else default)
            except ExpansionError as error:
                self._complain(instruction, f"the default of ARG {name} cannot be read: {error}")

    def _note_stage_argument(self, name: str, *, has_default: bool) -> None:
        """Note an ARG of a stage. It sees what the build passes, and without a default of its own the global ARG."""
        self.scope.note_name(name)
        index = self.build.args.get(name)
        if index is None and not has_default:
            index = self.scope.look_up(name)
        self.scope.note_reader(index, f"a stage declares {name} again and would see the digest")

    def _note_trigger_arguments(self) -> None:
        """Note the ARGs of triggers that run in this file, in the stages that are FROM the one that holds them."""
        stage = -1
        for _, line, command in self.statements:
            stage += command.name == "FROM"
            if command.name != "ONBUILD" or stage not in self._continued_stages:
                continue
            trigger = read_command(line.chars, command.start)
            words = quoted_word_spans(line.chars, trigger.start, trigger.end, self.division.escape)
            for start, end in words if trigger.name == "ARG" else ():
                name, equals, _ = line.chars[start:end].partition("=")
                self._note_stage_argument(name, has_default=bool(equals))

    def _read_from(self, statement: Statement) -> From:
        instruction, line, command = statement
        spans = word_spans(line.chars, command.start, command.end)
        words = [line.chars[start:end] for start, end in spans]
        if len(words) != 1 and not (len(words) == 3 and words[1].upper() == "AS"):
            has_comment = any(word.startswith("#") for word in words[1:])
            advice = "put the comment on the line above" if has_comment else "FROM image [AS name]"
            self._complain(instruction, f"FROM requires either one or three arguments: {advice}")
        stage = words[2].lower() if len(words) == 3 else None
        if stage is not None and not _STAGE_NAME.fullmatch(stage):
            self._complain(instruction, f'invalid name for a build stage: "{line.cut(*spans[2])}"')
        platform = self._read_platform(statement) if command.flags else None
        return From(image=read_word(line.cut(*spans[0]), self.scope) if spans else None, platform=platform, stage=stage)

    def _read_platform(self, statement: Statement) -> str | None:
        instruction, line, command = statement
        for flag in command.flags:
            if flag.name != "platform":
                self._complain(instruction, f"unknown flag: --{flag.name}")
        flags = [flag for flag in command.flags if flag.name == "platform"]
        if len(flags) > 1:
            self._complain(instruction, "duplicate flag: --platform")
        if not flags or not flags[0].value:
            return None
        word = read_word(line.take(flags[0].value), self.scope)
        if isinstance(word, WrittenReference) or word.expansion.used:
            return None
        return str(word.expansion.value)

    # References.

    def _read_references(self) -> None:
        stage = -1
        for statement in self.statements:
            if statement.command.name == "FROM":
                stage += 1
                self._read_base(self.froms[stage], stage)
            elif statement.command.name == "ONBUILD":
                self._read_trigger(statement, stage)
            elif statement.command.flags:
                self._read_sources(statement, stage, "")

    def _read_base(self, base: From, stage: int) -> None:
        if base.image is None:
            return
        if isinstance(base.image, WrittenReference):
            self._add(base.image, "FROM", base.platform)
            return
        if base.image.expansion.unknown:
            if not self._add_platform_stages(base.image, stage):
                self._add(read_reference(base.image, self.scope), "FROM", base.platform)
            return
        name = base.image.expansion.value.chars
        if name == "scratch" or self._is_earlier(name, stage) or self._is_context(name):
            return
        suspicion = None
        if name.isdecimal():
            suspicion = f"FROM {name} pulls an image called {name}: a stage is named with AS, not numbered"
        elif self._last_stages.get(name.lower(), stage) > stage and not self._is_earlier(name.lower(), stage):
            suspicion = f"the stage {name} is defined further down, so an image called {name} would be pulled"
        similar = self._similar_stage(name, stage)
        self._add(read_reference(base.image, self.scope), "FROM", base.platform, suspicion, similar)

    def _is_earlier(self, name: str | None, stage: int) -> bool:
        """Tell whether a stage before the one of index `stage` is called `name`."""
        return name is not None and self._first_stages.get(name, stage) < stage

    def _similar_stage(self, name: str, stage: int) -> str | None:
        """Return the name of an earlier stage that a bare name nearly is."""
        # Each name is compared with each stage: of many stages that takes the square of their number.
        if not 0 < len(self._first_stages) <= _MAX_COMPARED_STAGES or not _STAGE_NAME.fullmatch(name.lower()):
            return None
        from difflib import get_close_matches

        earlier = [other for other in self._first_stages if abs(len(other) - len(name)) <= 1]
        earlier = [other for other in earlier if self._is_earlier(other, stage)]
        return next(iter(get_close_matches(name.lower(), earlier, 1, 0.75)), None)

    def _is_context(self, name: str) -> bool:
        """Tell whether `name` is that of an additional context.

        BuildKit compares without `latest` and without Docker Hub's name.
        """
        try:
            return bool(self.build.contexts) and parse(name).familiar.removesuffix(":latest") in self.build.contexts
        except InvalidReference:
            return False

    def _add_platform_stages(self, word: Word, stage: int) -> bool:
        """Note `FROM base-${TARGETARCH}` if there are stages for platforms, and tell whether there are.

        Where that is an image on some platform, by a name that tells no platform, nothing shows that stages are meant.
        """
        if PLATFORM_ARGS.isdisjoint(self.scope.open_behind(word)):
            return False
        names = self.scope.on_platforms(word)
        with_stage = tuple(platform for platform, name in names if self._is_earlier(name, stage))
        others = [(platform, name) for platform, name in names if platform not in with_stage]
        if not with_stage or not all(tells_platform(name, platform) for platform, name in others):
            return False
        found = PlatformStages(
            where=self.source.locate(word.text.extent),
            text=str(word.text),
            context=f"{self.prefix}FROM",
            names=tuple(names),
            with_stage=with_stage,
            usual=USUAL_PLATFORMS,
            suppressions=self._suppressions_at(word.text.extent),
        )
        self.platform_stages.append(found)
        return True

    def _read_trigger(self, statement: Statement, stage: int) -> None:
        instruction, line, command = statement
        trigger = read_command(line.chars, command.start)
        if trigger.name in _NOT_IN_ONBUILD:
            self._complain(instruction, f"{trigger.name} is not allowed as an ONBUILD trigger")
        elif trigger.name not in INSTRUCTIONS:
            self._complain_of_unknown(instruction, line, trigger)
        self._read_sources(Statement(instruction=instruction, line=line, command=trigger), stage, "ONBUILD ")

    def _read_sources(self, statement: Statement, stage: int, prefix: str) -> None:
        """Read the references of COPY --from and RUN --mount=from."""
        instruction, _, command = statement
        for text in self._sources(statement):
            if not text.chars or text.chars == "scratch":
                continue
            if prefix and not any(char in text.chars for char in "/:@") and not self._runs_here(statement, text, stage):
                continue  # A bare name in a trigger may be a stage of the build that the trigger runs in.
            suspicion = None
            if text.chars.isdecimal():
                if command.name == "COPY":
                    self._check_stage_number(instruction, text.chars, stage)
                    continue
                suspicion = f"from={text} pulls an image called {text}: stages have names here, not numbers"
            elif self._is_stage(instruction, text.chars, stage) or self._is_context(text.chars):
                continue
            context = "COPY --from" if command.name == "COPY" else "RUN --mount"
            similar = self._similar_stage(text.chars, stage)
            self._add(self._place_source(text), prefix + context, None, suspicion, similar)

    def _runs_here(self, trigger: Statement, source: Text, stage: int) -> bool:
        """Tell whether a trigger of a stage runs in a later one of this file, in which its source is no stage.

        A number is one of a stage in COPY, and the name of an image in RUN.
        """
        is_number = source.chars.isdecimal() and trigger.command.name == "COPY"
        if is_number or source.chars.lower() in self._first_stages:
            return False
        return stage in self._continued_stages

    @cached_property
    def _continued_stages(self) -> frozenset[int]:
        """The stages that a later FROM of this file continues, on some platform.

        Found once, since each trigger asks: to work out each FROM for it takes the square of their number.
        """
        found: set[int] = set()
        for index, base in enumerate(self.froms):
            names = self._names(base.image) if isinstance(base.image, Word) else ()
            found.update(self._first_stages[name] for name in names if self._is_earlier(name, index))
        return frozenset(found)

    def _names(self, image: Word) -> list[str]:
        """Return what the word of a FROM stands for, on each platform where it differs."""
        if image.expansion.unknown:
            return [name for _, name in self.scope.on_platforms(image) if name is not None]
        return [image.expansion.value.chars]

    def _sources(self, statement: Statement) -> Iterator[Text]:
        instruction, line, command = statement
        naming = _NAMING_FLAGS.get(command.name)
        for name, value in command.flags:
            if name != naming:
                if name.lower() == "from":
                    self._complain(instruction, f"unknown flag: --{name}")
            elif value is None:
                self._complain(instruction, f"--{name} has no value: write --{name}=…")
            elif name == "from":
                yield line.take(value)
            else:
                yield from self._mount_source(instruction, line.take(value))

    def _mount_source(self, instruction: Instruction, mount: Text) -> Iterator[Text]:
        try:
            source = mount_source(mount)
        except InvalidMount as error:
            self._complain(instruction, str(error))
        else:
            yield from () if source is None else (source,)

    def _check_stage_number(self, instruction: Instruction, number: str, stage: int) -> None:
        if len(number) > 9 or int(number) >= stage:
            self._complain(instruction, f"--from={number}: there is no earlier stage of that number")

    def _is_stage(self, instruction: Instruction, name: str, stage: int) -> bool:
        if name.lower() not in self._first_stages:
            return False
        if not self._is_earlier(name.lower(), stage):
            self._complain(instruction, f"the stage {name} must be defined before it is copied or mounted from")
        return True

    def _place_source(self, text: Text) -> WrittenReference:
        word = literal(text)
        if "$" in text.chars:
            reason = "variables mean nothing here: name a stage, and give that stage's FROM the variable"
            return WrittenReference(span=text.extent, text=str(text), target=Opaque(reason))
        return read_reference(word, self.scope)

    def _read_syntax(self) -> None:
        if self.division.syntax is not None:
            self._add(read_reference(literal(self.division.syntax), self.scope), "# syntax")

    def _add(
        self,
        written: WrittenReference,
        context: str,
        platform: str | None = None,
        suspicion: str | None = None,
        similar: str | None = None,
    ) -> None:
        """Note an occurrence, once for each place to edit."""
        if suspicion is not None and written.place is not None and written.place.start == written.place.end:
            self.suspicions[written.place] = suspicion
            written = written._replace(place=None, unwritable=suspicion)
        place_to_edit = written.place or written.span
        if place_to_edit not in self.occurrences:
            ignores = self._suppressions_at(written.used or written.span)
            self.occurrences[place_to_edit] = occurrence_at(
                written, self.source, self.prefix + context, platform=platform, suppressions=ignores, stage=suspicion
            )
            if similar is not None:
                self.occurrences[place_to_edit] = self.occurrences[place_to_edit]._replace(similar_stage=similar)

    # Comments and the outline.

    def _suppressions_at(self, span: Span) -> tuple[Suppression, ...]:
        if not self.comments.suppressions:
            return ()
        return self.comments.at(self.source.line_of(span.start) - self.source.line_of(self.text.offsets[0]) + 1)

    def outline(self) -> tuple[str, ...]:
        """Return what no edit may change: the instructions as two parsers see them, and the stages.

        Raises WriteError where the second parser cannot be asked.
        """
        from pinner.formats.dockerfile import cross_check

        try:
            theirs = cross_check.structure(self.text.chars)
        except cross_check.TooLong as error:
            reason = "an instruction goes on for too many lines to be read again after an edit; the file was left alone"
            raise WriteError(self.source.path, reason) from error
        ours = (
            f"{each.name or read_command(each.joined().chars).name} on {each.first_line}-{each.last_line},"
            f" to {each.end_line}"
            for each in self.division.every_instruction()
        )
        stages = (f"stage {base.stage} on {base.platform}" for base in self.froms)
        return (*theirs, *ours, *stages)


def _is_foreign(syntax: Text | None) -> bool:
    """Tell whether the frontend may know more instructions than Docker's own does."""
    try:
        return syntax is not None and parse(syntax.chars).repository not in _FRONTENDS_OF_DOCKER
    except InvalidReference:
        return False
