package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/prompts"
)

// recordedProposals are the cases of the prompt that fills in a form. The first
// line names its version; every other line is one case.
//
//go:embed proposals.jsonl
var recordedProposals []byte

const proposalVersion = "propose/v1"

// proposalCase is what somebody wrote, with the answer that must be taken and
// answers that must not.
type proposalCase struct {
	ID      string         `json:"id"`
	Words   string         `json:"words"`
	Choices []string       `json:"choices"`
	Good    proposalAnswer `json:"good"`
	Bad     []badAnswer    `json:"bad"`
}

type proposalAnswer struct {
	Choice  int    `json:"choice"` // from 1; 0: none
	Minutes int    `json:"minutes"`
	Ticket  string `json:"ticket"`
	Reason  string `json:"reason"`
}

func (c proposalCase) input() prompts.ProposalInput {
	in := prompts.ProposalInput{Words: c.Words}
	for _, name := range c.Choices {
		in.Choices = append(in.Choices, prompts.Choice{Name: name})
	}
	return in
}

// loadProposals reads cases strictly. The error names the line.
func loadProposals(data []byte) ([]proposalCase, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var head struct {
		Prompt string `json:"prompt"`
	}
	if err := dec.Decode(&head); err != nil || head.Prompt != proposalVersion {
		return nil, fmt.Errorf("proposals.jsonl:1: the cases belong to prompt %q; record new ones for %q", head.Prompt, proposalVersion)
	}
	var cases []proposalCase
	for line := 2; ; line++ {
		var c proposalCase
		err := dec.Decode(&c)
		switch {
		case errors.Is(err, io.EOF):
			return cases, nil
		case err != nil:
			return nil, fmt.Errorf("proposals.jsonl:%d: %w", line, err)
		case c.ID == "" || len(c.Choices) == 0 || len(c.Bad) == 0:
			return nil, fmt.Errorf("proposals.jsonl:%d: a case needs an id, choices and bad answers", line)
		}
		cases = append(cases, c)
	}
}

// proposed is what the recorded proposals showed.
type proposed struct {
	good, bad tally
	kinds     map[string]tally
	wrong     []string
}

func (p proposed) print(w io.Writer, cases int) {
	fmt.Fprintf(w, "recorded answers, prompt %s, %d cases\n", proposalVersion, cases)
	fmt.Fprintf(w, "  good answers taken         %s\n", p.good)
	fmt.Fprintf(w, "  bad answers refused        %s\n", p.bad)
	for _, kind := range slices.Sorted(maps.Keys(p.kinds)) {
		fmt.Fprintf(w, "    %-28s %s\n", kind, p.kinds[kind])
	}
	for _, wrong := range p.wrong {
		fmt.Fprintln(w, "  WRONG", wrong)
	}
}

// replayProposals judges every recorded answer through the real client.
func replayProposals(ctx context.Context, cases []proposalCase) (proposed, error) {
	p := newPlayer()
	defer p.Close()
	out := proposed{kinds: map[string]tally{}}
	for _, c := range cases {
		content, err := json.Marshal(c.Good)
		if err != nil {
			return out, err
		}
		got, err := p.propose(ctx, c.input(), string(content))
		want := prompts.Proposal{Choice: c.Good.Choice - 1, Duration: time.Duration(c.Good.Minutes) * time.Minute, Ticket: c.Good.Ticket, Reason: c.Good.Reason,
			PromptVersion: proposalVersion, Model: got.Model}
		out.good.count(err == nil && got == want)
		if err != nil || got != want {
			out.wrong = append(out.wrong, fmt.Sprintf("%s: a good answer was not taken as it is: %v", c.ID, err))
		}
		for _, bad := range c.Bad {
			got, err := p.propose(ctx, c.input(), bad.Content)
			refused := errors.Is(err, prompts.ErrAnswer) && got == prompts.Proposal{Choice: -1}
			kind := out.kinds[bad.Kind]
			kind.count(refused)
			out.kinds[bad.Kind] = kind
			out.bad.count(refused)
			if !refused {
				out.wrong = append(out.wrong, fmt.Sprintf("%s: an answer with %s was not refused (%v)", c.ID, bad.Kind, err))
			}
		}
	}
	return out, nil
}

// propose gives the client content as the model's answer.
func (p *player) propose(ctx context.Context, in prompts.ProposalInput, content string) (prompts.Proposal, error) {
	c, err := p.playing(content)
	if err != nil {
		return prompts.Proposal{Choice: -1}, err
	}
	return c.Propose(ctx, in)
}

// askForProposals asks a real model once for every case, and counts the
// answers that pass the checks and the slots that are as a person would fill
// them. The reason may be any part of the words.
func askForProposals(ctx context.Context, cfg prompts.Config, cases []proposalCase) (passed, slots tally) {
	for _, c := range cases {
		client, err := prompts.New(cfg) // a new one for each: no breaker
		var got prompts.Proposal
		if err == nil {
			got, err = client.Propose(ctx, c.input())
		}
		passed.count(err == nil)
		if err != nil {
			continue
		}
		slots.count(got.Choice == c.Good.Choice-1)
		slots.count(got.Duration == time.Duration(c.Good.Minutes)*time.Minute)
		slots.count(got.Ticket == c.Good.Ticket)
	}
	return passed, slots
}
