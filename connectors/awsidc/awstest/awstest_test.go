package awstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"github.com/aws/smithy-go"

	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

const account = "111122223333"

// world is an organization with one user and one permission set, and the SDK.
type world struct {
	*awstest.Cloud
	url       string
	user, set string
	admin     *ssoadmin.Client
	store     *identitystore.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Cloud: awstest.New(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))}
	w.user = w.AddUser("maya@example.com", "maya@example.com")
	w.AddAccount(account, "production", "ACTIVE")
	w.set = w.AddSet("Admin", "PT1H", "")
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.url = server.URL
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &server.URL, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(awstest.AccessKey, awstest.SecretKey, awstest.Session)}
	w.admin, w.store = ssoadmin.NewFromConfig(cfg), identitystore.NewFromConfig(cfg)
	return w
}

func (w *world) create(ctx context.Context, account, principal string) (*types.AccountAssignmentOperationStatus, error) {
	out, err := w.admin.CreateAccountAssignment(ctx, &ssoadmin.CreateAccountAssignmentInput{InstanceArn: aws.String(awstest.Instance), PermissionSetArn: &w.set,
		TargetId: &account, TargetType: types.TargetTypeAwsAccount, PrincipalId: &principal, PrincipalType: types.PrincipalTypeUser})
	if err != nil {
		return nil, err
	}
	return out.AccountAssignmentCreationStatus, nil
}

func (w *world) look(t *testing.T, id *string) *types.AccountAssignmentOperationStatus {
	t.Helper()
	out, err := w.admin.DescribeAccountAssignmentCreationStatus(t.Context(), &ssoadmin.DescribeAccountAssignmentCreationStatusInput{
		InstanceArn: aws.String(awstest.Instance), AccountAssignmentCreationRequestId: id})
	if err != nil {
		t.Fatal(err)
	}
	return out.AccountAssignmentCreationStatus
}

// code is the SDK's code of an error.
func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	return api.ErrorCode()
}

func TestAssignmentTakesItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, err := w.create(t.Context(), account, w.user)
	if err != nil || s.Status != types.StatusValuesInProgress {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, ok := w.SignIn(w.user, account, w.set); ok || w.look(t, s.RequestId).Status != types.StatusValuesInProgress {
		t.Error("it was done at once")
	}
	w.Clock.Advance(w.Latency)
	if _, ok := w.SignIn(w.user, account, w.set); !ok || w.look(t, s.RequestId).Status != types.StatusValuesSucceeded {
		t.Error("it was not done in its time")
	}
}

func TestUnknownPrincipalFailsLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, err := w.create(t.Context(), account, "9067a1b2c3-ffffffff-1111-4222-8333-444455556666")
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(w.Latency)
	if s = w.look(t, s.RequestId); s.Status != types.StatusValuesFailed || !strings.Contains(aws.ToString(s.FailureReason), "404") {
		t.Errorf("%+v", s)
	}
}

func TestAccountWorksOnOneRoleAndInstanceOnTenCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.create(t.Context(), account, w.user); err != nil {
		t.Fatal(err)
	}
	_, err := w.create(t.Context(), account, w.user)
	if got := code(err); got != "ConflictException" {
		t.Errorf("a second call for the account: %s", got)
	}
	for i := range 10 {
		id := fmt.Sprintf("%012d", i)
		w.AddAccount(id, id, "ACTIVE")
		_, err = w.create(t.Context(), id, w.user)
	}
	if got := code(err); got != "ThrottlingException" || w.Busiest() != 10 {
		t.Errorf("an eleventh call: %s; %d were under way", got, w.Busiest())
	}
}

func TestTwentyRequestsASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func() error {
		_, err := w.store.DescribeUser(t.Context(), &identitystore.DescribeUserInput{IdentityStoreId: aws.String(awstest.Store), UserId: &w.user})
		return err
	}
	for range 20 {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	if got := code(ask()); got != "ThrottlingException" {
		t.Errorf("the 21st request: %s", got)
	}
	w.Clock.Advance(time.Second)
	if err := ask(); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestDenialCountsWhenItIsProvisioned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Assign(account, w.set, w.user)
	s, ok := w.SignIn(w.user, account, w.set)
	if !ok || !s.Works() {
		t.Fatal("the session does not work")
	}
	for text, want := range map[string]bool{
		`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":"somebody"}}}]}`:                                                                          true,
		`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":["x","` + w.user + `"]},"DateLessThan":{"aws:TokenIssueTime":"2026-11-22T09:00:00Z"}}}]}`: true,
		`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":["x","` + w.user + `"]},"DateLessThan":{"aws:TokenIssueTime":"2026-11-22T09:00:01Z"}}}]}`: false,
	} {
		if _, err := w.admin.PutInlinePolicyToPermissionSet(t.Context(), &ssoadmin.PutInlinePolicyToPermissionSetInput{
			InstanceArn: aws.String(awstest.Instance), PermissionSetArn: &w.set, InlinePolicy: &text}); err != nil {
			t.Fatal(err)
		}
		if !s.Works() {
			t.Error("a policy counts that is not provisioned")
		}
		if _, err := w.admin.ProvisionPermissionSet(t.Context(), &ssoadmin.ProvisionPermissionSetInput{InstanceArn: aws.String(awstest.Instance),
			PermissionSetArn: &w.set, TargetType: types.ProvisionTargetTypeAwsAccount, TargetId: aws.String(account)}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(w.Latency)
		if s.Works() != want {
			t.Errorf("works is %v under %s", s.Works(), text)
		}
		w.Clock.Advance(time.Second)
		empty := `{"Statement":[]}`
		w.SetInline(w.set, empty)
		w.Unassign(account, w.set, w.user) // the role goes with its last assignment
		if s.Works() {
			t.Error("a session outlives its role")
		}
		w.Assign(account, w.set, w.user)
	}
	w.Clock.Advance(time.Hour)
	if s.Works() {
		t.Error("a session outlives its time")
	}
}

func TestPolicyThatIAMWouldRefuseIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, text := range []string{"{", `{"Statement":[{"Sid":"a-b"}]}`, `{"Statement":[{"Sid":"a"},{"Sid":"a"}]}`, `{"Id":"` + strings.Repeat("x", 10240) + `"}`} {
		_, err := w.admin.PutInlinePolicyToPermissionSet(t.Context(), &ssoadmin.PutInlinePolicyToPermissionSetInput{
			InstanceArn: aws.String(awstest.Instance), PermissionSetArn: &w.set, InlinePolicy: &text})
		if got := code(err); got != "ValidationException" {
			t.Errorf("%.40s: %s", text, got)
		}
	}
}

func TestReadingsLag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Lag = 10 * time.Second
	w.Assign(account, w.set, w.user)
	count := func() int {
		out, err := w.admin.ListAccountAssignments(t.Context(), &ssoadmin.ListAccountAssignmentsInput{
			InstanceArn: aws.String(awstest.Instance), AccountId: aws.String(account), PermissionSetArn: &w.set})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.AccountAssignments)
	}
	before := count()
	w.Clock.Advance(10 * time.Second)
	if after := count(); before != 0 || after != 1 {
		t.Errorf("%d assignments are listed, then %d; want 0 and 1", before, after)
	}
}

func TestRequestsOfNoSDKAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tc := range map[string]struct {
		target, authorization, body string
		want                        int
	}{
		"no signature":  {"SWBExternalService.ListInstances", "", "{}", 403},
		"no such call":  {"SWBExternalService.ListEverything", awstest.AccessKey, "{}", 400},
		"unknown field": {"SWBExternalService.ListInstances", awstest.AccessKey, `{"Instance":"x"}`, 400},
		"no JSON":       {"SWBExternalService.ListInstances", awstest.AccessKey, `<x/>`, 400},
		"sound":         {"SWBExternalService.ListInstances", awstest.AccessKey, `{}`, 200},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", tc.target)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+tc.authorization+"/20261122/eu-central-1/sso/aws4_request")
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _ = a.Body.Close(); a.StatusCode != tc.want {
			t.Errorf("%s: %d, want %d", name, a.StatusCode, tc.want)
		}
	}
}
