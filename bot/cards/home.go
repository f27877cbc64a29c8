package cards

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Standing is all that concerns one person, for the Home tab and for "what do
// I have?".
type Standing struct {
	Now     time.Time
	Reader  approvals.Principal
	Holding []View // running grants, with Grant
	Waiting []View // requests that wait for the reader's answer
	Sent    []View // the reader's requests that wait for others
	Again   []View // settled ones, newest first, to ask for again
	Admin   *Trouble
}

// shown bounds the lines of each part of the Home tab, so that all parts fit
// into a view.
const shown = 9

// Home is the Home tab.
func Home(s Standing) slack.HomeTabViewRequest {
	blocks := []slack.Block{actions(primary(button(ActionAsk, "new", "Ask for access", "Ask for access with a form")))}
	blocks = append(blocks, s.Admin.blocks()...)
	blocks = append(blocks, header("My access"))
	for _, v := range capped(s.Holding) {
		blocks = append(blocks, section(bold(v.thing())+"\n"+v.runs()))
		if v.Grant.State == approvals.GrantActive && !v.Grant.Expired(s.Now) {
			blocks = append(blocks, actions(v.holding()...))
		}
	}
	blocks = ending(blocks, len(s.Holding), "You hold no time-limited access.")
	if len(s.Waiting) > 0 {
		blocks = append(blocks, header("Waiting for you"))
		for _, v := range capped(s.Waiting) {
			risk := ""
			if v.Decision != nil {
				risk = fmt.Sprintf(" · risk %d of 100", v.Decision.Assessment.Score)
			}
			blocks = append(blocks, section(v.who()+" asks for "+v.asksFor()+risk), quote(v.Request.Reason), actions(v.answers()...))
		}
		blocks = ending(blocks, len(s.Waiting), "")
	}
	blocks = append(blocks, header("My requests"))
	for _, v := range capped(s.Sent) {
		blocks = append(blocks, section(v.asksFor()+"\nWaiting for an answer; lapses "+v.clock(v.Request.LapsesAt)+"."),
			actions(button(ActionCancel, string(v.Request.ID), "Cancel request", "Cancel this request")))
	}
	blocks = ending(blocks, len(s.Sent), "Nothing of yours waits for an answer.")
	if len(s.Again) > 0 {
		blocks = append(blocks, header("Earlier requests"))
		for i, v := range s.Again[:min(len(s.Again), 5)] {
			b := button(ActionAgain, string(v.Request.ID), "Ask again", fmt.Sprintf("Ask again for number %d", i+1))
			blocks = append(blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, bounded(bold(v.thing())+" for "+v.length()+"\n"+v.outcome(), maxSection), false, true), nil, slack.NewAccessory(b)))
		}
	}
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks[:min(len(blocks), maxHomeBlocks)]}}
}

// asksFor is what a request asks for, in markup.
func (v View) asksFor() string {
	if v.Request.Kind == approvals.KindExtension {
		return v.span() + " more of " + bold(v.thing())
	}
	return bold(v.thing()) + " for " + v.span()
}

// outcome says how a settled request stands now.
func (v View) outcome() string {
	if v.Request.State == approvals.RequestApproved && v.Grant != nil {
		if g := v.Grant; g.State == approvals.GrantRevoked && g.EndReason != approvals.EndFailed && !g.Standing {
			return v.ended() // a list of what is over needs no proofs
		}
		return v.runs()
	}
	return v.decided()
}

// HomeFor is the Home tab of somebody who may not use Hallpass: why.
func HomeFor(sentence string) slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{section(words(sentence, 1000))}}}
}

func capped(vs []View) []View { return vs[:min(len(vs), shown)] }

func ending(blocks []slack.Block, n int, none string) []slack.Block {
	switch {
	case n == 0 && none != "":
		return append(blocks, small(none))
	case n > shown:
		return append(blocks, small(fmt.Sprintf("… and %d more.", n-shown)))
	}
	return blocks
}

// List answers "what do I have?".
func List(s Standing) Card {
	var lines []string
	for _, v := range capped(s.Holding) {
		lines = append(lines, "•  "+bold(v.thing())+": "+v.runs())
	}
	if len(lines) == 0 {
		lines = []string{"You hold no time-limited access."}
	}
	for _, v := range capped(s.Sent) {
		lines = append(lines, "•  "+v.asksFor()+" waits for an answer; it lapses "+v.clock(v.Request.LapsesAt)+".")
	}
	switch n := len(s.Waiting); n {
	case 0:
	case 1:
		lines = append(lines, "One request waits for your answer: see the Home tab.")
	default:
		lines = append(lines, fmt.Sprintf("%d requests wait for your answer: see the Home tab.", n))
	}
	blocks := paragraphs(lines[0], lines[1:])
	if len(s.Holding) == 1 && s.Holding[0].Grant.State == approvals.GrantActive && !s.Holding[0].Grant.Expired(s.Now) {
		blocks = append(blocks, actions(s.Holding[0].holding()...))
	}
	return Card{Text: bounded(strings.Join(lines, "\n"), maxText), Blocks: blocks}
}

// Help says how to ask.
func Help() Card {
	text := "Tell me which access you need, for how long and why, in your own words, for instance:\n" +
		"•  read only on billing-db for 2h, refund stuck, INC-4312\n" +
		"You look at what I understood before anything is sent. Also: “what do I have?”, “who can approve billing-db?”, “why was I asked?”, “extend by 30 minutes”, “I'm done”, “cancel”."
	return Card{Text: text, Blocks: []slack.Block{section(text), actions(button(ActionAsk, "new", "Use the form", "Ask for access with a form"))}}
}

// Which offers running grants to choose from when words could mean several;
// action is ActionRelease or ActionExtend, by is used for the latter.
func Which(held []View, action string, by time.Duration) Card {
	title := "Which one are you done with?"
	if action == ActionExtend {
		title = "Which one do you want to extend?"
	}
	blocks := []slack.Block{section(bold(title))}
	text := title
	for _, v := range capped(held) {
		value, does := string(v.Grant.ID), "I'm done"
		if action == ActionExtend {
			more := by
			if more < time.Minute {
				more = v.nextExtension()
			}
			value, does = fmt.Sprintf("%s %d", v.Grant.ID, more/time.Minute), "Extend by "+approvals.Span(more)
		}
		b := button(action, value, does, does+": "+v.plainThing())
		blocks = append(blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, bold(v.thing())+"\n"+v.runs(), false, true), nil, slack.NewAccessory(b)))
		text += " " + v.thing() + "."
	}
	return Card{Text: bounded(text, maxText), Blocks: blocks}
}
