# syntax=docker/dockerfile:1

# The image of the `report` command. Both base images can be replaced, for example by the same image with a digest:
#   --build-arg RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm@sha256:...
# The release workflow uses digests and records them. The version of Rust is the same as in rust-toolchain.toml.
ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm
# Only the CA certificates are needed, because the program is static.
ARG RUNTIME_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM ${RUST_IMAGE} AS chef
WORKDIR /src
RUN cargo install cargo-chef --version 0.1.78 --locked --debug

# The list of dependencies. It changes only with a manifest or the lock file, so the next stage is usually cached.
FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# A static executable. `--target` below keeps these flags away from build scripts and macros.
ENV RUSTFLAGS="-C target-feature=+crt-static"
COPY --from=plan /src/recipe.json .
RUN cargo chef cook --release --locked --recipe-path recipe.json --package system-health-report-cli \
        --target "$(rustc --print host-tuple)"
COPY . .
# Packed relocations save 1.5 MiB of file size and of memory. They need glibc 2.36 only in a dynamic executable.
RUN cargo rustc --release --locked --package system-health-report-cli --bin report \
        --target "$(rustc --print host-tuple)" -- -C link-arg=-Wl,-z,pack-relative-relocs \
    && mv "target/$(rustc --print host-tuple)/release/report" /report \
    && mkdir /state

FROM ${RUNTIME_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="system-health" \
      org.opencontainers.image.description="Collects health metrics and delivers them" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /report /usr/local/bin/report
# Mount a volume here to keep state. The root file system may be read-only.
COPY --from=build --chown=65532:65532 /state /var/lib/system-health
ENV SYSTEM_HEALTH_STATE_DIR=/var/lib/system-health
# The user is a number, so that Kubernetes can check that it is not root.
USER 65532:65532
RUN ["report", "--version"]
ENTRYPOINT ["report"]
