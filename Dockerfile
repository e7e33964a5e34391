# The same program without Lambda's 15 minutes: on ECS, in a cron job, anywhere.
#
#   docker build -t rds-data-extractor .
#   docker run --rm -v "$HOME/.aws:/home/nonroot/.aws:ro" -v "$PWD/event.json:/event.json:ro" \
#     rds-data-extractor extract --event /event.json
#
# On ECS the task role takes the place of the function's role (docs/deploying.md).
# checkov:skip=CKV_DOCKER_2:It runs once and ends; there is nothing to ask for its health.
# checkov:skip=CKV_DOCKER_7:The images are named in the two arguments, with their versions.
ARG RUST_IMAGE=rust:1-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${RUST_IMAGE} AS build
WORKDIR /src
RUN apt-get update \
    && apt-get install --yes --no-install-recommends perl make python3 openssl curl \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cargo build --release --locked --bin rds-data-extractor
# Fetches RDS's certificate authorities and keeps those of package/rds-ca.
RUN BOOTSTRAP=target/release/rds-data-extractor PACKAGE_DIR=/package \
    package/package.sh "$(uname -m | sed s/aarch64/arm64/)" \
    && python3 -m zipfile -e /package/*.zip /package/files

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home nonroot
COPY --from=build --chmod=755 /package/files/bootstrap /usr/local/bin/rds-data-extractor
COPY --from=build --chmod=644 /package/files/rds-ca-bundle.pem /package/files/amazon-roots.pem /usr/local/bin/
USER nonroot
ENTRYPOINT ["/usr/local/bin/rds-data-extractor"]
CMD ["--help"]
