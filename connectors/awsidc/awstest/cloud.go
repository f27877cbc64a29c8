package awstest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// The organization's own names.
const (
	Instance   = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
	Store      = "d-9067a1b2c3"
	Management = "100000000001"
	Delegate   = "100000000002"
	AccessKey  = "AKIDFORTHISTEST"
	SecretKey  = "the-secret-access-key-of-this-test"
	Session    = "the-session-token-of-this-test"
)

// The quotas of an instance.
const (
	perSecond   = 20
	outstanding = 10
)

// Cloud is an organization. Its fields are set before it serves, or under
// Change.
type Cloud struct {
	Clock   *Clock
	Caller  string          // the account of the credentials: Management or Delegate
	Latency time.Duration   // of an asynchronous call
	Lag     time.Duration   // for how long readings show what was
	Page    int             // of a list
	Rate    int             // requests a second; zero: no limit
	Refuse  map[string]bool // actions that the role may not
	// Instances are the ARNs that are listed.
	Instances []string
	After     map[string]func() // run when an action was answered; they may change nothing but policies
	Fails     map[string]string // reasons, by asynchronous action: it is taken and ends as FAILED
	// Changed is told of each assignment (what is the permission set's ARN) and
	// membership (the group's id) that is made or cut, and must ask nothing here;
	// nil: nobody is.
	Changed func(what, principal string, on bool)

	mu       sync.Mutex
	users    map[string]user
	groups   map[string]string // name by id
	people   map[string]Person // what else is known of users
	accounts []account
	sets     map[string]*set
	controls map[string]*control // service control policies by id
	events   []event
	ops      map[string]*op
	window   []time.Time
	fault    *Fault
	serial   int
	asked    map[string]int
	effects  map[string]int
	busiest  int
	refused  int
}

type user struct{ id, name, email string }

type account struct{ id, name, state string }

// set is a permission set; role holds the inline policy as it is in the
// accounts where it is provisioned.
type set struct {
	arn, name, duration, inline string
	role                        map[string]string
}

// link is an assignment (account and set) or a membership (group).
type link struct{ group, account, set, principal string }

// event is a link that was made or cut.
type event struct {
	at   time.Time
	link link
	on   bool
	id   string
}

// op is an asynchronous call.
type op struct {
	id, action, account, set string
	end                      time.Time
	apply                    func() (reason string)
	done                     bool
	reason                   string
	link                     link
}

// Fault spoils the next request for one of some actions.
type Fault struct {
	Actions    []string
	Code       string // an error that is answered instead; with Status and RetryAfter
	Status     int
	RetryAfter int
	Lose       bool // it is done, and the connection breaks before the answer
	Lie        bool // it is answered as done and is not
	Stale      bool // it is answered as it was before the last change
}

// New makes an organization of a management account, a delegated administrator
// and nobody.
func New(now time.Time) *Cloud {
	return &Cloud{Clock: NewClock(now), Caller: Management, Latency: 2 * time.Second, Page: 2, Rate: perSecond, Instances: []string{Instance}, Refuse: map[string]bool{}, Fails: map[string]string{},
		users: map[string]user{}, groups: map[string]string{}, sets: map[string]*set{}, controls: map[string]*control{}, ops: map[string]*op{},
		asked: map[string]int{}, effects: map[string]int{},
		accounts: []account{{Management, "management", "ACTIVE"}, {Delegate, "identity", "ACTIVE"}}}
}

// AddUser makes a user and returns the id.
func (c *Cloud) AddUser(name, email string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := fmt.Sprintf("9067a1b2c3-%08x-1111-4222-8333-444455556666", len(c.users)+1)
	c.users[id] = user{id, name, email}
	return id
}

// AddGroup makes a group.
func (c *Cloud) AddGroup(id, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups[id] = name
}

// AddAccount makes an AWS account.
func (c *Cloud) AddAccount(id, name, state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts = append(c.accounts, account{id, name, state})
}

// AddSet makes a permission set and returns its ARN; duration is ISO 8601.
func (c *Cloud) AddSet(name, duration, inline string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	arn := fmt.Sprintf("arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-%016x", len(c.sets)+1)
	c.sets[arn] = &set{arn: arn, name: name, duration: duration, inline: inline, role: map[string]string{}}
	return arn
}

