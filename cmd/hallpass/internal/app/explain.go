package app

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/prompts"
)

// explainer lets a model write prose about a stored decision. It sends the
// score, its factors and what kind of access it is: no name, no identifier,
// and nothing that the requester wrote.
type explainer struct {
	model *prompts.Client
}

// Explain asks the model. Its failure means that the template's words stand
// alone.
func (e explainer) Explain(ctx context.Context, d approvals.Decision) (approvals.Summary, error) {
	s, err := e.model.Summarize(ctx, summaryInput(d))
	if err != nil {
		return approvals.Summary{}, err
	}
	return approvals.Summary{Request: d.Request, Text: s.Text, Model: s.Model, Prompt: s.PromptVersion, At: d.At}, nil
}

func summaryInput(d approvals.Decision) prompts.SummaryInput {
	e := d.Facts.Entitlement
	in := prompts.SummaryInput{
		Kind: prompts.KindOf(e.Level), Sensitivity: string(e.Sensitivity),
		Duration: d.Facts.Duration, Score: d.Assessment.Score,
	}
	if e.Sensitivity.Rank() == approvals.Critical.Rank() {
		in.Sensitivity = string(approvals.Critical) // What is not known counts as the worst, in the score as here.
	}
	for _, f := range d.Assessment.Factors {
		in.Factors = append(in.Factors, prompts.Factor{Name: f.Name, Points: f.Points, Words: f.Words})
	}
	return in
}
