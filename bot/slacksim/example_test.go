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

// Blocks can be checked without a workspace, in a bot's own tests.
func ExampleValidateBlocks() {
	problems := slacksim.ValidateBlocks([]map[string]any{
		{"type": "header", "text": map[string]any{"type": "plain_text", "text": "Approved"}},
		{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": ""}, "colour": "green"},
	})
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// must be more than 0 characters [json-pointer:/blocks/1/text/text]
	// invalid additional property: colour [json-pointer:/blocks/1]
}

// An answer that is lost after its effect is the fault that bots forget most often: who sends again has sent twice.
func ExampleFaults_CutResponse() {
	w, err := slacksim.New(slacksim.Config{
		Users:    []slacksim.User{{ID: "UANA", Name: "ana"}},
		Channels: []slacksim.Channel{{ID: "C1", Name: "general"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	api := slack.New("xoxb-local", slack.OptionAPIURL(w.APIURL()), slack.OptionHTTPClient(httpClient(w)))

	w.Faults().CutResponse("chat.postMessage", 1)
	for range 2 {
		_, _, err := api.PostMessage("C1", slack.MsgOptionText("Access granted", false))
		fmt.Println("taken for sent:", err == nil)
	}
	fmt.Println("messages:", len(w.As("UANA").Messages("C1")))
	// Output:
	// taken for sent: false
	// taken for sent: true
	// messages: 2
}
