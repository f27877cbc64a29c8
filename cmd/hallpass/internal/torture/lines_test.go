package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// lines are the proxies between processes and what they talk to.
type lines struct {
	server *toxiproxy.ApiServer
	all    []*toxiproxy.Proxy
}

func newLines() *lines {
	return &lines{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
}

// lay starts a proxy before an address, and gives its own.
func (l *lines) lay(t testing.TB, name, to string) string {
	t.Helper()
	p := toxiproxy.NewProxy(l.server, name, "127.0.0.1:0", to)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	l.all = append(l.all, p)
	return p.Listen
}

// toxics are what a line suffers from for a moment.
var toxics = []string{
	`{"name":"bad","type":"latency","attributes":{"latency":80,"jitter":60}}`,
	`{"name":"bad","type":"reset_peer","attributes":{"timeout":20}}`,
	`{"name":"bad","type":"timeout","attributes":{"timeout":300}}`,
	`{"name":"bad","type":"timeout","stream":"upstream","attributes":{"timeout":300}}`,
	`{"name":"bad","type":"slicer","attributes":{"average_size":40,"size_variation":20,"delay":500}}`,
	`{"name":"bad","type":"limit_data","attributes":{"bytes":2000}}`,
}

// storm makes one line after the other bad for a moment, until the context
// ends; then all are good.
func (l *lines) storm(ctx context.Context, rng *rand.Rand) error {
	for pause(ctx, time.Duration(rng.IntN(300))*time.Millisecond); ctx.Err() == nil; pause(ctx, time.Duration(rng.IntN(300))*time.Millisecond) {
		p := l.all[rng.IntN(len(l.all))]
		toxic := toxics[rng.IntN(len(toxics))]
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			return fmt.Errorf("make a line bad with %s: %w", toxic, err)
		}
		pause(ctx, time.Duration(50+rng.IntN(400))*time.Millisecond)
		if err := p.Toxics.RemoveToxic(context.WithoutCancel(ctx), "bad"); err != nil {
			return fmt.Errorf("mend a line: %w", err)
		}
	}
	return nil
}
