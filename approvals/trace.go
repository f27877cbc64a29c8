package approvals

import (
	"context"
	"log/slog"
)

// Trace hears of a step when it begins and, by the function that it returns,
// when and how it ended. What is said about a step are ids, kinds, codes and
// counts: no secret, nothing that a person wrote, nobody's name, and of an
// error only what kind it is. A Trace must not block, and what it is told
// changes nothing. The nil Trace tells nobody.
type Trace func(ctx context.Context, step string, about ...slog.Attr) (context.Context, func(err error, about ...slog.Attr))

// Begin begins a step. Work that belongs to it is done under the context that
// is returned.
func (t Trace) Begin(ctx context.Context, step string, about ...slog.Attr) (context.Context, func(err error, about ...slog.Attr)) {
	if t == nil {
		return ctx, func(error, ...slog.Attr) {}
	}
	return t(ctx, step, about...)
}
