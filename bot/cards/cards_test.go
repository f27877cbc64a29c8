package cards_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", path, diff)
	}
}

// decoded is a value as Slack would read it.
func decoded[T any](t *testing.T, v any) T {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCardsLookAsTheyDid(t *testing.T) {
	t.Parallel()
	for name, card := range all(view()) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, map[string]any{"text": card.Text, "blocks": card.Blocks})
		})
	}
}

// hostile is text that would like to be more than text.
const hostile = "<!channel> <https://evil.example|Approved by Bob> *bold* _slant_ ~gone~ `code` &lt; \u202egnp.exe\u202c \u200b\u2066\u3164 :tada: \x00\x1b[31m 👩‍👩‍👧‍👦 @here <@U1>\n> quote\n"

func worst() cards.View {
	long := strings.Repeat(hostile, 10000/len(hostile)+1)
	v := view()
	p := approvals.Principal{ID: "p-ana", Name: long, Title: long, Department: long, Contractor: true}
	v.Reader, v.Requester, v.Beneficiary, v.Decider, v.EndedBy, v.Manager = p, p, p, p, p, p
	v.Answers = slices.Repeat([]cards.Answer{{Name: long, Approval: approvals.Approval{Answer: approvals.Approved, Duration: time.Minute}}}, 500)
	v.Request.Reason, v.Request.Ticket, v.Request.Note = long, long, long
	v.Entitlement.Name, v.Entitlement.Resource, v.Entitlement.Environment, v.Entitlement.Description, v.Entitlement.Level = long, long, long, long, long
	v.Sought = long
	d := *v.Decision
	d.Assessment.Factors, d.Ruling.Policies, d.Ruling.Problems = nil, nil, nil
	for range 200 {
		d.Assessment.Factors = append(d.Assessment.Factors, approvals.Factor{Points: 1, Words: long})
		d.Ruling.Policies = append(d.Ruling.Policies, approvals.PolicyRef{ID: long, Effect: "permit", Reason: long})
		d.Ruling.Problems = append(d.Ruling.Problems, long)
	}
	v.Decision, v.Asked = &d, slices.Repeat([]string{long}, 500)
	v.Summary = &approvals.Summary{Text: long, Model: long}
	return v
}

// worstCards are made once: megabytes of names are cleaned for each card.
var worstCards = sync.OnceValue(func() map[string]cards.Card { return all(worst()) })

func TestCardsStayWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	staysWithinLimits(t, all(view()), worstCards())
}

// staysWithinLimits holds cards against what Slack takes, with usual words and
// with the worst.
func staysWithinLimits(t *testing.T, usual, worst map[string]cards.Card) {
	t.Helper()
	for kind, made := range map[string]map[string]cards.Card{"usual": usual, "worst": worst} {
		for name, card := range made {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				if problems := slacksim.ValidateBlocks(decoded[[]map[string]any](t, card.Blocks)); len(problems) > 0 {
					t.Error(problems)
				}
				if n := utf8.RuneCountInString(card.Text); n == 0 || n > 4000 {
					t.Errorf("the text has %d characters", n)
				}
				if strings.Contains(card.Text, "<!channel>") {
					t.Error("the text is interpreted")
				}
			})
		}
	}
}

func TestPeoplesWordsAreNeverInterpreted(t *testing.T) {
	t.Parallel()
	for name, card := range worstCards() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range append(marked(card.Blocks), card.Text) {
				rest := text
				for {
					_, after, found := strings.Cut(rest, "<")
					if !found {
						break
					}
					if !strings.HasPrefix(after, "!date^") && !strings.HasPrefix(after, address+"|") {
						t.Fatalf("markup that is not ours: %.60q", rest)
					}
					rest = after
				}
				for _, r := range text {
					if unicode.Is(unicode.Cf, r) || (unicode.IsControl(r) && r != '\n') {
						t.Fatalf("%U is left in %.60q", r, text)
					}
				}
			}
		})
	}
}

// marked is all markup in blocks.
func marked(blocks []slack.Block) []string {
	var out []string
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.SectionBlock:
			out = append(out, b.Text.Text)
		case *slack.ContextBlock:
			for _, e := range b.ContextElements.Elements {
				out = append(out, e.(*slack.TextBlockObject).Text)
			}
		}
	}
	return out
}

