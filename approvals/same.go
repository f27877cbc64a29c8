package approvals

// Holder is a Connector of which different targets, or different accounts, can
// mean one thing: a role of a database, whatever else the target says.
type Holder interface {
	// Holding names what an account holds by a target, in words of the
	// connector's own; equal names are one holding. It asks nobody. Not ok means
	// that it cannot tell, and that only equal targets are one.
	Holding(account string, target map[string]string) (name string, ok bool)
}

// Same reports whether two grants give the same thing in the same system, be
// it through different entitlements: the access is there while either lasts.
func (s *Service) Same(a, b Grant) bool {
	if a.SameHolding(b) {
		return true
	}
	h, ok := s.Holders[a.Connector]
	if !ok || a.Connector != b.Connector {
		return false
	}
	one, known := h.Holding(a.Account, a.Target)
	other, alsoKnown := h.Holding(b.Account, b.Target)
	return known && alsoKnown && one == other
}

// means reports whether a grant gives what an entitlement means now.
func (s *Service) means(g Grant, e Entitlement) bool {
	return s.Same(g, Grant{Connector: e.Connector, Account: g.Account, Target: e.Target})
}

// HoldersOf are the connectors that name holdings.
func HoldersOf(all map[string]Connector) map[string]Holder {
	holders := map[string]Holder{}
	for name, c := range all {
		if h, ok := c.(Holder); ok {
			holders[name] = h
		}
	}
	return holders
}
