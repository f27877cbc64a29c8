package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// team is a department of the example organisation: one lead, and people under
// a few titles.
type team struct {
	name     string
	lead     string // title of its lead
	under    string // the team whose lead its lead reports to; empty: the chief executive
	titles   []string
	size     int // members besides the lead
	location []int
	groups   []string // of every member
	leads    []string // of the lead alone
}

var places = []struct{ city, zone string }{
	{"Berlin", "Europe/Berlin"},
	{"Lisbon", "Europe/Lisbon"},
	{"New York", "America/New_York"},
	{"Austin", "America/Chicago"},
	{"Singapore", "Asia/Singapore"},
}

// teams is the example organisation, about 200 people. Order matters: a team
// comes after the one that it reports to, and the generator draws in order.
var teams = []team{
	{name: "Engineering", lead: "VP Engineering", titles: []string{"Staff Engineer"}, size: 3, location: []int{0, 2}, leads: []string{"engineering-leads"}},
	{name: "Platform", lead: "Engineering Manager", under: "Engineering", titles: []string{"Platform Engineer", "Senior Platform Engineer"}, size: 13, location: []int{0, 1}, groups: []string{"platform", "engineering"}, leads: []string{"platform-leads"}},
	{name: "Site Reliability", lead: "SRE Manager", under: "Engineering", titles: []string{"Site Reliability Engineer", "Senior Site Reliability Engineer"}, size: 9, location: []int{0, 2, 4}, groups: []string{"sre", "engineering"}, leads: []string{"sre-leads"}},
	{name: "Data Platform", lead: "Engineering Manager", under: "Engineering", titles: []string{"Data Engineer", "Database Engineer", "Senior Data Engineer"}, size: 11, location: []int{0, 1}, groups: []string{"data-platform", "engineering"}, leads: []string{"data-platform-leads"}},
	{name: "Payments", lead: "Engineering Manager", under: "Engineering", titles: []string{"Backend Engineer", "Senior Backend Engineer"}, size: 14, location: []int{0, 2}, groups: []string{"payments", "engineering"}, leads: []string{"payments-leads", "billing-leads"}},
	{name: "Web", lead: "Engineering Manager", under: "Engineering", titles: []string{"Frontend Engineer", "Backend Engineer"}, size: 15, location: []int{1, 3}, groups: []string{"web", "engineering"}, leads: []string{"web-leads", "orders-leads"}},
	{name: "Mobile", lead: "Engineering Manager", under: "Engineering", titles: []string{"Mobile Engineer", "QA Engineer"}, size: 9, location: []int{1, 3}, groups: []string{"mobile", "engineering"}, leads: []string{"mobile-leads"}},
	{name: "Security", lead: "Head of Security", under: "Engineering", titles: []string{"Security Engineer", "IAM Engineer"}, size: 5, location: []int{0, 2}, groups: []string{"security"}, leads: []string{"security-leads"}},
	{name: "IT", lead: "IT Manager", under: "Engineering", titles: []string{"IT Specialist"}, size: 4, location: []int{0, 3}, groups: []string{"it"}, leads: []string{"it-leads"}},
	{name: "Support", lead: "VP Customer Support", titles: []string{"Support Operations Analyst"}, size: 2, location: []int{1, 3}, leads: []string{"support-leads"}},
	{name: "Billing Support", lead: "Billing Support Lead", under: "Support", titles: []string{"Billing Support Engineer", "Billing Support Specialist"}, size: 10, location: []int{1, 3}, groups: []string{"billing-support", "support"}, leads: []string{"billing-leads", "support-leads"}},
	{name: "Technical Support", lead: "Technical Support Lead", under: "Support", titles: []string{"Technical Support Engineer"}, size: 16, location: []int{1, 3, 4}, groups: []string{"technical-support", "support"}, leads: []string{"support-leads"}},
	{name: "Finance", lead: "Chief Financial Officer", titles: []string{"FP&A Analyst", "Financial Controller"}, size: 5, location: []int{0, 2}, groups: []string{"finance"}, leads: []string{"finance-leads"}},
	{name: "Accounting", lead: "Accounting Manager", under: "Finance", titles: []string{"Accountant", "Accounts Payable Specialist", "Payroll Specialist"}, size: 8, location: []int{0, 2}, groups: []string{"accounting", "finance"}, leads: []string{"finance-leads"}},
	{name: "Sales", lead: "VP Sales", titles: []string{"Account Executive", "Sales Development Representative", "Solutions Engineer"}, size: 22, location: []int{2, 3, 4}, groups: []string{"sales"}, leads: []string{"sales-leads"}},
	{name: "Marketing", lead: "VP Marketing", titles: []string{"Marketing Manager", "Content Designer"}, size: 9, location: []int{1, 2}, groups: []string{"marketing"}},
	{name: "Product", lead: "VP Product", titles: []string{"Product Manager", "Product Designer", "Data Analyst"}, size: 12, location: []int{0, 1, 2}, groups: []string{"product"}, leads: []string{"product-leads"}},
	{name: "People", lead: "VP People", titles: []string{"People Partner", "Recruiter"}, size: 7, location: []int{0, 3}, groups: []string{"people-team"}, leads: []string{"people-leads"}},
	{name: "Legal", lead: "General Counsel", titles: []string{"Counsel", "Compliance Analyst"}, size: 4, location: []int{0, 2}, groups: []string{"legal"}},
}

