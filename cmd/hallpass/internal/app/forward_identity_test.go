package app

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
)

// office vouches for certificates, which it writes into a folder.
type office struct {
	t    *testing.T
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir()}
	o.key, o.cert = o.sign(&x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	o.write("ca.pem", "CERTIFICATE", o.cert.Raw)
	return o
}

// sign makes a key and a certificate of it, which stands for a hundred years.
func (o *office) sign(template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	o.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	template.Subject = pkix.Name{CommonName: fmt.Sprint("number ", template.SerialNumber)}
	template.NotBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	template.NotAfter = template.NotBefore.AddDate(100, 0, 0)
	by, with := o.cert, o.key
	if by == nil {
		by, with = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, with)
	if err != nil {
		o.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		o.t.Fatal(err)
	}
	return key, cert
}

func (o *office) write(name, kind string, raw []byte) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// client writes a certificate of a number, and its key.
func (o *office) client(number int64) {
	o.t.Helper()
	key, cert := o.sign(&x509.Certificate{SerialNumber: big.NewInt(number), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		o.t.Fatal(err)
	}
	o.write("client.pem", "CERTIFICATE", cert.Raw)
	o.write("client.key", "PRIVATE KEY", raw)
}

// demands is a server's TLS that lets in only whom the office vouches for.
func (o *office) demands(version uint16) *tls.Config {
	key, cert := o.sign(&x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	pool := x509.NewCertPool()
	pool.AddCert(o.cert)
	return &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: version, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

// endpoint is an HTTPS service that says which certificate it was shown.
func (o *office) endpoint(version uint16, shown chan<- string) string {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown <- "https " + r.TLS.PeerCertificates[0].Subject.CommonName
		w.Header().Set("Connection", "close")
	}))
	s.TLS, s.Config.ErrorLog = o.demands(version), slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	o.t.Cleanup(s.Close)
	return s.URL
}

// collector is a syslog receiver that says which certificate it was shown with
// the first byte of a connection.
func (o *office) collector(version uint16, shown chan<- string) string {
	l, err := tls.Listen("tcp", "127.0.0.1:0", o.demands(version))
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				if _, err := in.ReadByte(); err != nil {
					return
				}
				if c, ok := conn.(*tls.Conn); ok {
					shown <- "syslog " + c.ConnectionState().PeerCertificates[0].Subject.CommonName
				}
				_, _ = io.Copy(io.Discard, in)
			}()
		}
	}()
	return l.Addr().String()
}

func TestReceiversThatDemandACertificateAreShownTheOneOfNow(t *testing.T) {
	t.Parallel()
	o, shown := newOffice(t), make(chan string, 10)
	o.client(7)
	text := fmt.Sprintf(`audit:
  forward:
    - {name: lake, kind: https, url: "%s/in", ca: ca.pem, certificate: client.pem, certificate_key: client.key, private: [127.0.0.1]}
    - {name: siem, kind: syslog, address: "%s", ca: ca.pem, certificate: client.pem, certificate_key: client.key}
`, o.endpoint(tls.VersionTLS13, shown), o.collector(tls.VersionTLS13, shown))
	c, err := config.Parse(filepath.Join(o.dir, "h.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	events := []approvals.Event{{Sequence: 1, At: time.Now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("test")}}
	for _, f := range c.Audit.Forward {
		o.client(7)
		r, err := receiver(c, f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, renewed := range []func(){
			func() {},
			func() { o.client(8) },
			func() { o.write("client.key", "PRIVATE KEY", []byte("half of a new one")) },
		} {
			renewed()
			if err := r.Send(t.Context(), events); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			got = append(got, <-shown)
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		want := []string{f.Kind + " number 7", f.Kind + " number 8", f.Kind + " number 8"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s was shown, -want +got\n%s", f.Name, diff)
		}
	}
}

func TestWhatAReceiverSaysThatIsShownNoCertificateIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	// In TLS 1.2 the refusal surely comes before anything is sent.
	text := fmt.Sprintf("audit:\n  forward:\n    - {name: lake, kind: https, url: '%s/in', ca: ca.pem, private: [127.0.0.1]}\n    - {name: siem, kind: syslog, address: '%s', ca: ca.pem}\n",
		o.endpoint(tls.VersionTLS12, nil), o.collector(tls.VersionTLS12, nil))
	c, err := config.Parse(filepath.Join(o.dir, "h.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Audit.Forward {
		r, err := receiver(c, f)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Send(t.Context(), []approvals.Event{{Sequence: 1, At: time.Now(), Kind: approvals.EventPolicyLoaded}})
		if said := approvals.ErrorMessage(err); !strings.Contains(said, `"tls: handshake failure"`) || strings.Contains(said, "127.0.0.1") {
			t.Errorf("%s: it says %q", f.Name, said)
		}
	}
}
