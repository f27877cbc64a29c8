package cards

import (
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// Slack's limits, from its Block Kit reference, in characters unless said otherwise.
const (
	maxSection    = 3000
	maxHeader     = 150
	maxButton     = 75
	maxOption     = 75
	maxValue      = 150 // of an option
	maxChoices    = 100 // options of a select
	maxText       = 4000
	maxConfirm    = 300
	maxQuote      = 1500
	maxBlocks     = 50 // of a message
	maxHomeBlocks = 100
)

func label(s string, n int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, short(s, n), false, false)
}

func header(s string) slack.Block { return slack.NewHeaderBlock(label(plain(s, maxHeader), maxHeader)) }

// section takes finished markup. Markup is built from parts that are bounded;
// the cut here is a last resort that can only shorten the end.
func section(markup string) *slack.SectionBlock {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, bounded(markup, maxSection), false, true), nil, nil)
}

func small(markup string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, bounded(markup, maxSection), false, true))
}

// bounded cuts markup to n runes without leaving half an entity or half a date.
func bounded(markup string, n int) string {
	if utf8.RuneCountInString(markup) <= n {
		return markup
	}
	runes := []rune(markup)[:n-1]
	for i := len(runes) - 1; i >= 0 && i > len(runes)-120; i-- {
		if runes[i] == '>' || runes[i] == ';' {
			break
		}
		if runes[i] == '<' || runes[i] == '&' {
			runes = runes[:i]
			break
		}
	}
	return string(runes) + "…"
}

// quote shows people's own words as theirs. In rich text nothing is
// interpreted, whatever they hold.
func quote(s string) slack.Block {
	text := short(visible(s[:min(len(s), looked*maxQuote)], true), maxQuote)
	if text == "" {
		text = "(no words)"
	}
	return slack.NewRichTextBlock("", &slack.RichTextQuote{Type: slack.RTEQuote,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(text, nil)}})
}

// code shows what is written in a file, its lines as they are indented there.
func code(s string) slack.Block {
	const deepest = 20
	var lines []string
	for line := range strings.Lines(s[:min(len(s), looked*maxQuote)]) {
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		lines = append(lines, strings.Repeat(" ", min(indent, deepest))+visible(line, false))
	}
	text := short(strings.Trim(strings.Join(lines, "\n"), "\n"), maxQuote)
	return slack.NewRichTextBlock("", &slack.RichTextPreformatted{Type: slack.RTEPreformatted,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(text, nil)}})
}

func actions(elements ...slack.BlockElement) slack.Block {
	return slack.NewActionBlock("", elements...)
}

func button(action, value, text, says string) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, value, label(plain(text, maxButton), maxButton))
	b.AccessibilityLabel = plain(says, maxButton)
	return b
}

func primary(b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	return b.WithStyle(slack.StylePrimary)
}

// confirm asks before something that cannot be taken back. what is plain text.
func confirm(b *slack.ButtonBlockElement, title, what, yes string, danger bool) *slack.ButtonBlockElement {
	c := slack.NewConfirmationBlockObject(label(title, 100), label(plain(what, maxConfirm), maxConfirm), label(yes, 30), label("Not now", 30))
	if danger {
		c = c.WithStyle(slack.StyleDanger)
	}
	return b.WithConfirm(c)
}