// cast are the people of the story, each in place of the member or lead that
// would have been drawn there.
var cast = map[string]string{ // team and slot → name
	"Billing Support/lead":  "Tom Okafor",
	"Billing Support/0":     "Maya Lindqvist",
	"Billing Support/1":     "Jonas Brandt",
	"Payments/lead":         "Priya Raman",
	"Payments/0":            "Diego Santos",
	"Security/lead":         "Sam Weber",
	"Security/0":            "Aisha Bello",
	"Site Reliability/lead": "Noor Haddad",
	"Site Reliability/0":    "Lena Fischer",
	"Web/0":                 "Chris Vega", // a contractor
}

// seed makes the organisation the same on every machine.
const seed = 20260105

// Organisation generates the example organisation: the same people, with the
// same attributes, every time. Managers form one tree; nobody manages
// themselves.
func Organisation() []approvals.Principal {
	g := generator{rand: rand.New(rand.NewPCG(seed, 1)), taken: map[string]bool{}, leads: map[string]approvals.PrincipalID{}}
	for _, name := range cast {
		g.taken[name] = true
	}
	chief := g.person("Ingrid Solheim", "Chief Executive Officer", "Executive", 0)
	g.people = append(g.people, chief)
	for _, t := range teams {
		g.team(t, chief.ID)
	}
	g.away("greta.morgan", "ivan.pereira", day{2026, time.December, 21}, day{2027, time.January, 4})
	g.away("erik.baker", "carla.torres", day{2026, time.January, 1}, day{2036, time.January, 1}) // whenever the demo is tried
	return g.people
}

// day is a date on a calendar.
type day struct {
	year  int
	month time.Month
	day   int
}

func (d day) in(zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, zone).UTC()
}

// away gives somebody a delegate from one day until another, where they live.
func (g *generator) away(who, delegate approvals.PrincipalID, from, until day) {
	for i, p := range g.people {
		if p.ID == who {
			g.people[i].Away = []approvals.Absence{{From: from.in(p.Zone()), Until: until.in(p.Zone()), Delegate: delegate}}
		}
	}
}

type generator struct {
	rand   *rand.Rand
	taken  map[string]bool
	leads  map[string]approvals.PrincipalID
	people []approvals.Principal
}

func (g *generator) team(t team, chief approvals.PrincipalID) {
	lead := g.person(g.name(t.name+"/lead"), t.lead, t.name, t.location[0])
	lead.Manager = chief
	if t.under != "" {
		lead.Manager = g.leads[t.under]
	}
	lead.Groups = slices.Concat(t.groups, t.leads)
	lead.Admin = t.name == "Security"
	g.leads[t.name] = lead.ID
	g.people = append(g.people, lead)
	for i := range t.size {
		p := g.person(g.name(fmt.Sprintf("%s/%d", t.name, i)), t.titles[i%len(t.titles)], t.name, t.location[g.rand.IntN(len(t.location))])
		p.Manager = lead.ID
		p.Groups = slices.Clone(t.groups)
		if t.name == "Site Reliability" && i%4 == 0 {
			p.Groups = append(p.Groups, "on-call")
		}
		if t.name == "Web" && i%5 == 0 {
			p.Contractor, p.Title = true, "Contract "+p.Title
			p.Groups = append(p.Groups, "contractors")
		}
		p.Admin = p.Title == "IAM Engineer"
		g.people = append(g.people, p)
	}
}

func (g *generator) person(name, title, department string, place int) approvals.Principal {
	g.taken[name] = true
	id := strings.ToLower(strings.ReplaceAll(name, " ", "."))
	return approvals.Principal{
		ID: approvals.PrincipalID(id), Name: name, Email: id + "@northwind.example", Title: title,
		Department: department, Location: places[place].city, TimeZone: places[place].zone, Function: functionOf(title),
	}
}

// name is the cast's for a slot, else a fresh one.
func (g *generator) name(slot string) string {
	if n := cast[slot]; n != "" {
		return n
	}
	for {
		n := firstNames[g.rand.IntN(len(firstNames))] + " " + lastNames[g.rand.IntN(len(lastNames))]
		if !g.taken[n] {
			return n
		}
	}
}

var firstNames = strings.Fields(`Adele Ahmed Aiko Alba Amara Andre Anika Anton Bea Bruno Carla Cem Chloe Clara Daniel Dario Elif Elena
Emil Erik Esra Fatima Felix Finn Gabriel Greta Hana Hugo Ines Isaac Ivan Jana Jin Joao Julia Kofi Kenji Laila Leo Lin Lucas Malik Mara
Marco Maria Mateo Mei Mina Nadia Nils Nina Nuno Olga Omar Oscar Pablo Paula Pia Rafael Rana Rosa Ruth Samira Sara Selma Simon Sofia Tariq
Tara Theo Tomas Uma Vera Victor Wanda Xin Yara Yusuf Zoe Zara`)

var lastNames = strings.Fields(`Abe Adeyemi Aguilar Almeida Andersen Arslan Baker Bauer Becker Bergman Bianchi Blanc Castro Chen Chowdhury
Costa Cruz Dahl Diaz Dubois Eriksen Farouk Ferrari Flores Fontaine Garcia Gruber Gupta Hansen Hassan Hoffmann Ibrahim Ito Ivanova Jansen
Jensen Kaya Keller Khan Kim Klein Kowalski Kumar Larsen Lee Lopez Maier Martins Mendes Meyer Moreau Morgan Nakamura Ndiaye Nguyen Novak
Okeke Olsen Ortiz Osman Park Patel Pereira Petrov Quinn Reyes Ricci Rossi Roux Sato Schmidt Sharma Silva Singh Sousa Suzuki Tanaka Torres
Vargas Vogel Wagner Walsh Wang Wolf Yamada Yilmaz Zhang Ziegler`)
