package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

var errTooLate = approvals.Errorf(approvals.CodeInvalid, "That took too long on our side, and Slack no longer lets the form open. Please press it again.")

// openForm opens the form, for a new request or to change a draft. Slack lets
// it open only within 3 s of the click.
func (b *Bot) openForm(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID) error {
	var f cards.Filled
	if id != "" {
		var err error
		if f.Request, err = b.cfg.Store.Request(ctx, id); err != nil {
			return err
		}
		if f.Request.Requester != p.ID || f.Request.State != approvals.RequestDraft {
			return approvals.Errorf(approvals.CodeForbidden, "This request can no longer be changed here.")
		}
		if f.Entitlement, err = b.cfg.Catalogue.Entitlement(ctx, f.Request.Entitlement); err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
			return err
		}
		if f.Request.Beneficiary != p.ID {
			f.ForUser, _ = b.userOf(ctx, f.Request.Beneficiary) // left empty it is asked for again
		}
	}
	return b.fillForm(ctx, s, f)
}

// fillForm opens the form with what is known.
func (b *Bot) fillForm(ctx context.Context, s said, f cards.Filled) error {
	if !b.inTime(s) {
		return errTooLate
	}
	index, err := b.index(ctx)
	if err != nil {
		return err
	}
	if f.Profiles, err = b.profiles(ctx); err != nil {
		return err
	}
	return b.open(ctx, s, cards.Form(index.All(), f))
}

// profiles are those of the catalogue, none where there is no such thing.
func (b *Bot) profiles(ctx context.Context) ([]approvals.Profile, error) {
	if b.cfg.Service.Profiles == nil {
		return nil, nil
	}
	return b.cfg.Service.Profiles.AllProfiles(ctx)
}

// inTime reports whether Slack still lets a form open for an entry.
func (b *Bot) inTime(s said) bool { return s.attempt <= 1 && b.cfg.Now().Sub(s.at) <= triggerLives }

func (b *Bot) open(ctx context.Context, s said, form slack.ModalViewRequest) error {
	err := b.call(ctx, "views.open", "", func(ctx context.Context) error {
		_, err := b.api.OpenViewContext(ctx, s.Trigger, form)
		return err
	})
	switch slackCode(err) {
	case "expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id":
		return errTooLate
	}
	return err
}

// answer handles what is answered in the acknowledgement itself.
func (b *Bot) answer(ctx context.Context, e entry) any {
	if e.Kind == kindSuggestion {
		return b.suggest(ctx, e)
	}
	var more *slack.ModalViewRequest
	take, blame := func(ctx context.Context, e entry) (problems map[string]string, err error) {
		problems, more, err = b.submit(ctx, e)
		return problems, err
	}, cards.InputEntitlement
	if strings.HasPrefix(e.Private, bundlePrefix) {
		blame = cards.InputReason
	}
	switch e.Action {
	case cards.CallbackDeny:
		take, blame = b.deny, cards.InputNote
	case cards.CallbackGlass:
		take = b.breakGlass
	case cards.CallbackFinding:
		take, blame = b.notJustified, cards.InputNote
	case cards.CallbackReviewWrong:
		take, blame = b.verdict(approvals.VerdictWrong), cards.InputNote
	case cards.CallbackReviewOther:
		take, blame = b.verdict(approvals.VerdictUnsure), cards.InputNote
	case cards.CallbackLift:
		take, blame = b.lift, cards.InputNote
	case cards.CallbackLess:
		take, blame = b.approveLess, cards.InputDuration
	case cards.CallbackTicket:
		take, blame = b.withTicket, cards.InputTicket
	}
	problems, err := take(ctx, e)
	if err != nil {
		b.log.WarnContext(ctx, "a form was not taken", "user", e.User, "error", err)
		message := approvals.ErrorMessage(err)
		if errors.Is(err, context.DeadlineExceeded) {
			message = "That took too long on our side. Please send it again."
		}
		problems = map[string]string{blame: message}
	}
	if len(problems) > 0 {
		return slack.NewErrorsViewSubmissionResponse(problems)
	}
	if more != nil {
		return slack.NewUpdateViewSubmissionResponse(more)
	}
	return nil
}

// suggest offers entitlements for what is typed: of those that match alike, what
// the person asked for before and what their peers hold come first.
func (b *Bot) suggest(ctx context.Context, e entry) any {
	type offers struct {
		Options []*slack.OptionBlockObject `json:"options"`
	}
	none := offers{Options: []*slack.OptionBlockObject{}}
	p, err := b.identify(ctx, e)
	if err != nil || e.Action != cards.InputEntitlement && e.Action != cards.InputMore {
		return none
	}
	index, err := b.index(ctx)
	if err != nil {
		return none
	}
	found := cards.Options(index.SearchFor(b.leaning(ctx, p), e.Text, 50), 50)
	if profile, ok, err := b.profileNamed(ctx, "new "+e.Text); ok && err == nil && e.Action == cards.InputEntitlement && e.Private == "" {
		found = append(cards.ProfileOptions([]approvals.Profile{profile}), found...)
	}
	if len(found) > 0 {
		return offers{Options: found}
	}
	return none
}

// minutes reads a form's duration, a whole number of minutes from 1. 24 bits of
// them are fifteen years: more is nonsense, and can't overflow a Duration.
func minutes(s string) (time.Duration, bool) {
	n, err := strconv.ParseInt(s, 10, 24)
	return time.Duration(n) * time.Minute, err == nil && n >= 1
}
