package awsidc_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/directory/directorytest"
)

func (r *rig) people(t *testing.T, groups ...string) *awsidc.People {
	t.Helper()
	p, err := awsidc.NewPeople(r.config(), groups, "costCenter")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func populate(c *awstest.Cloud, people []approvals.Principal) {
	all := make([]awstest.Person, len(people))
	for i, p := range people {
		all[i] = awstest.Person{ID: string(p.ID), Name: p.Name, Email: p.Email, Department: p.Department, CostCenter: p.Function, Manager: string(p.Manager), Type: "Employee",
			Groups: p.Groups, Disabled: p.Inactive}
		if p.Contractor {
			all[i].Type = "Contractor"
		}
	}
	c.Populate(all)
}

// Acceptance 32: a directory that is a day old, empty or half there makes
// nobody lose or gain access.
func TestAcceptance32IdentityStore(t *testing.T) {
	t.Parallel()
	directorytest.Run(t, func(t *testing.T) directorytest.World {
		r := newRig(t)
		r.Page = 20
		return directorytest.World{Source: r.people(t),
			Put:  func(_ *testing.T, people []approvals.Principal) { populate(r.Cloud, people) },
			Down: func(_ *testing.T, down bool) { r.Change(func() { r.Refuse["ListUsers"] = down }) }}
	})
}

func TestOnlyTheMembersOfGroupsThatAreTakenAreAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	people := directorytest.People()[:2]
	people[0].Department, people[0].Function, people[1].Groups = "Platform", "4711", []string{"SRE Readers", "everyone"}
	populate(r.Cloud, people)
	d, err := directory.Open(t.Context(), r.people(t, "SRE Readers"), directory.Config{Groups: map[string]string{"readers": "SRE Readers"}})
	if err != nil {
		t.Fatal(err)
	}
	if members, err := d.Members(t.Context(), "readers"); err != nil || len(members) != 1 || members[0].ID != "p01" {
		t.Errorf("members %+v, %v", members, err)
	}
	if boss, err := d.Principal(t.Context(), "p00"); err != nil || boss.Department != "Platform" || boss.Function != "4711" {
		t.Errorf("%+v, %v", boss, err)
	}
	if n := r.Asked("ListGroupMemberships"); n != 1 {
		t.Errorf("members were asked for %d times, want 1", n)
	}
}

// Reading people must leave the instance's quota to grants and revocations.
func TestPeopleAreReadWellBelowTheQuota(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	populate(r.Cloud, directorytest.People())
	begin := r.Clock.Now()
	if _, err := r.people(t).Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked := r.Asked("ListUsers") + r.Asked("ListGroups") + r.Asked("ListGroupMemberships")
	if took := r.Clock.Now().Sub(begin); asked < 20 || took.Seconds() < float64(asked-1)/5 || r.Throttled() > 0 {
		t.Errorf("%d requests took %s, %d were throttled; want at most 5 a second", asked, took, r.Throttled())
	}
}
