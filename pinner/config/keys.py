"""The table of all settings that a file or the environment may hold.

What reads them, what `pinner config` shows, the JSON schema and the documentation follow from it.
"""

from pinner.checking.rule_selection import Override
from pinner.config.tables import ImageSettings, RegistryTable
from pinner.config.types import (
    Boolean,
    Choice,
    File,
    Integer,
    Key,
    List,
    Number,
    OpenTable,
    PatternList,
    Reports,
    String,
    Table,
)
from pinner.formats import kind_names
from pinner.model.occurrence import Severity
from pinner.model.reference import DOCKER_HUB
from pinner.output import OUTPUTS
from pinner.rules import RULES
from pinner.scanning.build_args import BuildArgs
from pinner.scanning.image_globs import check_glob
from pinner.scanning.kind_settings import MODES

# Docker Hub is docker.io in references, and index.docker.io or registry-1.docker.io in clients' configurations.
_DOCKER_HUB_NAMES = ("index.docker.io", "registry-1.docker.io")
_PORT = r"(:[0-9]{1,5})?"
# As in references: without a dot or a port a first part is no host but `localhost` (distribution/reference,
# `splitDockerDomain`).
_HOST = rf"(([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+|localhost|\[[0-9A-Fa-f:]+\]){_PORT}|[A-Za-z0-9-]+:[0-9]{{1,5}}"
# Without user information: a configuration is committed.
_URL = r"https?://[^\s/?#@]+(/[^\s?#]*)?"


def _host(text: str) -> str:
    """Return a registry's host as references are normalised."""
    host = text.lower()
    return DOCKER_HUB if host in _DOCKER_HUB_NAMES else host


def _mirror(text: str) -> tuple[str, str]:
    host, _, url = text.partition("=")
    return _host(host), url


