package torture

import (
	"fmt"
	"os"
	"testing"
)

// childEnv tells a copy of the test binary to be one process of Hallpass, so
// that it can be killed for real.
const childEnv = "HALLPASS_TORTURE_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		if err := child(spec); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
