package approvals

import "time"

// TaskKind names a kind of durable work.
type TaskKind string

// The kinds of task. The worker takes revocations before provisioning, and
// provisioning before everything else.
const (
	TaskRevoke     TaskKind = "revoke"      // key: grant
	TaskProvision  TaskKind = "provision"   // key: grant
	TaskRemind     TaskKind = "remind"      // key: grant
	TaskChase      TaskKind = "chase"       // key: request; approvers are reminded
	TaskLapse      TaskKind = "lapse"       // key: request
	TaskEscalate   TaskKind = "escalate"    // key: request; the next stage is asked
	TaskBreakGlass TaskKind = "break_glass" // key: request; its review is open past its time
	TaskExplain    TaskKind = "explain"     // key: request; a model may write prose
	TaskSweep      TaskKind = "sweep"       // key: name@tick
	TaskReview     TaskKind = "review"      // key: campaign; its next step
)

// Task is work to be done once, at or after a time. Kind and Key are unique
// together: putting a task that exists moves its time and wakes it again, and
// whoever holds it leased loses the lease.
type Task struct {
	Kind  TaskKind
	Key   string
	RunAt time.Time
}

// Lease is a task taken by a worker until a time. Attempt fences it: a lease
// whose attempt is no longer the row's can neither finish nor fail the task.
type Lease struct {
	Task
	Attempt   int // 1 for the first
	Until     time.Time
	LastError string
}

// NoticeKind says which message is meant; the words are made when it is sent.
type NoticeKind string

// The kinds of notice. Cards are rendered from the state at the moment of
// sending and edited in place; the rest is posted once.
const (
	NoticeDraft      NoticeKind = "draft"      // card: the filled-in wish, for its requester
	NoticeRequest    NoticeKind = "request"    // card: the request as its requester and beneficiary see it
	NoticeApproval   NoticeKind = "approval"   // card: the request as an approver sees it
	NoticeBundle     NoticeKind = "bundle"     // card: requests that were asked together, as their requester and beneficiary see them
	NoticeDetail     NoticeKind = "detail"     // thread under an approval card: all factors, the explanation
	NoticeChase      NoticeKind = "chase"      // thread: the approver is asked again
	NoticeComment    NoticeKind = "comment"    // thread under a card: what somebody else said about the request
	NoticeNudge      NoticeKind = "nudge"      // card: the end is near, for the holder
	NoticeEnded      NoticeKind = "ended"      // post: access has ended, and what was read back
	NoticeFailed     NoticeKind = "failed"     // post: provisioning or revoking fails, for holder and owners
	NoticeHome       NoticeKind = "home"       // the person's Home tab
	NoticeBreakGlass NoticeKind = "breakglass" // card: access was opened before anybody answered, for those who review it
	NoticeAlert      NoticeKind = "alert"      // post: something an admin must see
	NoticeReview     NoticeKind = "review"     // card: the next decision of a campaign that its reader looks at
	NoticeReviewDue  NoticeKind = "review_due" // post: the reviewer is reminded
	NoticeResult     NoticeKind = "result"     // card: how a campaign stands, and what came of it

	NoticeCheckpoint NoticeKind = "checkpoint" // post: a signed checkpoint of the audit log, for whoever may want to compare it
)

// Notice is an entry of the outbox: somebody is to be told something. Slot
// names the one message that it becomes: a second notice for a slot edits that
// message. Notices of one Order are delivered in the order they were stored.
type Notice struct {
	ID      int64 // set by the store
	Slot    string
	Order   string
	Kind    NoticeKind
	Request RequestID
	Grant   GrantID
	To      PrincipalID // who reads it; empty when Channel is set
	Channel string      // where it is posted, when not to a person
	Words   string      // for alerts: the sentence; built by Hallpass, never by people or models
}

// NoticeLease is a notice taken for delivery until a time. Attempt fences it as
// it does a task's lease.
type NoticeLease struct {
	Notice
	Attempt   int // 1 for the first
	Until     time.Time
	LastError string
	// Sending says that an earlier attempt may have reached the door: it
	// neither finished nor said that it failed. Look before sending again. It
	// is stored as the caller leaves it when the notice is given back.
	Sending bool
}

// Message is where a slot was delivered, as the door returned it.
type Message struct {
	Slot    string
	Channel string
	TS      string
	Digest  string // of the rendered content, so that an unchanged card is not sent again
}

