package torture

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

var scopes = strings.Fields("app_mentions:read chat:write commands im:history im:read im:write users:read users:read.email usergroups:read")

// calls of Slack at which a process may die, before they arrive or after.
var calls = []string{"chat.postMessage", "chat.update", "views.publish", "conversations.open", announcement}

// security is the channel that hears of emergencies, and announcement a message
// to it.
const security, announcement = "CSECURITY", "announcement"

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
		Users: users, Channels: []slacksim.Channel{{ID: security, Name: "security"}}, Rates: slacksim.Rates{Scale: -1}})
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
	if method == "chat.postMessage" && announces(r) {
		method = announcement
	}
	if meet != nil && meet(method, false) {
		panic(http.ErrAbortHandler) // nobody is there any more to make the call
	}
	r.URL.Path = "/" + rest
	d.Handler().ServeHTTP(w, r)
	if meet != nil {
		meet(method, true)
	}
}

// announces reports whether a message is to the security channel.
func announces(r *http.Request) bool {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body)) // what is missing is missed there
	sent, _ := url.ParseQuery(string(body))
	return err == nil && sent.Get("channel") == security
}

func (d *desk) await(process string, meet func(method string, after bool) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meet[process] = meet
}

// messages are what the bot wrote to a person, from the nth on.
func (d *desk) messages(who string, n int) []slacksim.Message {
	a := d.As("U" + strings.TrimPrefix(strings.Replace(who, "mia", "M", 1), "p"))
	return a.Messages(a.DMChannel())[n:]
}

// announced are the messages to the security channel.
func (d *desk) announced() []slacksim.Message { return d.As("UM").Messages(security) }

// slot is which message of the bot's one is, as it says itself.
func slot(m slacksim.Message) string {
	if m.Metadata == nil {
		return ""
	}
	return fmt.Sprint(m.Metadata.EventPayload["slot"])
}

// tellsEnd recognises the one message that says that access has ended: a card
// that says so too is edited in place, and is all that whoever gave it back gets.
func tellsEnd(text string) bool {
	card, gaveBack := !strings.HasPrefix(text, "*"), strings.Contains(text, " because you were done with it.")
	return card == gaveBack && strings.Contains(text, "Access ended ") && strings.HasSuffix(text, "\nAsk again")
}
