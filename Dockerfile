# One static program, its certificates and its time zones; nothing to log in to.
#
#   docker build --build-arg VERSION="$(git describe --tags --always)" -t hallpass .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -v "$PWD/access:/access:ro" -v hallpass-data:/data \
#     -e SLACK_BOT_TOKEN -e SLACK_APP_TOKEN -e DATABASE_URL hallpass
#
# Nothing is written but below /data: data_dir in hallpass.yaml is to be /data.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
# timetzdata: the image has no zone files, and clocks are shown in people's own zones.
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata \
      -ldflags "-s -w -X main.version=${VERSION}" -o /out/hallpass ./cmd/hallpass \
 && mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/hallpass /hallpass
# The embedded database lives here when DATABASE_URL names no PostgreSQL.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=10s --start-period=1m CMD ["/hallpass", "health", "--config", "/access/hallpass.yaml"]
ENTRYPOINT ["/hallpass"]
CMD ["serve", "--config", "/access/hallpass.yaml"]
