package approvals

import (
	"context"
	"slices"
	"strconv"
)

// bundleAtMost is how many entitlements are asked for together.
const bundleAtMost = 20

// DraftBundle stores one draft for each of several entitlements, of a wish that
// is otherwise the same. They belong together, are shown as one, and are
// decided one by one. Ask.Entitlement is not looked at; Ask.Duration holds
// where the catalogue allows so much, else its maximum. The same Key gives the
// same bundle.
func (s *Service) DraftBundle(ctx context.Context, actor Actor, ask Ask, entitlements []EntitlementID) ([]Request, error) {
	return s.draftBundle(ctx, actor, ask, "", entitlements)
}

// DraftProfile is DraftBundle for what a profile of the catalogue lists, but
// for what the beneficiary has already or waits for.
func (s *Service) DraftProfile(ctx context.Context, actor Actor, ask Ask, name string) ([]Request, error) {
	if s.Profiles == nil {
		return nil, Errorf(CodeNotFound, "The catalogue has no profiles.")
	}
	p, err := s.Profiles.Profile(ctx, name)
	if err != nil {
		return nil, err
	}
	who := ask.Beneficiary
	if who == "" {
		who = ask.Requester
	}
	var missing []EntitlementID
	for _, id := range p.Entitlements {
		e, err := s.Catalogue.Entitlement(ctx, id)
		if err != nil {
			return nil, err
		}
		switch err := s.alreadyThere(ctx, Request{Beneficiary: who, Entitlement: id}, e); ErrorCode(err) {
		case "":
			missing = append(missing, id)
		case CodeConflict:
		default:
			return nil, err
		}
	}
	if len(missing) == 0 {
		return nil, Errorf(CodeConflict, "Everything of %s is there already, or is asked for.", p.Title)
	}
	return s.draftBundle(ctx, actor, ask, p.Name, missing)
}

func (s *Service) draftBundle(ctx context.Context, actor Actor, ask Ask, profile string, entitlements []EntitlementID) ([]Request, error) {
	if ask.Key == "" {
		return nil, Errorf(CodeInvalid, "A request needs an idempotency key.")
	}
	if all, err := s.bundleByKey(ctx, ask.Key); err == nil || ErrorCode(err) != CodeNotFound {
		return all, err
	}
	if len(entitlements) == 0 || len(entitlements) > bundleAtMost {
		return nil, Errorf(CodeInvalid, "Choose at least one and at most %d.", bundleAtMost)
	}
	if _, err := s.asks(ctx, actor, ask); err != nil {
		return nil, err
	}
	bundle := BundleID(s.newID("bun_"))
	c := Change{}
	for i, id := range entitlements {
		if slices.Contains(entitlements[:i], id) {
			return nil, Errorf(CodeInvalid, "%s is chosen twice.", id)
		}
		r, err := s.bundled(ctx, ask, id, bundle, profile, i+1)
		if err != nil {
			return nil, err
		}
		c.Requests = append(c.Requests, r)
		c.Events = append(c.Events, s.event(r.CreatedAt, EventRequestDrafted, actor, r))
	}
	c.Notices = requesterCards(c.Requests[0])[:1]
	if err := s.Store.Apply(ctx, c); err != nil {
		if ErrorCode(err) == CodeDuplicate { // a redelivery was faster
			return s.bundleByKey(ctx, ask.Key)
		}
		return nil, err
	}
	for i := range c.Requests {
		c.Requests[i].Version++
	}
	return c.Requests, nil
}

// bundleByKey finds what was asked together under a key.
func (s *Service) bundleByKey(ctx context.Context, key string) ([]Request, error) {
	first, err := s.Store.RequestByKey(ctx, key+"/1")
	if err != nil {
		return nil, err
	}
	return s.Store.BundleRequests(ctx, first.Bundle)
}

// bundled is one draft of a bundle.
func (s *Service) bundled(ctx context.Context, ask Ask, id EntitlementID, bundle BundleID, profile string, n int) (Request, error) {
	e, err := s.Catalogue.Entitlement(ctx, id)
	if err != nil {
		return Request{}, err
	}
	one := ask.of(e)
	one.Key = ask.Key + "/" + strconv.Itoa(n)
	r, err := s.fill(ctx, s.newDraft(one), one)
	r.Bundle, r.Profile = bundle, profile
	return r, err
}

// SubmitBundle sends the drafts of a bundle, each for itself: what stands in
// the way of one stops no other. The returned errors, by request, say why a
// draft was not sent.
func (s *Service) SubmitBundle(ctx context.Context, actor Actor, bundle BundleID) ([]Request, map[RequestID]error, error) {
	all, err := s.Store.BundleRequests(ctx, bundle)
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 {
		return nil, nil, Errorf(CodeNotFound, "There is no such bundle.")
	}
	unsent := make(map[RequestID]error)
	for i, r := range all {
		if r.State != RequestDraft {
			continue
		}
		done, err := s.Submit(ctx, actor, r.ID)
		if err != nil {
			unsent[r.ID] = err
			continue
		}
		all[i] = done
	}
	return all, unsent, nil
}

// AmendBundle replaces what the drafts of a bundle say in common: the reason,
// the ticket, for how long, from when and for whom. Which they are stays, and
// each takes of the fields what its entitlement asks; nil Fields leave them.
func (s *Service) AmendBundle(ctx context.Context, actor Actor, bundle BundleID, ask Ask) ([]Request, error) {
	all, err := s.Store.BundleRequests(ctx, bundle)
	if err != nil {
		return nil, err
	}
	c := Change{}
	for _, r := range all {
		if actor.Principal != r.Requester {
			return nil, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "amend", Message: "Only the person who asked can change this request."})
		}
		if r.State != RequestDraft {
			continue
		}
		e, err := s.Catalogue.Entitlement(ctx, r.Entitlement)
		if err != nil {
			return nil, err
		}
		if r, err = s.fill(ctx, r, ask.of(e)); err != nil {
			return nil, err
		}
		c.Requests = append(c.Requests, r)
		c.Events = append(c.Events, s.event(s.now(), EventRequestAmended, actor, r))
	}
	if len(c.Requests) == 0 {
		return nil, Errorf(CodeAlreadyDecided, "These requests are sent or settled already.")
	}
	c.Notices = requesterCards(c.Requests[0])[:1]
	if err := s.Store.Apply(ctx, c); err != nil {
		return nil, err
	}
	return s.Store.BundleRequests(ctx, bundle)
}

// of is a wish as one entitlement takes it.
func (a Ask) of(e Entitlement) Ask {
	a.Entitlement, a.Duration = e.ID, min(a.Duration, e.MaxDuration)
	if a.Fields == nil {
		return a
	}
	given := a.Fields
	a.Fields = make(map[string]string)
	for _, f := range e.Fields {
		a.Fields[f.Name] = given[f.Name]
	}
	return a
}
