package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/bot/understand"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/peoplefile"
)

// lineAtMost is how much of a line is kept, in bytes; Slack cuts a message at
// 40,000 characters. The rest of a longer line is read and left out.
const lineAtMost = 1 << 18

// parseFlags is a command line of hallpass parse, as it was written.
type parseFlags struct {
	catalogue, people, now, zone, speaker string
}

func parseCommand() *cobra.Command {
	var f parseFlags
	cmd := &cobra.Command{
		Use:   "parse --catalog DIR --people FILE",
		Short: "Show what the bot understands: one utterance a line in, one JSON object a line out",
		Long: `Reads one utterance a line from standard input and prints one JSON object a line,
without Slack, a database or a model. Each line gets its answer, also an empty
one, one that is not UTF-8, and one that is too long: of that its beginning is
read. Lines may end as on Windows.

  intent            request, list, cancel, extend, release, help or other; a
                    correction such as "make it 4 hours" is a request
  entitlement       the id, such as "billing-db:read-only"; null when the words
                    leave the thing, its environment or its level open, ask for
                    two things, or name what the catalogue does not have
  candidates        at most three ids, closest first, when entitlement is null
  duration_minutes  a length that was said, null otherwise
  until             an end that was said, RFC 3339 in the speaker's time zone;
                    never together with duration_minutes. "End of day" and "close
                    of play" are 18:00
  reason            in the person's own words
  ticket            such as "INC-4312", "INC0012345" or "#1234"
  beneficiary       the e-mail address of the one person who was named; null for
                    the speaker
  missing           what a request needs and did not say, or not clearly:
                    entitlement, duration, reason, ticket (where the catalogue
                    requires one), beneficiary (nobody, or more than one, has
                    the name). An empty list for any other intent

What was not said is null, or an empty list.`,
		Example: `  echo "billing db ro 1h, INC-4312 refund stuck" |
    hallpass parse --catalog examples/access --people examples/access/people.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("parse reads utterances from standard input and takes no argument such as %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := f.parser(cmd.Context())
			if err != nil {
				return err
			}
			return p.lines(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&f.catalogue, "catalog", "", "the access folder that holds catalog/, or the catalog folder itself")
	cmd.Flags().StringVar(&f.people, "people", "", "the file that says who people are")
	cmd.Flags().StringVar(&f.now, "now", "", "the time at which it is said, such as 2026-03-03T14:00:00Z (default: the clock)")
	cmd.Flags().StringVar(&f.zone, "time-zone", "", "the speaker's, such as Europe/Berlin (default: what the people file says of the speaker, else UTC)")
	cmd.Flags().StringVar(&f.speaker, "speaker", "", "the e-mail address of who says it")
	return cmd
}

// parser is what utterances are read against.
type parser struct {
	world  understand.World
	byID   map[approvals.EntitlementID]approvals.Entitlement
	emails map[approvals.PrincipalID]string
}

// parser checks the flags and reads the files. Its error is a usageError for
// a flag that makes no sense, approvals.Problems for a file that is wrong.
func (f parseFlags) parser(ctx context.Context) (*parser, error) {
	now, zone, err := f.clock()
	if err != nil {
		return nil, err
	}
	people, err := peoplefile.Open(ctx, f.people, directory.Config{})
	if err != nil {
		return nil, err
	}
	things, err := catalog.Load(ctx, accessDir(f.catalogue), nil)
	if err != nil {
		return nil, err
	}
	all, err := things.All(ctx)
	if err != nil {
		return nil, err
	}
	everybody, err := people.People(ctx)
	if err != nil {
		return nil, err
	}
	p := &parser{byID: map[approvals.EntitlementID]approvals.Entitlement{}, emails: map[approvals.PrincipalID]string{}}
	for _, e := range all {
		p.byID[e.ID] = e
	}
	for _, who := range everybody {
		p.emails[who.ID] = who.Email
	}
	p.world = understand.World{Index: understand.NewIndex(all), People: everybody, Now: now, Zone: zone}
	if f.speaker == "" {
		return p, nil
	}
	speaker, err := people.ByEmail(ctx, f.speaker)
	if err != nil {
		return nil, usageError{fmt.Errorf("--speaker %s: nobody in %s has this address", f.speaker, f.people)}
	}
	p.world.Speaker = speaker.ID
	if f.zone == "" {
		p.world.Zone = speaker.Zone()
	}
	return p, nil
}

// clock reads the flags that need no file, and says which are lacking.
func (f parseFlags) clock() (now time.Time, zone *time.Location, err error) {
	if f.catalogue == "" {
		return now, nil, usageError{errors.New("--catalog is missing: name the access folder, or its catalog folder")}
	}
	if f.people == "" {
		return now, nil, usageError{errors.New("--people is missing: name the file that says who people are, such as people.yaml")}
	}
	now = time.Now()
	if f.now != "" {
		if now, err = time.Parse(time.RFC3339, f.now); err != nil {
			return now, nil, usageError{fmt.Errorf("--now %q is no time: write it like 2026-03-03T14:00:00Z", f.now)}
		}
	}
	if zone, err = time.LoadLocation(f.zone); err != nil || f.zone == "Local" {
		return now, nil, usageError{fmt.Errorf("--time-zone %q is not known: write it like Europe/Berlin", f.zone)}
	}
	return now, zone, nil
}

// accessDir is the folder that holds catalog/, also when the catalog folder
// itself was named.
func accessDir(dir string) string {
	if at, err := os.Stat(filepath.Join(dir, "catalog")); err == nil && at.IsDir() {
		return dir
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if abs, absErr := filepath.Abs(dir); err == nil && absErr == nil && len(files) > 0 && filepath.Base(abs) == "catalog" {
		return filepath.Dir(abs)
	}
	return dir
}

// lines answers each line of in with one of out, until in ends.
func (p *parser) lines(ctx context.Context, in io.Reader, out io.Writer) error {
	from := bufio.NewReader(in)
	to := json.NewEncoder(out)
	to.SetEscapeHTML(false)
	for n := 1; ctx.Err() == nil; n++ {
		line, err := readLine(from)
		if errors.Is(err, io.EOF) && line == nil {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d of standard input: %w", n, err)
		}
		if err := to.Encode(p.understood(string(line))); err != nil {
			return fmt.Errorf("write what line %d means: %w", n, err)
		}
	}
	return ctx.Err()
}

// readLine is the next line without its end, cut at lineAtMost. After the last
// it is nil, with io.EOF.
func readLine(from *bufio.Reader) (line []byte, err error) {
	for {
		part, more := from.ReadSlice('\n')
		if len(part) > 0 && line == nil {
			line = []byte{}
		}
		line = append(line, part[:min(len(part), lineAtMost-len(line))]...)
		if !errors.Is(more, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), more
		}
	}
}

// understood is a line of output. What was not said is null, or an empty list.
type understood struct {
	Intent      understand.Intent         `json:"intent"`
	Entitlement *approvals.EntitlementID  `json:"entitlement"`
	Candidates  []approvals.EntitlementID `json:"candidates"`
	Minutes     *int                      `json:"duration_minutes"`
	Until       *string                   `json:"until"` // RFC 3339, in the speaker's time zone
	Reason      *string                   `json:"reason"`
	Ticket      *string                   `json:"ticket"`
	Beneficiary *string                   `json:"beneficiary"` // an e-mail address
	Missing     []string                  `json:"missing"`
}

func (p *parser) understood(text string) understood {
	wish := understand.Parse(text, p.world)
	u := understood{Intent: wish.Intent, Candidates: []approvals.EntitlementID{}, Missing: []string{},
		Reason: said(wish.Reason), Ticket: said(wish.Ticket), Beneficiary: said(p.emails[wish.Beneficiary])}
	u.Candidates = append(u.Candidates, wish.Candidates...)
	if wish.Amends { // a correction belongs to the request that it corrects
		u.Intent = understand.Request
	}
	if wish.Entitlement != "" {
		u.Entitlement = &wish.Entitlement
	}
	switch {
	case !wish.Until.IsZero():
		u.Until = said(wish.Until.Format(time.RFC3339))
	case wish.Duration > 0:
		minutes := int(wish.Duration / time.Minute)
		u.Minutes = &minutes
	}
	if u.Intent == understand.Request {
		u.Missing = append(u.Missing, p.missing(wish)...)
	}
	return u
}

// missing names what the words leave open of a request.
func (p *parser) missing(w understand.Wish) []string {
	var lacks []string
	for _, slot := range []struct {
		name string
		open bool
	}{
		{"entitlement", w.Entitlement == ""}, {"duration", w.Duration == 0}, {"reason", strings.TrimSpace(w.Reason) == ""},
		{"ticket", w.Ticket == "" && p.byID[w.Entitlement].TicketRequired}, {"beneficiary", w.Unknown != ""},
	} {
		if slot.open {
			lacks = append(lacks, slot.name)
		}
	}
	return lacks
}

// said is a pointer to what was said, nil for nothing.
func said(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
