package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The keys of a receipt.
const (
	receiptUser  = "user"
	receiptGroup = "group"
)

const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// patch is the body of a PATCH.
type patch struct {
	Schemas    []string    `json:"schemas"`
	Operations []operation `json:"Operations"`
}

type operation struct {
	Op    string   `json:"op"`
	Path  string   `json:"path"`
	Value []member `json:"value,omitempty"`
}

// Grant puts the account into the group, unless it is in it.
func (c *Connector) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	u, err := c.findUser(ctx, g.Account)
	if errors.Is(err, errAbsent) {
		return nil, &failure{Kind: approvals.Permanent, Message: fmt.Sprintf("The service has no user whose %s is %q.", c.cfg.Account, g.Account)}
	}
	if err != nil {
		return nil, err
	}
	if u.Active != nil && !*u.Active {
		return nil, &failure{Kind: approvals.Permanent, Message: fmt.Sprintf("The service's user %q is not active.", g.Account)}
	}
	group, err := c.findGroup(ctx, g.Target)
	if err != nil {
		return nil, gone(err)
	}
	receipt := approvals.Receipt{receiptUser: u.ID, receiptGroup: group.ID}
	if group.has(u.ID) {
		return receipt, nil
	}
	return receipt, gone(c.change(ctx, group, u.ID, true))
}

// Revoke takes the account out of the group. Whoever is not in it, or not in
// the service at all, is out already.
func (c *Connector) Revoke(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Removal, error) {
	id, group, err := c.locate(ctx, g, receipt)
	switch {
	case errors.Is(err, errAbsent):
	case err != nil:
		return approvals.Removal{}, err
	case group.has(id):
		if err := c.change(ctx, group, id, false); err != nil && !errors.Is(err, errAbsent) {
			return approvals.Removal{}, err
		}
	}
	// What was given and is gone may have gone a moment ago, by a call whose
	// answer was lost: its sessions live on all the same.
	if c.cfg.Sessions == 0 || receipt == nil || !g.ResidualUntil.IsZero() {
		return approvals.Removal{}, nil
	}
	return approvals.Removal{ResidualUntil: c.cfg.Now().UTC().Add(c.cfg.Sessions),
		Reason: fmt.Sprintf("sessions of this application last for up to %s after the membership ends", c.cfg.Sessions)}, nil
}

// Check reads the group and says whether the account is in it.
func (c *Connector) Check(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Presence, error) {
	id, group, err := c.locate(ctx, g, receipt)
	if errors.Is(err, errAbsent) {
		return approvals.Presence{Detail: "the service no longer has the user or the group"}, nil
	}
	if err != nil {
		return approvals.Presence{}, err
	}
	if !group.has(id) {
		return approvals.Presence{Detail: fmt.Sprintf("not a member of %s", group.DisplayName)}, nil
	}
	return approvals.Presence{Present: true, Detail: fmt.Sprintf("member of %s", group.DisplayName)}, nil
}

// List names the members of the entitlement's group by their accounts. Members
// that are no users, such as groups, are named by their id.
func (c *Connector) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	group, err := c.findGroup(ctx, e.Target)
	if err != nil {
		return nil, gone(err)
	}
	at := c.cfg.Now()
	if len(group.Members) == 0 {
		return nil, nil
	}
	users, err := c.users(ctx)
	if err != nil {
		return nil, err
	}
	held := make([]approvals.Holding, 0, len(group.Members))
	seen := map[string]bool{}
	for _, m := range group.Members {
		if seen[m.Value] {
			continue
		}
		seen[m.Value] = true
		account := users[m.Value].account(c.cfg.Account)
		if account == "" {
			account = m.Value
		}
		held = append(held, approvals.Holding{Entitlement: e.ID, Account: account, AsOf: at})
	}
	return held, nil
}

