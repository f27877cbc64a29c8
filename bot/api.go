package bot

import (
	"errors"
	"net/http"
	"strings"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// slackCode is Slack's own name for an error, "" when the error is not Slack's.
func slackCode(err error) string {
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Err
	}
	return ""
}

// gone are Slack's answers for readers and places that a message can't reach,
// now or later.
func gone(err error) bool {
	switch slackCode(err) {
	case "channel_not_found", "not_in_channel", "is_archived", "user_not_found", "users_not_found", "user_disabled", "user_not_visible",
		"restricted_action", "cannot_dm_bot", "messages_tab_disabled", "not_enabled", "user_not_in_channel", "cannot_reply_to_message":
		return true
	}
	return false
}

// passing reports whether the same call may succeed later, and whether this
// one may have had its effect nevertheless.
func passing(err error) (again, sent bool) {
	if _, ok := patience(err); ok {
		return true, false
	}
	var status slack.StatusCodeError
	if errors.As(err, &status) {
		return status.Code >= http.StatusInternalServerError, true
	}
	switch slackCode(err) {
	case "":
		return approvals.ErrorCode(err) == approvals.CodeUnavailable || approvals.ErrorCode(err) == approvals.CodeInternal, true
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited", "ratelimited":
		return true, true
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired", "missing_scope":
		return true, false // an operator mends the token; nothing is lost meanwhile
	}
	return false, false
}

// lost reports whether Slack says to a call that the bot's token is no good any
// more. By its documentation these four, and nothing else, are for good.
func lost(err error) bool {
	switch slackCode(err) {
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked":
		return true
	}
	return false
}

// fatal reports whether Slack refuses the tokens for good.
func fatal(err error) bool { return approvals.ErrorCode(err) == approvals.CodeInvalid }

// mend turns what Slack answers to the connection's own calls into an error
// that names what to do. It never holds a token.
func mend(method string, err error) error {
	if err == nil {
		return nil
	}
	which, kind := "SLACK_BOT_TOKEN", "the xoxb- token of “Install App”"
	if strings.HasPrefix(method, "apps.") {
		which, kind = "SLACK_APP_TOKEN", "the xapp- token of “Basic Information”, “App-Level Tokens”"
	}
	say := func(code approvals.Code, format string, args ...any) error {
		e := approvals.Errorf(code, format, args...)
		e.Op, e.Err = method, err
		return e
	}
	var status slack.StatusCodeError
	switch code := slackCode(err); code {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired":
		return say(approvals.CodeInvalid, "Slack does not accept %s (%s): set it to %s of this app.", which, code, kind)
	case "account_inactive":
		return say(approvals.CodeInvalid, "Slack says that the app's account is inactive: install the app again and set %s anew.", which)
	case "not_allowed_token_type":
		return say(approvals.CodeInvalid, "%s holds the wrong kind of token: it must be %s.", which, kind)
	case "missing_scope":
		var refused slack.SlackErrorResponse
		errors.As(err, &refused)
		return say(approvals.CodeInvalid, "%s lacks the scope %s: add it to the app and install it again.", which, first(refused.Needed, "that the manifest names"))
	case "forbidden_team":
		return say(approvals.CodeInvalid, "Slack refuses the app in this workspace: ask an admin of it to approve the app.")
	}
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return say(approvals.CodeInvalid, "There is no Slack at the configured address: set slack.api_url to https://slack.com/api/, or remove it.")
	}
	return say(approvals.CodeUnavailable, "Slack can't be reached: check the network, the proxy, and slack.api_url.")
}
