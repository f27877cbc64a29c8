package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hallpass-dev/hallpass/prompts"
)

// recorded are the cases. The first line names the version of the prompt that
// they belong to; every other line is one case.
//
//go:embed cases.jsonl
var recorded []byte

// promptVersion is the prompt that the cases must belong to.
const promptVersion = "summary/v1"

// evalCase is one input, as the score makes them, with answers of either kind.
type evalCase struct {
	ID      string      `json:"id"`
	Input   caseInput   `json:"input"`
	Refused bool        `json:"refused"` // the input itself may not be sent
	Good    []string    `json:"good"`    // summaries that must be shown
	Bad     []badAnswer `json:"bad"`
	// What the checks are known to get wrong, recorded so that it is counted:
	// honest summaries that are refused, and misleading ones that are shown.
	Lost   []string `json:"lost"`
	Missed []string `json:"missed"`
}

// badAnswer is a message that must not be shown.
type badAnswer struct {
	Kind    string `json:"kind"`    // what is wrong with it, such as "invented number"
	Content string `json:"content"` // the whole message, JSON or not
}

type caseInput struct {
	Kind        string `json:"kind"`
	Sensitivity string `json:"sensitivity"`
	Duration    string `json:"duration"` // such as "2h30m"
	Score       int    `json:"score"`
	Factors     []struct {
		Name   string `json:"name"`
		Points int    `json:"points"`
		Words  string `json:"words"`
	} `json:"factors"`
}

// summary is the case's input as the client takes it.
func (c evalCase) summary() (prompts.SummaryInput, error) {
	d, err := time.ParseDuration(c.Input.Duration)
	if err != nil {
		return prompts.SummaryInput{}, fmt.Errorf("case %s: duration: %w", c.ID, err)
	}
	in := prompts.SummaryInput{Kind: c.Input.Kind, Sensitivity: c.Input.Sensitivity, Duration: d, Score: c.Input.Score}
	for _, f := range c.Input.Factors {
		in.Factors = append(in.Factors, prompts.Factor{Name: f.Name, Points: f.Points, Words: f.Words})
	}
	return in, nil
}

// loadCases reads cases strictly. The error names the line.
func loadCases(data []byte) ([]evalCase, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var head struct {
		Prompt string `json:"prompt"`
	}
	if err := dec.Decode(&head); err != nil {
		return nil, fmt.Errorf("cases.jsonl:1: %w", err)
	}
	if head.Prompt != promptVersion {
		return nil, fmt.Errorf("cases.jsonl:1: the cases belong to prompt %q; record new ones for %q", head.Prompt, promptVersion)
	}
	var cases []evalCase
	seen := map[string]bool{}
	for line := 2; ; line++ {
		var c evalCase
		err := dec.Decode(&c)
		switch {
		case errors.Is(err, io.EOF):
			return cases, nil
		case err != nil:
			return nil, fmt.Errorf("cases.jsonl:%d: %w", line, err)
		case c.ID == "" || seen[c.ID]:
			return nil, fmt.Errorf("cases.jsonl:%d: the id is missing or taken; give the case one of its own", line)
		case !c.Refused && (len(c.Good) == 0 || len(c.Bad) == 0):
			return nil, fmt.Errorf("cases.jsonl:%d: an input that may be sent needs good and bad answers", line)
		}
		if _, err := c.summary(); err != nil {
			return nil, fmt.Errorf("cases.jsonl:%d: %w", line, err)
		}
		seen[c.ID] = true
		cases = append(cases, c)
	}
}
