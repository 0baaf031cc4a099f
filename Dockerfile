# syntax=docker/dockerfile:1

# The image of the `report` command. Either base image may be another one, or the same by its digest:
#   --build-arg RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm@sha256:...
# The release workflow builds over digests, and records them.
# The Rust version is the one in rust-toolchain.toml.
ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm
# Needs nothing but CA certificates: the binary brings its C library along.
ARG RUNTIME_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM ${RUST_IMAGE} AS chef
WORKDIR /src
RUN cargo install cargo-chef --version 0.1.78 --locked --debug

# What the dependencies are, without our code: this changes only when a manifest or the lock file does.
FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# For the target alone, which `--target` tells from build scripts and macros: a static executable.
ENV RUSTFLAGS="-C target-feature=+crt-static"
COPY --from=plan /src/recipe.json .
RUN cargo chef cook --release --locked --recipe-path recipe.json --package system-health-report-cli \
        --target "$(rustc --print host-tuple)"
COPY . .
# Packed relocations: a megabyte and a half less of file, and of memory. A dynamic executable with them would need
# glibc 2.36; this one brings its own.
RUN cargo rustc --release --locked --package system-health-report-cli --bin report \
        --target "$(rustc --print host-tuple)" -- -C link-arg=-Wl,-z,pack-relative-relocs \
    && mv "target/$(rustc --print host-tuple)/release/report" /report \
    && mkdir /state

FROM ${RUNTIME_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="system-health" \
      org.opencontainers.image.description="Runs health metrics and delivers them to Datadog" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /report /usr/local/bin/report
# Mount a volume here to keep state; then the root file system may be read-only.
COPY --from=build --chown=65532:65532 /state /var/lib/system-health
ENV SYSTEM_HEALTH_STATE_DIR=/var/lib/system-health
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
RUN ["report", "--version"]
ENTRYPOINT ["report"]
