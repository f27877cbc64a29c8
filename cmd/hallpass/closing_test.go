package main

import (
	"errors"
	"strings"
	"testing"
)

// closer is a database whose closing ends with err.
type closer struct{ err error }

func (c closer) Close() error { return c.err }

func TestADatabaseThatDoesNotCloseIsReported(t *testing.T) {
	t.Parallel()
	if err := closing(closer{}); err != nil {
		t.Errorf("closed well: %v", err)
	}
	lost := errors.New("disk full")
	if err := closing(closer{lost}); !errors.Is(err, lost) || !strings.Contains(err.Error(), "close the database") {
		t.Errorf("closed badly: %v", err)
	}
}
