package postgres_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// certificate is one of its own, for a host, and its key.
func certificate(t *testing.T, host string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if ip := net.ParseIP(host); ip != nil {
		about.IPAddresses = []net.IP{ip}
	} else {
		about.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// encrypted is a server of its own that takes TLS, with the file of who vouches
// for it.
func encrypted(t *testing.T) (dsn, roots string) {
	t.Helper()
	pgtest.Start(t) // skips where there is no server
	if os.Getenv(pgtest.EnvDSN) != "" {
		t.Skip("needs a server of its own, to change its settings")
	}
	cluster, err := pgtest.New(t.Context(), pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	cert, key := certificate(t, "127.0.0.1")
	roots = filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), cluster.AdminDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, sql := range []string{
		"CREATE TEMPORARY TABLE lines (n serial, line text)",
		"ALTER SYSTEM SET ssl = on", "CREATE ROLE billing_ro NOLOGIN", "CREATE ROLE maya LOGIN",
		"CREATE ROLE hallpass LOGIN PASSWORD '" + secret + "'", "GRANT pg_signal_backend TO hallpass", "GRANT billing_ro TO hallpass WITH ADMIN OPTION",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for file, text := range map[string][]byte{"server.crt": cert, "server.key": key} { // written by the server, whose they have to be
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			if _, err := conn.Exec(t.Context(), "INSERT INTO lines (line) VALUES ($1)", line); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.Exec(t.Context(), "COPY (SELECT line FROM lines ORDER BY n) TO PROGRAM 'umask 077; cat > "+file+"'"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "TRUNCATE lines"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(cluster.AdminDSN())
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.RawQuery = url.UserPassword("hallpass", secret), ""
	return u.String(), roots
}

func TestAServerIsSpokenToUnderItsOwnCertificate(t *testing.T) {
	t.Parallel()
	dsn, roots := encrypted(t)
	stranger, _ := certificate(t, "127.0.0.1")
	others := filepath.Join(t.TempDir(), "others.pem")
	if err := os.WriteFile(others, stranger, 0o600); err != nil {
		t.Fatal(err)
	}
	grant := approvals.Grant{ID: "g1", Account: "maya", Duration: time.Hour, Target: map[string]string{"role": "billing_ro"}}
	for name, tc := range map[string]struct {
		roots string
		ok    bool
	}{"its own": {roots, true}, "a stranger's": {others, false}} {
		c, err := postgres.New(postgres.Config{Name: "prod", DSN: dsn + "?sslmode=verify-full&sslrootcert=" + tc.roots})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		var r approvals.Receipt
		for range 100 { // the server takes its new settings a moment later
			if r, err = c.Grant(t.Context(), grant); err == nil || !tc.ok && failureKind(err) != "" {
				break
			}
		}
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			if failureKind(err) != approvals.Retryable || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v, want it to be tried again", name, err)
			}
			continue
		}
		if p, err := c.Check(t.Context(), grant, r); !p.Present || err != nil {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if removal, err := c.Revoke(t.Context(), grant, r); err != nil {
			t.Errorf("%s: %+v, %v", name, removal, err)
		}
	}
}

func TestAnotherMachineIsNotSpokenToInTheClear(t *testing.T) {
	t.Parallel()
	for dsn, ok := range map[string]bool{
		"postgres://bot:x@db.example/postgres?sslmode=verify-full":                             true,
		"postgres://bot:x@db.example/postgres?sslmode=require":                                 true,
		"postgres://bot:x@db.example/postgres":                                                 false, // prefers TLS, and does without
		"postgres://bot:x@db.example/postgres?sslmode=allow":                                   false,
		"postgres://bot:x@db.example/postgres?sslmode=disable":                                 false,
		"postgres://bot:x@127.0.0.1/postgres?sslmode=disable":                                  true,
		"postgres://bot:x@[::1]/postgres":                                                      true,
		"host=/var/run/postgresql user=bot":                                                    true,
		"host=localhost,db.example user=bot sslmode=disable":                                   false,
		"postgres://bot:x@127.0.0.1,127.0.0.2/postgres?sslmode=disable":                        true,
		"postgres://bot:x@127.0.0.1.example/postgres?sslmode=disable&target_session_attrs=any": false,
	} {
		for _, plain := range []bool{false, true} {
			c, err := postgres.New(postgres.Config{Name: "prod", DSN: dsn, Plain: plain})
			if err == nil {
				c.Close()
			}
			if (err == nil) != (ok || plain) {
				t.Errorf("%s, plain %v: %v", dsn, plain, err)
			}
			if err != nil && !strings.Contains(err.Error(), "add sslmode=verify-full") {
				t.Errorf("%s: %v names no mend", dsn, err)
			}
		}
	}
}
