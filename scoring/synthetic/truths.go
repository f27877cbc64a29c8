package synthetic

import (
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Move gives somebody the work of another department: its name and title, one
// of its managers, another city. What they hold stays as it was.
func (o *Organisation) Move(person, department, role int) {
	lead := department*departmentSize + teamSize*(1+o.random.IntN(departmentSize/teamSize-2))
	colleague := o.People[lead]
	p := &o.People[person]
	p.Manager, p.Department, p.Location = colleague.ID, colleague.Department, colleague.Location
	p.Title, p.Function = titleOf(department, role), functionOf(department, role)
	o.department[person], o.role[person] = department, role
}

// SwapTitle changes nothing but the title that the directory shows.
func (o *Organisation) SwapTitle(person int, title string) { o.People[person].Title = title }

// NewTeam puts people, who stay in their department and role, under a manager
// who never led anybody.
func (o *Organisation) NewTeam(lead int, members ...int) {
	for _, m := range members {
		if m != lead {
			o.People[m].Manager = o.People[lead].ID
		}
	}
}

// Reorganise renames every department and leaves everything else.
func (o *Organisation) Reorganise() {
	for i := range o.People {
		o.People[i].Department = "unit " + o.People[i].Department
	}
}

// Collude adds approvals of one entitlement for one team, all by one approver,
// after everything that was decided so far.
func (o *Organisation) Collude(team, entitlement, times int, approver approvals.PrincipalID) {
	for i := range times {
		p := o.People[team+1+i%(teamSize-1)]
		n := int64(len(o.Decisions) + 1)
		o.Decisions = append(o.Decisions, approvals.Learned{
			Sequence: n, At: Now.Add(-time.Hour), Request: approvals.RequestID(fmt.Sprint("request", n)), Entitlement: o.Entitlements[entitlement],
			Beneficiary: p.ID, Manager: p.Manager, Title: p.Title, Department: p.Department, Location: p.Location, Function: p.Function,
			Approver: approver, Approved: true, Duration: time.Hour,
		})
	}
}

// Foreign is an entitlement that fits nobody of a department: what somebody
// there would have no business with.
func (o *Organisation) Foreign(department int) int {
	fits := map[int]bool{}
	for role := range rolesEach {
		for j := range o.breadth() {
			fits[o.usual(department, role, j)] = true
		}
	}
	for e := o.config.Entitlements - 1; e >= 0; e-- {
		if !fits[e] {
			return e
		}
	}
	return o.config.Entitlements - 1
}

// Department and Role are the truth about somebody's work.
func (o *Organisation) Department(person int) int { return o.department[person] }

// Role is the index of the person's title within the department.
func (o *Organisation) Role(person int) int { return o.role[person] }
