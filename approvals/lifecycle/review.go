package lifecycle

import (
	"context"
	"fmt"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// reviewKey begins the keys of a review's tasks:
// "review/requests/AFTER@WORLD" and "review/grants/AFTER@WORLD". WORLD names
// the directory, the catalogue and the policies that it is about, so that replicas review each
// change once.
const (
	reviewKey      = "review/"
	reviewRequests = reviewKey + "requests/"
	reviewGrants   = reviewKey + "grants/"
)

// reviewBatch is how many are looked at in one task.
const reviewBatch = 100

// reviewed are the grants that a change of the world can stop. One that is
// being provisioned is looked at again by that step.
var reviewed = []approvals.GrantState{approvals.GrantActive, approvals.GrantScheduled}

// world names the directory, the catalogue and the policies in force. Empty:
// they do not say.
func (w *Worker) world(ctx context.Context) string {
	law, ok := w.Service.Policy.(interface {
		Version() approvals.PolicyVersion
	})
	if !ok {
		return ""
	}
	state, err := w.Service.Directory.State(ctx)
	if err != nil || state.Stale {
		return ""
	}
	var catalogue string // of one that does not say, changes are found at the next step of each request and grant
	if c, ok := w.Service.Catalogue.(interface{ Digest() string }); ok {
		catalogue = c.Digest()
	}
	return fmt.Sprintf("%.12s-%.12s-%d", law.Version().Digest, catalogue, state.AsOf.UnixMilli())
}

// startReview puts the first task of a review when directory, catalogue or
// policies are not those of the last one.
func (w *Worker) startReview(ctx context.Context) error {
	world := w.world(ctx)
	if world == "" {
		return nil
	}
	_, err := w.Store.Tick(ctx, approvals.Task{Kind: approvals.TaskSweep, Key: reviewRequests + "@" + world, RunAt: w.Now()})
	return err
}

// review decides a page of what waits or runs again, and puts the next page.
func (w *Worker) review(ctx context.Context, it *item, name string) step {
	_, world, _ := strings.Cut(it.lease.Key, "@")
	var next string
	var err error
	if after, ok := strings.CutPrefix(name, reviewRequests); ok {
		next, err = w.reviewRequests(ctx, approvals.RequestID(after))
	} else {
		next, err = w.reviewGrants(ctx, approvals.GrantID(strings.TrimPrefix(name, reviewGrants)))
	}
	if err != nil {
		return w.retried(ctx, it, err)
	}
	if next != "" {
		_, err = w.Store.Tick(ctx, approvals.Task{Kind: approvals.TaskSweep, Key: next + "@" + world, RunAt: w.Now()})
	}
	return w.retried(ctx, it, err)
}

func (w *Worker) reviewRequests(ctx context.Context, after approvals.RequestID) (next string, err error) {
	ids, err := w.Store.Waiting(ctx, after, reviewBatch)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if err := w.Service.Reconsider(ctx, id); unlessMoved(err) != nil {
			return "", fmt.Errorf("review request %s: %w", id, err)
		}
	}
	if len(ids) < reviewBatch {
		return reviewGrants, nil
	}
	return reviewRequests + string(ids[len(ids)-1]), nil
}

func (w *Worker) reviewGrants(ctx context.Context, after approvals.GrantID) (next string, err error) {
	grants, err := w.Store.GrantsIn(ctx, reviewed, after, reviewBatch)
	if err != nil {
		return "", err
	}
	for _, g := range grants {
		if _, err := w.Service.Review(ctx, g.ID); unlessMoved(err) != nil {
			return "", fmt.Errorf("review grant %s: %w", g.ID, err)
		}
	}
	if len(grants) < reviewBatch {
		return "", nil
	}
	return reviewGrants + string(grants[len(grants)-1].ID), nil
}

// unlessMoved drops the error of somebody else having been faster: what they
// did was decided on the world of now.
func unlessMoved(err error) error {
	switch approvals.ErrorCode(err) {
	case approvals.CodeConflict, approvals.CodeDuplicate, approvals.CodeAlreadyDecided, approvals.CodeLapsed, approvals.CodeIllegalTransition:
		return nil
	}
	return err
}
