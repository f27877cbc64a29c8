package torture

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

// production is the AWS account that access is to.
const production = "111122223333"

// cloud is an AWS organization. It works as fast as AWS can and lets in no more
// requests than AWS does.
type cloud struct {
	*sky
	ledger
	url string
}

func newCloud(t testing.TB, seed uint64, accounts []string) *cloud {
	t.Helper()
	c, organization := &cloud{}, awstest.New(time.Now())
	organization.Clock, organization.Latency, organization.Page = awstest.Running(), 300*time.Millisecond, 100
	organization.AddAccount(production, "production", "ACTIVE")
	organization.AddSet("ReadOnly", "PT2S", "") // its sessions live on for as long: what is taken away is residual first
	of := map[string]string{}
	for _, account := range accounts {
		of[organization.AddUser(account, account)] = account
	}
	organization.Changed = func(what, user string, on bool) { c.change(effect{Given: on, What: what, Account: of[user]}) }
	sky, server := newSky(t, seed, 5, 1, organization, false)
	sky.refuse = refuseAsAWS
	c.sky, c.url = sky, server.URL
	return c
}

// refuseAsAWS names the error that AWS names with a status.
func refuseAsAWS(w http.ResponseWriter, status int) {
	name, ok := map[int]string{http.StatusConflict: "ConflictException", http.StatusTooManyRequests: "ThrottlingException"}[status]
	if !ok {
		name = "InternalServerException"
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-ErrorType", name)
	w.Header().Set("X-Amzn-RequestId", strconv.Itoa(status))
}
