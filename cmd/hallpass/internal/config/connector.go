package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/scim"
)

func (c *Config) checkConnector(name string, k Connector) approvals.Problems {
	at := c.At("connectors", name)
	if !slices.Contains(Kinds, k.Kind) {
		return approvals.Problems{at.At("kind").Problem(source.Suggest(k.Kind, Kinds), "the connector %q is of no known kind: %q", name, k.Kind)}
	}
	ps := foreign(at, k, k.Kind, "connectors")
	switch k.Kind {
	case "postgres":
		if k.DSN == "" {
			ps = append(ps, at.Problem("add dsn: env:NAME and set that variable to the bot's own connection string", "the connector %q has no dsn", name))
		}
		ps = append(ps, c.checkSecret(k.DSN, "connectors", name, "dsn")...)
	case "webhook":
		ps = append(ps, c.checkWebhook(name, k)...)
	case "scim":
		ps = append(ps, c.checkSCIM(name, k)...)
	case "awsidc":
		ps = append(ps, c.checkAWS(name, k)...)
	case "exec":
		if len(k.Command) == 0 || !filepath.IsAbs(k.Command[0]) {
			ps = append(ps, at.At("command").Problem("write command: [/path/to/program]", "the connector %q has no command that begins with an absolute path", name))
		}
		for variable, v := range k.Environment {
			ps = append(ps, c.checkSecret(v, "connectors", name, "environment", variable)...)
		}
	}
	for i, op := range k.Operations {
		if !slices.Contains(contract.Optional, contract.Operation(op)) {
			var known []string
			for _, o := range contract.Optional {
				known = append(known, string(o))
			}
			ps = append(ps, at.At("operations", i).Problem(source.Suggest(op, known), "%q is no optional operation", op))
		}
	}
	if k.Concurrency < 0 || k.Concurrency > 100 {
		ps = append(ps, at.At("concurrency").Problem("write a number from 1 to 100", "%d calls at once cannot be", k.Concurrency))
	}
	return ps
}

func (c *Config) checkWebhook(name string, k Connector) approvals.Problems {
	at := c.At("connectors", name)
	var ps approvals.Problems
	ps = append(ps, called(at, k.URL, k.Private, "the connector \""+name+"\"")...)
	if k.Key == "" {
		ps = append(ps, at.Problem("add key: env:NAME and set that variable to the output of: openssl rand -hex 32", "the connector %q has no key, so its calls would not be signed", name))
	}
	ps = append(ps, c.checkSecret(k.Key, "connectors", name, "key")...)
	return ps
}

func (c *Config) checkSCIM(name string, k Connector) approvals.Problems {
	at := c.At("connectors", name)
	ps := called(at, k.URL, k.Private, "the connector \""+name+"\"")
	if k.Token == "" {
		ps = append(ps, at.Problem("add token: env:NAME and set that variable to the service's bearer token", "the connector %q has no token", name))
	}
	ps = append(ps, c.checkSecret(k.Token, "connectors", name, "token")...)
	if k.Account != "" && !slices.Contains(scim.Accounts, k.Account) {
		ps = append(ps, at.At("account").Problem(source.Suggest(k.Account, scim.Accounts), "users can't be found by %q", k.Account))
	}
	if k.Patch != "" && !slices.Contains(scim.Patches, k.Patch) {
		ps = append(ps, at.At("patch").Problem(source.Suggest(k.Patch, scim.Patches), "%q is no way to change a group", k.Patch))
	}
	if k.Sessions < 0 {
		ps = append(ps, at.At("sessions").Problem("write a duration such as 12h", "sessions can't be shorter than nothing"))
	}
	return ps
}

func (c *Config) checkAWS(name string, k Connector) approvals.Problems {
	at := c.At("connectors", name)
	var ps approvals.Problems
	if k.Region == "" {
		ps = append(ps, at.Problem("add region: with the region of the IAM Identity Center instance, such as eu-central-1", "the connector %q has no region", name))
	}
	if k.Account != "" && !slices.Contains(awsidc.Accounts, k.Account) {
		ps = append(ps, at.At("account").Problem(source.Suggest(k.Account, awsidc.Accounts), "users can't be found by %q", k.Account))
	}
	if k.Instance != "" && !strings.HasPrefix(k.Instance, "arn:") {
		ps = append(ps, at.At("instance").Problem("write its ARN, which begins with arn:aws:sso:::instance/, or leave it out", "%q is no instance", k.Instance))
	}
	if k.Control != "" && !strings.HasPrefix(k.Control, "p-") {
		ps = append(ps, at.At("control").Problem("write its id, which begins with p-", "%q is no service control policy", k.Control))
	}
	if k.Replicas < 0 || k.Replicas > awsidc.MaxReplicas {
		ps = append(ps, at.At("replicas").Problem(fmt.Sprintf("write a number from 1 to %d", awsidc.MaxReplicas), "AWS's ten asynchronous calls can't be shared by %d replicas", k.Replicas))
	}
	return ps
}

// foreign finds the settings that a kind of connector or directory does not
// have: they would be ignored, and somebody believes that they count.
func foreign(at source.Place, settings any, kind, of string) approvals.Problems {
	var ps approvals.Problems
	v := reflect.ValueOf(settings)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		kinds := strings.Fields(f.Tag.Get("kinds"))
		if len(kinds) == 0 || slices.Contains(kinds, kind) || v.Field(i).IsZero() {
			continue
		}
		key := f.Tag.Get("yaml")
		ps = append(ps, at.At(key).Problem("remove it", "%s is a setting of %s %s, not of %s ones", key, strings.Join(kinds, " and "), of, kind))
	}
	return ps
}
