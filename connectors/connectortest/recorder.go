package connectortest

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

func (r *recorder) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	receipt, err := r.Connector.Grant(ctx, g)
	r.note(receipt, err)
	return receipt, err
}

func (r *recorder) Revoke(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Removal, error) {
	removal, err := r.Connector.Revoke(ctx, g, receipt)
	r.note(removal, err)
	return removal, err
}

func (r *recorder) Check(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Presence, error) {
	p, err := r.Connector.Check(ctx, g, receipt)
	r.note(p, err)
	return p, err
}

func (r *recorder) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	held, err := r.Connector.List(ctx, e)
	r.note(held, err)
	return held, err
}
