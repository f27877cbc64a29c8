package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// SlackGroup is the kind of approver reference that GroupMembers answers for:
// "slack-group:S0123" or "slack-group:HANDLE".
const SlackGroup = "slack-group"

// GroupMembers says who is in a Slack user group now, by its id or handle.
// Nothing is remembered of a group. Members who may do nothing here are left
// out; when Slack does not say who one of them is, nobody is told
// (CodeUnavailable), and a group that is not there or switched off is
// CodeNotFound.
func (b *Bot) GroupMembers(ctx context.Context, name string) ([]approvals.PrincipalID, error) {
	var groups []slack.UserGroup
	err := b.call(ctx, "usergroups.list", "", func(ctx context.Context) (err error) {
		groups, err = b.api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeUsers(true))
		return err
	})
	if err != nil {
		return nil, &approvals.Error{Code: approvals.CodeUnavailable, Op: "usergroups.list", Err: err, Message: "Slack does not say right now who is in the user group."}
	}
	i := slices.IndexFunc(groups, func(g slack.UserGroup) bool { return g.ID == name || strings.EqualFold(g.Handle, name) })
	if i < 0 {
		return nil, approvals.Errorf(approvals.CodeNotFound, "Slack has no user group %s, or it is switched off.", name)
	}
	var ids []approvals.PrincipalID
	for _, user := range groups[i].Users {
		p, err := b.person(ctx, user)
		switch approvals.ErrorCode(err) {
		case "":
			ids = append(ids, p.ID)
		case approvals.CodeForbidden, approvals.CodeNotFound: // a guest, somebody who left
		default:
			return nil, err
		}
	}
	return ids, nil
}
