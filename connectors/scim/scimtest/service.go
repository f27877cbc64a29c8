// Package scimtest is a SCIM 2.0 service in this process, for tests of what
// speaks to one: the protocol is elimity-com/scim's, the state is here.
//
// It pages by threes, filters, keeps versions, and refuses what a dialect does
// not know; faults are spoiled into single requests. Nobody creates, replaces
// or deletes a user or a group by it: that is a panic. The package must never
// be linked into the program.
package scimtest

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/scim"
)

// Token is the bearer token that the service takes.
const Token = "the-bearer-token-of-the-service"

// Service is a SCIM service of five users' worth of state. Whoever reads or
// changes its fields while it serves holds its lock.
type Service struct {
	sync.Mutex
	Users   []elimity.Resource
	Names   map[string]string          // group id to displayName
	Members map[string]map[string]bool // by group id, by user id
	Version map[string]int             // of groups
	Effects map[string]int             // changes, by user id
	ETags   bool                       // groups have versions
	ByValue bool                       // takes members away by a list of values only
	NoPatch bool
	// Changed is told of each change, under the lock; nil: nobody is.
	Changed func(group, user string, in bool)

	before  map[string]bool // the members of the last changed group, as they were
	fault   *connectortest.Fault
	handler elimity.Server
}

// New makes a service of four users and the groups g-readers and g-admins.
func New(t testing.TB) *Service {
	t.Helper()
	s := &Service{Names: map[string]string{"g-readers": "sre-readers", "g-admins": "SRE admins & l'été <x>"},
		Members: map[string]map[string]bool{"g-readers": {}, "g-admins": {}}, Version: map[string]int{}, Effects: map[string]int{}, ETags: true}
	for _, name := range []string{"maya@example.com", "li@example.com", "ann@example.com", "ann.smith@example.com"} {
		s.Users = append(s.Users, elimity.Resource{ID: "u-" + strings.Split(name, "@")[0], ExternalID: optional.NewString("x-" + name),
			Attributes: elimity.ResourceAttributes{"userName": name, "active": name != "ann.smith@example.com",
				"emails": []any{map[string]any{"value": strings.ToUpper(name)}}}})
	}
	people := schema.CoreUserSchema()
	people.Attributes = append(people.Attributes, schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "externalId"})))
	server, err := elimity.NewServer(&elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{SupportFiltering: true, SupportPatch: true, MaxResults: 3},
		ResourceTypes: []elimity.ResourceType{
			{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Schema: people, Handler: userHandler{s}},
			{ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Schema: schema.CoreGroupSchema(), Handler: groupHandler{s}},
		}})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = server
	return s
}

// Start serves over TLS and gives the configuration that reaches it.
func (s *Service) Start(t testing.TB) scim.Config {
	t.Helper()
	return s.StartWith(t, func(http.ResponseWriter, *http.Request) bool { return false })
}

// StartWith is Start with something before the service that may answer itself.
func (s *Service) StartWith(t testing.TB, before func(http.ResponseWriter, *http.Request) bool) scim.Config {
	t.Helper()
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !before(w, r) {
			s.ServeHTTP(w, r)
		}
	}))
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	h.StartTLS()
	t.Cleanup(h.Close)
	return Reaching(h)
}

