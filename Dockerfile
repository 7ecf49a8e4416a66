FROM python:3.13-slim@sha256:ffb752e139c0a19692a43af8d8523b274222dd68eebad5d583b45c2201c6e30a AS base

FROM base AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY pinner ./pinner
RUN python -m venv --without-pip /opt/pinner \
    && pip --python /opt/pinner/bin/python install --no-cache-dir .

FROM base
LABEL org.opencontainers.image.title="pinner" \
      org.opencontainers.image.description="Keeps container image references pinned to digests" \
      org.opencontainers.image.source="https://github.com/digest-pinner/pinner" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/pinner /opt/pinner
ENV PATH="/opt/pinner/bin:$PATH"
# Nobody's own number: `docker run --user "$(id -u)"` lets `pin` write into a mounted project.
USER 65532:65532
WORKDIR /project
ENTRYPOINT ["pinner"]
CMD ["--help"]
