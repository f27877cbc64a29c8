package config

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// Kinds are the connector kinds that this build has.
var Kinds = []string{"awsidc", "exec", "postgres", "sandbox", "scim", "webhook"}

// check finds what is well-formed but cannot work.
func (c *Config) check() approvals.Problems {
	var ps approvals.Problems
	for _, s := range []struct {
		v    Secret
		path []any
	}{
		{c.Slack.BotToken, []any{"slack", "bot_token"}},
		{c.Slack.AppToken, []any{"slack", "app_token"}},
		{c.Database.URL, []any{"database", "url"}},
		{c.Model.APIKey, []any{"model", "api_key"}},
	} {
		ps = append(ps, c.checkSecret(s.v, s.path...)...)
	}
	if u, err := url.Parse(c.Slack.APIURL); err != nil || u.Host == "" || !strings.HasSuffix(c.Slack.APIURL, "/") {
		ps = append(ps, c.At("slack", "api_url").Problem("write an https address that ends in a slash, like "+DefaultAPIURL, "%q is not the address of a Slack API", c.Slack.APIURL))
	} else if u.Scheme != "https" && !loopback(u.Hostname()) {
		ps = append(ps, c.At("slack", "api_url").Problem("use https", "tokens would go to %s without encryption", u.Host))
	}
	if _, err := c.Slack.Close(); err != nil {
		ps = append(ps, c.At("slack", "close_of_day").Problem("write hours and minutes, such as 17:30", "%q is no time of day at which work ends", c.Slack.CloseOfDay))
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		ps = append(ps, c.At("listen").Problem("write host:port, like "+DefaultListen, "%q is not an address to listen on", c.Listen))
	}
	for name, k := range c.Connectors {
		ps = append(ps, c.checkConnector(name, k)...)
	}
	ps = append(ps, c.checkDirectory()...)
	ps = append(ps, c.checkOutside()...)
	ps = append(ps, c.checkAudit()...)
	ps = append(ps, c.checkReviews()...)
	for i, email := range c.Approvals.SecurityQueue {
		if !strings.Contains(email, "@") {
			ps = append(ps, c.At("approvals", "security_queue", i).Problem("write an email address", "%q is not an email address", email))
		}
	}
	for _, b := range []struct {
		key string
		n   int
	}{{"person", c.Approvals.Budgets.Person}, {"rule", c.Approvals.Budgets.Rule}, {"entitlement", c.Approvals.Budgets.Entitlement}} {
		if b.n < 0 {
			ps = append(ps, c.At("approvals", "budgets", b.key).Problem("write how many on one day, from 1, or leave it out", "%d is not a budget", b.n))
		}
	}
	if c.Approvals.LapseAfter > 0 && c.Approvals.ChaseAfter >= c.Approvals.LapseAfter {
		ps = append(ps, c.At("approvals", "chase_after").Problem("make it shorter than lapse_after", "approvers would be reminded after the request has lapsed"))
	}
	if d := c.Drift.Every; d < time.Minute || d > 24*time.Hour {
		ps = append(ps, c.At("drift", "every").Problem("write 1m to 24h, such as 15m", "systems can't be looked at every %s", d))
	}
	slices.SortFunc(ps, func(a, b approvals.Problem) int { return a.Line - b.Line })
	return ps
}

func (c *Config) checkSecret(s Secret, path ...any) approvals.Problems {
	if s == "" || s.reference() {
		return nil
	}
	return approvals.Problems{c.At(path...).Problem("write env:NAME or file:PATH, and keep the secret itself out of the file", "a secret stands in the file")}
}

// At is a place in hallpass.yaml, for problems that are found later.
func (c *Config) At(path ...any) source.Place { return c.doc.At(path...) }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
