package cards

import (
	"fmt"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// progress is how far an open request has come, a sentence or two of markup:
// its stage, how many must agree, who has. "" where one answer is all there is.
func (v View) progress() string {
	s := v.stage()
	if q := v.quorum(); q > 1 {
		if s != "" {
			s += " "
		}
		s += fmt.Sprintf("Needs %d approvals.", q)
		if got := v.yes(); len(got) > 0 {
			s += " So far: " + join(got, 5) + v.shortened() + "."
		}
	}
	if left := v.left(); len(left) > 0 {
		if s != "" {
			s += " "
		}
		s += join(left, 5) + " left it to others."
	}
	return s
}

// stage says which of several stages is asked, and what came before; "" for
// none or one.
func (v View) stage() string {
	d := v.Decision
	if d == nil || len(d.Ruling.Stages) < 2 {
		return ""
	}
	k := v.stageIndex()
	s := fmt.Sprintf("Stage %d of %d", k+1, len(d.Ruling.Stages))
	if k == 0 {
		return s + "."
	}
	before := d.Ruling.Stages[k-1]
	var agreed []string
	for _, a := range v.Answers {
		if a.Answer == approvals.Approved && a.Stage <= before.Number {
			agreed = append(agreed, name(a.Name))
		}
	}
	if len(agreed) < before.Quorum && before.EscalateAfter > 0 {
		return s + ", asked because stage " + fmt.Sprint(k) + " did not answer within " + approvals.Span(before.EscalateAfter) + "."
	}
	if len(agreed) == 0 {
		return s + "."
	}
	return s + ", after " + join(agreed, 3) + " agreed."
}

// stageIndex is where the stage that was asked last stands among the ruling's.
func (v View) stageIndex() int {
	k := 0
	for i, stage := range v.Decision.Ruling.Stages {
		if stage.Number <= v.Decision.Stage {
			k = i
		}
	}
	return k
}

// escalates is when others are asked as well, and who: "" for never.
func (v View) escalates() (at time.Time, whom string) {
	d := v.Decision
	if d == nil || d.Escalated {
		return at, ""
	}
	after, whom := d.Ruling.EscalateAfter, "the security queue"
	if n := len(d.Ruling.Stages); n > 0 {
		k := v.stageIndex()
		after = d.Ruling.Stages[k].EscalateAfter
		if k < n-1 {
			whom = "the next stage"
		}
	}
	if after <= 0 || d.StageAt.IsZero() {
		return at, ""
	}
	return d.StageAt.Add(after), whom
}

// left lists those who left it to others.
func (v View) left() []string {
	var names []string
	for _, a := range v.Answers {
		if a.Answer == approvals.Abstained {
			names = append(names, name(a.Name))
		}
	}
	return names
}

// done says that an open request no longer waits for its reader, "" while it
// does: they have answered, or others are asked by now. A channel is no reader.
func (v View) done() string {
	if v.Reader.ID == "" {
		return ""
	}
	for _, a := range v.Answers {
		if a.Approver != v.Reader.ID {
			continue
		}
		if a.Answer == approvals.Abstained {
			return "You have left this to others."
		}
		return "You have approved this. It waits for others."
	}
	if d := v.Decision; d != nil && len(d.Approvers) > 0 && !slices.Contains(d.Approvers, v.Reader.ID) {
		return "Others answer this by now."
	}
	return ""
}

// asDelegate says in whose place the reader answers, "" for their own.
func (v View) asDelegate() string {
	if v.Away.ID == "" {
		return ""
	}
	return "You answer for " + bold(name(v.Away.Name)) + ", who is away and named you as delegate."
}
