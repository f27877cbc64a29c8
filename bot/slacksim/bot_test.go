package slacksim_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// exampleBot answers as a small access bot would: a card for a message, a modal for "Change", an edited message after "Approve".
type exampleBot struct {
	api *slack.Client
}

func (b exampleBot) handle(sm *socketmode.Client, ev socketmode.Event) {
	switch data := ev.Data.(type) {
	case slackevents.EventsAPIEvent:
		_ = sm.Ack(*ev.Request)
		b.event(data)
	case slack.InteractionCallback:
		b.interact(sm, ev, data)
	case slack.SlashCommand:
		_ = sm.Ack(*ev.Request, map[string]any{"text": "You asked for `" + data.Text + "`. Only you can see this."})
	}
}

func (b exampleBot) event(ev slackevents.EventsAPIEvent) {
	switch in := ev.InnerEvent.Data.(type) {
	case *slackevents.MessageEvent:
		if in.BotID == "" && in.SubType == "" {
			_, _, _ = b.api.PostMessage(in.Channel, slack.MsgOptionText("Your request", false), slack.MsgOptionBlocks(b.card(in.User, in.Text)...), slack.MsgOptionTS(in.ThreadTimeStamp))
		}
	case *slackevents.AppMentionEvent:
		_, _, _ = b.api.PostMessage(in.Channel, slack.MsgOptionText("Your request", false), slack.MsgOptionBlocks(b.card(in.User, in.Text)...), slack.MsgOptionTS(in.TimeStamp))
	case *slackevents.AppHomeOpenedEvent:
		_, _ = b.api.PublishViewContext(context.Background(), slack.PublishViewContextRequest{UserID: in.User, View: b.home()})
	}
}

func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject("plain_text", s, true, false)
}
func mrkdwn(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject("mrkdwn", s, false, false)
}

func (b exampleBot) card(user, text string) []slack.Block {
	until := time.Now().Add(2 * time.Hour).Unix()
	approve := slack.NewButtonBlockElement("approve", "req-1", plainText("Approve")).WithStyle(slack.StylePrimary)
	deny := slack.NewButtonBlockElement("deny", "req-1", plainText("Deny")).WithStyle(slack.StyleDanger).
		WithConfirm(slack.NewConfirmationBlockObject(plainText("Deny this request?"), plainText("billing-db, read only, 2 hours. The person is told."), plainText("Deny"), plainText("Keep it")))
	change := slack.NewButtonBlockElement("change", "req-1", plainText("Change…"))
	menu := slack.NewOverflowBlockElement("more", slack.NewOptionBlockObject("history", plainText("Show history"), nil), slack.NewOptionBlockObject("policy", plainText("Why this rule?"), nil))
	return []slack.Block{
		slack.NewHeaderBlock(plainText("Read only on billing-db for 2 hours :key:")),
		slack.NewSectionBlock(mrkdwn(fmt.Sprintf("<@%s> asks for *Billing database, read only* until <!date^%d^{date_short_pretty} {time}|later>.\n&gt; %s", user, until, text)), []*slack.TextBlockObject{
			mrkdwn("*For whom*\n<@" + user + ">"), mrkdwn("*Reason*\n`INC-4312` refunds stuck"),
		}, slack.NewAccessory(menu)),
		slack.NewDividerBlock(),
		slack.NewContextBlock("", mrkdwn(":shield: Risk *34* of 100 · colleagues hold it · ~no incident~ _ticket named_")),
		slack.NewActionBlock("decide", approve, deny, change),
	}
}

func (b exampleBot) home() slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewHeaderBlock(plainText("My access")),
		slack.NewSectionBlock(mrkdwn("*Billing database*, read only · ends in 2 hours"), nil, slack.NewAccessory(slack.NewButtonBlockElement("done", "g1", plainText("I'm done")))),
		slack.NewContextBlock("", mrkdwn("Nothing waits for you.")),
	}}}
}