// Holding is the membership of an account, whose spelling does not count where
// the service does not mind it. A group that was named is known by its id once
// it was found, as Validate does at the start.
func (c *Connector) Holding(account string, target map[string]string) (name string, ok bool) {
	id := target["group_id"]
	if found, known := c.ids.Load(target["group"]); id == "" && known {
		id, _ = found.(string)
	}
	if c.cfg.Account != "externalId" {
		account = strings.ToLower(account)
	}
	return id + "\x00" + account, id != ""
}

// Validate asks whether the target's group is there.
func (c *Connector) Validate(ctx context.Context, e approvals.Entitlement) error {
	for key := range e.Target {
		if key != "group" && key != "group_id" {
			return &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("the target has %q; a SCIM target is group or group_id", key)}
		}
	}
	_, err := c.findGroup(ctx, e.Target)
	return gone(err)
}

// locate finds user and group of a grant, by its receipt where there is one:
// names change, ids do not. It fails with errAbsent when the user, or a group
// that was there at the grant, is gone.
func (c *Connector) locate(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (id string, in group, err error) {
	if known := receipt[receiptGroup]; known != "" {
		in, err = c.findGroup(ctx, map[string]string{"group_id": known})
	} else if in, err = c.findGroup(ctx, g.Target); err != nil {
		err = gone(err)
	}
	if err != nil {
		return "", in, err
	}
	if known := receipt[receiptUser]; known != "" {
		return known, in, nil
	}
	u, err := c.findUser(ctx, g.Account)
	return u.ID, in, err
}

// change puts one member in or takes one out, in the service's dialect.
func (c *Connector) change(ctx context.Context, g group, id string, in bool) error {
	path := "/Groups/" + url.PathEscape(g.ID)
	if c.cfg.Patch == ByPut {
		return c.replace(ctx, path, g, id, in)
	}
	op := operation{Op: "add", Path: "members", Value: []member{{Value: id}}}
	switch {
	case !in && c.cfg.Patch == ByFilter:
		op = operation{Op: "remove", Path: "members[value eq " + quoted(id) + "]"}
	case !in:
		op.Op = "remove"
	}
	return c.write(ctx, http.MethodPatch, path, patch{Schemas: []string{patchSchema}, Operations: []operation{op}}, "")
}

// replace writes the whole group back, with all that was read of it and one
// member more or less, if nobody has changed it since.
func (c *Connector) replace(ctx context.Context, path string, g group, id string, in bool) error {
	var whole map[string]json.RawMessage
	version, err := c.get(ctx, path, &whole)
	if err != nil {
		return err
	}
	var now group
	for key, into := range map[string]any{"members": &now.Members, "meta": &now.Meta} {
		if raw, ok := whole[key]; ok && json.Unmarshal(raw, into) != nil {
			return &failure{Kind: approvals.Misconfigured, Message: "The service's answer is not SCIM. Check url."}
		}
	}
	if version == "" {
		version = now.Meta.Version
	}
	if version == "" {
		return &failure{Kind: approvals.Misconfigured, Message: "The service gives groups no version, so a change by somebody else would be lost. Choose another patch: in hallpass.yaml."}
	}
	var members []json.RawMessage
	if raw, ok := whole["members"]; ok {
		if err := json.Unmarshal(raw, &members); err != nil {
			return &failure{Kind: approvals.Misconfigured, Message: "The service's answer is not SCIM. Check url."}
		}
	}
	kept := members[:0]
	for i, raw := range members {
		if now.Members[i].Value != id {
			kept = append(kept, raw)
		}
	}
	if in {
		kept = append(kept, json.RawMessage(`{"value":`+quoted(id)+`}`))
	}
	list, err := json.Marshal(append([]json.RawMessage{}, kept...))
	if err != nil {
		return &failure{Kind: approvals.Permanent, Message: "The change can't be written as JSON.", Err: err}
	}
	whole["members"] = list
	delete(whole, "meta") // the service's own
	return c.write(ctx, http.MethodPut, path, whole, version)
}

// gone makes a failure of a group that should be there and is not.
func gone(err error) error {
	if errors.Is(err, errAbsent) {
		return &failure{Kind: approvals.Misconfigured, Message: "The service has no group with this id. Check group_id."}
	}
	return err
}
