package approvals_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

func ExampleSpan() {
	fmt.Println(approvals.Span(90 * time.Minute))
	fmt.Println(approvals.Span(48 * time.Hour))
	// Output:
	// 1 hour 30 minutes
	// 2 days
}

func TestSpanSaysDurationsAsPeopleDo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 seconds", time.Second: "1 second", 59 * time.Second: "59 seconds", time.Minute: "1 minute",
		20*time.Minute + 30*time.Second: "20 minutes", time.Hour: "1 hour", 25*time.Hour + time.Minute: "1 day 1 hour 1 minute",
		49*time.Hour + 2*time.Minute: "2 days 1 hour 2 minutes",
	} {
		if got := approvals.Span(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestErrorsSpeakToProgramsPeopleAndLogs(t *testing.T) {
	t.Parallel()
	inner := approvals.Errorf(approvals.CodeUnavailable, "The database does not answer.")
	err := fmt.Errorf("submit: %w", &approvals.Error{Code: approvals.CodeConflict, Op: "apply", Message: "Try again.", Err: inner})
	same(t, "code of the outermost", approvals.CodeConflict, approvals.ErrorCode(err))
	same(t, "sentence of the outermost", "Try again.", approvals.ErrorMessage(err))
	same(t, "log", "submit: apply: conflict: Try again.: unavailable: The database does not answer.", err.Error())
	if !errors.Is(err, inner) {
		t.Error("the cause is lost")
	}
	same(t, "no code", approvals.CodeInternal, approvals.ErrorCode(io.EOF))
	same(t, "nil", approvals.Code(""), approvals.ErrorCode(nil))
	same(t, "a defect's detail is kept from people", "Something went wrong on our side. Nothing was changed; please try again.", approvals.ErrorMessage(io.EOF))

	fault := &approvals.ConnectorError{Kind: approvals.Retryable, Message: "Down.", Err: io.EOF}
	same(t, "connector error", "retryable: Down.: EOF", fault.Error())
	if !errors.Is(fault, io.EOF) {
		t.Error("the connector's cause is lost")
	}
}

func TestProblemsNameFileLineAndMend(t *testing.T) {
	t.Parallel()
	ps := approvals.Problems{
		{File: "a.yaml", Line: 3, What: "unknown key \"ownr\"", Mend: "write owner"},
		{File: "b.yaml", What: "the file is empty"},
	}
	same(t, "problems", "a.yaml:3: unknown key \"ownr\"; write owner\nb.yaml: the file is empty", ps.Error())
}

func TestChangeOfStateNeedsAnEvent(t *testing.T) {
	t.Parallel()
	event := []approvals.Event{{Kind: approvals.EventGrantActive}}
	for name, c := range map[string]approvals.Change{
		"request":  {Requests: make([]approvals.Request, 1)},
		"grant":    {Grants: make([]approvals.Grant, 1)},
		"binding":  {Bindings: make([]approvals.Binding, 1)},
		"decision": {Decisions: make([]approvals.Decision, 1)},
		"approval": {Approvals: make([]approvals.Approval, 1)},
		"summary":  {Summaries: make([]approvals.Summary, 1)},
		"learned":  {Learned: make([]approvals.Learned, 1)},
	} {
		code(t, approvals.CodeInternal, c.Validate())
		if err := approvalstestStore(t, c); approvals.ErrorCode(err) != approvals.CodeInternal {
			t.Errorf("%s: the double took it: %v", name, err)
		}
		c.Events = event
		code(t, "", c.Validate())
	}
	code(t, "", approvals.Change{Tasks: make([]approvals.Task, 1), Cancel: make([]approvals.Task, 1), Notices: make([]approvals.Notice, 1)}.Validate())
}
