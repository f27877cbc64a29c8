package contract_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/contract"
)

func TestAnswersThatKeepTheContract(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	until := time.Date(2026, 11, 22, 11, 30, 0, 0, time.UTC)
	for _, tc := range []struct {
		op     contract.Operation
		answer string
		want   contract.Reply
	}{
		{contract.Grant, `{}`, contract.Reply{}},
		{contract.Grant, `{"receipt":{"membership":"42"},"error":null}`, contract.Reply{Receipt: approvals.Receipt{"membership": "42"}}},
		{contract.Revoke, " {}\n", contract.Reply{}},
		{contract.Revoke, `{"sessions_ended":2,"residual_until":"2026-11-22T11:30:00Z","reason":"cached tokens"}`,
			contract.Reply{SessionsEnded: 2, ResidualUntil: until, Reason: "cached tokens"}},
		{contract.Check, `{"present":false}`, contract.Reply{Present: &no}},
		{contract.Check, `{"present":true,"sessions":1,"detail":"member"}`, contract.Reply{Present: &yes, Sessions: 1, Detail: "member"}},
		{contract.List, `{"holders":[]}`, contract.Reply{Holders: []string{}}},
		{contract.List, `{"holders":["a","b"]}`, contract.Reply{Holders: []string{"a", "b"}}},
		{contract.EndSessions, `{"sessions_ended":0}`, contract.Reply{}},
		{contract.SetEnd, `{}`, contract.Reply{}},
		{contract.Validate, `{}`, contract.Reply{}},
	} {
		got, err := contract.Decode(tc.op, []byte(tc.answer))
		if err != nil {
			t.Errorf("%s %s: %v", tc.op, tc.answer, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s %s: -want +got\n%s", tc.op, tc.answer, diff)
		}
	}
}

func TestAnswersThatBreakTheContractAreNoSuccess(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		op           contract.Operation
		answer, want string
	}{
		{contract.Check, ``, "not one JSON object"},
		{contract.Check, `null`, "not one JSON object"},
		{contract.Check, `true`, "not one JSON object"},
		{contract.Check, `[{"present":false}]`, "not one JSON object"},
		{contract.Check, `{"present":false`, "not one JSON object"},
		{contract.Check, `{"present":false} {"present":true}`, "not one JSON object"},
		{contract.Check, `{"present":false} and done`, "not one JSON object"},
		{contract.Check, `{"present":true,"present":false}`, "field twice"},
		{contract.Check, `{"present":true,"PRESENT":false}`, "field twice"},
		{contract.Check, `{}`, `does not say "present"`},
		{contract.Check, `{"present":null}`, `does not say "present"`},
		{contract.Check, `{"present":"false"}`, `"present" is of the wrong type`},
		{contract.Check, `{"Present":false}`, `"Present"`},
		{contract.Check, `{"present":false,"sessions":-1}`, "negative"},
		{contract.Check, `{"present":false,"holders":[]}`, "another operation"},
		{contract.Check, `{"present":false,"detail":"` + strings.Repeat("x", 1001) + `"}`, "longer"},
		{contract.Revoke, `{"residual_unitl":"2026-11-22T11:30:00Z"}`, `"residual_unitl"`},
		{contract.Revoke, `{"residual_until":"hunter2"}`, "form"},
		{contract.Revoke, `{"receipt":{}}`, "another operation"},
		{contract.List, `{}`, "nobody is []"},
		{contract.List, `{"holders":null}`, "nobody is []"},
		{contract.List, `{"holders":[1]}`, "wrong type"},
		{contract.Grant, `{"receipt":{"n":7}}`, "wrong type"},
		{contract.Grant, `{"receipt":{"n":"` + strings.Repeat("x", 4000) + `"}}`, "longer"},
	} {
		_, err := contract.Decode(tc.op, []byte(tc.answer))
		var said *approvals.ConnectorError
		if err == nil || errors.As(err, &said) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s %.60s: %v, want an error with %q", tc.op, tc.answer, err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error quotes the answer: %v", err)
		}
	}
}

func TestReportedFailuresKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		answer string
		want   approvals.ConnectorError
	}{
		{`{"error":{"kind":"retryable","message":"restarting","after_seconds":30}}`,
			approvals.ConnectorError{Kind: approvals.Retryable, Message: "restarting", After: 30 * time.Second}},
		{`{"error":{"kind":"permanent","message":"no such person"}}`, approvals.ConnectorError{Kind: approvals.Permanent, Message: "no such person"}},
		{`{"error":{"kind":"misconfigured","message":"no key"}}`, approvals.ConnectorError{Kind: approvals.Misconfigured, Message: "no key"}},
		{`{"error":{"kind":"fatal","message":"?"}}`, approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "?"}},
		{`{"error":{}}`, approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The system reported a failure without saying which."}},
		{`{"error":{"kind":"retryable","message":"m","after_seconds":-5}}`, approvals.ConnectorError{Kind: approvals.Retryable, Message: "m"}},
		{`{"error":{"kind":"retryable","message":"m","after_seconds":9000000000000000000}}`, approvals.ConnectorError{Kind: approvals.Retryable, Message: "m", After: 24 * time.Hour}},
		{`{"present":false,"error":{"kind":"retryable","message":"m"}}`, approvals.ConnectorError{Kind: approvals.Retryable, Message: "m"}},
	} {
		_, err := contract.Decode(contract.Check, []byte(tc.answer))
		var got *approvals.ConnectorError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v, want a connector error", tc.answer, err)
			continue
		}
		if diff := cmp.Diff(tc.want, *got); diff != "" {
			t.Errorf("%s: -want +got\n%s", tc.answer, diff)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, `{"present":true}`, `{"holders":["a"]}`, `{"error":{"kind":"retryable","message":"m","after_seconds":1}}`, `{"present":true,"present":false}`} {
		f.Add("check", []byte(s))
	}
	f.Fuzz(func(t *testing.T, op string, answer []byte) {
		r, err := contract.Decode(contract.Operation(op), answer)
		if err == nil && contract.Operation(op) == contract.Check && r.Present == nil {
			t.Error("a check that says nothing was taken for an answer")
		}
		var said *approvals.ConnectorError
		if errors.As(err, &said) && (said.Kind == "" || said.Message == "" || said.After < 0 || said.After > 24*time.Hour) {
			t.Errorf("failure out of its ranges: %+v", said)
		}
	})
}
