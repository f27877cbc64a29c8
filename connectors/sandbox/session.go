package sandbox

import (
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// keepAttempts bounds what the page remembers of tries.
const keepAttempts = 50

// Login opens a session for an account that is a member of the resource, at
// its highest level, and returns the session's id. It returns CodeForbidden
// for one that is not a member.
func (s *Sandbox) Login(account, resource string) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.resource(resource)
	if !ok {
		return "", approvals.Errorf(approvals.CodeNotFound, "There is no resource %q.", resource)
	}
	now := s.now()
	for _, level := range slices.Backward(r.Levels) {
		k := key{resource, level, account}
		s.expire(k, now)
		if s.world.members[k] == nil {
			continue
		}
		o := &Session{ID: rand.Text(), Resource: resource, Level: level, Account: account, Since: now}
		s.world.sessions[k] = append(s.world.sessions[k], o)
		if err := s.save(); err != nil {
			return "", err
		}
		s.attempted(Attempt{At: now, Resource: resource, Account: account, Allowed: true, Words: "signed in, " + level})
		return o.ID, nil
	}
	s.attempted(Attempt{At: now, Resource: resource, Account: account, Words: "sign-in refused: no access"})
	return "", approvals.Errorf(approvals.CodeForbidden, "%s has no access to %s.", account, resource)
}

// Read reads the resource through an open session, and returns CodeForbidden
// when the session has ended.
func (s *Sandbox) Read(session string) (rows []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	o := s.open(session)
	if o != nil {
		s.expire(key{o.Resource, o.Level, o.Account}, now)
		o = s.open(session)
	}
	if o == nil {
		return nil, approvals.Errorf(approvals.CodeForbidden, "The session has ended.")
	}
	o.Reads++
	if err := s.save(); err != nil {
		return nil, err
	}
	for i := range 3 {
		rows = append(rows, fmt.Sprintf("%s record %d", o.Resource, o.Reads*3+i))
	}
	return rows, nil
}

// Logout closes a session; one that has ended is no error.
func (s *Sandbox) Logout(session string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.open(session)
	if o == nil {
		return nil
	}
	k := key{o.Resource, o.Level, o.Account}
	s.world.sessions[k] = slices.DeleteFunc(s.world.sessions[k], func(x *Session) bool { return x.ID == session })
	if len(s.world.sessions[k]) == 0 {
		delete(s.world.sessions, k)
	}
	return s.save()
}

// Try is what the page's button does: read through the open session, or sign
// in and read. A refusal is CodeForbidden, and the attempt says it in words.
func (s *Sandbox) Try(account, resource string) (Attempt, error) {
	id := s.find(account, resource)
	if id == "" {
		var err error
		if id, err = s.Login(account, resource); err != nil {
			return Attempt{Words: approvals.ErrorMessage(err)}, err
		}
	}
	rows, err := s.Read(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := Attempt{At: s.now(), Resource: resource, Account: account, Allowed: err == nil}
	if a.Words = approvals.ErrorMessage(err); err == nil {
		a.Words = fmt.Sprintf("read %d rows", len(rows))
	}
	s.attempted(a)
	return a, err
}

func (s *Sandbox) find(account, resource string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(s.now())
	_, sessions := s.world.list()
	for _, o := range sessions {
		if o.Account == account && o.Resource == resource {
			return o.ID
		}
	}
	return ""
}

func (s *Sandbox) open(id string) *Session {
	for _, open := range s.world.sessions {
		for _, o := range open {
			if o.ID == id {
				return o
			}
		}
	}
	return nil
}

func (s *Sandbox) attempted(a Attempt) {
	s.attempts = append(s.attempts, a)
	s.attempts = s.attempts[max(0, len(s.attempts)-keepAttempts):]
	s.revision++
}

// Seat gives access by hand, past any grant, as an administrator of the system
// would: it is there to be found as standing access or as drift.
func (s *Sandbox) Seat(resource, level, account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.resource(resource)
	if !ok || !slices.Contains(r.Levels, level) || !s.knows(account) {
		return approvals.Errorf(approvals.CodeNotFound, "There is no %s (%s) or no account %q.", resource, level, account)
	}
	k, now := key{resource, level, account}, s.now()
	if s.world.members[k] == nil {
		s.world.members[k] = &Member{Resource: resource, Level: level, Account: account, Since: now, Standing: true}
		s.world.record(Effect{At: now, Op: OpSeat, Resource: resource, Level: level, Account: account})
		return s.save()
	}
	return nil
}

// Unseat takes access away by hand, without ending its sessions: grants that
// relied on it vanish.
func (s *Sandbox) Unseat(resource, level, account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, now := key{resource, level, account}, s.now()
	if s.world.members[k] == nil {
		return nil
	}
	delete(s.world.members, k)
	s.world.record(Effect{At: now, Op: OpUnseat, Resource: resource, Level: level, Account: account})
	return s.save()
}
