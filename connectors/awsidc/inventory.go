package awsidc

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"github.com/hallpass-dev/hallpass/approvals"
)

// listing is what the organization had when it was read.
type listing struct {
	at       time.Time
	accounts map[string]string   // state by id
	named    map[string][]string // ids by name
	sets     map[string]string   // ARN by name
	names    map[string]string   // name by ARN
}

// inventory keeps the accounts and permission sets of the organization: one
// of 750 permission sets takes AWS's quotas minutes to read, so nobody waits
// for it but who comes first.
type inventory struct {
	c *Connector

	mu      sync.Mutex
	last    *listing
	failure error         // of the last try, when it failed
	running chan struct{} // closes when the try that runs ends; nil: none runs
	patient time.Time     // until when Validate waits for the first listing
	read    int           // permission sets of the try that runs
}

func newInventory(c *Connector) *inventory { return &inventory{c: c} }

// get gives the listing. Where there is none yet it waits for it; an old one
// is given as it is and read afresh in the background.
func (v *inventory) get(ctx context.Context) (*listing, error) {
	v.mu.Lock()
	last := v.last
	if last == nil || v.c.cfg.Now().Sub(last.at) > v.c.cfg.Refresh {
		v.start()
	}
	running := v.running
	v.mu.Unlock()
	if last != nil {
		return last, nil
	}
	return v.await(ctx, running)
}

// known is what was listed last; nothing before the first time.
func (v *inventory) known() listing {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil {
		return listing{}
	}
	return *v.last
}

// fresh is get with a listing that is read from now on: for a name that the
// last one lacks.
func (v *inventory) fresh(ctx context.Context) (*listing, error) {
	v.mu.Lock()
	v.start()
	running := v.running
	v.mu.Unlock()
	return v.await(ctx, running)
}

func (v *inventory) await(ctx context.Context, running chan struct{}) (*listing, error) {
	select {
	case <-running:
	case <-ctx.Done():
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.failure != nil:
		return nil, v.failure
	case v.last != nil:
		return v.last, nil
	}
	return nil, &failure{Kind: approvals.Retryable, After: 5 * time.Second,
		Message: fmt.Sprintf("The organization's accounts and permission sets are still being listed; %d permission sets are read.", v.read)}
}

// start reads the organization in the background, unless that is under way.
// v.mu is held.
func (v *inventory) start() {
	if v.running != nil {
		return
	}
	done := make(chan struct{})
	v.running, v.read = done, 0
	v.c.work.Go(func() {
		l, err := v.list(v.c.life)
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.failure = err; err == nil {
			v.last = l
		} else if v.c.life.Err() == nil {
			v.c.cfg.Logger.Warn("the accounts and permission sets could not be listed", slog.String("error", err.Error()))
		}
		v.running = nil
		close(done)
	})
}

// list reads all accounts and permission sets, slowly: grants and revocations
// need the quota too.
func (v *inventory) list(ctx context.Context) (*listing, error) {
	c := v.c
	p, err := c.where(ctx)
	if err != nil {
		return nil, err
	}
	l := &listing{at: c.cfg.Now(), accounts: map[string]string{}, named: map[string][]string{}, sets: map[string]string{}, names: map[string]string{}}
	for in := (&organizations.ListAccountsInput{}); ; {
		out, err := unhurried(ctx, c, "organizations:ListAccounts", c.org.ListAccounts, in)
		if err != nil {
			return nil, present(err, "organization")
		}
		for _, a := range out.Accounts {
			id, name := aws.ToString(a.Id), aws.ToString(a.Name)
			state := string(a.State)
			if state == "" { // older than the attribute
				state = string(a.Status)
			}
			l.accounts[id] = state
			l.named[name] = append(l.named[name], id)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	for in := (&ssoadmin.ListPermissionSetsInput{InstanceArn: &p.instance, MaxResults: aws.Int32(100)}); ; {
		out, err := unhurried(ctx, c, "sso:ListPermissionSets", c.admin.ListPermissionSets, in)
		if err != nil {
			return nil, present(err, "IAM Identity Center instance")
		}
		for _, arn := range out.PermissionSets {
			if err := v.name(ctx, l, arn); err != nil {
				return nil, err
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return l, nil
		}
	}
}

// name adds a permission set's name. An ARN keeps its name, so those that the
// last listing has are not asked for again.
func (v *inventory) name(ctx context.Context, l *listing, arn string) error {
	v.mu.Lock()
	v.read++
	name := ""
	if v.last != nil {
		name = v.last.names[arn]
	}
	v.mu.Unlock()
	if name == "" {
		p, err := v.c.where(ctx)
		if err != nil {
			return err
		}
		out, err := unhurried(ctx, v.c, "sso:DescribePermissionSet", v.c.admin.DescribePermissionSet,
			&ssoadmin.DescribePermissionSetInput{InstanceArn: &p.instance, PermissionSetArn: &arn})
		if err != nil || out.PermissionSet == nil {
			return skipAbsent(err)
		}
		name = aws.ToString(out.PermissionSet.Name)
	}
	l.sets[name], l.names[arn] = arn, name
	return nil
}

// active reports whether an account can be worked in.
func (l *listing) active(account string) bool {
	return l.accounts[account] == string(orgtypes.AccountStateActive)
}

// slowTries is how often the background tries again, twice as long after each.
const slowTries = 6

// unhurried is do at a quarter of the rate; being throttled, it goes on later.
func unhurried[I, O, Opt any](ctx context.Context, c *Connector, action string,
	f func(context.Context, *I, ...func(Opt)) (*O, error), in *I) (*O, error) {
	for try := 0; ; try++ {
		if err := c.quota.turn(ctx, c.quota.slow); err != nil {
			return nil, err
		}
		out, err := do(ctx, c, reads, action, f, in)
		if err == nil || !isKind(err, approvals.Retryable) || try == slowTries {
			return out, err
		}
		if err := c.cfg.Wait(ctx, time.Second<<try); err != nil {
			return nil, errQueue(err)
		}
	}
}

// until is until when a validation may wait: at first for as long as one call
// may take, from then on for a listing that is there.
func (v *inventory) until() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if v.patient.IsZero() || v.last != nil {
		v.patient = now.Add(v.c.cfg.Timeout)
	}
	return v.patient
}
