package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Source is where people come from. It is read as a whole.
type Source interface {
	// Name says which source it is, such as "file:people.yaml", without secrets.
	Name() string
	// Read reads everybody. What the operator has to mend is approvals.Problems;
	// any other error means that the source does not answer now.
	Read(context.Context) (Reading, error)
}

// Reading is everybody whom a source knows, and since when it says so.
type Reading struct {
	People []Person
	AsOf   time.Time
	// Strict refuses the whole reading for one mistake, which suits files that
	// people write. Otherwise whoever cannot be used is left out and said.
	Strict bool
}

// Person is somebody as a source has them. Manager and SameAs of the principal
// may also be emails; Away is made from Absences.
type Person struct {
	approvals.Principal
	Absences []Absence
	// Problem names a mistake in one of the person's attributes; nil: one
	// without a place.
	Problem Problem
}

// Problem makes the words of a mistake in an attribute.
type Problem func(attribute, mend, format string, args ...any) approvals.Problem

// At makes a Problem for a line of a file, or for a source without lines.
func At(file string, line int) Problem {
	return func(_, mend, format string, args ...any) approvals.Problem {
		return approvals.Problem{File: file, Line: line, What: fmt.Sprintf(format, args...), Mend: mend}
	}
}
