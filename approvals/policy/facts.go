package policy

import (
	"fmt"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// question is one decision in the engine's terms.
type question struct {
	entities cast
	resource cedar.EntityUID
	context  cedar.Record
	vetted   bool // the entities are known to fit the schema
	lapsed   []approvals.LapsedRule
}

// ask turns facts, assessment and, for an approval, the approver into the
// engine's terms. Facts that are not known are left out.
func ask(f approvals.Facts, a approvals.Assessment, approver *approvals.Principal) question {
	q := question{
		entities: make(cast, 0, 4),
		resource: cedar.NewEntityUID(typeEntitlement, cedar.String(f.Entitlement.ID)),
		context:  contextOf(f, a),
		lapsed:   f.Lapsed,
	}
	if approver != nil {
		q.entities = append(q.entities, userOf(*approver))
	}
	if approver == nil || approver.ID != f.Beneficiary.ID {
		q.entities = append(q.entities, userOf(f.Beneficiary))
	}
	if f.Requester.ID != f.Beneficiary.ID && (approver == nil || approver.ID != f.Requester.ID) {
		q.entities = append(q.entities, userOf(f.Requester))
	}
	q.entities = append(q.entities, entitlementOf(f.Entitlement))
	return q
}

// cast are the few entities of one question, each once. Looking through them
// costs less than a hash does.
type cast []cedar.Entity

// Get makes it what the engine asks for entities.
func (c cast) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	for i := range c {
		if c[i].UID == uid {
			return c[i], true
		}
	}
	return cedar.Entity{}, false
}

// attributes are those of an entity; none for one that is not known.
func (c cast) attributes(uid cedar.EntityUID) cedar.Record {
	e, _ := c.Get(uid)
	return e.Attributes
}

// check holds the question to the schema: entities, context and request.
func (q question) check(principal, action cedar.EntityUID) error {
	for _, e := range q.entities {
		if q.vetted {
			break
		}
		if err := validator().Entity(e); err != nil {
			return fmt.Errorf("check %s: %w", e.UID, err)
		}
	}
	return validator().Request(q.request(principal, action))
}

func (q question) request(principal, action cedar.EntityUID) cedar.Request {
	return cedar.Request{Principal: principal, Action: action, Resource: q.resource, Context: q.context}
}

func user(id approvals.PrincipalID) cedar.EntityUID {
	return cedar.NewEntityUID(typeUser, cedar.String(id))
}

func userOf(p approvals.Principal) cedar.Entity {
	attrs := cedar.RecordMap{
		"groups":     stringSet(p.Groups),
		"contractor": cedar.Boolean(p.Contractor),
		"admin":      cedar.Boolean(p.Admin),
	}
	put(attrs, "email", p.Email)
	put(attrs, "title", p.Title)
	put(attrs, "department", p.Department)
	put(attrs, "location", p.Location)
	if p.Manager != "" {
		attrs["manager"] = user(p.Manager)
	}
	groups := make([]cedar.EntityUID, len(p.Groups))
	for i, g := range p.Groups {
		groups[i] = cedar.NewEntityUID(typeGroup, cedar.String(g))
	}
	return cedar.Entity{UID: user(p.ID), Parents: cedar.NewEntityUIDSet(groups...), Attributes: cedar.NewRecord(attrs)}
}

func entitlementOf(e approvals.Entitlement) cedar.Entity {
	var owners, approvers, groups []cedar.Value
	for _, id := range e.Owners {
		owners = append(owners, user(id))
	}
	manager, skip := false, false
	for _, ref := range e.Approvers {
		switch kind, name := ref.Split(); kind {
		case string(approvals.ApproverManager):
			manager = true
		case string(approvals.ApproverSkipLevel):
			skip = true
		case "group":
			groups = append(groups, cedar.NewEntityUID(typeGroup, cedar.String(name)))
		case "slack-group": // whose members have it among their groups while they are in it
			groups = append(groups, cedar.NewEntityUID(typeGroup, cedar.String(ref)))
		case "person":
			approvers = append(approvers, user(approvals.PrincipalID(name)))
		}
	}
	attrs := cedar.RecordMap{
		"system":           cedar.String(e.System),
		"resource":         cedar.String(e.Resource),
		"level":            cedar.String(e.Level),
		"sensitivity":      cedar.String(e.Sensitivity),
		"sensitivity_rank": cedar.Long(e.Sensitivity.Rank()),
		"tags":             stringSet(e.Tags),
		"owners":           cedar.NewSet(owners...),
		"approvers":        cedar.NewSet(approvers...),
		"approver_groups":  cedar.NewSet(groups...),
		"manager_approves": cedar.Boolean(manager), "skip_level_approves": cedar.Boolean(skip),
		"max_minutes":     cedar.Long(minutes(e.MaxDuration)),
		"ticket_required": cedar.Boolean(e.TicketRequired),
	}
	put(attrs, "environment", e.Environment)
	return cedar.Entity{
		UID: cedar.NewEntityUID(typeEntitlement, cedar.String(e.ID)),
		Parents: cedar.NewEntityUIDSet(
			cedar.NewEntityUID(typeResource, cedar.String(e.Resource)),
			cedar.NewEntityUID(typeSystem, cedar.String(e.System)),
		),
		Attributes: cedar.NewRecord(attrs),
	}
}