func (b exampleBot) modal() slack.ModalViewRequest {
	options := []*slack.OptionBlockObject{slack.NewOptionBlockObject("30m", plainText("30 minutes"), nil), slack.NewOptionBlockObject("2h", plainText("2 hours"), nil)}
	length := slack.NewOptionsSelectBlockElement("static_select", plainText("How long"), "length", options...)
	length.InitialOption = options[1]
	what := slack.NewOptionsSelectBlockElement("external_select", plainText("Type to search"), "what")
	least := 1
	what.MinQueryLength = &least
	why := slack.NewPlainTextInputBlockElement(plainText("What is it for?"), "why")
	why.Multiline = true
	day := slack.NewDatePickerBlockElement("day")
	clock := slack.NewTimePickerBlockElement("clock")
	boxes := slack.NewCheckboxGroupsBlockElement("extras", slack.NewOptionBlockObject("notify", mrkdwn("Tell my *manager*"), nil), slack.NewOptionBlockObject("remind", plainText("Remind me before the end"), nil))
	radio := slack.NewRadioButtonsBlockElement("level", slack.NewOptionBlockObject("read", plainText("Read only"), nil), slack.NewOptionBlockObject("write", plainText("Read and write"), nil))
	start := slack.NewDateTimePickerBlockElement("start")
	more := slack.NewOptionsMultiSelectBlockElement("multi_external_select", plainText("Type to search"), "also")
	more.MinQueryLength, more.InitialOptions = &least, []*slack.OptionBlockObject{slack.NewOptionBlockObject("wiki", plainText("wiki"), nil)}
	teams := slack.NewOptionsMultiSelectBlockElement("multi_static_select", plainText("Teams"), "teams", slack.NewOptionBlockObject("pay", plainText("Payments"), nil), slack.NewOptionBlockObject("ops", plainText("Operations"), nil))
	input := func(id, label string, el slack.BlockElement, optional bool) slack.Block {
		in := slack.NewInputBlock(id, plainText(label), nil, el)
		in.Optional = optional
		return in
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: "change", Title: plainText("Change request"), Submit: plainText("Send"), Close: plainText("Cancel"), NotifyOnClose: true,
		PrivateMetadata: "req-1",
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			input("b-what", "What", what, false), input("b-level", "Level", radio, false), input("b-length", "How long", length, false), input("b-why", "Why", why, false),
			input("b-day", "From day", day, true), input("b-clock", "At", clock, true), input("b-extras", "Also", boxes, true),
			input("b-start", "From when on", start, true), input("b-more", "And with it", more, true), input("b-teams", "Told", teams, true),
		}},
	}
}

func (b exampleBot) interact(sm *socketmode.Client, ev socketmode.Event, in slack.InteractionCallback) {
	switch in.Type {
	case slack.InteractionTypeBlockSuggestion:
		var found []*slack.OptionBlockObject
		for _, name := range []string{"billing-db", "billing-api", "orders-db", "wiki"} {
			if strings.Contains(name, in.Value) {
				found = append(found, slack.NewOptionBlockObject(name, plainText(name), plainText("A system of the example")))
			}
		}
		_ = sm.Ack(*ev.Request, slack.OptionsResponse{Options: found})
	case slack.InteractionTypeViewSubmission:
		if len(in.View.State.Values["b-why"]["why"].Value) < 5 {
			_ = sm.Ack(*ev.Request, slack.NewErrorsViewSubmissionResponse(map[string]string{"b-why": "Say a little more, please."}))
			return
		}
		_ = sm.Ack(*ev.Request)
	case slack.InteractionTypeBlockActions:
		_ = sm.Ack(*ev.Request)
		b.clicked(in)
	case slack.InteractionTypeMessageAction:
		_ = sm.Ack(*ev.Request)
		_, _ = b.api.OpenView(in.TriggerID, b.modal())
	default:
		_ = sm.Ack(*ev.Request)
	}
}

func (b exampleBot) clicked(in slack.InteractionCallback) {
	switch in.ActionCallback.BlockActions[0].ActionID {
	case "change":
		_, _ = b.api.OpenView(in.TriggerID, b.modal())
	case "done":
		_, _ = b.api.PublishViewContext(context.Background(), slack.PublishViewContextRequest{UserID: in.User.ID, View: slack.HomeTabViewRequest{
			Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewHeaderBlock(plainText("You gave it back"))}},
		}})
	case "approve", "deny":
		verb := map[string]string{"approve": ":white_check_mark: Approved", "deny": ":no_entry: Denied"}[in.ActionCallback.BlockActions[0].ActionID]
		_, _, _, _ = b.api.UpdateMessage(in.Channel.ID, in.Message.Timestamp, slack.MsgOptionText(verb, false), slack.MsgOptionBlocks(
			slack.NewHeaderBlock(plainText("Read only on billing-db for 2 hours")),
			slack.NewSectionBlock(mrkdwn(verb+" by <@"+in.User.ID+">"), nil, nil),
		))
	}
}
