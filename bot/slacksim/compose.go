package slacksim

import (
	"regexp"
	"slices"
	"strings"
)

// typed text is what a person writes; Slack turns it into its own notation before an app sees it: & < > escaped, mentions and
// addresses in angle brackets.
var (
	token   = regexp.MustCompile(`https?://[^\s<>|]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:^|[\s(,])[@#][\w.-]+|[^\s@/<>|,()]+\.(?:com|org|net|io|dev)\b`)
	escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

// encode turns what a person typed into Slack's notation. In commands a mention carries its name, in messages it does not.
// Addresses become links in messages only. w.mu is held.
func (w *Workspace) encode(typed string, command bool) string {
	var out strings.Builder
	last := 0
	for _, at := range token.FindAllStringIndex(typed, -1) {
		out.WriteString(escaper.Replace(typed[last:at[0]]))
		out.WriteString(w.encodeToken(typed[at[0]:at[1]], command))
		last = at[1]
	}
	out.WriteString(escaper.Replace(typed[last:]))
	return out.String()
}

func (w *Workspace) encodeToken(s string, command bool) string {
	esc := escaper.Replace(s)
	switch i := strings.IndexAny(s, "@#"); {
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		trimmed := strings.TrimRight(esc, ".,;:!?)")
		if command {
			return esc
		}
		return "<" + trimmed + ">" + esc[len(trimmed):]
	case i == 0, i == 1 && strings.ContainsAny(s[:1], " \t\n(,"):
		name := strings.TrimRight(s[i+1:], ".-")
		if m := w.mention(s[i], name, command); m != "" {
			return s[:i] + m + escaper.Replace(s[i+1+len(name):])
		}
		return esc
	case i > 0 && !command:
		return "<mailto:" + esc + "|" + esc + ">"
	case i < 0 && !command:
		return "<http://" + esc + "|" + esc + ">"
	}
	return esc
}

// mention is the notation of a person, group or channel by its name, or "". w.mu is held.
func (w *Workspace) mention(sign byte, name string, command bool) string {
	wrap := func(mark, id string) string {
		if command {
			return "<" + mark + id + "|" + name + ">"
		}
		return "<" + mark + id + ">"
	}
	if sign == '#' {
		for _, id := range w.order {
			if c := w.channels[id]; c.im == "" && strings.EqualFold(c.Name, name) {
				return "<#" + id + "|" + c.Name + ">"
			}
		}
		return ""
	}
	for _, id := range w.userOrder {
		if u := w.users[id]; strings.EqualFold(u.Name, name) && !u.Deleted {
			return wrap("@", id)
		}
	}
	i := slices.IndexFunc(w.groups, func(g *group) bool { return strings.EqualFold(g.Handle, name) && !g.Disabled })
	if i < 0 {
		return ""
	}
	return "<!subteam^" + w.groups[i].ID + "|@" + name + ">"
}

var marked = regexp.MustCompile(`<([@#!]?)([^|>]+)(?:\|([^>]*))?>`)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// richText is the rich_text block that Slack puts beside a person's text.
func richText(text string) []map[string]any {
	var parts []any
	plainPart := func(s string) {
		if s != "" {
			parts = append(parts, object{"type": "text", "text": unescaper.Replace(s)})
		}
	}
	last := 0
	for _, at := range marked.FindAllStringSubmatchIndex(text, -1) {
		plainPart(text[last:at[0]])
		last = at[1]
		group := func(n int) string {
			if at[2*n] < 0 {
				return ""
			}
			return text[at[2*n]:at[2*n+1]]
		}
		switch group(1) {
		case "@":
			parts = append(parts, object{"type": "user", "user_id": group(2)})
		case "#":
			parts = append(parts, object{"type": "channel", "channel_id": group(2)})
		case "!":
			parts = append(parts, object{"type": "usergroup", "usergroup_id": strings.TrimPrefix(group(2), "subteam^")})
		default:
			link := object{"type": "link", "url": unescaper.Replace(group(2))}
			if group(3) != "" {
				link["text"] = unescaper.Replace(group(3))
			}
			parts = append(parts, link)
		}
	}
	plainPart(text[last:])
	return []map[string]any{{
		"type": "rich_text", "block_id": newID("")[:5],
		"elements": []any{object{"type": "rich_text_section", "elements": parts}},
	}}
}
