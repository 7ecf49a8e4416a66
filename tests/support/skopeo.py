"""`skopeo` as a second opinion on what a registry serves, with no configuration but its own."""

import os
import subprocess
from pathlib import Path

from tests.support.images import digest_of
from tests.support.tools import require


class Skopeo:
    """Runs skopeo with its files in `folder`: no user's credentials, policy or registries."""

    def __init__(self, folder: Path) -> None:
        require("skopeo")
        self._folder = folder
        (folder / "registries.conf").write_text("unqualified-search-registries = []\n")
        (folder / "auth.json").write_text('{"auths": {}}')

    def raw(self, reference: str, *, auth: tuple[str, str] | None = None, certificates: Path | None = None) -> bytes:
        """The bytes that `reference` names. `certificates` is a folder with the authority's certificate."""
        options = ["--authfile", str(self._folder / "auth.json")]
        options += ["--creds", ":".join(auth)] if auth else []
        options += ["--cert-dir", str(certificates)] if certificates else ["--tls-verify=false"]
        command = ["skopeo", "--insecure-policy", "inspect", "--raw", *options, f"docker://{reference}"]
        return subprocess.run(command, check=True, capture_output=True, env=self._environment(), timeout=120).stdout

    def digest(self, reference: str, *, auth: tuple[str, str] | None = None, certificates: Path | None = None) -> str:
        """The digest of `reference`: the hash of `raw`."""
        return digest_of(self.raw(reference, auth=auth, certificates=certificates))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "CONTAINERS_REGISTRIES_CONF": str(self._folder / "registries.conf"),
        }
