package synthetic

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Config says how large an organisation is.
type Config struct {
	People       int // at least 50
	Entitlements int // at least 20
	Grants       int // how many holdings in all, about
	Decisions    int // how many past human decisions
	Seed         uint64
}

// Organisation is a made-up company.
type Organisation struct {
	People       []approvals.Principal
	Entitlements []approvals.EntitlementID
	Held         [][]int // by person: indices of entitlements held, ascending
	Decisions    []approvals.Learned
	State        approvals.DirectoryState

	config     Config
	random     *rand.Rand
	department []int // by person
	role       []int // by person: title within the department
}

// The shape of a company.
const (
	teamSize       = 9
	departmentSize = 120
	rolesEach      = 6 // titles in a department
	everybodys     = 5 // entitlements that almost everybody holds
)

// Start is when the past begins; Now is when requests are scored.
var (
	Start = time.Date(2025, 1, 6, 9, 0, 0, 0, time.UTC)
	Now   = time.Date(2026, 1, 7, 10, 0, 0, 0, time.UTC)
)

// New makes up an organisation.
func New(c Config) *Organisation {
	o := &Organisation{
		config: c, random: rand.New(rand.NewPCG(c.Seed, 1)),
		department: make([]int, c.People), role: make([]int, c.People),
		State: approvals.DirectoryState{Source: "synthetic", AsOf: Start},
	}
	for e := range c.Entitlements {
		o.Entitlements = append(o.Entitlements, approvals.EntitlementID(fmt.Sprintf("system%d:right%d", e/10, e)))
	}
	o.hire()
	o.grant()
	for i := range c.Decisions {
		o.Decisions = append(o.Decisions, o.decide(int64(i+1)))
	}
	return o
}

// hire builds the tree of managers: the first of every team leads it, and the
// leads of a department report to its first.
func (o *Organisation) hire() {
	for i := range o.config.People {
		d := i / departmentSize
		o.department[i], o.role[i] = d, o.random.IntN(rolesEach)
		lead, head := i-i%teamSize, d*departmentSize
		manager := lead
		switch i {
		case 0:
			manager = -1
		case head:
			manager = 0
		case lead:
			manager = head
		}
		p := approvals.Principal{
			ID: PersonID(i), Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@example.com", i),
			Department: fmt.Sprintf("department %d", d), Title: titleOf(d, o.role[i]), Location: fmt.Sprintf("city %d", d%20),
			Function: functionOf(d, o.role[i]),
		}
		if manager >= 0 {
			p.Manager = PersonID(manager)
		}
		o.People = append(o.People, p)
	}
}

// titleOf is a role's title, which another department may have too.
func titleOf(department, role int) string {
	return fmt.Sprintf("title %d", department*rolesEach/2+role)
}

// functionOf tells more than a title: no other role has it.
func functionOf(department, role int) string {
	return fmt.Sprintf("function %d", department*rolesEach+role)
}

// PersonID is the identifier of the i-th person.
func PersonID(i int) approvals.PrincipalID {
	return approvals.PrincipalID(fmt.Sprintf("person%06d", i))
}

// usual is the j-th entitlement of a role: some are everybody's, some the
// department's, most the role's own.
func (o *Organisation) usual(department, role, j int) int {
	n := o.config.Entitlements
	switch j % 5 {
	case 0:
		return j / 5 % everybodys
	case 1:
		return everybodys + (department*31+j*7)%(n-everybodys)
	default:
		return everybodys + (department*31+role*1009+j*13)%(n-everybodys)
	}
}

// breadth is how many entitlements a role usually has.
func (o *Organisation) breadth() int {
	return max(o.config.Grants/o.config.People*5/4, 5)
}

func (o *Organisation) grant() {
	o.Held = make([][]int, o.config.People)
	breadth := o.breadth()
	for i := range o.Held {
		seen := map[int]bool{}
		for j := range breadth {
			if o.random.Float64() < 0.8 {
				seen[o.usual(o.department[i], o.role[i], j)] = true
			}
		}
		o.Held[i] = slices.Sorted(maps.Keys(seen))
	}
}

// Fits reports the truth: whether an entitlement belongs to a person's work.
func (o *Organisation) Fits(person, entitlement int) bool {
	for j := range o.breadth() {
		if o.usual(o.department[person], o.role[person], j) == entitlement {
			return true
		}
	}
	return false
}

// Wish draws what somebody asks for: mostly what fits their work.
func (o *Organisation) Wish() (person, entitlement int) {
	person = o.random.IntN(o.config.People)
	if o.random.Float64() < 0.85 {
		return person, o.usual(o.department[person], o.role[person], o.random.IntN(o.breadth()))
	}
	return person, o.random.IntN(o.config.Entitlements)
}

// Refused draws what a person would decide: what fits is refused once in a
// hundred times, what does not about every third time.
func (o *Organisation) Refused(person, entitlement int) bool {
	if o.Fits(person, entitlement) {
		return o.random.Float64() < 0.01
	}
	return o.random.Float64() < 0.35
}

func (o *Organisation) decide(sequence int64) approvals.Learned {
	person, e := o.Wish()
	p := o.People[person]
	approver := p.Manager
	if o.random.Float64() < 0.5 || approver == "" {
		approver = PersonID((e * 37) % o.config.People) // the entitlement's owner
	}
	past := time.Duration(float64(Now.Sub(Start)) * float64(sequence) / float64(o.config.Decisions+1))
	return approvals.Learned{
		Sequence: sequence, At: Start.Add(past.Truncate(time.Minute)), Request: approvals.RequestID(fmt.Sprint("request", sequence)),
		Entitlement: o.Entitlements[e], Beneficiary: p.ID, Manager: p.Manager, Title: p.Title, Department: p.Department, Location: p.Location, Function: p.Function,
		Approver: approver, Approved: !o.Refused(person, e), Duration: time.Duration(1+o.random.IntN(8)) * time.Hour,
	}
}

// Facts are those of one person's request now, without evidence.
func (o *Organisation) Facts(person, entitlement int) approvals.Facts {
	p := o.People[person]
	return approvals.Facts{
		At: Now, Kind: approvals.KindAccess, Requester: p, Beneficiary: p,
		Entitlement: approvals.Entitlement{ID: o.Entitlements[entitlement], Sensitivity: approvals.Medium},
		Duration:    4 * time.Hour, ReasonLength: 40, Weekday: Now.Weekday(), MinuteOfDay: Now.Hour() * 60, Directory: o.State,
	}
}
