package source_test

import (
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals/source"
)

func ExampleDecode() {
	var settings struct {
		Name    string        `yaml:"name"`
		Timeout time.Duration `yaml:"timeout"`
	}
	_, err := source.Decode("settings.yaml", []byte("neme: main\ntimeout: 20\n"), &settings)
	fmt.Println(err)
	// Output:
	// settings.yaml:1: the key "neme" is not known here; did you mean "name"?
	// settings.yaml:2: a duration is expected, not a number; write minutes, hours or days, like "20m", "8h" or "7d"
}