// Reaching is the configuration for a server of this machine.
func Reaching(h *httptest.Server) scim.Config {
	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	return scim.Config{Name: "metrics", URL: h.URL + "/scim/v2/", Token: Token, Roots: roots,
		Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
}

// ServeHTTP answers as the service does, below /scim/v2.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+Token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f, noPatch := s.take(r)
	switch f.Trouble {
	case connectortest.Cut:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case connectortest.Conflict:
		w.WriteHeader(http.StatusConflict)
		return
	case connectortest.Throttled:
		w.Header().Set("Retry-After", strconv.Itoa(int(f.After.Seconds())))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case connectortest.Lie:
		w.WriteHeader(http.StatusNoContent)
		return
	case connectortest.LostAnswer:
		http.StripPrefix("/scim/v2", s.handler).ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	if noPatch && r.Method == http.MethodPatch {
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	http.StripPrefix("/scim/v2", s.handler).ServeHTTP(w, r)
}

// Spoil makes the next matching request meet a fault; nil: none does.
func (s *Service) Spoil(f *connectortest.Fault) {
	s.Lock()
	defer s.Unlock()
	s.fault = f
}

// take takes the fault that a request meets: of a change, or of a reading of the
// group.
func (s *Service) take(r *http.Request) (f connectortest.Fault, noPatch bool) {
	s.Lock()
	defer s.Unlock()
	change := r.Method == http.MethodPatch || r.Method == http.MethodPut
	if s.fault == nil || change != (s.fault.Op == connectortest.Grant || s.fault.Op == connectortest.Revoke) || s.fault.Trouble == connectortest.Stale {
		return f, s.NoPatch
	}
	f, s.fault = *s.fault, nil
	return f, s.NoPatch
}

type userHandler struct{ *Service }

func (userHandler) Create(*http.Request, elimity.ResourceAttributes) (elimity.Resource, error) {
	panic("a user was created")
}
func (userHandler) Replace(*http.Request, string, elimity.ResourceAttributes) (elimity.Resource, error) {
	panic("a user was replaced")
}
func (userHandler) Delete(*http.Request, string) error { panic("a user was deleted") }
func (userHandler) Patch(*http.Request, string, []elimity.PatchOperation) (elimity.Resource, error) {
	panic("a user was changed")
}
func (h userHandler) Get(_ *http.Request, id string) (elimity.Resource, error) {
	return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
}

func (h userHandler) GetAll(_ *http.Request, p elimity.ListRequestParams) (elimity.Page, error) {
	h.Lock()
	defer h.Unlock()
	return pageOf(h.Users, p)
}

// pageOf filters and pages as the library's filter says.
func pageOf(all []elimity.Resource, p elimity.ListRequestParams) (elimity.Page, error) {
	matching := []elimity.Resource{}
	for _, r := range all {
		attrs := elimity.ResourceAttributes{"id": r.ID, "externalId": r.ExternalID.Value()}
		for k, v := range r.Attributes {
			attrs[k] = v
		}
		if p.FilterValidator == nil || p.FilterValidator.PassesFilter(attrs) == nil {
			r.Attributes = attrs
			matching = append(matching, r)
		}
	}
	from := min(max(p.StartIndex-1, 0), len(matching))
	return elimity.Page{TotalResults: len(matching), Resources: matching[from:min(from+min(p.Count, 3), len(matching))]}, nil
}

type groupHandler struct{ *Service }

func (groupHandler) Create(*http.Request, elimity.ResourceAttributes) (elimity.Resource, error) {
	panic("a group was created")
}
func (groupHandler) Delete(*http.Request, string) error { panic("a group was deleted") }

func (h groupHandler) resource(id string, members map[string]bool) elimity.Resource {
	list := []any{}
	for _, m := range slices.Sorted(maps.Keys(members)) {
		list = append(list, map[string]any{"value": m, "display": "the user " + m})
	}
	r := elimity.Resource{ID: id, Attributes: elimity.ResourceAttributes{"displayName": h.Names[id], "members": list}}
	if h.ETags {
		r.Meta.Version = fmt.Sprintf(`W/"%d"`, h.Version[id])
	}
	return r
}

func (h groupHandler) Get(_ *http.Request, id string) (elimity.Resource, error) {
	h.Lock()
	defer h.Unlock()
	members, ok := h.Members[id]
	if !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	if f := h.fault; f != nil && f.Op == connectortest.Check && f.Trouble == connectortest.Stale {
		members, h.fault = h.before, nil
	}
	return h.resource(id, members), nil
}

func (h groupHandler) GetAll(_ *http.Request, p elimity.ListRequestParams) (elimity.Page, error) {
	h.Lock()
	defer h.Unlock()
	var all []elimity.Resource
	for _, id := range slices.Sorted(maps.Keys(h.Names)) {
		all = append(all, elimity.Resource{ID: id, Attributes: elimity.ResourceAttributes{"displayName": h.Names[id]}})
	}
	return pageOf(all, p)
}

// set is the one place where membership changes.
func (s *Service) set(group, user string, in bool) {
	if s.Members[group][user] == in {
		return
	}
	s.before = map[string]bool{}
	for m := range s.Members[group] {
		s.before[m] = true
	}
	if in {
		s.Members[group][user] = true
	} else {
		delete(s.Members[group], user)
	}
	s.Version[group]++
	s.Effects[user]++
	if s.Changed != nil {
		s.Changed(group, user, in)
	}
}

func (h groupHandler) Replace(r *http.Request, id string, attrs elimity.ResourceAttributes) (elimity.Resource, error) {
	h.Lock()
	defer h.Unlock()
	if want := fmt.Sprintf(`W/"%d"`, h.Version[id]); r.Header.Get("If-Match") != want {
		return elimity.Resource{}, errors.ScimError{Status: http.StatusPreconditionFailed}
	}
	if attrs["displayName"] != h.Names[id] {
		return elimity.Resource{}, errors.ScimErrorBadRequest("the name would change")
	}
	wanted := map[string]bool{}
	list, _ := attrs["members"].([]any)
	for _, m := range list {
		wanted[m.(map[string]any)["value"].(string)] = true
	}
	for _, u := range h.Users {
		h.set(id, u.ID, wanted[u.ID])
	}
	return h.resource(id, h.Members[id]), nil
}

func (h groupHandler) Patch(_ *http.Request, id string, operations []elimity.PatchOperation) (elimity.Resource, error) {
	h.Lock()
	defer h.Unlock()
	if _, ok := h.Members[id]; !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	for _, op := range operations {
		path := op.Path.String()
		value, byFilter := strings.CutPrefix(path, "members[value eq ")
		if byFilter == h.ByValue && op.Op == elimity.PatchOperationRemove {
			return elimity.Resource{}, errors.ScimErrorInvalidPath
		}
		var ids []string
		if byFilter {
			ids = []string{strings.Trim(value, `"]`)}
		}
		list, _ := op.Value.([]any)
		for _, m := range list {
			ids = append(ids, m.(map[string]any)["value"].(string))
		}
		for _, user := range ids {
			if !slices.ContainsFunc(h.Users, func(u elimity.Resource) bool { return u.ID == user }) {
				return elimity.Resource{}, errors.ScimErrorBadRequest("no such user")
			}
			h.set(id, user, op.Op == elimity.PatchOperationAdd)
		}
	}
	return elimity.Resource{}, nil
}
