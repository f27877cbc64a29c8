package torture

import (
	"flag"
	"testing"

	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
)

// TestMain lets more tests run at once than there are processors: their
// processes wait most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	const name = "test.parallel"
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == name })
	if !asked {
		if err := flag.Set(name, "8"); err != nil {
			panic(err)
		}
	}
	process.Main(m, child)
}