// Assign assigns a permission set to a user or a group, by hand.
func (c *Cloud) Assign(account, set, principal string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link(link{account: account, set: set, principal: principal}, true)
}

// Join makes a user a member, by hand.
func (c *Cloud) Join(group, user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link(link{group: group, principal: user}, true)
}

// Spoil makes the next matching request meet a fault; nil: none.
func (c *Cloud) Spoil(f *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = f
}

// Change runs f while nothing is served.
func (c *Cloud) Change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// Effects is how often what a user holds has changed; Asked how often an
// action was asked for; Busiest how many asynchronous calls were under way at
// once; Throttled how many requests were beyond a quota.
func (c *Cloud) Effects(user string) int { return read(c, func() int { return c.effects[user] }) }

// Asked is how often an action was asked for.
func (c *Cloud) Asked(action string) int { return read(c, func() int { return c.asked[action] }) }

// Busiest is how many asynchronous calls were under way at once.
func (c *Cloud) Busiest() int { return read(c, func() int { return c.busiest }) }

// Throttled is how many requests were beyond a quota.
func (c *Cloud) Throttled() int { return read(c, func() int { return c.refused }) }

// Inline is a permission set's inline policy.
func (c *Cloud) Inline(set string) string {
	return read(c, func() string { return c.sets[set].inline })
}

// Provisioned is the inline policy of a permission set's role in an account.
func (c *Cloud) Provisioned(set, account string) string {
	return read(c, func() string { return c.sets[set].role[account] })
}

// Overwrite is SetInline for use in After.
func (c *Cloud) Overwrite(set, text string) { c.sets[set].inline = text }

// SetInline writes a permission set's inline policy by hand.
func (c *Cloud) SetInline(set, text string) { c.Change(func() { c.sets[set].inline = text }) }

func read[T any](c *Cloud, f func() T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	return f()
}

// link makes or cuts one, and keeps the role of a permission set as AWS does:
// it is made with the first assignment in an account and goes with the last.
func (c *Cloud) link(l link, on bool) {
	_, is := c.now()[l]
	if is == on {
		return
	}
	c.serial++
	c.events = append(c.events, event{at: c.Clock.Now(), link: l, on: on, id: fmt.Sprintf("membership-%d", c.serial)})
	c.effects[l.principal]++
	if c.Changed != nil {
		c.Changed(l.set+l.group, l.principal, on)
	}
	if l.set == "" {
		return
	}
	s := c.sets[l.set]
	if _, there := s.role[l.account]; on && !there {
		s.role[l.account] = s.inline
	}
	for other := range c.now() {
		if other.set == l.set && other.account == l.account {
			return
		}
	}
	delete(s.role, l.account)
}

// now are the links that there are, with their ids.
func (c *Cloud) now() map[link]string { return replay(c.events) }

// seen are the links that a reading shows.
func (c *Cloud) seen(stale bool) map[link]string {
	if stale && len(c.events) > 0 {
		return replay(c.events[:len(c.events)-1])
	}
	from := c.Clock.Now().Add(-c.Lag)
	return replay(slices.DeleteFunc(slices.Clone(c.events), func(e event) bool { return e.at.After(from) }))
}

func replay(events []event) map[link]string {
	links := map[link]string{}
	for _, e := range events {
		if e.on {
			links[e.link] = e.id
		} else {
			delete(links, e.link)
		}
	}
	return links
}

// settle ends the asynchronous calls whose time has come, in their order.
func (c *Cloud) settle() {
	for _, o := range slices.SortedFunc(maps.Values(c.ops), func(a, b *op) int { return a.end.Compare(b.end) }) {
		if !o.done && !c.Clock.Now().Before(o.end) {
			o.done, o.reason = true, o.apply()
		}
	}
}

// Unassign takes a permission set from a user or a group, by hand.
func (c *Cloud) Unassign(account, set, principal string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link(link{account: account, set: set, principal: principal}, false)
}

// Next is a number that it has not given before.
func (c *Cloud) Next() int { return read(c, func() int { c.serial++; return c.serial }) }

// Actions are those that were asked for.
func (c *Cloud) Actions() []string {
	return read(c, func() []string { return slices.Sorted(maps.Keys(c.asked)) })
}
