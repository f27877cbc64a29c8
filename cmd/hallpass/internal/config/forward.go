package config

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"regexp"
	"sync"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// Forward is a receiver that every audit event is sent on to.
type Forward struct {
	Name    string   `yaml:"name"`            // its position is kept under it
	Kind    string   `yaml:"kind"`            // "syslog" or "https"
	From    string   `yaml:"from"`            // what a new one gets: "start" (default), or "now": nothing from before
	Address string   `yaml:"address"`         // syslog: host:port
	Plain   bool     `yaml:"plain"`           // syslog: the network is trusted; TCP without TLS
	CA      string   `yaml:"ca"`              // file of certificates that may vouch for it; default the system's
	Shown   string   `yaml:"certificate"`     // file of the certificate that this side shows, with those between it and its authority
	Secret  string   `yaml:"certificate_key"` // file of its private key
	URL     string   `yaml:"url"`             // https; also env:NAME or file:PATH
	Token   Secret   `yaml:"token"`           // https: bearer token
	Key     Secret   `yaml:"key"`             // https: signs each batch, as webhooks are
	Private []string `yaml:"private"`         // https: ranges that may be called besides public addresses
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
		ps = append(ps, c.identityProblems(at, f, what)...)
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

func (c *Config) identityProblems(at source.Place, f Forward, what string) (ps approvals.Problems) {
	switch _, err := c.Identity(f.Shown, f.Secret); {
	case f.Shown == "" && f.Secret != "":
		ps = append(ps, at.At("certificate_key").Problem("add certificate: with the file of the certificate that the key belongs to, or remove the key", "%s is shown no certificate", what))
	case f.Shown != "" && f.Secret == "":
		ps = append(ps, at.At("certificate").Problem("add certificate_key: with the file of its private key", "the certificate for %s has no key", what))
	case f.Shown != "" && f.Plain:
		ps = append(ps, at.At("certificate").Problem("remove plain or certificate", "%s is not spoken to by TLS, so it is shown no certificate", what))
	case err != nil:
		ps = append(ps, at.At("certificate").Problem("name files of a PEM certificate and of its private key without a passphrase, both readable by this user", "%s", approvals.ErrorMessage(err)))
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

// Identity reads the certificate that this side shows to another one; nil when
// no file is named. What it returns reads the files again for each connection,
// so that a certificate that was renewed needs no restart; files that do not
// belong together just then, as while they are being written, are passed over.
func (c Config) Identity(certificate, key string) (func(*tls.CertificateRequestInfo) (*tls.Certificate, error), error) {
	if certificate == "" || key == "" {
		return nil, nil
	}
	last, err := c.pair(certificate, key)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		if now, err := c.pair(certificate, key); err == nil {
			last = now
		}
		return last, nil
	}, nil
}

// pair reads a certificate with its key. Its errors quote nothing of either.
func (c Config) pair(certificate, key string) (*tls.Certificate, error) {
	shown, err := os.ReadFile(c.Path(certificate))
	if err != nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "%s can't be read", certificate)
	}
	secret, err := os.ReadFile(c.Path(key))
	if err != nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "%s can't be read", key)
	}
	pair, err := tls.X509KeyPair(shown, secret)
	if err != nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "%s and %s are not a certificate and its private key", certificate, key)
	}
	return &pair, nil
}