func contextOf(f approvals.Facts, a approvals.Assessment) cedar.Record {
	day, left := calendar(f)
	attrs := cedar.RecordMap{
		"requester":             user(f.Requester.ID),
		"beneficiary":           user(f.Beneficiary.ID),
		"on_behalf":             cedar.Boolean(f.Requester.ID != f.Beneficiary.ID),
		"kind":                  cedar.String(f.Kind),
		"duration_minutes":      cedar.Long(minutes(f.Duration)),
		"reason_length":         cedar.Long(f.ReasonLength),
		"hour":                  cedar.Long(f.MinuteOfDay / 60),
		"minute_of_day":         cedar.Long(f.MinuteOfDay),
		"day_of_month":          cedar.Long(day),
		"days_left_in_month":    cedar.Long(left),
		"auto_today":            cedar.Long(f.AutoToday),
		"directory_age_minutes": cedar.Long(f.At.Sub(f.Directory.AsOf) / time.Minute),
		"directory_stale":       cedar.Boolean(f.Directory.Stale),
	}
	if f.Weekday >= time.Sunday && f.Weekday <= time.Saturday { // else the question does not fit the schema
		attrs["weekday"] = cedar.String(weekdays[f.Weekday])
	}
	passed, failed := checks(f)
	attrs["checks_passed"], attrs["checks_failed"] = stringSet(passed), stringSet(failed)
	attrs["starts_in_minutes"] = cedar.Long(minutes(startsIn(f)))
	attrs["fields"], attrs["conflicts"], attrs["on_duty"] = fieldsOf(f), conflictsOf(f), usersOf(f.OnDuty)
	if f.SkipLevel != "" {
		attrs["skip_level_manager"] = user(f.SkipLevel)
	}
	put(attrs, "ticket", f.Ticket)
	if a.Problem == "" {
		attrs["score"] = cedar.Long(a.Score)
		put(attrs, "score_confidence", string(a.Confidence))
	}
	return cedar.NewRecord(attrs)
}

// checks parts the external checks that answered by what they said.
func checks(f approvals.Facts) (passed, failed []string) {
	for _, c := range f.Checks {
		if c.Passed {
			passed = append(passed, c.Name)
		} else {
			failed = append(failed, c.Name)
		}
	}
	return passed, failed
}

// calendar is the day of the month for the requester, and how many days are
// left in it. It follows from the frozen weekday and the date in UTC, which is
// at most a day off, so that no time zone data of this machine takes part.
func calendar(f approvals.Facts) (day, left int) {
	local := f.At.UTC()
	for _, shift := range []int{0, 1, -1} {
		if d := local.AddDate(0, 0, shift); d.Weekday() == f.Weekday {
			local = d
			break
		}
	}
	last := time.Date(local.Year(), local.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return local.Day(), last - local.Day()
}

// minutes rounds up, so that a fraction of a minute never looks shorter.
func minutes(d time.Duration) int64 { return int64((d + time.Minute - 1) / time.Minute) }

func put(attrs cedar.RecordMap, name cedar.String, value string) {
	if value != "" {
		attrs[name] = cedar.String(value)
	}
}

func stringSet(in []string) cedar.Set {
	values := make([]cedar.Value, len(in))
	for i, s := range in {
		values[i] = cedar.String(s)
	}
	return cedar.NewSet(values...)
}
