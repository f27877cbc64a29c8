package bot_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// rawID is an account's id as people must not have to read it.
var rawID = regexp.MustCompile(`\bU(?:ADA|ANA|BOB|CLEO|GUS|NEW|OLGA)\b`)

// readsNames fails when an id reached somebody's eyes.
func (w *world) readsNames() {
	w.t.Helper()
	for _, u := range users() {
		for _, m := range w.As(u.ID).Messages(w.As(u.ID).DMChannel()) {
			if id := rawID.FindString(m.Plain() + "\n" + m.Text); id != "" && !strings.Contains(m.Text, "<@"+id) {
				w.t.Errorf("%s reads the id %s: %s", u.ID, id, m.Plain())
			}
		}
	}
}

func TestAdminReadsNamesWhereAnAccountIsOnHold(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "hello")
		w.sees("UANA", "", "in your own words")
		if err := w.UpdateUser("UNEW", func(u *slacksim.User) { u.Email = "ana@example.com" }); err != nil {
			t.Fatal(err)
		}
		w.say("UNEW", "hello")
		w.sees("UADA", "", "The Slack account “New Comer” has the email address of Ana Diaz")
		if err := w.UpdateUser("UANA", func(u *slacksim.User) { u.Email = "ana.diaz@example.com" }); err != nil {
			t.Fatal(err)
		}
		alert := w.sees("UADA", "", "The Slack account of Ana Diaz is on hold because the email address changed.")
		var ask *slacksim.ConfirmNeeded
		if err := w.As("UADA").Click(w.ctx, alert.Channel, alert.TS, "confirm"); !errors.As(err, &ask) || !strings.Contains(ask.Text, "all rights of Ana Diaz") || rawID.MatchString(ask.Text) {
			t.Errorf("the dialog says: %v", err)
		}
		w.click("UADA", alert, "confirm")
		w.sees("UADA", "", "The Slack account of Ana Diaz was confirmed by Ada Admin")
		w.readsNames()
	})
}

// Somebody who can't hold access is no address of the directory's: their
// mention stays an id for the parser, and becomes a name for people.
func TestMentionsOfGuestsAreReadAsNames(t *testing.T) {
	inWorld(t, func(w *world) {
		w.say("UANA", "zendesk for 1h for @gus")
		w.sees("UANA", "", "I can't tell who “@Gus Guest” is")
		w.say("UANA", "read only on prod billing db for 20 minutes, because @gus has stuck refunds")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "@Gus Guest has stuck refunds"), "send")
		card := w.sees("UBOB", "", "May Ana have this?", "@Gus Guest has stuck refunds")
		w.reply("UBOB", card, "did @gus file a ticket?")
		w.sees("UANA", "", "did @Gus Guest file a ticket?")
		w.readsNames()
		m, err := w.As("UBOB").Post("CGEN", "", "prod billing db read only for @cleo and @gus please, refunds stuck")
		if err != nil {
			t.Fatal(err)
		}
		if v := w.about("UANA", m); !strings.Contains(v.Plain(), "@Cleo Owner and @Gus Guest") {
			t.Errorf("the form quotes: %s", v.Plain())
		}
	})
}