// Inbound is an entry of the inbox: something that came through a door, kept
// before it is acknowledged, so that it is handled once.
type Inbound struct {
	Key     string // the door's own id; unique
	Kind    string
	Payload []byte
	Order   string // entries of one Order are handled in the order they came
	At      time.Time
}

// InboundLease is an inbox entry taken for handling until a time, fenced by
// Attempt.
type InboundLease struct {
	Inbound
	ID        int64 // in the order of arrival; set by the store
	Attempt   int   // 1 for the first
	Until     time.Time
	LastError string
}

// BindingState says whether a door's account may act for its principal.
type BindingState string

// The states of a binding.
const (
	BindingActive BindingState = "active"
	// BindingUnconfirmed was made from the email address; its person has not
	// said yet that it is them. It may act, but for sending a first request.
	BindingUnconfirmed BindingState = "unconfirmed"
	BindingBlocked     BindingState = "blocked" // its email changed, or it was deactivated; an admin must confirm
)

// Binding ties a door's account to a principal, once. A later change of email
// moves nothing.
type Binding struct {
	Door      string // "slack"
	Workspace string // team or enterprise id
	Subject   string // the user's id there
	Version   int64
	Principal PrincipalID
	Email     string // as it was when bound
	State     BindingState
	Note      string // why it is blocked
	BoundAt   time.Time
}

// Summary is prose that a language model wrote beside a stored assessment. It
// is shown as such and read by no decision.
type Summary struct {
	Request RequestID
	Text    string
	Model   string
	Prompt  string // version of the prompt
	At      time.Time
}

// Holding is access that a system says somebody has.
type Holding struct {
	Entitlement EntitlementID
	Account     string
	Principal   PrincipalID // empty: nobody in the directory has this account
	AsOf        time.Time
}

// Change is one step of the world: everything in it is stored in one
// transaction, or nothing is. A change that touches state without an Event is
// refused.
type Change struct {
	Requests   []Request          // Version 0 inserts; else compare-and-swap on Version
	Grants     []Grant            // likewise
	Bindings   []Binding          // likewise
	Decisions  []Decision         // appended
	Approvals  []Approval         // appended; one a person and request, else CodeDuplicate
	BreakGlass []BreakGlassReview // as Requests; one that is open a requester, else CodeDuplicate
	Drift      []Drift            // as Requests; one that is open an entitlement, account and grant, else CodeDuplicate
	Baselines  []Baseline         // one an entitlement; a second replaces it
	Restores   []Restore          // as Requests; one that is open, else CodeDuplicate
	Accepted   []DirectoryRecord  // Accepted, AcceptedBy and AcceptedAt of a Source that is kept, else CodeNotFound
	Journal    []string           // ids of journal entries that this merges, else CodeDuplicate
	Summaries  []Summary          // one a request; a second replaces it
	Comments   []Comment          // appended; one a Key, else CodeDuplicate
	Learned    []Learned          // appended; Sequence is that of the change's first event
	Events     []Event            // appended in order
	Tasks      []Task
	Cancel     []Task // removed if present; RunAt is ignored
	Notices    []Notice
	Spend      []Spending // counted; the whole change fails with CodeOverBudget where one is used up

	Campaigns  []Campaign        // as Requests
	Items      []ReviewItem      // as Requests; one a campaign and request
	Exceptions []ReviewException // appended; one a campaign, request and kind: a second is dropped
	Lapses     []Lapse           // as Requests; one a rule and text
}

// Spending is one automatic approval taken from a budget. The database counts,
// in the change's own transaction, so that replicas cannot overdraw it.
type Spending struct {
	Budget string // e.g. "rule/read-only-with-ticket"
	Day    string // "2006-01-02", in UTC
	Limit  int    // at least 1
}

// Validate refuses a change that would alter state without an audit event.
func (c Change) Validate() error {
	touched := len(c.Requests) + len(c.Grants) + len(c.Bindings) + len(c.Decisions) +
		len(c.Approvals) + len(c.Summaries) + len(c.Comments) + len(c.Learned) + len(c.BreakGlass) + len(c.Drift) + len(c.Baselines) + len(c.Journal) + len(c.Restores) + len(c.Accepted) +
		len(c.Campaigns) + len(c.Items) + len(c.Exceptions) + len(c.Lapses)
	if touched > 0 && len(c.Events) == 0 {
		return Errorf(CodeInternal, "A change of state came without its audit event; it was not made.")
	}
	return nil
}
