"""The table of all settings that a file or the environment may hold.

What reads them, what `pinner config` shows, the JSON schema and the documentation follow from it.
"""

from pinner.checking.rule_selection import Override
from pinner.config import ImageSettings, RegistryTable
from pinner.config.types import (
    Boolean,
    Choice,
    File,
    Integer,
    Key,
    List,
    Lookup,
    Number,
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

_DOCKER_HUB_NAMES = ("index.docker.io", "registry-1.docker.io")
_PORT = r"(:[0-9]{1,5})?"
_HOST = rf"(([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+|localhost|\[[0-9A-Fa-f:]+\]){_PORT}|[A-Za-z0-9-]+:[0-9]{{1,5}}"
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
_LEVEL = Choice("severity", ("error", "warning", "note"), lambda label: Severity[label.upper()])
_SEVERITIES = Lookup(_RULE, _LEVEL, {})
_REALMS = List(String("a host with its port, unless that is 443", _HOST, str.lower))
_KIND = Choice("kind", kind_names())
_PLATFORM = String("a platform such as linux/amd64 or linux/arm/v7", r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")

_OVERRIDE = (
    Key("files", PatternList(), [], "The files that it is about, in the syntax of `.gitignore`.", required=True),
    Key("select", _RULES, [], "Rules that run on these files even if they do not elsewhere."),
    Key("ignore", _RULES, [], "Rules that do not run on these files."),
    Key("severity", _SEVERITIES, {}, "How bad the findings of rules are in these files."),
)
_GLOBS = List(String("a glob on the canonical name of images", r"!?\S+", check_glob))
_IMAGE = (
    Key("match", _GLOBS, [], "The images that it is about: globs as in `ignore-images`.", required=True),
    Key("platforms", List(_PLATFORM), None, "The platforms of these images that matter to you."),
    Key(
        "min-age", Integer(0, 36500), None, "Days that content must be known before a pin of these images moves to it."
    ),
    Key("allow-lost-platforms", Boolean(), None, "Let pins move to indexes that lack platforms that the pins have."),
    Key("update", Boolean(), None, "`false`: let no pin of these images move."),
)
_VALUES = Lookup(
    String("the name of an ARG", r"[A-Za-z_][A-Za-z0-9_]*"), String("a value without line breaks", r"[^\r\n]*"), {}
)
_BUILD = (
    Key("files", PatternList(), [], "The Dockerfiles that it is about, in the syntax of `.gitignore`.", required=True),
    Key(
        "values", _VALUES, {}, "The values that builds pass, by the names of the ARGs. `pin` writes digests into them."
    ),
    Key(
        "contexts",
        List(String("the name of a build context", r"[^\s=]+")),
        [],
        "The names of additional build contexts: in `FROM` and `--from` they are no images.",
    ),
)
_REGISTRY = (
    Key("mirror", String("an http or https URL", _URL), None, "Ask this URL, which may have a path, in its place."),
    Key("insecure", Boolean(), False, "Allow plain HTTP and any certificate."),
    Key("ca-file", File(), None, "Trust the certificates in this PEM file, too."),
    Key("trusted-realms", _REALMS, [], "Hosts of token servers that may see the credentials for this registry."),
)

KEYS = (
    Key(
        "exclude",
        PatternList(),
        [],
        "Leave files out, in the syntax of `.gitignore`. It holds for files that are named on the command line, too.",
        'exclude = ["vendor/", "**/testdata/"]',
    ),
    Key(
        "extend-include",
        Lookup(_KIND, PatternList(), {}),
        {},
        "Read further files, in the syntax of `.gitignore`, by the kind that they are of.",
        '[extend-include]\ndockerfile = ["*.dockerfile.in"]\ngitlab-ci = ["ci/*.yml"]',
    ),
    Key(
        "kinds",
        Lookup(_KIND, Choice("mode", MODES), {}),
        {},
        "Which kinds of files are read: `off` passes files of a kind over, `check` reports on them and never writes "
        "them, `on` is the default.",
        '[kinds]\nhelm-values = "off"\nkubernetes = "check"',
    ),
    Key(
        "build-args",
        List(Table(_BUILD, BuildArgs)),
        [],
        "What the real build of some Dockerfiles passes: `--build-arg` and `--build-context`. The files are judged "
        "with these values in the place of their defaults, and as each Compose service builds them. Of several entries "
        "that match, the last counts. With `--policy-from` the revision's values and the change's are judged.",
        '[[build-args]]\nfiles = ["services/*/Dockerfile"]\nvalues = { BASE = "node:20", DISTRO = "bookworm" }\n'
        'contexts = ["shared"]',
    ),
    Key("kind", List(_KIND), [], "Kinds that are read, and no others. In the file: `kinds`.", in_file=False),
    Key(
        "helm-write",
        Choice("choice", ("digest", "tag")),
        "digest",
        "Where the digest of an image goes whose parts are values of a chart: into an existing key `digest`, or with "
        "`tag`, where there is none, behind the tag. Charts that put the tag into a label do not take that.",
        'helm-write = "tag"',
    ),
    Key(
        "select", _RULES, [], "Run these rules alone. Empty: all of them.", 'select = ["unpinned", "opaque-reference"]'
    ),
    Key("ignore", _RULES, [], "Do not run these rules.", 'ignore = ["floating-tag"]'),
    Key("severity", _SEVERITIES, {}, "How bad the findings of rules are.", '[severity]\nstale-digest = "error"'),
    Key(
        "overrides",
        List(Table(_OVERRIDE, Override)),
        [],
        "What holds for some files. Each override that matches adds to the ones before it.",
        '[[overrides]]\nfiles = ["tests/"]\nignore = ["unpinned"]\nseverity = { opaque-reference = "note" }',
    ),
    Key("fail-on", _LEVEL, "error", "The lowest severity that makes the exit code 1.", 'fail-on = "warning"'),
    Key(
        "ignore-images",
        List(String("a glob on the canonical name of images", r"!?\S+", check_glob)),
        [],
        "Leave images alone: neither report nor pin them. Globs on the canonical name, such as "
        "`docker.io/library/node`: `*` and `?` stop at a slash, `**` does not, `!` negates, the last match decides.",
        'ignore-images = ["localhost/**", "ghcr.io/us/**", "!ghcr.io/us/base-*"]',
    ),
    Key(
        "require-ignore-reason",
        Boolean(),
        False,
        "Let an ignore comment count only if it gives a reason.",
        "require-ignore-reason = true",
    ),
    Key(
        "baseline",
        File(in_folder=True),
        None,
        "The file of `check --write-baseline`: `check` lets the findings that it knows go. A configuration that was "
        "found names one in its own folder.",
        'baseline = "pinner-baseline.json"',
    ),
    Key(
        "platforms",
        List(_PLATFORM),
        [],
        "The platforms that matter to you. Empty: all that an index has.",
        'platforms = ["linux/amd64", "linux/arm64"]',
    ),
    Key("min-age", Integer(0, 36500), 0, "Days that content must be known before a pin moves to it.", "min-age = 7"),
    Key(
        "ledger",
        File(in_folder=True),
        None,
        "The file that says how long content has been known. Default: `pinner-ledger.jsonl` in the folder of the "
        "configuration, else in the working directory. A configuration that was found names one in its own folder.",
        'ledger = "ci/pinner-ledger.jsonl"',
    ),
    Key(
        "images",
        List(Table(_IMAGE, ImageSettings)),
        [],
        "What holds for updates of some images. Of several entries that match, the last that says something decides.",
        '[[images]]\nmatch = ["quay.io/us/**"]\nplatforms = ["linux/amd64"]\nmin-age = 0\n\n'
        '[[images]]\nmatch = ["docker.io/library/postgres"]\nupdate = false',
    ),
    Key(
        "verify", Boolean(), False, "Fetch content and check its digest. Each is a pull on Docker Hub.", "verify = true"
    ),
    Key(
        "registries",
        Lookup(
            String('a host of a registry in quotes, such as "ghcr.io"', _HOST, _host),
            Table(_REGISTRY, RegistryTable),
            {"*": Table(_REGISTRY[:1], RegistryTable)},
        ),
        {},
        'What holds for one registry, by its host. `"*"` stands for all others and takes a mirror alone.',
        '[registries."docker.io"]\nmirror = "https://mirror.example/hub"\n\n'
        '[registries."registry.example:5000"]\nca-file = "certs/ca.pem"\ntrusted-realms = ["auth.example"]',
    ),
    Key(
        "mirror",
        List(String("HOST=URL, with * for any other host", rf"(\*|{_HOST})={_URL}", _mirror)),
        [],
        "`HOST=URL`: ask the URL for the images of HOST. In the file: `registries.HOST.mirror`.",
        in_file=False,
    ),
    Key(
        "insecure",
        List(String("a host of a registry, perhaps with a port", _HOST, _host)),
        [],
        "Hosts that may speak plain HTTP and show any certificate. In the file: `registries.HOST.insecure`.",
        in_file=False,
    ),
    Key("ca-file", File(), None, "Trust the certificates in this PEM file, too.", 'ca-file = "certs/ca.pem"'),
    Key(
        "trusted-realms",
        _REALMS,
        [],
        "Hosts of token servers that may see the credentials of every registry that names them.",
        'trusted-realms = ["auth.example"]',
    ),
    Key("jobs", Integer(1, 256), 16, "Requests at once.", "jobs = 8"),
    Key("timeout", Number(0.1, 600), 30.0, "Seconds for one request.", "timeout = 60"),
    Key(
        "format",
        Reports(OUTPUTS, frozenset(("text", "concise", "github"))),
        [],
        "How to write the report: formats, each on standard output or, as `NAME=FILE`, in a file. Empty: `text`, and "
        "in GitHub Actions `github` as well. A configuration that was found names no file.",
        'format = ["concise", "github"]',
    ),
    Key("color", Choice("choice", ("auto", "always", "never")), "auto", "When to use colour.", 'color = "never"'),
)
"""In the order in which the documentation shows them."""
