package peoplefile_test

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkReload reads a file of 20,000 people in each form.
func BenchmarkReload(b *testing.B) {
	var yaml, csv strings.Builder
	yaml.WriteString("people:\n")
	csv.WriteString("id,name,email,manager,groups,time_zone\n")
	for i := range 20_000 {
		fmt.Fprintf(&yaml, "  - id: p%d\n    name: Person %d\n    email: p%d@example.com\n    manager: p%d\n    groups: [g%d, all]\n    time_zone: Europe/Berlin\n", i, i, i, boss(i), i%50)
		fmt.Fprintf(&csv, "p%d,Person %d,p%d@example.com,p%d,g%d;all,Europe/Berlin\n", i, i, i, boss(i), i%50)
	}
	for name, text := range map[string]string{"people.yaml": yaml.String(), "people.csv": csv.String()} {
		d := open(b, file(b, name, text), monday)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := d.Reload(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// boss is the number of a person's manager; the first two manage each other.
func boss(i int) int {
	if i < 2 {
		return 1 - i
	}
	return i / 8
}
