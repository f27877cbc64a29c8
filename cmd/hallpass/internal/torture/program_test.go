package torture

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// script is a system that is a program: its truth is a folder, in which each
// account that has access is a folder. In a storm it fails before or after.
const script = `#!/bin/sh
call=$(cat)
field() { printf '%s' "$call" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'; }
operation=$(field operation) account=$(field account) grant=$(field grant)
note() { echo "$(date +%s%N) $1 $grant $account" >>"$STATE/journal"; }
luck=255
[ -e "$STATE/storm" ] && luck=$(od -An -N1 -tu1 /dev/urandom)
[ "$luck" -lt 38 ] && exit 1
answer='{}'
case $operation in
grant) mkdir "$STATE/in/$account" 2>/dev/null && note given; answer='{"receipt":{"schema":"jobs"}}' ;;
revoke) rmdir "$STATE/in/$account" 2>/dev/null && note taken ;;
check) if [ -d "$STATE/in/$account" ]; then answer='{"present":true}'; else answer='{"present":false}'; fi ;;
list) answer="{\"holders\":[$(ls "$STATE/in" | sed 's/.*/"&"/' | paste -sd, -)]}" ;;
esac
[ "$luck" -lt 76 ] && exit 1
echo "$answer"
`

// program is a system behind the exec connector.
type program struct {
	t     testing.TB
	path  string
	state string // folder
}

func newProgram(t testing.TB, dir string) *program {
	t.Helper()
	p := &program{t: t, path: filepath.Join(dir, "program", "jobs"), state: filepath.Join(dir, "jobs")}
	for _, folder := range []string{filepath.Dir(p.path), filepath.Join(p.state, "in")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(p.path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *program) weather(stormy bool) {
	storm := filepath.Join(p.state, "storm")
	if stormy {
		_ = os.WriteFile(storm, nil, 0o600)
		return
	}
	_ = os.Remove(storm)
}

func (p *program) held() (all []string) {
	in, err := os.ReadDir(filepath.Join(p.state, "in"))
	if err != nil {
		p.t.Error(err)
	}
	for _, account := range in {
		all = append(all, "jobs/"+account.Name())
	}
	return all
}

func (p *program) journal() (all []effect) {
	text, err := os.ReadFile(filepath.Join(p.state, "journal"))
	if err != nil && !os.IsNotExist(err) {
		p.t.Error(err)
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) != 4 {
			continue // it is being written
		}
		nano, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			p.t.Error(err)
		}
		all = append(all, effect{At: time.Unix(0, nano), Given: words[1] == "given", Grant: approvals.GrantID(words[2]), What: "jobs", Account: words[3]})
	}
	return all
}
