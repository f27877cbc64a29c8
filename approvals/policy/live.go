package policy

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Live is the policy set in force. Reload swaps it whole; each call of Decide
// and MayApprove sees one set from beginning to end.
type Live struct {
	options Options
	loading sync.Mutex // one reload at a time, so that an older reading never replaces a newer one
	current atomic.Pointer[Set]
	keep    func(context.Context, *Set) error // nil: nobody keeps sets
}

var _ approvals.Policy = (*Live)(nil)

// Open loads the first set. A Catalogue that is itself reloaded is seen anew
// by each Reload.
func Open(ctx context.Context, o Options) (*Live, error) {
	l := &Live{options: o}
	if err := l.Reload(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// Reload reads the folder again. If anything is wrong with it the running set
// stays in force, and the error says what.
func (l *Live) Reload(ctx context.Context) error {
	l.loading.Lock()
	defer l.loading.Unlock()
	set, err := Load(ctx, l.options)
	if err != nil {
		return err
	}
	if l.keep != nil {
		if err := l.keep(ctx, set); err != nil {
			return err
		}
	}
	l.current.Store(set)
	return nil
}

// Keep hands the set in force to keep, and from now on each set before it comes
// into force: one that could not be kept does not, since nobody could decide by
// it again.
func (l *Live) Keep(ctx context.Context, keep func(context.Context, *Set) error) error {
	l.loading.Lock()
	defer l.loading.Unlock()
	l.keep = keep
	return keep(ctx, l.current.Load())
}

// Set is the set in force now.
func (l *Live) Set() *Set { return l.current.Load() }

// Decide decides by the set in force.
func (l *Live) Decide(f approvals.Facts, a approvals.Assessment) approvals.Ruling {
	return l.Set().Decide(f, a)
}

// MayApprove judges an approver by the set in force.
func (l *Live) MayApprove(f approvals.Facts, a approvals.Assessment, p approvals.Principal) approvals.Verdict {
	return l.Set().MayApprove(f, a, p)
}

// MayBreakGlass judges an opening at once by the set in force.
func (l *Live) MayBreakGlass(f approvals.Facts, a approvals.Assessment) approvals.Verdict {
	return l.Set().MayBreakGlass(f, a)
}

// Version says which law is in force.
func (l *Live) Version() approvals.PolicyVersion { return l.Set().Version() }
