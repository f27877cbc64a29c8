package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// bundlePrefix begins the metadata of a form that changes a bundle, as it
// begins every bundle's id.
const bundlePrefix = "bun_"

// submit takes a form: new drafts, or changed ones. problems are by input. A
// form that did not ask yet what the chosen access needs to know is answered
// with one that does.
func (b *Bot) submit(ctx context.Context, e entry) (problems map[string]string, more *slack.ModalViewRequest, err error) {
	p, err := b.identify(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	ask, problems, err := b.wished(ctx, e, p)
	if err != nil || len(problems) > 0 {
		return problems, nil, err
	}
	who := actor(p, e)
	if strings.HasPrefix(e.Private, bundlePrefix) {
		if ask.Reason == "" {
			return map[string]string{cards.InputReason: "Please say in a few words what you need it for."}, nil, nil
		}
		ask.Fields = fieldsOf(e)
		_, err = b.cfg.Service.AmendBundle(ctx, who, approvals.BundleID(e.Private), ask)
		return nil, nil, err
	}
	ask.Key, ask.Origin = door+"/view/"+e.View, origin{}.String()
	if profile, ok := strings.CutPrefix(string(ask.Entitlement), cards.ProfilePrefix); ok && e.Private == "" {
		_, err = b.cfg.Service.DraftProfile(ctx, who, ask, profile)
		return nil, nil, err
	}
	all, err := b.chosen(ctx, e, ask)
	if err != nil {
		return nil, nil, err
	}
	if problems = lacks(ask, e, all); len(problems) > 0 {
		return problems, nil, nil
	}
	if unasked(e, all) {
		more, err = b.askFurther(ctx, e, ask, all)
		return nil, more, err
	}
	ask.Fields = fieldsOf(e)
	switch {
	case e.Private != "":
		ask.Origin = ""
		_, err = b.cfg.Service.Amend(ctx, who, approvals.RequestID(e.Private), ask)
	case len(all) > 1:
		var ids []approvals.EntitlementID
		for _, one := range all {
			ids = append(ids, one.ID)
		}
		_, err = b.cfg.Service.DraftBundle(ctx, who, ask, ids)
	default:
		_, err = b.cfg.Service.Draft(ctx, who, ask)
	}
	return nil, nil, err
}

// wished is what a form says, as far as it needs no catalogue.
func (b *Bot) wished(ctx context.Context, e entry, p approvals.Principal) (ask approvals.Ask, problems map[string]string, err error) {
	ask = approvals.Ask{Requester: p.ID, Beneficiary: p.ID, Entitlement: approvals.EntitlementID(e.Inputs[cards.InputEntitlement]),
		Reason: e.Inputs[cards.InputReason], Ticket: e.Inputs[cards.InputTicket]}
	if user := e.Inputs[cards.InputFor]; user != "" && user != e.User {
		other, err := b.person(ctx, user)
		if approvals.ErrorCode(err) == approvals.CodeForbidden {
			return ask, map[string]string{cards.InputFor: approvals.ErrorMessage(err)}, nil
		}
		if err != nil {
			return ask, nil, err
		}
		ask.Beneficiary = other.ID
	}
	var ok bool
	if ask.Duration, ok = minutes(e.Inputs[cards.InputDuration]); !ok {
		return ask, map[string]string{cards.InputDuration: "Please choose for how long."}, nil
	}
	if at := e.Inputs[cards.InputStart]; at != "" {
		if ask.StartsAt, ok = moment(at); !ok {
			return ask, map[string]string{cards.InputStart: "Please choose a day and a time."}, nil
		}
		if b.cfg.Now().Sub(ask.StartsAt) > time.Hour {
			return ask, map[string]string{cards.InputStart: "That is past. Leave it empty to begin at once."}, nil
		}
	}
	return ask, nil, nil
}

// moment reads a time as a form gives it, in seconds since 1970.
func moment(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0).UTC(), err == nil && n >= 0 && n <= 9_999_999_999
}

// chosen is the access of a form: one, or several together.
func (b *Bot) chosen(ctx context.Context, e entry, ask approvals.Ask) ([]approvals.Entitlement, error) {
	ids := []approvals.EntitlementID{ask.Entitlement}
	if e.Private == "" {
		for id := range strings.SplitSeq(e.Inputs[cards.InputMore], "\n") {
			if one := approvals.EntitlementID(id); id != "" && !slices.Contains(ids, one) {
				ids = append(ids, one)
			}
		}
	}
	var all []approvals.Entitlement
	for _, id := range ids {
		one, err := b.cfg.Catalogue.Entitlement(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// unasked reports whether a form lacks the inputs for what some access needs to
// know.
func unasked(e entry, all []approvals.Entitlement) bool {
	for _, one := range all {
		for _, f := range one.Fields {
			if _, there := e.Inputs[cards.InputField+f.Name]; !there {
				return true
			}
		}
	}
	return false
}

// askFurther is the form once more, with the questions of what was chosen.
func (b *Bot) askFurther(ctx context.Context, e entry, ask approvals.Ask, all []approvals.Entitlement) (*slack.ModalViewRequest, error) {
	index, err := b.index(ctx)
	if err != nil {
		return nil, err
	}
	f := cards.Filled{Entitlement: all[0], More: all[1:]}
	f.Request = approvals.Request{ID: approvals.RequestID(e.Private), Entitlement: ask.Entitlement, Duration: ask.Duration,
		Reason: ask.Reason, Ticket: ask.Ticket, StartsAt: ask.StartsAt, Fields: fieldsOf(e)}
	if f.Profiles, err = b.profiles(ctx); err != nil {
		return nil, err
	}
	if user := e.Inputs[cards.InputFor]; user != e.User {
		f.ForUser = user
	}
	form := cards.Form(index.All(), f)
	return &form, nil
}

// fieldsOf are the answers of a form to the catalogue's own questions.
func fieldsOf(e entry) map[string]string {
	fields := map[string]string{}
	for id, value := range e.Inputs {
		if name, ok := strings.CutPrefix(id, cards.InputField); ok {
			fields[name] = value
		}
	}
	return fields
}

// lacks says at which input a form falls short of what its access asks for. Of
// several together each has the time that it allows.
func lacks(ask approvals.Ask, e entry, all []approvals.Entitlement) map[string]string {
	problems := map[string]string{}
	if longest := all[0].MaxDuration; len(all) == 1 && ask.Duration > longest {
		problems[cards.InputDuration] = "This can be had for at most " + approvals.Span(longest) + " at a time."
	}
	if ask.Reason == "" {
		problems[cards.InputReason] = "Please say in a few words what you need it for."
	}
	for _, one := range all {
		if one.TicketRequired && ask.Ticket == "" {
			problems[cards.InputTicket] = "This one needs a ticket number."
		}
		for _, f := range one.Fields {
			value, there := e.Inputs[cards.InputField+f.Name]
			if err := f.Check(value); there && err != nil {
				problems[cards.InputField+f.Name] = approvals.ErrorMessage(err)
			}
		}
	}
	return problems
}
