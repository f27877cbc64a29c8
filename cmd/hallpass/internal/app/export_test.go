package app

import (
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/prompts"
)

// NewExplainer is how the worker is given a model.
func NewExplainer(c *prompts.Client) lifecycle.Explainer { return explainer{c} }
