package app

import (
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/check"
	"github.com/hallpass-dev/hallpass/connectors/oncall"
)

// onCall is the kind of reference that names a schedule, as in "on-call:PI7DH85".
const onCall = "on-call"

// outside gives the service its external checks and its on-call schedules,
// where there are any.
func (a *App) outside() error {
	checks := map[string]check.Config{}
	for name, k := range a.config.Checks {
		to, err := a.config.Endpoint(k.URL, k.Key, k.Private)
		if err != nil {
			return err
		}
		checks[name] = check.Config{URL: to.URL, Key: []byte(to.Secret), Cache: k.Cache, Timeout: k.Timeout, Private: to.Private}
	}
	if len(checks) > 0 {
		made, err := check.New(checks, a.log, a.options.Now)
		if err != nil {
			return approvals.Problems{a.config.At("checks").Problem("mend it, and start again", "%s", err)}
		}
		a.Service.Checks = made
	}
	k := a.config.OnCall
	if k.Provider == "" {
		return nil
	}
	to, err := a.config.Endpoint(k.URL, k.Key, k.Private)
	if err != nil {
		return err
	}
	schedules, err := oncall.New(oncall.Config{Provider: oncall.Provider(k.Provider), URL: to.URL, Key: to.Secret,
		People: a.Access.People.ByEmail, Timeout: k.Timeout, Private: to.Private})
	if err != nil {
		return approvals.Problems{a.config.At("on_call").Problem("mend it, and start again", "%s", err)}
	}
	a.Service.Groups[onCall] = schedules
	return nil
}
