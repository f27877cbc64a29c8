package torture

import (
	"testing"

	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
)

func TestMain(m *testing.M) { process.Main(m, child) }
