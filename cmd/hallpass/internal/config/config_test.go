package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestAnEmptyFileGivesTheDefaults(t *testing.T) {
	t.Setenv("OPENAI_BASE_URL", "")
	c, err := Parse("access/hallpass.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.doc = nil
	want := Config{
		Slack:     Slack{BotToken: "env:SLACK_BOT_TOKEN", AppToken: "env:SLACK_APP_TOKEN", APIURL: DefaultAPIURL, CloseOfDay: "18:00"},
		Database:  Database{URL: "env:DATABASE_URL", DataDir: "data"},
		Directory: Directory{Kind: "file", File: "people.yaml", MaxAge: 24 * time.Hour},
		Drift:     Drift{Every: defaultDrift},
		Model:     Model{APIKey: "env:OPENAI_API_KEY", Name: DefaultModel},
		Audit:     Audit{Key: DefaultAuditKey, Every: DefaultCheckpoint},
		Listen:    DefaultListen, Dir: "access",
	}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(Config{})); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestEveryMistakeIsNamedWithLineAndMend(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want string // of the only problem, as it is printed
	}{
		"secret in the file":          {"slack:\n  bot_token: xoxb-1-leak", "h.yaml:2: a secret stands in the file; write env:NAME or file:PATH, and keep the secret itself out of the file"},
		"api url without a slash":     {"slack:\n  api_url: https://slack.com/api", `h.yaml:2: "https://slack.com/api" is not the address of a Slack API; write an https address that ends in a slash, like https://slack.com/api/`},
		"tokens in the clear":         {"slack:\n  api_url: http://slack.example/api/", "h.yaml:2: tokens would go to slack.example without encryption; use https"},
		"listen without port":         {"listen: localhost", `h.yaml:1: "localhost" is not an address to listen on; write host:port, like 127.0.0.1:9321`},
		"unknown kind":                {"connectors:\n  db:\n    kind: postgre", `h.yaml:3: the connector "db" is of no known kind: "postgre"; did you mean "postgres"?`},
		"postgres without dsn":        {"connectors:\n  db:\n    kind: postgres", `h.yaml:2: the connector "db" has no dsn; add dsn: env:NAME and set that variable to the bot's own connection string`},
		"setting of another kind":     {"connectors:\n  s:\n    kind: sandbox\n    dsn: env:X", "h.yaml:4: dsn is a setting of postgres connectors, not of sandbox ones; remove it"},
		"webhook without url":         {"connectors:\n  w:\n    kind: webhook\n    key: env:K", `h.yaml:2: the connector "w" has no url; add url: https://…, the endpoint that answers Hallpass`},
		"webhook without key":         {"connectors:\n  w:\n    kind: webhook\n    url: env:U", `h.yaml:2: the connector "w" has no key, so its calls would not be signed; add key: env:NAME and set that variable to the output of: openssl rand -hex 32`},
		"webhook in the clear":        {"connectors:\n  w:\n    kind: webhook\n    url: http://a.example/\n    key: env:K", `h.yaml:4: the url of the connector "w" can't be called: it does not begin with https://, and what is sent must not be readable on its way; write an address such as https://access.example.com/hallpass`},
		"webhook to credentials":      {"connectors:\n  w:\n    kind: webhook\n    url: env:U\n    key: env:K\n    private: [169.254.169.254]", `h.yaml:6: 169.254.169.254 can't be allowed: machines' own credentials are served there; write ranges such as 10.20.0.0/16`},
		"command by name":             {"connectors:\n  e:\n    kind: exec\n    command: [sh]", `h.yaml:4: the connector "e" has no command that begins with an absolute path; write command: [/path/to/program]`},
		"secret for a program":        {"connectors:\n  e:\n    kind: exec\n    command: [/bin/x]\n    environment:\n      TOKEN: hunter2", `h.yaml:6: a secret stands in the file; write env:NAME or file:PATH, and keep the secret itself out of the file`},
		"unknown operation":           {"connectors:\n  e:\n    kind: exec\n    command: [/bin/x]\n    operations: [endsessions]", `h.yaml:5: "endsessions" is no optional operation; did you mean "end_sessions"?`},
		"check without url":           {"checks:\n  training:\n    key: env:K", `h.yaml:2: the check "training" has no url; add url: https://…, the endpoint that answers Hallpass`},
		"check without key":           {"checks:\n  training:\n    url: env:U", `h.yaml:2: the check "training" has no key, so its questions would not be signed; add key: env:NAME and set that variable to the output of: openssl rand -hex 32`},
		"check that takes long":       {"checks:\n  training:\n    url: env:U\n    key: env:K\n    timeout: 1m", `h.yaml:5: somebody waits for the check "training", for 1m0s; write at most 10s`},
		"check kept for ever":         {"checks:\n  training:\n    url: env:U\n    key: env:K\n    cache: 48h", `h.yaml:5: a yes of the check "training" would stand for 48h0m0s; write at most 24h0m0s`},
		"unknown on-call service":     {"on_call:\n  provider: pagerdutty\n  key: env:K", `h.yaml:2: "pagerdutty" is no on-call service that this build knows; did you mean "pagerduty"?`},
		"on-call key in the file":     {"on_call:\n  provider: pagerduty\n  key: hunter2", `h.yaml:3: a secret stands in the file; write env:NAME or file:PATH, and keep the secret itself out of the file`},
		"on-call without service":     {"on_call:\n  key: env:K", `h.yaml:1: on_call has no provider; add provider: pagerduty or opsgenie`},
		"scim without token":          {"connectors:\n  m:\n    kind: scim\n    url: env:U", `h.yaml:2: the connector "m" has no token; add token: env:NAME and set that variable to the service's bearer token`},
		"scim by another name":        {"connectors:\n  m:\n    kind: scim\n    url: env:U\n    token: env:T\n    account: username", `h.yaml:6: users can't be found by "username"; did you mean "userName"?`},
		"scim by another patch":       {"connectors:\n  m:\n    kind: scim\n    url: env:U\n    token: env:T\n    patch: filtre", `h.yaml:6: "filtre" is no way to change a group; did you mean "filter"?`},
		"aws without region":          {"connectors:\n  a:\n    kind: awsidc", `h.yaml:2: the connector "a" has no region; add region: with the region of the IAM Identity Center instance, such as eu-central-1`},
		"aws by another name":         {"connectors:\n  a:\n    kind: awsidc\n    region: eu-central-1\n    account: email.value", `h.yaml:5: users can't be found by "email.value"; did you mean "emails.value"?`},
		"aws instance by its name":    {"connectors:\n  a:\n    kind: awsidc\n    region: eu-central-1\n    instance: ssoins-1", `h.yaml:5: "ssoins-1" is no instance; write its ARN, which begins with arn:aws:sso:::instance/, or leave it out`},
		"aws policy by its ARN":       {"connectors:\n  a:\n    kind: awsidc\n    region: eu-central-1\n    control: arn:aws:x", `h.yaml:5: "arn:aws:x" is no service control policy; write its id, which begins with p-`},
		"aws for a crowd":             {"connectors:\n  a:\n    kind: awsidc\n    region: eu-central-1\n    replicas: 11", "h.yaml:5: AWS's ten asynchronous calls can't be shared by 11 replicas; write a number from 1 to 10"},
		"too many calls":              {"connectors:\n  s:\n    kind: sandbox\n    concurrency: 1000", "h.yaml:4: 1000 calls at once cannot be; write a number from 1 to 100"},
		"queue without email":         {"approvals:\n  security_queue: [sam]", `h.yaml:2: "sam" is not an email address; write an email address`},
		"a budget below zero":         {"approvals:\n  budgets:\n    rule: -1", "h.yaml:3: -1 is not a budget; write how many on one day, from 1, or leave it out"},
		"chased after lapse":          {"approvals:\n  lapse_after: 1h\n  chase_after: 2h", "h.yaml:3: approvers would be reminded after the request has lapsed; make it shorter than lapse_after"},
		"close of no day":             {"slack:\n  close_of_day: 25:00", `h.yaml:2: "25:00" is no time of day at which work ends; write hours and minutes, such as 17:30`},
		"close at midnight":           {"slack:\n  close_of_day: '00:00'", `h.yaml:2: "00:00" is no time of day at which work ends; write hours and minutes, such as 17:30`},
		"signing key in the file":     {"audit:\n  key: PRIVATE+KEY+leak", "h.yaml:2: a secret stands in the file; write env:NAME or file:PATH, and keep the secret itself out of the file"},
		"checkpoints too seldom":      {"audit:\n  every: 1h", "h.yaml:2: checkpoints every 1h0m0s are too far apart; write 1s to 1m"},
		"receiver without a name":     {"audit:\n  forward:\n    - {kind: https, url: env:U}", `h.yaml:3: the receiver of audit events has no name that its position can be kept under: ""; add name: with small letters, digits and hyphens, such as siem`},
		"receivers of one name":       {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U}\n    - {name: a, kind: https, url: env:V}", `h.yaml:4: two receivers of audit events are called "a"; give each its own`},
		"unknown receiver":            {"audit:\n  forward:\n    - {name: a, kind: kafka}", `h.yaml:3: there is no kind of receiver "kafka"; write syslog or https`},
		"receiver in the clear":       {"audit:\n  forward:\n    - {name: a, kind: https, url: 'http://siem.example/'}", `h.yaml:3: the url of the receiver "a" can't be called: it does not begin with https://, and what is sent must not be readable on its way; write an address such as https://access.example.com/hallpass`},
		"token in the file":           {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, token: hunter2}", `h.yaml:3: a secret stands in the file; write env:NAME or file:PATH, and keep the secret itself out of the file`},
		"syslog without port":         {"audit:\n  forward:\n    - {name: a, kind: syslog, address: logs.example.com}", `h.yaml:3: the receiver "a" has no address that can be connected to: "logs.example.com"; add address: host:port, such as logs.example.com:6514`},
		"syslog with a token":         {"audit:\n  forward:\n    - {name: a, kind: syslog, address: 'l:1', token: env:T}", `h.yaml:3: url, token, key and private are settings of https receivers, not of syslog ones; remove it`},
		"plain syslog with a ca":      {"audit:\n  forward:\n    - {name: a, kind: syslog, address: 'l:1', plain: true, ca: nowhere.pem}", `h.yaml:3: the receiver "a" is not spoken to by TLS, so nobody vouches for it; remove plain or ca`},
		"authority that is none":      {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, ca: config_test.go}", "h.yaml:3: config_test.go holds no certificate; name a file of PEM certificates"},
		"https with an address":       {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, plain: true}", `h.yaml:3: address and plain are settings of syslog receivers, not of https ones; remove it`},
		"receiver from when":          {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, from: yesterday}", `h.yaml:3: "yesterday" is no place to begin; write start or now`},
		"certificate without key":     {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, certificate: a.pem}", `h.yaml:3: the certificate for the receiver "a" has no key; add certificate_key: with the file of its private key`},
		"key without certificate":     {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, certificate_key: a.key}", `h.yaml:3: the receiver "a" is shown no certificate; add certificate: with the file of the certificate that the key belongs to, or remove the key`},
		"certificate in the clear":    {"audit:\n  forward:\n    - {name: a, kind: syslog, address: 'l:1', plain: true, certificate: config_test.go, certificate_key: config_test.go}", `h.yaml:3: the receiver "a" is not spoken to by TLS, so it is shown no certificate; remove plain or certificate`},
		"certificate that is none":    {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, certificate: config_test.go, certificate_key: config.go}", `h.yaml:3: config_test.go and config.go are not a certificate and its private key; name files of a PEM certificate and of its private key without a passphrase, both readable by this user`},
		"certificate's key not there": {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, certificate: config_test.go, certificate_key: nowhere.key}", `h.yaml:3: nowhere.key can't be read; name files of a PEM certificate and of its private key without a passphrase, both readable by this user`},
		"authority that is not there": {"audit:\n  forward:\n    - {name: a, kind: https, url: env:U, ca: nowhere.pem}", `h.yaml:3: nowhere.pem can't be read; name a file of PEM certificates`},
		"unknown anchor":              {"audit:\n  anchors:\n    - kind: ftp", `h.yaml:3: there is no kind of anchor "ftp"; write folder, git, s3 or slack`},
		"anchor without its place":    {"audit:\n  anchors:\n    - kind: s3", "h.yaml:3: the anchor s3 has no bucket; add bucket: and the name of a bucket with object lock"},
		"lock that is none":           {"audit:\n  anchors:\n    - kind: s3\n      bucket: b\n      mode: soft", `h.yaml:5: "soft" is no mode of object lock; write compliance or governance`},
		"public key that is none":     {"audit:\n  keys: [abc]", `h.yaml:2: "abc" is no public key; write it as hallpass audit key prints it`},
		"unknown key":                 {"datbase: {}", `h.yaml:1: the key "datbase" is not known here; did you mean "database"?`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			named(t, tt.text, tt.want)
		})
	}
}

