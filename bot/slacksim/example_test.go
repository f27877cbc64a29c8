package slacksim_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// A bot written with any Slack library talks to the workspace as it would to Slack.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w, err := slacksim.New(slacksim.Config{
		BotToken: "xoxb-demo", AppToken: "xapp-demo", AppName: "Echo",
		Users: []slacksim.User{{ID: "UANA", Name: "ana", RealName: "Ana Diaz"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()

	// The bot: here without a port; after w.Start it would need only OptionAPIURL.
	api := slack.New("xoxb-demo", slack.OptionAppLevelToken("xapp-demo"), slack.OptionAPIURL(w.APIURL()), slack.OptionHTTPClient(httpClient(w)))
	sm := socketmode.New(api, socketmode.OptionDialer(&websocket.Dialer{NetDialContext: w.Dial, WriteBufferSize: 32 << 10}))
	go func() { _ = sm.RunContext(ctx) }()
	go func() {
		for ev := range sm.Events {
			if outer, ok := ev.Data.(slackevents.EventsAPIEvent); ok {
				_ = sm.Ack(*ev.Request)
				if m, ok := outer.InnerEvent.Data.(*slackevents.MessageEvent); ok && m.BotID == "" {
					_, _, _ = api.PostMessage(m.Channel, slack.MsgOptionText("You said: "+m.Text, false))
				}
			}
		}
	}()

	// The person.
	ana := w.As("UANA")
	if err := w.Wait(ctx, func() bool { return w.Connections() == 1 }); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := ana.DM("hello"); err != nil {
		fmt.Println(err)
		return
	}
	m, err := ana.WaitMessage(ctx, ana.DMChannel(), slacksim.Saying("You said"))
	fmt.Println(m.Text, err)
	// Output: You said: hello <nil>
}
