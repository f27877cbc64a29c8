package storetest

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

func directoryKept(t *testing.T, s *store.Store) {
	const source = "scim:people"
	losses := []approvals.Loss{{What: "active people", Before: 100, Left: 40}}
	same(t, approvals.DirectoryRecord{Source: source}, must(s.Directory(bg, source))(t))
	check(t, s.RefuseDirectory(bg, source, losses))
	first := must(s.Directory(bg, source))(t)
	same(t, losses, first.Refused)
	check(t, s.KeepDirectory(bg, source, []byte(`[{"id":"ana"}]`), Epoch))
	same(t, approvals.DirectoryRecord{Source: source, People: []byte(`[{"id":"ana"}]`), AsOf: Epoch}, must(s.Directory(bg, source))(t))

	check(t, s.KeepDirectory(bg, source, nil, Epoch.Add(time.Minute))) // as before
	check(t, s.KeepDirectory(bg, source, []byte(`[]`), Epoch))         // of a replica that was slow
	check(t, s.KeepDirectory(bg, "file:people.yaml", []byte(`[{"id":"bob"}]`), Epoch))
	check(t, s.RefuseDirectory(bg, source, losses))
	since := must(s.Directory(bg, source))(t).RefusedAt
	check(t, s.RefuseDirectory(bg, source, losses))
	accepts := func(r approvals.DirectoryRecord) approvals.Change {
		r.Accepted, r.AcceptedBy, r.AcceptedAt = r.Refused, "ana", Epoch
		return approvals.Change{Accepted: []approvals.DirectoryRecord{r},
			Events: []approvals.Event{{At: Epoch, Kind: approvals.EventDirectoryAccepted, Actor: approvals.Person("ana", "cli", "")}}}
	}
	code(t, approvals.CodeNotFound, s.Apply(bg, accepts(approvals.DirectoryRecord{Source: "nobody's", Refused: losses})))
	silent := accepts(must(s.Directory(bg, source))(t))
	silent.Events = nil
	code(t, approvals.CodeInternal, s.Apply(bg, silent))
	same(t, approvals.PrincipalID(""), must(s.Directory(bg, source))(t).AcceptedBy)
	apply(t, s, accepts(must(s.Directory(bg, source))(t)))
	got := must(s.Directory(bg, source))(t)
	same(t, since, got.RefusedAt)
	got.RefusedAt, got.AcceptedAt = time.Time{}, time.Time{}
	same(t, approvals.DirectoryRecord{Source: source, People: []byte(`[{"id":"ana"}]`), AsOf: Epoch.Add(time.Minute),
		Refused: losses, Accepted: losses, AcceptedBy: "ana"}, got)
	check(t, s.KeepDirectory(bg, source, nil, Epoch.Add(2*time.Minute)))
	after := must(s.Directory(bg, source))(t)
	same(t, 0, len(after.Refused))
	same(t, losses, after.Accepted) // the other replicas still need it
}
