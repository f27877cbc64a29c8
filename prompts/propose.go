package prompts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ProposalInput is what a person wrote about the access that they want, and
// the few kinds of access that it may mean. It is the only prompt that holds
// people's words: their own, with addresses and what looks like a secret taken
// out, and nothing of anybody else.
type ProposalInput struct {
	Words   string   // at most 1000 characters are sent
	Choices []Choice // 1 to 40, likeliest first
}

// Choice is a kind of access in the catalogue's words.
type Choice struct {
	Name, Level, Resource, Environment, About string
}

// Proposal is a model's reading of somebody's words that passed every check:
// values for a form that the person looks at and sends, or does not. It names
// no access but one of the choices, and no words but the person's own.
type Proposal struct {
	Choice        int           // index of the choice; -1: none
	Duration      time.Duration // whole minutes, at most 366 days; 0: not said
	Ticket        string        // stands in the words; may be empty
	Reason        string        // stands in the words; may be empty
	PromptVersion string
	Model         string
}

const (
	maxSaid    = 1000 // characters of the words that are sent
	maxChoices = 40
	maxAbout   = 120 // characters of each part of a choice
	maxReason  = 300
	maxTicket  = 100
)

// Propose asks the model what somebody's words mean, among the choices. The
// error is one of this package's, or the context's when the caller gave up; on
// any error nothing is proposed.
func (c *Client) Propose(ctx context.Context, in ProposalInput) (Proposal, error) {
	none := Proposal{Choice: -1}
	if !c.Enabled() {
		return none, ErrDisabled
	}
	said := sayable(in.Words)
	if said == "" || len(in.Choices) == 0 || len(in.Choices) > maxChoices {
		return none, fmt.Errorf("propose: %w: there must be words, and 1 to %d choices", ErrInput, maxChoices)
	}
	data := struct {
		Said    string
		Choices []string
	}{Said: quoted(said)}
	for _, choice := range in.Choices {
		data.Choices = append(data.Choices, choice.line())
	}
	user, err := c.proposal.render(data)
	if err != nil {
		return none, fmt.Errorf("propose: %w", err)
	}
	got := none
	err = c.ask(ctx, c.proposal, user, func(content string) (err error) {
		got, err = decodeProposal(content, said, len(in.Choices))
		return err
	})
	if err != nil {
		return none, fmt.Errorf("propose: %w", err)
	}
	got.PromptVersion, got.Model = c.proposal.version, c.model
	return got, nil
}

// line is a choice as the prompt shows it: on one line, quoted, since a
// catalogue's descriptions are written by people too.
func (c Choice) line() string {
	parts := []string{c.Name, c.Level, c.Resource, c.Environment, c.About}
	var shown []string
	for _, p := range parts {
		if p = cut(tidy(p), maxAbout); p != "" {
			shown = append(shown, p)
		}
	}
	return quoted(strings.Join(shown, "; "))
}

// quoted is text as one JSON string on one line: whatever it holds, it ends
// where the string ends.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil { // a string
		return `""`
	}
	return string(b)
}

var (
	address = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+|<?@[UW][A-Z0-9]+>?`)
	// secret is what looks like a credential: the marks of well-known ones, and
	// long runs of letters and digits that nobody types.
	secret = regexp.MustCompile(`(?i)\b(?:xox[a-z]-|xapp-|sk-|ghp_|gho_|github_pat_|glpat-|AKIA|ASIA|eyJ)[A-Za-z0-9_.+/=-]{8,}|-----BEGIN[^-]*-----|\b(?:pass(?:word|wd)?|pwd|secret|token|api[_-]?key)\s*(?:is|[:=])\s*\S+|[A-Za-z0-9+/_=-]{32,}`)
)

// sayable is somebody's words as they may leave: visible, on one line, short,
// without addresses and secrets.
func sayable(words string) string {
	words = tidy(words[:min(len(words), 16*maxSaid)])
	words = secret.ReplaceAllString(words, "[removed]")
	return cut(address.ReplaceAllString(words, "[somebody]"), maxSaid)
}

// tidy makes white space single and drops what cannot be seen.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

var ticketish = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}#_./-]*$`)

// decodeProposal reads the model's JSON object, strictly, and holds it to the
// words and the choices. The error never holds the model's text.
func decodeProposal(content, said string, choices int) (Proposal, error) {
	none := Proposal{Choice: -1}
	bad := func(why string) (Proposal, error) { return none, fmt.Errorf("%w: %s", ErrAnswer, why) }
	if len(content) > maxAnswerBytes || !utf8.ValidString(content) {
		return bad("it is too long or not UTF-8")
	}
	var object struct {
		Choice  *int    `json:"choice"`
		Minutes *int    `json:"minutes"`
		Ticket  *string `json:"ticket"`
		Reason  *string `json:"reason"`
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(content)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&object); err != nil || object.Choice == nil || object.Minutes == nil || object.Ticket == nil || object.Reason == nil {
		return bad("it is not the JSON object that the schema asks for")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bad("something follows the JSON object")
	}
	ticket, reason := strings.TrimSpace(*object.Ticket), strings.TrimSpace(*object.Reason)
	switch {
	case *object.Choice < 0 || *object.Choice > choices:
		return bad("it chooses what is not in the list")
	case *object.Minutes < 0 || *object.Minutes > int(maxSpan/time.Minute):
		return bad("it gives a length that cannot be")
	case !stands(ticket, said) || ticket != "" && (utf8.RuneCountInString(ticket) > maxTicket || !ticketish.MatchString(ticket)):
		return bad("it gives a ticket that the words do not hold")
	case !stands(reason, said) || utf8.RuneCountInString(reason) > maxReason || strings.Contains(reason, "[somebody]") || strings.Contains(reason, "[removed]"):
		return bad("it gives a reason that is not in the person's words")
	}
	return Proposal{Choice: *object.Choice - 1, Duration: time.Duration(*object.Minutes) * time.Minute, Ticket: ticket, Reason: reason}, nil
}

// stands reports whether part is in the words, from the edge of a word to the
// edge of a word.
func stands(part, words string) bool {
	if part == "" {
		return true
	}
	for from := 0; ; {
		i := strings.Index(words[from:], part)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(part)
		before, _ := utf8.DecodeLastRuneInString(words[:start])
		after, _ := utf8.DecodeRuneInString(words[end:])
		if (start == 0 || !inWord(before)) && (end == len(words) || !inWord(after)) {
			return true
		}
		from = start + 1
	}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
