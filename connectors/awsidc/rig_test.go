package awsidc_test

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

const (
	production = "111122223333"
	staging    = "444455556666"
	groupID    = "9067a1b2c3-aaaaaaaa-1111-4222-8333-444455556666"
	opsGroup   = "9067a1b2c3-bbbbbbbb-1111-4222-8333-444455556666"
)

var start = time.Date(2026, 11, 22, 9, 0, 30, 0, time.UTC)

// foreign is an inline policy that somebody else wrote, with its own blanks.
const foreign = `{"Version":"2012-10-17","Statement":[{"Sid": "KeepOut", "Effect":"Deny","Action":"iam:*","Resource":"*"}]}`

// rig is an organization and what the tests need of it.
type rig struct {
	*awstest.Cloud
	url      string
	readOnly string // ARNs
	admin    string
	ids      map[string]string
	log      *logs
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{Cloud: awstest.New(start), ids: map[string]string{}, log: &logs{}}
	for _, name := range []string{"maya", "li", "ann"} {
		email := name + "@example.com"
		r.ids[email] = r.AddUser(email, strings.ToUpper(email))
	}
	r.AddAccount(production, "production", "ACTIVE")
	r.AddAccount(staging, "staging", "ACTIVE")
	r.AddAccount("777788889999", "closed", "SUSPENDED")
	r.AddAccount("777788880000", "twin", "ACTIVE")
	r.AddAccount("777788880001", "twin", "ACTIVE")
	r.readOnly = r.AddSet("ReadOnly", "PT4H", foreign)
	r.admin = r.AddSet("Admin", "PT1H", "")
	r.AddGroup(groupID, "sre-readers")
	r.AddGroup(opsGroup, "operations")
	r.AddControl(scp, foreign, awstest.Unit)
	for _, set := range []string{r.readOnly, r.admin} { // the roles stay when a person's assignment goes
		r.Assign(production, set, opsGroup)
		r.Assign(staging, set, opsGroup)
	}
	server := httptest.NewUnstartedServer(r)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *rig) config() awsidc.Config {
	return awsidc.Config{Name: "aws", Endpoint: r.url, Control: scp, Now: r.Clock.Now, Wait: r.Clock.Wait, Logger: slog.New(slog.NewTextHandler(r.log, nil)),
		AWS: aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider(awstest.AccessKey, awstest.SecretKey, awstest.Session)}}
}

// open makes a connector of a configuration.
func open(t *testing.T, cfg awsidc.Config) *awsidc.Connector {
	t.Helper()
	c, err := awsidc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (r *rig) open(t *testing.T) *awsidc.Connector { return open(t, r.config()) }

// logs keeps what is logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func inAccount(account, set string) map[string]string {
	return map[string]string{"account": account, "permission_set": set}
}

func ending(target map[string]string) map[string]string {
	target["end_sessions"] = "inline-policy"
	return target
}

func to(account string, target map[string]string) approvals.Grant {
	return approvals.Grant{ID: "gr_1", Entitlement: "aws:read", Account: account, Target: target}
}

func mustGrant(t *testing.T, c approvals.Connector, g approvals.Grant) approvals.Receipt {
	t.Helper()
	r, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatalf("grant: %v", err)
	}
	return r
}

func mustRevoke(t *testing.T, c approvals.Connector, g approvals.Grant, r approvals.Receipt) approvals.Removal {
	t.Helper()
	removal, err := c.Revoke(t.Context(), g, r)
	if err != nil {
		t.Fatalf("revoke: %v", err)
	}
	return removal
}

// wants holds an error against a kind and words.
func wants(t *testing.T, err error, kind approvals.FailureKind, words string) {
	t.Helper()
	got, ok := errors.AsType[*approvals.ConnectorError](err)
	if !ok || got.Kind != kind || !strings.Contains(got.Message, words) {
		t.Errorf("%v, want %s with %q", err, kind, words)
	}
}
