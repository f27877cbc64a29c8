package torture

import (
	"fmt"
	"net/http"
	"testing"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"

	"github.com/hallpass-dev/hallpass/connectors/scim/scimtest"
)

// groups is a SCIM service.
type groups struct {
	*sky
	ledger
	url string
}

func newGroups(t testing.TB, seed uint64, accounts []string) *groups {
	t.Helper()
	g, service := &groups{}, scimtest.New(t)
	of := map[string]string{}
	service.Users = nil
	for i, account := range accounts {
		id := fmt.Sprint("u-", i)
		of[id] = account
		service.Users = append(service.Users, elimity.Resource{ID: id, ExternalID: optional.NewString("x-" + account),
			Attributes: elimity.ResourceAttributes{"userName": account, "active": true}})
	}
	service.Changed = func(group, user string, in bool) { g.change(effect{Given: in, What: group, Account: of[user]}) }
	sky, server := newSky(t, seed, 4, 3, service, true)
	sky.refuse = func(w http.ResponseWriter, _ int) { w.Header().Set("Content-Type", "application/scim+json") }
	g.sky, g.url = sky, server.URL
	return g
}
