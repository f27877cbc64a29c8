package awsidc_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

func TestErrorCodesMeanWhatTheyMeanToTheLifecycle(t *testing.T) {
	t.Parallel()
	create, look := []string{"CreateAccountAssignment"}, []string{"GetUserId"}
	for _, tc := range []struct {
		fault awstest.Fault
		want  approvals.FailureKind
		words string
	}{
		{awstest.Fault{Actions: create, Code: "ThrottlingException", Status: 429}, approvals.Retryable, "busy"},
		{awstest.Fault{Actions: create, Code: "ServiceQuotaExceededException"}, approvals.Retryable, "busy"},
		{awstest.Fault{Actions: create, Code: "AccessDeniedException", Status: 403}, approvals.Misconfigured, "sso:CreateAccountAssignment"},
		{awstest.Fault{Actions: create, Code: "ExpiredTokenException"}, approvals.Misconfigured, "credentials"},
		{awstest.Fault{Actions: create, Code: "InvalidSignatureException", Status: 403}, approvals.Misconfigured, "clock"},
		{awstest.Fault{Actions: create, Code: "ValidationException"}, approvals.Permanent, "ValidationException"},
		{awstest.Fault{Actions: create, Code: "ResourceNotFoundException", Status: 404}, approvals.Permanent, "not there"},
		{awstest.Fault{Actions: create, Code: "InternalServerException", Status: 500}, approvals.Ambiguous, "failed"},
		{awstest.Fault{Actions: look, Code: "InternalServerException", Status: 503}, approvals.Retryable, "failed"},
		{awstest.Fault{Actions: look, Code: "ThrottlingException", Status: 429, RetryAfter: 9}, approvals.Retryable, "busy"},
		{awstest.Fault{Actions: create, Code: "ConflictException", Status: 409}, approvals.Retryable, "busy with the same thing"},
		{awstest.Fault{Actions: create, Code: "NeverHeardOfException", Status: 409}, approvals.Retryable, "busy"},
		{awstest.Fault{Actions: create, Code: "NeverHeardOfException", Status: 429, RetryAfter: 9}, approvals.Retryable, "busy"},
		{awstest.Fault{Actions: create, Code: "UnknownError", Status: 403}, approvals.Ambiguous, "not AWS's own"},
		{awstest.Fault{Actions: look, Code: "UnknownError", Status: 403}, approvals.Retryable, "not AWS's own"},
		{awstest.Fault{Actions: look, Lose: true}, approvals.Retryable, "did not answer"},
		{awstest.Fault{Actions: []string{"DescribeOrganization"}, Code: "AWSOrganizationsNotInUseException"}, approvals.Misconfigured, "no organization"},
	} {
		r := newRig(t)
		r.Spoil(&tc.fault)
		_, err := r.open(t).Grant(t.Context(), to("maya@example.com", inAccount(production, r.readOnly)))
		wants(t, err, tc.want, tc.words)
	}
}

func TestQuestionThatAWSWasTooBusyForIsAskedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Spoil(&awstest.Fault{Actions: []string{"GetUserId"}, Code: "ThrottlingException", Status: 429})
	mustGrant(t, r.open(t), to("maya@example.com", inAccount(production, "ReadOnly")))
	if got := r.Asked("GetUserId"); got != 2 {
		t.Errorf("asked %d times, want twice", got)
	}
}

func TestCredentialsAreNeverShown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	refusing := r.config()
	r.Refuse["GetUserId"] = true // AWS's answer quotes the token
	unknown := r.config()
	unknown.AWS.Credentials = credentials.NewStaticCredentialsProvider("AKIDOFNOBODY", awstest.SecretKey, awstest.Session)
	broken := r.config()
	broken.AWS.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("the file says " + awstest.SecretKey)
	})
	for words, cfg := range map[string]awsidc.Config{"does not let Hallpass": refusing, "does not accept Hallpass's credentials": unknown, "no AWS credentials": broken} {
		_, err := open(t, cfg).Grant(t.Context(), to("maya@example.com", inAccount(production, "ReadOnly")))
		wants(t, err, approvals.Misconfigured, words)
		for _, secret := range []string{awstest.SecretKey, awstest.Session, awstest.AccessKey, "AKIDOFNOBODY"} {
			if strings.Contains(err.Error()+r.log.String(), secret) {
				t.Errorf("%s: a credential is shown: %v", words, err)
			}
		}
	}
}

func TestUnreachableAWSIsTriedAgain(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	_ = ln.Close()
	r := newRig(t)
	cfg := r.config()
	cfg.Endpoint = "http://" + address
	_, err = open(t, cfg).Grant(t.Context(), to("maya@example.com", inAccount(production, "ReadOnly")))
	wants(t, err, approvals.Retryable, "can't be reached")
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		change func(*awsidc.Config)
		want   string
	}{
		{func(*awsidc.Config) {}, ""},
		{func(c *awsidc.Config) { c.Name = "" }, "name"},
		{func(c *awsidc.Config) { c.AWS.Region = "" }, "region"},
		{func(c *awsidc.Config) { c.AWS.Credentials = nil }, "credentials"},
		{func(c *awsidc.Config) { c.Account = "email" }, "userName, emails.value"},
		{func(c *awsidc.Config) { c.Replicas = 11 }, "1 to 10"},
		{func(c *awsidc.Config) { c.Replicas = -1 }, "1 to 10"},
		{func(c *awsidc.Config) { c.Timeout = -1 }, "shorter than nothing"},
	} {
		cfg := awsidc.Config{Name: "aws", AWS: aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", "c")}}
		tc.change(&cfg)
		_, err := awsidc.New(cfg)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
}

// TestLeastPrivilegePolicyIsWhatIsAskedFor compares the package documentation's
// policy with what all ways together ask of AWS.
func TestLeastPrivilegePolicyIsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`(?m)^//\t?`).ReplaceAllString(string(text), "")
	var doc struct{ Statement []struct{ Action []string } }
	if err := json.NewDecoder(strings.NewReader(plain[strings.Index(plain, "{\n  \"Version\""):])).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, s := range doc.Statement {
		allowed = append(allowed, s.Action...)
	}
	r := newRig(t)
	c := r.open(t)
	for _, target := range []map[string]string{ending(inAccount("production", "Admin")), ways[1].target("production", "Admin"), ending(map[string]string{"group": "operations"}), {"group_id": groupID}} {
		g := to("maya@example.com", target)
		mustRevoke(t, c, g, mustGrant(t, c, g))
		r.Join(opsGroup, r.ids["li@example.com"])
		if _, err := c.List(t.Context(), entitlement("aws:x", target)); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		r.Clock.Advance(13 * 60 * 60 * 1e9)
		c.Upkeep(t.Context(), true)
	}
	asked := append(r.Actions(), "GetCallerIdentity")
	for _, action := range asked {
		if !slices.ContainsFunc(allowed, func(a string) bool { return strings.HasSuffix(a, ":"+action) }) {
			t.Errorf("%s is asked for and not allowed", action)
		}
	}
	for _, a := range allowed {
		if _, action, _ := strings.Cut(a, ":"); !slices.Contains(asked, action) {
			t.Errorf("%s is allowed and never asked for", a)
		}
	}
}
