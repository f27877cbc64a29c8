package app

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
)

// toAWS makes a connector that works with the credentials which AWS's SDK
// finds: none are in the configuration.
func toAWS(ctx context.Context, name string, k config.Connector, c config.Config, o Options) (approvals.Connector, error) {
	found, err := awsConfig(ctx, k.Region, c.At("connectors", name))
	if err != nil {
		return nil, err
	}
	made, err := awsidc.New(awsidc.Config{Name: name, AWS: found, Instance: k.Instance, Account: k.Account, Control: k.Control, Replicas: k.Replicas, Crew: o.crew,
		Timeout: k.Timeout, Logger: o.logger().With(slog.String("connector", name)), Now: o.Now})
	if err != nil {
		return nil, approvals.Problems{c.At("connectors", name).Problem("mend it, and start again", "%s", err)}
	}
	return made, nil
}

// awsConfig reads what AWS's SDK finds; at is who asks.
func awsConfig(ctx context.Context, region string, at source.Place) (aws.Config, error) {
	found, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region))
	if err != nil {
		return found, approvals.Problems{at.Problem("mend the files and variables that configure AWS's SDK", "AWS's own configuration cannot be read")}
	}
	return found, nil
}
