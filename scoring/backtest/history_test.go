package backtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

// history writes a made-up history in which refusals follow a plan: some
// entitlements and some managers are refused often, and one department never
// gets one entitlement.
func history(t *testing.T, rows int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("approved,entitlement,manager,department,title\n")
	for range rows {
		e, m := r.IntN(60), r.IntN(80)
		d := m % 8
		p := 0.02 + 0.2*float64(e%10)/10*float64(m%7)/7
		if d == 3 && e%6 == 5 {
			p = 0.8
		}
		approved := 1
		if r.Float64() < p {
			approved = 0
		}
		fmt.Fprintf(&b, "%d,e%d,m%d,d%d,t%d\n", approved, e, m, d, r.IntN(12))
	}
	return write(t, "history.csv", b.String())
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path string) *Table {
	t.Helper()
	table, err := readFile(path, dictionary{}, true)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestBadTablesNameFileLineAndMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "h.csv:1: the file is empty; begin with a line of column names"},
		"no decisions":    {"entitlement\na\n", `h.csv:1: there is no column "approved"; add it, with 1 for approved and 0 for denied`},
		"no entitlement":  {"approved\n1\n", `h.csv:1: there is no column "entitlement"; add it, with what was asked for`},
		"twice":           {"approved,entitlement,entitlement\n", `h.csv:1: column 3 is named "entitlement", as is an earlier one; name every column once`},
		"short line":      {"approved,entitlement\n1,a\n1\n", "h.csv:3: this is no line of CSV; give every line as many fields as the header, and every quote its end"},
		"open quote":      {"approved,entitlement\n1,\"a\n", "h.csv:2: this is no line of CSV; give every line as many fields as the header, and every quote its end"},
		"other decision":  {"approved,entitlement\n1,a\nyes,a\n", `h.csv:3: "approved" is "yes", neither 1 nor 0; write 1 for approved and 0 for denied`},
		"no name":         {"approved,entitlement, \n", "h.csv:1: column 3 has no name; name every column once"},
		"open header":     {"approved,\"entitlement\n", "h.csv:1: the header can't be read; begin with a line of column names"},
		"nothing decided": {"approved,entitlement\n", "h.csv:2: there are no decisions; write one a line, below the names of the columns"},
		"semicolons":      {"approved;entitlement\n1;a\n", "h.csv:1: the fields are separated by ';'; separate them by commas"},
		"tabs":            {"approved\tentitlement\n1\ta\n", `h.csv:1: the fields are separated by '\t'; separate them by commas`},
		"capitals":        {"Approved,Entitlement\n1,a\n", `h.csv:1: there is no column "approved", only "Approved": small letters count; add it, with 1 for approved and 0 for denied`},
		"UTF-16":          {"\xff\xfea\x00p\x00", "h.csv:1: this is no text in UTF-8; export it again as CSV in UTF-8"},
		"Latin-1":         {"approved,entitlement,Stra\xdfe\n1,a,b\n", "h.csv:1: this is no text in UTF-8; export it again as CSV in UTF-8"},
		"long nonsense":   {"approved,entitlement\n" + strings.Repeat("x", 900) + ",a\n", `h.csv:2: "approved" is "xxxxxxxxxxxxxxxxxxxx", neither 1 nor 0; write 1 for approved and 0 for denied`},
		"too many fields": {"approved,entitlement" + strings.Repeat(",x", 1) + manyColumns(25) + "\n", "h.csv:1: 27 attributes are more than 20; leave out those that say the same"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readTable("h.csv", strings.NewReader(c.text), dictionary{}, true)
			if approvals.ErrorCode(err) != approvals.CodeInvalid {
				t.Fatalf("error %v is not of code invalid", err)
			}
			if got := approvals.ErrorMessage(err); got != c.want {
				t.Errorf("message\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func manyColumns(n int) (s string) {
	for i := range n {
		s += fmt.Sprintf(",c%d", i)
	}
	return s
}

func TestByteOrderMarkAndEmptyCellsAreUnderstood(t *testing.T) {
	t.Parallel()
	table, err := readTable("h.csv", strings.NewReader("\ufeffapproved,entitlement,manager\n0,a,\n1,b,m\n"), dictionary{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Rows[0][table.column("manager")]; got != 0 {
		t.Errorf("an empty cell became value %d, want unknown (0)", got)
	}
	if table.denials() != 1 {
		t.Errorf("%d denials, want 1", table.denials())
	}
}

// TestOneTableInManyForms: spreadsheets begin with a mark, quote what they like
// and end lines in two ways. What it says is the same.
func TestOneTableInManyForms(t *testing.T) {
	t.Parallel()
	want, err := readTable("h.csv", strings.NewReader("approved,entitlement,manager\n0,a,m\n1,b,m\n"), dictionary{}, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"mark":            "\ufeffapproved,entitlement,manager\n0,a,m\n1,b,m\n",
		"mark and quotes": "\ufeff\"approved\",\"entitlement\",\"manager\"\n\"0\",\"a\",\"m\"\n\"1\",\"b\",\"m\"\n",
		"two line ends":   "approved,entitlement,manager\r\n0,a,m\r\n1,b,m\r\n",
		"no last one":     "approved,entitlement,manager\n0,a,m\n1,b,m",
		"spaces":          "approved, entitlement ,manager\n 0,a,m\n1 ,b,m\n",
	} {
		got, err := readTable("h.csv", strings.NewReader(text), dictionary{}, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte("approved,entitlement,manager\n1,a,b\n0,a,c\n"))
	f.Add([]byte("approved,entitlement\n\"1\",\"a\n\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := readTable("h.csv", bytes.NewReader(b), dictionary{}, true)
		if err != nil {
			if approvals.ErrorCode(err) != approvals.CodeInvalid {
				t.Fatalf("error %v has no code", err)
			}
			return
		}
		if len(table.Rows) != len(table.Denied) {
			t.Fatalf("%d rows and %d decisions", len(table.Rows), len(table.Denied))
		}
	})
}
