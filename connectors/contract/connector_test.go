package contract_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/contract/contracttest"
)

// direct carries questions by a function call.
func direct(s *contracttest.System) contract.Carrier {
	return func(_ context.Context, question []byte) ([]byte, error) {
		switch a := s.Answer(question); a.Trouble {
		case "":
			return a.Body, nil
		case connectortest.LostAnswer:
			return nil, &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The answer was lost."}
		default:
			return nil, &approvals.ConnectorError{Kind: approvals.Retryable, Message: "The system is busy.", After: time.Duration(a.Seconds) * time.Second}
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{New: func(*testing.T) (approvals.Connector, connectortest.World) {
		s := contracttest.New()
		return contract.New("warehouse", direct(s), contract.Optional, nil), s.World(nil, nil)
	}})
}

func TestQuestionsSayAllThatIsNeeded(t *testing.T) {
	t.Parallel()
	var asked []contract.Call
	answers := map[contract.Operation]string{contract.Check: `{"present":true}`, contract.List: `{"holders":["b","a","b"]}`}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	c := contract.New("warehouse", func(_ context.Context, question []byte) ([]byte, error) {
		var call contract.Call
		if err := json.Unmarshal(question, &call); err != nil {
			t.Fatal(err)
		}
		asked = append(asked, call)
		if a, ok := answers[call.Operation]; ok {
			return []byte(a), nil
		}
		return []byte(`{}`), nil
	}, []contract.Operation{contract.SetEnd}, func() time.Time { return now })
	end := now.Add(time.Hour)
	g := approvals.Grant{ID: "gr_1", Entitlement: "sales:read", Account: "maya", Target: map[string]string{"schema": "sales"}}
	e := approvals.Entitlement{ID: "sales:read", Target: g.Target}
	receipt := approvals.Receipt{"n": "7"}
	ctx := t.Context()
	_, err1 := c.Grant(ctx, g)
	p, err2 := c.Check(ctx, g, receipt)
	err3 := c.SetEnd(ctx, g, receipt, end)
	_, err4 := c.EndSessions(ctx, g, receipt) // not among the optional ones: not asked
	held, err5 := c.List(ctx, e)
	err6 := c.Validate(ctx, e)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	base := contract.Call{Version: 1, Connector: "warehouse", Entitlement: "sales:read", Target: g.Target}
	about := base
	about.Grant, about.Account = "gr_1", "maya"
	grant, check, setEnd, list := about, about, about, base
	grant.Operation = contract.Grant
	check.Operation, check.Receipt = contract.Check, receipt
	setEnd.Operation, setEnd.Receipt, setEnd.EndsAt = contract.SetEnd, receipt, end
	list.Operation = contract.List
	if diff := cmp.Diff([]contract.Call{grant, check, setEnd, list}, asked); diff != "" {
		t.Errorf("asked: -want +got\n%s", diff)
	}
	if diff := cmp.Diff([]approvals.Holding{{Entitlement: "sales:read", Account: "a", AsOf: now}, {Entitlement: "sales:read", Account: "b", AsOf: now}}, held); diff != "" {
		t.Errorf("holders: -want +got\n%s", diff)
	}
	if p.Detail == "" || !p.Present {
		t.Errorf("presence %+v, want it with words", p)
	}
}

func TestAnswerThatIsNotUnderstoodIsReadBack(t *testing.T) {
	t.Parallel()
	c := contract.New("warehouse", func(context.Context, []byte) ([]byte, error) { return []byte(`OK`), nil }, contract.Optional, nil)
	g := approvals.Grant{ID: "gr_1"}
	for op, call := range map[contract.Operation]func() error{
		contract.Grant:       func() error { _, err := c.Grant(t.Context(), g); return err },
		contract.Revoke:      func() error { _, err := c.Revoke(t.Context(), g, nil); return err },
		contract.SetEnd:      func() error { return c.SetEnd(t.Context(), g, nil, time.Now()) },
		contract.EndSessions: func() error { _, err := c.EndSessions(t.Context(), g, nil); return err },
		contract.Check:       func() error { _, err := c.Check(t.Context(), g, nil); return err },
		contract.List:        func() error { _, err := c.List(t.Context(), approvals.Entitlement{}); return err },
		contract.Validate:    func() error { return c.Validate(t.Context(), approvals.Entitlement{}) },
	} {
		want := approvals.Ambiguous // it may have acted
		if op == contract.Check || op == contract.List || op == contract.Validate {
			want = approvals.Misconfigured
		}
		var got *approvals.ConnectorError
		if err := call(); !errors.As(err, &got) || got.Kind != want {
			t.Errorf("%s: %v, want %s", op, err, want)
		}
	}
}
