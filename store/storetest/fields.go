package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// everyFieldReadsBack sets all fields of all that is stored, also those that
// the domain gets after this was written: one that the store forgets is found.
func everyFieldReadsBack(t *testing.T, s *store.Store) {
	var f filler
	request, grant, binding := filled[approvals.Request](&f), filled[approvals.Grant](&f), filled[approvals.Binding](&f)
	request.Version, grant.Version, binding.Version = 0, 0, 0
	decision, approval, summary := filled[approvals.Decision](&f), filled[approvals.Approval](&f), filled[approvals.Summary](&f)
	decision.Request, approval.Request, summary.Request = request.ID, request.ID, request.ID
	comment := filled[approvals.Comment](&f)
	comment.Request = request.ID
	learned, event, notice := filled[approvals.Learned](&f), filled[approvals.Event](&f), filled[approvals.Notice](&f)
	event.Texts, event.Words = nil, nil // the store makes the one of the other, and keeps that apart
	apply(t, s, approvals.Change{
		Requests: []approvals.Request{request}, Grants: []approvals.Grant{grant}, Bindings: []approvals.Binding{binding},
		Decisions: []approvals.Decision{decision}, Approvals: []approvals.Approval{approval}, Summaries: []approvals.Summary{summary}, Comments: []approvals.Comment{comment},
		Learned: []approvals.Learned{learned}, Events: []approvals.Event{event}, Notices: []approvals.Notice{notice},
	})
	request.Version, grant.Version, binding.Version = 1, 1, 1
	learned.Sequence, event.Sequence, notice.ID = 1, 1, 1
	same(t, request, must(s.Request(bg, request.ID))(t))
	same(t, grant, must(s.Grant(bg, grant.ID))(t))
	same(t, binding, must(s.Binding(bg, binding.Door, binding.Workspace, binding.Subject))(t))
	same(t, decision, must(s.Decision(bg, request.ID))(t))
	same(t, []approvals.Approval{approval}, must(s.Approvals(bg, request.ID))(t))
	same(t, []approvals.Comment{comment}, must(s.Comments(bg, request.ID))(t))
	same(t, summary, must(s.Summary(bg, request.ID))(t))
	same(t, []approvals.Learned{learned}, must(s.Learned(bg, 0, 9))(t))
	same(t, []approvals.Event{event}, must(s.Events(bg, store.EventFilter{}))(t))
	same(t, notice, must(s.ClaimNotices(bg, later(), time.Minute, 9))(t)[0].Notice)

	again := filled[approvals.Grant](&f)
	again.ID, again.Version = grant.ID, 1
	apply(t, s, Granted(again))
	again.Version = 2
	same(t, again, must(s.Grant(bg, grant.ID))(t))

	holding, inbound := filled[approvals.Holding](&f), filled[approvals.Inbound](&f)
	check(t, s.SaveHoldings(bg, holding.Entitlement, []approvals.Holding{holding}))
	same(t, []approvals.Holding{holding}, must(s.Holdings(bg, "", store.HoldingCursor{}, 9))(t))
	must(s.Receive(bg, inbound))(t)
	same(t, inbound, must(s.ClaimInbound(bg, inbound.At, time.Minute, 9))(t)[0].Inbound)
}

// filler gives each field a value of its own.
type filler struct{ n int }

func filled[T any](f *filler) (v T) {
	f.fill(reflect.ValueOf(&v).Elem())
	return v
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(Epoch.Add(time.Duration(f.n) * time.Millisecond)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", f.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 256))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.SetMapIndex(key, value)
	default:
		panic(fmt.Sprintf("storetest: a stored type has a field of kind %s; say here how to fill it", v.Kind()))
	}
}
