package slacksim

import "slices"

// sentView reads and checks the view of a call.
func sentView(c *call) (object, error) {
	raw, ok := c.json("view")
	view, isObject := raw.(object)
	if !ok || !isObject {
		return nil, invalid("invalid_arguments", []string{"must provide an object [json-pointer:/view]"})
	}
	if viewSize(view) > maxViewBytes {
		return nil, refuse("view_too_large")
	}
	if problems := ValidateView(view); len(problems) > 0 {
		return nil, invalid("invalid_arguments", problems)
	}
	return view, nil
}

func wrongType(want string) error {
	return invalid("invalid_arguments", []string{"view must be of type " + want + " [json-pointer:/view/type]"})
}

// externalFree refuses an external_id that another view has. w.mu is held.
func (w *Workspace) externalFree(id string, except *View) error {
	for _, v := range w.views {
		if id != "" && v.ExternalID == id && v != except {
			return refuse("duplicate_external_id")
		}
	}
	return nil
}

// push puts a new modal on top of a person's stack. w.mu is held.
func (w *Workspace) push(user string, sent object) (*View, error) {
	if err := w.externalFree(str(sent["external_id"]), nil); err != nil {
		return nil, err
	}
	v := &View{ID: newID("V"), User: user}
	w.fillView(v, sent)
	v.RootID = v.ID
	stack := w.stacks[user]
	if len(stack) > 0 {
		v.RootID, v.PreviousID = stack[0].ID, stack[len(stack)-1].ID
	}
	w.views[v.ID] = v
	w.stacks[user] = append(stack, v)
	w.touch()
	return v, nil
}

// viewsOpen shows a modal. Where one is open already the new one comes on top, as with views.push.
func (w *Workspace) viewsOpen(c *call) (object, error) { return w.show(c, false) }

func (w *Workspace) viewsPush(c *call) (object, error) { return w.show(c, true) }

func (w *Workspace) show(c *call, onTop bool) (object, error) {
	sent, err := sentView(c)
	if err != nil {
		return nil, err
	}
	if sent["type"] != "modal" {
		return nil, wrongType("modal")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t, err := w.exchange(c)
	if err != nil {
		return nil, err
	}
	stack := w.stacks[t.user]
	if onTop && (t.view == "" || !slices.ContainsFunc(stack, func(v *View) bool { return v.ID == t.view })) {
		return nil, refuse("not_found") // only an interaction in a modal that is still open may put one on top of it
	}
	if len(stack) >= maxStack {
		if onTop {
			return nil, refuse("push_limit_reached")
		}
		return nil, invalid("invalid_arguments", []string{"no more than 3 views may be open at once"})
	}
	v, err := w.push(t.user, sent)
	if err != nil {
		return nil, err
	}
	return object{"view": w.viewJSON(v)}, nil
}

func (w *Workspace) viewsUpdate(c *call) (object, error) {
	sent, err := sentView(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.views[c.str("view_id")]
	if ext := c.str("external_id"); v == nil && ext != "" {
		for _, o := range w.views {
			if o.ExternalID == ext {
				v = o
			}
		}
	}
	if v == nil {
		return nil, refuse("not_found")
	}
	if h := c.str("hash"); h != "" && h != v.Hash {
		return nil, refuse("hash_conflict")
	}
	if sent["type"] != v.Type {
		return nil, wrongType(v.Type)
	}
	if err := w.externalFree(str(sent["external_id"]), v); err != nil {
		return nil, err
	}
	w.fillView(v, sent)
	w.touch()
	return object{"view": w.viewJSON(v)}, nil
}

func (w *Workspace) viewsPublish(c *call) (object, error) {
	sent, err := sentView(c)
	if err != nil {
		return nil, err
	}
	if sent["type"] != "home" {
		return nil, wrongType("home")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.users[c.str("user_id")]
	if u == nil || u.Bot || u.Deleted {
		return nil, invalid("invalid_arguments", []string{"invalid `user_id`"})
	}
	v := w.homes[u.ID]
	if h := c.str("hash"); h != "" && (v == nil || h != v.Hash) {
		return nil, refuse("hash_conflict")
	}
	if err := w.externalFree(str(sent["external_id"]), v); err != nil {
		return nil, err
	}
	if v == nil {
		v = &View{ID: newID("V"), User: u.ID}
		v.RootID = v.ID
		w.homes[u.ID], w.views[v.ID] = v, v
	}
	w.fillView(v, sent)
	w.touch()
	return object{"view": w.viewJSON(v)}, nil
}

// drop closes a person's modals from position n of the stack up and returns them. w.mu is held.
func (w *Workspace) drop(user string, n int) []*View {
	stack := w.stacks[user]
	if n >= len(stack) {
		return nil
	}
	gone := slices.Clone(stack[n:])
	w.stacks[user] = stack[:n]
	for _, v := range gone {
		delete(w.views, v.ID)
	}
	w.touch()
	return gone
}
