package app

import (
	"context"
	"log/slog"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
)

// toAWS makes a connector that works with the credentials which AWS's SDK
// finds: none are in the configuration.
func toAWS(ctx context.Context, name string, k config.Connector, c config.Config, o Options) (approvals.Connector, error) {
	found, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(k.Region))
	if err != nil {
		return nil, approvals.Problems{c.At("connectors", name).Problem("mend the files and variables that configure AWS's SDK", "AWS's own configuration cannot be read")}
	}
	made, err := awsidc.New(awsidc.Config{Name: name, AWS: found, Instance: k.Instance, Account: k.Account, Replicas: k.Replicas,
		Timeout: k.Timeout, Logger: o.logger().With(slog.String("connector", name)), Now: o.Now})
	if err != nil {
		return nil, approvals.Problems{c.At("connectors", name).Problem("mend it, and start again", "%s", err)}
	}
	return made, nil
}
