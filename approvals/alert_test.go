package approvals_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestAlertTellsTheAdmins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	code(t, "", r.Service.Alert(t.Context(), "audit/log", "The audit log was meddled with."))
	same(t, "told", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
	r.Directory.Change("adam", func(p *approvals.Principal) { p.Admin = false })
	code(t, "", r.Service.Alert(t.Context(), "audit/log", "Nobody is left to hear this."))
	same(t, "told", []approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert))
}
