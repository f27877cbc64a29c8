package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/prompts"
)

// tally counts how many of all went as they should.
type tally struct{ right, all int }

func (t *tally) count(right bool) {
	t.all++
	if right {
		t.right++
	}
}

// String is such as "264 of 264 (100.0%)".
func (t tally) String() string {
	if t.all == 0 {
		return "none"
	}
	return fmt.Sprintf("%d of %d (%.1f%%)", t.right, t.all, 100*float64(t.right)/float64(t.all))
}

// measured is what the recorded answers showed.
type measured struct {
	cases    int
	hostile  tally // inputs that may not be sent
	good     tally
	bad      tally
	kinds    map[string]tally // of bad answers
	coverage []float64        // per good answer
	lost     int              // honest answers that are known to be refused
	missed   int              // misleading answers that are known to be shown
	wrong    []string
}

func (m *measured) expect(right bool, format string, args ...any) {
	if !right {
		m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
	}
}

func (m measured) print(w io.Writer) {
	fmt.Fprintf(w, "recorded answers, prompt %s, %d cases\n", promptVersion, m.cases)
	fmt.Fprintf(w, "  good answers accepted      %s\n", m.good)
	fmt.Fprintf(w, "  bad answers refused        %s\n", m.bad)
	fmt.Fprintf(w, "  hostile inputs not sent    %s\n", m.hostile)
	fmt.Fprintf(w, "  factual coverage           %.1f%% of the three heaviest factors' figures, in good answers\n", 100*mean(m.coverage))
	fmt.Fprintf(w, "  known gaps                 %d honest answers are refused all the same, %d misleading ones are shown\n", m.lost, m.missed)
	fmt.Fprintln(w, "  bad answers refused, by kind")
	for _, kind := range slices.Sorted(maps.Keys(m.kinds)) {
		fmt.Fprintf(w, "    %-26s %s\n", kind, m.kinds[kind])
	}
	for _, wrong := range m.wrong {
		fmt.Fprintf(w, "  WRONG %s\n", wrong)
	}
}

var figure = regexp.MustCompile(`[0-9][0-9,]*`)

// covered is the share of the three heaviest factors that a text mentions with
// a figure of theirs: their points, or all numbers of their words.
func covered(in prompts.SummaryInput, text string) float64 {
	said := map[string]bool{}
	for _, f := range figure.FindAllString(text, -1) {
		said[bare(f)] = true
	}
	heaviest := in.Factors[:min(3, len(in.Factors))]
	if len(heaviest) == 0 {
		return 1
	}
	n := 0
	for _, f := range heaviest {
		numbers := figure.FindAllString(f.Words, -1)
		all := len(numbers) > 0 && !slices.ContainsFunc(numbers, func(s string) bool { return !said[bare(s)] })
		if all || said[fmt.Sprint(max(f.Points, -f.Points))] {
			n++
		}
	}
	return float64(n) / float64(len(heaviest))
}

func bare(number string) string { return strings.ReplaceAll(number, ",", "") }

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(max(len(xs), 1))
}
