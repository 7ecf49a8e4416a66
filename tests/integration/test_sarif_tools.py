"""SARIF as Microsoft's validator and the standard's JSON schema see it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from pinner.model.report import Report
from pinner.output import Style, load_format
from tests.output import case
from tests.support.tools import require

pytestmark = pytest.mark.integration

PACKAGES = ("@microsoft/sarif-multitool@5.7.0", "@microsoft/jest-sarif@1.0.0-beta.0")
ENVIRONMENT = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
"""As it was before a test scrubbed it: npm reads its registry from the user's home."""


@pytest.fixture(scope="module")
def packages(request: pytest.FixtureRequest) -> Path:
    """The folder with npm's packages, kept in pytest's cache from run to run. No script of theirs is run."""
    require("npm")
    assert request.config.cache
    folder = request.config.cache.mkdir("sarif-tools")
    if not (folder / "node_modules" / "@microsoft" / "jest-sarif").exists():
        npm = [shutil.which("npm") or "npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit"]
        subprocess.run([*npm, "--no-fund", *PACKAGES], env=ENVIRONMENT, check=True, capture_output=True, timeout=300)
    return folder / "node_modules" / "@microsoft"


def multitool(packages: Path, sarif: Path) -> str:
    """What the validator prints. Its exit code is 0 even with errors."""
    (program,) = packages.glob("sarif-multitool-*/Sarif.Multitool")
    program.chmod(0o755)
    rules = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    command = [program, "validate", *rules, sarif.name]
    done = subprocess.run(
        command, cwd=sarif.parent, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120
    )
    assert "1 files scanned" in done.stdout, done.stdout + done.stderr
    return done.stdout


def complaints(output: str) -> list[str]:
    return re.findall(r"^.*: (?:error|warning) .*$", output, re.MULTILINE)


@pytest.mark.parametrize("report", [case.REPORT, case.CLEAN], ids=["every-rule", "clean"])
def test_the_multitool_has_no_complaint(packages: Path, tmp_path: Path, report: Report) -> None:
    sarif = tmp_path / "report.sarif"
    sarif.write_text(load_format("sarif").render(report, Style()), encoding="utf-8")
    assert complaints(multitool(packages, sarif)) == []


def test_the_multitool_complains_of_a_bad_document(packages: Path, tmp_path: Path) -> None:
    document = json.loads(load_format("sarif").render(case.REPORT, Style()))
    del document["runs"][0]["results"][0]["message"]
    sarif = tmp_path / "report.sarif"
    sarif.write_text(json.dumps(document), encoding="utf-8")
    assert complaints(multitool(packages, sarif))


@pytest.mark.parametrize("report", [case.REPORT, case.CLEAN], ids=["every-rule", "clean"])
def test_the_schema_is_met(packages: Path, report: Report) -> None:
    (schema,) = packages.glob("jest-sarif/lib/schemas/sarif-2.1.0-*.json")
    document = json.loads(load_format("sarif").render(report, Style()))
    jsonschema.validate(document, json.loads(schema.read_text(encoding="utf-8-sig")))