// named says that a configuration has one mistake, which is printed so.
func named(t *testing.T, text, want string) {
	t.Helper()
	_, err := Parse("h.yaml", []byte(text))
	var ps approvals.Problems
	if !errors.As(err, &ps) {
		t.Fatalf("error %v is no list of problems", err)
	}
	if diff := cmp.Diff(want, ps.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "leak") {
		t.Error("the error shows the secret")
	}
}

func TestCloseOfDayIsATimeSinceMidnight(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 18 * time.Hour, "slack:\n  close_of_day: 17:30": 17*time.Hour + 30*time.Minute, "slack:\n  close_of_day: '09:05'": 9*time.Hour + 5*time.Minute} {
		c, err := Parse("h.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Slack.Close(); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestSecretsAreReadWhereTheyAre(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(" from-file \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONFIG_TEST_SECRET", "from-env")
	c := Config{Dir: dir}
	for ref, want := range map[Secret]string{
		"env:CONFIG_TEST_SECRET": "from-env", "env:CONFIG_TEST_UNSET": "", "file:token": "from-file", "": "",
		Secret("file:" + filepath.Join(dir, "token")): "from-file",
	} {
		got, err := c.Value(ref)
		if err != nil || got != want {
			t.Errorf("Value(%q) = %q, %v; want %q", ref, got, err, want)
		}
	}
	if _, err := c.Value("file:missing"); approvals.ErrorCode(err) == "" || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := Load(filepath.Join(t.TempDir(), "hallpass.yaml"))
	if err == nil || !strings.Contains(err.Error(), "there is no such file") || !strings.Contains(err.Error(), "--config") {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("slack:\n  api_url: https://x/\nconnectors:\n  a:\n    kind: sandbox\n"))
	f.Add([]byte("listen: [\n"))
	f.Add([]byte("approvals: {security_queue: [a@b, c]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("h.yaml", data)
		var ps approvals.Problems
		if err != nil && !errors.As(err, &ps) {
			t.Errorf("%T is no list of problems", err)
		}
		if err == nil && (c.Listen == "" || c.Slack.APIURL == "") {
			t.Error("a default is missing")
		}
	})
}

func TestWhatTheCatalogueNeedsIsNamed(t *testing.T) {
	t.Parallel()
	c, err := Parse("h.yaml", []byte("checks:\n  training:\n    url: env:U\n    key: env:K\n"))
	if err != nil {
		t.Fatal(err)
	}
	all := []approvals.Entitlement{
		{ID: "a:x", Checks: []string{"training"}, Approvers: []approvals.ApproverRef{"manager"}},
		{ID: "b:x", Checks: []string{"trainin"}, Approvers: []approvals.ApproverRef{"on-call:PI7DH85"}},
	}
	want := "catalog: the entitlement b:x asks the check \"trainin\", which is not configured; did you mean \"training\"?\n" +
		"catalog: the entitlement b:x asks on-call:PI7DH85, and no on-call service is configured; add on_call: in hallpass.yaml"
	if diff := cmp.Diff(want, c.Needs(all).Error()); diff != "" {
		t.Error(diff)
	}
}

func TestCallsToAWSMayTakeLonger(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 30 * time.Second, "\n    timeout: 50s": 50 * time.Second} {
		c, err := Parse("h.yaml", []byte("connectors:\n  a:\n    kind: awsidc\n    region: eu-central-1"+text))
		if err != nil || c.Connectors["a"].Timeout != want {
			t.Errorf("%q: %s, %v; want %s", text, c.Connectors["a"].Timeout, err, want)
		}
	}
}