_RULE = Choice("rule", tuple(rule.ID for rule in RULES))
_RULES = List(_RULE)
_LEVEL = Choice(noun="severity", choices=("error", "warning", "note"), make=lambda label: Severity[label.upper()])
_SEVERITIES = OpenTable(name=_RULE, value=_LEVEL, special={})
_REALMS = List(String(meaning="a host with its port, unless that is 443", pattern=_HOST, make=str.lower))
_KIND = Choice("kind", kind_names())
# As containerd and buildx write them: os/architecture[/variant].
_PLATFORM = String("a platform such as linux/amd64 or linux/arm/v7", r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")

_OVERRIDE = (
    Key(
        name="files",
        type=PatternList(),
        default=[],
        summary="The files that this applies to, in the syntax of `.gitignore`.",
        required=True,
    ),
    Key(name="select", type=_RULES, default=[], summary="Rules that run on these files even if they do not elsewhere."),
    Key(name="ignore", type=_RULES, default=[], summary="Rules that do not run on these files."),
    Key(name="severity", type=_SEVERITIES, default={}, summary="How bad the findings of rules are in these files."),
)
_GLOBS = List(String(meaning="a glob on the canonical name of images", pattern=r"!?\S+", make=check_glob))
_IMAGE = (
    Key(
        name="match",
        type=_GLOBS,
        default=[],
        summary="The images that this applies to: globs as in `ignore-images`.",
        required=True,
    ),
    Key(
        name="platforms",
        type=List(_PLATFORM),
        default=None,
        summary="The platforms of these images that matter to you.",
    ),
    Key(
        name="min-age",
        type=Integer(0, 36500),
        default=None,
        summary="Days that content must be known before a pin of these images moves to it.",
    ),
    Key(
        name="allow-lost-platforms",
        type=Boolean(),
        default=None,
        summary="Let pins move to indexes that lack platforms that the pins have.",
    ),
    Key(name="update", type=Boolean(), default=None, summary="`false`: let no pin of these images move."),
)
_VALUES = OpenTable(
    name=String("the name of an ARG", r"[A-Za-z_][A-Za-z0-9_]*"),
    value=String("a value without line breaks", r"[^\r\n]*"),
    special={},
)
_BUILD = (
    Key(
        name="files",
        type=PatternList(),
        default=[],
        summary="The Dockerfiles that this applies to, in the syntax of `.gitignore`.",
        required=True,
    ),
    Key(
        name="values",
        type=_VALUES,
        default={},
        summary="The values that builds pass, by the names of the ARGs. `pin` writes digests into them.",
    ),
    Key(
        name="contexts",
        type=List(String("the name of a build context", r"[^\s=]+")),
        default=[],
        summary="The names of additional build contexts: in `FROM` and `--from` they are no images.",
    ),
)
_REGISTRY = (
    Key(
        name="mirror",
        type=String("an http or https URL", _URL),
        default=None,
        summary="Ask this URL, which may have a path, in its place.",
    ),
    Key(name="insecure", type=Boolean(), default=False, summary="Allow plain HTTP and any certificate."),
    Key(name="ca-file", type=File(), default=None, summary="Trust the certificates in this PEM file, too."),
    Key(
        name="trusted-realms",
        type=_REALMS,
        default=[],
        summary="Hosts of token servers that may see the credentials for this registry.",
    ),
)

KEYS = (
    Key(
        name="exclude",
        type=PatternList(),
        default=[],
        summary="Leave files out, in the syntax of `.gitignore`. It holds for files that are named on the "
        "command line, too.",
        example='exclude = ["vendor/", "**/testdata/"]',
    ),
    Key(
        name="extend-include",
        type=OpenTable(name=_KIND, value=PatternList(), special={}),
        default={},
        summary="Read further files, in the syntax of `.gitignore`, by the kind that they are of.",
        example='[extend-include]\ndockerfile = ["*.dockerfile.in"]\ngitlab-ci = ["ci/*.yml"]',
    ),
    Key(
        name="kinds",
        type=OpenTable(name=_KIND, value=Choice("mode", MODES), special={}),
        default={},
        summary="Which kinds of files are read: `off` passes files of a kind over, `check` reports on them "
        "and never writes "
        "them, `on` is the default.",
        example='[kinds]\nhelm-values = "off"\nkubernetes = "check"',
    ),
    Key(
        name="build-args",
        type=List(Table(_BUILD, BuildArgs)),
        default=[],
        summary="What the real build of some Dockerfiles passes: `--build-arg` and `--build-context`. The "
        "files are judged "
        "with these values in the place of their defaults, and as each Compose service builds them. Of several entries "
        "that match, the last counts. With `--policy-from` the revision's values and the change's are judged, but for "
        "`BUILDKIT_SYNTAX`, of which the change's alone. A value with escapes takes no digest, and for a Dockerfile on "
        "standard input no value does.",
        example='[[build-args]]\nfiles = ["services/*/Dockerfile"]\nvalues = { BASE = "node:20", DISTRO = '
        '"bookworm" }\n'
        'contexts = ["shared"]',
    ),
    Key(
        name="kind",
        type=List(_KIND),
        default=[],
        summary="Kinds that are read, and no others. In the file: `kinds`.",
        in_file=False,
    ),
    Key(
        name="helm-write",
        type=Choice("choice", ("digest", "tag")),
        default="digest",
        summary="Where the digest of an image goes whose parts are values of a chart: into an existing key "
        "`digest`, or with "
        "`tag`, where there is none, behind the tag. Charts that put the tag into a label do not take that.",
        example='helm-write = "tag"',
    ),
    Key(
        name="select",
        type=_RULES,
        default=[],
        summary="Run these rules alone. Empty: all of them.",
        example='select = ["unpinned", "opaque-reference"]',
    ),
    Key(name="ignore", type=_RULES, default=[], summary="Do not run these rules.", example='ignore = ["floating-tag"]'),
    Key(
        name="severity",
        type=_SEVERITIES,
        default={},
        summary="How bad the findings of rules are.",
        example='[severity]\nstale-digest = "error"',
    ),
    Key(
        name="overrides",
        type=List(Table(_OVERRIDE, Override)),
        default=[],
        summary="What holds for some files. Each override that matches adds to the ones before it.",
        example='[[overrides]]\nfiles = ["tests/"]\nignore = ["unpinned"]\nseverity = { opaque-reference = "note" }',
    ),
    Key(
        name="fail-on",
        type=_LEVEL,
        default="error",
        summary="The lowest severity that makes the exit code 1.",
        example='fail-on = "warning"',
    ),
    Key(
        name="ignore-images",
        type=List(String(meaning="a glob on the canonical name of images", pattern=r"!?\S+", make=check_glob)),
        default=[],
        summary="Leave images alone: neither report nor pin them. Globs on the canonical name, such as "
        "`docker.io/library/node`: `*` and `?` stop at a slash, `**` does not, `!` negates, the last match decides.",
        example='ignore-images = ["localhost/**", "ghcr.io/us/**", "!ghcr.io/us/base-*"]',
    ),
    Key(
        name="require-ignore-reason",
        type=Boolean(),
        default=False,
        summary="Let an ignore comment count only if it gives a reason.",
        example="require-ignore-reason = true",
    ),
    Key(
        name="baseline",
        type=File(in_folder=True),
        default=None,
        summary="The file of `check --write-baseline`: `check` lets the findings that it knows go. A "
        "configuration that was "
        "found names one in its own folder.",
        example='baseline = "pinner-baseline.json"',
    ),
    Key(
        name="platforms",
        type=List(_PLATFORM),
        default=[],
        summary="The platforms that matter to you. Empty: all that an index has.",
        example='platforms = ["linux/amd64", "linux/arm64"]',
    ),
    Key(
        name="min-age",
        type=Integer(0, 36500),
        default=0,
        summary="Days that content must be known before a pin moves to it.",
        example="min-age = 7",
    ),
    Key(
        name="ledger",
        type=File(in_folder=True),
        default=None,
        summary="The file that says how long content has been known. Default: `pinner-ledger.jsonl` in the "
        "folder of the "
        "configuration, else in the working directory. A configuration that was found names one in its own folder.",
        example='ledger = "ci/pinner-ledger.jsonl"',
    ),
    Key(
        name="images",
        type=List(Table(_IMAGE, ImageSettings)),
        default=[],
        summary="What holds for updates of some images. Of several entries that match, the last that says "
        "something decides.",
        example='[[images]]\nmatch = ["quay.io/us/**"]\nplatforms = ["linux/amd64"]\nmin-age = 0\n\n'
        '[[images]]\nmatch = ["docker.io/library/postgres"]\nupdate = false',
    ),
    Key(
        name="verify",
        type=Boolean(),
        default=False,
        summary="Fetch content and check its digest. Each is a pull on Docker Hub.",
        example="verify = true",
    ),
    Key(
        name="registries",
        type=OpenTable(
            name=String(meaning='a host of a registry in quotes, such as "ghcr.io"', pattern=_HOST, make=_host),
            value=Table(_REGISTRY, RegistryTable),
            # Certificates and realms are trusted host by host, never for all.
            special={"*": Table(_REGISTRY[:1], RegistryTable)},
        ),
        default={},
        summary='What holds for one registry, by its host. `"*"` stands for all others and takes a mirror alone.',
        example='[registries."docker.io"]\nmirror = "https://mirror.example/hub"\n\n'
        '[registries."registry.example:5000"]\nca-file = "certs/ca.pem"\ntrusted-realms = ["auth.example"]',
    ),
    Key(
        name="mirror",
        type=List(String(meaning="HOST=URL, with * for any other host", pattern=rf"(\*|{_HOST})={_URL}", make=_mirror)),
        default=[],
        summary="`HOST=URL`: ask the URL for the images of HOST. In the file: `registries.HOST.mirror`.",
        in_file=False,
    ),
    Key(
        name="insecure",
        type=List(String(meaning="a host of a registry, perhaps with a port", pattern=_HOST, make=_host)),
        default=[],
        summary="Hosts that may speak plain HTTP and show any certificate. In the file: `registries.HOST.insecure`.",
        in_file=False,
    ),
    Key(
        name="ca-file",
        type=File(),
        default=None,
        summary="Trust the certificates in this PEM file, too.",
        example='ca-file = "certs/ca.pem"',
    ),
    Key(
        name="trusted-realms",
        type=_REALMS,
        default=[],
        summary="Hosts of token servers that may see the credentials of every registry that names them.",
        example='trusted-realms = ["auth.example"]',
    ),
    Key(name="jobs", type=Integer(1, 256), default=16, summary="Requests at once.", example="jobs = 8"),
    Key(
        name="timeout",
        type=Number(0.1, 600),
        default=15.0,
        summary="Seconds for one request and its whole answer, counted anew when its host answers another one.",
        example="timeout = 60",
    ),
    Key(
        name="format",
        type=Reports(OUTPUTS, frozenset(("text", "concise", "github"))),
        default=[],
        summary="How to write the report: formats, each on standard output or, as `NAME=FILE`, in a file. "
        "Empty: `text`, and "
        "in GitHub Actions `github` as well. A configuration that was found names no file.",
        example='format = ["concise", "github"]',
    ),
    Key(
        name="color",
        type=Choice("choice", ("auto", "always", "never")),
        default="auto",
        summary="When to use colour.",
        example='color = "never"',
    ),
)
"""In the order in which the documentation shows them."""
