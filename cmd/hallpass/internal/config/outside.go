package config

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
	"github.com/hallpass-dev/hallpass/connectors/check"
	"github.com/hallpass-dev/hallpass/connectors/oncall"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

// Check configures one external check: a service of yours that answers yes or
// no about a request.
type Check struct {
	URL     string        `yaml:"url"`     // https; also env:NAME or file:PATH
	Key     Secret        `yaml:"key"`     // signs each question
	Cache   time.Duration `yaml:"cache"`   // for how long a yes may be kept; default: not at all
	Timeout time.Duration `yaml:"timeout"` // default 2s, at most 10s
	Private []string      `yaml:"private"` // ranges that may be called besides public addresses
}

// OnCall says which service knows who is on duty.
type OnCall struct {
	Provider string        `yaml:"provider"` // "pagerduty" or "opsgenie"; empty: none
	Key      Secret        `yaml:"key"`
	URL      string        `yaml:"url"`     // default: the provider's own
	Timeout  time.Duration `yaml:"timeout"` // default 5s
	Private  []string      `yaml:"private"` // ranges that may be called besides public addresses
}

func (c *Config) checkOutside() approvals.Problems {
	var ps approvals.Problems
	for name, k := range c.Checks {
		at := c.At("checks", name)
		ps = append(ps, called(at, k.URL, k.Private, "the check \""+name+"\"")...)
		if k.Key == "" {
			ps = append(ps, at.Problem("add key: env:NAME and set that variable to the output of: openssl rand -hex 32", "the check %q has no key, so its questions would not be signed", name))
		}
		ps = append(ps, c.checkSecret(k.Key, "checks", name, "key")...)
		if k.Timeout < 0 || k.Timeout > check.MaxTimeout {
			ps = append(ps, at.At("timeout").Problem("write at most "+check.MaxTimeout.String(), "somebody waits for the check %q, for %s", name, k.Timeout))
		}
		if k.Cache < 0 || k.Cache > check.MaxCache {
			ps = append(ps, at.At("cache").Problem("write at most "+check.MaxCache.String(), "a yes of the check %q would stand for %s", name, k.Cache))
		}
	}
	if k := c.OnCall; k.Provider != "" {
		at := c.At("on_call")
		providers := []string{string(oncall.Opsgenie), string(oncall.PagerDuty)}
		if !slices.Contains(providers, k.Provider) {
			ps = append(ps, at.At("provider").Problem(source.Suggest(k.Provider, providers), "%q is no on-call service that this build knows", k.Provider))
		}
		if k.Key == "" {
			ps = append(ps, at.Problem("add key: env:NAME and set that variable to a read-only key", "on_call has no key"))
		}
		ps = append(ps, c.checkSecret(k.Key, "on_call", "key")...)
		if k.URL != "" {
			ps = append(ps, called(at, k.URL, k.Private, "the on-call service")...)
		}
	} else if k.Key != "" || k.URL != "" {
		ps = append(ps, c.At("on_call").Problem("add provider: pagerduty or opsgenie", "on_call has no provider"))
	}
	return ps
}

// called finds what keeps an address from being called.
func called(at source.Place, url string, private []string, what string) approvals.Problems {
	var ps approvals.Problems
	if url == "" {
		ps = append(ps, at.Problem("add url: https://…, the endpoint that answers Hallpass", "%s has no url", what))
	} else if !Secret(url).reference() {
		if err := outbound.CheckURL(url); err != nil {
			ps = append(ps, at.At("url").Problem("write an address such as https://access.example.com/hallpass", "the url of %s can't be called: %s", what, err))
		}
	}
	if _, err := outbound.ParsePrivate(private); err != nil {
		ps = append(ps, at.At("private").Problem("write ranges such as 10.20.0.0/16", "%s", err))
	}
	return ps
}

// Endpoint is a service that Hallpass calls, with the secret that is its
// configuration's to refer to.
type Endpoint struct {
	URL     string
	Secret  string
	Private []netip.Prefix
}

// Endpoint reads what an address, which may be a reference to one, a secret's
// reference and some ranges stand for.
func (c Config) Endpoint(url string, secret Secret, private []string) (e Endpoint, err error) {
	if e.URL = url; Secret(url).reference() {
		if e.URL, err = c.Value(Secret(url)); err != nil {
			return e, err
		}
	}
	if e.Secret, err = c.Value(secret); err != nil {
		return e, err
	}
	e.Private, err = outbound.ParsePrivate(private)
	return e, err
}

// Needs finds what entitlements ask of the configuration and do not get: a
// check that is not configured, or a schedule without an on-call service.
func (c Config) Needs(all []approvals.Entitlement) approvals.Problems {
	var ps approvals.Problems
	for _, e := range all {
		for _, name := range e.Checks {
			if _, ok := c.Checks[name]; !ok {
				mend := "add it under checks: in hallpass.yaml"
				if len(c.Checks) > 0 {
					mend = source.Suggest(name, slices.Sorted(maps.Keys(c.Checks)))
				}
				ps = append(ps, approvals.Problem{File: "catalog", What: "the entitlement " + string(e.ID) + " asks the check \"" + name + "\", which is not configured", Mend: mend})
			}
		}
		for _, ref := range e.Approvers {
			if strings.HasPrefix(string(ref), "on-call:") && c.OnCall.Provider == "" {
				ps = append(ps, approvals.Problem{File: "catalog", What: "the entitlement " + string(e.ID) + " asks " + string(ref) + ", and no on-call service is configured", Mend: "add on_call: in hallpass.yaml"})
			}
		}
	}
	return ps
}
