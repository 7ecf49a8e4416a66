"""Credential helpers: `docker-credential-NAME get`, as docker-credential-helpers defines it."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from asyncio import StreamReader
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress

from pinner.registry.auth.docker_config import Credential
from pinner.registry.errors import one_line
from pinner.registry.http.secret import Secret, is_text

TIMEOUT = 30.0
_MAX_OUTPUT = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOT_FOUND = b"credentials not found"
_IDENTITY = "<token>"


class HelperFailed(Exception):
    """A helper that cannot be run or does not answer as it should.

    The text ends with the last line of what one that failed said, cleaned, and holds nothing else of it.
    """


async def ask_helper(name: str, server: str, environ: Mapping[str, str], seconds: float = TIMEOUT) -> Credential | None:
    """Return what the helper knows of `server`, None where it knows nothing. Raises HelperFailed."""
    program = _program(name, environ)
    try:
        process = await asyncio.create_subprocess_exec(
            program, "get", stdin=PIPE, stdout=PIPE, stderr=PIPE, env=dict(environ), start_new_session=True
        )
    except OSError as error:
        raise HelperFailed(f"the credential helper {program} cannot be run ({error.strerror})") from None
    output = None
    try:
        async with asyncio.timeout(seconds):
            output, complaints = await _converse(process, server)
    except TimeoutError:
        raise HelperFailed(f"the credential helper {program} did not answer in {seconds:g} s") from None
    finally:
        if output is None:
            await _end(process)
    if process.returncode and _NOT_FOUND not in output.lower():
        raise HelperFailed(f"the credential helper {program} failed{_last_line(complaints) or _last_line(output)}")
    return None if process.returncode else _read(output, program, name)


def _program(name: str, environ: Mapping[str, str]) -> str:
    """Return the helper's absolute path. A relative one, from a PATH with `.` in it, could lie in a repository."""
    if not _NAME.fullmatch(name):
        raise HelperFailed("the credential helper's name in the configuration is no name of a program")
    program = shutil.which(f"docker-credential-{name}", path=environ.get("PATH", os.defpath))
    if program is None or not os.path.isabs(program):
        raise HelperFailed(f"the credential helper docker-credential-{name} is not on PATH")
    return program


async def _converse(process: Process, server: str) -> tuple[bytes, bytes]:
    """Return what the helper says, and of what it complains, before it ends. Raises HelperFailed for too much."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(server.encode())
        await process.stdin.drain()
    process.stdin.close()
    output, complaints = await asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
    await process.wait()
    return output, complaints


async def _bounded(stream: StreamReader) -> bytes:
    output = b""
    while part := await stream.read(_MAX_OUTPUT):
        output += part
        if len(output) > _MAX_OUTPUT:
            raise HelperFailed("the credential helper says more than credentials")
    return output


def _last_line(output: bytes) -> str:
    """Return the last line that says something, to be put behind a sentence; not one that looks like credentials."""
    lines = [one_line(line) for line in output.decode("utf-8", "replace").splitlines()]
    last = next((line for line in reversed(lines) if line), "")
    return f": {last}" if last and "{" not in last and "Secret" not in last else ""


async def _end(process: Process) -> None:
    """Leave nothing running: neither the helper nor what it started."""
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _read(output: bytes, program: str, name: str) -> Credential | None:
    try:
        # In any case, as Go reads JSON: helpers of one's own are written in shell.
        answer = {name.lower(): value for name, value in json.loads(output).items()}
        username, secret = answer["username"], answer["secret"]
    except (ValueError, RecursionError, KeyError, AttributeError):
        raise HelperFailed(f"the credential helper {program} gave no credentials in JSON") from None
    if not is_text(username) or not is_text(secret) or not secret:
        return None
    source = f"docker-credential-{name}"
    if username == _IDENTITY:
        return Credential(source, identity_token=Secret(secret))
    return Credential(source, username, password=Secret(secret))
