package slacksim

import (
	"fmt"
	"slices"
)

// group is a user group as the workspace keeps it.
type group struct {
	Group
	created, updated int64 // Unix seconds
}

// addGroup adds a user group of the configuration.
func (w *Workspace) addGroup(g Group) error {
	if g.ID == "" || g.Handle == "" {
		return fmt.Errorf("user group %q: id and handle are needed", g.ID+g.Handle)
	}
	if w.group(g.ID) != nil {
		return fmt.Errorf("user group %s is there twice", g.ID)
	}
	if err := w.membersKnown(g); err != nil {
		return err
	}
	now := w.cfg.Now().Unix()
	g.Users = slices.Clone(g.Users)
	w.groups = append(w.groups, &group{g, now, now})
	return nil
}

// membersKnown refuses a group with members that are not users. w.mu is held, or the workspace is not shared yet.
func (w *Workspace) membersKnown(g Group) error {
	for _, id := range g.Users {
		if w.users[id] == nil {
			return fmt.Errorf("user group %s: member %s is not a user", g.ID, id)
		}
	}
	return nil
}

// group finds a user group, or nil. w.mu is held.
func (w *Workspace) group(id string) *group {
	i := slices.IndexFunc(w.groups, func(g *group) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return w.groups[i]
}

// UpdateGroup changes a user group: its members, its names, or whether it is switched off. When members come or go the app hears
// subteam_members_changed. It returns an error when there is no such group, when a member is not a user, or when the change renames the
// group's id.
func (w *Workspace) UpdateGroup(id string, change func(*Group)) error {
	w.mu.Lock()
	g := w.group(id)
	if g == nil {
		w.mu.Unlock()
		return fmt.Errorf("slacksim: no user group %s", id)
	}
	next := g.Group
	next.Users = slices.Clone(g.Users)
	change(&next)
	err := w.membersKnown(next)
	if err == nil && next.ID != id {
		err = fmt.Errorf("the id of %s cannot change", id)
	}
	if err != nil {
		w.mu.Unlock()
		return fmt.Errorf("slacksim: %w", err)
	}
	added, removed := without(next.Users, g.Users), without(g.Users, next.Users)
	before := g.updated
	g.Group, g.updated = next, w.cfg.Now().Unix()
	ev := object{
		"type": "subteam_members_changed", "subteam_id": id, "team_id": w.cfg.TeamID, "date_previous_update": before, "date_update": g.updated,
		"added_users": added, "added_users_count": len(added), "removed_users": removed, "removed_users_count": len(removed), "event_ts": w.stamp(),
	}
	w.touch()
	w.mu.Unlock()
	if len(added)+len(removed) > 0 {
		w.emit("subteam_members_changed", "", ev)
	}
	return nil
}

// without is list with those in gone left out. It is never nil, so that it shows as [] in JSON.
func without(list, gone []string) []string {
	out := []string{}
	for _, x := range list {
		if !slices.Contains(gone, x) {
			out = append(out, x)
		}
	}
	return out
}

// GroupByID returns a user group as it is now.
func (w *Workspace) GroupByID(id string) (Group, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.group(id)
	if g == nil {
		return Group{}, false
	}
	out := g.Group
	out.Users = slices.Clone(g.Users)
	return out, true
}

// usergroupsList lists the groups of the workspace. Those that are switched off are there only when asked for.
func (w *Workspace) usergroupsList(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ownTeam(c); err != nil {
		return nil, err
	}
	list := []object{}
	for _, g := range w.groups {
		if g.Disabled && !c.bool("include_disabled") {
			continue
		}
		o := object{
			"id": g.ID, "team_id": w.cfg.TeamID, "is_usergroup": true, "is_subteam": true, "name": g.Name, "description": "",
			"handle": g.Handle, "is_external": false, "date_create": g.created, "date_update": g.updated, "date_delete": 0,
			"auto_provision": false, "enterprise_subteam_id": "", "created_by": w.firstPerson(), "updated_by": w.firstPerson(), "deleted_by": nil,
			"prefs": object{"channels": []string{}, "groups": []string{}}, "channel_count": 0,
		}
		if g.Disabled {
			o["date_delete"], o["deleted_by"] = g.updated, w.firstPerson()
		}
		if c.bool("include_count") {
			o["user_count"] = len(g.Users)
		}
		if c.bool("include_users") {
			o["users"] = append([]string{}, g.Users...)
		}
		list = append(list, o)
	}
	return object{"usergroups": list}, nil
}

// usergroupMembers lists a group's members. Deactivated people stay in it: Slack documents nothing else, and a bot that asks who
// may approve must look at each of them anyway. A group that is switched off is found only when asked for.
func (w *Workspace) usergroupMembers(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.group(c.str("usergroup"))
	if g == nil || g.Disabled && !c.bool("include_disabled") {
		return nil, refuse("no_such_subteam")
	}
	return object{"users": append([]string{}, g.Users...)}, nil
}

// ownTeam refuses a call about another workspace than this one, which is what team_id of an organisation's token may name. w.mu is held.
func (w *Workspace) ownTeam(c *call) error {
	if c.has("team_id") && c.str("team_id") != w.cfg.TeamID {
		return refuse("invalid_team")
	}
	return nil
}
