package app

import (
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/exec"
	"github.com/hallpass-dev/hallpass/connectors/scim"
	"github.com/hallpass-dev/hallpass/connectors/webhook"
)

func toWebhook(name string, k config.Connector, c config.Config, o Options) (approvals.Connector, error) {
	to, err := c.Endpoint(k.URL, k.Key, k.Private)
	if err != nil {
		return nil, err
	}
	made, err := webhook.New(webhook.Config{Name: name, URL: to.URL, Key: []byte(to.Secret), Private: to.Private,
		Operations: operations(k), Timeout: k.Timeout, Now: o.Now})
	if err != nil {
		return nil, approvals.Problems{c.At("connectors", name).Problem("mend it, and start again", "%s", err)}
	}
	return made, nil
}

func toProgram(name string, k config.Connector, c config.Config, o Options) (approvals.Connector, error) {
	environment := map[string]string{}
	for variable, secret := range k.Environment {
		v, err := c.Value(secret)
		if err != nil {
			return nil, err
		}
		environment[variable] = v
	}
	made, err := exec.New(exec.Config{Name: name, Command: k.Command, Environment: environment,
		Operations: operations(k), Timeout: k.Timeout, Now: o.Now})
	if err != nil {
		return nil, approvals.Problems{c.At("connectors", name, "command").Problem("mend it, and start again", "%s", err)}
	}
	return made, nil
}

func operations(k config.Connector) []contract.Operation {
	ops := make([]contract.Operation, len(k.Operations))
	for i, op := range k.Operations {
		ops[i] = contract.Operation(op)
	}
	return ops
}

func toSCIM(name string, k config.Connector, c config.Config, o Options) (approvals.Connector, error) {
	to, err := c.Endpoint(k.URL, k.Token, k.Private)
	if err != nil {
		return nil, err
	}
	made, err := scim.New(scim.Config{Name: name, URL: to.URL, Token: to.Secret, Account: k.Account, Patch: scim.Patch(k.Patch),
		Sessions: k.Sessions, Timeout: k.Timeout, Private: to.Private, Now: o.Now})
	if err != nil {
		return nil, approvals.Problems{c.At("connectors", name).Problem("mend it, and start again", "%s", err)}
	}
	return made, nil
}
