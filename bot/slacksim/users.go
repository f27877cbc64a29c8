package slacksim

import (
	"fmt"
	"strings"
	"time"
)

// userJSON is a person as the Web API shows them to this app. The address is there only with the scope for it, and never for
// people of other workspaces. w.mu is held.
func (w *Workspace) userJSON(u *User) object {
	now := w.cfg.Now()
	zone, err := time.LoadLocation(u.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	label, offset := now.In(zone).Zone()
	home := u.TeamID == w.cfg.TeamID
	profile := object{
		"title": u.Title, "phone": "", "skype": "", "real_name": u.RealName, "real_name_normalized": u.RealName,
		"display_name": u.Name, "display_name_normalized": u.Name, "status_text": "", "status_emoji": "",
		"status_expiration": 0, "avatar_hash": "", "first_name": firstName(u.RealName),
		"last_name": strings.TrimSpace(strings.TrimPrefix(u.RealName, firstName(u.RealName))),
		"image_24":  "", "image_32": "", "image_48": "", "image_72": "", "image_192": "", "image_512": "", "team": u.TeamID,
	}
	if u.Email != "" && home && w.granted("users:read.email") {
		profile["email"] = u.Email
	}
	out := object{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "deleted": u.Deleted, "color": "", "real_name": u.RealName,
		"tz": u.TimeZone, "tz_label": label, "tz_offset": offset, "profile": profile, "is_bot": u.Bot, "is_app_user": false,
		"updated": now.Unix(), "is_email_confirmed": u.Email != "", "who_can_share_contact_card": "EVERYONE",
	}
	if u.Bot && u.ID == w.cfg.BotUserID {
		profile["bot_id"], profile["api_app_id"], profile["always_active"] = botID, appID, true
	}
	if !u.Deleted {
		out["is_admin"], out["is_owner"], out["is_primary_owner"] = u.Admin, false, false
		out["is_restricted"], out["is_ultra_restricted"] = u.Restricted || u.UltraRestricted, u.UltraRestricted
	}
	if !home {
		out["is_stranger"] = u.Stranger
		if u.Stranger {
			for _, k := range []string{"title", "phone", "status_text"} {
				delete(profile, k)
			}
		}
	}
	if u.EnterpriseID != "" {
		out["enterprise_user"] = object{
			"id": u.ID, "enterprise_id": u.EnterpriseID, "enterprise_name": w.organisationName(u.EnterpriseID),
			"is_admin": u.Admin, "is_owner": false, "is_primary_owner": false, "teams": []string{u.TeamID},
		}
	}
	return out
}

// organisationName is the name of an Enterprise Grid organisation. Of others than the workspace's own only the id is known.
func (w *Workspace) organisationName(id string) string {
	if id == w.cfg.EnterpriseID {
		return w.cfg.EnterpriseName
	}
	return id
}

// UpdateUser changes a person: deactivates them, makes them a guest, changes title or address. The app hears user_change. It
// returns an error when there is no such person, or when the change renames their id.
func (w *Workspace) UpdateUser(id string, change func(*User)) error {
	w.mu.Lock()
	u := w.users[id]
	if u == nil {
		w.mu.Unlock()
		return fmt.Errorf("slacksim: no user %s", id)
	}
	next := *u
	change(&next)
	if next.ID != id {
		w.mu.Unlock()
		return fmt.Errorf("slacksim: the id of %s cannot change", id)
	}
	*u = next
	if u.Deleted {
		delete(w.stacks, id)
	}
	ts := w.stamp()
	ev := object{"type": "user_change", "user": w.userJSON(u), "cache_ts": w.cfg.Now().Unix(), "event_ts": ts}
	w.touch()
	w.mu.Unlock()
	w.emit("user_change", id, ev)
	return nil
}

// UserByID returns a person's facts as the workspace holds them now.
func (w *Workspace) UserByID(id string) (User, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u := w.users[id]; u != nil {
		return *u, true
	}
	return User{}, false
}

func (w *Workspace) usersInfo(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.users[c.str("user")]
	if u == nil {
		return nil, refuse("user_not_found")
	}
	out := w.userJSON(u)
	if c.bool("include_locale") {
		out["locale"] = "en-US"
	}
	return object{"user": out}, nil
}

// usersList lists the home workspace's people, deactivated ones and bots included. Strangers are not members.
func (w *Workspace) usersList(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*User
	for _, id := range w.userOrder {
		if !w.users[id].Stranger {
			all = append(all, w.users[id])
		}
	}
	limit := c.int("limit", 0)
	if limit == 0 {
		if len(all) > 1000 { // Slack asks for pages once a list is large
			return nil, refuse("limit_required")
		}
		limit = len(all)
	}
	list, next, err := page(all, c.str("cursor"), min(max(limit, 1), 1000))
	if err != nil {
		return nil, err
	}
	members := make([]object, len(list))
	for i, u := range list {
		members[i] = w.userJSON(u)
	}
	return object{"members": members, "cache_ts": w.cfg.Now().Unix(), "response_metadata": object{"next_cursor": next}}, nil
}

// lookupByEmail finds active people of the home workspace. Deactivated people and outsiders are not found.
func (w *Workspace) lookupByEmail(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range w.userOrder {
		u := w.users[id]
		if strings.EqualFold(u.Email, c.str("email")) && !u.Deleted && u.TeamID == w.cfg.TeamID {
			return object{"user": w.userJSON(u)}, nil
		}
	}
	return nil, refuse("users_not_found")
}
