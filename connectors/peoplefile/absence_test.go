package peoplefile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/peoplefile"
)

const absentYAML = `as_of: "2026-01-05T09:00:00Z"
people:
  - id: tom
    name: Tom Okafor
    email: tom@example.com
    time_zone: America/Chicago
    out_of_office:
      - {from: "2026-12-24", to: "2027-01-02", delegate: maya@example.com}
      - {from: "2026-11-23T12:00:00+01:00", to: "2026-11-23T18:00:00+01:00"}
  - id: maya
    name: Maya Lindqvist
    email: maya@example.com
  - id: tom-admin
    name: Tom Okafor (admin)
    email: tom.admin@example.com
    same_as: tom@example.com
`

const absentCSV = `id,email,name,time_zone,same_as,out_of_office
tom,tom@example.com,Tom Okafor,America/Chicago,,2026-12-24/2027-01-02=maya@example.com; 2026-11-23T12:00:00+01:00/2026-11-23T18:00:00+01:00
maya,maya@example.com,Maya Lindqvist,,,
tom-admin,tom.admin@example.com,Tom Okafor (admin),,tom@example.com,
`

func TestAbsencesAndSecondEntriesAreRead(t *testing.T) {
	t.Parallel()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"p.yaml": absentYAML, "p.csv": absentCSV} {
		d, err := peoplefile.Open(t.Context(), file(t, name, text), directory.Config{})
		if err != nil {
			t.Fatal(err)
		}
		tom, err := d.Principal(t.Context(), "tom")
		if err != nil {
			t.Fatal(err)
		}
		want := []approvals.Absence{
			{From: time.Date(2026, 12, 24, 0, 0, 0, 0, chicago).UTC(), Until: time.Date(2027, 1, 3, 0, 0, 0, 0, chicago).UTC(), Delegate: "maya"},
			{From: time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC)},
		}
		if diff := cmp.Diff(want, tom.Away); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		second, err := d.Principal(t.Context(), "tom-admin")
		if err != nil || second.SameAs != "tom" || !second.SamePerson(tom) {
			t.Errorf("%s: %+v, %v", name, second, err)
		}
		tom.Away[0].Delegate = "nobody"
		if again, _ := d.Principal(t.Context(), "tom"); again.Away[0].Delegate != "maya" {
			t.Errorf("%s: a caller changed the directory", name)
		}
	}
}

func TestMistakesInAbsencesAreNamedWithLineAndMend(t *testing.T) {
	t.Parallel()
	const date = `write a date like "2026-12-24", or a time like "2026-12-24T12:00:00+01:00"`
	for _, tc := range []struct{ file, old, new, want string }{
		{"p.yaml", `from: "2026-12-24"`, `from: "24.12.2026"`, `p.yaml:8: "24.12.2026" is not when an absence begins; ` + date},
		{"p.yaml", `to: "2027-01-02"`, `to: soon`, `p.yaml:8: "soon" is not when an absence ends; ` + date},
		{"p.yaml", `to: "2027-01-02"`, `to: "2026-12-23"`, `p.yaml:8: the absence from 2026-12-24 ends 2026-12-23, before it begins; let it end after it begins`},
		{"p.yaml", "delegate: maya@example.com", "delegate: mia", `p.yaml:8: the delegate "mia" is not there; write the id or the email of somebody who is there`},
		{"p.yaml", "delegate: maya@example.com", "delegate: tom", `p.yaml:8: "tom" is their own delegate; name somebody else, or nobody`},
		{"p.yaml", "same_as: tom@example.com", "same_as: tim", `p.yaml:16: "tim", whose second entry "tom-admin" is, is not there; write the id or the email of somebody who is there`},
		{"p.yaml", "same_as: tom@example.com", "same_as: tom-admin", `p.yaml:16: "tom-admin" cannot be a second entry of "tom-admin"; name the person's first entry`},
		{"p.csv", "2026-12-24/2027-01-02=maya@example.com;", "over Christmas;", `p.csv:2: "over Christmas" is not an absence; write 2026-12-24/2027-01-02=delegate, parted by semicolons`},
	} {
		text := absentYAML
		if strings.HasSuffix(tc.file, ".csv") {
			text = absentCSV
		}
		path := file(t, tc.file, strings.Replace(text, tc.old, tc.new, 1))
		_, err := peoplefile.Open(t.Context(), path, directory.Config{})
		if err == nil {
			t.Errorf("%s: no error", tc.new)
			continue
		}
		if diff := cmp.Diff(tc.want, strings.ReplaceAll(err.Error(), strings.TrimSuffix(path, tc.file), "")); diff != "" {
			t.Errorf("%s: -want +got\n%s", tc.new, diff)
		}
	}
}
