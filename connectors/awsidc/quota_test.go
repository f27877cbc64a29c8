package awsidc_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/connectors/awsidc"
)

func TestReplicasTogetherStayBelowTwentyRequestsASecond(t *testing.T) {
	t.Parallel()
	for replicas := 1; replicas <= awsidc.MaxReplicas; replicas++ {
		t.Run(fmt.Sprint(replicas), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			cfg := r.config()
			cfg.Replicas = replicas
			var all []*awsidc.Connector
			for range replicas {
				all = append(all, open(t, cfg))
			}
			g := to("maya@example.com", map[string]string{"group_id": groupID})
			for range 12 {
				for _, c := range all {
					if _, err := c.Check(t.Context(), g, nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := r.Throttled(); got != 0 {
				t.Errorf("AWS refused %d requests", got)
			}
		})
	}
}

func TestReplicasTogetherStayBelowTenAsynchronousCalls(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		r := newRig(t)
		r.Rate = 0
		cfg := r.config()
		cfg.Replicas = replicas
		var wg sync.WaitGroup
		for range replicas {
			c := open(t, cfg)
			for range 12 {
				account := fmt.Sprintf("%012d", 500000000000+r.Next())
				r.AddAccount(account, account, "ACTIVE")
				wg.Go(func() {
					g := to("maya@example.com", inAccount(account, r.readOnly))
					receipt, err := c.Grant(t.Context(), g)
					if err == nil {
						_, err = c.Revoke(t.Context(), g, receipt)
					}
					if err != nil {
						t.Errorf("%s: %v", account, err)
					}
				})
			}
		}
		wg.Wait()
		if busiest, throttled := r.Busiest(), r.Throttled(); busiest > 10 || busiest < 2 || throttled > 0 {
			t.Errorf("%d replicas had %d calls under way at once, and AWS refused %d", replicas, busiest, throttled)
		}
	}
}
