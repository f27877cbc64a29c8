package slacksim_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestCallsAreLoggedWithoutTheirValues(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		if _, _, err := h.client.PostMessage("CGEN", textOption("a secret")); err != nil {
			t.Fatal(err)
		}
		h.Faults().RateLimit("auth.test", 1, time.Second)
		h.Faults().Fail("auth.test", 1, http.StatusInternalServerError)
		for range 2 {
			if _, err := h.client.AuthTestContext(h.ctx); err == nil {
				t.Fatal("taken in spite of a fault")
			}
		}
		h.Faults().CutResponse("chat.postMessage", 1)
		if _, _, err := h.client.PostMessage("CGEN", textOption("x")); err == nil {
			t.Fatal("the answer was not cut")
		}
		if _, err := h.client.GetUserGroupMembersContext(h.ctx, "S0XXX"); err == nil {
			t.Fatal("found nothing")
		}
		post(t, h.Workspace, "xoxb-local", "users.info", values("user", "UANA", "colour", "red"))
		post(t, h.Workspace, "xoxb-local", "no.such", values("a", "b"))
		want := []slacksim.Call{
			{Method: "chat.postMessage", Args: []string{"channel", "text"}, Status: 200},
			{Method: "auth.test", Status: 429, Error: "ratelimited"},
			{Method: "auth.test", Status: 500},
			{Method: "chat.postMessage", Args: []string{"channel", "text"}},
			{Method: "usergroups.users.list", Args: []string{"usergroup"}, Status: 200, Error: "no_such_subteam"},
			{Method: "users.info", Args: []string{"colour", "user"}, Unknown: []string{"colour"}, Status: 200},
			{Method: "no.such", Status: 200, Error: "unknown_method"},
		}
		if diff := cmp.Diff(want, h.Calls(), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(slacksim.Call{}, "At", "Took")); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}
