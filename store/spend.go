package store

import (
	"cmp"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// spend counts automatic approvals against their budgets. The row's lock, held
// until the commit, makes writers take turns: two replicas cannot both take
// the last one.
func (w *writer) spend(c approvals.Change) error {
	spend := slices.Clone(c.Spend)
	slices.SortFunc(spend, func(a, b approvals.Spending) int { // so that two transactions never wait for each other
		return cmp.Or(cmp.Compare(a.Budget, b.Budget), cmp.Compare(a.Day, b.Day))
	})
	for _, s := range spend {
		if s.Limit < 1 {
			return approvals.Errorf(approvals.CodeInternal, "The budget %s has no limit.", s.Budget)
		}
		counted, err := execute(w.ctx, w.tx, `INSERT INTO spendings (budget, day, spent) VALUES ($1, $2, 1)
			ON CONFLICT (budget, day) DO UPDATE SET spent = spendings.spent + 1 WHERE spendings.spent < $3`, s.Budget, s.Day, int64(s.Limit))
		if err != nil {
			return err
		}
		if counted == 0 {
			return approvals.Errorf(approvals.CodeOverBudget, "The budget %s of automatic approvals is used up for %s.", s.Budget, s.Day)
		}
	}
	return nil
}
