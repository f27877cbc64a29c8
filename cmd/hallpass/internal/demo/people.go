package demo

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// PeopleFile is the example organisation as people.yaml. The copy in
// examples/access is kept equal to it by a test.
func PeopleFile() []byte {
	var b bytes.Buffer
	b.WriteString("# The example organisation: about 200 people. Generated; the demo runs on it.\npeople:\n")
	for _, p := range Organisation() {
		fmt.Fprintf(&b, "  - id: %s\n    name: %s\n    email: %s\n    title: %s\n    department: %s\n    location: %s\n    function: %s\n    time_zone: %s\n",
			p.ID, p.Name, p.Email, quoted(p.Title), p.Department, p.Location, p.Function, p.TimeZone)
		if p.Manager != "" {
			fmt.Fprintf(&b, "    manager: %s\n", p.Manager)
		}
		if len(p.Groups) > 0 {
			fmt.Fprintf(&b, "    groups: [%s]\n", strings.Join(p.Groups, ", "))
		}
		if p.Contractor {
			b.WriteString("    contractor: true\n")
		}
		if p.Admin {
			b.WriteString("    admin: true\n")
		}
		for _, a := range p.Away {
			from, last := a.From.In(p.Zone()), a.Until.In(p.Zone()).AddDate(0, 0, -1)
			fmt.Fprintf(&b, "    out_of_office: [{from: %q, to: %q, delegate: %s}]\n",
				from.Format(time.DateOnly), last.Format(time.DateOnly), a.Delegate)
		}
	}
	return b.Bytes()
}

// quoted writes a title with characters that YAML would read as its own.
func quoted(s string) string {
	if strings.ContainsAny(s, "&:#") {
		return `"` + s + `"`
	}
	return s
}
