package torture

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

var scopes = strings.Fields("app_mentions:read chat:write commands im:history im:read im:write users:read users:read.email usergroups:read")

// calls of Slack at which a process may die, before they arrive or after.
var calls = []string{"chat.postMessage", "chat.update", "views.publish", "conversations.open"}

// desk is a local Slack workspace with a door for each process, at which that
// process can be met.
type desk struct {
	*slacksim.Workspace
	people int
	server *httptest.Server

	mu   sync.Mutex
	meet map[string]func(method string, after bool) (dies bool) // by process
}

func newDesk(t testing.TB, suffix string, people int) *desk {
	t.Helper()
	var users []slacksim.User
	for i := range people {
		users = append(users, slacksim.User{ID: fmt.Sprint("U", i), Name: fmt.Sprint("p", i), RealName: fmt.Sprint("Pat ", i), Email: fmt.Sprintf("p%d_%s@example.com", i, suffix)})
	}
	users = append(users, slacksim.User{ID: "UM", Name: "mia", RealName: "Mia Moreau", Email: "mia_" + suffix + "@example.com"})
	w, err := slacksim.New(slacksim.Config{BotToken: "xoxb-torture", AppToken: "xapp-torture", Command: "/access", Scopes: scopes,
		Users: users, Rates: slacksim.Rates{Scale: -1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	d := &desk{Workspace: w, people: people, meet: map[string]func(string, bool) bool{}}
	d.server = httptest.NewUnstartedServer(http.HandlerFunc(d.serve))
	d.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	d.server.Start()
	t.Cleanup(d.server.Close)
	return d
}

// door is the API's address for one process.
func (d *desk) door(process string) string { return d.server.URL + "/" + process + "/api/" }

func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	process, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	d.mu.Lock()
	meet := d.meet[process]
	d.mu.Unlock()
	method := strings.TrimPrefix(rest, "api/")
	if meet != nil && meet(method, false) {
		panic(http.ErrAbortHandler) // nobody is there any more to make the call
	}
	r.URL.Path = "/" + rest
	d.Handler().ServeHTTP(w, r)
	if meet != nil {
		meet(method, true)
	}
}

func (d *desk) await(process string, meet func(method string, after bool) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meet[process] = meet
}

// messages are what the bot wrote to a person, from the nth on.
func (d *desk) messages(who string, n int) []slacksim.Message {
	a := d.As("U" + strings.TrimPrefix(who, "p"))
	return a.Messages(a.DMChannel())[n:]
}

// tellsEnd recognises the one message that says that access has ended; cards
// that say so too are edited in place.
func tellsEnd(text string) bool {
	return strings.HasPrefix(text, "*") && strings.Contains(text, ": Access ended ") && strings.HasSuffix(text, "\nAsk again")
}
