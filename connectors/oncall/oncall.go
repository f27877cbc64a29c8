package oncall

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

// Provider is an on-call service.
type Provider string

// The providers.
const (
	PagerDuty Provider = "pagerduty"
	Opsgenie  Provider = "opsgenie"
)

// home is each provider's own address.
var home = map[Provider]string{PagerDuty: "https://api.pagerduty.com", Opsgenie: "https://api.opsgenie.com"}

// pages bounds how many pages of an answer are read; a schedule has few people.
const pages = 10

// Config says which service is asked.
type Config struct {
	Provider Provider
	URL      string                                                               // without a path; empty: the provider's own
	Key      string                                                               // secret
	People   func(ctx context.Context, email string) (approvals.Principal, error) // who has an email address; CodeNotFound: nobody
	Timeout  time.Duration                                                        // of one call; zero: 5 s
	Private  []netip.Prefix                                                       // ranges that may be called besides public addresses
	Roots    *x509.CertPool                                                       // nil: the system's
}

// Schedules answers who is on duty. It is safe for concurrent use.
type Schedules struct {
	cfg    Config
	client *outbound.Client
}

var _ approvals.Groups = (*Schedules)(nil)

// New prepares the service. It does not connect.
func New(cfg Config) (*Schedules, error) {
	own, ok := home[cfg.Provider]
	if !ok {
		return nil, fmt.Errorf("oncall: there is no provider %q; write pagerduty or opsgenie", cfg.Provider)
	}
	if cfg.URL == "" {
		cfg.URL = own
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	if err := outbound.CheckURL(cfg.URL); err != nil {
		return nil, fmt.Errorf("oncall: the url can't be called: %w", err)
	}
	if cfg.Key == "" {
		return nil, errors.New("oncall: there is no key; set the variable that key: refers to")
	}
	if cfg.People == nil {
		return nil, errors.New("oncall: there is no directory to find people in")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	return &Schedules{cfg: cfg, client: outbound.New(outbound.Config{Private: cfg.Private, Roots: cfg.Roots, Timeout: cfg.Timeout})}, nil
}

// GroupMembers lists who is on duty in a schedule now, ordered by id: those
// whom the directory has, active or not. It fails with CodeNotFound for a
// schedule that does not exist, and with CodeUnavailable when it cannot be told.
func (s *Schedules) GroupMembers(ctx context.Context, schedule string) ([]approvals.PrincipalID, error) {
	ask := s.pagerDuty
	if s.cfg.Provider == Opsgenie {
		ask = s.opsgenie
	}
	emails, err := ask(ctx, schedule)
	if err != nil {
		return nil, err
	}
	var ids []approvals.PrincipalID
	for _, email := range emails {
		p, err := s.cfg.People(ctx, email)
		if approvals.ErrorCode(err) == approvals.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find who is on duty: %w", err)
		}
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// pagerDutyID is the form of PagerDuty's identifiers.
var pagerDutyID = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)

// pagerDuty asks GET /oncalls, whose times are the moment of the call unless
// others are given. A schedule that does not exist has nobody on duty there.
func (s *Schedules) pagerDuty(ctx context.Context, schedule string) ([]string, error) {
	if !pagerDutyID.MatchString(schedule) {
		return nil, approvals.Errorf(approvals.CodeNotFound, "%q is no id of a PagerDuty schedule.", schedule)
	}
	var emails []string
	for page := range pages {
		q := url.Values{"schedule_ids[]": {schedule}, "include[]": {"users"}, "limit": {"100"}, "offset": {fmt.Sprint(page * 100)}}
		var answer struct {
			OnCalls *[]struct {
				User struct {
					Email string `json:"email"`
				} `json:"user"`
				Schedule *struct {
					ID string `json:"id"`
				} `json:"schedule"`
			} `json:"oncalls"`
			More bool `json:"more"`
		}
		header := http.Header{"Authorization": {"Token token=" + s.cfg.Key}, "Accept": {"application/vnd.pagerduty+json;version=2"}}
		if err := s.get(ctx, "/oncalls?"+q.Encode(), header, &answer); err != nil {
			return nil, err
		}
		if answer.OnCalls == nil {
			return nil, unavailable(errors.New("the answer has no oncalls"))
		}
		for _, o := range *answer.OnCalls {
			if o.Schedule == nil || o.Schedule.ID != schedule { // a filter that the other side does not know would give everybody
				continue
			}
			emails = append(emails, o.User.Email)
		}
		if !answer.More {
			return emails, nil
		}
	}
	return nil, unavailable(errors.New("the answer has too many pages"))
}

func (s *Schedules) opsgenie(ctx context.Context, schedule string) ([]string, error) {
	var answer struct {
		Data struct {
			Recipients *[]string `json:"onCallRecipients"`
		} `json:"data"`
	}
	path := "/v2/schedules/" + url.PathEscape(schedule) + "/on-calls?scheduleIdentifierType=name&flat=true"
	if schedule == "" || schedule == "." || schedule == ".." {
		return nil, approvals.Errorf(approvals.CodeNotFound, "%q is no name of a schedule.", schedule)
	}
	if err := s.get(ctx, path, http.Header{"Authorization": {"GenieKey " + s.cfg.Key}}, &answer); err != nil {
		return nil, err
	}
	if answer.Data.Recipients == nil {
		return nil, unavailable(errors.New("the answer has no onCallRecipients"))
	}
	return *answer.Data.Recipients, nil
}

// get makes one call and reads its JSON.
func (s *Schedules) get(ctx context.Context, path string, header http.Header, v any) error {
	a, err := s.client.Get(ctx, s.cfg.URL+path, header)
	switch {
	case err != nil:
		return unavailable(err)
	case a.Status == http.StatusNotFound:
		return approvals.Errorf(approvals.CodeNotFound, "The on-call service has no such schedule.")
	case a.Status != http.StatusOK:
		return unavailable(fmt.Errorf("it answered %d %s", a.Status, http.StatusText(a.Status)))
	}
	if err := json.Unmarshal(a.Body, v); err != nil {
		return unavailable(errors.New("its answer is not the JSON that was expected"))
	}
	return nil
}

func unavailable(cause error) error {
	return &approvals.Error{Code: approvals.CodeUnavailable, Op: "ask who is on duty", Err: cause,
		Message: "It can't be told right now who is on duty."}
}
