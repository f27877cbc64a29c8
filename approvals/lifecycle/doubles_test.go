package lifecycle_test

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

// foreign is a connector whose Grant fails outside the vocabulary.
type foreign struct {
	approvals.Connector
	err error
}

func (f foreign) Grant(context.Context, approvals.Grant) (approvals.Receipt, error) {
	return nil, f.err
}
