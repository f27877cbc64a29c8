package tracing

import (
	"net/url"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// OpenTelemetry's own variables that are read here; the library reads those
// for headers, certificates, the sampler and the service's name by itself.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
const (
	envEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	envTraces   = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	envProtocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
	envDisabled = "OTEL_SDK_DISABLED"
	envExporter = "OTEL_TRACES_EXPORTER"
)

// Endpoint is the address that the environment names for traces; empty: none.
// It fails with CodeInvalid, and names variable and mend, for one that cannot
// be spoken to.
func Endpoint(env func(string) string) (string, error) {
	if strings.EqualFold(env(envDisabled), "true") || env(envExporter) == "none" {
		return "", nil
	}
	name, address := envTraces, env(envTraces)
	if address == "" {
		name, address = envEndpoint, env(envEndpoint)
	}
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", approvals.Errorf(approvals.CodeInvalid, "%s is no http:// or https:// address of a collector, such as http://localhost:4318.", name)
	case u.User != nil:
		return "", approvals.Errorf(approvals.CodeInvalid, "%s holds credentials; put them into OTEL_EXPORTER_OTLP_HEADERS.", name)
	case env(envProtocol) != "" && env(envProtocol) != "http/protobuf":
		return "", approvals.Errorf(approvals.CodeInvalid, "%s is not spoken here; set it to http/protobuf, and %s to the collector's port for it, usually 4318.", envProtocol, name)
	}
	if name == envEndpoint {
		u = u.JoinPath("v1", "traces")
	}
	return u.String(), nil
}
