package config

import (
	"crypto/x509"
	"net"
	"os"
	"regexp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// Forward is a receiver that every audit event is sent on to.
type Forward struct {
	Name    string   `yaml:"name"`    // its position is kept under it
	Kind    string   `yaml:"kind"`    // "syslog" or "https"
	From    string   `yaml:"from"`    // what a new one gets: "start" (default), or "now": nothing from before
	Address string   `yaml:"address"` // syslog: host:port
	Plain   bool     `yaml:"plain"`   // syslog: the network is trusted; TCP without TLS
	CA      string   `yaml:"ca"`      // file of certificates that may vouch for it; default the system's
	URL     string   `yaml:"url"`     // https; also env:NAME or file:PATH
	Token   Secret   `yaml:"token"`   // https: bearer token
	Key     Secret   `yaml:"key"`     // https: signs each batch, as webhooks are
	Private []string `yaml:"private"` // https: ranges that may be called besides public addresses
}

// ForwardFromNow is From of a receiver that gets nothing from before it was
// configured.
const ForwardFromNow = "now"

// receiverName is what a receiver may be called: it is a label of metrics.
var receiverName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (c *Config) checkForwards() (ps approvals.Problems) {
	names := map[string]bool{}
	for i, f := range c.Audit.Forward {
		at := c.At("audit", "forward", i)
		switch {
		case !receiverName.MatchString(f.Name):
			ps = append(ps, at.Problem("add name: with small letters, digits and hyphens, such as siem", "the receiver of audit events has no name that its position can be kept under: %q", f.Name))
		case names[f.Name]:
			ps = append(ps, at.At("name").Problem("give each its own", "two receivers of audit events are called %q", f.Name))
		}
		names[f.Name] = true
		if f.From != "" && f.From != "start" && f.From != ForwardFromNow {
			ps = append(ps, at.At("from").Problem("write start or now", "%q is no place to begin", f.From))
		}
		what := "the receiver \"" + f.Name + "\""
		if _, err := c.Authorities(f.CA); f.Plain && f.CA != "" {
			ps = append(ps, at.At("ca").Problem("remove plain or ca", "%s is not spoken to by TLS, so nobody vouches for it", what))
		} else if err != nil {
			ps = append(ps, at.At("ca").Problem("name a file of PEM certificates", "%s", approvals.ErrorMessage(err)))
		}
		switch f.Kind {
		case "syslog":
			ps = append(ps, syslogProblems(at, f, what)...)
		case "https":
			ps = append(ps, called(at, f.URL, f.Private, what)...)
			ps = append(ps, c.checkSecret(f.Token, "audit", "forward", i, "token")...)
			ps = append(ps, c.checkSecret(f.Key, "audit", "forward", i, "key")...)
			if f.Address != "" || f.Plain {
				ps = append(ps, at.Problem("remove it", "address and plain are settings of syslog receivers, not of https ones"))
			}
		default:
			ps = append(ps, at.Problem("write syslog or https", "there is no kind of receiver %q", f.Kind))
		}
	}
	return ps
}

func syslogProblems(at source.Place, f Forward, what string) (ps approvals.Problems) {
	if host, port, err := net.SplitHostPort(f.Address); err != nil || host == "" || port == "" {
		ps = append(ps, at.Problem("add address: host:port, such as logs.example.com:6514", "%s has no address that can be connected to: %q", what, f.Address))
	}
	if f.URL != "" || f.Token != "" || f.Key != "" || len(f.Private) > 0 {
		ps = append(ps, at.Problem("remove it", "url, token, key and private are settings of https receivers, not of syslog ones"))
	}
	return ps
}

// Authorities reads who may vouch for another side; nil, those of the system,
// when no file is named.
func (c Config) Authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.Path(path))
	if err != nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "%s can't be read", path)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, approvals.Errorf(approvals.CodeInvalid, "%s holds no certificate", path)
	}
	return pool, nil
}
