package cards_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// asked is a new form with every kind of question, a start, more beside it, and
// profiles.
func asked(v cards.View, n int) cards.Filled {
	v = with(v, asking)
	f := cards.Filled{Request: v.Request, Entitlement: v.Entitlement, Profiles: []approvals.Profile{{Name: "support-agent", Title: worded(v, "Support agent"), Entitlements: []approvals.EntitlementID{"a:b"}}}}
	f.Request.ID = ""
	for i := range min(n, 19) {
		e := v.Entitlement
		e.ID = approvals.EntitlementID(fmt.Sprintf("%d:read", i))
		f.More = append(f.More, e)
	}
	if n > 0 && n <= 100 {
		f.Entitlement.ID = "0:read"
	}
	return f
}

func TestFormFitsHoweverLargeTheCatalogue(t *testing.T) {
	t.Parallel()
	for kind, v := range map[string]cards.View{"usual": view(), "worst": worst()} {
		for _, n := range []int{0, 1, 100, 101, 20000} {
			catalogue := make([]approvals.Entitlement, n)
			for i := range catalogue {
				catalogue[i] = v.Entitlement
				catalogue[i].ID = approvals.EntitlementID(fmt.Sprintf("%d:read", i))
			}
			for filled, f := range map[string]cards.Filled{"new": {}, "old": {Request: v.Request, Entitlement: v.Entitlement, ForUser: "U1"}, "asking": asked(v, n)} {
				if filled == "old" && n > 0 && n <= 100 {
					f.Entitlement = catalogue[0]
				}
				form := cards.Form(catalogue, f)
				if problems := slacksim.ValidateView(decoded[map[string]any](t, form)); len(problems) > 0 {
					t.Errorf("%s, %s form, %d entitlements: %v", kind, filled, n, problems)
				}
				if kind == "usual" && n == 1 {
					golden(t, "form-"+filled, form)
				}
			}
		}
	}
}

func TestAnswerFormsFit(t *testing.T) {
	t.Parallel()
	for kind, v := range map[string]cards.View{"usual": view(), "worst": worst()} {
		for name, form := range map[string]slack.ModalViewRequest{"form-deny": cards.DenyForm(v), "form-less": cards.LessForm(v)} {
			if problems := slacksim.ValidateView(decoded[map[string]any](t, form)); len(problems) > 0 {
				t.Errorf("%s, %s: %v", kind, name, problems)
			}
			if kind == "usual" {
				golden(t, name, form)
			}
		}
	}
}

func TestLessFormOffersNothingLongerThanWasAsked(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration][2]string{ // how many are offered, and which at first
		time.Minute: {"1", "1"}, 7 * time.Minute: {"2", "5"}, 2 * time.Hour: {"8", "90"}, 1000 * time.Hour: {"18", "43200"},
	} {
		v := view()
		v.Request.Duration = asked
		form := decoded[struct {
			Blocks []struct {
				Element struct {
					Options []struct{ Value string }
					Initial struct{ Value string } `json:"initial_option"`
				}
			}
		}](t, cards.LessForm(v))
		in := form.Blocks[1].Element
		for _, o := range in.Options {
			if n, err := strconv.Atoi(o.Value); err != nil || time.Duration(n)*time.Minute > asked {
				t.Errorf("%s: %q is offered", asked, o.Value)
			}
		}
		if got := [2]string{strconv.Itoa(len(in.Options)), in.Initial.Value}; asked < 1000*time.Hour && got != want {
			t.Errorf("%s: %v, want %v", asked, got, want)
		}
	}
}
