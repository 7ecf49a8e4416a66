"""Which file names are of which format: the patterns of discovery and of the hooks.

Both are searched in a path with `/` between its parts. `.pre-commit-hooks.yaml` holds their union.
They go further than Renovate's and Dependabot's where a name can hardly mean anything else, and leave
out names whose extension says that the file is something else.
"""

# A capital letter tells `Dockerfile.go`, an image for Go, from `dockerfile.go`, a source file in Go.
DOCKERFILE_FILES = (
    r"(^|/)([^/]*(\.|[_-](?=[DC])))?([Dd]ocker|[Cc]ontainer)file$"
    r"|(^|/)(?![dc][^/]*\.(c|cc|cpp|go|h|java|kt|lua|php|rb|rs|vim)$)([Dd]ocker|[Cc]ontainer)file"
    r"(?![^/]*\.(bak|bash|cfg|conf|containerignore|csv|diff|dockerignore|drawio|gif|golden|html|ico|ini|jpe?g|js|json"
    r"|lock|log|md|orig|out|patch|pdf|png|ps1|py|rego|rej|rst|sh|snap|sum|svg|swp|toml|ts|tsx|txt|webp|xml|ya?ml)$)"
    r"[._-][^/]*[^/~]$"
)
# Workflows named after the Compose project they test are common, and are no Compose files.
COMPOSE_FILES = (
    r"(^|/)(?<!\.github/workflows/)([^/]*\.|([^/]*[._-])?(docker|podman|container)[_-])?compose([._-][^/]*)?\.ya?ml$"
)
DOTENV_FILES = r"(^|/)\.env$"