func TestOnlyOpenRequestsHaveButtonsThatDecide(t *testing.T) {
	t.Parallel()
	for name, card := range all(view()) {
		b, err := json.Marshal(card.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		decides := strings.Contains(string(b), `"action_id":"approve"`)
		open := slices.Contains([]string{"approval", "approval-channel", "approval-quorum", "approval-quorum-shortened", "approval-extension", "approval-unscored",
			"approval-stage", "approval-delegate", "approval-asked-too", "approval-escalated", "approval-particulars"}, name)
		if decides != open {
			t.Errorf("%s: has an Approve button: %v", name, decides)
		}
		if n := strings.Count(string(b), `"style":"primary"`); n > 1 {
			t.Errorf("%s has %d primary buttons", name, n)
		}
	}
}

// buttons are all buttons in blocks, as Slack would read them.
func buttons(t *testing.T, blocks any) []map[string]any {
	t.Helper()
	var found []map[string]any
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if v["type"] == "button" {
				found = append(found, v)
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(decoded[any](t, blocks))
	return found
}

func TestEveryButtonSaysWhatItDoesToThoseWhoHearIt(t *testing.T) {
	t.Parallel()
	made := map[string]map[string]cards.Card{"usual": all(view()), "worst": worstCards()}
	for kind, base := range map[string]cards.View{"usual": view(), "worst": worst()} {
		n := 0
		for name, card := range made[kind] {
			for _, b := range buttons(t, card.Blocks) {
				n++
				if label, _ := b["accessibility_label"].(string); label == "" || utf8.RuneCountInString(label) > 75 {
					t.Errorf("%s/%s: the button %v says %q", kind, name, b["text"], label)
				}
			}
		}
		home := cards.Home(cards.Standing{Now: now, Reader: base.Reader, Holding: []cards.View{with(base, state(approvals.RequestApproved), byBob, grant(approvals.GrantActive))},
			Waiting: []cards.View{base}, Sent: []cards.View{base}, Again: []cards.View{base}, Admin: trouble(base, 1)})
		for _, b := range buttons(t, home.Blocks) {
			n++
			if b["accessibility_label"] == nil {
				t.Errorf("%s: the button %v at home says nothing", kind, b["text"])
			}
		}
		if n < 50 {
			t.Errorf("only %d buttons are looked at", n)
		}
	}
}

func TestTextSaysItAllWhereBlocksAreNotShown(t *testing.T) {
	t.Parallel()
	for name, says := range map[string][]string{
		"draft": {"Ready to send?", "Billing database, read only", "2 hours", "refunds stuck"}, "sent": {"Sent", "Billing database, read only", "2 hours", "Bob Lee"},
		"approved": {"Approved by", "Bob Lee", "Billing database, read only"}, "denied": {"Denied by", "Bob Lee"}, "active": {"You have access", "Billing database", "until"},
		"ending": {"Ending", "should have ended"}, "ended": {"Ended", "nothing remains"}, "failed": {"Not set up", "The role does not exist."},
		"residual": {"Not ended completely", "lives on until"}, "lapsed": {"Lapsed", "nobody had answered"}, "cancelled": {"Cancelled"},
		"approval": {"Ana Diaz", "asks for", "Billing database, read only", "2 hours", "refunds stuck", "Risk 34 of 100"}, "approval-approved": {"Approved", "Bob Lee"},
		"active-shortened": {"45 minutes", "of the 2 hours asked"}, "active-quorum": {"Approved by Bob Lee and Cleo Owner for 45 minutes"}, "draft-introduced": {"You are", "Ana Diaz", "Is that you?"}, "draft-proposed": {"Proposed from your words", "small-model"},
	} {
		card, ok := all(view())[name]
		text := strings.ReplaceAll(card.Text, "*", "")
		for _, word := range says {
			if !ok || !strings.Contains(text, word) {
				t.Errorf("%s: %q is not in %q", name, word, text)
			}
		}
	}
}

func TestApprovingSensitiveAccessAsksFirst(t *testing.T) {
	t.Parallel()
	for sensitivity, asks := range map[approvals.Sensitivity]int{approvals.Low: 1, approvals.Medium: 1, approvals.High: 2, approvals.Critical: 2} {
		v := view()
		v.Entitlement.Sensitivity = sensitivity
		b, err := json.Marshal(cards.Approval(v).Blocks)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(b), `"confirm":{"title"`); got != asks {
			t.Errorf("%s: %d confirmations, want %d", sensitivity, got, asks)
		}
		if !strings.Contains(string(b), "Billing database, read only for 2 hours") {
			t.Errorf("%s: the confirmation names neither resource nor duration: %s", sensitivity, b)
		}
	}
}

// trouble is n of each kind, in the words and names of a view.
func trouble(v cards.View, n int) *cards.Trouble {
	g := with(v, state(approvals.RequestApproved), grant(approvals.GrantRevoking, func(g *approvals.Grant) { g.Attempts, g.LastError = 3, "The database does not answer." }))
	t := &cards.Trouble{Overdue: n, Oldest: time.Hour, Undone: n, Stale: n > 0, Names: map[approvals.PrincipalID]string{"p-bob": "Bob Lee"},
		Failing: slices.Repeat([]cards.View{g}, n), Unreached: slices.Repeat([]string{"C0APPROVERS"}, n),
		Drift:  map[approvals.DriftKind]int{approvals.DriftOutside: n, approvals.DriftVanished: n, approvals.DriftShrunk: n, approvals.DriftStanding: n},
		OnHold: slices.Repeat([]approvals.Binding{{Subject: "UBOB", Principal: "p-bob", Note: "the email address changed"}}, n),
		Reviews: approvals.ReviewStanding{Campaigns: slices.Repeat([]approvals.Campaign{pastDecision(v, nil).Case.Campaign}, n),
			Lapses: slices.Repeat([]approvals.Lapse{{Rule: "low-risk", Why: "a review found 2 of 19 of its decisions not right."}}, n)}}
	if len(v.Request.Reason) > 1000 { // the worst there is
		t.Names["p-bob"], g.Grant.LastError = v.Request.Reason, v.Request.Reason
		for i := range t.OnHold {
			t.OnHold[i].Note, t.Unreached[i], t.Reviews.Lapses[i].Rule, t.Reviews.Lapses[i].Why = v.Request.Reason, v.Request.Reason, strings.Repeat("w", 80), v.Request.Reason
		}
	}
	return t
}

func TestHomeFitsHoweverMuchThereIs(t *testing.T) {
	t.Parallel()
	for kind, v := range map[string]cards.View{"usual": view(), "worst": worst()} {
		held := with(v, state(approvals.RequestApproved), byBob, grant(approvals.GrantActive))
		for _, n := range []int{0, 1, 50} {
			s := cards.Standing{Now: now, Reader: v.Reader, Holding: slices.Repeat([]cards.View{held}, n), Waiting: slices.Repeat([]cards.View{v}, n),
				Sent: slices.Repeat([]cards.View{v}, n), Again: slices.Repeat([]cards.View{held}, n), Admin: trouble(v, n)}
			home := cards.Home(s)
			if problems := slacksim.ValidateView(decoded[map[string]any](t, home)); len(problems) > 0 {
				t.Errorf("%s, %d of each: %v", kind, n, problems)
			}
			if kind == "usual" && n < 2 {
				golden(t, fmt.Sprintf("home-%d", n), home)
			}
			if card := cards.List(s); len(slacksim.ValidateBlocks(decoded[[]map[string]any](t, card.Blocks))) > 0 {
				t.Errorf("%s, %d of each: the list does not fit", kind, n)
			}
		}
	}
}

func TestEarlierRequestsAreShortAndAnExtensionsCardNamesOneEnd(t *testing.T) {
	t.Parallel()
	over := with(view(), state(approvals.RequestApproved), byBob, grant(approvals.GrantRevoked, ended(approvals.EndExpired)))
	home := fmt.Sprint(decoded[map[string]any](t, cards.Home(cards.Standing{Now: now, Again: []cards.View{over}})))
	if !strings.Contains(home, "Access ended") || strings.Contains(home, "The system was asked") {
		t.Errorf("the Home tab says of what is over: %s", home)
	}
	more := with(view(), byBob, grant(approvals.GrantActive), func(v *cards.View) { v.Request.Kind = approvals.KindExtension })
	if text := cards.Approval(more).Text; !strings.Contains(text, "which ends") {
		t.Errorf("who is asked for more time is not told when access ends: %s", text)
	}
	if text := cards.Approval(with(more, state(approvals.RequestApproved))).Text; strings.Contains(text, "which ends") || !strings.Contains(text, "The end moved to") {
		t.Errorf("an approved extension reads: %s", text)
	}
}

func TestDigestFollowsContent(t *testing.T) {
	t.Parallel()
	a, b := cards.Say("one"), cards.Say("two")
	if a.Digest() == b.Digest() || a.Digest() != cards.Say("one").Digest() {
		t.Error("the digest does not tell two contents apart, or one content from itself")
	}
}
